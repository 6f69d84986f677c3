"""A window with the upload in it, driven by real events."""

from __future__ import annotations

import os
import subprocess
import time
import tkinter as tk
from contextlib import contextmanager
from pathlib import Path

import pytest
import ttkbootstrap as ttk
from PIL import Image

from dxclient.ui.bridge import UiBridge
from dxclient.ui.context import ViewContext
from dxclient.ui.main import Window
from dxclient.ui.theme import Theme
from dxclient.ui.upload import UploadView

SCREENSHOTS = os.environ.get("DXCLIENT_SCREENSHOTS", "")


class Driver:
    """Waits, clicks and types as a person does."""

    def __init__(self, root, view, shown, errors):
        self.root, self.view, self.shown, self.errors = root, view, shown, errors

    def until(self, condition, seconds=20.0):
        end = time.monotonic() + seconds
        while not condition():
            self.root.update()
            assert not self.errors, self.errors
            assert time.monotonic() < end, f"still waiting; footer says: {self.footer}"
            time.sleep(0.005)

    def settle(self, seconds=0.15):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.root.update()
            time.sleep(0.005)

    @property
    def footer(self):
        return str(self.view.summary.cget("text"))

    @property
    def button(self):
        return str(self.view.primary_button.cget("text"))

    @property
    def enabled(self):
        return not self.view.primary_button.instate(["disabled"])

    def screen(self, step):
        return self.view._screens[step]

    @property
    def step(self):
        return self.view.wizard.current.id

    def click(self, widget, x=None, y=None):
        """Press and release the left button in the middle of a widget."""
        self.root.update()
        x = widget.winfo_width() // 2 if x is None else x
        y = widget.winfo_height() // 2 if y is None else y
        widget.event_generate("<Enter>", x=x, y=y)
        widget.event_generate("<Button-1>", x=x, y=y)
        if widget.winfo_exists():
            widget.event_generate("<ButtonRelease-1>", x=x, y=y)
        self.root.update()
        if widget.winfo_exists():
            widget.event_generate("<Leave>")

    def row(self, table, row, column=1):
        """Click a row of a table."""
        table.tree.see(row)
        self.until(lambda: table.tree.bbox(row, column))
        left, top, width, height = table.tree.bbox(row, column)
        self.click(table.tree, left + min(width // 2, 10), top + height // 2)

    def type(self, entry, text):
        """Put the keyboard on an entry and type into it."""
        entry.focus_force()
        self.root.update()
        entry.delete(0, "end")
        for char in text:
            name = {"-": "minus", "_": "underscore", " ": "space"}.get(char, char)
            entry.event_generate("<Key>", keysym=name)
        entry.event_generate("<KeyRelease>", keysym="Shift_L")
        self.root.update()

    def go(self, step, seconds=20.0):
        """Press the main button and wait for that step."""
        self.until(lambda: self.enabled, seconds)
        self.click(self.view.primary_button)
        self.until(lambda: self.step == step and not self.view.pending(), seconds)
        self.settle(0.05)

    def picture(self, name):
        if SCREENSHOTS:
            self.settle(0.3)
            path = Path(SCREENSHOTS) / f"{name}.png"
            window = ["import", "-window", str(self.root.winfo_id()), str(path)]
            subprocess.run(window, check=True)
            # few colours: the pictures lie in the repository
            with Image.open(path) as picture:
                small = picture.convert("RGB").quantize(64, dither=Image.Dither.NONE)
            small.save(path, optimize=True)


class WindowDriver(Driver):
    """Drives the whole window: the shell's views, not the upload alone."""

    def __init__(self, window, errors):
        super().__init__(window.root, None, [], errors)
        self.window, self.shell = window, window.shell
        #: Whether this test makes the pictures of the user's guide.
        self.pictures = False

    def picture(self, name):
        """Keep a picture, in the one test that makes them."""
        if self.pictures:
            super().picture(name)

    @property
    def view(self):
        """The upload that is under way."""
        return self.shell._views["upload"]

    @view.setter
    def view(self, _view):
        """The shell knows it."""

    @property
    def current(self):
        """The view that is shown."""
        return self.shell.current

    @property
    def footer(self):
        """What the window says, for messages of failed tests."""
        said = [self.current.id, str(self.shell.status.cget("text"))]
        if self.current.id == "upload":
            said.append(super().footer)
        return " | ".join(said)

    def go_to(self, view_id):
        """Click the rail on the left."""
        self.click(self.shell.rail[view_id])
        self.until(lambda: self.current.id == view_id)

    def arrived(self, view_id, seconds=20.0):
        """Wait for a view; return it."""
        self.until(lambda: self.current.id == view_id, seconds)
        return self.current


@contextmanager
def upload_window(app, **options):
    """Open a window with the upload of this program."""
    try:
        root = ttk.App()
    except tk.TclError:
        pytest.skip("no screen to draw on (run under xvfb)")
    errors, shown = [], []
    root.report_callback_exception = lambda *caught: errors.append(caught)
    root.geometry("1100x760+0+0")
    Theme.apply(root, "light")
    bridge = UiBridge(root)
    context = ViewContext(
        root=root,
        app=app,
        bridge=bridge,
        show=lambda *args, **kw: shown.append((*args, kw) if kw else args),
        error=lambda error: errors.append(error),
        status=lambda text: None,
        confirm=lambda *args: True,
    )
    view = UploadView(root, context, **options)
    view.pack(fill="both", expand=True)
    root.update()
    try:
        yield Driver(root, view, shown, errors)
    finally:
        bridge.close()
        root.destroy()


@contextmanager
def whole_window(app, *, demo=None, size="1200x800+0+0"):
    """Open the window as the program does."""
    try:
        window = Window(app, demo=demo, scaling=4 / 3)
    except tk.TclError:
        pytest.skip("no screen to draw on (run under xvfb)")
    errors = []
    window.root.report_callback_exception = lambda *caught: errors.append(caught)
    window.root.geometry(size)
    window.root.update()
    try:
        yield WindowDriver(window, errors)
    finally:
        window.destroy()
    assert not errors, errors
