"""A redaction is voted on by naming rooms, and comes before the closure."""

from dataclasses import replace

import pytest
from tests.journeys.installation import Installation, until
from tests.journeys.people import CLOSE, Cast

pytestmark = pytest.mark.synapse


def test_messages_go_only_in_the_room_that_both_voters_named(installation: Installation, cast: Cast) -> None:
    """Both name one room and one names another: the first is emptied before the account closes, the second is not."""
    account, other = installation.newcomer("melati"), installation.newcomer("pembaca")
    market, hangout = installation.world.rooms["pasar-yogya"], installation.world.rooms["nongkrong"]
    in_market, in_hangout = account.say(market, "Halo semua di pasar."), account.say(hangout, "Halo semua di sini.")
    receipt = cast.report(account)
    case_id = cast.case_of(receipt)
    cast.staff["sinta"].reviewer.vote(case_id, replace(CLOSE, rooms=f"{market}\n{hangout}"))
    cast.staff["bayu"].reviewer.vote(case_id, replace(CLOSE, rooms=market))
    until("the closure", lambda: installation.is_resolved(case_id))
    assert other.read(market, in_market) == ""
    assert other.read(hangout, in_hangout) == "Halo semua di sini."
    assert not account.can_sign_in()
    done = installation.rows(
        "SELECT a.kind, a.state FROM records_action a JOIN records_decision d ON d.id = a.decision_id"
        " WHERE d.case_id = %s AND NOT d.provisional ORDER BY a.sequence",
        case_id,
    )
    assert [tuple(row) for row in done] == [("redact", "done"), ("close", "done")]
