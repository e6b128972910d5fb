"""Suspension of a measure while its overdue appeal waits, decided by a supervisor without a vote.

No clock suspends a measure. The decision stays in force: a restricted account is restored, a closed one returns
restricted. The answer to the appeal ends the suspension: the measure resumes, or the appeal undoes it. Each change on
the platform is an action with its own verification.

Who may decide an appeal, ask about it, or decide on a suspension: somebody without a part in the decision.

Notices on the platform that an appeal was answered and the decision upheld.

They contain no reasons, code or anything about the case, and change nothing on the account. If the platform cannot
deliver, or the account can no longer be read, only the code's page shows the answer.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext

from jaga.actions.verbs.attempts import cancel_action
from jaga.appeals.models import Appeal, AppealNews, AppealRest, RestoredAccess
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Decision, Vote
from jaga.cases.verbs.letters import appeal_link, host_of, say_day
from jaga.cases.verbs.state import locked_case
from jaga.core.actors import SYSTEM, Actor
from jaga.core.cases import SEALED_STATES, CaseState
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, IllegalTransition, InvalidInput, NotFound, NotPermitted
from jaga.core.platforms import Account
from jaga.core.terms.cases import OPEN_ACTION_STATES, ActionKind, ActionState, AppealState, DecisionKind, Step
from jaga.core.terms.people import Language, Role
from jaga.decisions.verbs.interim_restrictions import held_by_another
from jaga.policy.release import load_release
from jaga.reporting.verbs.quotable_text import check_quotes
from jaga.store.kernel.jobs import CARRY_OUT, defer
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import lock_people, require_eligible, rest_commitment
from jaga.store.kernel.validation import check_required


class HadAVote(NotPermitted):
    """Whoever voted cannot handle the appeal."""

    code = "had_a_vote"
    sentence = N_("You had a vote in this case, so somebody else decides the appeal.")
    remedy = N_("Leave it in the list for another reviewer.")


class WroteItDown(NotPermitted):
    """Whoever recorded the appeal for the holder cannot decide it."""

    code = "wrote_it_down"
    sentence = N_("You wrote this appeal down for the holder, so somebody else decides it.")
    remedy = N_("Leave it in the list for another reviewer.")


def locked_appeal(appeal_id: int, *, actor: Actor) -> tuple[Appeal, Case]:
    """The appeal and its case, both locked, the case first.

    Raises NotFound, also for a person without the clearance of the case.
    """
    case_id = Appeal.objects.filter(pk=appeal_id).values_list("decision__case_id", flat=True).first()
    if case_id is None:
        raise NotFound
    case = locked_case(case_id, actor=actor)
    appeal = (
        Appeal.objects.select_related("decision__subject__platform").select_for_update(of=("self",)).get(pk=appeal_id)
    )
    appeal.decision.case = case
    return appeal, case


def require_outsider(appeal: Appeal, person: int) -> None:
    """Raise HadAVote for anyone who ever voted in the case, WroteItDown for whoever recorded the appeal."""
    decision = appeal.decision
    if decision.decided_by_id == person or Vote.objects.filter(case=decision.case_id, person_id=person).exists():
        raise HadAVote
    if appeal.recorded_by_id == person:
        raise WroteItDown


MOST_ATTEMPTS = 12
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=12)


@dataclass(frozen=True)
class AppealNotice:
    """A due notice: the account, the text in both languages, and a key that identifies the delivery."""

    news_id: int
    account: Account
    text: str
    key: str


def tell_holder(appeal: Appeal, *, second: bool = False) -> None:
    """Queue a notice in the transaction of an answer that upholds the decision."""
    platform = appeal.decision.subject.platform
    if platform.by_notice or not platform.capabilities.get(Step.DELIVER, {}).get("supported"):
        return
    moment = now()
    AppealNews.objects.get_or_create(
        appeal=appeal, second=second, defaults={"created_at": moment, "next_attempt_at": moment}
    )


def platforms_with_news() -> list[str]:
    """Platforms with a due notice."""
    return sorted(
        set(
            _waiting()
            .filter(next_attempt_at__lte=now())
            .values_list("appeal__decision__subject__platform__name", flat=True)
        )
    )


def news_of(platform: str, most: int = 50) -> tuple[AppealNotice, ...]:
    """The due notices of a platform, oldest first."""
    due = _waiting().filter(next_attempt_at__lte=now(), appeal__decision__subject__platform__name=platform)
    rows = due.select_related("appeal__decision__case", "appeal__decision__subject__platform__operator")
    return tuple(_news(row) for row in rows.order_by("next_attempt_at", "pk")[:most])


def _waiting() -> QuerySet[AppealNews]:
    return AppealNews.objects.filter(delivered_at__isnull=True, ended_at__isnull=True)


def _news(row: AppealNews) -> AppealNotice:
    decision = row.appeal.decision
    subject, release = decision.subject, load_release()
    text = "\n\n".join(
        release.letter("appeal_upheld", language)
        .render(
            reference=decision.case.reference,
            platform=subject.platform.display_name,
            host=host_of(subject),
            answered_on=say_day(row.created_at, language),
            appeal_link=appeal_link(),
        )
        .text
        for language in (Language.INDONESIAN, Language.ENGLISH)
    )
    return AppealNotice(
        row.pk,
        Account(subject.platform.name, subject.account_id, subject.handle),
        text,
        f"jaga-appeal-{row.appeal_id}-{'second' if row.second else 'first'}",
    )


@transaction.atomic
def news_delivered(news_id: int) -> None:
    """Record that the platform was seen to have the notice. Idempotent."""
    row = AppealNews.objects.select_for_update(of=("self",)).select_related("appeal__decision").get(pk=news_id)
    if row.delivered_at is not None or row.ended_at is not None:
        return
    row.delivered_at = now()
    row.save(update_fields=["delivered_at"])
    append(
        "tell_upheld", {"appeal": row.appeal_id, "delivered": True}, actor=SYSTEM, case_id=row.appeal.decision.case_id
    )


@transaction.atomic
def news_failed(news_id: int, why: str, *, for_good: bool = False) -> None:
    """Schedule another attempt at growing intervals for some days, or give up. `why` is a code."""
    row = AppealNews.objects.select_for_update(of=("self",)).select_related("appeal__decision").get(pk=news_id)
    if row.delivered_at is not None or row.ended_at is not None:
        return
    row.attempts, row.why = row.attempts + 1, why[:60]
    row.next_attempt_at = now() + min(_FIRST_WAIT * 3 ** min(row.attempts, 12), _LONGEST_WAIT)
    if for_good or row.attempts >= MOST_ATTEMPTS:
        row.ended_at = now()
        append(
            "tell_upheld",
            {"appeal": row.appeal_id, "delivered": False},
            actor=SYSTEM,
            case_id=row.appeal.decision.case_id,
        )
    row.save(update_fields=["attempts", "why", "next_attempt_at", "ended_at"])


WITHIN = timedelta(days=1)
"""How soon after an appeal's deadline somebody must decide on a suspension."""
MIN_REASONS = 15
ANSWERED = N_("The appeal was answered, so the rest has ended.")
_BEGIN = {DecisionKind.RESTRICT: (ActionKind.RESTORE,), DecisionKind.CLOSE: (ActionKind.RESTORE, ActionKind.RESTRICT)}
_MEASURE = {DecisionKind.RESTRICT: ActionKind.RESTRICT, DecisionKind.CLOSE: ActionKind.CLOSE}


