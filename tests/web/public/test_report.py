"""The report form over HTTP."""

import re
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.web.public.conftest import PNG, World

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Evidence, Report, ReporterIdentity
from jaga.core.clock import now
from jaga.core.terms.reports import ReportForm
from jaga.reporting.public.report import RECEIVED_SECONDS
from jaga.store.codes import unseal_identity

Form = Callable[..., dict[str, Any]]


def receipt_of(page: str) -> str:
    found = re.search(r'<p class="code">([\d ]+)</p>', page)
    assert found, "no receipt on the page"
    return found[1]


def voices() -> int:
    """The number of sources that the reports are counted as."""
    return Report.objects.values("source_key").distinct().count()


def test_a_report_is_filed_and_its_receipt_opens_it(client: Client, form: Form) -> None:
    """One POST makes one report; the receipt shown then leads to its state."""
    page = client.post("/report/", form(), follow=True)
    assert Report.objects.count() == 1
    receipt = receipt_of(page.content.decode())
    assert re.fullmatch(r"\d{4} \d{4} \d{4} \d{4}", receipt)
    followed = client.post("/follow/", {"receipt": receipt}, follow=True)
    assert followed.status_code == 200
    assert "@akun:contoh.test" in followed.content.decode()


def test_the_receipt_stays_until_it_is_written_down(client: Client, form: Form) -> None:
    """A reload or a change of language neither loses it nor files again; the reporter confirms having noted it."""
    receipt = receipt_of(client.post("/report/", form(), follow=True).content.decode())
    assert receipt_of(client.get("/report/received/").content.decode()) == receipt
    english = client.get("/language/", {"to": "en", "next": "/report/received/"}, follow=True)
    assert receipt_of(english.content.decode()) == receipt
    assert "shown here for 15 minutes only" in english.content.decode()
    done = client.post("/report/received/")
    assert done["Location"] == "/follow/"
    assert client.get("/report/received/")["Location"] == "/follow/"
    assert Report.objects.count() == 1


