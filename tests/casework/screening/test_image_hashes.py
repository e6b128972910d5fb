"""Perceptual hashes: known pictures, repeated pictures, and what follows for people."""

import errno
import subprocess
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from PIL import Image
from tests.casework.screening.test_pictures import answer, draw_all, drawing_jobs, standings
from tests.factories import PNG, World, in_review, report, resolved_closure
from tests.screening.drawn import grey, packed, pixels

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Report
from jaga.cases.verbs.evidence import Upload, media_type, seal
from jaga.core.actors import CLI, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.errors import InvalidInput, NotFound
from jaga.core.files import PictureProblem
from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.reports import CopyState, IndicatorKind, YouthAnswer
from jaga.queue.verbs import leases
from jaga.screening.images.pdq import pdq
from jaga.signals import jobs as hash_pictures
from jaga.signals.jobs import compare_list, hash_waiting_pictures
from jaga.signals.models import AccountIndicator, BanEvasionMatch, HashList, PictureHash, PictureMatch, PictureToHash
from jaga.signals.reads.pictures import PictureState, pictures_of
from jaga.signals.verbs import image_hashes as hash_index
from jaga.signals.verbs import triage
from jaga.signals.verbs.image_hashes import (
    MOST_SAME,
    NewHashList,
    compare_with_list,
    import_hash_list,
    record_hash,
    remove_hash_list,
    waiting_pictures,
)
from jaga.store import vault
from jaga.store.key_store.store import Owner
from jaga.store.models import LedgerEntry

SHOWN = pixels(11, 480, 360)


@pytest.fixture(autouse=True)
def nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that has just started."""
    monkeypatch.setattr(hash_index, "_KNOWN", hash_index.Known())


def shot(shown: npt.NDArray[np.uint8] = SHOWN, kind: str = "PNG", **options: object) -> Upload:
    return Upload(packed(shown, kind, **options))


def saved_anew() -> Upload:
    """Half as large, rotated by a quarter, and saved with low quality."""
    small = Image.fromarray(SHOWN).resize((240, 180)).transpose(Image.Transpose.ROTATE_90)
    return shot(np.asarray(small), "JPEG", quality=40)


def listed(*shown: npt.NDArray[np.uint8], name: str = "Daftar", category: str = "gambling") -> HashList:
    rows = sorted(pdq(grey(one)).hashes[0].tobytes() for one in shown)
    return import_hash_list(NewHashList(name, "Lembaga Contoh", category, b"".join(rows)), actor=CLI)


def case_of(number: int) -> Case:
    return Case.objects.get(pk=number)


def show(case_id: int, *pictures: Upload) -> None:
    """Pictures of the account itself, not of a reporter."""
    for number, one in enumerate(pictures):
        seal(
            case_of(case_id),
            None,
            EvidenceKind.SCREENSHOT,
            f"shown-{number}",
            one.content,
            media=media_type(one.content) or "",
            actor=SYSTEM,
        )


def test_a_picture_is_hashed_after_it_came_in(world: World) -> None:
    """Without any person, once, on record; the hash depends on the picture, not on its file."""
    case_id = in_review(screenshots=(shot(), shot(kind="JPEG")))
    assert [row.kind for row in waiting_pictures(10)] == ["screenshot"] * 2
    assert hash_waiting_pictures() == 2
    assert hash_waiting_pictures() == 0
    rows = list(PictureHash.objects.order_by("pk"))
    expected = pdq(grey(SHOWN))
    for row in rows:
        assert np.bitwise_count(np.frombuffer(row.hashes[:32], np.uint8) ^ expected.hashes[0]).sum() <= 10
        assert (row.problem, len(row.hashes)) == ("", 256)
    assert LedgerEntry.objects.filter(verb="hash_picture").count() == 2
    assert not PictureMatch.objects.exists()  # a case's own copies say nothing new
    assert record_hash(rows[0].evidence_id, expected, actor=SYSTEM) is None
    assert standings(case_id, world.supervisor) == [PictureState.TO_CHECK] * 2


def test_a_picture_that_cannot_be_hashed_is_said_to_be_so(world: World) -> None:
    """The next one is still hashed: a broken one, a plain one, a good one."""
    plain_one = np.full((90, 90, 3), 99, np.uint8)
    show(in_review(), Upload(PNG), shot(plain_one), shot())
    assert hash_waiting_pictures() == 3
    broken, plain, good = PictureHash.objects.order_by("evidence")
    assert broken.problem in (PictureProblem.BROKEN, PictureProblem.NO_PICTURE)
    assert (plain.problem, plain.quality) == ("", 0)
    assert good.quality >= 50
    assert AccountIndicator.objects.filter(kind=IndicatorKind.IMAGE, masked__startswith="PDQ").count() == 1


def test_a_fault_that_may_pass_marks_no_picture(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unreadable original does not block others and is tried again later; meanwhile it is not drawn."""
    monkeypatch.setattr(hash_pictures, "_AGAIN", {})
    case_id = in_review(screenshots=(shot(), shot(pixels(12)), shot(pixels(13))))
    answer(case_id, YouthAnswer.NO_SIGN, world.reviewers[0])
    lost, unreadable, good = waiting_pictures(3)
    real = vault.unseal

    def failing(sha256: str, owner: Owner | None) -> bytes:
        if sha256 == lost.sha256:
            raise vault.EvidenceDamaged
        if sha256 == unreadable.sha256:
            raise OSError(errno.EIO, "Input/output error")
        return real(sha256, owner)

    with monkeypatch.context() as faulty:
        faulty.setattr(vault, "unseal", failing)
        assert hash_waiting_pictures() == 1
        assert PictureHash.objects.get().evidence_id == good.pk
        assert waiting_pictures(1, besides=frozenset(hash_pictures._AGAIN)) == []
        assert draw_all()[:2] == [None, None]
    assert hash_waiting_pictures() == 0  # not yet
    with monkeypatch.context() as faulty:
        faulty.setattr(hash_pictures, "monotonic", lambda: float("inf"))
        faulty.setattr("jaga.exchange.pictures.subprocess.Popen", _no_more_processes)
        assert hash_waiting_pictures() == 0
        assert draw_all() == [None] * 3
    assert PictureToHash.objects.count() == 2
    assert hash_waiting_pictures() == 2
    assert not PictureHash.objects.exclude(problem="").exists()


