"""A screen for the tests, a root window, and ways to let it work."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.window)
            # a misspelt style is only a warning of the toolkit; here it is an error
            item.add_marker(pytest.mark.filterwarnings("error::UserWarning"))


@pytest.fixture(autouse=True)
def no_widgets_left_behind() -> Iterator[None]:
    """Finalise what a test left on the thread of its window, not on one of a later test."""
    yield
    gc.collect()


@pytest.fixture(scope="session", autouse=True)
def screen() -> Iterator[str]:
    """A display: the one that is there, else a virtual one of our own.

    Workers that run side by side get one each: on a shared one they take the keyboard from
    each other.
    """
    shared = "PYTEST_XDIST_WORKER" in os.environ
    before = os.environ.get("DISPLAY")
    if sys.platform in ("win32", "darwin") or (before and not shared):
        yield before or ""
        return
    xvfb = shutil.which("Xvfb")
    if xvfb is None:
        pytest.skip("there is no screen, and Xvfb is not installed")
    server = subprocess.Popen(
        [xvfb, "-displayfd", "1", "-screen", "0", "1920x1200x24", "-nolisten", "tcp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    number = server.stdout.readline().strip()
    os.environ["DISPLAY"] = f":{number}"
    yield os.environ["DISPLAY"]
    if before:
        os.environ["DISPLAY"] = before
    else:
        del os.environ["DISPLAY"]
    server.terminate()
    server.wait(10)


Settle = Callable[..., None]


def settle_root(root, condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Let the window work until the condition holds; fail when it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the window never got there"
        root.update()
        time.sleep(0.005)
    root.update()


@pytest.fixture
def root(screen):
    """A root window with our theme; errors in callbacks fail the test."""
    import ttkbootstrap as ttk

    from dxclient.ui.theme import Theme

    window = ttk.App(title="test", theme="bootstrap-light", size=(900, 700))
    errors: list[BaseException] = []
    window.report_callback_exception = lambda _kind, error, _trace: errors.append(error)
    window.callback_errors = errors
    Theme.apply(window, "light")
    window.update()
    yield window
    window.destroy()
    assert not errors, errors


@pytest.fixture
def make_window(screen):
    """Builds the whole window on a stand-in for the program."""
    from dxclient.ui.main import Window

    made = []

    def make(app, **options):
        window = Window(app, **options)
        made.append(window)
        window.root.update()
        return window

    yield make
    for window in made:
        window.bridge.close()
        window.root.destroy()


def walk(widget):
    """A widget and all below it."""
    yield widget
    for child in widget.winfo_children():
        yield from walk(child)
