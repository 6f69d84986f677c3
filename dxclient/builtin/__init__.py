"""The product, written as plugins against the same hooks that everybody uses."""

#: Registered in this order, before any extension, so that extensions are asked first.
BUILTIN = (
    "dxclient.builtin.preferences",
    "dxclient.builtin.keychain",
    "dxclient.builtin.series_filter",
    "dxclient.builtin.steps",
    "dxclient.builtin.labels",
    "dxclient.builtin.dates",
    "dxclient.builtin.consistency",
    "dxclient.builtin.tracers",
    "dxclient.builtin.scripts",
    "dxclient.builtin.network",
    "dxclient.builtin.output_check",
    "dxclient.builtin.processes",
    "dxclient.builtin.receipts",
)
