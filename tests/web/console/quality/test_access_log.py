"""The pages of reads, alarms, decoys and wellness, and the bar on the case page."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from tests.factories import CATEGORY, PLATFORM, World, in_review
from tests.web.console.conftest import Staff

from jaga.cases.models.cases import Case
from jaga.core.actors import CLI, Actor
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import AccessKind, Severity
from jaga.core.terms.people import Role
from jaga.policy.release import load_release
from jaga.quality.models import AccessEvent, AccessLogSeal, Alarm, AlarmAddress, Exposure
from jaga.quality.verbs.canary_cases import NewCanaryCase, make_canary, seal_access_log
from jaga.queue.verbs.search import read_all_stale
from jaga.store.reads import log_access

Open = Callable[[Actor], Client]
TEXT = "Laporan rekaan tentang akun ini."


@pytest.fixture
def browsers(staff: Staff, browser_of: Open) -> dict[Role, Client]:
    return {role: browser_of(actor) for role, actor in staff.by_role.items()}


def text(answer: Any) -> str:
    return str(answer.content.decode())


def canary(account: str = "@bintang:localhost") -> str:
    return f"K{make_canary(NewCanaryCase(PLATFORM, account, CATEGORY, TEXT), actor=CLI):06d}"


def spent(actor: Actor) -> None:
    """This person has seen enough severe material for this shift."""
    minutes = load_release().wellness.budget_minutes
    Exposure.objects.create(
        person_id=actor.person_id,
        case_id=1,
        severity=Severity.HIGH,
        seconds=minutes * 60,
        at=now() - timedelta(hours=2),
        ended_at=now(),
    )


def test_an_alarm_is_on_top_of_every_page_of_those_who_watch(browsers: dict[Role, Client]) -> None:
    """It stays until it is acknowledged with a note; the person it is about and other reviewers do not see it."""
    made = canary()
    browsers[Role.REVIEWER].get(f"/console/cases/{made}/")
    for role, address in ((Role.SUPERVISOR, "/console/queue/"), (Role.ADMINISTRATOR, "/console/overview/")):
        assert "nobody has a reason to open" in text(browsers[role].get(address))
    assert "/console/alarms/" not in text(browsers[Role.REVIEWER].get("/console/queue/"))
    alarm = Alarm.objects.get()
    address = f"/console/alarms/{alarm.pk}/acknowledge/"
    empty = browsers[Role.SUPERVISOR].post(address, {"note": " "})
    assert empty.status_code == 422
    assert "Say why in a few words." in text(empty)
    assert browsers[Role.SUPERVISOR].post(address, {"note": "Sudah ditanya: salah ketik."}).status_code == 302
    shown = text(browsers[Role.SUPERVISOR].get("/console/alarms/"))
    assert "Sudah ditanya: salah ketik." in shown
    assert "See who, and ask why" not in shown
    again = browsers[Role.ADMINISTRATOR].post(address, {"note": "Sudah ditanya lagi."})
    assert again.status_code == 409
    assert "acknowledged already" in text(again)
    assert browsers[Role.SUPERVISOR].post("/console/alarms/999999/acknowledge/", {"note": "x"}).status_code == 404


def test_whoever_watches_says_where_to_call_them(browsers: dict[Role, Client]) -> None:
    """An invalid address stays in the field with its error."""
    client = browsers[Role.SUPERVISOR]
    refused = client.post("/console/alarms/address/", {"email": "bukan alamat"})
    assert refused.status_code == 422
    assert 'value="bukan alamat"' in text(refused)
    client.post("/console/alarms/address/", {"email": "penyelia@contoh.test"})
    assert AlarmAddress.objects.get().email == "penyelia@contoh.test"
    assert 'value="penyelia@contoh.test"' in text(client.get("/console/alarms/"))


def test_canary_cases_are_made_on_a_page_that_keeps_what_was_typed(browsers: dict[Role, Client]) -> None:
    """The list shows the decoys and whether anybody opened one."""
    client = browsers[Role.ADMINISTRATOR]
    typed = {"platform": PLATFORM, "account": "", "category": CATEGORY, "text": TEXT}
    refused = client.post("/console/canary-cases/", typed)
    assert refused.status_code == 422
    assert TEXT in text(refused)
    assert "Say which account it is." in text(refused)
    assert client.post("/console/canary-cases/", {**typed, "account": "@bintang:localhost"}).status_code == 302
    shown = text(client.get("/console/canary-cases/"))
    assert "@bintang:localhost" in shown
    assert "never" in shown
    assert browsers[Role.ADMINISTRATOR].post("/console/canary-cases/", {"text": "\x00"}).status_code == 422


def test_a_canary_case_is_found_like_any_other_and_alarms_when_it_is_opened(browsers: dict[Role, Client]) -> None:
    """By words, category, platform and name: a decoy that only its name could find would be recognised."""
    made, client = canary(), browsers[Role.REVIEWER]
    read_all_stale()
    for query in ("rekaan", "akun", f"category:{CATEGORY}", "laporan tentang", "platform:obrolan"):
        assert made in text(client.get("/console/search/", {"q": query})), query
    assert made in text(client.get("/console/search/", {"q": "@bintang"}))
    assert made not in text(client.get("/console/queue/"))
    assert not Alarm.objects.exists()  # to find it in a list is no look yet
    assert client.get("/console/search/", {"q": made}, follow=True).status_code == 200
    assert Alarm.objects.count() == 1


def test_everybody_reads_their_own_accesses_and_auditors_all(browsers: dict[Role, Client], staff: Staff) -> None:
    """By case and by person; an invalid case number is refused with a message."""
    number = f"K{in_review():06d}"
    browsers[Role.REVIEWER].get(f"/console/cases/{number}/")
    own = text(browsers[Role.REVIEWER].get("/console/access-log/"))
    assert number in own
    assert "Sealed days" not in own
    assert number not in text(browsers[Role.SUPERVISOR].get("/console/access-log/"))
    audit = browsers[Role.AUDITOR]
    for query in ("", f"?case={number}", f"?person={staff.by_role[Role.REVIEWER].person_id}"):
        shown = text(audit.get(f"/console/access-log/{query}"))
        assert number in shown
        assert "A Reviewer" in shown
    assert "Nobody has looked" in text(audit.get("/console/access-log/?case=K999999"))
    refused = audit.get("/console/access-log/?case=abc")
    assert refused.status_code == 400
    assert "not a case number" in text(refused)
    for odd in ("?person=x&before=-1&check=abc", "?person=99999999999999999999", "?before=12345678"):
        assert audit.get(f"/console/access-log/{odd}").status_code == 200
    assert audit.get("/console/access-log/?check=12345").status_code == 404


def test_an_auditor_checks_a_seal_on_the_page(browsers: dict[Role, Client], world: World) -> None:
    """The result is shown beside the seal."""
    with frozen(now() - timedelta(days=2)):
        log_access(in_review(), AccessKind.CASE, actor=world.reviewers[0])
    assert seal_access_log() >= 1
    audit, seal = browsers[Role.AUDITOR], AccessLogSeal.objects.get()
    assert "as the ledger says" not in text(audit.get("/console/access-log/"))
    assert "as the ledger says" in text(audit.get(f"/console/access-log/?check={seal.pk}"))


def test_the_bar_measures_and_beats_answer_with_what_it_says(browsers: dict[Role, Client], staff: Staff) -> None:
    """Opening counts once, the next page ends it, and a heartbeat from somebody without the case is refused."""
    number, client = f"K{in_review():06d}", browsers[Role.REVIEWER]
    assert 'data-beat="' in text(client.get(f"/console/cases/{number}/"))
    Exposure.objects.update(at=now() - timedelta(minutes=3), severity=Severity.HIGH)
    answer = client.post(f"/console/cases/{number}/exposure/")
    assert answer.json() == {"words": "0 of 180 minutes", "shown": 0}
    row = Exposure.objects.get()
    assert row.seconds == 30
    client.get("/console/queue/")
    row.refresh_from_db()
    assert row.ended_at is not None
    assert browsers[Role.OFFICER].post(f"/console/cases/{number}/exposure/").status_code == 403
    assert client.post("/console/cases/K999999/exposure/").status_code == 404


def test_a_spent_budget_is_said_kindly_and_with_a_way_on(browsers: dict[Role, Client], staff: Staff) -> None:
    """Taking a severe case is refused with a sentence, and the page stays."""
    severe, urgent = in_review(), in_review(account="@melati:localhost")
    Case.objects.filter(pk=severe).update(severity=Severity.HIGH)
    Case.objects.filter(pk=urgent).update(
        severity=Severity.CRITICAL, victim_first=True, victim_state="proposed", urgent=True
    )
    spent(staff.by_role[Role.REVIEWER])
    client = browsers[Role.REVIEWER]
    assert "enough for this shift" in text(client.get(f"/console/cases/K{severe:06d}/"))
    refused = client.post(f"/console/cases/K{severe:06d}/take/")
    assert refused.status_code == 409
    assert "left for a colleague" in text(refused)
    assert "Nothing is recorded against you" in text(refused)
    assert "you may take it all the same" in text(client.get(f"/console/cases/K{urgent:06d}/"))
    assert client.post(f"/console/cases/K{urgent:06d}/take/").status_code == 302


def test_the_load_is_for_supervisors_and_holds_minutes_only(browsers: dict[Role, Client], staff: Staff) -> None:
    """The page has no case number and no reason, and reviewers see only their own minutes."""
    case_id = in_review()
    spent(staff.by_role[Role.REVIEWER])
    own = text(browsers[Role.REVIEWER].get("/console/wellness/"))
    assert "180 of 180 minutes" in own
    assert "Load of the team" not in own
    team = text(browsers[Role.SUPERVISOR].get("/console/wellness/"))
    assert "A Reviewer" in team
    assert f"K{case_id:06d}" not in team


@pytest.mark.parametrize(
    "address", ["/console/access-log/", "/console/alarms/", "/console/canary-cases/", "/console/wellness/"]
)
def test_each_page_speaks_indonesian(address: str, browsers: dict[Role, Client]) -> None:
    """No English text is left on the pages."""
    role = Role.ADMINISTRATOR if "alarms" in address or "canary-cases" in address else Role.SUPERVISOR
    client = browsers[role]
    client.cookies["jaga_language"] = "id"
    shown = text(client.get(address))
    assert 'lang="id"' in shown
    for english in ("What you looked at", "Nobody has opened", "Invented cases", "How it is counted"):
        assert english not in shown
    assert AccessEvent.objects.count() == 0
