"""PET tracers: the list of project or site, else the person's own."""

from __future__ import annotations

from dxclient.api import PetTracer, ProjectSettings, SettingsView, hookimpl


@hookimpl
def dxclient_pet_tracers(project: ProjectSettings, settings: SettingsView) -> list[PetTracer]:
    """Offer what the server lists; the person's own list where it lists nothing."""
    if project.tracers.value:
        return list(project.tracers.value)
    own = settings["upload.tracers"]
    return [PetTracer(name) for name in own] if isinstance(own, tuple) else []
