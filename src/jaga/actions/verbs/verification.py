"""Verification: compares an independent observation of the account with the decision, at once and again later.

Durations as text in the active language.

Expiry of restrictions: the worker lifts a restriction after the time that people decided.

The end is part of the decision. No clock ever adds a measure.

Handing over the statement of reasons by a person, where the platform cannot deliver it.

Whoever has the letter can appeal in the holder's name. So only a supervisor gets it, only if the platform cannot
deliver, and each time is recorded in the ledger. It gives no access to the account.
"""

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext, override

from jaga.actions.verbs.attempts import locked_action, pairs
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Decision, Verification
from jaga.cases.reads.decisions import lifting_actions
from jaga.cases.reads.letters import reaches_holder
from jaga.cases.verbs.held_letters import refusals_noted
from jaga.cases.verbs.letters import text_for_holder
from jaga.cases.verbs.state import finish_case, locked_case
from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, CaseState
from jaga.core.clock import now
from jaga.core.errors import N_, IllegalTransition, NotFound
from jaga.core.lifecycles import ACTION
from jaga.core.platforms import WANTED, Account, AccountObservation
from jaga.core.terms.cases import AccountState, ActionKind, ActionState, DecisionKind, VerificationResult
from jaga.core.terms.outside import HookEvent, RefusedAct
from jaga.core.terms.people import Role
from jaga.decisions.verbs.interim_restrictions import lift
from jaga.people.verbs.people import capacity_in
from jaga.policy.release import default_language, load_release
from jaga.reporting.verbs.merging import filed, open_case_with
from jaga.reporting.verbs.new_reports import observation
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_verification import require_unchanged, rows_of_case
from jaga.store.reads import refuse_uncleared
from jaga.webhooks.verbs import queue_case_event


def span_words(minutes: int) -> str:
    """Format `minutes` (0 or more) as `2 d 4 h`, `3 h 20 min` or `5 min`."""
    days, rest = divmod(minutes, 24 * 60)
    whole, left = divmod(rest, 60)
    if days:
        return gettext("%(days)s d %(hours)s h") % {"days": days, "hours": whole}
    if whole:
        return gettext("%(hours)s h %(minutes)s min") % {"hours": whole, "minutes": left}
    return gettext("%(minutes)s min") % {"minutes": left}


def expire_restrictions() -> tuple[int, ...]:
    """Decisions in force whose restriction has expired but was neither lifted nor ended."""
    lifted = lifting_actions().values("decision_id")
    ended = Action.objects.filter(rest__isnull=True, kind=ActionKind.RESTRICT, state=ActionState.ENDED)
    return tuple(
        Decision.objects.filter(kind=DecisionKind.RESTRICT, ends_at__lte=now(), overturned_by__isnull=True)
        .filter(actions__kind=ActionKind.RESTRICT)
        .exclude(pk__in=ended.values("decision_id"))
        .exclude(provisional=True, case__decided_at__isnull=False)  # the case's own decision replaced or lifted it
        .exclude(pk__in=lifted)
        .order_by("ends_at")
        .values_list("pk", flat=True)
        .distinct()
    )


@transaction.atomic
def end_restriction(decision_id: int, *, actor: Actor) -> bool:
    """Lift an expired restriction; returns whether anything was done.

    Nothing changes if another decision in force holds the account. An action that was not confirmed yet is ended; if
    the account may be restricted by then, it is restored.
    """
    decision = Decision.objects.select_related("case", "subject").get(pk=decision_id)
    case = locked_case(decision.case_id, actor=actor)
    return decision_id in expire_restrictions() and lift(decision, case, actor=actor)


_FELT = (ActionKind.RESTRICT, ActionKind.CLOSE)


class PlatformDelivers(IllegalTransition):
    """The platform delivers the letter; a second copy could bypass the holder."""

    code = "platform_delivers"
    sentence = N_("This platform delivers the letter itself, so nobody else is given the code.")
    remedy = N_("Tell the holder where on the platform the letter lies.")


