"""The dialogue of a notice to an operator: locking, receipt, and the clock that runs and pauses."""

import re
from datetime import datetime

from django.db import transaction

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action
from jaga.cases.verbs.state import locked_case
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, NotFound
from jaga.core.lifecycles import NOTICE
from jaga.core.terms.outside import NoticeState
from jaga.core.terms.people import Role
from jaga.operators.models import Notice, NoticeEntry
from jaga.policy.local_time import clock_for
from jaga.store.kernel.ledger import append

SENT, RECEIVED, CORRECTION, ASKED_AGAIN, WITHDRAWN = "sent", "received", "correction", "asked_again", "withdrawn"
ENDED_STATES = (NoticeState.ANSWERED, NoticeState.WITHDRAWN)
BY_HAND = "manual"  # adapter whose notices are a checklist for our own staff
_NUMBER = re.compile(r"P([0-9]{6,15})")


class NoticeMovedOn(Conflict):
    """The notice's state no longer allows this; nothing was changed."""

    code = "notice_moved_on"
    sentence = N_("The notice has moved on, so this is no longer possible.")
    remedy = N_("Reload the notice to see where it stands now.")


class NoticeWasWithdrawn(NoticeMovedOn):
    """The notice was withdrawn."""

    code = "notice_withdrawn"
    sentence = N_("This notice was withdrawn. Nothing is asked of you any longer.")
    remedy = N_("Leave the account as it is; what was done already, undo it.")


def number_of(text: str) -> int:
    """The id in a notice number such as `P000012`. Raises NotFound for anything else."""
    found = _NUMBER.fullmatch(text)
    if found is None:
        raise NotFound
    return int(found[1])


def locked_notice(notice_id: int, *, actor: Actor) -> tuple[Notice, Case]:
    """The notice and its case, both locked, the case first.

    Raises NotFound, also for a person without the clearance of the case.
    """
    case_id = Notice.objects.filter(pk=notice_id).values_list("case_id", flat=True).first()
    if case_id is None:
        raise NotFound
    case = locked_case(case_id, actor=actor)
    return Notice.objects.select_for_update(of=("self",)).select_related("platform", "subject", "action").get(
        pk=notice_id
    ), case


def is_contact_of(notice: Notice, actor: Actor) -> bool:
    """Whether the actor is a contact person of the notice's operator, who answers through the portal."""
    return (
        Role.CONTACT in actor.roles
        and actor.organisation_id == notice.operator_id
        and notice.platform.adapter != BY_HAND
    )


def require_answerer(notice: Notice, actor: Actor) -> int:
    """The id of a person who may answer this notice: the operator's contact person, or our staff for a checklist.

    Raises NotPermitted, NotFound for another operator's notice.
    """
    if notice.platform.adapter == BY_HAND:
        return actor.require(Role.REVIEWER, Role.SUPERVISOR)
    person = actor.require(Role.CONTACT)
    if not is_contact_of(notice, actor):
        raise NotFound
    return person


def add_turn(
    notice: Notice, kind: str, text: str = "", *, person: int | None, from_operator: bool, proof: str = ""
) -> NoticeEntry:
    """Append an entry to the dialogue."""
    return NoticeEntry.objects.create(
        notice=notice, kind=kind, text=text, person_id=person, from_operator=from_operator, proof=proof, at=now()
    )


def waits_for_receipt(notice: Notice) -> bool:
    """Whether receipt of the notice, or of our last message about it, is not proven yet."""
    return notice.state == NoticeState.SENT or (notice.state == NoticeState.RECEIVED and notice.due_at is None)


def receive(notice: Notice, *, person: int | None, proof: str, actor: Actor) -> None:
    """Record the proven receipt, which starts or resumes the clock. Does nothing while the clock runs."""
    if not waits_for_receipt(notice):
        return
    moment = now()
    notice.state = NOTICE.to(notice.state, NoticeState.RECEIVED)
    if notice.received_at is None:
        notice.received_at, notice.received_by_id, notice.receipt_proof = moment, person, proof[:200]
    resume(notice, moment)
    notice.save()
    add_turn(notice, RECEIVED, person=person, from_operator=True, proof=proof[:200])
    append(
        "receive_notice",
        {"notice": notice.pk, "by": "person" if person else "signature"},
        actor=actor,
        case_id=notice.case_id,
    )


def resume(notice: Notice, moment: datetime) -> None:
    """Start the clock with its full span, or with the time left when it was paused (negative if overdue)."""
    if notice.due_at is not None:
        return
    clock = clock_for(notice.asks_for, urgent=notice.urgent)
    if notice.left is None:
        notice.due_at = clock.due(moment)
    else:
        due = moment + notice.left
        notice.due_at = clock.due(due - clock.span) if clock.whole_days else due
    notice.left = None


def rest(notice: Notice, moment: datetime) -> None:
    """Pause the clock and keep the time left."""
    if notice.due_at is not None:
        notice.left, notice.due_at = notice.due_at - moment, None


def withdraw(notice: Notice, reason: str, *, person: int | None, actor: Actor) -> None:
    """Withdraw an open notice in the caller's transaction.

    The caller handles the action behind it.

    Does nothing if the notice was answered or withdrawn.
    """
    if notice.state in ENDED_STATES:
        return
    notice.state = NOTICE.to(notice.state, NoticeState.WITHDRAWN)
    notice.due_at, notice.left = None, None
    notice.save()
    add_turn(notice, WITHDRAWN, reason, person=person, from_operator=False)
    append("withdraw_notice", {"notice": notice.pk}, actor=actor, case_id=notice.case_id)


@transaction.atomic
def withdraw_of(action: Action, reason: str, *, actor: Actor) -> None:
    """Withdraw the open notice of an action, if any.

    For verbs that end actions: `attempts.end_stuck`, the expiry of a restriction, an overturned decision.
    """
    notice = Notice.objects.select_for_update(of=("self",)).filter(action=action).first()
    if notice is not None:
        withdraw(notice, reason, person=actor.person_id, actor=actor)
