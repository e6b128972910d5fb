"""Rules that no constraint can express: append-only tables, decisions based on votes, the practice flag."""

import pytest
from django.db import IntegrityError, connection, transaction
from tests.factories import (
    CATEGORY,
    World,
    decided_closure,
    elements_for,
    in_review,
    new_request,
    report,
    resolved_closure,
)

from jaga.appeals.models import Appeal
from jaga.appeals.verbs import appeals
from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision, Statement, Vote
from jaga.cases.models.reports import AuthorityRequest
from jaga.core.actors import CLI, HOLDER
from jaga.core.clock import now
from jaga.core.errors import WrongInstallation
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import HostKind
from jaga.people.verbs.people import claim_installation
from jaga.store.codes import appeal_code
from jaga.store.kernel.sequencer import link_entries
from jaga.store.models import Installation, LedgerEntry


def run(sql: str, *values: str | int | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def refused(why: str, sql: str, *values: str | int | None) -> None:
    """Raw SQL that bypasses the models is refused with this message."""
    with pytest.raises(IntegrityError, match=why), transaction.atomic():
        run(sql, *values)


@pytest.fixture
def full(world: World) -> World:
    """A world in which every append-only table has a row."""
    case_id = resolved_closure(world, links=("https://example.invalid/1",))
    link_entries()
    decision = Decision.objects.get(case_id=case_id)
    run(
        "INSERT INTO records_evidence (case_id, kind, name, media_type, sha256, size, sealed_at, sealed_by)"
        " VALUES (%s, 'text', 'x', 'text/plain', repeat('0', 64), 1, now(), 'public')",
        case_id,
    )
    request = _request(world)
    run(
        "INSERT INTO records_disclosure (case_id, request_id, made_by_id, folder, manifest_sha256, made_at)"
        " VALUES (%s, %s, %s, 'x', repeat('0', 64), now())",
        case_id,
        request,
        decision.decided_by_id,
    )
    return world


def _request(world: World) -> int:
    filed = requests.file_request(new_request(), actor=world.officer)
    return AuthorityRequest.objects.get(report_id=filed.report_id).pk


@pytest.mark.parametrize(
    "table",
    [
        "vote",
        "decision",
        "outcome",
        "verification",
        "disclosure",
        "evidence",
        "ledgercheckpoint",
        "letter",
    ],
)
def test_an_append_only_row_is_neither_edited_nor_deleted(full: World, table: str) -> None:
    """UPDATE and DELETE of existing rows are refused; the fixture's INSERTs were accepted."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM records_{table}")
        assert cursor.fetchone()[0]
    refused("append-only: UPDATE", f"UPDATE records_{table} SET id = id")
    refused("append-only: DELETE", f"DELETE FROM records_{table}")


def test_a_ledger_entry_is_linked_once_and_never_edited(world: World) -> None:
    """Linking an entry is allowed once; editing or deleting it is refused before and after."""
    entry = LedgerEntry.objects.order_by("id")[0]
    for change in (
        "verb = 'x'",
        "payload = '{}'",
        "actor = 'x'",
        "at = now()",
        "case_ref = 7",
        "entry_hash = repeat('0', 64)",
    ):
        refused("never edited", f"UPDATE records_ledgerentry SET {change} WHERE id = %s", entry.pk)
    refused("never deleted", "DELETE FROM records_ledgerentry WHERE id = %s", entry.pk)
    link_entries()
    refused("never edited", "UPDATE records_ledgerentry SET seq = 99999 WHERE id = %s", entry.pk)
    refused("never edited", "UPDATE records_ledgerentry SET verb = 'x' WHERE id = %s", entry.pk)
    refused("never deleted", "DELETE FROM records_ledgerentry WHERE id = %s", entry.pk)


def test_a_statement_is_delivered_once_and_never_edited(world: World) -> None:
    """The delivery time can be added once; the text cannot be changed."""
    decided_closure(world)
    refused("never edited", "UPDATE records_statement SET body_id = 'x'")
    refused("never edited", "UPDATE records_statement SET appeal_hash = 'x'")
    refused("never edited", "DELETE FROM records_statement")
    assert Statement.objects.update(delivered_at=now()) == 1
    refused("never edited", "UPDATE records_statement SET delivered_at = now()")


def test_a_practice_database_stays_one(world: World) -> None:
    """The practice flag cannot be changed, nor the row deleted and inserted again; its other fields can be
    corrected.
    """
    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    refused("stays one", "UPDATE records_installation SET practice = false")
    refused("stays one", "DELETE FROM records_installation")
    assert Installation.objects.update(host_kind=HostKind.AUTHORITY) == 1
    with pytest.raises(WrongInstallation):
        claim_installation(HostKind.OPERATOR, practice=False, actor=CLI)


_DECIDE = (
    "INSERT INTO records_decision (case_id, kind, legal_basis, ground, facts, rooms, automated_detection,"
    " policy_hash, decided_by_id, seconded_by_id, adjudicated, decided_at, overturns_id, subject_id)"
    " VALUES (%s, %s, '', 'illegal_content', '', %s, false, repeat('0', 64), %s, %s, false, now(), %s, %s)"
)


_WAIT = (
    'INSERT INTO records_pendingdecision (case_id, vote_id, other_id, "both", adjudicated, made_at, undo_until,'
    " \"end\", reason, note) SELECT v.case_id, v.id, o.id, true, false, now(), now(), '', '', ''"
    " FROM records_vote v JOIN records_vote o ON o.case_id = v.case_id WHERE v.case_id = %s AND v.person_id = %s"
    " AND o.case_id = %s AND o.person_id = %s"
)


def test_a_decision_rests_on_the_votes_of_those_it_names(world: World) -> None:
    """A decision may only name people who voted for it on the same case."""
    case_id, other = in_review(), in_review(account="@kenanga:localhost")
    account, elsewhere = (Case.objects.get(pk=number).subject_id for number in (case_id, other))
    first, second, third = (reviewer.person_id for reviewer in world.reviewers)

    def voted(case: int, person: int | None, kind: DecisionKind, rooms: tuple[str, ...] = ()) -> None:
        Vote.objects.create(
            case_id=case,
            person_id=person,
            kind=kind,
            rooms=rooms,
            policy_hash="0" * 64,
            accounts=[account] if case == case_id else [elsewhere],
            cast_at=now(),
            elements=list(elements_for(CATEGORY, kind)),
        )

    voted(case_id, first, DecisionKind.CLOSE, ("!a:localhost", "!b:localhost"))
    voted(other, second, DecisionKind.CLOSE)
    voted(case_id, third, DecisionKind.DISMISS)
    rests = "rests on the votes"
    refused(rests, _DECIDE, case_id, "close", "[]", first, second, None, account)  # voted so, but on another case
    refused(rests, _DECIDE, case_id, "close", "[]", first, third, None, account)  # voted here, but otherwise
    refused(rests, _DECIDE, case_id, "close", "[]", second, first, None, account)
    voted(case_id, second, DecisionKind.CLOSE, ("!a:localhost",))
    run(_WAIT, case_id, first, case_id, second)
    refused(rests, _DECIDE, case_id, "redact", '["!b:localhost"]', first, second, None, account)  # only one did
    run(_DECIDE, case_id, "redact", '["!a:localhost"]', first, second, None, account)
    refused(rests, _DECIDE, case_id, "close", "[]", first, second, None, elsewhere)  # neither named that account
    run(_DECIDE, case_id, "close", "[]", first, second, None, account)


def test_a_decision_is_about_an_account_that_both_named(world: World) -> None:
    """An account that only one of the two named is not acted on, also by raw SQL."""
    case_id, other = in_review(), in_review(account="@kenanga:localhost")
    account, linked = (Case.objects.get(pk=number).subject_id for number in (case_id, other))
    first, second, _ = (reviewer.person_id for reviewer in world.reviewers)
    for person, accounts in ((first, [account, linked]), (second, [account])):
        Vote.objects.create(
            case_id=case_id,
            person_id=person,
            kind=DecisionKind.CLOSE,
            accounts=accounts,
            policy_hash="0" * 64,
            cast_at=now(),
            elements=list(elements_for(CATEGORY, DecisionKind.CLOSE)),
        )
    refused("rests on the votes", _DECIDE, case_id, "close", "[]", first, second, None, linked)
    refused("rests on the votes", _DECIDE, case_id, "close", "[]", second, first, None, linked)
    run(_WAIT, case_id, first, case_id, second)
    run(_DECIDE, case_id, "close", "[]", first, second, None, account)


def test_a_restoration_is_of_the_account_whose_decision_it_overturns(world: World) -> None:
    """A restoring decision for another account or case is refused."""
    case_id = resolved_closure(world)
    other = resolved_closure(world, account="@kenanga:localhost")
    closure, elsewhere = Decision.objects.get(case_id=case_id), Decision.objects.get(case_id=other)
    third = world.reviewers[2].person_id
    wrong = "of the account whose decision"
    refused(wrong, _DECIDE, case_id, "restore", "[]", third, None, closure.pk, elsewhere.subject_id)
    refused(wrong, _DECIDE, case_id, "restore", "[]", third, None, elsewhere.pk, closure.subject_id)
    run(_DECIDE, case_id, "restore", "[]", third, None, closure.pk, closure.subject_id)


def test_an_appeal_is_decided_by_somebody_without_a_vote(world: World) -> None:
    """The decider of an appeal and the restoring decision cannot be a voter of the case; a third person can."""
    case_id = resolved_closure(world)
    closure = Decision.objects.get(case_id=case_id)
    appeals.file_appeal(appeal_code(closure.pk), "Bukan saya yang menulis.", actor=HOLDER)
    first, _, third = (reviewer.person_id for reviewer in world.reviewers)
    settle = (
        "UPDATE records_appeal SET state = 'overturned', decided_by_id = %s, decided_at = now(), reasons = 'k1:x'"
        " WHERE decision_id = %s"
    )
    refused("had no vote", settle, first, closure.pk)
    refused("had no vote", _DECIDE, case_id, "restore", "[]", first, None, closure.pk, closure.subject_id)
    refused("names_who_and_why", "UPDATE records_appeal SET state = 'upheld'")
    run(settle, third, closure.pk)
    run(_DECIDE, case_id, "restore", "[]", third, None, closure.pk, closure.subject_id)
    refused("never edited", "UPDATE records_appeal SET state = 'upheld'")
    assert Appeal.objects.values_list("state", flat=True).get() == "overturned"


def test_the_refusals_leave_everything_as_it_was(world: World) -> None:
    """After a refused edit the row is unchanged."""
    case_id = report().case_id
    before = list(LedgerEntry.objects.filter(case_ref=case_id).values())
    refused("never edited", "UPDATE records_ledgerentry SET verb = 'x'")
    assert list(LedgerEntry.objects.filter(case_ref=case_id).values()) == before
