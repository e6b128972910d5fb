"""Alarms about cases whose votes lost their validity or whose deadline is near: which, why, and how much time is
left.

Platforms that do not answer or answer unusably, and how much work waits for them. For staff who can act on it.

Actions that a platform did not carry out, and measures that a later verification no longer finds.

Recipients of deadline alarms outside the console, and whether delivery works. Names no case.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet, Subquery

from jaga.actions.models import AlarmMessage
from jaga.cases.models.cases import Platform
from jaga.cases.models.decisions import Action, Decision, Outcome, Verification
from jaga.cases.reads.case_view import taken_for_blind_review
from jaga.cases.reads.decisions import lifting_actions
from jaga.cases.reads.gate import SHOWN, listed_account
from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, UNJUDGED_STATES, CaseState
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.referrals import UNCONFIRMED, referral_number
from jaga.core.terms.cases import (
    CASE_CLOCK_ALARMS,
    OUTSIDE_ALARMS,
    AccessKind,
    AccountState,
    ActionKind,
    ActionState,
    AlarmWay,
    AppealState,
    CaseAlarmKind,
    DecisionKind,
    Lapse,
    OutcomeKind,
    PlatformTask,
    SetAsideKind,
    VerificationResult,
)
from jaga.core.terms.people import Language, Role
from jaga.decisions.models import CaseAlarm
from jaga.operators.models import PlatformHealth
from jaga.people.models import Person
from jaga.reporting.models import PeriodicTaskFault, PlatformTaskHealth, SetAsideValue
from jaga.store.codes import open_raw
from jaga.store.models import Installation
from jaga.store.reads import log_access, visible_to

CASE_ALARMS_SHOWN = 100
_UNDECIDED = (CaseState.RECEIVED, *SEALED_STATES)


@dataclass(frozen=True)
class CaseAlarmRow:
    """One waiting alarm.

    It reveals no vote, because the reader may be the next voter.

    `person` is empty where nobody's right was revoked. `mine` means the alarm is about the reader, so someone else must
    handle it. `why` is None for a deadline alarm; `due_at` is then the deadline of the case, the appeal or the
    referral, which is named.
    """

    alarm_id: int
    case_id: int
    reference: str
    category: str
    kind: CaseAlarmKind
    why: Lapse | None
    person: str
    mine: bool
    at: datetime
    due_at: datetime
    referral_id: int | None = None

    @property
    def referral(self) -> str:
        """The number of the referral concerned, or an empty string."""
        return referral_number(self.referral_id) if self.referral_id else ""


def due_of(row: CaseAlarm) -> datetime:
    """The moment the alarm is about."""
    return (row.appeal or row.referral or row.case).due_at


def alarms_that_matter() -> Q:
    """A filter for alarms that still matter.

    A case decided in the meantime needs no attention, while a decision being carried out waits for a supervisor.
    Deadline alarms end once staff have judged the case or appeal, the receiver has confirmed the referral, or a second
    person has reviewed it.
    """
    return (
        Q(kind=CaseAlarmKind.UNDER_WAY)
        | Q(kind=CaseAlarmKind.RETURNED, case__state__in=_UNDECIDED)
        | Q(kind__in=CASE_CLOCK_ALARMS, case__state__in=UNJUDGED_STATES)
        | Q(kind=CaseAlarmKind.APPEAL_OVERDUE, appeal__state=AppealState.OPEN)
        | Q(kind__in=(CaseAlarmKind.REFERRAL_WAITS, CaseAlarmKind.REFERRAL_OVERDUE), referral__state__in=UNCONFIRMED)
        | Q(kind=CaseAlarmKind.REFERRAL_UNREVIEWED, referral__reviewed_at__isnull=True)
        | Q(kind=CaseAlarmKind.RESTRICTION_REVIEW, case__in=_restricted())
    )


def _restricted() -> QuerySet[Decision, int | None]:
    """Decisions with a temporary restriction that is still in force."""
    return Decision.objects.filter(
        kind=DecisionKind.RESTRICT, overturned_by__isnull=True, ends_at__gt=now()
    ).values_list("case_id", flat=True)


def _waiting(actor: Actor) -> QuerySet[CaseAlarm]:
    rows = CaseAlarm.objects.filter(alarms_that_matter(), visible_to(actor, path="case__"))
    return rows.filter(acknowledged_at__isnull=True).exclude(case__in=taken_for_blind_review(actor))


def case_alarms(actor: Actor, kinds: Collection[CaseAlarmKind]) -> QuerySet[CaseAlarm]:
    """The alarms of these kinds that wait for a supervisor."""
    return _waiting(actor).filter(kind__in=kinds)


def list_case_alarms(*, actor: Actor) -> tuple[CaseAlarmRow, ...]:
    """Waiting alarms, the least time left first. Empty for anyone but a supervisor."""
    if Role.SUPERVISOR not in actor.roles:
        return ()
    ends = dict(_restricted().values_list("case_id", "ends_at"))
    rows = (
        _waiting(actor)
        .select_related("case", "person", "appeal", "referral")
        .order_by("case__due_at", "pk")[:CASE_ALARMS_SHOWN]
    )
    return tuple(
        CaseAlarmRow(
            row.pk,
            row.case_id,
            row.case.reference,
            row.case.category,
            CaseAlarmKind(row.kind),
            Lapse(row.why) if row.why else None,
            row.person.display_name if row.person else "",
            row.person_id is not None and row.person_id == actor.person_id,
            row.at,
            (ends.get(row.case_id) if row.kind == CaseAlarmKind.RESTRICTION_REVIEW else None) or due_of(row),
            row.referral_id,
        )
        for row in rows
    )


PLATFORM_HEALTH_SHOWN = 50  # Values set aside, per platform, on the page.
TASK_IS_FAILING = timedelta(minutes=5)


@dataclass(frozen=True)
class SilentPlatform:
    """A platform that is not called for now. `since` is its last answer, or None if it never answered."""

    name: str
    display_name: str
    since: datetime | None
    failures: int
    next_try: datetime
    why: str
    waiting: int


@dataclass(frozen=True)
class StuckPlatform:
    """A platform with more than one stuck action."""

    name: str
    display_name: str
    stuck: int


def list_silent(*, actor: Actor) -> tuple[SilentPlatform, ...]:
    """Platforms not called for now, the longest silent first. Raises NotPermitted."""
    actor.require(Role.SUPERVISOR, Role.ADMINISTRATOR)
    rows = (
        PlatformHealth.objects.filter(open_until__isnull=False)
        .select_related("platform")
        .annotate(
            waiting=Count(
                "platform__subjects__decisions__actions",
                distinct=True,
                filter=Q(platform__subjects__decisions__actions__state=ActionState.PENDING),
            )
        )
        .order_by("last_ok_at", "pk")
    )
    return tuple(
        SilentPlatform(
            row.platform.name,
            row.platform.display_name,
            row.last_ok_at,
            row.failures,
            row.open_until,
            row.why,
            row.waiting,
        )
        for row in rows
        if row.open_until
    )


def count_silent() -> int:
    """How many platforms did not answer the last call, whether or not they are still called."""
    return PlatformHealth.objects.filter(Q(open_until__isnull=False) | Q(failures__gt=0)).count()


@dataclass(frozen=True)
class FaultyTask:
    """A worker task that recently got no usable answer from a platform."""

    task: PlatformTask
    failures: int
    faults: int
    last_failed_at: datetime | None
    retry_at: datetime | None
    why: str


@dataclass(frozen=True)
class SetAsideRow:
    """A value set aside because no decision can rest on it, without its bytes.

    `sha256` covers the bytes as received.
    """

    number: int
    kind: SetAsideKind
    why: str
    sha256: str
    size: int
    times: int
    first_seen_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True)
class FaultyPlatform:
    """A platform with unusable answers or values set aside, the newest value first."""

    name: str
    display_name: str
    tasks: tuple[FaultyTask, ...]
    set_aside: tuple[SetAsideRow, ...]
    waiting: int
    not_kept: int


@dataclass(frozen=True)
class RawValue:
    """What a platform sent, made readable: every character beyond ASCII is escaped."""

    row: SetAsideRow
    platform: str
    raw: str


def list_faulty(*, actor: Actor) -> tuple[FaultyPlatform, ...]:
    """Platforms that sent unusable data, by name. Raises NotPermitted."""
    actor.require(Role.SUPERVISOR, Role.ADMINISTRATOR)
    waiting = SetAsideValue.objects.filter(settled_at__isnull=True)
    rows = (
        Platform.objects.filter(
            Q(pk__in=waiting.values("platform")) | Q(task_health__failures__gt=0) | Q(task_health__faults__gt=0)
        )
        .distinct()
        .order_by("display_name")
    )
    return tuple(_faulty(row, waiting.filter(platform=row)) for row in rows)


def _faulty(platform: Platform, waiting: QuerySet[SetAsideValue]) -> FaultyPlatform:
    ever = Q(failures__gt=0) | Q(faults__gt=0) | Q(not_kept__gt=0)
    tasks = PlatformTaskHealth.objects.filter(ever, platform=platform).order_by("task")
    return FaultyPlatform(
        platform.name,
        platform.display_name,
        tuple(
            FaultyTask(PlatformTask(row.task), row.failures, row.faults, row.last_failed_at, row.retry_at, row.why)
            for row in tasks
        ),
        tuple(_row(row) for row in waiting.order_by("-last_seen_at", "-pk")[:PLATFORM_HEALTH_SHOWN]),
        waiting.count(),
        sum(row.not_kept for row in tasks),
    )


def access_set_aside(number: int, *, actor: Actor) -> RawValue:
    """One value set aside, for a supervisor; recorded in the access log. Raises NotPermitted, NotFound."""
    actor.require(Role.SUPERVISOR)
    row = SetAsideValue.objects.select_related("platform").filter(pk=number, settled_at__isnull=True).first()
    if row is None:
        raise NotFound
    log_access(None, AccessKind.REPORT, actor=actor)
    raw = open_raw(bytes(row.sealed)).decode("ascii", "backslashreplace")
    return RawValue(_row(row), row.platform.display_name, raw)


def _row(row: SetAsideValue) -> SetAsideRow:
    return SetAsideRow(
        row.pk,
        SetAsideKind(row.kind),
        row.why,
        bytes(row.digest).hex(),
        row.size,
        row.times,
        row.first_seen_at,
        row.last_seen_at,
    )


def count_set_aside() -> int:
    """How many values set aside wait for review."""
    return SetAsideValue.objects.filter(settled_at__isnull=True).count()


def faulty_platforms() -> dict[str, int]:
    """Consecutive failures per platform, for platforms with a task that is failing now."""
    rows = PlatformTaskHealth.objects.filter(failures__gt=0).order_by("platform__name")
    found: dict[str, int] = {}
    for name, failures in rows.values_list("platform__name", "failures"):
        found[name] = max(failures, found.get(name, 0))
    return found


def failing_periodic_tasks() -> list[str]:
    """Periodic tasks of the worker that failed recently."""
    since = now() - TASK_IS_FAILING
    failing = PeriodicTaskFault.objects.filter(last_failed_at__gt=since)
    return list(failing.order_by("name").values_list("name", flat=True))


def list_stuck_platforms(*, actor: Actor) -> tuple[StuckPlatform, ...]:
    """Platforms with more than one stuck action. Raises NotPermitted for anyone but a supervisor."""
    actor.require(Role.SUPERVISOR)
    rows = (
        Action.objects.filter(state=ActionState.STUCK)
        .values_list("decision__subject__platform__name", "decision__subject__platform__display_name")
        .annotate(stuck=Count("pk"))
        .filter(stuck__gt=1)
        .order_by("decision__subject__platform__display_name")
    )
    return tuple(StuckPlatform(*row) for row in rows)


@dataclass(frozen=True)
class StuckAction:
    """An action that cannot continue without a person."""

    action_id: int
    case_id: int
    reference: str
    platform: str
    account: str
    kind: ActionKind
    attempts: int
    promised_at: datetime
    last: OutcomeKind | None
    detail: str


def list_stuck(*, actor: Actor) -> tuple[StuckAction, ...]:
    """Stuck actions, the oldest first. Raises NotPermitted for anyone but a supervisor."""
    actor.require(Role.SUPERVISOR)
    rows = (
        stuck_actions(actor)
        .select_related("decision__case", "decision__subject__platform")
        .order_by("created_at")[:SHOWN]
    )
    return tuple(_stuck(row) for row in rows)


def stuck_actions(actor: Actor) -> QuerySet[Action]:
    """Stuck actions in cases that the actor may see."""
    return Action.objects.filter(visible_to(actor, path="decision__case__"), state=ActionState.STUCK)


@dataclass(frozen=True)
class Contradicted:
    """A measure that was carried out but that a later verification no longer found: someone undid it outside Jaga."""

    case_id: int
    reference: str
    platform: str
    account: str
    kind: ActionKind
    observed: AccountState
    seen_at: datetime


def contradicted_verifications() -> QuerySet[Verification]:
    """The latest verification of each measure in force, where it contradicts the decision."""
    last = Verification.objects.filter(action=OuterRef("action")).order_by("-at", "-pk").values("pk")[:1]
    return (
        Verification.objects.filter(
            pk=Subquery(last),
            result=VerificationResult.CONTRADICTED,
            action__state=ActionState.DONE,
            action__decision__overturned_by__isnull=True,
        )
        .filter(Q(action__decision__ends_at__isnull=True) | Q(action__decision__ends_at__gt=now()))
        .exclude(action__decision__in=lifting_actions().values("decision_id"))
    )


def list_contradicted(*, actor: Actor) -> tuple[Contradicted, ...]:
    """Contradicted measures, the newest verification first. Raises NotPermitted for anyone but a supervisor."""
    actor.require(Role.SUPERVISOR)
    rows = (
        contradicted_verifications()
        .filter(visible_to(actor, path="action__decision__case__"))
        .select_related("action__decision__case", "action__decision__subject__platform")
        .order_by("-at")[:SHOWN]
    )
    decided = [(row, row.action.decision) for row in rows]
    return tuple(
        Contradicted(
            made.case_id,
            made.case.reference,
            made.subject.platform.display_name,
            listed_account(made.case, made.subject.account_id),
            ActionKind(row.action.kind),
            AccountState(row.observed),
            row.at,
        )
        for row, made in decided
    )


def access_stuck_action(action_id: int, *, actor: Actor) -> int:
    """The case number of a stuck action that a supervisor may retry. Raises NotPermitted, NotFound."""
    actor.require(Role.SUPERVISOR)
    found = (
        Action.objects.filter(visible_to(actor, path="decision__case__"), pk=action_id)
        .values_list("decision__case_id", flat=True)
        .first()
    )
    if found is None:
        raise NotFound
    log_access(found, AccessKind.CASE, actor=actor)
    return found


def _stuck(row: Action) -> StuckAction:
    case, subject = row.decision.case, row.decision.subject
    last = Outcome.objects.filter(action=row).order_by("-pk").first()
    return StuckAction(
        row.pk,
        case.pk,
        case.reference,
        subject.platform.display_name,
        listed_account(case, subject.account_id),
        ActionKind(row.kind),
        row.attempts,
        row.created_at,
        OutcomeKind(last.kind) if last else None,
        last.detail if last else "",
    )


WATCHES = (Role.SUPERVISOR, Role.ADMINISTRATOR)
MAY_WAIT = timedelta(minutes=10)
"""An alarm message undelivered for longer than this counts as a fault."""
_ON_ITS_WAY = Q(sent_at__isnull=True, dropped_at__isnull=True)


@dataclass(frozen=True)
class AlarmRecipient:
    """One alarm recipient on one channel.

    `address` is empty for the webhook, `person_id` is None for a recipient from the settings.
    """

    way: AlarmWay
    language: Language
    address: str = ""
    person_id: int | None = None


@dataclass(frozen=True)
class AlarmDelivery:
    """Whether alarms reach anyone.

    `undelivered` counts messages waiting for too long, `unaddressed` counts alarms without any recipient, and
    `failures` holds the error codes of the latest attempts.
    """

    mails: int
    webhook: bool
    undelivered: int
    unaddressed: int
    failures: tuple[str, ...]
    last_sent_at: datetime | None

    @property
    def nobody(self) -> bool:
        """Whether there is no recipient outside the console."""
        return not self.mails and not self.webhook

    @property
    def fails(self) -> bool:
        """Whether an alarm reached none or only some of its recipients."""
        return bool(self.undelivered or self.unaddressed)


NOT_ASKED = AlarmDelivery(0, False, 0, 0, (), None)


def alarm_recipients() -> tuple[AlarmRecipient, ...]:
    """Every recipient outside the console, each address once: those from the settings first, then supervisors' own
    addresses.
    """
    own = Language(settings.LANGUAGE_CODE)
    found = [AlarmRecipient(AlarmWay.WEBHOOK, own)] if settings.JAGA_ALARM_HOOK_URL else []
    if not settings.JAGA_SMTP:
        return tuple(found)
    mails = {address.lower(): AlarmRecipient(AlarmWay.MAIL, own, address) for address in settings.JAGA_ALARM_MAIL}
    supervisors = Person.objects.filter(is_active=True, alarm_address__isnull=False, roles__role=Role.SUPERVISOR)
    for person in supervisors.select_related("alarm_address").distinct().order_by("pk"):
        email = person.alarm_address.email
        mails.setdefault(email.lower(), AlarmRecipient(AlarmWay.MAIL, Language(person.language), email, person.pk))
    return (*found, *mails.values())


def alarm_delivery() -> AlarmDelivery:
    """The state of alarm delivery."""
    ways = [one.way for one in alarm_recipients()]
    unsent = AlarmMessage.objects.filter(_ON_ITS_WAY)
    return AlarmDelivery(
        ways.count(AlarmWay.MAIL),
        AlarmWay.WEBHOOK in ways,
        late_messages().count(),
        _unaddressed().count(),
        tuple(sorted(set(unsent.exclude(failure="").values_list("failure", flat=True)[:20]))),
        AlarmMessage.objects.aggregate(last=Max("sent_at"))["last"],
    )


def see_alarm_delivery(*, actor: Actor) -> AlarmDelivery:
    """The state of alarm delivery, for staff who monitor. Raises NotPermitted."""
    actor.require(*WATCHES)
    return alarm_delivery()


def late_messages() -> QuerySet[AlarmMessage]:
    """Messages whose delivery takes longer than it may."""
    return AlarmMessage.objects.filter(_ON_ITS_WAY, created_at__lt=now() - MAY_WAIT)


def unaddressed_alarms() -> QuerySet[CaseAlarm]:
    """Alarms without any recipient. None in a practice installation, which may have no recipients."""
    return _unaddressed().exclude(Exists(Installation.objects.filter(practice=True)))


def _unaddressed() -> QuerySet[CaseAlarm]:
    return CaseAlarm.objects.filter(
        alarms_that_matter(),
        kind__in=OUTSIDE_ALARMS,
        mailed_at__isnull=True,
        acknowledged_at__isnull=True,
        at__lt=now() - MAY_WAIT,
    )
