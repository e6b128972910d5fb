"""The contract of `Source`: what holds for everything that a watch reads. Every source passes it against a real server.

A test file subclasses `SourceContract` and offers a fixture `stage`. Whatever a stage declares missing is skipped by
name, and the source's page says so.
"""

import dataclasses
from collections.abc import Iterable
from typing import Protocol

import pytest

from jaga.core.observations import Observation, ObservedBatch, Source, SourceRefused, SourceUnreachable, SourceWentBack
from jaga.core.platforms import SetAside
from jaga.core.terms.reports import ObservationKind

SECRET = "kata rahasia keluarga"
MOST_READS = 40


class SourceStage(Protocol):
    """A place with public texts, and a source that reads it."""

    from_beginning: bool
    """Whether a read without a cursor starts at the beginning, as a file does, and not at the present."""
    edits: bool
    deletions: bool
    opts_out: bool
    # Attributes that may be left out:
    # `opts_in` (False): `opt_in(text)` publishes as the account of `say_opted_out`, without its mark.
    # `spoils` (True): `spoil` publishes something; False if the place itself refuses what cannot be used.
    # `dated` (True): the place says when a text was published; False: `at` is when it was read.
    # `page_size` (0): how many texts the place gives in one answer at most; 0: everything.
    # `breaks` (False): `break_down()` makes every answer fail with HTTP 500, `mend()` ends that.

    def source(self) -> Source:
        """A new source with the same settings, as after a restart."""

    def say(self, text: str) -> str:
        """Publish a text; its native id."""

    def say_privately(self, text: str) -> None:
        """Everything that this place calls private: to followers, to one person, in a closed room, unlisted.

        Also with values that cannot be used. Where nothing is private: what was deleted, with its text.
        """

    def spoil(self) -> None:
        """Publish what cannot be used, between good texts: each field with a wrong type, too long, missing."""

    def edit(self, native_id: str, text: str) -> None: ...

    def delete(self, native_id: str) -> None: ...

    def say_opted_out(self, text: str) -> str:
        """Set the mark of an account that asks not to be read, then publish as this account; its id."""

    def go_back(self) -> None:
        """The place is restored from an old backup, emptied or replaced."""


def begin(stage: SourceStage) -> str | None:
    """The cursor of somebody who has just begun. Of a place that starts at the present, nothing earlier is read."""
    if stage.from_beginning:
        return None
    batch = stage.source().read(None, limit=100)
    assert batch.observations == (), "a read without a cursor starts at the present and has no observations"
    return batch.cursor


def read_on(
    stage: SourceStage, cursor: str | None, *, limit: int = 100, until: int = 0
) -> tuple[list[ObservedBatch], str]:
    """Read as the worker does, each time with a new source, until nothing more comes; the batches and the cursor.

    `until`: how many observations at least, from a place that needs a moment to show them.
    """
    batches: list[ObservedBatch] = []
    for _ in range(MOST_READS):
        batch = stage.source().read(cursor, limit=limit)
        assert len(batch.observations) <= limit
        batches.append(batch)
        cursor = batch.cursor
        if not batch.more and len(observed(batches)) >= until:
            return batches, cursor
    found = observed(batches)
    wanted = f"{until} were published and must come" if len(found) < until else "the last batch still says `more`"
    raise AssertionError(
        f"after {MOST_READS} reads {len(found)} observations came, and {wanted}: {ids(batches)}; set"
        f" aside: {[one.why for one in aside_of(batches)]}; the last cursor: {cursor}"
    )


def observed(batches: Iterable[ObservedBatch]) -> list[Observation]:
    return [one for batch in batches for one in batch.observations]


def aside_of(batches: Iterable[ObservedBatch]) -> list[SetAside]:
    return [one for batch in batches for one in batch.set_aside]


def ids(batches: Iterable[ObservedBatch]) -> list[str]:
    return [one.native_id for one in observed(batches)]


def went_back(stage: SourceStage, cursor: str) -> bool:
    """Whether reading from this cursor raises SourceWentBack."""
    try:
        stage.source().read(cursor, limit=10)
    except SourceWentBack:
        return True
    return False


