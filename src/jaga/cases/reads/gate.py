"""Access to cases in the console: who may open a case and how much of it they see.

A first vote is sealed. IN_REVIEW and SECOND_VOTE therefore appear as one stage, and anything that would distinguish
them (votes, their ledger entries, lease numbers) is returned only after the decision, or to the supervisor who settles
a difference.

Which kinds of related records a case has, in one prepared query.

The case page asks this first and then loads only those; most cases have few of them.

The reports of a case as table rows, for the review page.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from jaga.cases.models.cases import Case, Lease
from jaga.cases.reads.case_view import STAGES, CaseStage, CaseView, refuse_blind, refuse_unread, takes_case, view_of
from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Language, Role
from jaga.core.terms.reports import Channel, ReportForm, SourceReason
from jaga.store.bulk import ask_prepared
from jaga.store.reads import READERS, current_user, log_access, may_see, number_of, once

SHOWN = 100
__all__ = [
    "LeaseView",
    "StaffMember",
    "access_case",
    "access_case_history",
    "access_case_to_read",
    "access_open_case",
    "access_self",
    "current_lease",
    "has_voted",
    "listed_account",
    "may_vote",
    "saw_earlier",
    "stage_of",
]

_DID = """
SELECT EXISTS (SELECT 1 FROM records_vote v WHERE v.case_id = %(case)s AND v.person_id = %(person)s
               AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id)),
       EXISTS (SELECT 1 FROM records_accessevent e WHERE e.case_id = %(case)s AND e.person_id = %(person)s
               AND e.what = %(earlier)s)
"""


@dataclass(frozen=True)
class StaffMember:
    """The signed-in person as the page frame shows them."""

    display_name: str
    organisation: str
    language: Language
    roles: frozenset[Role]


@dataclass(frozen=True)
class LeaseView:
    """Who holds the lease on the case, and until when. The fencing token stays with its holder."""

    holder: str
    mine: bool
    until: datetime
    fence: int


def access_self(actor: Actor) -> StaffMember:
    """The signed-in person. Raises NotFound if the account no longer exists."""
    person = current_user(number_of(actor))
    if person is None:
        raise NotFound
    return StaffMember(person.display_name, person.organisation, person.language, actor.roles)


def access_case(case_id: int, *, actor: Actor) -> CaseView:
    """The case, for staff who judge cases.

    Raises NotPermitted for other roles, JudgedBlind, and NotFound both for an unknown number and for a case whose
    clearance the actor lacks, so its existence stays hidden.
    """
    actor.require(*READERS)
    return view_of(_looked_at(_view_for(actor, _case(case_id)), AccessKind.CASE, actor))


def access_case_to_read(case_id: int, *, actor: Actor) -> CaseView:
    """`access_case` for pages that show what was decided.

    Raises EarlierCaseKeptBack too: a newer case about the account waits for the actor's vote and must be read first.
    """
    actor.require(*READERS)
    case = _view_for(actor, _case(case_id))
    refuse_unread(case, actor=actor)
    return view_of(_looked_at(case, AccessKind.CASE, actor))


def access_open_case(case_id: int, *, actor: Actor) -> CaseView:
    """`access_case` for the keep-alive requests of an open page: not recorded in the access log, as they show
    nothing.
    """
    actor.require(*READERS)
    return view_of(_view_for(actor, _case(case_id)))


def access_case_history(case_id: int, *, actor: Actor) -> CaseView:
    """The case, for staff who may read its history.

    Raises NotPermitted, NotFound, JudgedBlind, EarlierCaseKeptBack.
    """
    actor.require(*READERS, Role.AUDITOR)
    case = _case(case_id)
    # An auditor, who may read the whole ledger, may read these entries as well.
    if not actor.roles.intersection({Role.AUDITOR}):
        case = _view_for(actor, case)
        refuse_unread(case, actor=actor)
    refuse_blind(case, actor=actor)
    return view_of(_looked_at(case, AccessKind.HISTORY, actor))


def _looked_at(case: Case, what: AccessKind, actor: Actor) -> Case:
    log_access(case, what, actor=actor)
    return case


def _view_for(actor: Actor, case: Case) -> Case:
    if not may_see(case, actor=actor):
        raise NotFound
    refuse_blind(case, actor=actor)
    return case


def _case(case_id: int) -> Case:
    case = Case.objects.select_related("subject__platform__operator").filter(pk=case_id).first()
    if case is None:
        raise NotFound
    return case


def listed_account(case: Case, account: str) -> str:
    """The account name for a list; empty for a victim-first case, where a name alone may identify a victim."""
    return "" if case.victim_first else account


def stage_of(case: Case) -> CaseStage:
    """The stage of the case."""
    return STAGES[CaseState(case.state)]


def has_voted(case: Case, *, actor: Actor) -> bool:
    """Whether the actor has voted on the case."""
    return _did(case, actor=actor)[0]


def saw_earlier(case: Case, *, actor: Actor) -> bool:
    """Whether the actor has asked for earlier decisions on the case's page."""
    return _did(case, actor=actor)[1]


