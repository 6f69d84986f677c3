"""Anonymization by the scripts of site and project, then by the one that a person adds."""

from __future__ import annotations

from dxclient.api import AnonymizationStep, Origin, ProjectSettings, UploadDraft, hookimpl

#: Site before project, as XNAT runs them; extensions choose numbers around these.
ORDER = {Origin.SITE: 100, Origin.PROJECT: 200}
#: After what the server demands: it can only take more away from what is left.
OWN = 300


@hookimpl
def dxclient_anonymization_steps(
    project: ProjectSettings, draft: UploadDraft
) -> list[AnonymizationStep]:
    """Run every active script of the server, and the person's own."""
    steps = [
        AnonymizationStep(order=ORDER.get(script.origin, OWN), script=script)
        for script in project.scripts
    ]
    if draft.own_script is not None:
        steps.append(AnonymizationStep(order=OWN, script=draft.own_script))
    return steps
