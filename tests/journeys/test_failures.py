"""Journey d, and an unreachable chat server: whatever dies, the account is closed once and nothing is lost."""

import time

import pytest
from tests.journeys.installation import Installation, jaga, until
from tests.journeys.people import CLOSE, Cast
from tests.platforms.proxy import proxied

pytestmark = pytest.mark.synapse
_ACTION = """FROM records_{} r JOIN records_action a ON a.id = r.action_id
    JOIN records_decision d ON d.id = a.decision_id"""
# Of the closure alone, and without the restriction: that comes before it, if the worker is quick enough.
_SUCCESSES = f"""SELECT step, count(*) {_ACTION.format("outcome")}
    WHERE d.case_id = %s AND d.kind = 'close' AND step <> 'restrict' AND r.kind IN ('done', 'already') GROUP BY step"""
_ATTEMPTS = "SELECT count(*) FROM records_ledgerentry WHERE case_ref = %s AND verb = 'start_attempt'"


def test_a_worker_killed_between_effect_and_record_is_made_good(installation: Installation, cast: Cast) -> None:
    """The chat server closed the account and the worker died before it knew: the next one finds and records it."""
    account = installation.newcomer("putus")
    receipt = cast.report(account)
    case_id = cast.case_of(receipt)
    with proxied(installation.synapse.base_url) as proxy, installation.platform_at(proxy.base_url):
        hold = proxy.hold("^POST /_synapse/admin/v1/deactivate/")
        cast.close(case_id)
        assert hold.reached.wait(30)
        installation.kill_worker()
        began = time.monotonic()
        hold.released.set()
        assert not account.can_sign_in()
        assert dict(installation.rows(_SUCCESSES, case_id)) == {"observe": 1, "preserve": 1, "deliver": 1}
        attempts = installation.one(_ATTEMPTS, case_id)
        assert not installation.is_resolved(case_id)

        installation.worker.start()
        until("the recovery", lambda: installation.is_resolved(case_id), 240)
        seconds = time.monotonic() - began
        assert sum("/deactivate/" in request for request in proxy.passed) == 1
    print(f"recovered {seconds:.1f} s after the kill")  # the goal is 30 s: `bench.faults` measures it
    assert dict(installation.rows(_SUCCESSES, case_id)) == {"observe": 1, "preserve": 1, "deliver": 1, "close": 1}
    assert installation.rows(
        f"SELECT r.result {_ACTION.format('verification')} WHERE d.case_id = %s AND d.kind = 'close'", case_id
    ) == [("confirmed",)]
    assert installation.one(_ATTEMPTS, case_id) == attempts + 1
    assert "ditutup" in cast.follow(receipt).html.partition('class="letter"')[2]
    until("linked entries", lambda: not installation.one("SELECT count(*) FROM records_ledgerentry WHERE seq IS NULL"))
    assert jaga(installation.environment, "ledger", "verify").returncode == 0


def test_a_chat_server_that_is_away_is_asked_again(installation: Installation, cast: Cast) -> None:
    """Decided while the server was stopped: the attempt fails visibly, and once the server is back the account is
    closed.
    """
    account = installation.newcomer("jauh")
    case_id = cast.case_of(cast.report(account))
    server = installation.synapse.child
    server.stop()
    try:
        cast.close(case_id)
        until(
            "a failed attempt",
            lambda: installation.rows(
                "SELECT 1 FROM records_ledgerentry WHERE case_ref = %s AND verb = 'attempt_failed'", case_id
            ),
        )
        kinds = installation.rows(f"SELECT r.kind {_ACTION.format('outcome')} WHERE d.case_id = %s", case_id)
        assert set(kinds) == {("unknown",)}
        case_page = f"/console/cases/K{case_id:06d}/"
        until("what was decided", lambda: CLOSE.facts in cast.staff["wulan"].open(case_page).text)
    finally:
        server.start()
    until("the closure", lambda: installation.is_resolved(case_id), 240)
    assert not account.token_works()
    assert not account.can_sign_in()
    assert dict(installation.rows(_SUCCESSES, case_id)) == {"observe": 1, "preserve": 1, "deliver": 1, "close": 1}
