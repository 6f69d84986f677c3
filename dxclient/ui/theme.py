"""Colours: themes with enough contrast, and how a severity looks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tkinter as tk
from dataclasses import dataclass
from tkinter import font as tkfont
from typing import Any

import ttkbootstrap as ttk

from dxclient.domain.findings import Severity
from dxclient.ui.contrast import SIGN, TEXT, contrast, readable
from dxclient.ui.metrics import em, row_height

#: Themes whose text, danger and success pass 4.5:1 (measured; a test computes it again).
#: bootstrap-dark misses it for danger by a hair, which we draw with an icon and a word anyway.
ALLOWED_THEMES = (
    "bootstrap-light",
    "bootstrap-dark",
    "pydata-light",
    "minty-dark",
    "pulse-dark",
    "everforest-dark",
    "united-dark",
    "sandstone-dark",
)
LIGHT, DARK = "bootstrap-light", "bootstrap-dark"

#: Names of our styles.
TITLE, HEADING, MUTED, DANGER = (
    "Title.TLabel",
    "Heading.TLabel",
    "Muted.TLabel",
    "Danger.TLabel",
)
CARD, LINK = "Card.TFrame", "Link.TLabel"
RAIL, TAB = "Rail.Toolbutton", "Tab.Toolbutton"


@dataclass(frozen=True, slots=True)
class Mark:
    """How a severity is shown: never by colour alone. `style` is a label style."""

    icon: str
    word: str
    style: str


#: Tones of states in tables, for light and for dark themes. A word always says the same.
TONES = {
    "good": ("#146c43", "#75b798"),
    "attention": ("#8a4b00", "#ffb454"),
    "danger": ("#b02a37", "#ea868f"),
    "moving": ("#0a58ca", "#6ea8fe"),
    "muted": ("#565e64", "#adb5bd"),
}

#: Signs from fonts without colours: colour emoji crash older X11 font libraries.
MARKS = {
    Severity.NOTE: Mark("•", "Note", MUTED),
    # every light theme fails contrast for "warning", so it is drawn as ordinary text
    Severity.NEEDS_YOU: Mark("⚠", "Needs you", "TLabel"),
    Severity.STOPS: Mark("✖", "Stops", DANGER),
}


def system_is_dark() -> bool:
    """Whether the computer is set to dark, as far as it tells us; False where it does not."""
    if sys.platform == "darwin":
        return "dark" in _ask("defaults", "read", "-g", "AppleInterfaceStyle")
    if sys.platform == "win32":
        return _windows_is_dark()
    if os.environ.get("GTK_THEME", "").casefold().endswith(("dark", ":dark")):
        return True
    return "dark" in _ask("gsettings", "get", "org.gnome.desktop.interface", "color-scheme")


def _ask(program: str, *arguments: str) -> str:
    path = shutil.which(program)
    if path is None:
        return ""
    try:
        done = subprocess.run(  # noqa: S603 - fixed arguments, program of the system
            [path, *arguments], capture_output=True, text=True, timeout=0.5, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.casefold()


def _windows_is_dark() -> bool:
    if sys.platform != "win32":
        return False
    import winreg

    path = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
    try:
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, path) as key:
            return bool(winreg.QueryValueEx(key, "AppsUseLightTheme")[0] == 0)
    except OSError:
        return False


class Theme:
    """Applies a theme and our own styles on top of it."""

    @staticmethod
    def resolve(name: str) -> str:
        """Turn ``system``, ``light``, ``dark`` or a theme's name into an allowed theme."""
        if name in ALLOWED_THEMES:
            return name
        if name == "dark" or (name in ("system", "") and system_is_dark()):
            return DARK
        return LIGHT

    @staticmethod
    def apply(app: tk.Misc, name: str) -> str:
        """Use a theme; return its real name."""
        theme = Theme.resolve(name)
        style = ttk.Style()
        if style.theme is None or style.theme.name != theme:
            style.theme_use(theme)
        _fonts(app)
        _styles(app, style)
        app.event_generate("<<DxTheme>>", when="tail")
        return theme


def colour(name: str) -> str:
    """A colour of the current theme: fg, bg, danger, success, secondary, border, light."""
    return str(getattr(ttk.Style().colors, name))


def tone(name: str, back: str = "inputbg") -> str:
    """The colour of a tone, so that it can be read on a background of the current theme."""
    light, dark = TONES[name]
    return readable(light if _light() else dark, colour(back), colour("fg"))


def _fonts(app: tk.Misc) -> None:
    base = tkfont.nametofont("TkDefaultFont", root=app)
    for name, factor, bold in (
        ("DxTitle", 1.5, False),
        ("DxHeading", 1.15, True),
        ("DxBold", 1.0, True),
        ("DxStruck", 1.0, False),
        ("DxLink", 1.0, False),
    ):
        exists = name in tkfont.names(app)
        font = tkfont.Font(app, name=name, exists=exists)
        font.delete_font = False  # named fonts live as long as the root
        font.configure(family=base.actual("family"), size=round(base.cget("size") * factor))
        font.configure(weight="bold" if bold else "normal")
        font.configure(overstrike=name == "DxStruck", underline=name == "DxLink")


