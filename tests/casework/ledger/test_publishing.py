"""Publishing the log: heads every hour, files that are the same after every kill, and nothing about the entries."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.db.utils import IntegrityError
from django.test import Client
from tests.casework.ledger.conftest import Hour, by_the_owner
from tests.factories import World, report

from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.ledger.checkpoints import read_checkpoint
from jaga.ledger.publication import LARGEST_FLOOR, leaves_for
from jaga.ledger.tlog.folder import LogFolder
from jaga.ledger.tlog.notes import TileConflict
from jaga.ledger.tlog.policy import open_checkpoint
from jaga.ledger.tlog.tree import TreeReader
from jaga.proofs.verbs import publishing, verification
from jaga.proofs.verbs.publishing import FolderAhead, LedgerEdited, log_signer, publish, take_head, write_files
from jaga.proofs.verbs.verification import verify_published, verify_published_daily
from jaga.store.kernel.ledger import append
from jaga.store.kernel.sequencer import link_entries, newest_checkpoint
from jaga.store.models import LedgerEntry, PublishedHead, PublishedLog
from jaga.store.reads import count_broken_promises, count_published_problems, is_head_late


def files(folder: Path) -> dict[str, bytes]:
    """All published files below a folder by their names. Inner nodes can be computed again and are not published."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("[!.]*") if path.is_file()}


def say(count: int = 1) -> None:
    """Make and link entries."""
    for _ in range(count):
        append("record_keys", {"names": []}, actor=SYSTEM, case_id=None)
    link_entries()


def test_a_head_an_hour_has_all_entries_and_is_signed_by_the_log(world: World, folder: Path, hour: Hour) -> None:
    """Leaf 0 is the entry with the chain's last checkpoint; an hour without entries has a head too."""
    say(3)
    chain = read_checkpoint(newest_checkpoint())
    assert hour() == 1
    log = PublishedLog.objects.get()
    first = LedgerEntry.objects.get(seq=log.first_seq)
    assert first.verb == "begin_log"
    assert read_checkpoint(first.payload["checkpoint"]) == chain
    assert (first.seq, first.previous) == (chain.size + 1, chain.hash)
    assert publish() == 0  # the same hour
    report()
    assert hour() == 1
    assert hour() == 1  # nothing happened
    heads = list(PublishedHead.objects.order_by("size"))
    assert [one.size for one in heads] == [256, 512, 768]
    assert heads[2].last_seq == heads[1].last_seq == LedgerEntry.objects.count()
    place = LogFolder(folder / "1")
    opened = open_checkpoint(place.read("checkpoint") or b"", log_signer(log.origin).verifier)
    assert opened.head.origin.endswith("/ledger/1")
    tree = TreeReader(768, place.read, opened.head.root)
    leaves = list(tree.entries())
    assert len(set(leaves)) == 768
    assert leaves[:256] == list(publishing.leaves_between(log, None, heads[0]))
    assert (folder / "1/tile/0/000").stat().st_mode & 0o777 == 0o644
    with pytest.raises(IntegrityError, match="never edited"):
        PublishedHead.objects.update(last_seq=0)


class Killed(BaseException):
    """The worker is killed."""


