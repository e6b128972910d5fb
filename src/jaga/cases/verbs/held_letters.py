"""Letters to reporters are held back where a row that they rest on was changed past Jaga (ADR 0092).

Acts refused because a row differs from the ledger: recorded once, alarmed, and ended when the row is right again.

An export or a letter that is refused tells only whoever asked. So an entry says it for everybody else, supervisors with
an alarm address get a mail, and the health check and the overview count it until the row is as the ledger recorded it.
Public figures that wait for the same reason have such entries, too.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

import structlog
from django.db import connection, transaction

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Report
from jaga.cases.reads.history import count_verified_differences
from jaga.core.actors import SYSTEM, Actor
from jaga.core.terms.outside import RefusedAct
from jaga.core.terms.people import Role
from jaga.people.models import Person
from jaga.reporting.reads.mailbox import (
    HOLD_FIGURES,
    RELEASE_FIGURES,
    acknowledged_rows,
    as_held,
    open_refusals,
    pending_holds,
)
from jaga.store.kernel.ledger import append
from jaga.store.kernel.notification_mail import call_person
from jaga.store.kernel.row_bindings import RowName
from jaga.store.kernel.row_verification import RowsDiffer, require_unchanged
from jaga.store.models import LedgerEntry

log = structlog.get_logger("jaga.ledger")
MOST_AT_ONCE = 50
_NOTING = 7_021_105


@contextmanager
def refusals_noted(act: RefusedAct, case_id: int, *, actor: Actor) -> Iterator[None]:
    """Note a RowsDiffer that is raised within, and raise it on. Belongs outside of the transaction that it ends."""
    try:
        yield
    except RowsDiffer as differs:
        note_refusal(act, case_id, differs, actor=actor)
        raise


@transaction.atomic
def note_refusal(act: RefusedAct, case_id: int, differs: RowsDiffer, *, actor: Actor) -> None:
    """Record that an act was refused, and raise the alarm; once until the row is right again."""
    part, number = str(differs.params["part"]), int(str(differs.params["number"]))
    log.error("rows_refused", act=act.value, case=case_id, part=part, number=number)
    before = open_refusals().filter(case_ref=case_id).values_list("payload", flat=True)
    if any((one["act"], one["part"], one["number"]) == (act.value, part, number) for one in before):
        return
    alarm_supervisors(
        append("refuse_rows", {"act": act.value, "part": part, "number": number}, actor=actor, case_id=case_id)
    )


def alarm_supervisors(entry: LedgerEntry) -> None:
    """Mail supervisors with an alarm address that something waits: this entry says that something was held back."""
    supervisors = Person.objects.filter(is_active=True, alarm_address__isnull=False, roles__role=Role.SUPERVISOR)
    for person in supervisors.select_related("alarm_address"):
        call_person(
            person, f"rows-differ-{entry.pk}-person-{person.pk}", "/console/stuck/", email=person.alarm_address.email
        )


_seen_last = 0


def end_refusals() -> int:
    """End refusals whose row is as the ledger recorded it; returns how many. A periodic task of the worker.

    At most `MOST_AT_ONCE` are looked at, the longest unseen first.
    """
    global _seen_last
    rows = list(open_refusals().filter(pk__gt=_seen_last)[:MOST_AT_ONCE])
    _seen_last = rows[-1].pk if len(rows) == MOST_AT_ONCE else 0
    return sum(_end(row) for row in rows)


@transaction.atomic
def _end(row: LedgerEntry) -> bool:
    try:
        require_unchanged([(str(row.payload["part"]), int(row.payload["number"]))])
    except RowsDiffer:
        return False
    append("end_refusal", {"refusal": row.pk}, actor=SYSTEM, case_id=row.case_ref)
    return True


@transaction.atomic
def note_held_figures() -> bool:
    """Record that the public figures wait, or that they go on, if that has changed; returns whether they wait.

    They wait while the last verification says that something was changed past Jaga. The first entry raises the alarm.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_NOTING])  # several workers note it once
    differs = count_verified_differences()
    last = LedgerEntry.objects.filter(verb__in=(HOLD_FIGURES, RELEASE_FIGURES)).order_by("-pk").first()
    held = last if last is not None and last.verb == HOLD_FIGURES else None
    if differs and held is None:
        alarm_supervisors(append("hold_figures", {"differences": differs}, actor=SYSTEM, case_id=None))
    elif not differs and held is not None:
        append("release_figures", {"hold": held.pk}, actor=SYSTEM, case_id=None)
    return bool(differs)


def letters_are_held(case: Case, decision: Decision, reports: Sequence[Report], letters: str = "outcome") -> bool:
    """Whether the decision, its votes or one of the reports is not what the ledger recorded; then nobody is told, and
    an entry says so, once.

    Nothing is raised: what was done on the platform must be recorded all the same. The worker sends the letters once
    nothing differs any more, or a supervisor wants them sent (`cases.verbs.letters_again`). `letters` says which
    they are, for then.
    """
    differs = what_differs(case, decision, reports)
    if differs is None:
        return False
    part, number = differs
    before = [as_held(row) for row in pending_holds().filter(case_ref=case.pk)]
    if not any((one.letters, one.part, one.number) == (letters, part, number) for one in before):
        alarm_supervisors(
            append(
                "hold_letters",
                {
                    "decision": decision.pk,
                    "part": part,
                    "number": number,
                    "letters": letters,
                    "reports": [report.pk for report in reports],
                },
                actor=SYSTEM,
                case_id=case.pk,
            )
        )
    log.error("letters_held", case=case.pk, part=part, number=number)
    return True


def what_differs(case: Case, decision: Decision, reports: Iterable[Report]) -> RowName | None:
    """The first row that letters of this decision rest on and that was changed past Jaga, unless a supervisor
    acknowledged it.
    """
    judged = [("vote", number) for number in case.votes.values_list("pk", flat=True)]
    excused = acknowledged_rows(case.pk)
    rests_on = [
        ("decision", decision.pk),
        *judged,
        *((part, report.pk) for report in reports for part in ("report", "report.now")),
    ]
    try:
        require_unchanged(one for one in rests_on if one not in excused)
    except RowsDiffer as differs:
        return str(differs.params["part"]), int(str(differs.params["number"]))
    return None
