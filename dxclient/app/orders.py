"""What a person may have done with uploads, as data, so that one program can ask another for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from dxclient.app.history import History
from dxclient.domain.choices import Choice
from dxclient.domain.errors import DxError, TransferError
from dxclient.transfer import TransferService


class Action(Enum):
    """What is to be done; the value is the word for it."""

    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"
    RETRY_SCAN = "retry-scan"
    ANSWER = "answer"
    FIRST = "first"
    UP = "up"
    DOWN = "down"
    REMOVE = "remove"
    FORGET = "forget"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One thing to be done.

    Parameters
    ----------
    job : str
        Id of the upload; empty for `Action.FORGET`.
    choice, label : Choice or None, str
        For `Action.ANSWER`.
    scan : str
        SeriesInstanceUID, for `Action.RETRY_SCAN`.
    discard : bool
        For `Action.CANCEL`: also remove what is on the server.
    days : int
        For `Action.FORGET`: what ended longer ago; 0 forgets all that is over.
    """

    action: Action
    job: str = ""
    choice: Choice | None = None
    label: str = ""
    scan: str = ""
    discard: bool = False
    days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an order: done when there is no sentence. `count` is what was forgotten."""

    sentence: str = ""
    details: str = ""
    count: int = 0

    @property
    def done(self) -> bool:
        """Whether it was carried out."""
        return not self.sentence


def carry_out(service: TransferService, orders: Sequence[Order]) -> tuple[Outcome, ...]:
    """Do one after the other; one that cannot be done does not keep the others from it."""
    return tuple(_one(service, order) for order in orders)


def _one(service: TransferService, order: Order) -> Outcome:
    try:
        return Outcome(count=_WORK[order.action](service, order) or 0)
    except DxError as error:
        return Outcome(sentence=error.sentence, details=error.details)


def _answer(service: TransferService, order: Order) -> None:
    if order.choice is None:
        raise TransferError("Say what the answer is. Nothing was changed.")
    service.answer(order.job, order.choice, order.label)


def _forget(service: TransferService, order: Order) -> int:
    history = History(service)
    return history.forget_older(order.days) if order.days else history.forget_now()


_WORK: Mapping[Action, Callable[[TransferService, Order], int | None]] = {
    Action.PAUSE: lambda service, order: service.pause(order.job),
    Action.RESUME: lambda service, order: service.resume(order.job),
    Action.CANCEL: lambda service, order: service.cancel(order.job, order.discard),
    Action.RETRY: lambda service, order: service.retry(order.job),
    Action.RETRY_SCAN: lambda service, order: service.retry_scan(order.job, order.scan),
    Action.ANSWER: _answer,
    Action.FIRST: lambda service, order: service.first(order.job),
    Action.UP: lambda service, order: service.move(order.job, True),
    Action.DOWN: lambda service, order: service.move(order.job, False),
    Action.REMOVE: lambda service, order: service.remove(order.job),
    Action.FORGET: _forget,
}
