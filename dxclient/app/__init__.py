"""Composition root and use cases: builds everything, owns lifetimes, knows no toolkit."""

from dxclient.app.planning import UploadPlan
from dxclient.app.program import App
from dxclient.xnat import Xnat, readable_by_others, site_url

__all__ = ["App", "UploadPlan", "Xnat", "readable_by_others", "site_url"]
