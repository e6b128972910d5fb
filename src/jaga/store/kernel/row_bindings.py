"""Binds the rows that a verb added to its ledger entry (ADR 0092, `jaga.store.bound_rows`).

Triggers note the new rows of a transaction, and those of which followed columns changed (`case.now`); the next entry
takes them all. So a verb names a row only if it was bound before and changes in another way: its answer
(`appeal.answer`), or its deletion.

Whether an earlier act of a person (a vote, a call-back, an invitation) still counts.

Every verb that relies on such an act calls `lapses` or `require_eligible`. An act counts while its person may still do
it (active account, the required role and clearance, no request for an authority in the same case) and while the policy
release under which it was done is in force. A decision made before the act lapsed stands.

Locking, so that two concurrent changes are serialised: whoever acts takes a share lock on their own row of
`records_person` before any other lock (`lock_people`); whoever takes a right away locks that row exclusively
(`lock_person`), then cases in the order of their ids.

Keyed commitments (HMAC) to votes and to decisions that rest on no vote; each is recorded in the ledger.

Their key lies outside the database (`secrets/commitments`). A vote, restoration or interim restriction written into the
tables by SQL therefore has no valid commitment, and nothing that rests on it is carried out
(`actions.verbs.authorisation`).
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import NamedTuple, Self

from jaga.cases.models.cases import Case
from jaga.core.canonical import canonical_json
from jaga.core.clock import now
from jaga.core.errors import NotFound, NotPermitted
from jaga.core.terms.cases import Lapse
from jaga.core.terms.people import HostKind, OrganisationKind, Role
from jaga.core.terms.reports import ReportForm
from jaga.policy.release import PolicyRelease
from jaga.store.bound_rows import FOLLOWED, MUST, NOTED, PARTS, gone_hash, hash_in_sql, row_hash
from jaga.store.bulk import as_array, ask_prepared
from jaga.store.codes import commitment

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


RowName = tuple[str, int]
"""A part of `bound_rows.PARTS` and the id of a row."""
_SALT_BYTES = 16
_OFF = "off"
_NOTE = f"SELECT current_setting('{NOTED}', true)"
_PERSONAL = "subject.now"  # Followed, and it has a name: the salts of former names are deleted.
_FORGET_SALTS = (
    "UPDATE records_rowbinding SET salt = NULL WHERE part = %s AND number = ANY(%s) AND salt IS NOT NULL RETURNING id"
)
_FORGOTTEN = (
    "WITH forgotten AS (UPDATE records_rowbinding SET salt = NULL WHERE part = 'subject.now'"
    " AND number = ANY(%s::bigint[]) AND salt IS NOT NULL)"
)
_NOT_BOUND = (
    "SELECT w.part, w.number FROM unnest(%s::text[], %s::bigint[]) AS w(part, number) WHERE NOT EXISTS ("
    "SELECT FROM records_rowbinding b WHERE b.part = w.part AND b.number = w.number)"
)
_BOUND = "SELECT 1 FROM records_rowbinding WHERE part = %s AND number = %s LIMIT 1"
INSERT_BINDINGS = """
INSERT INTO records_rowbinding (entry, place, part, number, salt, gone)
SELECT * FROM unnest(%(bound_by)s::bigint[], %(bound_places)s::integer[], %(bound_parts)s::text[],
    %(bound_numbers)s::bigint[], %(bound_salts)s::bytea[], %(bound_gone)s::boolean[]) AS b"""
"""Inserts the bindings of `binding_arrays`, in the statement that inserts their entries."""


class BoundRow(NamedTuple):
    """A row as an entry commits to it. `gone`: the entry says that it was deleted."""

    part: str
    number: int
    salt: bytes
    hash: str
    gone: bool = False


def bound_row(part: str, number: int, values: Mapping[str, object]) -> BoundRow:
    """A row that is inserted in the same statement as its entry, by the values of its bound columns."""
    salt = os.urandom(_SALT_BYTES)
    return BoundRow(part, number, salt, row_hash(part, number, salt, values))


@dataclass(frozen=True)
class Noted:
    """What this transaction added and changed that no entry has bound yet: numbers of rows by part."""

    added: Mapping[str, set[int]]
    changed: Mapping[str, set[int]]

    @classmethod
    def of(cls, noted: str | None) -> Self:
        """From the transaction's note. With a new row its followed columns have changed."""
        added: dict[str, set[int]] = {}
        changed: dict[str, set[int]] = {}
        for part, number in _names_in(noted):
            if part in PARTS:
                (changed if PARTS[part].followed else added).setdefault(part, set()).add(number)
        return cls(added, changed)

    def changes(self) -> str:
        """A note of the followed columns alone, of new rows too."""
        wanted = {part: set(numbers) for part, numbers in self.changed.items()}
        for part, numbers in self.added.items():
            for followed in FOLLOWED.get(part, ()):
                wanted.setdefault(followed, set()).update(numbers)
        return "".join(f"{part} {number}\n" for part, numbers in wanted.items() for number in sorted(numbers))


