"""The frozen plan of an upload: what will be done to each file, as data with a digest."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass

from dxclient.domain.project import Origin, ScriptSource


@dataclass(frozen=True, slots=True)
class Variable:
    """A value handed to the anonymization scripts."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class PluginVersion:
    """A plugin that has a hand in the upload."""

    name: str
    version: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnonymizationPlan:
    """Scripts in order, variables, and who takes part.

    A job keeps its plan: a restart, an edited script on the server or an updated plugin
    cannot change what was promised.
    """

    scripts: tuple[ScriptSource, ...] = ()
    variables: tuple[Variable, ...] = ()
    plugins: tuple[PluginVersion, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 over the whole plan, as 64 hex digits."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @property
    def values(self) -> dict[str, str]:
        """The variables as a mapping, for the script engine."""
        return {variable.name: variable.value for variable in self.variables}

    def to_json(self) -> str:
        """The plan as canonical JSON text."""
        return json.dumps(asdict(self), default=lambda v: v.value, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> AnonymizationPlan:
        """Read a plan back from `to_json`'s text."""
        data = json.loads(text)
        return cls(
            scripts=tuple(
                ScriptSource(name=s["name"], text=s["text"], origin=Origin(s["origin"]))
                for s in data["scripts"]
            ),
            variables=tuple(Variable(**v) for v in data["variables"]),
            plugins=tuple(PluginVersion(**p) for p in data["plugins"]),
        )
