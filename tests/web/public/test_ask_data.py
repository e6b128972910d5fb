"""Asking about one's own data on the public pages: with a receipt, with a letter's code, and without any."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from pydantic import TypeAdapter
from tests.web.public.conftest import World
from tests.web.public.test_appeal import finish
from tests.web.public.test_reasons_asked import restrict

from jaga.appeals.models import Appeal
from jaga.appeals.verbs.appeals import decide_appeal, file_appeal
from jaga.cases.models.reports import Report
from jaga.core.actors import HOLDER
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import AccountState
from jaga.privacy import public as privacy
from jaga.privacy.models import PersonRequest
from jaga.privacy.reads.holder_data import HolderData
from jaga.privacy.reads.own_data import OwnLetter, OwnReport
from jaga.web import strangers as guess_limits

DOC = Path("docs/person-data.md")


@pytest.fixture(autouse=True)
def fresh(settings: Any) -> None:
    settings.REASONS_WAIT_SECONDS = None
    privacy.SENT._left.clear()
    guess_limits.WRONG._left.clear()


def ask(client: Client, **fields: str) -> HttpResponse:
    answer: HttpResponse = client.post("/privacy/ask/", {"kind": "access", **fields})  # type: ignore[assignment]
    return answer


def plain(answer: HttpResponse, *codes: str) -> str:
    """The page without its own numbers, codes, token and times."""
    page = answer.content.decode()
    page = page.split("<main")[1].split("</main")[0] if "<main" in page else page
    page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page)
    for code in codes:
        page = page.replace(code, "CODE")
    page = re.sub(r"\b[A-Z2-9]{5}(-[A-Z2-9]{5}){3}\b", "CODE", page)
    return re.sub(r"[KD]\d{6}", "N", page)


def test_a_receipt_shows_ones_own_report_again_and_nothing_of_others(client: Client, world: World) -> None:
    """As a page and as a file; a wrong number is answered as on the other pages, and never stands in an address."""
    own = world.report(text="Kenari biru menawarkan janji.")
    world.report(text="Kenari hitam lebih dulu.", source="network:198.51.100.0/24")
    page = ask(client, code=own.receipt)
    assert page.status_code == 200
    assert "Kenari biru" in page.content.decode()
    assert "hitam" not in page.content.decode()
    file = ask(client, code=own.receipt, step="json")
    assert file["Content-Disposition"] == 'attachment; filename="jaga-my-data.json"'
    data = json.loads(file.content)
    assert data["words"] == "Kenari biru menawarkan janji."
    TypeAdapter(OwnReport).validate_python(data)
    assert own.receipt not in page.content.decode().replace(f'value="{own.receipt}"', "")
    for wrong, status in (("0" * 16, 404), ("12345678", 404), ("AAAAA-AAAAA-AAAAA-AAAAA", 404), ("\x00", 404)):
        refused = ask(client, code=wrong)
        assert refused.status_code == status
        assert 'id="code-error"' in refused.content.decode()
    assert ask(client, kind="").status_code == 422
    for _ in range(20):
        last = ask(client, code="1" * 16)
    assert last.status_code == 429
    assert last["Retry-After"]


def test_a_correction_is_asked_for_with_the_receipt(client: Client, world: World) -> None:
    """What is missing is named beside its field; the code of the request opens its page."""
    own = world.report()
    second = ask(client, kind="correction", code=own.receipt)
    assert 'name="contact"' not in second.content.decode()
    missing = ask(client, kind="correction", code=own.receipt, step="send")
    assert (missing.status_code, 'id="words-error"' in missing.content.decode()) == (422, True)
    sent = ask(client, kind="correction", code=own.receipt, step="send", words="Tanggalnya salah, sehari sebelumnya.")
    (code,) = re.findall(r'<p class="code">([A-Z0-9-]{23})</p>', sent.content.decode())
    page = client.post("/privacy/request/", {"code": code.lower().replace("-", " ")})
    assert page.status_code == 200
    assert "D000" in page.content.decode()
    assert PersonRequest.objects.get().report_id == Report.objects.get().pk
    twice = ask(client, kind="correction", code=own.receipt, step="send", words="Tanggalnya salah, dua hari.")
    assert twice.status_code == 409
    assert client.post("/privacy/request/", {"code": "x"}).status_code == 404
    ask(client, kind="erasure", code=own.receipt, step="send")
    both = client.post("/privacy/request/", {"code": own.receipt})  # the way on for whoever has lost the code
    assert (both.status_code, both.content.decode().count("D000")) == (200, 2)
    unasked = world.report(source="network:198.51.100.0/24").receipt
    answers = {plain(client.post("/privacy/request/", {"code": one}), one) for one in (unasked, "1" * 16)}
    assert len(answers) == 1  # Whether there is such a report is not told.


def test_a_holder_who_was_right_reads_that_the_decision_counts_no_longer(client: Client, world: World) -> None:
    """On the page and in the file; before the answer both say that a person will decide."""
    client.cookies["jaga_language"] = "en"
    case_id = world.report().case_id
    code = world.close(case_id)
    finish(case_id, AccountState.CLOSED)
    file_appeal(code, "Itu bukan saya, akun saya dibajak.", actor=HOLDER)
    assert "waits for a person" in ask(client, code=code).content.decode()
    decide_appeal(Appeal.objects.get().pk, overturn=True, reasons="Akun ini memang dibajak.", actor=world.reviewers[2])
    page = ask(client, code=code).content.decode()
    assert "An appeal overturned this decision." in page
    assert "you were right" in page
    assert json.loads(ask(client, code=code, step="json").content)["appeal"]["overturned"] is True


def test_a_victims_phone_shows_what_every_restriction_shows(client: Client, world: World) -> None:
    """Letter by letter, as page, file, request and its page: a possible victim's account and a gambler's."""
    with frozen(now()):
        codes = [
            restrict(world, category, account)
            for category, account in (("gambling", "@satu:contoh.test"), ("trafficking", "@dua:contoh.test"))
        ]
        for fields in (
            {},
            {"step": "json"},
            {"step": "more"},
            {"kind": "erasure"},
            {"step": "send", "contact": "Telepon 0800-0000"},
            {"step": "send"},
            {"kind": "objection", "step": "send", "contact": "0800-0000", "words": "Saya menolak ini."},
        ):
            pages = [ask(client, code=code, **fields) for code in codes]
            assert plain(pages[0], codes[0]) == plain(pages[1], codes[1]), fields
            assert pages[0].status_code == pages[1].status_code
            for account in ("@satu", "@dua"):
                assert account not in pages[0].content.decode() + pages[1].content.decode()
        data = json.loads(ask(client, code=codes[1], step="json").content)
        assert (data["account"], data["statement"]) == ("", "")
        TypeAdapter(OwnLetter).validate_python(data)


def test_a_stranger_is_told_that_we_check_who_they_are(client: Client, world: World) -> None:
    """The same for an account on record and one that nobody knows; a network can ask ten times, then waits."""
    world.close(world.report().case_id)
    pages = []
    with frozen(now()):
        for account in ("@akun:contoh.test", "@tidak.ada:contoh.test"):
            assert ask(client, step="send", account=account).status_code == 422
            pages.append(ask(client, step="send", account=account, contact="0800-0000"))
    assert plain(pages[0]) == plain(pages[1])
    assert "@akun" not in pages[0].content.decode()
    assert ask(client, step="send", account="x" * 400, contact="0800-0000").status_code == 422
    for nowhere in ("nowhere", "\x00", "a" * 400):
        assert ask(client, step="send", account="@akun", contact="0800-0000", platform=nowhere).status_code == 422
    answers = [ask(client, step="send", account=f"@akun{place}", contact="0800-0000") for place in range(9)]
    assert [answer.status_code for answer in answers] == [200] * 8 + [429]
    assert PersonRequest.objects.count() == 10


def test_the_documented_schema_is_that_of_the_files() -> None:
    """docs/person-data.md has the JSON Schema of each of the three."""
    for kind in (HolderData, OwnReport, OwnLetter):
        schema = json.dumps(TypeAdapter(kind).json_schema(), indent=2, ensure_ascii=False)
        assert schema in DOC.read_text(), f"write it anew:\n{schema}"