@pytest.mark.parametrize("after", [0, 1, 3, 5])
def test_killed_anywhere_it_goes_on_to_the_same_files(
    world: World, folder: Path, hour: Hour, after: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed after so many files, and with entries made meanwhile; a lost folder is written again."""
    say(2)
    hour()
    before = files(folder)
    say(300)
    place, left = Path.replace, [after]

    def dying(draft: Path, target: Path) -> Path:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return place(draft, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", dying)
        with pytest.raises(Killed):
            hour()
    say(5)  # in the next head, since this one was signed
    assert publish() == 1
    found = files(folder)
    assert before.items() - {("1/checkpoint", before["1/checkpoint"])} <= found.items()
    write_files(folder.parent / "again")
    assert files(folder.parent / "again") == found


def test_the_number_of_leaves_is_the_same_hour_after_hour() -> None:
    """It doubles when it must and stays so for a week; one day of much work does not fill the disk."""
    assert [leaves_for(count, []) for count in (0, 1, 256, 257, 513, 1025)] == [256, 256, 256, 512, 1024, 2048]
    assert leaves_for(0, [256, 1024, 256]) == 1024
    assert leaves_for(0, [2**20]) == LARGEST_FLOOR


def test_what_was_rolled_back_or_edited_is_not_signed(world: World, folder: Path, hour: Hour) -> None:
    """A folder that is ahead, an edited entry, a deleted one, and an exchanged file."""
    say(3)
    hour()
    say(3)
    hour()
    newest = PublishedHead.objects.order_by("-size").first()
    assert newest is not None
    by_the_owner(f"DELETE FROM records_publishedhead WHERE id = {newest.pk}")
    with pytest.raises(FolderAhead):
        hour()
    newest.save(force_insert=True)
    say(1)
    by_the_owner(f"UPDATE records_ledgerentry SET payload = '{{}}' WHERE seq = {newest.last_seq + 1}")
    with pytest.raises(LedgerEdited):
        hour()
    assert PublishedHead.objects.count() == 2
    tile = folder / "1/tile/entries/001"
    tile.write_bytes(tile.read_bytes()[:-1] + b"x")
    (folder / "1/checkpoint").unlink()
    with pytest.raises(TileConflict):
        write_files()


def test_a_late_head_and_a_broken_promise_raise_an_alarm(
    world: World, client: Client, hour: Hour, passing: Callable[[timedelta], None]
) -> None:
    """Five minutes after its hour; and a promise after its merge delay."""
    say()
    hour()
    assert not is_head_late()
    report()
    passing(timedelta(minutes=60))
    assert not count_broken_promises()
    passing(timedelta(minutes=5))
    assert is_head_late()
    passing(timedelta(minutes=11))
    assert count_broken_promises() == LedgerEntry.objects.filter(seq=None).count() > 0
    assert "ledger_publication" in client.get("/health/ready").json()["faults"]
    hour()
    assert not is_head_late()
    assert not count_broken_promises()


def test_files_are_served_as_they_are(world: World, client: Client, folder: Path, hour: Hour) -> None:
    """With headers for caches and other sites; other names are not there, in plain text."""
    assert client.get("/ledger/checkpoint").status_code == 404
    say()
    hour()
    for address in ("/ledger/1/checkpoint", "/ledger/checkpoint"):
        answer = client.get(address)
        assert answer.content == (folder / "1/checkpoint").read_bytes()
        assert (answer["Content-Type"], answer["Cache-Control"]) == ("text/plain; charset=utf-8", "public, max-age=10")
    answer = client.get("/ledger/1/tile/entries/000")
    assert answer.content == (folder / "1/tile/entries/000").read_bytes()
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Vary" not in answer  # caches keep it for everybody
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "immutable" not in client.get("/ledger/tile/0/000")["Cache-Control"]
    for wrong in (
        "1/tile/0/001",
        "1/tile/0/0",
        "1/tile/../checkpoint",
        "1/",
        "2/checkpoint",
        "1/.draft",
        "1/tile",
        "1/tile/0/000.p/9",
        "x",
    ):
        answer = client.get(f"/ledger/{wrong}")
        assert (answer.status_code, answer.content) == (404, b"not found\n"), wrong
    assert client.post("/ledger/checkpoint").status_code == 405


def test_a_head_that_is_signed_and_not_yet_written_is_no_problem(
    world: World, folder: Path, hour: Hour, passing: Callable[[timedelta], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker verifies between the two: `/health/ready` would be red for a day. Later it is one."""
    append("record_keys", {"names": []}, actor=SYSTEM, case_id=None)
    link_entries()
    take_head()
    assert verify_published() == []
    monkeypatch.setattr(verification, "now", lambda: now() + timedelta(minutes=6))
    assert verify_published_daily() == 1
    write_files()
    assert verify_published_daily() == 0
    assert count_published_problems() == 1  # of the verification before, which is done again after an hour
    monkeypatch.setattr(verification, "now", lambda: now() + timedelta(minutes=67))
    assert verify_published_daily() == 0
    assert count_published_problems() == 0
