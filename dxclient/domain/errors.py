"""Errors shown to people.

DxError
├── SettingsError                 a setting cannot be read, changed or understood
├── DicomError
│   ├── NotDicom                  file is not DICOM
│   └── UnreadableFile            file cannot be opened or ends too early
├── AnonymizationError            nothing may be sent
│   └── ScriptError               DicomEdit script, with line and column
├── XnatError
│   ├── XnatUnreachable           no answer; try again later
│   │   ├── NoSecureConnection    TLS cannot be agreed on with the server
│   │   └── CertificateUntrusted  the server's TLS certificate is not trusted
│   ├── XnatRefused
│   │   ├── BadCredentials        wrong user or password; never tried again by itself
│   │   ├── LoggedOut             the session ended; log in again and go on
│   │   └── NotPermitted          403: logged in, not allowed
│   ├── XnatMissing               404: project or session is not there (or not visible)
│   ├── XnatConflict              409 or a CONFLICT row; the server's words kept
│   ├── XnatTooLarge              413: a proxy limits the size of a request
│   ├── XnatBusy                  429 or locked: try again later
│   ├── XnatRejected              other 4xx; the server's words kept
│   ├── XnatTrouble               5xx; try again later
│   ├── XnatAnswer                an answer that is not what XNAT sends
│   └── Misrouted                 data went to another project than asked
├── TransferError
│   ├── SourceChanged             files changed or vanished after queueing
│   ├── PlanChanged               the server's scripts differ from what was promised
│   ├── NotConfirmed              the server does not hold what was sent
│   └── AlreadyRunning            another dxclient works on the same queue
├── Cancelled                     a person stopped the work
└── PluginError
    ├── PluginLoadError           names the plugin
    └── PluginHookError           names plugin and hook

`str(error)` is one sentence for a person and never contains patient data; a path counts as
patient data. What helps to find the cause goes into `details`, under the same rule.
"""

from __future__ import annotations

from collections.abc import Sequence

from dxclient.domain.choices import Choice
from dxclient.domain.problems import Problem


class DxError(Exception):
    """Base of every error that may reach a person.

    Parameters
    ----------
    sentence : str
        What happened, what was not lost, and what to do. Free of patient data.
    details : str, optional
        More for the "details" fold: status, the server's own words. Free of patient data.

    Attributes
    ----------
    retryable : bool
        Whether doing the same again later may succeed without a person.
    choices : tuple of Choice
        What a person may answer; an upload that meets the error offers them.
    """

    retryable = False
    choices: tuple[Choice, ...] = ()

    def __init__(self, sentence: str, *, details: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.details = details

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.sentence, dict(self.__dict__))


def _rebuild(kind: type[DxError], sentence: str, state: dict[str, object]) -> DxError:
    """Make an error again on the other side of a process boundary."""
    error = kind.__new__(kind)
    Exception.__init__(error, sentence)
    error.__dict__.update(state)
    return error


class SettingsError(DxError):
    """A setting cannot be read, changed or understood."""


class DicomError(DxError):
    """Something is wrong with a DICOM file."""


class NotDicom(DicomError):
    """The file is not DICOM."""


class UnreadableFile(DicomError):
    """The file cannot be opened, or ends too early."""


class AnonymizationError(DxError):
    """Anonymization is in doubt, so nothing may be sent."""


def merged_instances() -> AnonymizationError:
    """Make the error for two files that leave with one SOP Instance UID."""
    return AnonymizationError(
        "The anonymization scripts give several files of this session the same SOP Instance UID, "
        "so the server would keep only one of them. Nothing more was sent; your files are "
        "untouched. Ask the owner of the scripts."
    )


class ScriptError(AnonymizationError):
    """A DicomEdit script cannot be understood or run.

    Attributes
    ----------
    line, column : int
        Where, counted from 1; 0 when the place is unknown.
    problems : tuple of Problem
        Everything that is wrong with the text, in its order; the first is the one of the sentence.
    """

    def __init__(
        self,
        sentence: str,
        *,
        line: int = 0,
        column: int = 0,
        details: str = "",
        problems: tuple[Problem, ...] = (),
    ) -> None:
        super().__init__(sentence, details=details)
        self.line = line
        self.column = column
        self.problems = problems or (Problem(line, column, "", sentence),)

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> ScriptError:
        """Make the error of a text in which these problems were found, at least one."""
        first = problems[0]
        sentence = f"Line {first.line}, column {first.column}: {first.sentence}"
        return cls(sentence, line=first.line, column=first.column, problems=tuple(problems))