def hand_over_statement(case_id: int, decision_id: int, *, actor: Actor) -> str:
    """The letter with the appeal code, for a supervisor to send to the holder.

    Repeatable; each time is recorded.

    Also available if an operator's people finished without delivering it. Raises NotPermitted, NotFound if the case has
    no such decision with a statement, PlatformDelivers, RowsDiffer where decision or statement were changed past Jaga.
    """
    actor.require(Role.SUPERVISOR)
    with refusals_noted(RefusedAct.LETTER, case_id, actor=actor):
        return _handed_over(case_id, decision_id, actor)


@transaction.atomic
def _handed_over(case_id: int, decision_id: int, actor: Actor) -> str:
    action = (
        Action.objects.select_related("decision__case__subject__platform", "decision__subject__platform")
        .filter(
            rest__isnull=True,
            decision_id=decision_id,
            decision__case_id=case_id,
            kind__in=_FELT,
            decision__statement__isnull=False,
        )
        .first()
    )
    if action is None:
        raise NotFound
    refuse_uncleared(action.decision.case, actor=actor)
    if action.decision.provisional and CaseState(action.decision.case.state) in SEALED_STATES:
        raise NotFound  # its words may be those of a sealed first vote
    if reaches_holder(action.decision):
        raise PlatformDelivers
    require_unchanged([("action", action.pk), *rows_of_case(case_id, ("decision", "statement", "subject.now"))])
    text = text_for_holder(action)
    append(
        "hand_over_statement",
        {"decision": decision_id, "subject": action.decision.subject_id},
        actor=actor,
        case_id=case_id,
    )
    return text


REOPENED = N_(
    "Case %(reference)s had held or closed this account. A later look of ours no longer saw that: it was "
    "found %(observed)s. Somebody undid it on the platform, or it came back."
)
_SEEN = {
    AccountState.ACTIVE: N_("active"),
    AccountState.RESTRICTED: N_("restricted"),
    AccountState.CLOSED: N_("closed"),
    AccountState.MISSING: N_("missing"),
}


@transaction.atomic
def record_verification(
    action_id: int, observation: AccountObservation, *, checked_by: int | None = None, actor: Actor
) -> VerificationResult:
    """Compare an observation with the decision, and complete the action if it is confirmed; returns the result.

    When all actions are done, the case is resolved and everyone is notified. If a confirmed measure no longer holds, a
    new case is opened for people; nothing is done to the account automatically. `checked_by` is the person who checked,
    where the worker cannot see the account.
    """
    action, case = locked_action(action_id, actor=actor)
    result = _compared(ActionKind(action.kind), observation.state)
    news = result is VerificationResult.CONTRADICTED and _in_force(action) and not _contradicted_before(action)
    verification = Verification.objects.create(
        action=action,
        result=result,
        observed=observation.state,
        readings=pairs(observation.readings),
        checked_by_id=checked_by,
        at=observation.at,
    )
    done = result is VerificationResult.CONFIRMED and action.state in (ActionState.PENDING, ActionState.WAITING)
    if done:
        action.state, action.finished_at = ACTION.to(action.state, ActionState.DONE), now()
        action.save(update_fields=["state", "finished_at"])
    append(
        "verify_action",
        {
            "action": action.pk,
            "kind": action.kind,
            "result": result,
            "observed": observation.state,
            "by_person": checked_by is not None,
        },
        actor=actor,
        case_id=case.pk,
    )
    if done:
        finish_case(case, actor)
        if case.state == CaseState.RESOLVED:
            queue_case_event(HookEvent.REPORT_VERIFIED, case)
    elif news:
        _raise_again(verification, case, actor)
    return result


def _compared(kind: ActionKind, state: AccountState) -> VerificationResult:
    wanted = WANTED[kind]
    if state is AccountState.UNKNOWN:
        return VerificationResult.UNREACHABLE
    # A restricted account that was closed since cannot send either.
    enough = (wanted, AccountState.CLOSED) if wanted is AccountState.RESTRICTED else (wanted,)
    return VerificationResult.CONFIRMED if wanted is None or state in enough else VerificationResult.CONTRADICTED