class NotOverdue(Conflict):
    """Only an overdue appeal can suspend a measure."""

    code = "appeal_not_overdue"
    sentence = N_("This appeal is not overdue, so its measure is not laid to rest.")
    remedy = N_("Answer the appeal, or see to it that somebody does.")


class RestDecided(Conflict):
    """The suspension was decided before."""

    code = "rest_decided"
    sentence = N_("Somebody has decided already whether this measure rests.")
    remedy = N_("Open the appeal to see it.")


class NeverRests(Conflict):
    """In a victim-first case the account could return to whoever controls the holder."""

    code = "never_rests"
    sentence = N_("In a victim-first case the measure does not rest.")
    remedy = N_("Answer the appeal now, or find somebody who can.")


class CannotRest(Conflict):
    """The platform cannot restore the account, or cannot return a closed one as restricted."""

    code = "cannot_rest"
    sentence = N_("This platform cannot let the account come back in the way that a rest needs.")
    remedy = N_("Decide that the measure does not rest, and see to it that the appeal is answered.")


class HeldElsewhere(Conflict):
    """Another decision in force holds the account as much."""

    code = "held_elsewhere"
    sentence = N_("Another decision in force holds this account as much, so nothing would rest.")
    remedy = N_("Decide that the measure does not rest, and see to it that the appeal is answered.")