def _no_more_processes(*given: object, **options: object) -> object:
    raise OSError(errno.EAGAIN, "Resource temporarily unavailable")


def test_a_picture_saved_anew_links_the_accounts(world: World) -> None:
    """After the closure the same picture, smaller, rotated and with low quality, appears under another name."""
    first = resolved_closure(world, account="@mawar:localhost")
    show(first, shot())
    hash_waiting_pictures()
    later = in_review(account="@melati:localhost", source="198.51.100.0", text="Akun ini lagi.")
    show(later, saved_anew())
    hash_waiting_pictures()
    assert not BanEvasionMatch.objects.filter(case=later).exists()
    triage.triage_case(later, actor=SYSTEM)
    match = BanEvasionMatch.objects.get(case=later)
    assert (match.earlier_case_id, match.kinds) == (first, ["image"])
    own = AccountIndicator.objects.get(pk=match.evidence[0][0])
    match = PictureMatch.objects.get()
    assert own.masked.startswith("PDQ ")
    assert own.masked.endswith(f"({match.bits}/256)")
    assert match.turned > 0
    (seen,) = pictures_of(case_of(later), actor=world.reviewers[0])
    (same,) = seen.matches
    assert (same.reference, same.bits, same.turned) == (case_of(first).reference, match.bits, True)
    (before,) = pictures_of(case_of(first), actor=world.reviewers[0])
    assert before.matches[0].reference == case_of(later).reference


def test_another_picture_links_nobody(world: World) -> None:
    """Only the same picture does."""
    resolved_closure(world, account="@mawar:localhost", screenshots=(shot(),))
    later = in_review(account="@melati:localhost", screenshots=(shot(pixels(12)),), source="198.51.100.0")
    hash_waiting_pictures()
    triage.triage_case(later, actor=SYSTEM)
    assert not PictureMatch.objects.exists()
    assert not BanEvasionMatch.objects.filter(case=later).exists()


def test_a_picture_that_a_reporter_sent_links_nobody(world: World) -> None:
    """What somebody says about an account connects it with none; the match of the picture is shown."""
    show(resolved_closure(world, account="@mawar:localhost"), shot())
    later = in_review(account="@melati:localhost", screenshots=(saved_anew(),), source="198.51.100.0")
    hash_waiting_pictures()
    triage.triage_case(later, actor=SYSTEM)
    assert PictureMatch.objects.exists()
    assert not BanEvasionMatch.objects.filter(case=later).exists()


def test_a_picture_on_a_list_moves_its_case_up(world: World) -> None:
    """With its category's name and the number of bits; no vote, state or closure follows."""
    known = listed(SHOWN, pixels(30), pixels(31))
    claimed = in_review(account="@melati:localhost", screenshots=(saved_anew(),), source="198.51.100.0")
    hash_waiting_pictures()
    assert (PictureMatch.objects.count(), case_of(claimed).score) == (1, 0.0)  # a claim
    case_id = in_review(text="Tanpa kata kunci.")
    show(case_id, saved_anew())
    before = case_of(case_id)
    hash_waiting_pictures()
    triage.triage_case(case_id, actor=SYSTEM)
    after = case_of(case_id)
    assert (after.state, after.score, after.victim_first) == (before.state, 0.9, False)
    assert after.rank_at < before.rank_at
    match = PictureMatch.objects.get(picture__evidence__case=case_id, hash_list__isnull=False)
    assert (match.hash_list_id, match.turned > 0) == (known.pk, True)
    (seen,) = pictures_of(after, actor=world.reviewers[0])
    assert (seen.matches[0].list_name, seen.matches[0].category, seen.matches[0].bits) == (
        "Daftar",
        "gambling",
        match.bits,
    )