def _in_force(action: Action) -> bool:
    """Whether the measure was confirmed and not undone by us."""
    decision = action.decision
    measure = action.kind in (ActionKind.RESTRICT, ActionKind.CLOSE)
    lifted = lifting_actions().filter(decision=decision).exists()
    undone = type(decision).objects.filter(overturns=decision).exists()
    over = decision.ends_at is not None and decision.ends_at <= now()
    return measure and action.state == ActionState.DONE and not (lifted or undone or over)


def _contradicted_before(action: Action) -> bool:
    """Whether the previous observation already contradicted it. One finding opens one case."""
    last = action.verifications.exclude(result=VerificationResult.UNREACHABLE).order_by("-at", "-pk").first()
    return last is not None and last.result == VerificationResult.CONTRADICTED


def _raise_again(verification: Verification, case: Case, actor: Actor) -> None:
    """File the contradiction as an observation, which opens a new case or joins an open one."""
    subject, state = verification.action.decision.subject, AccountState(verification.observed)
    with override(default_language().value):
        text = gettext(REOPENED) % {"reference": case.reference, "observed": gettext(_SEEN[state])}
    report = observation(
        subject,
        case.category,
        source=f"verification:{subject.pk}",
        origin_ref=f"verification:{verification.pk}",
        capacity=capacity_in(case),
        text=text,
    )
    again = open_case_with(report, load_release())
    if again.reopens_id is None:
        again.reopens = case
        again.save(update_fields=["reopens"])
    filed(report, again, "", actor, verb="account_reopened", action=verification.action_id, earlier=case.pk)


def due_verifications() -> tuple[tuple[int, Account], ...]:
    """Completed measures that the worker should verify again by the policy's schedule.

    Where the worker cannot see the account a person checks it, see `due_manual_checks`.
    """
    return tuple(
        (action.pk, Account(action.decision.subject.platform.name, action.decision.subject.account_id))
        for action in _due().exclude(_BY_PERSON)
        if _its_time(action)
    )


def due_manual_checks() -> tuple[int, ...]:
    """Completed measures that a person should check again by the same schedule
    (`manual_checks.record_manual_check`)."""
    return tuple(action.pk for action in _due().filter(_BY_PERSON) if _its_time(action))


_BY_PERSON = Q(
    decision__subject__platform__by_notice=True, decision__subject__platform__capabilities__observe__supported=False
)


def _due() -> QuerySet[Action]:
    schedule = load_release().enforcement.verification
    moment = now()
    return (
        Action.objects.filter(
            state=ActionState.DONE,
            kind__in=(ActionKind.RESTRICT, ActionKind.CLOSE),
            decision__overturned_by__isnull=True,
            finished_at__gte=moment - schedule[-1] * 2,
        )
        .filter(Q(decision__ends_at__isnull=True) | Q(decision__ends_at__gt=moment))
        .exclude(decision__in=lifting_actions().values("decision_id"))
        .exclude(decision__awaits__ended_at__isnull=False)  # replaced by the closure, or lifted
        .exclude(
            Q(decision__awaits__isnull=False) & ~Q(decision__subject__platform__capabilities__restrict__supported=True)
        )  # only announced
        .annotate(
            later=Count(
                "verifications",
                filter=Q(verifications__at__gt=F("finished_at"))
                & ~Q(verifications__result=VerificationResult.UNREACHABLE),
            )
        )
        .select_related("decision__subject__platform")
    )


def _its_time(action: Action) -> bool:
    """Whether the next scheduled verification is due. The first one completed the action."""
    schedule, later = load_release().enforcement.verification, int(getattr(action, "later"))  # noqa: B009 - annotated
    return bool(action.finished_at and later + 1 < len(schedule) and now() >= action.finished_at + schedule[later + 1])
