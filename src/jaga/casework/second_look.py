"""Our own second look: a restriction is lifted, a dismissed matter goes back to the queue. By people, unasked.

Neither edits what was decided: the one is a decision that points at the old one, the other a new case that does.
"""

from django.db import transaction
from django.utils.translation import gettext, override

from jaga.casework.appeal_people import HadAVote
from jaga.casework.capacity import capacity_in
from jaga.casework.eligibility import hold_people, require_eligible
from jaga.casework.finish import OPEN
from jaga.casework.intake import check_text, filed, open_case_with
from jaga.casework.restoring import restore
from jaga.casework.state import locked_case, move_case
from jaga.core.actors import Actor
from jaga.core.cases import CaseState, CaseVerb
from jaga.core.clock import now, today
from jaga.core.errors import N_, Conflict, FieldError, IllegalTransition, InvalidInput, NotFound
from jaga.core.terms import AppealState, Channel, DecisionKind, Language, ReportForm, Role
from jaga.policy import load_release
from jaga.records.access.in_force import lifting_actions
from jaga.records.codes import source_key
from jaga.records.models import Action, Appeal, Case, Decision, Report, Vote

MAX_WHY = 1000
MIN_WHY = 15
AGAIN = N_("Case %(reference)s was dismissed. A person of the team wants it to be judged again: %(why)s")


class AppealDecidesIt(Conflict):
    """The holder has appealed; that is answered, not overtaken."""

    code = "appeal_decides_it"
    sentence = N_("The account holder has appealed against this restriction.")
    remedy = N_("Decide the appeal: it is in the list of appeals.")


class LookedAtAgain(Conflict):
    """One second look at a time."""

    code = "looked_at_again"
    sentence = N_("A newer case on the same matter exists already.")
    remedy = N_("Open the newer case and judge it there.")


def check_why(why: str) -> None:
    """Raises InvalidInput (field `why`) for a reason that says nothing."""
    errors = check_text("why", why, MAX_WHY)
    if len(why.strip()) < MIN_WHY:
        errors.append(FieldError("why", "missing", N_("Say in at least %(least)s characters why."), {"least": MIN_WHY}))
    if errors:
        raise InvalidInput(*errors)


@transaction.atomic
def lift_restriction(decision_id: int, why: str, *, actor: Actor) -> CaseState:
    """Let a restricted account go, for a reason of ours. It is restored as after an appeal (MR5 art. 20).

    By somebody without a vote in the case, like an appeal. Raises HadAVote, AppealDecidesIt, InvalidInput, NotFound,
    IllegalTransition while it is still being carried out, or where it has ended.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    hold_people(person)
    decision = Decision.objects.select_related("case", "subject").filter(
        pk=decision_id, kind=DecisionKind.RESTRICT).first()
    if decision is None:
        raise NotFound
    case = locked_case(decision.case_id, actor=actor)
    require_eligible(case, person)
    if decision.decided_by_id == person or Vote.objects.filter(case=case, person_id=person).exists():
        raise HadAVote
    if Appeal.objects.filter(decision=decision, state=AppealState.OPEN).exists():
        raise AppealDecidesIt
    check_why(why)
    if not _holds(decision):
        raise IllegalTransition
    state = move_case(case, CaseVerb.OVERTURN)
    decision.case = case
    return restore(decision, why.strip(), person, state, actor=actor)


def _holds(decision: Decision) -> bool:
    """Whether the restriction was carried out, and nothing has ended it."""
    over = decision.ends_at is not None and decision.ends_at <= now()
    undone = Decision.objects.filter(overturns=decision).exists()
    actions = Action.objects.filter(decision=decision)
    lifted = lifting_actions().filter(decision=decision).exists()
    return not (over or undone or lifted or actions.filter(state__in=OPEN).exists())


@transaction.atomic
def reopen_dismissed(case_id: int, why: str, *, actor: Actor) -> int:
    """Put a dismissed matter before people again: an observation of our own opens a new case, which names the old one.

    Returns the new case's number, or that of the open one that it joined. Reporters are told what the new case brings.
    Raises InvalidInput, IllegalTransition where the case was not dismissed, LookedAtAgain.
    """
    actor.require(Role.REVIEWER, Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    dismissed = Decision.objects.filter(case=case, kind=DecisionKind.DISMISS).exists()
    if case.state != CaseState.RESOLVED or not dismissed:
        raise IllegalTransition
    if Case.objects.filter(reopens=case).exists():
        raise LookedAtAgain
    check_why(why)
    with override(Language.INDONESIAN.value):
        text = gettext(AGAIN) % {"reference": case.reference, "why": why.strip()}
    report = Report(
        subject=case.subject, channel=Channel.WATCH, form=ReportForm.OBSERVATION, category=case.category, text=text,
        capacity=capacity_in(case), conduct_on=today(),
        source_key=source_key(f"second-look:{case.pk}"), origin_ref=f"second-look:{case.pk}",
    )
    again = open_case_with(report, load_release())
    if again.reopens_id is None:
        again.reopens = case
        again.save(update_fields=["reopens"])
    filed(report, again, "", actor, verb="reopen_dismissed", earlier=case.pk)
    return again.pk
