"""What else staff look after: appeals, exports for the police, stuck actions, and the state of the whole."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Count, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from jaga.core.actors import Actor
from jaga.core.cases import OPEN_STATES, SEALED_STATES, CaseState
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms import (
    AccountState,
    ActionKind,
    ActionState,
    AppealState,
    AppealWay,
    DecisionKind,
    IdentityCheck,
    LookedAt,
    OrganisationKind,
    OutcomeKind,
    Role,
    VerificationResult,
)
from jaga.policy import load_release
from jaga.records.access.appeal_pictures import pictures_of_appeal
from jaga.records.access.blind import judged_blind, refuse_blind
from jaga.records.access.clearance import visible_to
from jaga.records.access.console import LARGEST_NUMBER, READERS, listed_account
from jaga.records.access.in_force import lifting_actions
from jaga.records.access.looks import look, look_all
from jaga.records.access.pictures import PictureStanding, SeenPicture
from jaga.records.access.undo import lost_on_undo
from jaga.records.models import (
    Action,
    Appeal,
    AuthorityRequest,
    Case,
    Decision,
    Disclosure,
    Outcome,
    Verification,
    Vote,
)

SHOWN = 100
_OPEN = tuple(state for state in ActionState if state.is_open)


@dataclass(frozen=True)
class ReplyView:
    """The holder's second message; with a `due_at` it came after the answer and is answered by itself."""

    number: int
    text: str
    filed_at: datetime
    due_at: datetime | None
    state: AppealState
    answered_at: datetime | None
    answered_by: str | None
    reasons: str


@dataclass(frozen=True)
class RestView:
    """What a supervisor decided on the measure while the appeal waited."""

    rests: bool
    reasons: str
    decided_at: datetime
    decided_by: str
    ended_at: datetime | None


@dataclass(frozen=True)
class OnPaper:
    """How an appeal without the code came, and how it was checked whose it is."""

    way: AppealWay
    received_on: date | None
    recorded_by: str
    helper: str
    check: IdentityCheck
    check_note: str


@dataclass(frozen=True)
class SeenAppeal:
    """An appeal with what it is about. `own_case`: this person voted there, so somebody else decides it; `wrote_down`:
    they recorded it for the holder, and `answered_first`: they gave the first answer, which has the same effect.

    `waits_until`: the deadline of what waits, the appeal or the second message. `rest_by`: until when a supervisor
    decides whether the measure rests.

    `lost` names what a restoration would not bring back (msgids). `restore_by` is its legal deadline (MR5 art. 20),
    while a restoration is under way.
    """

    appeal_id: int
    case_id: int
    reference: str
    category: str
    platform: str
    account: str
    decision: DecisionKind
    decided_at: datetime
    legal_basis: str
    facts: str
    reasons_kept: bool  # victim first: the code's page shows the holder neither statement nor answer
    statement_id: str
    statement_en: str
    text: str
    state: AppealState
    filed_at: datetime
    due_at: datetime
    carried_out: bool
    own_case: bool
    answered_at: datetime | None
    answered_by: str | None
    reasons: str
    lost: tuple[str, ...]
    restore_by: datetime | None
    appeal_until: datetime
    question: str
    asked_at: datetime | None
    on_paper: OnPaper | None
    reply: ReplyView | None
    rest: RestView | None
    wrote_down: bool
    answered_first: bool
    pictures: tuple[SeenPicture, ...]
    pictures_to_check: bool

    @property
    def open_reply(self) -> bool:
        """Whether a second message waits that came after the answer."""
        return self.reply is not None and self.reply.due_at is not None and self.reply.state == AppealState.OPEN

    @property
    def waits_until(self) -> datetime:
        """The deadline of what waits."""
        return self.reply.due_at if self.reply and self.reply.due_at and self.open_reply else self.due_at

    @property
    def overdue(self) -> bool:
        """Whether the appeal itself should have been answered by now."""
        return self.state == AppealState.OPEN and self.due_at <= now()

    @property
    def rest_by(self) -> datetime:
        """Until when a supervisor decides whether the measure rests."""
        return self.due_at + timedelta(days=1)


