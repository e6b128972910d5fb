"""Reversal: a decision is overturned by a new one that refers to it, after an appeal or a reconsideration."""

from jaga.casework.decisions.consequences import follow_through
from jaga.casework.decisions.undo_effects import undo_what_followed
from jaga.casework.kernel.ledger import append, draw_number
from jaga.casework.kernel.vote_commitments import decision_commitment
from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.terms.decisions import DecisionKind
from jaga.policy import load_release
from jaga.records.models import Decision


def restore(old: Decision, reasons: str, person: int, state: CaseState, *, actor: Actor) -> CaseState:
    """Make the restoring decision and its consequences in the caller's transaction.

    The case was moved before.

    The database refuses a person who voted in the case. Irreversible; a new case can be judged again.
    """
    release = load_release()
    restoring = Decision.objects.create(
        case=old.case,
        subject=old.subject,
        kind=DecisionKind.RESTORE,
        legal_basis=old.legal_basis,
        ground=old.ground,
        facts=reasons,
        policy_hash=release.hash,
        decided_by_id=person,
        overturns=old,
        decided_at=now(),
    )
    bound = decision_commitment(restoring.pk, restoring.kind, restoring.subject_id, person, old.pk, None)
    number = draw_number()  # appended last, so that the entry binds what follows as well
    undo_what_followed(old, restoring, actor=actor)
    state = follow_through(old.case, [restoring], state, release, actor=actor)
    append(
        "overturn_decision",
        {"decision": restoring.pk, "overturns": old.pk, "policy": release.hash, "commitment": bound},
        actor=actor,
        case_id=old.case_id,
        number=number,
    )
    return state
