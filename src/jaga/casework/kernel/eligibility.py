"""Whether an earlier act of a person (a vote, a call-back, an invitation) still counts.

Every verb that relies on such an act calls `lapses` or `require_eligible`. An act counts while its person may still do
it (active account, the required role and clearance, no request for an authority in the same case) and while the policy
release under which it was done is in force. A decision made before the act lapsed stands.

Locking, so that two concurrent changes are serialised: whoever acts takes a share lock on their own row of
`records_person` before any other lock (`lock_people`); whoever takes a right away locks that row exclusively
(`lock_person`), then cases in the order of their ids.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jaga.core.clock import now
from jaga.core.errors import NotFound, NotPermitted
from jaga.core.terms.decisions import Lapse
from jaga.core.terms.people import HostKind, OrganisationKind, Role
from jaga.core.terms.reports import ReportForm
from jaga.policy import PolicyRelease
from jaga.records.bulk import ask_prepared
from jaga.records.models import Case

VOTERS = frozenset({Role.REVIEWER, Role.SUPERVISOR})
_OF_AN_AUTHORITY = frozenset({Role.OFFICER, Role.AUDITOR})
_OF_A_FLAGGER = frozenset({Role.FLAGGER, Role.AUDITOR})
_PEOPLE = """
SELECT p.id,
    p.is_active AND NOT EXISTS (SELECT 1 FROM records_officerregistration g WHERE g.person_id = p.id
                                AND (g.suspended_at IS NOT NULL OR g.removed_at IS NOT NULL)),
    o.kind,
    EXISTS (SELECT 1 FROM records_installation i WHERE i.host_kind = %(authority)s),
    ARRAY(SELECT r.role::text FROM records_personrole r WHERE r.person_id = p.id),
    ARRAY(SELECT c.clearance::text FROM records_personclearance c
          WHERE c.person_id = p.id AND c.ended_at IS NULL AND c.expires_at > %(moment)s)
FROM records_person p JOIN records_organisation o ON o.id = p.organisation_id WHERE p.id = ANY(%(people)s)
"""
_ASKED = (
    "SELECT DISTINCT case_id, officer_id FROM records_report"
    " WHERE case_id = ANY(%s) AND officer_id = ANY(%s) AND form = ANY(%s)"
)
_SHARE = "SELECT id FROM records_person WHERE id = ANY(%s) ORDER BY id FOR SHARE"
_ALONE = "SELECT id FROM records_person WHERE id = %s FOR NO KEY UPDATE"


@dataclass(frozen=True)
class Act:
    """An act and what it requires: one of `roles` and, in a case, its clearance and no conflict of interest.

    `policy_hash` is the hash of the policy release that the act applied; empty if it applied no rule of the policy.
    """

    person_id: int
    roles: frozenset[Role] = VOTERS
    policy_hash: str = ""
    clearance: str = ""
    case_id: int | None = None


def lock_people(*people: int | None) -> None:
    """Lock these people's rows against loss of rights until the transaction ends. Call it before any other lock."""
    ask_prepared(_SHARE, [sorted({person for person in people if person is not None})])


def lock_person(person_id: int) -> None:
    """Lock this person's row exclusively before a right is taken away."""
    ask_prepared(_ALONE, [person_id])


def roles_possible(kind: OrganisationKind, *, authority_installation: bool) -> frozenset[Role]:
    """The roles that members of such an organisation can hold. Whoever sends requests judges no cases."""
    if kind is OrganisationKind.FLAGGER:
        return _OF_A_FLAGGER
    return _OF_AN_AUTHORITY if kind.is_authority and not authority_installation else frozenset(Role)


def lapses(acts: Sequence[Act], release: PolicyRelease | None = None) -> list[Lapse | None]:
    """For each act the reason why it no longer counts, or None while it does.

    Takes two queries for any number of acts.

    Without `release`, the policy release of an act is not compared.
    """
    if not acts:
        return []
    numbers = sorted({act.person_id for act in acts})
    rows = ask_prepared(_PEOPLE, {"authority": HostKind.AUTHORITY.value, "moment": now(), "people": numbers})
    people = {row[0]: row[1:] for row in rows}
    cases = sorted({act.case_id for act in acts if act.case_id is not None})
    asked = set(
        ask_prepared(_ASKED, [cases, numbers, [ReportForm.REQUEST.value, ReportForm.ORDER.value]]) if cases else ()
    )

    def why(act: Act) -> Lapse | None:
        active, kind, authority, roles, clearances = people.get(act.person_id, (False, None, False, (), ()))
        if not active:
            return Lapse.INACTIVE
        held = {Role(role) for role in roles} & roles_possible(OrganisationKind(kind), authority_installation=authority)
        if not held & act.roles:
            return Lapse.ROLE
        if act.clearance and act.clearance not in clearances:
            return Lapse.CLEARANCE
        if (act.case_id, act.person_id) in asked:
            return Lapse.CONFLICT
        if release is not None and act.policy_hash and act.policy_hash != release.hash:
            return Lapse.RELEASE
        return None

    return [why(act) for act in acts]


def lapsed(act: Act, release: PolicyRelease | None = None) -> Lapse | None:
    """The reason why this act no longer counts, or None while it does."""
    return lapses([act], release)[0]


def require_eligible(case: Case, person_id: int, *roles: Role) -> None:
    """Check that this person may judge this locked case now, whatever rights they had at sign-in.

    Raises NotPermitted, or NotFound if they lack the clearance of the case.
    """
    why = lapsed(Act(person_id, frozenset(roles) or VOTERS, "", case.clearance, case.pk))
    if why is Lapse.CLEARANCE:
        raise NotFound
    if why is not None:
        raise NotPermitted