def list_appeals(*, actor: Actor) -> tuple[SeenAppeal, ...]:
    """Open appeals by their deadline, then the last decided ones. Raises NotPermitted for people who do not judge."""
    person = actor.require(*READERS)
    seen = _appeals().filter(visible_to(actor, path="decision__case__")).exclude(
        decision__case__in=judged_blind(actor))
    again = Q(reply__state=AppealState.OPEN, reply__due_at__isnull=False)
    still_open = seen.filter(Q(state=AppealState.OPEN) | again).annotate(
        waits_until=Coalesce("reply__due_at", "due_at")).order_by("waits_until", "pk")[:SHOWN]
    answered = seen.exclude(state=AppealState.OPEN).exclude(again).order_by("-decided_at")[:10]
    rows = [*still_open, *answered]
    own = set(Vote.objects.filter(person_id=person, case_id__in=[row.decision.case_id for row in rows])
              .values_list("case_id", flat=True))
    look_all([row.decision.case_id for row in rows], LookedAt.APPEAL, actor=actor)
    seen_rows = ((row.decision, _appeal(row, person, row.decision.case_id in own)) for row in rows)
    return tuple(replace(one, account=listed_account(decision.case, one.account)) for decision, one in seen_rows)


def access_appeal(appeal_id: int, *, actor: Actor) -> SeenAppeal:
    """One appeal. Raises NotPermitted, NotFound, JudgedBlind."""
    person = actor.require(*READERS)
    row = (_appeals().filter(visible_to(actor, path="decision__case__"), pk=appeal_id).first()
           if appeal_id <= LARGEST_NUMBER else None)
    if row is None:
        raise NotFound
    refuse_blind(row.decision.case, actor=actor)
    look(row.decision.case_id, LookedAt.APPEAL, actor=actor)
    own = Vote.objects.filter(case_id=row.decision.case_id, person_id=person).exists()
    seen = _appeal(row, person, own)
    pictures = pictures_of_appeal(row, actor=actor)
    waits = any(one.standing is PictureStanding.TO_CHECK for one in pictures)
    return replace(seen, pictures=pictures, pictures_to_check=waits)


def _appeals() -> QuerySet[Appeal]:
    return Appeal.objects.select_related("decision__case", "decision__subject__platform", "decision__statement",
                                         "decided_by", "recorded_by", "reply__decided_by", "rest__decided_by")


def _appeal(row: Appeal, person: int, own: bool) -> SeenAppeal:
    decision, case, subject = row.decision, row.decision.case, row.decision.subject
    # The words of a restriction at once may be those of a first vote, and who reads this may be the second voter.
    # While two people's closure waits, whoever decides the appeal against the restriction before it reads why.
    waits = decision.awaits is not None and decision.awaits.ended_at is None
    sealed = decision.provisional and not waits and CaseState(case.state) in SEALED_STATES
    letter = ("", "") if sealed else (decision.statement.body_id, decision.statement.body_en)
    return SeenAppeal(
        row.pk, case.pk, case.reference, case.category, subject.platform.display_name, subject.account_id,
        DecisionKind(decision.kind), decision.decided_at, "" if sealed else decision.legal_basis,
        "" if sealed else decision.facts, case.victim_first, *letter, row.text, AppealState(row.state), row.filed_at,
        row.due_at, not decision.actions.filter(state__in=_OPEN, rest__isnull=True).exists(),
        own or decision.decided_by_id == person, row.decided_at,
        row.decided_by.display_name if row.decided_by else None, row.reasons, lost_on_undo(decision),
        _restore_by(decision), decision.statement.appeal_until, row.question, row.asked_at, _on_paper(row),
        _reply(row), _rest(row), row.recorded_by_id == person, row.decided_by_id == person, (), False,
    )


def _reply(row: Appeal) -> ReplyView | None:
    one = getattr(row, "reply", None)
    return ReplyView(one.pk, one.text, one.filed_at, one.due_at, AppealState(one.state), one.decided_at,
                     one.decided_by.display_name if one.decided_by else None, one.reasons) if one else None


def _rest(row: Appeal) -> RestView | None:
    one = getattr(row, "rest", None)
    return RestView(one.rests, one.reasons, one.decided_at, one.decided_by.display_name, one.ended_at) if one else None


