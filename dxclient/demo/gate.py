"""The door: who is asking, by cookie, password or alias token, and what strangers are told."""

import re
import time
from collections.abc import Callable

from flask import Blueprint, Flask, Response, g, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from dxclient.demo.accounts import SESSION_TIMEOUT, Login
from dxclient.demo.context import demo, target
from dxclient.demo.faults import Fault
from dxclient.demo.forms import RestError, data, servlet_page, text

#: User agents that XNAT takes for a person at a browser (DefaultInteractiveAgentDetector).
BROWSER = re.compile(r"MSIE|Mozilla|AppleWebKit|Opera")
LOGIN_FAILED = (
    "Your login attempt failed because the username and password combination you provided was "
    "invalid or your user already has the maximum number of user sessions open. After 20 failed "
    "login attempts, your user account will be locked."
)
_OPEN = re.compile(
    r"^/$|^/demo/|^/app/template/|^/app/action/|^/data/services/auth$"
    r"|^/xapi/siteConfig/(buildInfo(/.*)?|siteId|siteUrl|siteHome|siteLogoPath)$"
)
LOGIN_PAGE = (
    "<!DOCTYPE html>\n<html><head><title>XNAT Login</title></head><body>"
    '<form action="/login" method="post">User <input name="username"/> '
    'Password <input name="password" type="password"/></form></body></html>'
)
NGINX = (
    "<html>\r\n<head><title>{0}</title></head>\r\n<body>\r\n"
    "<center><h1>{0}</h1></center></body></html>"
)

gate = Blueprint("gate", __name__)


def install(app: Flask) -> None:
    """Put the door, the troubles and the record in front of every handler."""
    app.before_request(_note)
    app.before_request(_trouble)
    app.before_request(_admit)
    app.after_request(_late_trouble)
    app.after_request(_cookies)
    app.after_request(_record)
    app.register_blueprint(gate)


def _note() -> None:
    g.started = time.monotonic()
    query = request.query_string.decode("latin-1")
    g.target = f"{request.path}?{query}" if query else request.path


def _ours() -> bool:
    return request.path.startswith("/demo/")


def _trouble() -> AnyResponse | None:
    if _ours():
        return None
    faults = demo().faults
    if faults.take("expire-sessions", target()):
        demo().accounts.expire_all()
    slow = faults.take("slow", target())
    if slow:
        _wait(slow)
    for kind, answer in _EARLY.items():
        fault = faults.take(kind, target())
        if fault:
            return answer(fault)
    return None


def _wait(fault: Fault) -> None:
    rate = fault.number("rate", 0)
    throttled = (request.content_length or 0) / rate if rate else 0
    time.sleep(fault.number("seconds", 0) + throttled)


def proxy_page(status: str) -> Response:
    """Return the page of a proxy in front of XNAT."""
    answer = Response(NGINX.format(status), content_type="text/html")
    answer.status = status
    return answer


_EARLY: dict[str, Callable[[Fault], AnyResponse]] = {
    "bad-gateway": lambda fault: proxy_page("502 Bad Gateway"),
    "too-large": lambda fault: proxy_page("413 Request Entity Too Large"),
    "html": lambda fault: Response(LOGIN_PAGE, content_type="text/html;charset=UTF-8"),
}


def _late_trouble(answer: Response) -> Response:
    good = answer.status_code in (200, 301)
    if _ours() or not good or not demo().faults.take("timeout-after-success", target()):
        return answer
    return proxy_page("504 Gateway Time-out")


def _admit() -> AnyResponse | None:
    g.user, g.login = "", None
    if _ours():
        return None
    login = demo().accounts.find(request.cookies.get("JSESSIONID", ""))
    basic = request.authorization
    name = (basic.username or "") if basic and basic.type == "basic" else ""
    if login and (not name or name.rpartition("/")[2] == login.user):
        _remember(login)
    elif name and basic:
        return _by_password(name, basic.password or "")
    elif not _OPEN.search(request.path):
        return stranger()
    return None


def _remember(login: Login) -> None:
    g.user, g.login = login.user, login


def _by_password(name: str, password: str) -> AnyResponse | None:
    login = log_in(name, password)
    if login is None:
        return servlet_page(401, LOGIN_FAILED)
    return None


def log_in(name: str, password: str) -> Login | None:
    """Open a session for good credentials and remember it for this request."""
    if demo().faults.take("refuse-login", target()):
        return None
    owner = demo().accounts.check(name, password)
    login = demo().accounts.open(owner) if owner else None
    if login:
        _remember(login)
        g.fresh = True
    return login


def stranger() -> AnyResponse:
    """Answer a request without credentials: 401, or the login page for a browser."""
    agent = request.headers.get("User-Agent", "")
    if BROWSER.search(agent) and "XNATDesktopClient" not in agent:
        return redirect("/app/template/Login.vm", 302)
    if request.path.startswith("/xapi"):
        answer, realm = text("", 401), "XNAT"
    else:
        answer, realm = servlet_page(401, "Unauthorized"), "XNAT Protected Area"
    answer.headers["WWW-Authenticate"] = f'Basic realm="{realm}"'
    return answer


