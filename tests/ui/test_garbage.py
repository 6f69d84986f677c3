"""Nothing of Tk is finalised on another thread."""

import gc
import threading
import tkinter as tk
from typing import ClassVar

from dxclient.ui.garbage import Garbage


class Noted(tk.StringVar):
    threads: ClassVar[list] = []

    def __del__(self):
        self.threads.append(threading.current_thread())
        super().__del__()


def test_variables_in_cycles_are_finalised_on_the_windows_thread(root):
    Noted.threads.clear()
    garbage = Garbage(root)
    try:
        for _ in range(50):
            noted = Noted(root)
            noted.myself = noted
        del noted
        busy = threading.Thread(target=lambda: [[[]] for _ in range(200_000)])
        busy.start()
        busy.join()
        assert Noted.threads == []
        gc.collect()
        assert set(Noted.threads) == {threading.current_thread()}
    finally:
        garbage.close()


def test_the_automatic_collector_comes_back(root):
    assert gc.isenabled()
    garbage = Garbage(root)
    assert not gc.isenabled()
    garbage.close()
    assert gc.isenabled()
