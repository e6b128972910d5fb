"""Journey e, and two reviewers at once: what one person alone can never do, in any way."""

import threading

import psycopg
import pytest
from tests.journeys.installation import Installation, until
from tests.journeys.people import CLOSE, Cast

from jaga_practice.visitor import PageRefused, VisitedPage

pytestmark = pytest.mark.synapse
_VOTE = """INSERT INTO records_vote (case_id, person_id, kind, legal_basis, ground, facts, rooms, accounts, elements,
        policy_hash, cast_at)
    SELECT case_id, person_id, kind, legal_basis, ground, facts, rooms, accounts, elements, policy_hash, now()
    FROM records_vote WHERE case_id = %s"""
_DECISION = """INSERT INTO records_decision (case_id, subject_id, kind, legal_basis, ground, facts, rooms,
        automated_detection, policy_hash, decided_by_id, seconded_by_id, adjudicated, decided_at)
    SELECT case_id, (accounts->>0)::bigint, kind, legal_basis, ground, facts, rooms, false, policy_hash,
        person_id, {}, false, now()
    FROM records_vote WHERE case_id = %s"""


def test_nobody_is_the_second_voter_of_their_own_vote(installation: Installation, cast: Cast) -> None:
    """Neither the console nor plain SQL accepts a second vote of the same person; another person's vote closes."""
    account, sinta = installation.newcomer("kembar"), cast.staff["sinta"]
    case_id = cast.case_of(cast.report(account))
    sinta.reviewer.vote(case_id, CLOSE)
    address = f"/console/cases/K{case_id:06d}/"
    page = sinta.open(address)
    assert not any(form.action.endswith(("/take/", "/decide/")) for form in page.forms)
    assert "409" in sinta.refused(page, f"{address}take/")
    assert "409" in sinta.refused(
        page, f"{address}decide/", kind=CLOSE.kind, legal_basis=CLOSE.legal_basis, facts=CLOSE.facts
    )
    assert sinta.reviewer.sees(f"K{case_id:06d}") is None

    with pytest.raises(psycopg.errors.UniqueViolation, match="records_one_vote_per_person_and_case"):
        installation.rows(_VOTE, case_id)
    with pytest.raises(psycopg.errors.CheckViolation, match="records_second_vote_by_another_person"):
        installation.rows(_DECISION.format("person_id"), case_id)
    with pytest.raises(psycopg.errors.CheckViolation, match="records_nobody_closes_alone"):
        installation.rows(_DECISION.format("NULL"), case_id)
    others = "(SELECT id FROM records_person WHERE username = 'bayu')"
    with pytest.raises(psycopg.errors.CheckViolation, match="rests on the votes"):
        installation.rows(_DECISION.format(others), case_id)
    assert installation.one("SELECT count(*) FROM records_vote WHERE case_id = %s", case_id) == 1
    assert installation.one("SELECT count(*) FROM records_decision WHERE case_id = %s", case_id) == 0
    assert account.token_works()

    cast.staff["bayu"].reviewer.vote(case_id, CLOSE)
    until("the closure", lambda: installation.is_resolved(case_id))
    assert not account.token_works()


def test_two_reviewers_at_once_are_not_both_given_the_case(installation: Installation, cast: Cast) -> None:
    """Both press “take” at the same moment: one gets the form, the other reads who has it."""
    case_id = cast.case_of(cast.report(installation.newcomer("berdua")))
    address = f"/console/cases/K{case_id:06d}/"
    start = threading.Barrier(2)
    got: dict[str, VisitedPage | PageRefused] = {}

    def take(name: str) -> None:
        visitor = cast.staff[name].visitor
        page = visitor.open(address)
        start.wait(10)
        try:
            got[name] = visitor.send(page, f"{address}take/", {})
        except PageRefused as refused:
            got[name] = refused

    threads = [threading.Thread(target=take, args=(name,)) for name in ("bayu", "tirta")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    [(winner, page)] = [(name, answer) for name, answer in got.items() if isinstance(answer, VisitedPage)]
    [refusal] = [str(answer) for answer in got.values() if isinstance(answer, PageRefused)]
    assert page.form(f"{address}decide/").fields["lease"]
    assert "409" in refusal
    assert winner.capitalize() in refusal
    assert (
        installation.one("SELECT count(*) FROM records_lease WHERE case_id = %s AND released_at IS NULL", case_id) == 1
    )
