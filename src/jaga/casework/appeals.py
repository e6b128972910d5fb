"""Appeals: the statement's code opens one without an account; somebody without a vote in the case decides it."""

from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction

from jaga.casework.appeal_time import opened
from jaga.casework.eligibility import hold_people, require_eligible
from jaga.casework.finish import OPEN
from jaga.casework.intake import MAX_TEXT, check_text
from jaga.casework.proof import enter
from jaga.casework.quotes import check_quotes
from jaga.casework.restoring import restore
from jaga.casework.state import locked_case, move_case
from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, CaseState, CaseVerb
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, IllegalTransition, InvalidInput, NotFound, NotPermitted
from jaga.core.terms import AppealState, Role
from jaga.policy import load_release
from jaga.records.codes import appeal_hash, open_secret
from jaga.records.models import Appeal, RestoredAccess, Statement, Vote

MIN_TEXT = 10


class AppealExists(Conflict):
    """One appeal for a decision."""

    code = "appeal_exists"
    sentence = N_("An appeal against this decision is already on record.")
    remedy = N_("Open the page with your code to see where it stands.")


class AppealTooLate(Conflict):
    """The policy's window has passed."""

    code = "appeal_too_late"
    sentence = N_("The time for an appeal ended on %(day)s.")
    remedy = N_("You can still go to a court.")


class HadAVote(NotPermitted):
    """An appeal goes to another reviewer."""

    code = "had_a_vote"
    sentence = N_("You had a vote in this case, so somebody else decides the appeal.")
    remedy = N_("Leave it in the list for another reviewer.")


def statement_by_code(code: str) -> Statement:
    """The statement that the code opens. Raises NotFound, the same for a wrong code and for none."""
    found = (
        Statement.objects.filter(appeal_hash=appeal_hash(code))
        .select_related("decision__case__subject__platform", "decision__appeal").first()
    )
    if found is None:
        raise NotFound
    return found


def open_page(code: str, *, actor: Actor) -> None:
    """Somebody opens the code's page: the first time is kept with the statement. Raises NotFound."""
    opened(statement_by_code(code).decision, actor=actor)


@transaction.atomic
def file_appeal(code: str, text: str, *, actor: Actor) -> Appeal:
    """The account holder objects. Raises NotFound, AppealExists, AppealTooLate, InvalidInput."""
    statement = statement_by_code(code)
    release, moment = load_release(), now()
    errors = check_text("text", text)
    if len(text.strip()) < MIN_TEXT:
        errors.append(FieldError("text", "missing", N_("Say in a few words why the decision is wrong.")))
    if errors:
        raise InvalidInput(*errors)
    if moment > statement.appeal_until:
        raise AppealTooLate(day=statement.appeal_until.astimezone(ZoneInfo(settings.TIME_ZONE)).date().isoformat())
    try:
        with transaction.atomic():
            appeal = Appeal.objects.create(
                decision=statement.decision, text=text.strip(), filed_at=moment,
                due_at=moment + release.deadlines.appeal_decision.span,
            )
    except IntegrityError:
        raise AppealExists from None
    enter("file_appeal", {"appeal": appeal.pk, "decision": statement.decision_id}, actor=actor,
          case_id=statement.decision.case_id)
    return appeal


@transaction.atomic
def take_access(code: str, *, actor: Actor) -> str | None:
    """The new password of a restored account, given to whoever holds the statement's code, once. None if there is none.

    Not reversible: it is deleted here. None also in a victim-first case, where the code may be in the hands of whoever
    controls the holder: there it stays sealed.
    """
    decision = statement_by_code(code).decision
    if decision.case.victim_first:
        return None
    kept = RestoredAccess.objects.select_for_update(of=("self",)).filter(decision__overturns=decision).first()
    if kept is None:
        return None
    secret = open_secret(bytes(kept.sealed))
    kept.delete()
    enter("take_access", {"decision": decision.pk}, actor=actor, case_id=decision.case_id)
    return secret


@transaction.atomic
def decide_appeal(appeal_id: int, *, overturn: bool, reasons: str, actor: Actor) -> CaseState:
    """Uphold or overturn. Overturning makes a new decision that points at the old one, restores the account (unless
    another decision in force holds it) and, once that is verified, tells everyone who was told.

    Raises HadAVote for anyone who voted, IllegalTransition while the decision is still being carried out.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    hold_people(person)
    try:
        appeal = Appeal.objects.select_related("decision").select_for_update(of=("self",)).get(pk=appeal_id)
    except Appeal.DoesNotExist:
        raise NotFound from None
    case = locked_case(appeal.decision.case_id, actor=actor)
    require_eligible(case, person)
    if appeal.decision.decided_by_id == person or Vote.objects.filter(case=case, person_id=person).exists():
        raise HadAVote
    if appeal.state != AppealState.OPEN or CaseState(case.state) in SEALED_STATES:
        raise IllegalTransition
    errors = [*check_text("reasons", reasons), *check_quotes("reasons", reasons[:MAX_TEXT], case)]
    if len(reasons.strip()) < MIN_TEXT:
        errors.append(FieldError("reasons", "missing", N_("Give the account holder your reasons in a few words.")))
    if errors:
        raise InvalidInput(*errors)
    appeal.state = AppealState.OVERTURNED if overturn else AppealState.UPHELD
    appeal.decided_by_id, appeal.decided_at, appeal.reasons = person, now(), reasons.strip()
    state = CaseState(case.state)
    if overturn:
        if appeal.decision.actions.filter(state__in=OPEN).exists():
            raise IllegalTransition
        state = move_case(case, CaseVerb.OVERTURN)
    appeal.save()
    enter("decide_appeal", {"appeal": appeal.pk, "decision": appeal.decision_id, "result": appeal.state},
          actor=actor, case_id=case.pk)
    if not overturn:
        return state
    return restore(appeal.decision, appeal.reasons, person, state, actor=actor)
