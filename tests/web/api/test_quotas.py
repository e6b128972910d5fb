"""How much a key may be used, and how that is told."""

from datetime import timedelta

from tests.web.api.conftest import Caller, World
from tests.web.api.test_reports import a_report

from jaga.casework.api_keys import KeyTerms, issue_officer_key
from jaga.core.actors import CLI
from jaga.core.clock import frozen, now
from jaga.records.models import KeyUse, Report
from jaga.web.api import auth, quotas


def _with_terms(world: World, **terms: int) -> Caller:
    key = issue_officer_key(world.police.person_id, KeyTerms(**terms), actor=CLI)  # type: ignore[arg-type]
    return Caller(world.police.person_id, world.police.actor, key.key_id, key.secret)


def test_a_minutes_calls_are_counted_and_told(world: World) -> None:
    """What is left stands in each answer; the one too many is told when to come again; the next minute is new."""
    caller = _with_terms(world, per_minute=2)
    moment = now().replace(second=10)
    with frozen(moment):
        answers = [caller.get("/platforms", **{"Accept-Language": "en"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[2].json()["code"] == "quota_minute"
    assert answers[2]["Retry-After"] == answers[2]["RateLimit-Reset"] == "50"
    assert "50 seconds" in answers[2].json()["remedy"]
    with frozen(moment + timedelta(seconds=50)):
        assert caller.get("/platforms").status_code == 200
    assert world.colleague.get("/platforms").status_code == 200


def test_a_days_reports_are_counted_for_all_processes(world: World) -> None:
    """A batch counts by what is in it; what does not fit is refused as a whole; a restart forgets nothing spent."""
    caller = _with_terms(world, per_day=5)
    assert caller.post("/reports/batch", {"reports": [a_report()] * 3}).json()["accepted"] == 3
    quotas.forget_counts()  # another process, or the same one after a restart
    answer = caller.post("/reports/batch", {"reports": [a_report()] * 3})
    assert (answer.status_code, answer.json()["code"]) == (429, "quota_day")
    assert 0 < int(answer["Retry-After"]) <= 86401
    assert Report.objects.count() == 3
    assert caller.post("/reports/batch", {"reports": [a_report()] * 2}).status_code == 200
    assert caller.post("/reports", a_report()).status_code == 429
    assert KeyUse.objects.get(key_id=caller.key_id).used == 5
    with frozen(now() + timedelta(days=1)):
        assert caller.post("/reports", a_report()).status_code == 201


def test_large_quotas_are_handed_out_in_blocks(world: World) -> None:
    """So that counting a day costs a statement for hundreds of reports, and not one for each."""
    caller = _with_terms(world, per_day=1000)
    for _ in range(3):
        caller.post("/reports", a_report())
    assert KeyUse.objects.get(key_id=caller.key_id).used == 50


def test_what_is_refused_spends_nothing(world: World) -> None:
    """A quota is for reports, not for attempts."""
    caller = _with_terms(world, per_day=1)
    assert caller.post("/reports", a_report(colour=1)).status_code == 422
    assert caller.post("/reports", a_report()).status_code == 201


def test_a_key_that_was_found_is_remembered_for_seconds_only(world: World, monkeypatch: object) -> None:
    """Revocation works within seconds, without a look into the database for each call."""
    from jaga.casework.api_keys import revoke_officer_key

    monkeypatch.setattr(auth, "KEPT_SECONDS", 60.0)  # type: ignore[attr-defined]
    assert world.police.get("/platforms").status_code == 200
    revoke_officer_key(world.police.key_id, actor=CLI)
    assert world.police.get("/platforms").status_code == 200
    moment = auth.time.monotonic() + 61
    monkeypatch.setattr(auth.time, "monotonic", lambda: moment)  # type: ignore[attr-defined]
    assert world.police.get("/platforms").status_code == 401
    assert auth._kept == {}
