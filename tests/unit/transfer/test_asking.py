"""What the queue tells of servers: one question for a login, and that a server works."""

import time
from dataclasses import replace

from dxclient.domain.errors import CertificateUntrusted, LoggedOut, XnatBusy
from dxclient.domain.events import LoginNeeded, ServerWorking
from dxclient.domain.jobs import JobState
from dxclient.transfer.weather import Weather
from tests.unit.transfer.fakes import QUICK, FakeXnat, make_request

SERVER = "https://xnat.example.org"


def questions(one):
    return [event for event in one.events if isinstance(event, LoginNeeded)]


def closed(error):
    def importer_for(target):
        raise error

    return importer_for


def test_many_jobs_without_a_login_are_one_question_until_it_is_answered(bench, tmp_path):
    one = bench(importer_for=closed(LoggedOut("Log in.")), options=replace(QUICK, jobs_at_once=4))
    jobs = [one.service.submit(make_request(tmp_path, session=f"E{n}")) for n in range(1, 9)]
    one.service.run_until_idle()
    assert {job.state for job in one.service.jobs()} == {JobState.NEEDS_LOGIN}
    assert questions(one) == [LoginNeeded(SERVER, "nurse")]
    one.service.credentials_available(SERVER, "nurse")
    one.service.run_until_idle()
    assert len(questions(one)) == 2
    one.service.retry(jobs[0].id)
    one.service.run_until_idle()
    assert len(questions(one)) == 3


def test_two_users_of_a_server_are_two_questions(bench, tmp_path):
    one = bench(importer_for=closed(LoggedOut("Log in.")))
    for number, user in enumerate(["nurse", "doctor", "nurse", "doctor"], 1):
        one.service.submit(make_request(tmp_path, session=f"E{number}", user=user))
    one.service.run_until_idle()
    assert {event.user for event in questions(one)} == {"nurse", "doctor"}
    assert len(questions(one)) == 2


def test_a_certificate_that_is_not_trusted_stops_all_jobs_of_the_server_for_a_person(
    bench, tmp_path
):
    error = CertificateUntrusted("The server shows another certificate than before.")
    asked = []

    def importer_for(target):
        asked.append(target)
        raise error

    one = bench(importer_for=importer_for)
    for number in range(1, 20):
        one.service.submit(make_request(tmp_path, session=f"E{number}"))
    one.service.run_until_idle()
    assert {(job.state, job.sentence) for job in one.service.jobs()} == {
        (JobState.NEEDS_YOU, error.sentence)
    }
    assert len(asked) <= 2 * QUICK.jobs_at_once


def test_a_server_that_asks_for_time_is_asked_by_one_job_and_not_by_all(bench, tmp_path):
    xnat, asked = FakeXnat(), []
    begin = time.monotonic()

    def importer_for(target):
        asked.append(time.monotonic() - begin)
        if asked[-1] < 1.5:
            raise XnatBusy("Too much to do.", status=429, retry_after=1.5)
        return xnat

    options = replace(QUICK, jobs_at_once=1)
    one = bench(importer_for=importer_for, weather=Weather(), options=options)
    for number in range(1, 9):
        one.service.submit(make_request(tmp_path, session=f"E{number}"))
    one.service.run_until_idle()
    assert {job.state for job in one.service.jobs()} == {JobState.CONFIRMED}
    assert sum(moment < 1.5 for moment in asked) == 1


def test_while_the_server_works_the_seconds_are_told(bench, tmp_path):
    xnat = FakeXnat()
    xnat.commit_seconds = 2.4
    one = bench(xnat)
    job = one.service.submit(make_request(tmp_path))
    one.service.run_until_idle()
    told = [event for event in one.events if isinstance(event, ServerWorking)]
    assert told == [ServerWorking(job.id, 1), ServerWorking(job.id, 2)]
