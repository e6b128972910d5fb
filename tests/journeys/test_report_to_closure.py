"""Journeys a and b: a public report becomes a closed account, or a dismissal; the reporter learns which."""

import pytest
from tests.journeys.installation import Installation, until
from tests.journeys.people import CLOSE, Cast

from jaga_practice.reviewers import DISMISSAL

pytestmark = pytest.mark.synapse


def changes(before: dict[tuple[str, str], int], after: dict[tuple[str, str], int]) -> dict[tuple[str, str], int]:
    """The counts that changed, and by how much.

    Which categories are shown depends on the number of cases: small numbers are withheld (tests/transparency).
    """
    return {
        key: after[key] - before.get(key, 0)
        for key in after
        if after[key] != before.get(key, 0) and key[0] != "cases_by_category"
    }


def test_a_report_closes_an_account_that_two_people_judged(installation: Installation, cast: Cast) -> None:
    """On the chat server neither password nor old session works, the reporter reads so, and exactly one case counts."""
    account, before = installation.newcomer("mawar"), installation.figures()
    receipt = cast.report(account)
    case_id = cast.case_of(receipt)
    cast.staff["sinta"].reviewer.vote(case_id, CLOSE)
    assert account.token_works()
    assert account.can_sign_in()
    cast.staff["bayu"].reviewer.vote(case_id, CLOSE)
    until("the closure", lambda: installation.is_resolved(case_id))
    assert not account.can_sign_in()
    assert not account.token_works()
    page = cast.follow(receipt)
    assert "Selesai" in page.text
    assert "ditutup" in page.html.partition('class="letter"')[2]
    counted = changes(before, installation.figures())
    # While the decision can still be undone the account is restricted, if the worker is quick enough.
    assert {key: count for key, count in counted.items() if not key[0].endswith("restrictions")} == {
        ("cases", ""): 1,
        ("cases_by_channel", "public"): 1,
        ("cases_by_outcome", "close"): 1,
        ("time_to_decision", "cases"): 1,
        ("time_to_closure", "cases"): 1,
        ("closures", "decided"): 1,
        ("closures", "claimed"): 1,
        ("closures", "confirmed"): 1,
    }


def test_one_person_dismisses_and_the_account_is_untouched(installation: Installation, cast: Cast) -> None:
    """A dismissal takes one vote; the platform is asked for nothing, and the reporter is told."""
    account, before = installation.newcomer("sepeda"), installation.figures()
    receipt = cast.report(account, text="Menurut saya mencurigakan.")
    case_id = cast.case_of(receipt)
    cast.staff["sinta"].reviewer.vote(case_id, DISMISSAL)
    until("the dismissal", lambda: installation.is_resolved(case_id))
    assert account.token_works()
    assert account.can_sign_in()
    assert (
        installation.rows(
            "SELECT a.id FROM records_action a JOIN records_decision d ON d.id = a.decision_id WHERE d.case_id = %s",
            case_id,
        )
        == []
    )
    page = cast.follow(receipt)
    assert "Selesai" in page.text
    assert page.html.count('class="letter"') == 1
    assert installation.rows("SELECT key FROM records_letter WHERE case_id = %s", case_id) == [("reporter_dismiss",)]
    assert changes(before, installation.figures()) == {
        ("cases", ""): 1,
        ("cases_by_channel", "public"): 1,
        ("cases_by_outcome", "dismiss"): 1,
        ("time_to_decision", "cases"): 1,
    }
