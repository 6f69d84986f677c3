"""Installs whole sample plugins into a folder, as pip would, without pip."""

import contextlib
import importlib
import shutil
import sys
import tomllib
from pathlib import Path

SAMPLES = Path(__file__).parents[1] / "plugins"


def install_sample(name, target):
    """Install tests/plugins/<name> into the folder *target*."""
    return install_folder(SAMPLES / name, target)


def install_folder(source, target):
    """Copy the modules of a distribution and write its ``.dist-info``."""
    about = tomllib.loads((source / "pyproject.toml").read_text("utf-8"))
    target.mkdir(parents=True, exist_ok=True)
    setuptools = about["tool"]["setuptools"]
    for package in setuptools.get("packages", ()):
        shutil.copytree(source / package, target / package)
    for module in setuptools.get("py-modules", ()):
        shutil.copy(source / f"{module}.py", target)
    project = about["project"]
    write_metadata(
        target,
        project["name"],
        project["version"],
        project.get("dependencies", ()),
        project["entry-points"],
    )
    return target


def write_metadata(target, name, version, requires, groups):
    """Write what `importlib.metadata` reads of an installed distribution."""
    folder = target / f"{name.replace('-', '_')}-{version}.dist-info"
    folder.mkdir(parents=True)
    lines = ["Metadata-Version: 2.1", f"Name: {name}", f"Version: {version}"]
    lines += [f"Requires-Dist: {one}" for one in requires]
    (folder / "METADATA").write_text("\n".join(lines) + "\n", "utf-8")
    text = ""
    for group, points in groups.items():
        text += f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in points.items())
    (folder / "entry_points.txt").write_text(text, "utf-8")


def write_plugin(
    target, name, text, *, version="1.0", requires=(), group="dxclient.plugins", dist=""
):
    """Install a plugin of one module, given as text."""
    target.mkdir(parents=True, exist_ok=True)
    module = f"made_{name.replace('-', '_')}"
    (target / f"{module}.py").write_text(text, "utf-8")
    write_metadata(target, dist or f"dist-{name}", version, requires, {group: {name: module}})
    return target


@contextlib.contextmanager
def on_path(*folders):
    """Make folders importable while the block runs; forgets the modules that came from them."""
    before = set(sys.modules)
    added = [str(folder) for folder in folders]
    sys.path[:0] = added
    importlib.invalidate_caches()
    try:
        yield
    finally:
        for folder in added:
            sys.path.remove(folder)
        for name in set(sys.modules) - before:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if file.startswith(tuple(added)):
                del sys.modules[name]
        importlib.invalidate_caches()
