"""The settings that the program itself has."""

from __future__ import annotations

from dxclient.api import SettingField, hookimpl


@hookimpl
def dxclient_setting_fields() -> list[SettingField]:
    """Declare the settings of window, transfers, uploads, scripts and history."""
    return [*_window(), *_transfer(), *_upload(), *_scripts(), *_history()]


def _window() -> list[SettingField]:
    return [
        SettingField(
            key="ui.theme",
            default="system",
            label="Theme",
            help="“system” follows the light or dark setting of your computer.",
            choices=("system", "light", "dark"),
        ),
        SettingField(
            key="ui.text_size",
            default=0,
            label="Text size",
            help="In points; 0 is the size that your computer uses.",
            minimum=0,
            maximum=24,
        ),
        SettingField(
            key="ui.closing",
            default="ask",
            label="When the window is closed while uploads run",
            help="“background” goes on sending behind a small window, “next start” goes on when "
            "you open dxclient again, “pause” waits until you resume.",
            choices=("ask", "background", "next start", "pause"),
        ),
        SettingField(key="ui.geometry", default="", label="Size and place of the window"),
        SettingField(key="ui.last_folder", default="", label="Folder that was opened last"),
    ]


def _transfer() -> list[SettingField]:
    return [
        SettingField(
            key="transfer.parts_in_flight",
            default=3,
            label="Parts sent at the same time",
            help="More may be faster on a long line; each needs its size in memory.",
            minimum=1,
            maximum=8,
        ),
        SettingField(
            key="transfer.part_size",
            default=32,
            label="Size of a part in MiB",
            help="A part is what is sent, and sent again, in one piece.",
            minimum=1,
            maximum=512,
        ),
        SettingField(
            key="transfer.sessions_at_once",
            default=2,
            label="Sessions sent at the same time",
            minimum=1,
            maximum=6,
        ),
        SettingField(
            key="transfer.workers",
            default=0,
            label="Processes that anonymize",
            help="0 takes one for each processor, at most four.",
            minimum=0,
            maximum=16,
        ),
        SettingField(
            key="transfer.retry_base",
            default=2.0,
            label="Seconds before something is tried again",
            help="Doubled after each further failure, up to ten minutes.",
            minimum=0.01,
            maximum=600,
        ),
    ]


def _upload() -> list[SettingField]:
    return [
        SettingField(
            key="upload.require_script",
            default=False,
            label="Never send without an anonymization script",
            help="Projects without a script cannot be uploaded to while this is on.",
        ),
        SettingField(
            key="watch.quiet_seconds",
            default=60,
            label="Seconds until a session in a watched folder counts as complete",
            help="So long no file of it may come or change. For “dxclient upload --watch”.",
            minimum=1,
            maximum=86400,
        ),
        SettingField(
            key="upload.tracers",
            default=("FDG", "PIB", "AV45", "AV1451"),
            label="PET tracers",
            help="Offered where neither the project nor the site has a list.",
        ),
        SettingField(
            key="connection.proxy",
            default="",
            label="Proxy",
            help="Such as http://proxy.example.org:3128. Empty takes what your computer says.",
        ),
    ]


def _scripts() -> list[SettingField]:
    return [
        SettingField(
            key="scripts.allow_network",
            default=False,
            label="Let anonymization scripts read from the network",
            help="For getURL, with https only. An address may carry header values to its server.",
        ),
    ]


def _history() -> list[SettingField]:
    return [
        SettingField(
            key="history.keep_days",
            default=0,
            label="Days to keep the history of uploads",
            help="Confirmed and cancelled ones are then forgotten, with receipts. 0 keeps all.",
            minimum=0,
            maximum=36500,
        ),
    ]