@once
def _did(case: Case, *, actor: Actor) -> tuple[bool, bool]:
    ((voted, asked),) = ask_prepared(
        _DID, {"case": case.pk, "person": number_of(actor), "earlier": AccessKind.EARLIER.value}
    )
    return bool(voted), bool(asked)


@takes_case
def may_vote(case: Case, *, actor: Actor) -> bool:
    """Whether the case waits for a vote the actor could cast."""
    stage = stage_of(case)
    waits = stage is CaseStage.REVIEW or (stage is CaseStage.SUPERVISOR and Role.SUPERVISOR in actor.roles)
    return waits and not has_voted(case, actor=actor)


@takes_case
@once
def current_lease(case: Case, *, actor: Actor) -> LeaseView | None:
    """The current lease on the case, or None."""
    lease = (
        Lease.objects.filter(case=case, released_at__isnull=True, expires_at__gt=now()).select_related("holder").first()
    )
    if lease is None:
        return None
    return LeaseView(lease.holder.display_name, lease.holder_id == actor.person_id, lease.expires_at, lease.fence)


class Related(StrEnum):
    """One kind of related record."""

    BAN_EVASION_MATCHES = "ban_evasion_matches"
    LINKED = "linked"
    OTHERS = "others"  # Cases of the same account or a linked one.
    MESSAGES = "messages"
    ORIGINALS = "originals"  # Sealed evidence, including pictures and letters.
    CAPTURES = "captures"  # Of pages that a watch flagged.
    MEDIA = "media"  # Pictures that a flagged observation names.
    YOUTH_CHECKS = "youth_checks"
    EMERGENCIES = "emergencies"
    LABELS = "labels"
    DECISIONS = "decisions"
    REFERRALS = "referrals"
    NOTES = "notes"
    CORRECTIONS = "corrections"  # Notes that the holder or a reporter had added.
    QUESTIONS = "questions"  # About the policy.
    LEGAL_HOLDS = "legal_holds"
    CONTACTS = "contacts"  # Shown with the account.
    SENDERS = "senders"  # Reporters who gave their identity.
    VICTIM = "victim"  # A report by the victim's route: its sender may be shown in a picture against their will.
    LEASE = "lease"
    OWN_DRAFT = "own_draft"
    OWN_SKIP = "own_skip"
    ERASURES = "erasures"  # Of its words, or of those of its reports.


# Each condition covers at least what the full query finds, and is broader where that is cheaper.
_WHERE = {
    Related.BAN_EVASION_MATCHES: "records_banevasionmatch x WHERE x.case_id = c.id",
    Related.LINKED: "records_linkedaccount x WHERE x.case_id = c.id",
    Related.OTHERS: """(
        SELECT 1 FROM records_case o WHERE o.subject_id = c.subject_id AND o.id <> c.id
        UNION ALL SELECT 1 FROM records_linkedaccount l WHERE l.case_id = c.id OR l.subject_id = c.subject_id) x""",
    Related.MESSAGES: """records_report r JOIN records_reportmessage x ON x.report_id = r.id WHERE r.case_id = c.id""",
    Related.ORIGINALS: """(
        SELECT 1 FROM records_evidence e WHERE e.case_id = c.id
        UNION ALL SELECT 1 FROM records_report r JOIN records_evidence e ON e.report_id = r.id
        WHERE r.case_id = c.id) x""",
    Related.CAPTURES: """records_report r JOIN records_watchfinding f ON f.report_id = r.id
        JOIN records_watchcapture x ON x.finding_id = f.id WHERE r.case_id = c.id""",
    Related.MEDIA: "records_report r JOIN records_watchmedia x ON x.report_id = r.id WHERE r.case_id = c.id",
    Related.YOUTH_CHECKS: "records_youthcheck x WHERE x.case_id = c.id",
    Related.EMERGENCIES: """records_report r JOIN records_emergencyhold x ON x.report_id = r.id
        WHERE r.case_id = c.id""",
    Related.LABELS: "records_caselabel x WHERE x.case_id = c.id",
    Related.DECISIONS: "records_decision x WHERE x.case_id = c.id",
    Related.REFERRALS: "records_referral x WHERE x.case_id = c.id",
    Related.NOTES: "records_casenote x WHERE x.case_id = c.id",
    Related.CORRECTIONS: """(
        SELECT 1 FROM records_correctionnote n WHERE n.subject_id = c.subject_id
        UNION ALL SELECT 1 FROM records_report r JOIN records_correctionnote n ON n.report_id = r.id
        WHERE r.case_id = c.id) x""",
    Related.CONTACTS: "records_accountindicator x WHERE x.subject_id = c.subject_id AND x.kind = 'contact'",
    Related.QUESTIONS: "records_policyquestion x WHERE x.case_id = c.id",
    Related.LEGAL_HOLDS: "records_legalhold x WHERE x.case_id = c.id AND x.ended_at IS NULL",
    Related.SENDERS: "records_report r JOIN records_reporteridentity x ON x.report_id = r.id WHERE r.case_id = c.id",
    Related.VICTIM: "records_report x WHERE x.case_id = c.id AND x.route = 'victim'",
    Related.LEASE: "records_lease x WHERE x.case_id = c.id AND x.released_at IS NULL",
    Related.OWN_DRAFT: "records_draft x WHERE x.case_id = c.id AND x.person_id = %(person)s",
    Related.OWN_SKIP: "records_skip x WHERE x.case_id = c.id AND x.person_id = %(person)s AND x.until > %(moment)s",
    Related.ERASURES: """(
        SELECT 1 FROM records_erasedkey e WHERE e.number = c.key_number AND e.kind IN ('case', 'appeal')
        UNION ALL SELECT 1 FROM records_report r JOIN records_erasedkey e ON e.number = r.key_number
        AND e.kind = 'report' WHERE r.case_id = c.id) x""",
}
_ASK = (
    f"SELECT {', '.join(f'EXISTS (SELECT 1 FROM {where})' for where in _WHERE.values())}"  # noqa: S608 - our own
    " FROM records_case c WHERE c.id = %(case)s"
)


