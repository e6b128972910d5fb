"""A new epoch: numbers lie beyond those that were given, and codes of what is lost say so."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from tests.factories import World, decided_closure, report

from jaga.casework import epochs, people
from jaga.casework.ledger_rows import last_number
from jaga.casework.proof import PromiseLost, check_receipt, link_entries, promise_of, verify_ledger
from jaga.core.actors import CLI
from jaga.core.errors import InvalidInput
from jaga.core.terms import HostKind, Role
from jaga.records.access.epochs import is_put_back, lost_by_number, lost_by_receipt
from jaga.records.codes import appeal_code, hearing_code, new_receipt
from jaga.records.ledger_mark import Mark, read_mark, write_mark
from jaga.records.models import Case, Decision, Epoch, Installation, LedgerEntry, Report

pytestmark = pytest.mark.usefixtures("numbers_go_back")


@pytest.fixture
def home(world: World, settings: Any, tmp_path: Path) -> Path:
    """An installation that was started: its mark lies beside the database; `sari` is its administrator."""
    settings.JAGA_MARK = tmp_path / "ledger-mark"
    people.claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    operator = people.create_organisation("Operator Kedua", people.OrganisationKind.OPERATOR, actor=CLI)
    people.create_person(people.NewPerson("sari", "Sari", operator.pk, (Role.ADMINISTRATOR,)), actor=CLI)
    report()
    link_entries()
    epochs.adopt_mark()
    return tmp_path


def began(**changes: Any) -> epochs.Began:
    return epochs.begin_epoch("sari", "Cakram rusak.", actor=CLI, **changes)


def went_on(home: Path, **numbers: int) -> None:
    """The file says that the ledger went further before the database was put back."""
    mark = read_mark(home / "ledger-mark")
    assert mark
    write_mark(home / "ledger-mark", Mark(mark.home, mark.epoch, mark.size + 50, "f" * 64, "note\n",
                                          {**mark.numbers, **numbers}))


def test_every_number_lies_beyond_all_that_were_given(home: Path) -> None:
    """Also beyond what the file knows; the ledger's own numbers too."""
    went_on(home, case=31_234, decision=2012)
    assert is_put_back()
    found = began()
    assert not is_put_back()
    assert (found.number, found.known - found.size) == (2, 50)
    assert found.numbers["case"][1] == 50_001
    new = report(account="@melati:localhost")
    assert new.case_id == 50_001
    assert new.report_id > 10_000
    assert last_number() > 10_000
    assert {following % 10_000 for _, following in found.numbers.values()} == {1}
    assert min(following - last for last, following in found.numbers.values()) > 10_000


def test_without_the_file_as_many_may_be_lost_as_there_are(home: Path) -> None:
    """A new machine has none. Who knows a number that was given says it."""
    (home / "ledger-mark").unlink()
    with connection.cursor() as cursor:
        cursor.execute("SELECT setval('records_case_id_seq', 40000)")
    assert began().numbers["case"][1] == 100_001
    assert began(beyond=987_654).numbers["appeal"][1] == 1_000_001


def test_the_ledger_says_it_and_is_whole(home: Path) -> None:
    """Who, why, which epoch, and where the backup ended: signed, and verified with the rest."""
    went_on(home)
    found = began()
    entry = LedgerEntry.objects.get(verb="begin_epoch")
    assert entry.payload["epoch"] == 2
    assert entry.payload["reason"] == "Cakram rusak."
    assert entry.payload["person"] == Epoch.objects.get().by_id
    assert entry.payload["lost_checkpoint"] == "note\n"
    assert entry.payload["size"] == found.size == (entry.seq or 0) - 1
    checked = verify_ledger()
    assert checked.ok
    assert "Epoch 2 begins" in checked.notes[0].english()
    assert began().number == 3
    assert verify_ledger().ok


