"""Reading what XNAT answers: tables, the words of an error page, lists of URLs."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from dxclient.domain.errors import Misrouted, XnatAnswer, XnatRejected

#: One row of a table: column names in lower case (XNAT mixes both), every cell a text.
Row = dict[str, str]

_HEADLINE = re.compile(r"<h3[^>]*>(.*?)</h3>", re.IGNORECASE | re.DOTALL)
_NO_TEXT = re.compile(r"<(style|script|head)\b.*?</\1>", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"<[^>]+>")
_LONGEST_WORDS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer, read to its end."""

    status: int
    reason: str = ""
    content_type: str = ""
    location: str = ""
    body: bytes = b""
    retry_after: float = 0.0

    @property
    def text(self) -> str:
        """The body as text without white space around it."""
        return self.body.decode("utf-8", errors="replace").strip()

    @property
    def good(self) -> bool:
        """Whether the status says that all went well."""
        return 200 <= self.status < 300

    @property
    def redirects(self) -> bool:
        """Whether the server asks to go elsewhere. XNAT's 301 without Location does not."""
        return self.status in {301, 302, 303, 307, 308} and bool(self.location)

    @property
    def is_html(self) -> bool:
        """Whether the body is a web page; a good answer of XNAT's interface never is."""
        return self.body.lstrip()[:9].lower().startswith((b"<html", b"<!doctype"))

    @property
    def is_foreign_page(self) -> bool:
        """Whether the body is a web page that is not Restlet's status page, as XNAT sends it.

        Restlet puts the message into ``<h3>``; proxies and Tomcat write pages of their own.
        """
        typed = "html" in self.content_type.lower() and bool(self.body.strip())
        return (self.is_html or typed) and not _HEADLINE.search(self.text)

    @property
    def is_login_page(self) -> bool:
        """Whether the body is a page that asks to log in."""
        return self.is_html and b"login" in self.body.lower()

    @property
    def logged_out(self) -> bool:
        """Whether the server says that nobody is logged in: 401, or its login page."""
        to_page = 300 <= self.status < 400 and "login.vm" in self.location.lower()
        return self.status == 401 or to_page or (self.good and self.is_login_page)

    @property
    def words(self) -> str:
        """What the server says: its headline, else the text of the page, else the reason."""
        text = self.text
        found = _HEADLINE.search(text)
        plain = found[1] if found else _NO_TEXT.sub(" ", text)
        plain = html.unescape(_TAG.sub(" ", plain))
        return " ".join(plain.split())[:_LONGEST_WORDS] or self.reason


def strange_answer(answer: Answer | None = None) -> XnatAnswer:
    """Make the error for an answer that XNAT would not give."""
    return XnatAnswer(
        "The server answered something that XNAT does not send. Nothing was lost; "
        "try again, and ask who runs the server if it stays so.",
        status=answer.status if answer else None,
    )


def json_of(answer: Answer) -> object:
    """Parse the body as JSON.

    Raises
    ------
    XnatAnswer
        The text is not JSON, or only half of it.
    """
    try:
        return json.loads(answer.body)
    except ValueError:
        raise strange_answer(answer) from None


def table(answer: Answer) -> tuple[Row, ...]:
    """Rows of XNAT's ``{"ResultSet": {"Result": [...]}}``; 204 is an empty table.

    Raises
    ------
    XnatAnswer
        The answer has another form.
    """
    if answer.status == 204:
        return ()
    data = json_of(answer)
    result = data.get("ResultSet") if isinstance(data, dict) else None
    rows = result.get("Result") if isinstance(result, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise strange_answer(answer)
    return tuple(_row(row) for row in rows)


def _row(cells: dict[str, object]) -> Row:
    return {str(key).lower(): "" if cell is None else str(cell) for key, cell in cells.items()}


def lines(text: str) -> tuple[str, ...]:
    """Return the lines that are not empty; XNAT lists URLs one a line."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def last_line(text: str) -> str:
    """Return the last line that is not empty."""
    return next(iter(reversed(lines(text))), "")


def segment(name: str) -> str:
    """Encode one name for use inside a URL path.

    Raises
    ------
    XnatRejected
        The name is empty or only dots, which would address something else.
    """
    if name.strip() in {"", ".", ".."}:
        raise XnatRejected("A name that XNAT cannot address was asked for. Check the labels.")
    return quote(name, safe="")


def path(*names: str) -> str:
    """Build a path below ``/data`` from names, each encoded."""
    return "/data/" + "/".join(segment(name) for name in names)


def segments(url: str) -> tuple[str, ...]:
    """Names in a URL's path that the server gave, decoded."""
    return tuple(unquote(part) for part in url.split("?")[0].split("/") if part)


def local_path(url: str, base: str) -> str:
    """Cut site address and context path off a URL that the server gave; add ``/data``.

    The prearchive's own listing leaves ``/data`` out.
    """
    if url.startswith(base):
        url = url[len(base) :]
    start = url.find("/data/")
    if start >= 0:
        url = url[start:]
    return url if url.startswith("/data/") else "/data" + url


def require_project(url: str, project: str) -> None:
    """Check that a session that the server named is in the project it was sent to.

    XNAT quietly puts data of a project that it does not accept into "Unassigned".

    Raises
    ------
    Misrouted
        It is not. `details` hold the place without its last name, which is a label.
    """
    names = segments(url)
    if "projects" not in names[:-1]:
        return
    place = names.index("projects")
    if names[place + 1] != project:
        raise Misrouted(
            "The server put the data into another project than asked. The upload was stopped and "
            "sends nothing more. Ask an administrator of the server to remove what is there, and "
            "the owner of the project whether you may upload to it.",
            url=url,
            details=f"Project on the server: {names[place + 1]}\n"
            f"In: /{'/'.join(names[: place + 3])}",
        )
