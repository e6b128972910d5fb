"""Letters that were held back are sent once nothing differs any more, or a supervisor wants them sent."""

import structlog
from django.db import transaction

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action
from jaga.cases.models.reports import Report
from jaga.cases.verbs.held_letters import what_differs
from jaga.cases.verbs.letters import inform_of_repeat, write_referral_letters
from jaga.cases.verbs.state import locked_case, notify_reporters
from jaga.core.actors import SYSTEM, Actor
from jaga.core.terms.cases import OPEN_ACTION_STATES
from jaga.reporting.reads.mailbox import HeldLetters, access_held_letters, as_held, pending_holds
from jaga.store.kernel.ledger import append
from jaga.store.models import LedgerEntry

log = structlog.get_logger("jaga.ledger")
MOST_AT_ONCE = 50


@transaction.atomic
def acknowledge_held_letters(hold_id: int, *, actor: Actor) -> int:
    """Let letters go out although a row differs, as a supervisor who has looked into it; returns the case's id.

    The worker sends them within a minute, which cannot be taken back. The row stays named by the verifier. Raises
    NotPermitted, NotFound.
    """
    held = access_held_letters(hold_id, actor=actor)
    locked_case(held.case_id, actor=actor)
    append(
        "acknowledge_held_letters",
        {"hold": hold_id, "part": held.part, "number": held.number},
        actor=actor,
        case_id=held.case_id,
    )
    return held.case_id


def send_held_letters() -> int:
    """Send the letters that nothing holds any more, each once; returns for how many holds. A periodic task.

    Those of which a row still differs wait; at most `MOST_AT_ONCE` are looked at, the longest unseen first.
    """
    return sum(_send(as_held(row)) for row in _next())


_seen_last = 0


def _next() -> list[LedgerEntry]:
    """The next holds after those that this process looked at last, so that many that wait do not hide another."""
    global _seen_last
    rows = list(pending_holds().filter(pk__gt=_seen_last)[:MOST_AT_ONCE])
    _seen_last = rows[-1].pk if len(rows) == MOST_AT_ONCE else 0
    return rows


@transaction.atomic
def _send(held: HeldLetters) -> bool:
    case = locked_case(held.case_id, actor=SYSTEM)
    if not pending_holds().filter(pk=held.hold_id).exists():
        return False
    decision = case.decisions.filter(subject_id=case.subject_id).order_by("-pk").first()
    reports = list(Report.objects.filter(pk__in=held.reports) if held.reports else case.reports.all())
    if decision is None or _is_under_way(case) or what_differs(case, decision, reports) is not None:
        return False
    if held.letters == "outcome":
        notify_reporters(case)
    elif held.letters == "settled":
        inform_of_repeat(case, [report for report in reports if not report.letters.exists()])
    else:
        write_referral_letters(case, held.letters)
    append("send_held_letters", {"hold": held.hold_id}, actor=SYSTEM, case_id=case.pk)
    log.info("held_letters_sent", case=case.pk)
    return True


def _is_under_way(case: Case) -> bool:
    """Whether something else is being done on the account; its end tells the reporters."""
    return Action.objects.filter(
        decision__case=case, decision__subject_id=case.subject_id, state__in=OPEN_ACTION_STATES
    ).exists()