def test_who_and_why_are_asked(home: Path) -> None:
    """An unknown name is told whom there is; an empty reason is none; nothing jumps meanwhile."""
    with pytest.raises(epochs.NoSuchAdministrator, match="sari"):
        epochs.begin_epoch("sinta", "Cakram rusak.", actor=CLI)
    for reason in ("", "  \n", "x" * 301):
        with pytest.raises(InvalidInput):
            epochs.begin_epoch("sari", reason, actor=CLI)
    Installation.objects.update(mark="")
    assert report(account="@melati:localhost").case_id < 10_000


def test_an_empty_database_was_not_restored(db: None, settings: Any, tmp_path: Path) -> None:
    """Then the dump is still to be put back."""
    settings.JAGA_MARK = tmp_path / "ledger-mark"
    with pytest.raises(epochs.NothingToRestore):
        began()


def test_the_receipt_of_a_lost_report_says_so_in_both_languages(client: Client, home: Path) -> None:
    """Not "unknown", and never another's report; the proof of the receipt says the same."""
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


def test_a_guess_learns_nothing(client: Client, home: Path) -> None:
    """A receipt of a number that was not given is only wrong; in the half-year after a restoration it names that time,
    whoever asks. Hardly any of the digits that somebody makes up are taken for a lost report's."""
    began()
    client.cookies["jaga_language"] = "en"
    assert sum(lost_by_receipt(f"{number:016d}") is not None for number in range(0, 10**15, 10**12)) <= 1
    for number in (50_000, 500_000):
        page = client.post("/follow/", {"receipt": new_receipt(number)})
        assert page.status_code == 404
        assert "reports of that time were lost" in page.content.decode()
    assert client.post("/follow/", {"receipt": "1234"}).status_code == 404


def test_who_was_reading_a_report_that_is_lost_is_told(client: Client, home: Path) -> None:
    """The visit's cookie names a report by its number, which no other report gets."""
    filed = report(account="@melati:localhost")
    client.post("/follow/", {"receipt": filed.receipt})
    assert client.get("/follow/report/").status_code == 200
    with connection.cursor() as cursor:
        cursor.execute("UPDATE records_report SET receipt_hash = NULL WHERE id = %s", [filed.report_id])
    began()
    assert client.get("/follow/report/").status_code == 410


def test_the_code_of_a_lost_letter_says_so(client: Client, world: World, home: Path) -> None:
    """A holder whose letter was lost is told how to object without a code; codes that are here work."""
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


def test_the_page_of_the_key_names_the_gap(client: Client, home: Path) -> None:
    """Published heads of the lost time are said to be lost, not hidden."""
    client.cookies["jaga_language"] = "en"
    assert "Epoch" not in client.get("/key/").content.decode()
    began()
    assert "Epoch 2 began" in client.get("/key/").content.decode()


def test_the_mark_follows_the_ledger(home: Path) -> None:
    """What the worker writes after each link; a database that goes back behind it is seen."""
    before = read_mark(home / "ledger-mark")
    report(account="@melati:localhost")
    link_entries()
    epochs.keep_mark()
    after = read_mark(home / "ledger-mark")
    assert before
    assert after
    assert after.size > before.size
    assert after.numbers["report"] == Report.objects.latest("pk").pk
    assert (home / "ledger-mark").stat().st_mode & 0o777 == 0o600
    assert not is_put_back()
    went_on(home)
    assert is_put_back()


def test_a_number_of_before_is_lost_and_one_of_now_is_not(home: Path) -> None:
    """Each belongs to the restoration after which it could no longer be given."""
    assert lost_by_number("report", 500) is None
    began()
    began()
    first, second = Epoch.objects.order_by("number")
    assert lost_by_number("report", first.numbers["report"][1] - 1).number == 2  # type: ignore[union-attr]
    assert lost_by_number("report", first.numbers["report"][1]).number == 3  # type: ignore[union-attr]
    assert lost_by_number("report", second.numbers["report"][1]) is None
