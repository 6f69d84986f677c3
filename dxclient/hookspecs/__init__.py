"""The contract with plugins: one file per stage, one function per hook.

The kind of a hook is its error policy; `KINDS` holds it, because callers and documentation
must agree: notify, offer, decide, guard.
"""

from dxclient.hookspecs.markers import KINDS, PROJECT_NAME, Kind, hookimpl

__all__ = ["KINDS", "PROJECT_NAME", "STAGES", "Kind", "hookimpl"]

#: Modules that hold the hook specifications, in the order of the workflow.
STAGES = (
    "dxclient.hookspecs.lifecycle",
    "dxclient.hookspecs.settings",
    "dxclient.hookspecs.session",
    "dxclient.hookspecs.labeling",
    "dxclient.hookspecs.verification",
    "dxclient.hookspecs.anonymization",
    "dxclient.hookspecs.transfer",
    "dxclient.hookspecs.interface",
)
