"""Letters to reporters that wait since a row that they rest on was changed past Jaga: the entries that say so."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BigIntegerField, Exists, OuterRef, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Role
from jaga.records.access.base.access_log import log_access
from jaga.records.access.base.clearance import visible_to
from jaga.records.access.cases.gate import SHOWN
from jaga.records.models import Case, LedgerEntry

HOLD, ACKNOWLEDGE, SEND = "hold_letters", "acknowledge_held_letters", "send_held_letters"
"""The verbs of the entries: held, a supervisor wants them sent, done."""


@dataclass(frozen=True)
class HeldLetters:
    """Letters of a case that were held. `letters` says which: `outcome`, `settled`, or the key of the letter before.

    `reports` are those concerned, where not all of the case are. `part` and `number` name the row that differed.
    """

    hold_id: int
    case_id: int
    letters: str
    part: str
    number: int
    reports: tuple[int, ...]
    held_at: datetime


@dataclass(frozen=True)
class HeldLettersView:
    """The same for the page of a supervisor. `acknowledged`: the worker sends them within a minute."""

    hold_id: int
    case_id: int
    reference: str
    part: str
    number: int
    held_at: datetime
    acknowledged: bool


def pending_holds() -> QuerySet[LedgerEntry]:
    """The entries of letters that were held and not sent since, the oldest first."""
    return entries_without_end(HOLD, SEND, "hold")


def entries_without_end(verb: str, end: str, key: str) -> QuerySet[LedgerEntry]:
    """The entries of `verb` about cases that no entry of `end` names as `key` in its payload, the oldest first."""
    ended = (
        LedgerEntry.objects.filter(verb=end, case_ref=OuterRef("case_ref"))
        .alias(named=Cast(KeyTextTransform(key, "payload"), BigIntegerField()))
        .filter(named=OuterRef("pk"))
    )
    return LedgerEntry.objects.filter(~Exists(ended), verb=verb, case_ref__isnull=False).order_by("pk")


def as_held(row: LedgerEntry) -> HeldLetters:
    """The entry as a value."""
    assert row.case_ref is not None
    payload = row.payload
    return HeldLetters(
        row.pk,
        row.case_ref,
        str(payload.get("letters", "outcome")),
        str(payload["part"]),
        int(payload["number"]),
        tuple(payload.get("reports", ())),
        row.at,
    )


def acknowledged_rows(case_id: int) -> set[tuple[str, int]]:
    """The rows of which a supervisor said that letters of this case go out although they differ."""
    payloads = LedgerEntry.objects.filter(verb=ACKNOWLEDGE, case_ref=case_id).values_list("payload", flat=True)
    return {(str(one["part"]), int(one["number"])) for one in payloads}


def list_held_letters(*, actor: Actor) -> tuple[HeldLettersView, ...]:
    """Letters that wait, the oldest first. Raises NotPermitted for anyone but a supervisor."""
    actor.require(Role.SUPERVISOR)
    return tuple(_views(actor))


def _views(actor: Actor) -> Iterator[HeldLettersView]:
    cases = Case.objects.filter(visible_to(actor)).in_bulk(
        list(pending_holds().values_list("case_ref", flat=True)[:SHOWN])
    )
    for one in map(as_held, pending_holds().filter(case_ref__in=cases)[:SHOWN]):
        yield HeldLettersView(
            one.hold_id,
            one.case_id,
            cases[one.case_id].reference,
            one.part,
            one.number,
            one.held_at,
            (one.part, one.number) in acknowledged_rows(one.case_id),
        )


def access_held_letters(hold_id: int, *, actor: Actor) -> HeldLetters:
    """Letters that wait, for a supervisor who may see the case. Raises NotPermitted, NotFound."""
    actor.require(Role.SUPERVISOR)
    row = pending_holds().filter(pk=hold_id, case_ref__in=Case.objects.filter(visible_to(actor)).values("pk")).first()
    if row is None:
        raise NotFound
    held = as_held(row)
    log_access(held.case_id, AccessKind.CASE, actor=actor)
    return held
