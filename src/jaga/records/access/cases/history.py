"""The ledger for staff: a case's history, and whether sequencing and signing keep up. Read only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Count, Exists, Max, Min, OuterRef, Q, QuerySet

from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES
from jaga.core.terms.people import Role
from jaga.records.access.base.clearance import READERS
from jaga.records.access.cases.case_view import takes_case
from jaga.records.models import Action, Case, LedgerCheckpoint, LedgerEntry, LedgerFault, Person, Subject

SEALED = ("cast_vote", "restrict_at_once", "restrict_first", "announce_closure", "restriction_over",
          "agree_decision", "halt_decision", "undo_decision", "withdraw_vote",
          "start_undo_window", "resume_decision", "decide_ban_evasion_match",
          "link_account", "unlink_account", "check_youth", "answer_youth_check", "undo_youth_check",
          "open_picture", "open_request_letter", "take_over_lease")
PAGE = 50


@dataclass(frozen=True)
class LedgerEntryView:
    """One entry.

    `actor` is a person's name or a ledger name (`system`, `public`, `holder`, `cli`).

    `account` names the account concerned in the history of a case with several.
    """

    number: int
    at: datetime
    verb: str
    actor: str
    case_id: int | None
    payload: Mapping[str, object]
    seq: int | None
    account: str = ""


@dataclass(frozen=True)
class LedgerStatus:
    """How far the ledger is linked and signed."""

    linked: int
    unlinked: int
    oldest_unlinked: datetime | None
    checkpoint_size: int | None
    checkpoint_at: datetime | None
    checkpoint_hash: str
    faults: int = 0


@takes_case
def history_of(case: Case, *, names_accounts: bool = False, most: int | None = None,
               actor: Actor) -> tuple[LedgerEntryView, ...]:
    """The history of a case already fetched with a permission check: the newest `most` entries, newest first, without
    sealed votes.

    `names_accounts` (for staff who judge) adds the account each entry concerns where there are several.
    """
    entries = _view(_unsealed(LedgerEntry.objects.filter(case_ref=case.pk), actor).order_by("-pk")[:most])
    if not names_accounts:
        return entries
    subjects = dict(Subject.objects.filter(Q(linked_to__case=case) | Q(pk=case.subject_id))
                    .values_list("pk", "account_id"))
    actions = dict(Action.objects.filter(decision__case=case).values_list("pk", "decision__subject__account_id"))
    return tuple(replace(entry, account=_about(entry, subjects, actions)) for entry in entries)


def _about(entry: LedgerEntryView, subjects: Mapping[int, str], actions: Mapping[int, str]) -> str:
    subject, action = entry.payload.get("subject"), entry.payload.get("action")
    if isinstance(action, int):
        return actions.get(action, "")
    return subjects.get(subject, "") if isinstance(subject, int) else ""


def list_entries(*, before: int | None = None, actor: Actor) -> tuple[LedgerEntryView, ...]:
    """One page of the whole ledger, newest first. Raises NotPermitted for anyone but an auditor."""
    actor.require(Role.AUDITOR)
    rows = _unsealed(LedgerEntry.objects.all(), actor).order_by("-pk")
    return _view((rows.filter(pk__lt=before) if before else rows)[:PAGE])


def _unsealed(rows: QuerySet[LedgerEntry], actor: Actor) -> QuerySet[LedgerEntry]:
    """Rows without sealed votes for anyone who could still vote. A person who is only an auditor never votes."""
    if not actor.roles.intersection(READERS):
        return rows
    undecided = Case.objects.filter(state__in=SEALED_STATES).values("pk")
    return rows.exclude(verb__in=SEALED, case_ref__in=undecided)


def _view(rows: Iterable[LedgerEntry]) -> tuple[LedgerEntryView, ...]:
    entries = list(rows)
    numbers = {int(row.actor[7:]) for row in entries if row.actor.startswith("person:")}
    names = dict(Person.objects.filter(pk__in=numbers).values_list("pk", "display_name"))
    return tuple(
        LedgerEntryView(row.pk, row.at, row.verb,
                        names.get(int(row.actor[7:]), row.actor) if row.actor.startswith("person:") else row.actor,
                        row.case_ref, row.payload, row.seq)
        for row in entries
    )


def see_ledger_status(*, actor: Actor) -> LedgerStatus:
    """The ledger's status. Raises NotPermitted for anyone who neither audits nor administers."""
    actor.require(Role.AUDITOR, Role.SUPERVISOR, Role.ADMINISTRATOR)
    linked = LedgerEntry.objects.aggregate(size=Max("seq"))["size"] or 0
    waiting = waiting_entries().aggregate(count=Count("pk"), oldest=Min("at"))
    last = LedgerCheckpoint.objects.order_by("-size").first()
    return LedgerStatus(linked, waiting["count"], waiting["oldest"], last.size if last else None,
                        last.at if last else None, last.hash if last else "", count_ledger_faults())


def waiting_entries() -> QuerySet[LedgerEntry]:
    """Entries the sequencer still has to link, without those set aside."""
    return LedgerEntry.objects.filter(~Exists(LedgerFault.objects.filter(entry_ref=OuterRef("pk"))), seq__isnull=True)


def count_ledger_faults() -> int:
    """Ledger faults found by the sequencer that nobody has reviewed."""
    return LedgerFault.objects.filter(acknowledged_at__isnull=True).count()
