"""Anonymization by the scripts of site and project, in this order."""

from __future__ import annotations

from dxclient.api import AnonymizationStep, Origin, ProjectSettings, hookimpl

#: Site before project, as XNAT runs them; extensions choose numbers around these.
ORDER = {Origin.SITE: 100, Origin.PROJECT: 200}


@hookimpl
def dxclient_anonymization_steps(project: ProjectSettings) -> list[AnonymizationStep]:
    """Run every active script of the server."""
    return [
        AnonymizationStep(order=ORDER.get(script.origin, 300), script=script)
        for script in project.scripts
    ]
