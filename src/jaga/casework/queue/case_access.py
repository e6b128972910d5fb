"""What the verbs of the queue share: locking a case that waits, writing notes, giving up a lease."""

from jaga.casework.cases.state import locked_case
from jaga.casework.kernel.ledger import EntryContent, append_all
from jaga.casework.queue.leases import require_free
from jaga.core.actors import Actor
from jaga.core.cases import VOTING_STATES
from jaga.core.clock import now
from jaga.core.errors import IllegalTransition
from jaga.core.terms.cases import NoteKind
from jaga.core.terms.people import Role
from jaga.records.models import Case, CaseNote

WORKERS = (Role.REVIEWER, Role.SUPERVISOR)


def open_case(case_id: int, *, actor: Actor) -> Case:
    """The case, locked, if it waits for a vote and the actor may see it.

    Raises NotPermitted, NotFound, IllegalTransition.
    """
    case = visible_case(case_id, actor=actor)
    if case.state not in VOTING_STATES:
        raise IllegalTransition
    return case


def visible_case(case_id: int, *, actor: Actor) -> Case:
    """The case, locked, in any state. Raises NotPermitted, NotFound."""
    actor.require(*WORKERS)
    return locked_case(case_id, actor=actor)


def write_note(case: Case, kind: NoteKind, text: str, person: int) -> CaseNote:
    """Append an internal note. The ledger records its id, not its text."""
    return CaseNote.objects.create(case=case, person_id=person, kind=kind, text=text, at=now())


def leave(case: Case, person: int) -> None:
    """Give up one's own lease of this case. Raises LeaseTaken if somebody else holds it."""
    active = require_free(case, person)
    if active:
        active.released_at = now()
        active.save(update_fields=["released_at"])


def after_vote(case: Case, *, actor: Actor) -> None:
    """After a vote, end the voter's assignment, a supervisor's escalation, and a snooze.

    The ledger entries equal those of manual steps, so that they do not reveal the vote.
    """
    fields, entries = list[str](), list[EntryContent]()
    if case.assigned_to_id == actor.person_id:
        case.assigned_to = None
        fields.append("assigned_to")
        entries.append(("unassign_case", {"person": actor.person_id}))
    if case.escalated_at is not None and Role.SUPERVISOR in actor.roles:
        case.escalated_at = None
        fields.append("escalated_at")
        entries.append(("hand_back_case", {}))
    if case.snoozed_until is not None:
        case.snoozed_until, case.snoozed_by, case.snooze_reason = None, None, ""
        fields += ["snoozed_until", "snoozed_by", "snooze_reason"]
        entries.append(("unsnooze_case", {"why": "by_hand"}))
    if fields:
        case.save(update_fields=fields)
        append_all(entries, actor=actor, case_id=case.pk)
