"""The hooks as data: kind, arguments and return type, read from the specifications."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dxclient.hookspecs import KINDS, PROJECT_NAME, STAGES, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class HookSpec:
    """One hook.

    Parameters
    ----------
    stage : str
        Module that specifies it.
    arguments : tuple of str
        Names of what a caller gives; an implementation may take any of them.
    returns : str
        The return annotation as it is written.
    historic : bool
        Plugins that are registered later hear of earlier calls.
    """

    name: str
    kind: Kind
    stage: str
    arguments: tuple[str, ...]
    returns: str
    historic: bool
    function: Callable[..., Any]

    @property
    def many(self) -> bool:
        """Whether an answer holds any number of things."""
        return self.returns.startswith("Iterable[")

    @property
    def optional(self) -> bool:
        """Whether None is an answer."""
        return self.returns.endswith("None")

    @property
    def signature(self) -> str:
        """Name, arguments with types, and return type, as written."""
        return f"{self.name}{inspect.signature(self.function)}".replace("'", "")


def hook_specs() -> tuple[HookSpec, ...]:
    """All hooks, in the order of the workflow and of their files."""
    return tuple(
        _spec(stage, function)
        for stage in STAGES
        for function in vars(importlib.import_module(stage)).values()
        if inspect.isfunction(function) and function.__module__ == stage
    )


def _spec(stage: str, function: Callable[..., Any]) -> HookSpec:
    signature = inspect.signature(function)
    return HookSpec(
        name=function.__name__,
        kind=KINDS[function.__name__],
        stage=stage,
        arguments=tuple(signature.parameters),
        returns=str(signature.return_annotation),
        historic=bool(getattr(function, f"{PROJECT_NAME}_spec", {}).get("historic")),
        function=function,
    )