class SourceContract:
    """What holds for every source."""

    def test_each_text_comes_once_whatever_the_limit_and_wherever_it_restarts(self, stage: SourceStage) -> None:
        """The cursor goes on without loss or repeats, in batches of 2 as in one, and again from an old cursor."""
        cursor = begin(stage)
        said = [stage.say(f"tawaran nomor {number}") for number in range(3)]
        batches, _ = read_on(stage, cursor, limit=2, until=3)
        assert ids(batches) == said
        again, end = read_on(stage, cursor, until=3)
        assert ids(again) == said, "a batch whose commit failed is read again from the same cursor"
        if getattr(stage, "dated", True):
            assert observed(again) == observed(batches), "what is read again has the same values, its moment too"
        assert ids(read_on(stage, cursor, limit=1)[0]) == said, "a batch that is full before the end says `more`"
        assert ids(read_on(stage, end)[0]) == [], "nothing comes twice"
        said = [stage.say("satu lagi")]
        assert ids(read_on(stage, end, until=1)[0]) == said

    def test_more_than_one_answer_holds_is_read_whole_and_in_order(self, stage: SourceStage) -> None:
        """The watch was away for a while: nothing of what came meanwhile is left out."""
        page = getattr(stage, "page_size", 0)
        if not page:
            pytest.skip("this place gives everything in one answer, or another test of this source does this")
        cursor = begin(stage)
        said = [stage.say(f"tawaran nomor {number}") for number in range(page + 3)]
        assert ids(read_on(stage, cursor, until=page + 3)[0]) == said
        assert ids(read_on(stage, cursor, limit=page, until=page + 3)[0]) == said

    def test_a_place_that_fails_is_no_place_where_nobody_wrote(self, stage: SourceStage) -> None:
        """SourceUnreachable is raised, so that the watch says so; afterwards reading goes on from the same cursor."""
        if not getattr(stage, "breaks", False):
            pytest.skip("the server of this test does not fail on demand")
        cursor = begin(stage)
        said = stage.say("sebelum rusak")
        stage.break_down()  # type: ignore[attr-defined]
        with pytest.raises(SourceUnreachable) as failed:
            stage.source().read(cursor, limit=10)
        assert not isinstance(failed.value, SourceRefused | SourceWentBack), "nobody has to decide anything"
        stage.mend()  # type: ignore[attr-defined]
        assert ids(read_on(stage, cursor, until=1)[0]) == [said]

    def test_it_begins_at_the_present_or_a_file_at_its_beginning(self, stage: SourceStage) -> None:
        """What was published before the first read is not read, unless the source declares `from_beginning`."""
        earlier = stage.say("sebelum pemantauan")
        cursor = begin(stage)
        later = stage.say("sesudah dimulai")
        expected = [earlier, later] if stage.from_beginning else [later]
        assert ids(read_on(stage, cursor, until=len(expected))[0]) == expected

    def test_an_observation_says_where_when_and_by_whom(self, stage: SourceStage) -> None:
        """Each field is filled, and nothing but the fields of the interface is read."""
        cursor = begin(stage)
        native_id = stage.say("ada tawaran di sini")
        batches, end = read_on(stage, cursor, until=1)
        (one,) = observed(batches)
        assert (one.native_id, one.kind) == (native_id, ObservationKind.NEW)
        assert "ada tawaran di sini" in one.text
        assert "ada tawaran di sini" not in end, "the cursor is stored and shown in the clear: it holds no texts"
        assert one.source_version == stage.source().name
        assert one.at.year >= 2026
        for name in ("surface", "account_id", "handle", "locator"):
            assert getattr(one, name)
        assert {field.name for field in dataclasses.fields(one)} == {
            "surface",
            "native_id",
            "account_id",
            "handle",
            "text",
            "at",
            "locator",
            "source_version",
            "media_hashes",
            "kind",
            "media",
        }

    def test_private_content_never_appears(self, stage: SourceStage) -> None:
        """What is not public is dropped at arrival: it is no observation and is not set aside either."""
        cursor = begin(stage)
        stage.say_privately(SECRET)
        public = stage.say("kata umum")
        batches, _ = read_on(stage, cursor, until=1)
        assert ids(batches) == [public]
        assert SECRET not in repr(batches)
        assert not [one for one in aside_of(batches) if SECRET.encode() in one.raw], "what is set aside is kept"

    def test_what_cannot_be_used_is_set_aside_and_the_rest_goes_on(self, stage: SourceStage) -> None:
        """A bad value is kept with its place and reason, once, and both neighbours are read."""
        if not getattr(stage, "spoils", True):
            pytest.skip("this place itself refuses what cannot be used; another test of this source has lying servers")
        cursor = begin(stage)
        before = stage.say("sebelum")
        stage.spoil()
        after = stage.say("sesudah")
        batches, end = read_on(stage, cursor, limit=1, until=2)
        assert ids(batches) == [before, after]
        aside = aside_of(batches)
        assert aside, "nothing of what `spoil` published was set aside"
        assert all(one.why and one.raw for one in aside)
        assert not aside_of(read_on(stage, end)[0]), "it was set aside twice: move the cursor past it"

    def test_an_edit_is_an_observation_with_the_same_id(self, stage: SourceStage) -> None:
        """The later text comes too, once, marked as an edit."""
        if not stage.edits:
            pytest.skip("this source sees no edits")
        cursor = begin(stage)
        native_id = stage.say("teks pertama")
        _, cursor = read_on(stage, cursor, until=1)
        stage.edit(native_id, "teks kedua")
        batches, end = read_on(stage, cursor, until=1)
        (one,) = observed(batches)
        assert (one.native_id, one.kind) == (native_id, ObservationKind.EDIT)
        assert "teks kedua" in one.text
        assert ids(read_on(stage, end)[0]) == [], "an edit comes once"

    def test_a_deletion_at_the_source_is_told(self, stage: SourceStage) -> None:
        """So that a copy can be deleted at once."""
        if not stage.deletions:
            pytest.skip("this source sees no deletions")
        cursor = begin(stage)
        kept, native_id = stage.say("yang tinggal"), stage.say("yang dihapus")
        batches, cursor = read_on(stage, cursor, until=2)
        stage.delete(native_id)
        stage.say("yang berikut")
        batches, end = read_on(stage, cursor, until=1)
        assert [one.native_id for batch in batches for one in batch.deletions] == [native_id]
        assert kept not in ids(batches)
        assert not [one for batch in read_on(stage, end)[0] for one in batch.deletions]

    def test_an_account_that_opted_out_is_named_and_not_read(self, stage: SourceStage) -> None:
        """The mark is kept with the account's id, and its text is not."""
        if not stage.opts_out:
            pytest.skip("this source has no marks by which an account opts out")
        cursor = begin(stage)
        account = stage.say_opted_out("saya tidak mau dibaca")
        public = stage.say("kata umum")
        batches, _ = read_on(stage, cursor, until=1)
        assert ids(batches) == [public]
        assert account in [one for batch in batches for one in batch.opted_out]
        assert "saya tidak mau dibaca" not in repr(batches)

    def test_an_account_without_the_mark_is_named_so_that_it_can_be_read_again(self, stage: SourceStage) -> None:
        """Its own mark is gone at the source: the watch may read it from then on."""
        if not getattr(stage, "opts_in", False):
            pytest.skip("this source does not see that an account took its mark back")
        cursor = begin(stage)
        account = stage.say_opted_out("saya tidak mau dibaca")
        stage.say("kata umum")
        _, cursor = read_on(stage, cursor, until=1)
        stage.opt_in("boleh dibaca lagi")  # type: ignore[attr-defined]
        batches, _ = read_on(stage, cursor, until=1)
        assert {one.account_id for one in observed(batches)} <= {account}
        assert account in [one for batch in batches for one in batch.opted_in]
        assert not [one for batch in batches for one in batch.opted_out]

    def test_a_source_that_goes_back_in_time_is_not_read_on(self, stage: SourceStage) -> None:
        """It raises SourceWentBack, so that a person decides; so does a cursor that it cannot have given."""
        cursor = begin(stage)
        for number in range(4):
            stage.say(f"sebelum cadangan {number}")
        _, cursor = read_on(stage, cursor, until=4)
        for wrong in ("", "x", "[]", '{"at":"x"}', "9" * 5000):
            assert went_back(stage, wrong), f"SourceWentBack was not raised for a wrong cursor: {wrong[:20]!r}"
        stage.go_back()
        assert went_back(stage, cursor), "SourceWentBack was not raised, and the place no longer has what was read"
