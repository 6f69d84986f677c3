"""The bridge between workers and the window."""

import itertools
import threading
import time
import tkinter as tk

import pytest

from dxclient.domain.dicom import ScanProgress
from dxclient.domain.events import FolderScanning, JobChanged, LoginNeeded, ScanProgressed
from dxclient.ui.bridge import UiBridge
from tests.ui.conftest import settle_root
from tests.ui.fakes import make_job


@pytest.fixture
def bridge(root):
    made = UiBridge(root)
    yield made
    made.close()


def test_events_of_many_threads_arrive_on_the_windows_thread(root, bridge):
    seen = []
    bridge.subscribe(LoginNeeded, lambda event: seen.append((event.user, threading.get_ident())))
    threads = [
        threading.Thread(target=lambda n=n: bridge.post(LoginNeeded("server", f"user{n}")))
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    settle_root(root, lambda: len(seen) == 8)
    assert {user for user, _ in seen} == {f"user{n}" for n in range(8)}
    assert {thread for _, thread in seen} == {threading.get_ident()}


def test_twenty_thousand_events_do_not_stall_the_window(root, bridge):
    seen, ticks = [], []
    bridge.subscribe(LoginNeeded, seen.append)

    def beat():
        ticks.append(time.monotonic())
        root.after(5, beat)

    beat()
    for _ in range(20_000):
        bridge.post(LoginNeeded("server", "user"))
    settle_root(root, lambda: len(seen) == 20_000, 20)
    gaps = [after - before for before, after in itertools.pairwise(ticks)]
    assert max(gaps) < 0.25, f"the window stood still for {max(gaps):.3f} s"


def test_only_the_newest_progress_of_each_job_is_delivered(root, bridge):
    seen = []
    bridge.subscribe(JobChanged, lambda event: seen.append((event.job.id, event.job.bytes_sent)))
    for sent in range(100):
        for number in (1, 2):
            bridge.post(JobChanged(make_job(number, sent=sent)))
    settle_root(root, lambda: len({job for job, _ in seen}) == 2)
    newest = make_job(1, sent=99).bytes_sent
    assert len(seen) < 20
    assert dict(seen) == {"job-1": newest, "job-2": newest}


def test_progress_of_folders_and_of_scans_is_coalesced_too(root, bridge):
    folders, scans = [], []
    bridge.subscribe(FolderScanning, folders.append)
    bridge.subscribe(ScanProgressed, scans.append)
    for number in range(500):
        bridge.post(FolderScanning(ScanProgress(files=number)))
        bridge.post(ScanProgressed("job", f"1.{number % 2}", number, 500))
    settle_root(root, lambda: folders and len(scans) >= 2)
    assert folders[-1].progress.files == 499
    assert {(one.series_uid, one.files_sent) for one in scans[-2:]} == {("1.0", 498), ("1.1", 499)}
    assert len(folders) < 20


def test_a_task_answers_on_the_windows_thread(root, bridge):
    answers = []

    def work(progress, cancelled):
        progress("half")
        return threading.get_ident()

    bridge.run(
        work,
        lambda result: answers.append(("done", result, threading.get_ident())),
        lambda error: answers.append(("error", error)),
        lambda value: answers.append(("progress", value)),
    )
    settle_root(root, lambda: answers and answers[-1][0] == "done")
    assert answers[0] == ("progress", "half")
    _, worker, here = answers[-1]
    assert worker != here == threading.get_ident()


def test_the_error_of_a_task_is_handed_over(root, bridge):
    errors = []

    def work(progress, cancelled):
        raise ValueError("broken")

    bridge.run(work, lambda _result: errors.append(None), errors.append)
    settle_root(root, lambda: errors)
    assert isinstance(errors[0], ValueError)


def test_a_cancelled_task_hears_of_it_and_its_answer_is_dropped(root, bridge):
    answers, ended = [], threading.Event()

    def work(progress, cancelled):
        while not cancelled():
            time.sleep(0.005)
        ended.set()

    task = bridge.run(work, answers.append, answers.append)
    task.cancel()
    settle_root(root, ended.is_set)
    settle_root(root, lambda: not bridge._tasks)
    assert answers == []


def test_a_subscription_ends_with_its_widget(root, bridge):
    seen = []
    owner = tk.Frame(root)
    bridge.subscribe(LoginNeeded, seen.append, owner)
    owner.destroy()
    marker = []
    bridge.subscribe(LoginNeeded, marker.append)
    bridge.post(LoginNeeded("server", "user"))
    settle_root(root, lambda: marker)
    assert seen == []


def test_the_answer_for_a_widget_that_is_gone_is_dropped(root, bridge):
    answers = []
    owner = tk.Frame(root)
    bridge.run(lambda _p, _c: time.sleep(0.05), answers.append, answers.append, owner=owner)
    owner.destroy()
    settle_root(root, lambda: not bridge._tasks)
    assert answers == []


def test_a_failing_subscriber_does_not_end_the_pump(root, bridge):
    seen = []

    def fail(_event):
        raise RuntimeError("a view failed")

    bridge.subscribe(LoginNeeded, fail)
    bridge.subscribe(LoginNeeded, seen.append)
    for _ in range(2):
        bridge.post(LoginNeeded("server", "user"))
    settle_root(root, lambda: len(seen) == 2)
    assert [str(error) for error in root.callback_errors] == ["a view failed"] * 2
    root.callback_errors.clear()


def test_closing_does_not_wait_for_a_task_that_hangs(root):
    bridge = UiBridge(root)
    free = threading.Event()
    bridge.run(lambda _p, _c: free.wait(5), lambda _r: None, lambda _e: None)
    start = time.monotonic()
    bridge.close(timeout=0.1)
    free.set()
    assert time.monotonic() - start < 1
