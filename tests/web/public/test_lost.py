"""What reporters and holders read about data lost in a restore."""

from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from tests.casework.conftest import world  # noqa: F401 - a fixture
from tests.casework.kernel.test_epochs import began, home, went_on  # noqa: F401 - fixtures
from tests.factories import World, decided_closure, report

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.store.codes import appeal_code, hearing_code, new_receipt
from jaga.store.kernel import epochs
from jaga.store.kernel.ledger import PromiseLost, check_receipt, promise_of
from jaga.store.kernel.sequencer import last_number
from jaga.store.reads import lost_by_receipt

pytestmark = pytest.mark.usefixtures("numbers_go_back")


def test_the_receipt_of_a_lost_report_says_so_in_both_languages(client: Client, home: Path) -> None:  # noqa: F811
    """Neither "unknown" nor another's report; the receipt's proof says the same."""
    kept = report(account="@melati:localhost")
    lost = [new_receipt(number) for number in (kept.report_id + 1, kept.report_id + 3)]
    promise = promise_of(last_number() + 5, "a" * 64, epochs.now())
    went_on(home)
    began()
    later = report(account="@kenanga:localhost")
    for receipt in lost:
        client.cookies["jaga_language"] = "en"
        page = client.post("/follow/", {"receipt": receipt})
        assert page.status_code == 410
        assert "Your report was lost when our system was restored on" in page.content.decode()
        client.cookies["jaga_language"] = "id"
        assert "Laporan Anda hilang" in client.post("/follow/", {"receipt": receipt}).content.decode()
    for receipt in (kept.receipt, later.receipt):
        assert client.post("/follow/", {"receipt": receipt}).status_code == 302
    with pytest.raises(PromiseLost):
        check_receipt(promise)


def test_a_guess_learns_nothing(client: Client, home: Path) -> None:  # noqa: F811
    """A receipt of a number that was not issued is only wrong; for half a year after a restore the message names that
    time, for everybody. Hardly any invented digits are taken for a lost report.
    """
    began()
    client.cookies["jaga_language"] = "en"
    assert sum(lost_by_receipt(f"{number:016d}") is not None for number in range(0, 10**15, 10**12)) <= 1
    for number in (50_000, 500_000):
        page = client.post("/follow/", {"receipt": new_receipt(number)})
        assert page.status_code == 404
        assert "reports of that time were lost" in page.content.decode()
    assert client.post("/follow/", {"receipt": "1234"}).status_code == 404


def test_who_was_reading_a_report_that_is_lost_is_told(client: Client, home: Path) -> None:  # noqa: F811
    """The visit's cookie names a report by its number, which is never reused."""
    filed = report(account="@melati:localhost")
    client.post("/follow/", {"receipt": filed.receipt})
    assert client.get("/follow/report/").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("UPDATE records_report SET receipt_hash = NULL WHERE id = %s", [filed.report_id])
    began()
    assert client.get("/follow/report/").status_code == 410


def test_the_code_of_a_lost_letter_says_so(client: Client, world: World, home: Path) -> None:  # noqa: F811
    """A holder whose letter was lost reads how to object without a code; existing codes work."""
    here = decided_closure(world)
    last, case = Decision.objects.order_by("-pk")[0].pk, Case.objects.order_by("-pk")[0].pk
    began()
    client.cookies["jaga_language"] = "en"
    for code in (appeal_code(last + 1), hearing_code(case + 2)):
        page = client.post("/appeal/", {"code": code.lower()})
        assert page.status_code == 410
        assert "was lost when our system was restored" in page.content.decode()
    assert client.post("/appeal/", {"code": appeal_code(10**9)}).status_code == 404
    assert here


def test_the_page_of_the_key_names_the_gap(client: Client, home: Path) -> None:  # noqa: F811
    """Published ledger heads of the lost time are shown as lost, not hidden."""
    client.cookies["jaga_language"] = "en"
    assert "Epoch" not in client.get("/key/").content.decode()
    began()
    assert "Epoch 2 began" in client.get("/key/").content.decode()