def _on_paper(row: Appeal) -> OnPaper | None:
    if row.recorded_by is None:
        return None
    return OnPaper(AppealWay(row.way), row.received_on, row.recorded_by.display_name, row.helper,
                   IdentityCheck(row.identity_check), row.check_note)


def _restore_by(decision: Decision) -> datetime | None:
    restoring = Decision.objects.filter(overturns=decision, actions__state__in=_OPEN).first()
    return restoring.decided_at + load_release().deadlines.restoration.span if restoring else None


@dataclass(frozen=True)
class MadeDisclosure:
    """An export that was made: the folder's name on the server, and the hash to say over the telephone."""

    disclosure_id: int
    case_id: int
    reference: str
    letter_number: str
    organisation: str
    folder: str
    manifest_sha256: str
    made_by: str
    made_at: datetime


@dataclass(frozen=True)
class ExportRequest:
    """A police request that asks for an export."""

    request_id: int
    case_id: int
    reference: str
    category: str
    victim_first: bool
    organisation: str
    practice: bool
    letter_number: str
    letter_date: date
    legal_basis: str
    court_order: str
    received_at: datetime
    made: tuple[MadeDisclosure, ...]


def list_export_requests(*, actor: Actor) -> tuple[ExportRequest, ...]:
    """Police requests that ask for an export, newest first. Raises NotPermitted for anybody but a supervisor."""
    actor.require(Role.SUPERVISOR)
    rows = (
        AuthorityRequest.objects.filter(visible_to(actor, path="report__case__"), wants_export=True,
                                        organisation__kind=OrganisationKind.POLICE)
        .select_related("report__case", "organisation").prefetch_related("disclosures__made_by").order_by("-pk")[:SHOWN]
    )
    return tuple(
        ExportRequest(
            row.pk, row.report.in_case.pk, row.report.in_case.reference, row.report.in_case.category,
            row.report.in_case.victim_first, row.organisation.name, row.organisation.practice, row.letter_number,
            row.letter_date, row.legal_basis, row.court_order, row.report.received_at,
            tuple(_disclosure(made, row) for made in sorted(row.disclosures.all(), key=lambda made: made.pk)),
        )
        for row in rows
    )


def access_disclosure(disclosure_id: int, *, actor: Actor) -> MadeDisclosure:
    """One export that was made. Raises NotPermitted, NotFound."""
    actor.require(Role.SUPERVISOR)
    row = (
        Disclosure.objects.filter(visible_to(actor, path="case__"), pk=disclosure_id).select_related(
            "request__organisation", "request__report__case", "made_by").first()
        if disclosure_id <= LARGEST_NUMBER else None
    )
    if row is None:
        raise NotFound
    look(row.case_id, LookedAt.EXPORT, actor=actor)
    return _disclosure(row, row.request)


def _disclosure(row: Disclosure, request: AuthorityRequest) -> MadeDisclosure:
    return MadeDisclosure(row.pk, row.case_id, request.report.in_case.reference, request.letter_number,
                          request.organisation.name, row.folder, row.manifest_sha256, row.made_by.display_name,
                          row.made_at)


@dataclass(frozen=True)
class StuckAction:
    """An action that cannot go on without a person."""

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
    """Stuck actions, the oldest first. Raises NotPermitted for anybody but a supervisor."""
    actor.require(Role.SUPERVISOR)
    rows = (
        Action.objects.filter(visible_to(actor, path="decision__case__"), state=ActionState.STUCK)
        .select_related("decision__case", "decision__subject__platform")
        .order_by("created_at")[:SHOWN]
    )
    return tuple(_stuck(row) for row in rows)


@dataclass(frozen=True)
class Contradicted:
    """A measure that was done, and that a later look no longer saw: somebody undid it behind our back."""

    case_id: int
    reference: str
    platform: str
    account: str
    kind: ActionKind
    observed: AccountState
    seen_at: datetime