def _cookies(answer: Response) -> Response:
    if _ours():
        return answer
    if g.get("fresh") and g.get("login"):
        answer.headers.add("Set-Cookie", f"JSESSIONID={g.login.id}; Path=/; HttpOnly")
    now = int(time.time() * 1000)
    value = f'SESSION_EXPIRATION_TIME="{now},{SESSION_TIMEOUT * 1000}"; Version=1; Path=/'
    answer.headers.add("Set-Cookie", value)
    return answer


def _record(answer: Response) -> Response:
    if not _ours():
        demo().log.add(
            request.method,
            request.path,
            request.args.to_dict(),
            status=answer.status_code,
            bytes=request.content_length or 0,
            content_type=request.content_type or "",
            chunked=is_chunked(),
            user=g.get("user", ""),
            user_agent=request.headers.get("User-Agent", ""),
            milliseconds=round((time.monotonic() - g.started) * 1000),
        )
    return answer


def is_chunked() -> bool:
    """Return whether the body came without a length."""
    return "HTTP_X_DEMO_CHUNKED" in request.environ


def _with_token(body: str) -> Response:
    csrf = f"; XNAT_CSRF={g.login.csrf}" if request.args.get("CSRF") == "true" and g.login else ""
    return text(body + csrf)


@gate.get("/")
def index() -> AnyResponse:
    """Show the front page with the token that browsers must send."""
    token = g.login.csrf if g.get("login") else ""
    page = (
        "<!DOCTYPE html>\n<html><head><title>XNAT</title>"
        f"<script>var csrfToken = '{token}';</script></head>"
        "<body><h1>XNAT-compatible demonstration server</h1></body></html>"
    )
    return Response(page, content_type="text/html;charset=UTF-8")


@gate.get("/app/template/Login.vm")
def login_page() -> AnyResponse:
    """Show the login page."""
    return Response(LOGIN_PAGE, content_type="text/html;charset=UTF-8")


@gate.get("/data/auth")
def auth() -> AnyResponse:
    """Say who is logged in."""
    return _with_token(f"User '{g.user}' is logged in")


@gate.route("/data/JSESSION", methods=["GET", "POST"])
def jsession() -> AnyResponse:
    """Return the id of the session."""
    return _with_token(g.login.id)


@gate.delete("/data/JSESSION")
def end_session() -> AnyResponse:
    """End the session."""
    demo().accounts.end(g.login.id)
    return text("")


@gate.route("/data/services/auth", methods=["PUT", "POST"])
def services_auth() -> AnyResponse:
    """Log in with a form."""
    provider = request.values.get("provider", "")
    if provider not in ("", "localdb", "xnat"):
        message = f"Authentication failed: No authentication provider identified by id {provider}"
        raise RestError(400, f"{message} found.")
    login = log_in(request.values.get("username", ""), request.values.get("password", ""))
    if login is None:
        raise RestError(401, "Authentication failed.")
    return text(login.id)


@gate.route("/app/action/LogoutUser", methods=["GET", "POST"])
def log_out() -> AnyResponse:
    """Log out and show the login page."""
    if g.get("login"):
        demo().accounts.end(g.login.id)
    return redirect("/app/template/Login.vm", 302)


@gate.get("/data/services/tokens/issue")
@gate.get("/data/services/tokens/issue/user/<login>")
def issue(login: str = "") -> AnyResponse:
    """Issue an alias token for oneself; an administrator may for others."""
    if login and login != g.user and not demo().accounts.is_admin(g.user):
        raise RestError(403)
    return data(_token_bean(demo().accounts.issue_token(login or g.user)))


def _token_bean(row: object) -> dict[str, object]:
    token = dict(row)  # type: ignore[call-overload]
    return {
        "alias": token["alias"],
        "secret": token["secret"],
        "xdatUserId": token["login"],
        "singleUse": False,
        "estimatedExpirationTime": token["expires"],
        "validIPAddresses": [],
        "id": token.get("rowid", 1),
        "enabled": True,
        "created": token["created"],
        "timestamp": token["created"],
        "disabled": 0,
    }


@gate.get("/data/services/tokens/show")
def show_tokens() -> AnyResponse:
    """List one's alias tokens."""
    rows = demo().state.rows("SELECT rowid, * FROM tokens WHERE login = ?", g.user)
    return data([_token_bean(row) for row in rows])


@gate.get("/data/services/tokens/validate/<alias>/<secret>")
def validate(alias: str, secret: str) -> AnyResponse:
    """Say whose token this is."""
    owner = demo().accounts.token_owner(alias, secret)
    return data({"valid": owner} if owner else {})


@gate.get("/data/services/tokens/invalidate/<alias>")
@gate.get("/data/services/tokens/invalidate/<alias>/<secret>")
def invalidate(alias: str, secret: str = "") -> AnyResponse:
    """End a token."""
    del secret
    sql = "DELETE FROM tokens WHERE alias = ? OR secret = ?"
    if not demo().state.run(sql, alias, alias):
        raise RestError(404)
    return data({"result": "OK"})