def test_the_receipt_is_not_shown_after_its_quarter_of_an_hour(
    client: Client, form: Form, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if a browser keeps the cookie longer, the receipt is not shown to the next person."""
    client.post("/report/", form())
    later = time.time() + RECEIVED_SECONDS + 1
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)
    assert client.get("/report/received/")["Location"] == "/follow/"


def test_the_receipt_is_in_no_address_and_no_table(client: Client, form: Form) -> None:
    """It is kept in an HttpOnly cookie of the reporter, and never in the database."""
    answer = client.post("/report/", form())
    cookie = answer.cookies["jaga_received"]
    assert answer["Location"] == "/report/received/"
    assert cookie["httponly"]
    assert cookie["samesite"] == "Strict"
    assert "jaga_session" not in answer.cookies


def test_a_forged_receipt_cookie_shows_nothing(client: Client, world: World) -> None:
    """Only a signed cookie is shown as a receipt."""
    client.cookies["jaga_received"] = "eyJyZWNlaXB0IjoiMSJ9:forged:forged"
    assert client.get("/report/received/").status_code == 302


def test_every_fault_stands_beside_its_field_and_what_was_typed_stays(client: Client, form: Form) -> None:
    """Nothing is stored, and the form keeps its text."""
    answer = client.post("/report/", form(account="bukan akun", category="", text="Kata saya <b>", name="Ani"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="account-error"' in page
    assert 'id="category-error"' in page
    assert "bukan akun" in page
    assert "Kata saya &lt;b&gt;" in page
    assert 'value="Ani"' in page
    assert not Report.objects.exists()


def test_the_faults_stand_under_the_heading_with_a_way_to_each_field(client: Client, form: Form) -> None:
    """Each error links to its field; choosing pictures again is asked only of those who sent some."""
    page = client.post("/report/", form(account="bukan akun", category="", conduct_on="")).content.decode()
    assert page.index("</h1>") < page.index('id="errors"') < page.index("<form")
    for field in ("account", "category"):
        assert f'href="#{field}"' in page
        assert page.count(f'id="{field}"') == 1
    assert "Pilih lagi gambar Anda" not in page
    shot = SimpleUploadedFile("layar.png", PNG, content_type="image/png")
    with_picture = client.post("/report/", form(account="bukan akun", screenshots=[shot])).content.decode()
    assert "Pilih lagi gambar Anda" in with_picture


def test_a_complete_report_is_a_legal_notice(client: Client, form: Form) -> None:
    """Name, contact, text, screenshot and good faith make a legal notice (MR5 art. 15(2)); the name is stored
    separately.
    """
    shot = SimpleUploadedFile("layar.png", PNG, content_type="image/png")
    client.post("/report/", form(name="Ani", contact="ani@contoh.test", good_faith="yes", screenshots=[shot]))
    assert Report.objects.get().form == ReportForm.NOTICE
    assert unseal_identity(bytes(ReporterIdentity.objects.get().sealed))[0] == "Ani"
    assert Evidence.objects.count() == 1


def test_without_good_faith_it_is_a_report_and_handled_all_the_same(client: Client, form: Form) -> None:
    """The checkbox changes only the legal status of a report."""
    shot = SimpleUploadedFile("layar.png", PNG, content_type="image/png")
    client.post("/report/", form(name="Ani", contact="ani@contoh.test", screenshots=[shot]))
    assert Report.objects.get().form == ReportForm.REPORT
    assert Case.objects.count() == 1


def test_pictures_are_not_taken_where_they_may_show_a_victim(client: Client, form: Form) -> None:
    """Victim-first categories refuse screenshots beside the field; nothing is stored."""
    shot = SimpleUploadedFile("layar.png", PNG, content_type="image/png")
    answer = client.post("/report/", form(category="trafficking", screenshots=[shot]))
    assert answer.status_code == 422
    assert 'id="screenshots-error"' in answer.content.decode()
    assert not Evidence.objects.exists()


def test_what_is_no_picture_is_refused_whatever_it_is_called(client: Client, form: Form) -> None:
    """Type and size are judged by content; a picture that is too large is not read to its end."""
    for content in (b"<svg onload=alert(1)>", PNG + b"x" * (5 * 1024 * 1024)):
        answer = client.post("/report/", form(screenshots=[SimpleUploadedFile("a.png", content, "image/png")]))
        assert answer.status_code == 422
        assert 'id="screenshots-error"' in answer.content.decode()


def test_one_contact_is_one_source_however_it_is_written(client: Client, form: Form) -> None:
    """Two spellings of one telephone number count as one source; two networks count as two."""
    client.post("/report/", form(contact="0812-3456-7890"))
    client.post("/report/", form(contact="+62 812 3456 7890"), REMOTE_ADDR="198.51.100.9")
    assert voices() == 1
    client.post("/report/", form(), REMOTE_ADDR="198.51.100.9")
    client.post("/report/", form(), REMOTE_ADDR="198.51.100.77")
    assert voices() == 2


def test_a_client_cannot_claim_another_network(client: Client, form: Form, settings: Any) -> None:
    """Without Jaga's own proxy X-Forwarded-For is ignored; behind it, only what it appended counts."""
    client.post("/report/", form(), headers={"X-Forwarded-For": "203.0.113.1"})
    client.post("/report/", form(), headers={"X-Forwarded-For": "198.51.100.1"})
    assert voices() == 1
    settings.JAGA_PROXY_HOPS = 1
    client.post("/report/", form(), headers={"X-Forwarded-For": "10.0.0.1, 203.0.113.1"})
    client.post("/report/", form(), headers={"X-Forwarded-For": "10.9.9.9, 203.0.113.1"})
    assert voices() == 2


@pytest.mark.parametrize("day", ["2026-13-40", "kemarin", "\x00"])
def test_a_day_that_is_none_is_refused_beside_its_field(client: Client, form: Form, day: str) -> None:
    """The day of the conduct chooses the law, so it is never guessed."""
    answer = client.post("/report/", form(conduct_on=day))
    assert answer.status_code == 422
    assert 'id="conduct_on-error"' in answer.content.decode()


def test_a_day_to_come_is_refused_and_a_local_spelling_is_taken(client: Client, form: Form) -> None:
    """A future day is refused; 25-11-2020, as people write it in Indonesia, is accepted."""
    assert client.post("/report/", form(conduct_on=str(now().date() + timedelta(days=2)))).status_code == 422
    client.post("/report/", form(conduct_on="25-11-2020"))
    assert str(Report.objects.get().conduct_on) == "2020-11-25"


@pytest.mark.parametrize("field", ["platform", "account", "category", "text", "links", "name", "contact"])
def test_nul_in_any_field_is_refused_and_not_a_fault(client: Client, form: Form, field: str) -> None:
    """PostgreSQL cannot store NUL, so the form refuses it."""
    answer = client.post("/report/", form(**{field: "a\x00b"}))
    assert answer.status_code == 422
    assert not Report.objects.exists()
