"""Verification: compares an independent observation of the account with the decision, at once and again later."""

from django.db import transaction
from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext, override

from jaga.casework.actions.attempts import locked_action, pairs
from jaga.casework.cases.completion import finish_case
from jaga.casework.kernel.ledger import append
from jaga.casework.people.reporting_rights import capacity_in
from jaga.casework.reporting.merging import filed, open_case_with
from jaga.casework.reporting.new_reports import observation
from jaga.casework.webhooks.endpoints import queue_case_event
from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.lifecycles import ACTION
from jaga.core.platforms import WANTED, Account, AccountObservation
from jaga.core.terms.actions import AccountState, ActionKind, ActionState, VerificationResult
from jaga.core.terms.webhooks import HookEvent
from jaga.policy import load_release
from jaga.policy.jurisdiction import default_language
from jaga.records.access.cases.in_force import lifting_actions
from jaga.records.models import Action, Case, Verification

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