def new_rows(noted: Noted, *, followed: bool = True) -> list[BoundRow]:
    """The rows that this transaction added, or changed in followed columns, as they are now; by one statement.

    With `followed` False, only the bound columns of new rows.
    """
    wanted = []
    for part, numbers in noted.added.items():
        wanted.append(_Wanted(part, sorted(numbers), unbound=True))
        for one in FOLLOWED[part] if followed else ():
            if rest := numbers - noted.changed.get(one, set()):
                wanted.append(_Wanted(one, sorted(rest), unbound=True))
    if not followed:
        return _hashed(wanted)
    wanted += [_Wanted(part, sorted(numbers)) for part, numbers in noted.changed.items()]
    return _hashed(wanted, forget=sorted(noted.changed.get(_PERSONAL, ())))


def noted_now() -> set[RowName]:
    """The rows that this transaction has added and no entry has bound yet."""
    return set(_names_in(ask_prepared(_NOTE, [])[0][0]))


def _names_in(noted: str | None) -> Iterator[RowName]:
    if noted and noted != _OFF:
        for line in noted.splitlines():
            part, _, numbers = line.partition(" ")
            yield from ((part, int(number)) for number in numbers.split(","))


def rows_again(names: Iterable[RowName]) -> list[BoundRow]:
    """Rows to bind as they are now, instead of how they were bound before; one that is not there any more is `gone`.

    Deletes the salts of the earlier bindings.
    """
    wanted: dict[str, list[int]] = {}
    for part, number in dict.fromkeys(names):
        wanted.setdefault(part, []).append(number)
    for part in list(wanted):
        for followed in FOLLOWED.get(part, ()):
            if followed not in wanted and (had := _have_binding(followed, wanted[part])):
                wanted[followed] = had
    found = []
    for part, numbers in wanted.items():
        ask_prepared(_FORGET_SALTS, [part, numbers])
        there = {row.number: row for row in _hashed([_Wanted(part, numbers)])}
        for number in numbers:
            salt = os.urandom(_SALT_BYTES)
            found.append(there.get(number) or BoundRow(part, number, salt, gone_hash(part, number, salt), gone=True))
    return found


def _have_binding(part: str, numbers: Sequence[int]) -> list[int]:
    """Those of these rows that an entry has bound."""
    return [number for number in numbers if ask_prepared(_BOUND, [part, number])]


def not_bound(names: Iterable[RowName]) -> list[RowName]:
    """Those of these rows that no entry has bound yet."""
    wanted = list(names)
    return ask_prepared(_NOT_BOUND, [[part for part, _ in wanted], [number for _, number in wanted]])


def binding_arrays(rows: Iterable[tuple[int, Sequence[BoundRow]]]) -> dict[str, str]:
    """The values of the rows of entries, given by number, for `INSERT_BINDINGS`."""
    bound = [(number, place, row) for number, its in rows for place, row in enumerate(its)]
    return {
        "bound_by": as_array(number for number, _, _ in bound),
        "bound_places": as_array(place for _, place, _ in bound),
        "bound_parts": as_array(row.part for _, _, row in bound),
        "bound_numbers": as_array(row.number for _, _, row in bound),
        "bound_salts": as_array(row.salt for _, _, row in bound),
        "bound_gone": as_array(row.gone for _, _, row in bound),
    }


def shared_out(
    rows: Iterable[BoundRow], payloads: Sequence[Mapping[str, object]], cases: Sequence[int | None]
) -> list[list[BoundRow]]:
    """The rows by entry: each goes to the first payload that names it, like `{"vote": 17}`, or the first entry of its
    case, else to the first one.
    """
    found: list[list[BoundRow]] = [[] for _ in payloads]
    if len(payloads) == 1:
        return [list(rows)]
    places: dict[RowName, int] = {}
    for place, payload in reversed(list(enumerate(payloads))):
        places.update((name, place) for name in _named(payload))
    for place, case in reversed(list(enumerate(cases))):
        if case is not None:
            places["case", case] = place
    for row in rows:
        found[places.get((row.part.partition(".")[0], row.number), 0)].append(row)
    return found


