"""What is written can be read, in the light and in the dark theme."""

import pytest
import ttkbootstrap as ttk

from dxclient.ui.contrast import SIGN, TEXT, contrast, readable
from dxclient.ui.theme import (
    ALLOWED_THEMES,
    SWITCHABLE,
    TONES,
    Theme,
    background_of,
    colour,
    tone,
)
from dxclient.ui.widgets.misc import PrimaryButton


def style_names(root):
    for kind, bootstyle in SWITCHABLE:
        widget = kind(root, bootstyle=bootstyle)
        yield str(widget.cget("style")) or widget.winfo_class()
        widget.destroy()


def test_contrast_is_what_the_standard_says():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)
    assert contrast("#123456", "#123456") == 1


def test_a_colour_that_cannot_be_read_moves_towards_one_that_can():
    assert readable("#000000", "#ffffff", "#222222") == "#000000"
    found = readable("#dddddd", "#ffffff", "#000000")
    assert TEXT <= contrast(found, "#ffffff") < 21


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_text_of_controls_can_be_read_also_where_they_are_switched_off(root, theme):
    Theme.apply(root, theme)
    style = ttk.Style()
    for name in style_names(root):
        back = background_of(style, name)
        shown = str(style.lookup(name, "foreground") or colour("fg"))
        assert contrast(shown, back) >= TEXT, (name, shown, back)
        back = background_of(style, name, "disabled")
        shown = str(style.lookup(name, "foreground", ["disabled"]))
        assert contrast(shown, back) >= SIGN, (name, shown, back)


def test_it_stays_so_for_widgets_that_are_made_later_and_after_a_change_of_theme(root):
    for theme in ("dark", "light", "dark"):
        Theme.apply(root, theme)
    button = PrimaryButton(root, "Go on", lambda: None)
    style, name = ttk.Style(), str(button.cget("style"))
    shown = str(style.lookup(name, "foreground", ["disabled"]))
    assert contrast(shown, background_of(style, name, "disabled")) >= SIGN


@pytest.mark.parametrize("theme", ALLOWED_THEMES)
def test_the_tones_of_states_can_be_read_in_every_theme(root, theme):
    Theme.apply(root, theme)
    for name in TONES:
        assert contrast(tone(name), colour("inputbg")) >= TEXT, name