@transaction.atomic
def decide_rest(appeal_id: int, *, rests: bool, reasons: str, actor: Actor) -> AppealRest:
    """Decide, with reasons, whether the measure of an overdue appeal is suspended until the answer.

    Once.

    For a supervisor who neither voted nor recorded the appeal. Raises NotPermitted, NotFound, HadAVote, WroteItDown,
    NotOverdue, RestDecided, NeverRests, CannotRest, HeldElsewhere, InvalidInput (`rest_reasons`), and IllegalTransition
    while the measure is being carried out or after it ended.
    """
    person = actor.require(Role.SUPERVISOR)
    lock_people(person)
    appeal, case = locked_appeal(appeal_id, actor=actor)
    require_eligible(case, person, Role.SUPERVISOR)
    require_outsider(appeal, person)
    if AppealRest.objects.filter(appeal=appeal).exists():
        raise RestDecided
    if appeal.state != AppealState.OPEN or appeal.due_at > now():
        raise NotOverdue
    if CaseState(case.state) in SEALED_STATES:
        raise IllegalTransition
    check_rest_reasons(reasons, case)
    if rests:
        _require_possible(appeal.decision, case)
    try:
        with transaction.atomic():
            made = AppealRest.objects.create(
                appeal=appeal, rests=rests, reasons=reasons.strip(), decided_by_id=person, decided_at=now()
            )
    except IntegrityError:
        raise RestDecided from None
    bound = rest_commitment(made.pk, appeal.pk, appeal.decision_id, person, rests=rests)
    if rests:
        _defer_actions(made, appeal.decision, case, _BEGIN[DecisionKind(appeal.decision.kind)])
    append(
        "decide_rest",
        {"rest": made.pk, "appeal": appeal.pk, "decision": appeal.decision_id, "rests": rests, "commitment": bound},
        actor=actor,
        case_id=case.pk,
    )
    return made


def check_rest_reasons(reasons: str, case: Case) -> None:
    """Raise InvalidInput (field `rest_reasons`) for missing or private text, since the code's page shows the
    reasons.
    """
    errors = [
        *check_required(
            "rest_reasons", reasons, least=MIN_REASONS, needed=N_("Say in at least %(least)s characters why.")
        ),
        *check_quotes("rest_reasons", reasons, case),
    ]
    if errors:
        raise InvalidInput(*errors)


def _require_possible(decision: Decision, case: Case) -> None:
    if case.victim_first:
        raise NeverRests
    kind = DecisionKind(decision.kind)
    over = decision.ends_at is not None and decision.ends_at <= now()
    undone = Decision.objects.filter(overturns=decision).exists()
    mine = decision.actions.filter(rest__isnull=True)
    if (
        kind not in _BEGIN
        or over
        or undone
        or mine.filter(state__in=OPEN_ACTION_STATES).exists()
        or mine.filter(kind=ActionKind.RESTORE).exists()
        or not mine.filter(kind=_MEASURE[kind], state=ActionState.DONE).exists()
    ):
        raise IllegalTransition
    declared = decision.subject.platform.capabilities
    needed = (Step.RESTORE, Step.RESTRICT) if kind is DecisionKind.CLOSE else (Step.RESTORE,)
    if not all(declared.get(step, {}).get("supported") for step in needed):
        raise CannotRest
    if held_by_another(decision, than=kind):
        raise HeldElsewhere


def _defer_actions(rest: AppealRest, decision: Decision, case: Case, kinds: tuple[ActionKind, ...]) -> None:
    after = max(decision.actions.values_list("sequence", flat=True), default=0)
    for place, kind in enumerate(kinds, 1):
        Action.objects.create(decision=decision, rest=rest, kind=kind, sequence=after + place, created_at=now())
    defer(CARRY_OUT, lock=f"case:{case.pk}", case_id=case.pk)


def end_rest(appeal: Appeal, case: Case, *, continues: bool, actor: Actor) -> bool:
    """End the suspension when the appeal of a locked case is answered; returns whether there was one.

    Runs in the caller's transaction. The measure resumes if `continues`, unless its own end has come.
    """
    rest = AppealRest.objects.filter(appeal=appeal, rests=True, ended_at__isnull=True).first()
    if rest is None:
        return False
    for action in rest.actions.filter(state__in=OPEN_ACTION_STATES).order_by("-sequence"):
        cancel_action(action, case, gettext(ANSWERED), actor=actor)
    rest.ended_at = now()
    rest.save(update_fields=["ended_at"])
    decision = appeal.decision
    goes_on = continues and (decision.ends_at is None or decision.ends_at > now())
    if goes_on:
        RestoredAccess.objects.filter(decision=decision).delete()  # an uncollected password is no longer valid
        _defer_actions(rest, decision, case, (_MEASURE[DecisionKind(decision.kind)],))
    append("end_rest", {"rest": rest.pk, "decision": decision.pk, "continues": goes_on}, actor=actor, case_id=case.pk)
    return True
