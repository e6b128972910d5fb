"""Epochs: ids continue beyond all used ones, and codes of lost records are recognised as lost."""

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.factories import World, report

from jaga.cases.models.reports import Report
from jaga.core.actors import CLI
from jaga.core.errors import InvalidInput
from jaga.core.terms.people import HostKind, Role
from jaga.people.verbs import people
from jaga.people.verbs.people import claim_installation, create_organisation
from jaga.store.kernel import epochs
from jaga.store.kernel.ledger_verification import verify_ledger
from jaga.store.kernel.sequencer import last_number, link_entries
from jaga.store.ledger_mark import LedgerMark, read_mark, write_mark
from jaga.store.models import Epoch, Installation, LedgerEntry
from jaga.store.reads import is_put_back, lost_by_number

pytestmark = pytest.mark.usefixtures("numbers_go_back")


@pytest.fixture
def home(world: World, settings: Any, tmp_path: Path) -> Path:
    """An installation that was started, with its ledger mark; `sari` is its administrator."""
    settings.JAGA_MARK = tmp_path / "ledger-mark"
    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    operator = create_organisation("Operator Kedua", people.OrganisationKind.OPERATOR, actor=CLI)
    people.create_person(people.NewPerson("sari", "Sari", operator.pk, (Role.ADMINISTRATOR,)), actor=CLI)
    report()
    link_entries()
    epochs.adopt_mark()
    return tmp_path


def began(**changes: Any) -> epochs.Began:
    return epochs.begin_epoch("sari", "Cakram rusak.", actor=CLI, **changes)


def went_on(home: Path, **numbers: int) -> None:
    """The mark says that the ledger was longer before the restore."""
    mark = read_mark(home / "ledger-mark")
    assert mark
    write_mark(
        home / "ledger-mark",
        LedgerMark(mark.home, mark.epoch, mark.size + 50, "f" * 64, "note\n", {**mark.numbers, **numbers}),
    )


def test_every_number_lies_beyond_all_that_were_given(home: Path) -> None:
    """Also beyond the numbers in the mark, and for the ledger's own numbers."""
    went_on(home, case=31_234, decision=2012)
    assert is_put_back()
    found = began()
    assert not is_put_back()
    assert (found.number, found.proven - found.size) == (2, 50)
    assert found.numbers["case"][1] == 50_001
    new = report(account="@melati:localhost")
    assert new.case_id == 50_001
    assert new.report_id > 10_000
    assert last_number() > 10_000
    assert {following % 10_000 for _, following in found.numbers.values()} == {1}
    assert min(following - last for last, following in found.numbers.values()) > 10_000


def test_without_the_file_as_many_may_be_lost_as_there_are(home: Path) -> None:
    """A new machine has no mark. Somebody who knows an issued number can name it."""
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
    """An unknown name is answered with the existing ones; an empty reason is refused; no number jumps."""
    with pytest.raises(epochs.NoSuchAdministrator, match="sari"):
        epochs.begin_epoch("sinta", "Cakram rusak.", actor=CLI)
    for reason in ("", "  \n", "x" * 301):
        with pytest.raises(InvalidInput):
            epochs.begin_epoch("sari", reason, actor=CLI)
    Installation.objects.update(mark="")
    assert report(account="@melati:localhost").case_id < 10_000


def test_an_empty_database_was_not_restored(db: None, settings: Any, tmp_path: Path) -> None:
    """The dump still has to be restored."""
    settings.JAGA_MARK = tmp_path / "ledger-mark"
    with pytest.raises(epochs.NothingToRestore):
        began()


def test_the_mark_follows_the_ledger(home: Path) -> None:
    """The worker updates it after each link; a database with fewer entries is detected."""
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
    assert verify_ledger().ok
    went_on(home)
    assert is_put_back()
    assert ["mark file" in one.english() for one in verify_ledger().problems] == [True]
    (home / "ledger-mark").unlink()
    assert ["mark file is missing" in one.english() for one in verify_ledger().problems] == [True]


def test_a_number_of_before_is_lost_and_one_of_now_is_not(home: Path) -> None:
    """Each number belongs to the restore after which it could no longer be issued."""
    assert lost_by_number("report", 500) is None
    began()
    began()
    first, second = Epoch.objects.order_by("number")
    assert lost_by_number("report", first.numbers["report"][1] - 1).number == 2  # type: ignore[union-attr]
    assert lost_by_number("report", first.numbers["report"][1]).number == 3  # type: ignore[union-attr]
    assert lost_by_number("report", second.numbers["report"][1]) is None
