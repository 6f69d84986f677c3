"""Logging in from the command line: keychain, environment, or a prompt; never an argument."""

from __future__ import annotations

import argparse
import getpass
import os
import sys

from dxclient.app import App, Xnat, readable_by_others, site_url
from dxclient.domain.errors import BadCredentials, DxError
from dxclient.domain.project import Server


def add_server(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which server, and how to trust it."""
    parser.add_argument("--server", metavar="URL", help="address of the XNAT server")
    parser.add_argument("--user", help="user name (else DXCLIENT_USER, or the saved one)")
    parser.add_argument("--ca-file", metavar="FILE", help="certificate authority of this server")
    parser.add_argument(
        "--insecure",
        action="store_true",
        help="do not verify the server's certificate (anybody on the way can read the data)",
    )


def log_in(app: App, arguments: argparse.Namespace) -> Xnat:
    """Log in with what is known; ask on a terminal for what is not."""
    server = _server(app, arguments)
    user = arguments.user or os.environ.get("DXCLIENT_USER") or server.user or _ask_user()
    password = app.password_for(server, user)
    if password is None:
        password = ask_password(user)
    if not server.verify:
        _warn("The certificate of this server is not verified.")
    elif readable_by_others(server):
        _warn("This connection is not encrypted.")
    return app.log_in(server, user, password)


def _server(app: App, arguments: argparse.Namespace) -> Server:
    saved = app.saved_servers()
    if not arguments.server:
        if not saved:
            raise DxError("Say which server with --server URL.")
        return saved[0]
    url = site_url(arguments.server)
    known = next((s for s in saved if s.url == url and arguments.user in (None, s.user)), None)
    given = arguments.ca_file or arguments.insecure
    if known is not None and not given:
        return known
    return Server(
        url=url,
        user=arguments.user or "",
        ca_file=app.path(arguments.ca_file) if arguments.ca_file else None,
        verify=not arguments.insecure,
    )


def _ask_user() -> str:
    if not sys.stdin.isatty():
        raise BadCredentials("No user name is known; set DXCLIENT_USER and DXCLIENT_PASSWORD.")
    sys.stderr.write("User: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def ask_password(user: str) -> str:
    """Ask on the terminal. Raises BadCredentials where there is none."""
    if not sys.stdin.isatty():
        raise BadCredentials(
            "No password is known for this server; set DXCLIENT_USER and DXCLIENT_PASSWORD."
        )
    return getpass.getpass(f"Password of {user}: ")


def _warn(sentence: str) -> None:
    sys.stderr.write(f"⚠ {sentence}\n")