def _styles(app: tk.Misc, style: ttk.Style) -> None:
    style.configure(TITLE, font="DxTitle")
    style.configure(HEADING, font="DxHeading")
    style.configure(MUTED, foreground=colour("secondary") if _light() else colour("fg"))
    style.configure(DANGER, foreground=colour("danger") if _light() else colour("fg"))
    style.configure(LINK, foreground=colour("primary") if _light() else colour("fg"), font="DxLink")
    style.configure("Treeview", rowheight=row_height(app))
    style.configure("Treeview.Heading", font="DxBold")
    # cells begin and end where their headings do
    style.configure("Treeview.Cell", padding=(em(app, 0.35), 0))
    for direction in ("Vertical", "Horizontal"):
        _quiet_scrollbar(app, style, direction)
    style.configure(CARD, relief="solid", borderwidth=1, bordercolor=colour("border"))
    # the toolkit draws unselected ones in a grey without contrast, as if they were disabled
    for name, anchor in ((RAIL, "w"), (TAB, "center")):
        _toolbutton(app, style, name, anchor)
    _legible(app, style)


#: Kinds of widgets that can be switched off, with the styles that the program uses of them.
SWITCHABLE = (
    *((ttk.Button, style) for style in ("default", "success", "danger", "link")),
    (ttk.Menubutton, "default"),
    (ttk.Checkbutton, "default"),
    (ttk.Radiobutton, "default"),
    (ttk.Entry, "default"),
    (ttk.Combobox, "default"),
)


def _legible(app: tk.Misc, style: ttk.Style) -> None:
    """Let controls be read, also those that are switched off.

    The toolkit's grey for those has a contrast of 1.5 and less, and white on the green of dark
    themes has 3.2.

    The toolkit makes a style when a widget first asks for it, so each kind is made once here.
    """
    for kind, bootstyle in SWITCHABLE:
        widget = kind(app, bootstyle=bootstyle)
        name = str(widget.cget("style")) or widget.winfo_class()
        widget.destroy()
        back = background_of(style, name)
        shown = str(style.lookup(name, "foreground") or colour("fg"))
        strongest = max(("#000000", "#ffffff"), key=lambda one: contrast(one, back))
        if contrast(shown, back) < TEXT:
            style.configure(name, foreground=strongest)
        back = background_of(style, name, "disabled")
        off = str(style.lookup(name, "foreground", ["disabled"]))
        off = readable(off, back, colour("fg"), SIGN)
        kept: list[Any] = [
            one for one in style.map(name, "foreground") or () if one[0] != "disabled"
        ]
        style.map(name, foreground=[("disabled", off), *kept])


def background_of(style: ttk.Style, name: str, state: str = "") -> str:
    """The colour behind the text of a widget: of its field where it has one."""
    states = [state] if state else []
    if name.endswith(("TEntry", "TCombobox")):
        return str(style.lookup(name, "fieldbackground", states) or colour("inputbg"))
    return str(style.lookup(name, "background", states) or colour("bg"))


def _quiet_scrollbar(app: tk.Misc, style: ttk.Style, direction: str) -> None:
    """Hide the thumb where everything is to be seen; the bar keeps its place.

    The toolkit's own thumb has caps that are pictures and know no states: it could not hide.
    """
    bar, back = f"{direction}.TScrollbar", colour("bg")
    thumb = style.lookup(bar, "fieldbackground")
    inner = f"{direction}.Scrollbar.thumb"
    trough = {"sticky": "nswe", "children": [(inner, {"expand": "1", "sticky": "nswe"})]}
    layout: Any = [(f"{direction}.Scrollbar.trough", trough)]
    style.layout(bar, layout)
    shades = {"background": thumb, "lightcolor": thumb, "darkcolor": thumb}
    style.configure(bar, arrowsize=em(app, 0.6), gripcount=0, bordercolor=back, **shades)
    moving = [("disabled", back), ("pressed", colour("fg")), ("active", colour("secondary"))]
    style.map(bar, background=moving, lightcolor=moving, darkcolor=moving)


def _toolbutton(app: tk.Misc, style: ttk.Style, name: str, anchor: str) -> None:
    back, selected = colour("bg"), colour("light") if _light() else colour("dark")
    style.configure(
        name,
        anchor=anchor,
        padding=(em(app, 0.7), em(app, 0.4)),
        foreground=colour("fg"),
        focuscolor=colour("fg"),
        background=back,
        lightcolor=back,
        darkcolor=back,
        bordercolor=back if name == RAIL else colour("border"),
    )
    shades = [("selected", selected), ("active", selected)]
    style.map(
        name,
        font=[("selected", "DxBold")],
        foreground=[("disabled", colour("secondary"))],
        background=shades,
        lightcolor=shades,
        darkcolor=shades,
        bordercolor=[("selected", colour("border"))],
    )


def _light() -> bool:
    theme = ttk.Style().theme
    return theme is None or str(theme.mode) == "light"