@pytest.mark.parametrize("when", ["list first", "picture first", "drawn and opened"])
def test_a_hit_on_a_protecting_list_closes_the_pictures(world: World, when: str) -> None:
    """Whichever came first: the case becomes victim-first, and nobody can open a picture of it any more."""
    if when == "list first":
        listed(SHOWN, category="child_protection")
    case_id = in_review(screenshots=(shot(),))
    if when == "drawn and opened":
        answer(case_id, YouthAnswer.NO_SIGN, world.reviewers[0])
        assert draw_all() == [CopyState.MADE]
        leases.release_lease(case_id, actor=world.reviewers[0])
    hash_waiting_pictures()
    if when != "list first":
        compare_list(listed(SHOWN, category="child_protection").pk)
        assert LedgerEntry.objects.filter(verb="find_on_list").count() == 1
    case = case_of(case_id)
    assert case.victim_first
    assert standings(case_id, world.supervisor) == [PictureState.CLOSED]
    assert CaseState(case.state) is CaseState.IN_REVIEW


def test_a_picture_is_compared_before_it_is_drawn(world: World) -> None:
    """Although somebody answered that there is no sign, a match with the list keeps the picture from being drawn."""
    listed(SHOWN, category="child_protection")
    case_id = in_review(screenshots=(shot(),))
    answer(case_id, YouthAnswer.NO_SIGN, world.reviewers[0])
    assert drawing_jobs() == 1
    assert draw_all() == [None]
    assert not PictureToHash.objects.exists()
    assert standings(case_id, world.supervisor) == [PictureState.CLOSED]


def test_what_a_protecting_list_knows_stays_closed_in_every_case(world: World) -> None:
    """If its report is moved to a case that is not victim-first, the finding moves with the picture."""
    in_review(screenshots=(shot(), shot(pixels(12))))
    listed(SHOWN, category="child_protection")
    hash_waiting_pictures()
    other = in_review(account="@melati:localhost", screenshots=(), source="198.51.100.0")
    Report.objects.exclude(case=other).update(case=other)
    assert standings(other, world.supervisor) == [PictureState.CLOSED, PictureState.TO_CHECK]
    assert answer(other, YouthAnswer.NO_SIGN, world.reviewers[0]) == 1
    assert draw_all() == [None, CopyState.MADE]
    assert standings(other, world.supervisor) == [PictureState.CLOSED, PictureState.READY]


def test_a_list_and_a_picture_take_turns(world: World) -> None:
    """Each takes a lock first, so that the later one sees what the earlier one committed."""
    known = listed(SHOWN)
    in_review(screenshots=(shot(),))
    (waiting,) = waiting_pictures(1)
    for compare in (
        lambda: compare_with_list(known.pk, 0, 1, actor=SYSTEM),
        lambda: record_hash(waiting.pk, pdq(grey(SHOWN)), actor=SYSTEM),
    ):
        with CaptureQueriesContext(connection) as asked:
            compare()
        first = next(one["sql"] for one in asked if not one["sql"].startswith(("BEGIN", "SAVEPOINT")))
        assert "pg_advisory_xact_lock" in first


def test_a_late_hit_screens_no_case_that_is_over(world: World) -> None:
    """The pictures are hidden nevertheless."""
    case_id = resolved_closure(world, screenshots=(shot(),))
    hash_waiting_pictures()
    before = _triages()
    compare_list(listed(SHOWN, category="child_protection").pk)
    assert case_of(case_id).victim_first
    assert _triages() == before


def _triages() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'jaga.triage_case'")
        return int(cursor.fetchone()[0])


