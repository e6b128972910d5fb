"""Pictures: closed until the youth check, redrawn, openings recorded, closed permanently at any sign of a minor."""

import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from PIL import Image
from tests.factories import PNG, World, in_review, new_request, report, vote

from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Evidence
from jaga.cases.verbs.evidence import Upload
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.reports import CopyState, ReportRoute, YouthAnswer
from jaga.queue.verbs import leases
from jaga.queue.verbs.leases import LeaseLost
from jaga.signals.jobs import defer_lost_pictures, draw_picture, hash_waiting_pictures
from jaga.signals.models import PendingYouthAnswer, PictureOpening, WorkingCopy, YouthCheck
from jaga.signals.reads.pictures import PictureClosed, PictureState, access_opened_copy, pictures_of, undoable_until
from jaga.signals.verbs import triage
from jaga.signals.verbs.pictures import (
    UNDO,
    AnswerPending,
    NothingToCheck,
    TooLateToUndoAnswer,
    answer_youth_check,
    open_picture,
    open_request_letter,
    record_youth_answers,
    undo_youth_check,
)
from jaga.store import vault
from jaga.store.models import LedgerEntry
from jaga.work.rescue import defer_lost_work

NO_SIGN, MINOR = YouthAnswer.NO_SIGN, YouthAnswer.MAY_BE_MINOR


def shot(colour: str = "navy") -> Upload:
    """A small real picture."""
    packed = io.BytesIO()
    Image.new("RGB", (30, 20), colour).save(packed, "PNG")
    return Upload(packed.getvalue())


def standings(case_id: int, actor: Actor) -> list[PictureState]:
    return [seen.state for seen in pictures_of(Case.objects.get(pk=case_id), actor=actor)]


def answer(case_id: int, given: YouthAnswer, actor: Actor) -> int:
    """Answer, and let it take effect."""
    count = answer_youth_check(case_id, leases.take_lease(case_id, actor=actor).fence, given, actor=actor)
    let_take_effect(case_id)
    return count


def let_take_effect(case_id: int) -> int:
    """What the worker does once the answer can no longer be undone."""
    PendingYouthAnswer.objects.update(undo_until=now())
    return record_youth_answers(case_id, actor=SYSTEM)


def draw_all() -> list[CopyState | None]:
    return [draw_picture(number) for number in Evidence.objects.order_by("pk").values_list("pk", flat=True)]


def drawing_jobs() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'jaga.draw_picture'")
        return int(cursor.fetchone()[0])


def test_from_closed_to_open_and_back(world: World) -> None:
    """Hidden, checked, drawn, opened by one person on record; for everybody else it stays hidden."""
    first, second, _ = world.reviewers
    case_id = in_review(screenshots=(shot(),))
    (picture,) = Evidence.objects.filter(kind="screenshot")
    case = Case.objects.get(pk=case_id)
    assert standings(case_id, first) == [PictureState.TO_CHECK]
    assert draw_all() == [None]
    leases.take_lease(case_id, actor=first)
    with pytest.raises(PictureClosed):
        open_picture(case_id, picture.pk, actor=first)
    assert answer(case_id, NO_SIGN, first) == 1
    assert (standings(case_id, first), drawing_jobs()) == ([PictureState.BEING_DRAWN], 1)
    assert draw_all() == [CopyState.MADE]
    assert draw_all() == [None]
    with pytest.raises(PictureClosed):
        access_opened_copy(case, picture.pk, actor=first)
    open_picture(case_id, picture.pk, actor=first)
    copy = access_opened_copy(case, picture.pk, actor=first)
    assert copy.startswith(b"RIFF")
    assert vault.unseal(picture.sha256, picture.key_owner()) == shot().content
    entry = LedgerEntry.objects.get(verb="open_picture")
    assert (entry.actor, entry.payload["evidence"]) == (f"person:{first.person_id}", picture.pk)
    with pytest.raises(PictureClosed):
        access_opened_copy(case, picture.pk, actor=second)
    with pytest.raises(PictureClosed):
        open_picture(case_id, picture.pk, actor=second)
    for stranger in (world.officer, SYSTEM):
        with pytest.raises(NotPermitted):
            open_picture(case_id, picture.pk, actor=stranger)
    open_picture(case_id, picture.pk, actor=world.supervisor)
    with pytest.raises(NotFound):
        open_picture(case_id, picture.pk + 1000, actor=first)
    leases.release_lease(case_id, actor=first)
    with pytest.raises(PictureClosed):
        access_opened_copy(case, picture.pk, actor=first)


