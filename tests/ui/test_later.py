"""Calls that wait."""

import tkinter as tk

from dxclient.ui.later import Later
from tests.ui.conftest import settle_root


def test_many_wishes_become_one_call(root):
    calls = []
    later = Later(root, lambda: calls.append(1), 20)
    for _ in range(5):
        later.ask()
    settle_root(root, lambda: calls)
    later.ask()
    settle_root(root, lambda: len(calls) == 2)


def test_a_call_never_comes_after_its_widget_is_gone(root):
    calls, beside = [], []
    frame = tk.Frame(root)
    Later(frame, lambda: calls.append(1), 20).ask()
    frame.destroy()
    root.after(80, lambda: beside.append(1))
    settle_root(root, lambda: beside)
    assert calls == []


def test_what_was_asked_for_can_be_taken_back(root):
    calls, beside = [], []
    later = Later(root, lambda: calls.append(1), None)
    later.ask()
    later.cancel()
    root.after(50, lambda: beside.append(1))
    settle_root(root, lambda: beside)
    assert calls == []