def _contradicted() -> QuerySet[Verification]:
    """The last look at each done measure in force, where it does not show what was decided."""
    last = Verification.objects.filter(action=OuterRef("action")).order_by("-at", "-pk").values("pk")[:1]
    return Verification.objects.filter(
        pk=Subquery(last), result=VerificationResult.CONTRADICTED, action__state=ActionState.DONE,
        action__decision__overturned_by__isnull=True,
    ).filter(Q(action__decision__ends_at__isnull=True) | Q(action__decision__ends_at__gt=now())).exclude(
        action__decision__in=lifting_actions().values("decision_id"))


def list_contradicted(*, actor: Actor) -> tuple[Contradicted, ...]:
    """What is no longer as it was decided, the newest look first. Raises NotPermitted for all but supervisors."""
    actor.require(Role.SUPERVISOR)
    rows = (_contradicted().filter(visible_to(actor, path="action__decision__case__"))
            .select_related("action__decision__case", "action__decision__subject__platform")
            .order_by("-at")[:SHOWN])
    decided = [(row, row.action.decision) for row in rows]
    return tuple(
        Contradicted(made.case_id, made.case.reference, made.subject.platform.display_name,
                     listed_account(made.case, made.subject.account_id), ActionKind(row.action.kind),
                     AccountState(row.observed), row.at)
        for row, made in decided
    )


def access_stuck_action(action_id: int, *, actor: Actor) -> int:
    """The number of the case of an action that a supervisor may set going again. Raises NotPermitted, NotFound."""
    actor.require(Role.SUPERVISOR)
    found = (
        Action.objects.filter(visible_to(actor, path="decision__case__"), pk=action_id)
        .values_list("decision__case_id", flat=True).first()
        if action_id <= LARGEST_NUMBER else None
    )
    if found is None:
        raise NotFound
    look(found, LookedAt.CASE, actor=actor)
    return found


def _stuck(row: Action) -> StuckAction:
    case, subject = row.decision.case, row.decision.subject
    last = Outcome.objects.filter(action=row).order_by("-pk").first()
    return StuckAction(row.pk, case.pk, case.reference, subject.platform.display_name,
                       listed_account(case, subject.account_id), ActionKind(row.kind), row.attempts,
                       row.created_at, OutcomeKind(last.kind) if last else None, last.detail if last else "")


@dataclass(frozen=True)
class Overview:
    """The state of the whole in a few numbers. Cases with one sealed vote are not told apart from those with none."""

    open_cases: int
    waiting: int
    differing: int
    overdue: int
    acting: int
    stuck: int
    contradicted: int
    restoring: int
    restoring_overdue: int
    appeals: int
    appeals_overdue: int
    oldest_waiting: datetime | None


def see_overview(*, actor: Actor) -> Overview:
    """The numbers, for supervisors and administrators. Raises NotPermitted."""
    actor.require(Role.SUPERVISOR, Role.ADMINISTRATOR)
    moment = now()
    review = Q(state__in=(CaseState.IN_REVIEW, CaseState.SECOND_VOTE))
    undecided = review | Q(state__in=(CaseState.RECEIVED, CaseState.ADJUDICATION, CaseState.COMMITTING))
    cases = Case.objects.filter(state__in=OPEN_STATES).aggregate(
        open_cases=Count("pk"),
        waiting=Count("pk", filter=review),
        differing=Count("pk", filter=Q(state=CaseState.ADJUDICATION)),
        overdue=Count("pk", filter=undecided & Q(due_at__lt=moment, met_at__isnull=True)),
        acting=Count("pk", filter=Q(state__in=(CaseState.ACTING, CaseState.RESTORING))),
        oldest_waiting=Min("opened_at", filter=undecided),
    )
    appeals = Appeal.objects.filter(state=AppealState.OPEN).aggregate(
        appeals=Count("pk"), appeals_overdue=Count("pk", filter=Q(due_at__lt=moment)))
    late = moment - load_release().deadlines.restoration.span
    restorations = Decision.objects.filter(kind=DecisionKind.RESTORE, actions__state__in=_OPEN).aggregate(
        restoring=Count("pk", distinct=True),
        restoring_overdue=Count("pk", distinct=True, filter=Q(decided_at__lt=late)))
    return Overview(**cases, **appeals, **restorations, stuck=Action.objects.filter(state=ActionState.STUCK).count(),
                    contradicted=_contradicted().count())