def test_an_opening_ends_by_itself(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """After some minutes it must be opened, and recorded, again."""
    case_id = in_review(screenshots=(shot(),))
    answer(case_id, NO_SIGN, world.reviewers[0])
    draw_all()
    (picture,) = Evidence.objects.filter(kind="screenshot")
    until = open_picture(case_id, picture.pk, actor=world.supervisor)
    assert standings(case_id, world.supervisor) == [PictureState.OPEN]
    monkeypatch.setattr("jaga.signals.reads.pictures.now", lambda: until)
    assert standings(case_id, world.supervisor) == [PictureState.READY]


@pytest.mark.parametrize("before", [False, True], ids=["at once", "after it was drawn and opened"])
def test_a_sign_of_a_minor_closes_every_picture_for_ever(world: World, before: bool) -> None:
    """Whenever somebody sees it, the case becomes victim-first, and neither people nor the database allow another
    opening.
    """
    first, second, _ = world.reviewers
    case_id = in_review(screenshots=(shot(), shot("teal")))
    one, two = Evidence.objects.filter(kind="screenshot").order_by("pk")
    if before:
        answer(case_id, NO_SIGN, first)
        draw_all()
        open_picture(case_id, one.pk, actor=first)
    assert answer(case_id, MINOR, first) == 2
    assert Case.objects.get(pk=case_id).victim_first
    assert standings(case_id, first) == [PictureState.CLOSED] * 2
    for actor in (first, world.supervisor):
        with pytest.raises(PictureClosed):
            access_opened_copy(Case.objects.get(pk=case_id), one.pk, actor=actor)
        with pytest.raises(PictureClosed):
            open_picture(case_id, one.pk, actor=actor)
    leases.release_lease(case_id, actor=first)
    with pytest.raises(NothingToCheck):
        answer(case_id, NO_SIGN, second)
    assert draw_all() == [None, None]
    assert defer_lost_pictures() == 0
    with pytest.raises(DatabaseError, match="nothing forgets it"), transaction.atomic():
        Case.objects.filter(pk=case_id).update(victim_first=False, victim_state="none")
    with pytest.raises(DatabaseError, match="picture is closed"), transaction.atomic():
        PictureOpening.objects.create(case_id=case_id, evidence=two, person_id=first.person_id, at=two.sealed_at)
    report(screenshots=(shot("red"),))
    assert standings(case_id, first) == [PictureState.CLOSED] * 3


def test_an_answer_can_be_undone_for_ten_seconds_and_closes_meanwhile(world: World) -> None:
    """Closed to everyone at once, nobody votes or decides; undone by its author alone, then the question is open
    again.
    """
    first, second, _ = world.reviewers
    case_id = in_review(screenshots=(shot(),))
    fence = leases.take_lease(case_id, actor=first).fence
    began = now()
    assert answer_youth_check(case_id, fence, MINOR, actor=first) == 1
    case = Case.objects.get(pk=case_id)
    assert (standings(case_id, first), case.victim_first) == ([PictureState.CLOSED], False)
    until = undoable_until(case, actor=first)
    assert until is not None
    assert began + UNDO <= until <= now() + UNDO
    assert undoable_until(case, actor=second) is None
    assert record_youth_answers(case_id, actor=SYSTEM) == 0
    with pytest.raises(AnswerPending):
        vote(case_id, DecisionKind.DISMISS, first)
    with pytest.raises(TooLateToUndoAnswer):
        undo_youth_check(case_id, actor=second)
    undo_youth_check(case_id, actor=first)
    assert standings(case_id, first) == [PictureState.TO_CHECK]
    assert let_take_effect(case_id) == 0
    assert not Case.objects.get(pk=case_id).victim_first
    with pytest.raises(TooLateToUndoAnswer):
        undo_youth_check(case_id, actor=first)
    assert answer_youth_check(case_id, fence, MINOR, actor=first) == 1
    PendingYouthAnswer.objects.filter(ended_at__isnull=True).update(undo_until=now() - timedelta(minutes=1))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'jaga.record_youth_answers'")
    assert defer_lost_work() == 1  # a lost job is deferred again
    with pytest.raises(TooLateToUndoAnswer):
        undo_youth_check(case_id, actor=first)
    assert (record_youth_answers(case_id, actor=SYSTEM), record_youth_answers(case_id, actor=SYSTEM)) == (1, 0)
    assert Case.objects.get(pk=case_id).victim_first
    said = LedgerEntry.objects.filter(verb="check_youth").order_by("-pk")[0]
    assert (said.payload["answer"], said.actor) == (MINOR, f"person:{first.person_id}")


def test_the_first_votes_of_a_case_that_becomes_victim_first_cannot_close(world: World) -> None:
    """If somebody voted to close before the sign was seen, two people can no longer agree on closing."""
    first, second, _ = world.reviewers
    case_id = in_review(screenshots=(shot(),))
    vote(case_id, DecisionKind.CLOSE, first)
    answer(case_id, MINOR, second)
    with pytest.raises(InvalidInput):
        vote(case_id, DecisionKind.CLOSE, second)
    vote(case_id, DecisionKind.REFER, second)
    with pytest.raises(InvalidInput):
        vote(case_id, DecisionKind.CLOSE, world.supervisor)


def test_only_whoever_holds_the_case_answers(world: World) -> None:
    """A lost lease, another role or an empty case changes nothing."""
    first, second, _ = world.reviewers
    case_id = in_review(screenshots=(shot(),))
    fence = leases.take_lease(case_id, actor=first).fence
    for actor, number in ((second, fence), (first, fence + 1), (world.supervisor, fence)):
        with pytest.raises(LeaseLost):
            answer_youth_check(case_id, number, NO_SIGN, actor=actor)
    with pytest.raises(NotPermitted):
        answer_youth_check(case_id, fence, NO_SIGN, actor=world.officer)
    assert not YouthCheck.objects.exists()
    bare = in_review(account="@lain:localhost")
    with pytest.raises(NothingToCheck):
        answer(bare, NO_SIGN, second)


def test_a_picture_that_comes_later_is_checked_anew(world: World) -> None:
    """An answer concerns only the pictures that existed then."""
    first = world.reviewers[0]
    case_id = in_review(screenshots=(shot(),))
    answer(case_id, NO_SIGN, first)
    report(screenshots=(shot("olive"),), source="198.51.100.0")
    assert standings(case_id, first) == [PictureState.BEING_DRAWN, PictureState.TO_CHECK]
    assert answer(case_id, NO_SIGN, first) == 1
    assert draw_all() == [CopyState.MADE, CopyState.MADE]


def test_what_cannot_be_drawn_is_said_and_the_worker_lives(world: World) -> None:
    """A hostile file and a lost original are marked *not drawn*; the next picture is drawn."""
    first = world.reviewers[0]
    case_id = in_review(screenshots=(Upload(PNG), shot("maroon"), shot()))
    answer(case_id, NO_SIGN, first)
    lost = Evidence.objects.filter(kind="screenshot").order_by("pk")[1]
    hash_waiting_pictures()  # one that is lost before waits for its hash
    vault.path_of(lost.sha256, lost.key_owner()).unlink()
    assert draw_all() == [CopyState.NOT_DRAWN, CopyState.NOT_DRAWN, CopyState.MADE]
    assert standings(case_id, first) == [PictureState.NOT_DRAWN, PictureState.NOT_DRAWN, PictureState.READY]
    with pytest.raises(PictureClosed):
        open_picture(case_id, lost.pk, actor=first)


def test_lost_drawings_are_promised_again(world: World) -> None:
    """If the job failed because of a bug, a periodic task finds the picture; not while a job waits."""
    case_id = in_review(screenshots=(shot(), shot("teal")))
    answer(case_id, NO_SIGN, world.reviewers[0])
    assert defer_lost_pictures() == 0
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE task_name = 'jaga.draw_picture'")
    assert (defer_lost_pictures(), drawing_jobs()) == (2, 2)


def test_nothing_of_it_is_ever_changed_or_forged(world: World) -> None:
    """Checks, copies and openings are append-only, and none exists without a check: the database enforces it."""
    case_id = in_review(screenshots=(shot(),))
    (picture,) = Evidence.objects.filter(kind="screenshot")
    moment, sha256 = picture.sealed_at, picture.sha256

    def refused(write: Any) -> None:
        with pytest.raises(DatabaseError, match=r"picture is closed|append-only"), transaction.atomic():
            write()

    refused(
        lambda: WorkingCopy.objects.create(
            evidence=picture, state="made", sha256=sha256, width=1, height=1, made_at=moment
        )
    )
    refused(
        lambda: PictureOpening.objects.create(
            case_id=case_id, evidence=picture, at=moment, person_id=world.supervisor.person_id
        )
    )
    answer(case_id, NO_SIGN, world.reviewers[0])
    draw_all()
    open_picture(case_id, picture.pk, actor=world.supervisor)
    for model in (YouthCheck, WorkingCopy, PictureOpening):
        refused(lambda model=model: model.objects.all().delete())
    refused(lambda: YouthCheck.objects.update(answer=MINOR))


def test_letters_are_downloaded_on_record_and_closed_where_a_victim_may_be(world: World, tmp_path: Path) -> None:
    """The sealed PDF byte for byte, for people who decide; a letter is never drawn as a picture."""
    filed = requests.file_request(new_request(), actor=world.officer)
    triage.triage_case(filed.case_id, actor=SYSTEM)
    letter = Evidence.objects.get(kind="letter")
    assert open_request_letter(filed.case_id, letter.pk, actor=world.reviewers[0]).startswith(b"%PDF-")
    assert LedgerEntry.objects.filter(verb="open_request_letter").count() == 1
    assert letter.pk not in {
        seen.evidence_id for seen in pictures_of(Case.objects.get(pk=filed.case_id), actor=world.supervisor)
    }
    with pytest.raises(NotPermitted):
        open_request_letter(filed.case_id, letter.pk, actor=world.officer)
    picture = Evidence.objects.get(kind="screenshot")
    with pytest.raises(NotFound):
        open_request_letter(filed.case_id, picture.pk, actor=world.supervisor)
    Case.objects.filter(pk=filed.case_id).update(victim_first=True, victim_state="proposed")
    with pytest.raises(PictureClosed):
        open_request_letter(filed.case_id, letter.pk, actor=world.supervisor)


def test_pixels_are_counted_before_anything_is_stored(world: World) -> None:
    """A picture that claims more than forty million pixels is refused with a message."""
    huge = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + (8000).to_bytes(4, "big") + (5001).to_bytes(4, "big")
    with pytest.raises(InvalidInput) as refused:
        report(screenshots=(Upload(huge),))
    assert [error.code for error in refused.value.errors] == ["too_many_pixels"]
    assert not Evidence.objects.exists()


@pytest.mark.parametrize(
    "changes", [{"route": ReportRoute.VICTIM}, {"category": "child_protection"}, {"category": "trafficking"}]
)
def test_where_a_victim_may_be_shown_no_picture_is_taken(world: World, changes: dict[str, Any]) -> None:
    """Even if a client sends one; hashes computed on the device are accepted."""
    with pytest.raises(InvalidInput) as refused:
        report(screenshots=(shot(),), **changes)
    assert [(error.field, error.code) for error in refused.value.errors] == [("screenshots", "not_here")]
    assert not Evidence.objects.exists()
    report(device_hashes=("ab" * 32,), **changes)
    assert [row.kind for row in Evidence.objects.all()] == ["media"]