def test_what_protects_a_victim_is_not_named_elsewhere(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other case only says that there is one; people who may not see such cases are told nothing."""
    listed(pixels(40), category="child_protection")
    protected = in_review(account="@mawar:localhost", screenshots=(shot(), shot(pixels(40))))
    other = in_review(account="@melati:localhost", screenshots=(shot(),), source="198.51.100.0")
    hash_waiting_pictures()
    assert case_of(protected).victim_first
    (seen,) = pictures_of(case_of(other), actor=world.supervisor)
    assert [(one.reference, one.case_id, one.list_name) for one in seen.matches] == [("", None, "")]
    Case.objects.filter(pk=protected).update(clearance="child_safety")
    monkeypatch.setattr("jaga.store.reads.clearances_of", lambda actor: frozenset())
    (seen,) = pictures_of(case_of(other), actor=world.reviewers[0])
    assert seen.matches == ()


def test_a_list_is_replaced_and_removed(world: World) -> None:
    """The same list changes nothing; another version replaces it; a removed one finds nothing more."""
    first = listed(SHOWN)
    assert listed(SHOWN).pk == first.pk
    assert listed(SHOWN, name=" Daftar ").pk == first.pk
    second = listed(SHOWN, pixels(50))
    assert HashList.objects.get(pk=first.pk).removed_at is not None
    case_id = in_review(screenshots=(shot(),))
    hash_waiting_pictures()
    assert PictureMatch.objects.get().hash_list_id == second.pk
    remove_hash_list("Daftar", actor=CLI)
    with pytest.raises(NotFound):
        remove_hash_list("Daftar", actor=CLI)
    assert bytes(HashList.objects.get(pk=second.pk).hashes) == b""
    report(account="@lain:localhost", screenshots=(shot(),), source="198.51.100.0")
    hash_waiting_pictures()
    assert PictureMatch.objects.filter(hash_list__isnull=False).count() == 1
    (seen,) = pictures_of(case_of(case_id), actor=world.supervisor)
    assert seen.matches[0].list_name == "Daftar"
    verbs = list(LedgerEntry.objects.filter(verb__endswith="hash_list").order_by("pk").values_list("verb", flat=True))
    assert verbs == ["import_hash_list", "remove_hash_list", "import_hash_list", "remove_hash_list"]


@pytest.mark.parametrize(
    "changes", [{"name": " "}, {"category": "lain"}, {"hashes": b""}, {"hashes": bytes(33)}, {"source": "x" * 201}]
)
def test_a_list_that_is_none_is_refused(world: World, changes: dict[str, object]) -> None:
    """Nothing of it is stored."""
    fields = {"name": "Daftar", "source": "", "category": "gambling", "hashes": bytes(range(32)), **changes}
    with pytest.raises(InvalidInput):
        import_hash_list(NewHashList(**fields), actor=CLI)  # type: ignore[arg-type]
    assert not HashList.objects.exists()


def test_many_copies_are_said_of_a_few(world: World) -> None:
    """Only the first matches are listed, and all share them; each account keeps an indicator that matches the
    others'.
    """
    for number in range(MOST_SAME + 3):
        report(account=f"@akun{number}:localhost", screenshots=(shot(),), source=f"198.51.100.{number}")
    hash_waiting_pictures()
    last = PictureHash.objects.order_by("-pk")[0]
    assert last.matches.count() == MOST_SAME
    first = PictureHash.objects.order_by("pk")[0]
    assert first.pk in last.matches.values_list("earlier", flat=True)


def test_an_index_and_what_came_after_it_find_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker with an index finds later pictures too, and those of an earlier worker."""
    monkeypatch.setattr(hash_index, "_FEW", 1)
    for number in range(6):
        report(
            account=f"@akun{number}:localhost", screenshots=(shot(pixels(number % 2)),), source=f"198.51.100.{number}"
        )
        hash_waiting_pictures()
    assert hash_index._KNOWN.indexed is not None
    rows = list(PictureHash.objects.order_by("pk"))
    assert [row.matches.count() for row in rows] == [0, 0, 1, 1, 2, 2]


def test_nothing_of_it_is_ever_changed_or_forged(world: World) -> None:
    """Hashes and findings are append-only, and a list is removed once and never edited: the database enforces it."""
    listed(SHOWN)
    in_review(screenshots=(shot(),))
    hash_waiting_pictures()

    def refused(statement: str) -> None:
        with (
            pytest.raises(DatabaseError, match=r"append-only|removed once|violates"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)

    for table in ("picturehash", "picturematch", "hashlist"):
        refused(f"DELETE FROM records_{table}")
    refused("UPDATE records_picturehash SET quality = 1")
    refused("UPDATE records_picturematch SET bits = 1")
    refused("UPDATE records_hashlist SET category = 'fraud'")
    refused("UPDATE records_hashlist SET removed_at = now()")
    refused(
        "INSERT INTO records_picturematch (picture_id, hash_list_id, bits, turned, at)"
        " SELECT picture_id, hash_list_id, 32, 0, at FROM records_picturematch"
    )


def test_the_web_server_loads_no_numba() -> None:
    """Hashes are computed and compared in the worker."""
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'; import django; django.setup();"
        "import jaga.app.urls; print([name for name in ('numba', 'PIL', 'pyarrow') if name in sys.modules])"
    )
    root = Path(__file__).parents[3]
    result = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=root,
        env={"PYTHONPATH": f"{root / 'src'}:{root}", "PATH": "/usr/bin:/bin"},
    )
    assert result.stdout.strip() == "[]"
