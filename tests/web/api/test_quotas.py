"""Quotas of a key, and how the caller learns of them."""

from datetime import timedelta

from tests.web.api.conftest import Caller, World
from tests.web.api.test_batches import CHOICE
from tests.web.api.test_batches import send as send_file
from tests.web.api.test_reports import a_report

from jaga.batches.jobs import work_on_batches
from jaga.batches.verbs.batches import start_batch
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI
from jaga.core.clock import frozen, now
from jaga.people.verbs.api_keys import KeyTerms, issue_officer_key
from jaga.store.models import LedgerEntry
from jaga.web.api import auth
from jaga.web.api import guard as quotas
from jaga.webhooks.models import KeyUse


def _with_terms(world: World, **terms: int) -> Caller:
    key = issue_officer_key(world.police.person_id, KeyTerms(**terms), actor=CLI)  # type: ignore[arg-type]
    return Caller(world.police.person_id, world.police.actor, key.key_id, key.secret)


def test_a_minutes_calls_are_counted_and_told(world: World) -> None:
    """Each answer gives the rest; the call beyond the limit gets the time to wait; the next minute starts anew."""
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
    """A batch counts by its reports, and one that does not fit is refused as a whole; a restart does not reset the
    count.
    """
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


def rows(*names: str) -> bytes:
    return b"akun\n" + b"".join(b"@%s:localhost\n" % name.encode() for name in names)


def test_a_file_counts_by_its_good_rows_when_it_is_started(world: World) -> None:
    """Inspection and refused rows do not count; a start that does not fit is refused with a time and leaves the file
    ready.
    """
    caller = _with_terms(world, per_day=3)
    first = send_file(caller, rows("satu", "dua", "satu") + b"@x:elsewhere.invalid\n").json()["batch_id"]
    second = send_file(caller, rows("tiga", "empat")).json()["batch_id"]
    work_on_batches()
    assert not KeyUse.objects.exists()
    assert caller.post(f"/batches/{first}/start", {}).json()["state"] == "running"
    assert KeyUse.objects.get(key_id=caller.key_id).used == 2
    answer = caller.post(f"/batches/{second}/start", {})
    assert (answer.status_code, answer.json()["code"]) == (429, "quota_day")
    assert 0 < int(answer["Retry-After"]) <= 86401
    assert (send_file(caller, rows("tiga", "empat"), f"{CHOICE}&start=true").status_code) == 429
    assert caller.get(f"/batches/{second}").json()["state"] == "ready"
    assert caller.post("/reports", a_report()).status_code == 201
    assert caller.post("/reports", a_report()).status_code == 429
    with frozen(now() + timedelta(days=1)):
        assert caller.post(f"/batches/{second}/start", {}).json()["state"] == "running"
    work_on_batches()
    assert caller.get(f"/batches/{second}").json()["filed"] == 2


def test_a_file_that_starts_itself_waits_where_the_day_has_no_room(world: World) -> None:
    """It waits with a reason that is still true tomorrow, and drops the reason once it is started."""
    caller = _with_terms(world, per_day=2)
    assert caller.post("/reports", a_report()).status_code == 201
    batch_id = send_file(caller, rows("satu", "dua"), f"{CHOICE}&start=true").json()["batch_id"]
    work_on_batches()
    seen = caller.get(f"/batches/{batch_id}", **{"Accept-Language": "en"}).json()
    assert (seen["state"], seen["filed"], seen["failed"]["code"]) == ("ready", 0, "quota_day")
    assert seen["failed"]["remedy"].startswith("Go on after midnight UTC")
    assert LedgerEntry.objects.get(verb="validate_batch").payload["started"] is False
    with frozen(now() + timedelta(days=1)):
        started = caller.post(f"/batches/{batch_id}/start", {}).json()
    assert (started["state"], started["failed"]) == ("running", None)


def test_more_than_a_day_is_not_told_to_wait(world: World) -> None:
    """A file larger than a day's quota is not told to wait, because no day has room for it."""
    caller = _with_terms(world, per_day=2)
    batch_id = send_file(caller, rows("satu", "dua", "tiga"), f"{CHOICE}&start=true").json()["batch_id"]
    work_on_batches()
    assert caller.get(f"/batches/{batch_id}").json()["failed"]["code"] == "more_than_a_day"
    answer = caller.post(f"/batches/{batch_id}/start", {})
    assert (answer.status_code, answer.json()["code"]) == (422, "more_than_a_day")
    assert "Retry-After" not in answer


def test_rows_count_once_and_by_whichever_way_they_are_started(world: World) -> None:
    """A restarted file counts once; started in the console, it counts for the key that sent it; inspected again for
    another app, it counts again.
    """
    caller = _with_terms(world, per_day=4)
    batch_id = send_file(caller, rows("satu", "dua")).json()["batch_id"]
    work_on_batches()
    start_batch(batch_id, actor=world.police.actor)
    assert KeyUse.objects.get(key_id=caller.key_id).used == 2
    for path in ("cancel", "start", "cancel"):
        assert caller.post(f"/batches/{batch_id}/{path}", {}).status_code == 200
    assert KeyUse.objects.get(key_id=caller.key_id).used == 2
    send_file(caller, rows("satu", "dua"), "?platform=contoh&category=prostitution_advertising&start=true")
    work_on_batches()
    assert caller.get(f"/batches/{batch_id}").json()["filed"] == 2
    assert KeyUse.objects.get(key_id=caller.key_id).used == 4


def test_a_file_that_was_cancelled_before_its_second_look_is_looked_at_again(world: World) -> None:
    """The first inspection was for another choice, so it files and counts nothing."""
    caller = _with_terms(world, per_day=2)
    batch_id = send_file(caller, rows("satu", "dua"), "?category=fraud").json()["batch_id"]
    work_on_batches()
    assert caller.get(f"/batches/{batch_id}").json()["good"] == 0
    send_file(caller, rows("satu", "dua"))
    for path in ("cancel", "start"):
        assert caller.post(f"/batches/{batch_id}/{path}", {}).status_code == 200
    work_on_batches()
    assert caller.get(f"/batches/{batch_id}").json()["filed"] == 2
    assert KeyUse.objects.get(key_id=caller.key_id).used == 2


def test_large_quotas_are_handed_out_in_blocks(world: World) -> None:
    """Counting a day's reports takes one statement for hundreds of them, not one for each."""
    caller = _with_terms(world, per_day=1000)
    for _ in range(3):
        caller.post("/reports", a_report())
    assert KeyUse.objects.get(key_id=caller.key_id).used == 50


def test_what_is_refused_spends_nothing(world: World) -> None:
    """Refused reports do not count against the quota."""
    caller = _with_terms(world, per_day=1)
    assert caller.post("/reports", a_report(colour=1)).status_code == 422
    assert caller.post("/reports", a_report()).status_code == 201


def test_a_key_that_was_found_is_remembered_for_seconds_only(world: World, monkeypatch: object) -> None:
    """A revocation works within seconds, though not each call reads the key from the database."""
    from jaga.people.verbs.api_keys import revoke_officer_key

    monkeypatch.setattr(auth, "KEPT_SECONDS", 60.0)  # type: ignore[attr-defined]
    assert world.police.get("/platforms").status_code == 200
    revoke_officer_key(world.police.key_id, actor=CLI)
    assert world.police.get("/platforms").status_code == 200
    moment = auth.time.monotonic() + 61
    monkeypatch.setattr(auth.time, "monotonic", lambda: moment)  # type: ignore[attr-defined]
    assert world.police.get("/platforms").status_code == 401
    assert auth._kept == {}
