"""Who may import whom: the table in docs and design, as data."""

import subprocess
import sys

import pytest

from tests.architecture.tree import PACKAGE, imports, modules

CORE = {"domain"}
SERVICES = {"settings", "dicom", "dicomedit", "anonymize", "xnat", "transfer", "workflow"}

#: Package → packages of ours that it may import.
OURS = {
    "domain": set(),
    "hookspecs": CORE,
    "api": CORE | {"hookspecs"},
    "plugin": CORE | {"hookspecs"},
    "settings": CORE,
    "dicom": CORE,
    "dicomedit": CORE,
    "anonymize": CORE | {"dicom", "dicomedit"},
    "xnat": CORE,
    "transfer": CORE,
    "workflow": CORE,
    "builtin": {"api"} | SERVICES,
    "app": CORE | {"hookspecs", "api", "plugin", "builtin"} | SERVICES,
    "ui": CORE | {"app", "api", "workflow"},
    "cli": CORE | {"app", "api"},
    "demo": set(),
}

#: Package → modules of others that it may import, besides the standard library.
OUTSIDE = {
    "domain": set(),
    "hookspecs": {"pluggy"},
    "api": set(),
    "plugin": {"pluggy"},
    "settings": {"keyring", "platformdirs"},
    "dicom": {"pydicom", "numpy", "PIL"},
    "dicomedit": {"lark", "pydicom", "regex"},
    "anonymize": {"pydicom", "isal"},
    "xnat": {"requests", "truststore", "urllib3"},
    "transfer": set(),
    "workflow": set(),
    "builtin": {"reportlab"},
    "app": set(),
    "ui": {"ttkbootstrap", "PIL", "tkinterdnd2"},
    "cli": {"rich"},
    "demo": {"flask", "waitress", "werkzeug", "pydicom", "numpy", "PIL"},
}

#: The doors beside the table (docs/decisions/002): (module or package, what it may import too).
DOORS = {
    ("dxclient.cli", "dxclient.ui.main"),
    ("dxclient.app.trial", "dxclient.demo"),
}
#: The version of the program, known to all but the core and the demo.
VERSION = {"dxclient", "dxclient.__version__"}


def forbidden(module):
    """What this module imports and may not."""
    room = module.room
    for name in imports(module):
        top, *rest = name.split(".")
        if top == "dxclient":
            target = rest[0] if rest else ""
            if name in VERSION and room not in {"domain", "hookspecs", "demo"}:
                continue
            if target != room and target not in OURS[room] and not doors(module, name):
                yield name
        elif top not in sys.stdlib_module_names and top not in OUTSIDE[room]:
            yield name


def doors(module, name):
    """The doors through which a module may import this."""
    return {
        (who, what)
        for who, what in DOORS
        if what == name and (module.name == who or module.name.startswith(f"{who}."))
    }


CHECKED = [one for one in modules() if one.room not in {"", "__main__", "testing"}]


@pytest.mark.parametrize("module", CHECKED, ids=lambda one: one.name)
def test_a_module_imports_only_what_its_room_may(module):
    assert sorted(forbidden(module)) == []


def test_every_package_is_in_the_table():
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert packages - {"testing"} == set(OURS) == set(OUTSIDE)


def test_every_door_beside_the_table_is_used():
    used = [doors(module, name) for module in modules() for name in imports(module)]
    assert set().union(*used) == DOORS


def test_the_check_finds_what_is_forbidden():
    import ast
    from dataclasses import replace

    text = (
        "def f():\n    import tkinter.ttk\n    from .. import ui\n"
        "    from dxclient.xnat import connect\n"
    )
    module = next(one for one in modules() if one.name == "dxclient.transfer")
    bad = replace(module, tree=ast.parse(text))
    assert sorted(forbidden(bad)) == ["dxclient.ui", "dxclient.xnat"]
    assert "tkinter.ttk" in set(imports(bad))


@pytest.mark.parametrize(
    "module",
    [one for one in modules() if one.room not in {"ui", "testing"}],
    ids=lambda one: one.name,
)
def test_only_the_window_knows_tk(module):
    toolkits = {"tkinter", "_tkinter", "ttkbootstrap", "tkinterdnd2"}
    assert {name.split(".")[0] for name in imports(module)} & toolkits == set()


def test_the_demo_shares_nothing_with_us():
    ours = [
        (module.name, name)
        for module in modules()
        if module.room == "demo"
        for name in imports(module)
        if name.startswith("dxclient") and not name.startswith("dxclient.demo")
    ]
    assert ours == []


HEAVY = ("numpy", "tkinter", "pydicom", "flask", "keyring", "requests", "PIL", "lark", "reportlab")


def loaded_after(statement):
    """The heavy modules that a fresh Python has after a statement."""
    code = f"import sys\n{statement}\nprint(' '.join(m for m in {HEAVY!r} if m in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()[-1].split()


def test_help_answers_without_heavy_imports():
    help_ = (
        "import dxclient.cli.main as m\ntry:\n    m.main(['--help'])\nexcept SystemExit:\n    pass"
    )
    assert loaded_after(help_) == []


@pytest.mark.parametrize(
    "module",
    [
        "dxclient.api",
        "dxclient.plugin",
        "dxclient.settings",
        "dxclient.workflow",
        "dxclient.dicom",
        "dxclient.testing.plugin",
    ],
)
def test_packages_that_everybody_imports_are_light(module):
    assert loaded_after(f"import {module}") == []
