"""Every session of the shared collection arrives, and what does not is named."""

from __future__ import annotations

from pathlib import Path

import requests

from dxclient.app import App
from dxclient.demo import DemoServer
from dxclient.dicom import scan_folders
from dxclient.domain.dicom import ImageSession
from dxclient.domain.draft import UploadDraft
from dxclient.domain.jobs import JobState
from dxclient.domain.project import Server
from tests.helpers.program import Program
from tests.helpers.shared import DATA, needs_data

FOLDERS = sorted(p for p in DATA.iterdir() if p.is_dir()) if DATA.is_dir() else []


def stored(server: DemoServer, session: str) -> list[dict[str, str]]:
    answer = requests.get(
        f"{server.url}/demo/stored",
        params={"project": "PLAIN", "session": session},
        auth=("admin", "admin"),
        timeout=60,
    )
    return answer.json()


def draft_of(app: App, session: ImageSession, number: int) -> UploadDraft:
    return UploadDraft(
        settings=app.project_settings(app.project("PLAIN")),
        session=session,
        subject=f"S{number:03}",
        label=f"S{number:03}_E1",
        create_subject=True,
        tracer="FDG",
        accepts_no_script=True,
    )


@needs_data
def test_every_session_of_the_collection_arrives_whole(tmp_path: Path, server: DemoServer) -> None:
    report = scan_folders(FOLDERS)
    in_sessions = sum(session.file_count for session in report.sessions)
    assert report.files_seen == in_sessions + len(report.left_out)
    assert len(report.sessions) > 60

    with App.open(tmp_path / "home", use_keychain=False) as app:
        app.log_in(Server(url=server.url), "nurse", "nurse")
        jobs = {
            app.submit(draft_of(app, session, number)).id: session
            for number, session in enumerate(report.sessions)
        }
        app.transfers.run_until_idle()
        for job_id, session in jobs.items():
            job = app.transfers.job(job_id)
            receipt = app.transfers.receipt(job_id)
            assert job.state is JobState.CONFIRMED, (session.study_uid, job.sentence, job.details)
            assert receipt is not None
            on_server = stored(server, job.target.session)
            assert all(scan.sent == scan.found for scan in receipt.scans)
            assert sum(scan.found for scan in receipt.scans) == len(on_server)
            left = sum(one.files for one in receipt.left_out)
            assert len(on_server) + left == session.file_count


@needs_data
def test_the_command_line_uploads_a_folder_and_names_what_it_left_out(
    program: Program, server: DemoServer
) -> None:
    folder = DATA / "ct_two_vendors"
    found = scan_folders([folder])
    session = found.sessions[0]
    ran = program.upload(
        folder,
        *("PLAIN", "--study", session.study_uid, "--subject", "S1", "--without-anonymization"),
    )
    assert ran.status == 0, ran.err
    receipt = ran.json
    assert receipt["confirmed"]
    assert sum(scan["found"] for scan in receipt["scans"]) == session.file_count
    assert len(stored(server, receipt["session"])) == session.file_count
    for left in found.left_out:
        assert left.reason.value in ran.err