def _named(payload: Mapping[str, object]) -> Iterator[RowName]:
    for key, value in payload.items():
        for number in value if isinstance(value, list) else [value]:
            if isinstance(number, int):
                yield key, number
                yield key.removesuffix("s"), number


class _Wanted(NamedTuple):
    """Rows of a part to be hashed. `unbound`: those that no entry binds yet, and that one must."""

    part: str
    numbers: Sequence[int]
    unbound: bool = False


def _hashed(wanted: Sequence[_Wanted], *, forget: Sequence[int] = ()) -> list[BoundRow]:
    """The rows that are there, by one statement, which also deletes the earlier salts of the accounts to `forget`."""
    if not wanted:
        return []
    salts: dict[RowName, bytes] = {}
    values: list[object] = [as_array(forget)] if forget else []
    for one in wanted:
        drawn = {number: os.urandom(_SALT_BYTES) for number in one.numbers}
        salts.update(((one.part, number), salt) for number, salt in drawn.items())
        if len(one.numbers) == 1:
            values += [drawn[one.numbers[0]], one.numbers[0]]
        else:
            values += [as_array(drawn), as_array(drawn.values())]
    statement = _statement(tuple((one.part, one.unbound, len(one.numbers) == 1) for one in wanted))
    found = ask_prepared(f"{_FORGOTTEN} {statement}" if forget else statement, values)
    return [BoundRow(part, number, salts[part, number], digest) for part, number, digest in found]


@cache
def _statement(asked: tuple[tuple[str, bool, bool], ...]) -> str:
    return " UNION ALL ".join(_hashes_of(*one) for one in asked)


def _hashes_of(part: str, unbound: bool, single: bool) -> str:
    """The hashes of rows of a part. A single row is asked for by its number and not by an array: then PostgreSQL keeps
    the plan of the prepared statement, whose making costs more than running it.
    """
    only = _UNBOUND.format(part=part, must=_must(part)) if unbound else ""
    if single:
        return (
            f"(SELECT '{part}', r.id, {hash_in_sql(part, 'r', '%s::bytea')} FROM {PARTS[part].table} r"  # noqa: S608
            f" WHERE r.id = %s::bigint{only})"
        )
    return (
        f"(SELECT '{part}', r.id, {hash_in_sql(part, 'r', 'w.salt')} FROM unnest(%s::bigint[], %s::bytea[])"  # noqa: S608
        f" AS w(number, salt) JOIN {PARTS[part].table} r ON r.id = w.number WHERE true{only} ORDER BY r.id)"
    )


def _must(part: str) -> str:
    return MUST.get(part, "true") if PARTS[part].followed else "true"


_UNBOUND = " AND {must} AND NOT EXISTS (SELECT FROM records_rowbinding b WHERE b.part = '{part}' AND b.number = r.id)"


def vote_commitment(
    vote: int,
    kind: str,
    legal_basis: str,
    facts: str,
    rooms: Sequence[str],
    accounts: Sequence[int],
    restrict_days: int | None,
    elements: Sequence[str],
    victim: str = "",
    why: str = "",
) -> str:
    """The commitment (hex) to everything in a vote.

    It reveals nothing to a reader of the ledger.

    `victim` and `why` are included only if set.
    """
    return commitment(
        canonical_json(
            {
                "vote": vote,
                "kind": kind,
                "legal_basis": legal_basis,
                "facts": facts,
                "rooms": rooms,
                "accounts": accounts,
                "restrict_days": restrict_days,
                "elements": elements,
                **({"victim": victim} if victim else {}),
                **({"why": why} if why else {}),
            }
        )
    )


def rest_commitment(rest: int, appeal: int, decision: int, decided_by: int, *, rests: bool) -> str:
    """The commitment (hex) to whether a measure is suspended while its appeal waits."""
    return commitment(
        canonical_json(
            {
                "rest": rest,
                "appeal": appeal,
                "decision": decision,
                "decided_by": decided_by,
                "rests": rests,
            }
        )
    )


def decision_commitment(
    decision: int, kind: str, subject: int, decided_by: int, overturns: int | None, ends_at: datetime | None
) -> str:
    """The commitment (hex) to a decision without votes: a restoration or an interim restriction."""
    return commitment(
        canonical_json(
            {
                "decision": decision,
                "kind": kind,
                "subject": subject,
                "decided_by": decided_by,
                "overturns": overturns,
                "ends_at": ends_at.astimezone(UTC).isoformat() if ends_at else None,
            }
        )
    )