class XnatError(DxError):
    """The XNAT server did not do what was asked.

    Attributes
    ----------
    status : int or None
        HTTP status, where there was an answer.
    retry_after : float
        Seconds that the server asks to wait before the next try; 0 where it does not.
    """

    def __init__(
        self,
        sentence: str,
        *,
        status: int | None = None,
        details: str = "",
        retry_after: float = 0.0,
    ) -> None:
        super().__init__(sentence, details=details)
        self.status = status
        self.retry_after = retry_after


class XnatUnreachable(XnatError):
    """No answer from the server."""

    retryable = True


class NoSecureConnection(XnatUnreachable):
    """The server speaks no TLS, or none that is secure; trying again does not help."""

    retryable = False


class CertificateUntrusted(XnatUnreachable):
    """The server's TLS certificate is not trusted on this machine."""

    retryable = False

    def __init__(
        self,
        sentence: str,
        *,
        issuer: str = "",
        valid_from: str = "",
        valid_until: str = "",
        fingerprint: str = "",
        details: str = "",
    ) -> None:
        super().__init__(sentence, details=details)
        self.issuer = issuer
        self.valid_from = valid_from
        self.valid_until = valid_until
        self.fingerprint = fingerprint


class XnatRefused(XnatError):
    """The server does not let this user do this."""


class BadCredentials(XnatRefused):
    """Wrong user name or password. Never tried again by itself: XNAT locks accounts."""


class LoggedOut(XnatRefused):
    """The login session ended; log in again and go on."""


class NotPermitted(XnatRefused):
    """Logged in, but not allowed (403)."""


class XnatMissing(XnatError):
    """Not there, or not visible to this user (404)."""


class XnatConflict(XnatError):
    """What is on the server contradicts what was asked.

    Attributes
    ----------
    messages : tuple of str
        The server's own words, free of markup and patient data.
    """

    def __init__(
        self,
        sentence: str,
        *,
        status: int | None = None,
        details: str = "",
        messages: tuple[str, ...] = (),
        choices: tuple[Choice, ...] = (),
    ) -> None:
        super().__init__(sentence, status=status, details=details)
        self.messages = messages
        self.choices = choices


class XnatTooLarge(XnatError):
    """A server or proxy limits the size of a request (413)."""


class XnatBusy(XnatError):
    """The server is busy or the document locked; try again later."""

    retryable = True


class XnatRejected(XnatError):
    """The server refused the request for a reason of its own (other 4xx)."""


class XnatTrouble(XnatError):
    """The server has trouble of its own (5xx, disk full)."""

    retryable = True


class XnatAnswer(XnatError):
    """The answer is not what XNAT sends: a proxy, a login page, half a text."""

    retryable = True


class Misrouted(XnatError):
    """The server put the data elsewhere than asked; stop at once.

    Attributes
    ----------
    url : str
        Where the data lies, so that somebody can remove it. It holds labels: not for logs.
    """

    def __init__(self, sentence: str, *, url: str = "", details: str = "") -> None:
        super().__init__(sentence, details=details)
        self.url = url


class TransferError(DxError):
    """An upload cannot go on."""


class SourceChanged(TransferError):
    """Files changed or vanished after they were queued."""


class PlanChanged(TransferError):
    """Scripts of the server, or extensions here, differ from those that were promised."""


class NotConfirmed(TransferError):
    """The server does not hold what was sent."""

    def __init__(
        self, sentence: str, *, details: str = "", choices: tuple[Choice, ...] = ()
    ) -> None:
        super().__init__(sentence, details=details)
        self.choices = choices


class AlreadyRunning(TransferError):
    """Another dxclient works on the same queue."""


class Cancelled(DxError):
    """A person stopped the work."""

    def __init__(self, sentence: str = "Stopped.", *, details: str = "") -> None:
        super().__init__(sentence, details=details)


class PluginError(DxError):
    """A plugin misbehaves."""


class PluginLoadError(PluginError):
    """A plugin cannot be loaded.

    Attributes
    ----------
    plugin : str
        Its name.
    """

    def __init__(self, plugin: str, sentence: str, *, details: str = "") -> None:
        super().__init__(sentence, details=details)
        self.plugin = plugin


class PluginHookError(PluginError):
    """A plugin failed in a hook that must not fail.

    Attributes
    ----------
    plugin, hook : str
        Who failed, and where.
    """

    def __init__(self, plugin: str, hook: str, *, details: str = "") -> None:
        super().__init__(
            f"The extension “{plugin}” failed in {hook}. Nothing was sent. "
            "Update or replace the extension, or ask its author.",
            details=details,
        )
        self.plugin = plugin
        self.hook = hook
