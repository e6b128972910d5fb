"""Appeals, exports for the police, the overview and the ledger."""

import html
import re
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from django.test import Client
from tests.factories import World, carry_through, new_request, resolved_closure
from tests.web.console.conftest import Staff
from tests.web.console.factors import at, exempt, signs_in, with_app

from jaga.appeals.models import Appeal, Disclosure
from jaga.appeals.verbs import appeals
from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import AuthorityRequest
from jaga.core.actors import HOLDER, Actor
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.terms.people import Role
from jaga.store.codes import appeal_code

Open = Callable[[Actor], Client]


def _appealed(world: World) -> tuple[int, str]:
    case_id = resolved_closure(world)
    code = appeal_code(Decision.objects.get(case_id=case_id).pk)
    made = appeals.file_appeal(code, "Bukan saya yang menulis <b>itu</b>.", actor=HOLDER)
    return case_id, f"/console/appeals/{made.pk}/"


def test_whoever_voted_reads_the_appeal_and_cannot_answer_it(world: World, browser_of: Open) -> None:
    """The form is not offered, and a forged one is refused."""
    _, address = _appealed(world)
    client = browser_of(world.reviewers[0])
    assert "you took part in the decision" in client.get("/console/appeals/").content.decode()
    assert "<textarea" not in client.get(address).content.decode()
    answer = client.post(address, {"result": "uphold", "reasons": "Keputusan sudah benar."})
    assert answer.status_code == 403
    assert Appeal.objects.get().state == "open"


def test_another_reviewer_overturns_and_the_account_is_restored(world: World, browser_of: Open) -> None:
    """Reasons are required, and the form keeps them if something is missing."""
    case_id, address = _appealed(world)
    client = browser_of(world.reviewers[2])
    assert "menulis &lt;b&gt;itu" in client.get(address).content.decode()
    short = client.post(address, {"result": "overturn", "reasons": "Ya"})
    assert short.status_code == 422
    assert 'id="reasons-error"' in short.content.decode()
    assert "Your answer was not given." in short.content.decode()
    assert '<a href="#reasons">' in short.content.decode()
    unchosen = client.post(address, {"reasons": "Fotonya dicuri orang."})
    assert unchosen.status_code == 422
    assert '<a href="#result">' in unchosen.content.decode()
    for refused in (short, unchosen):  # a dialog that is closed has one of its own
        assert refused.content.decode().partition("<dialog")[0].count("autofocus") == 1
    assert client.post(address, {"result": "overturn", "reasons": "Fotonya dicuri orang."}).status_code == 302
    assert "overturned" in client.get(address).content.decode()
    carry_through(case_id)
    assert Case.objects.get(pk=case_id).state == CaseState.RESOLVED
    assert client.post(address, {"result": "uphold", "reasons": "Sekali lagi, benar."}).status_code == 409


def test_a_supervisor_makes_an_export_and_sees_what_was_withheld(
    world: World, browser_of: Open, tmp_path: Path
) -> None:
    """The page shows folder, hash, and each withheld original with its reason; when the folder is moved, the hash
    stays.
    """
    filed = requests.file_request(new_request(wants_export=True), actor=world.officer)
    client = browser_of(world.supervisor)
    asked = client.get("/console/exports/").context["asked"]
    assert [one.case_id for one in asked] == [filed.case_id]
    answer = client.post("/console/exports/", {"request": str(asked[0].request_id)}, follow=True)
    page, row = answer.content.decode(), Disclosure.objects.get()
    assert row.manifest_sha256 in page
    assert row.folder in page
    assert "district court" in page
    shutil.rmtree(tmp_path / "exports" / row.folder)
    moved = client.get(f"/console/exports/{row.pk}/").content.decode()
    assert "no longer on this server" in moved
    assert row.manifest_sha256 in moved


def test_an_export_takes_a_second_factor_also_of_somebody_exempt(world: World) -> None:
    """Without a second factor the page has no button and says what to do first, and a forged form is refused. With one,
    the page asks for it, and the export is made from the kept form.
    """
    filed = requests.file_request(new_request(wants_export=True), actor=world.officer)
    number = str(AuthorityRequest.objects.get(report_id=filed.report_id).pk)
    exempt(world.supervisor)
    client = signs_in(world.supervisor)
    page = client.get("/console/exports/").content.decode()
    assert "Make the sealed export" not in page
    assert 'href="/console/factors/"' in page
    refused = client.post("/console/exports/", {"request": number})
    assert refused.status_code == 403
    assert "second factor" in refused.content.decode()
    assert not Disclosure.objects.exists()
    app, client = with_app(world.supervisor), signs_in(world.supervisor)
    client.post("/console/second-factor/", {"second_factor_code": app.code(), "next": "/console/exports/"})
    assert "Make the sealed export" in client.get("/console/exports/").content.decode()
    with at(now() + timedelta(minutes=11)):
        asked = client.post("/console/exports/", {"request": number})
        assert (asked.status_code, Disclosure.objects.count()) == (403, 0)
        kept = re.search(r'name="kept_form" value="([^"]*)"', asked.content.decode())
        assert kept
        client.post("/console/exports/", {"kept_form": html.unescape(kept[1]), "second_factor_code": app.code()})
    assert Disclosure.objects.count() == 1


def test_no_export_without_a_request_that_asks_for_one(world: World, browser_of: Open) -> None:
    """A case whose request did not ask for an export, or without a request, gets none."""
    filed = requests.file_request(new_request(), actor=world.officer)
    number = AuthorityRequest.objects.get(report_id=filed.report_id).pk
    client = browser_of(world.supervisor)
    for sent, status in ((str(number), 409), (str(number + 1), 404), ("", 404), ("x", 404), ("9" * 5000, 404)):
        assert client.post("/console/exports/", {"request": sent}).status_code == status
    assert not Disclosure.objects.exists()


def test_the_overview_counts_and_the_ledger_tells(world: World, staff: Staff, browser_of: Open) -> None:
    """The overview has numbers for the operator, the ledger has sentences for auditors."""
    case_id, _ = _appealed(world)
    overview = browser_of(staff.by_role[Role.ADMINISTRATOR]).get("/console/overview/").context["numbers"]
    assert (overview.open_cases, overview.appeals, overview.stuck) == (0, 1, 0)
    auditor = browser_of(staff.by_role[Role.AUDITOR])
    assert "Not linked yet" in auditor.get("/console/ledger/").content.decode()
    found = auditor.get(f"/console/cases/?number={case_id}")
    assert found["Location"] == f"/console/cases/K{case_id:06d}/history/"
    history = auditor.get(found["Location"]).content.decode()
    assert "The account holder appealed." in history
    assert "@mawar" not in history
