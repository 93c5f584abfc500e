"""Activating, blocking and unblocking SIM cards: what each does to one card, and all of them to many."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial

from domain.audit.writing import Work
from domain.jobs.deeds import Decision, Deed, Request, Target
from domain.jobs.states import JobKind
from domain.kernel.ids import Kind
from domain.sims import rules
from domain.sims.deciding import cards_of, decide_each
from domain.sims.rules import Bar, Standing
from domain.sims.states import BarredBy, Barring, SimStatusReason
from domain.sims.transitions import carry_through, decided, standing

Turn = Callable[[Standing], Standing]
"""What becomes of a card's state; raises when it can't be done."""


def block_request(bar: Bar, note: str | None) -> Request:
    """What `simBlock` asks for, as a job keeps it."""
    return {"reason": bar.reason, "barring": bar.barring, "until": bar.until.isoformat() if bar.until else None, "note": note}


def _activating(work: Work, request: Request) -> Turn:
    """Delivered cards begin to work."""
    return rules.activate


def _blocking(work: Work, request: Request) -> Turn:
    """BLOCKED, or SUSPENDED when an end is given; raises `InvalidInput` for a bar not to be asked for."""
    until = datetime.fromisoformat(request["until"]) if request["until"] else None
    bar, by = Bar(SimStatusReason(request["reason"]), Barring(request["barring"]), until), _by(work)
    rules.check_bar(bar, by, at=work.at)
    _note(work, request)
    return lambda now: rules.block(now, bar, by)


def _unblocking(work: Work, request: Request) -> Turn:
    """Lifts bars that the company set."""
    by = _by(work)
    _note(work, request)
    return lambda now: rules.unblock(now, by)


def _by(work: Work) -> BarredBy:
    return rules.acting(is_operator=work.scope.actor.is_operator)


def _note(work: Work, request: Request) -> None:
    rules.check_note(request["note"])
    work.reason = request["note"]


async def _decide(turning: Callable[[Work, Request], Turn], work: Work, request: Request, targets: Sequence[Target]) -> Decision:
    """Turns card by card."""
    turn, cards = turning(work, request), await cards_of(work, targets)
    return decide_each(work, targets, cards, lambda card: decided(work, card, turn(standing(card))))


def _deed(mutation: str, turning: Callable[[Work, Request], Turn]) -> Deed:
    return Deed(mutation, JobKind.SIM_STATUS, Kind.SIM, "sims", partial(_decide, turning), carry_through)


ACTIVATE, BLOCK, UNBLOCK = _deed("simActivate", _activating), _deed("simBlock", _blocking), _deed("simUnblock", _unblocking)
DEEDS: Mapping[str, Deed] = {deed.mutation: deed for deed in (ACTIVATE, BLOCK, UNBLOCK)}
"""What can be done to many cards, by the names of the mutations."""
