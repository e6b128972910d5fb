"""Pages of what was erased say so, and when; the second person permits a search for a person in the console."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.test import Client
from tests.factories import World, resolved_closure

from jaga.appeals.verbs.appeals import file_appeal
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI, HOLDER, SYSTEM, Actor
from jaga.core.clock import now
from jaga.policy.local_time import today
from jaga.privacy.models import PersonSearch
from jaga.privacy.verbs.erasure import carry_out_erasures, erase
from jaga.privacy.verbs.person_search import ask_person_search
from jaga.store.codes import appeal_code, receipt_hash

Open = Callable[[Actor], Client]
SAID = "Kenari-kanari menawarkan sesuatu."


def test_pages_of_what_was_erased_say_so(settings: Any, tmp_path: Path, world: World, browser_of: Open) -> None:
    """The case page, the reporter's and the holder's page are opened as before, by the same receipt and code."""
    shutil.copytree(settings.JAGA_KEY_STORE, tmp_path / "key-store")
    settings.JAGA_KEY_STORE = tmp_path / "key-store"
    number, receipt = resolved_closure(world, text=SAID), "1234 5678 9012 3456"
    code = appeal_code(Decision.objects.get(case=number).pk)
    file_appeal(code, f"Bukan saya: {SAID}", actor=HOLDER)
    report = Report.objects.get(case=number)
    Report.objects.update(receipt_hash=receipt_hash(receipt))
    console, public = browser_of(world.supervisor), Client(HTTP_ACCEPT_LANGUAGE="en")
    public.cookies["jaga_language"] = "en"

    def pages() -> list[str]:
        answers = [
            console.get(f"/console/cases/K{number:06d}/"),
            public.post("/follow/", {"receipt": receipt}, follow=True),
            public.post("/appeal/", {"code": code}, follow=True),
        ]
        assert [answer.status_code for answer in answers] == [200, 200, 200]
        return [answer.content.decode() for answer in answers]

    before = pages()
    assert all(SAID in page for page in before)
    erase(cases=[number], reports=[report.pk], rule="request", actor=SYSTEM)
    carry_out_erasures()
    after = pages()
    assert not any(SAID in page for page in after)
    assert all(f"erased on {today().day} " in " ".join(page.split()) for page in after)
    console.cookies["jaga_language"] = "id"
    assert "Isi 1 laporan dihapus" in console.get(f"/console/cases/K{number:06d}/").content.decode()


def test_somebody_else_permits_a_search(world: World, browser_of: Open, staff: Any) -> None:
    """Whoever asked sees no button and cannot permit it; a second person permits it once; nobody sees the text."""
    address = "/console/person-searches/"
    own, other = browser_of(world.supervisor), browser_of(staff.by_role["administrator"])
    assert "No searches yet" in own.get(address).content.decode()
    number = ask_person_search("Ani Kanari", "wulan", "Permintaan 7.", actor=CLI)
    assert "Permit this search" not in own.get(address).content.decode()
    assert own.post(f"{address}{number}/permit/").status_code == 409
    shown = other.get(address).content.decode()
    assert "Permit this search" in shown
    assert "Permintaan 7." in shown
    assert "Kanari" not in shown
    assert other.post(f"{address}{number}/permit/").status_code == 302
    assert other.post(f"{address}{number}/permit/").status_code == 409
    row = PersonSearch.objects.get()
    assert row.permitted_at is not None
    assert row.permitted_at <= now()
    assert "Permitted by" in own.get(address).content.decode()