@takes_case
def related_records(case: Case, *, actor: Actor) -> frozenset[Related]:
    """The related records of a case already fetched with a permission check.

    Raises NotPermitted if the actor is not a person.
    """
    rows = ask_prepared(_ASK, {"case": case.pk, "person": number_of(actor), "moment": now()})
    return frozenset(one for one, there in zip(_WHERE, rows[0], strict=True) if there)


REPORTS_SHOWN = 10  # Reports per page, in full.
REPORTS_LISTED = 50  # Rows in the table.


@dataclass(frozen=True)
class ReportLine:
    """One report as a row: channel and weight. The sender is never included."""

    report_id: int
    channel: Channel
    form: ReportForm
    language: Language
    received_at: datetime
    conduct_on: date
    urgent: bool
    signals: int
    source_reason: SourceReason | None
    page: int  # The page of full reports that shows its text.
    withdrawn_at: datetime | None
    reachable: bool  # The sender can be asked.


# Unread answers first, then the newest.
_LINES = """
SELECT r.id, r.channel, r.form, r.language, r.received_at, r.conduct_on, r.urgent, r.source_reason,
    (SELECT count(DISTINCT s.category) FROM records_signal s WHERE s.report_id = r.id), r.withdrawn_at,
    r.set_aside_at IS NOT NULL,
    r.withdrawn_at IS NULL AND (r.receipt_hash IS NOT NULL OR r.officer_id IS NOT NULL)
FROM records_report r WHERE r.case_id = %s
ORDER BY EXISTS (SELECT 1 FROM records_reportmessage m WHERE m.report_id = r.id AND NOT m.from_us
                 AND m.read_at IS NULL) DESC, r.received_at DESC, r.id DESC
LIMIT %s
"""


@takes_case
def lines_of(case: Case, page: int = 1) -> tuple[ReportLine, ...]:
    """The reports of a case already fetched with a permission check, in the order of their full texts: unread answers,
    then newest.

    Returns enough for this page of texts and for the table.
    """
    rows = ask_prepared(_LINES, [case.pk, max(REPORTS_LISTED, page * REPORTS_SHOWN + 1)])
    return tuple(
        ReportLine(
            number,
            Channel(channel),
            ReportForm(form),
            Language(language),
            received_at,
            conduct_on,
            urgent,
            signals,
            counted_as(source_reason, withdrawn=withdrawn_at is not None, set_aside=set_aside),
            place // REPORTS_SHOWN + 1,
            withdrawn_at,
            reachable,
        )
        for place, (
            number,
            channel,
            form,
            language,
            received_at,
            conduct_on,
            urgent,
            source_reason,
            signals,
            withdrawn_at,
            set_aside,
            reachable,
        ) in enumerate(rows)
    )


def counted_as(reason: str, *, withdrawn: bool, set_aside: bool) -> SourceReason | None:
    """Why a report counts as it does: withdrawn and set aside go before what was stored. None: not computed yet."""
    if withdrawn:
        return SourceReason.WITHDRAWN
    if set_aside:
        return SourceReason.SET_ASIDE
    return SourceReason(reason) if reason else None
