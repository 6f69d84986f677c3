"""Putting the server together."""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from flask import Flask, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as AnyResponse

from dxclient.demo import gate
from dxclient.demo.accounts import Accounts
from dxclient.demo.config import config
from dxclient.demo.context import Demo
from dxclient.demo.control import control
from dxclient.demo.experiments import experiments
from dxclient.demo.faults import Faults, RequestLog
from dxclient.demo.forms import RestError, error_page, text
from dxclient.demo.importing import importing
from dxclient.demo.prearchive import prearchive
from dxclient.demo.projects import projects
from dxclient.demo.services import services
from dxclient.demo.site import site
from dxclient.demo.state import State

#: ``/REST`` and ``/data/archive`` are other names of ``/data``, the latter for archived objects.
_ALIASES = (
    (re.compile(r"^/REST(?=/|$)"), "/data"),
    (re.compile(r"^/data/archive/(?=(projects|subjects|experiments)(/|$))"), "/data/"),
)
_Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def open_demo(folder: Path) -> Demo:
    """Open what a folder remembers; an empty folder is made ready."""
    folder.mkdir(parents=True, exist_ok=True)
    state = State(folder / "state.sqlite")
    return Demo(folder, state, Accounts(state), Faults(), RequestLog())


def make_app(demo: Demo) -> Flask:
    """Return the web application over an opened folder."""
    app = Flask("dxclient.demo", static_folder=None)
    app.extensions["dxclient-demo"] = demo
    app.url_map.merge_slashes = False
    app.url_map.strict_slashes = False
    app.register_error_handler(RestError, _refusal)
    app.register_error_handler(HTTPException, _http_refusal)
    gate.install(app)
    for part in (site, projects, experiments, config, importing, prearchive, services, control):
        app.register_blueprint(part)
    app.wsgi_app = _aliased(app.wsgi_app)  # type: ignore[method-assign, assignment]
    return app


def _refusal(error: RestError) -> AnyResponse:
    if request.path.startswith("/xapi"):
        return text(error.message, error.status)
    return error_page(error.status, error.message)


def _http_refusal(error: HTTPException) -> AnyResponse:
    return _refusal(RestError(error.code or 500, error.name))


def _aliased(inner: _Wsgi) -> _Wsgi:
    def outer(environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        for pattern, replacement in _ALIASES:
            path = pattern.sub(replacement, path)
        environ["PATH_INFO"] = path
        return inner(environ, start)

    return outer
