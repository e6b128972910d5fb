"""Access to cases in the console: who may open a case and how much of it they see.

A first vote is sealed. IN_REVIEW and SECOND_VOTE therefore appear as one stage, and anything that would distinguish
them (votes, their ledger entries, lease numbers) is returned only after the decision, or to the supervisor who settles
a difference.
"""

from dataclasses import dataclass
from datetime import datetime

from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Language, Role
from jaga.records.access.base.access_log import log_access
from jaga.records.access.base.clearance import READERS, may_see
from jaga.records.access.base.current_user import current_user, number_of
from jaga.records.access.base.request_cache import once
from jaga.records.access.cases.blind import refuse_blind
from jaga.records.access.cases.case_view import STAGES, CaseStage, CaseView, takes_case, view_of
from jaga.records.access.cases.kept_back import refuse_unread
from jaga.records.bulk import ask_prepared
from jaga.records.models import Case, Lease

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
