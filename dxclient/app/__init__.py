"""Composition root and use cases: builds everything, owns lifetimes, knows no toolkit."""

from dxclient.app.planning import UploadPlan
from dxclient.app.program import App

__all__ = ["App", "UploadPlan"]
