"""Interim restriction: one person may restrict the account of an urgent case while two judge its closure.

Whoever holds the lease may order it, even without voting, so it reveals nothing about a sealed first vote. It expires
by itself, and is lifted if the case is decided for less.
"""

from datetime import date, timedelta

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Decision
from jaga.cases.reads.case_view import takes_case
from jaga.cases.verbs.letters import write_statement
from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.core.terms.cases import ActionKind, ActionState, DecisionKind, Ground
from jaga.decisions.verbs.conduct_law import NO_LAW_OF_THE_DAY, fitting_bases
from jaga.decisions.verbs.interim_restrictions import lift
from jaga.decisions.verbs.permitted import allowed_decisions, needs_second_person
from jaga.decisions.verbs.single_person_limits import left_alone, lock_accounts
from jaga.policy.release import PolicyRelease
from jaga.store.kernel.jobs import CARRY_OUT, defer
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import decision_commitment

UNDECIDED = (CaseState.IN_REVIEW, CaseState.SECOND_VOTE)
SHORTEST = timedelta(hours=1)  # a shorter rest is not worth a letter


@takes_case
def may_restrict_at_once(case: Case, release: PolicyRelease) -> bool:
    """Whether one person may restrict the reported account now.

    That takes an urgent, undecided case without an earlier interim restriction, where policy and platform allow a
    restriction by one person.
    """
    return (
        case.urgent
        and case.state in UNDECIDED
        and DecisionKind.RESTRICT in allowed_decisions(case, release)
        and not needs_second_person(case, DecisionKind.RESTRICT, release)
        and not case.decisions.filter(provisional=True, awaits__isnull=True).exists()
        and left_alone(case.subject_id) >= SHORTEST
    )


def restrict_now(
    case: Case,
    person: int,
    legal_basis: str,
    ground: Ground,
    facts: str,
    release: PolicyRelease,
    *,
    conduct_on: date | None,
    actor: Actor,
) -> Decision:
    """Restrict the reported account of a locked case, with statement of reasons and appeal.

    It lasts the policy's shortest duration, at most the account's remaining days (`single_person_limits.left_alone`),
    or until the case is decided otherwise. It is not a strike, and reporters are not notified. Raises InvalidInput if
    not
    allowed.
    """
    lock_accounts([case.subject_id])
    if not may_restrict_at_once(case, release):
        raise InvalidInput(FieldError("restrict_now", "not_allowed", N_("Nothing can be restricted at once here.")))
    if legal_basis not in {basis.key for basis in fitting_bases(case, release, conduct_on)}:
        raise InvalidInput(FieldError("legal_basis", "missing", NO_LAW_OF_THE_DAY))
    moment = now()
    lasts = min(timedelta(days=min(release.enforcement.restriction_days)), left_alone(case.subject_id))
    made = Decision.objects.create(
        case=case,
        subject=case.subject,
        kind=DecisionKind.RESTRICT,
        provisional=True,
        legal_basis=legal_basis,
        ground=ground,
        facts=facts,
        ends_at=moment + lasts,
        automated_detection=case.signals.exists(),
        policy_hash=release.hash,
        decided_by_id=person,
        decided_at=moment,
    )
    Action.objects.create(decision=made, kind=ActionKind.RESTRICT, created_at=moment)
    write_statement(made, ())
    defer(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)
    bound = decision_commitment(made.pk, made.kind, made.subject_id, person, None, made.ends_at)
    append(
        "restrict_at_once",
        {"decision": made.pk, "policy": release.hash, "subject": made.subject_id, "commitment": bound},
        actor=actor,
        case_id=case.pk,
    )
    return made


def lift_provisional(case: Case, kind: DecisionKind, *, actor: Actor) -> None:
    """Lift interim restrictions if the case was decided for less; a restriction or closure replaces them.

    A waiting or stuck one is ended in any case, so that it does not block its replacement.
    """
    takes_over = kind in (DecisionKind.RESTRICT, DecisionKind.CLOSE)
    for decision in case.decisions.filter(provisional=True, awaits__isnull=True, overturned_by__isnull=True):
        if not takes_over or decision.actions.filter(state__in=(ActionState.WAITING, ActionState.STUCK)).exists():
            lift(decision, case, actor=actor)
