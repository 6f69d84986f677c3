"""Steps that a plugin offered, with their callables called through the host."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dxclient.domain.contributions import Step
from dxclient.domain.draft import UploadDraft
from dxclient.domain.findings import Finding, Severity
from dxclient.domain.forms import Form
from dxclient.plugin.host import PluginHost

HOOK = "dxclient_workflow_steps"


def contained_step(host: PluginHost, plugin: str, step: Step) -> Step:
    """The same step, whose mistakes stay the plugin's.

    A step that cannot say whether it applies does not; one whose check or form fails holds the
    upload with a finding that names the plugin, since what it would have asked is not known.
    """
    form = step.form
    return replace(
        step,
        applies=lambda draft: bool(host.contain(plugin, lambda: step.applies(draft), hook=HOOK)),
        check=_check(host, plugin, step),
        form=None if form is None else _form(host, plugin, form),
    )


def _check(
    host: PluginHost, plugin: str, step: Step
) -> Callable[[UploadDraft], tuple[Finding, ...]]:
    def check(draft: UploadDraft) -> tuple[Finding, ...]:
        found = host.contain(plugin, lambda: tuple(step.check(draft)), hook=HOOK)
        return (_failed(plugin),) if found is None else found

    return check


def _form(
    host: PluginHost, plugin: str, form: Callable[[UploadDraft], Form]
) -> Callable[[UploadDraft], Form]:
    def ask(draft: UploadDraft) -> Form:
        found = host.contain(plugin, lambda: form(draft), hook=HOOK)
        return found or Form(fields=(), check=lambda answers: (_failed(plugin),))

    return ask


def _failed(plugin: str) -> Finding:
    return Finding(
        severity=Severity.STOPS,
        code="step.failed",
        sentence=f"The extension “{plugin}” failed in a step that it added.",
        hint="Update it, switch it off, or ask its author.",
        source=plugin,
    )
