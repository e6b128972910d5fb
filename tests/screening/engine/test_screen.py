"""Signals, their reasons, and the effect of the lexicon's conditions."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.policy.models import LexiconEntry, LocalText
from jaga.screening.engine.screen import screen
from jaga.screening.text.signals import Screened

REASON = LocalText(id="alasan", en="reason")


def entry(
    phrase: str,
    weight: float = 0.5,
    category: str = "prostitution_advertising",
    needs: tuple[str, ...] = (),
    exceptions: tuple[str, ...] = (),
    branch: str = "none",
) -> LexiconEntry:
    assert branch in ("none", "victim_first")
    return LexiconEntry(
        phrase=phrase,
        category=category,
        weight=weight,
        needs=needs,
        exceptions=exceptions,
        reason=REASON,
        example=phrase,
        branch="victim_first" if branch == "victim_first" else "none",
    )


LEXICON = [
    entry("open bo", 0.8, exceptions=("razia",)),
    entry("bo", 0.3),
    entry("dp", 0.4, needs=("open bo", "include")),
    entry("dijebak", 0.6, "trafficking", branch="victim_first"),
]


def one(text: str) -> Screened:
    return screen([text], LEXICON, version="id-2026.1")[0]


def test_a_signal_names_its_words_its_place_and_its_list() -> None:
    """A signal has all that the console shows: words, place and list."""
    (signal,) = one("hai 0pen b0 yuk").signals
    assert (signal.source, signal.version, signal.category, signal.weight) == (
        "lexicon",
        "id-2026.1",
        "prostitution_advertising",
        0.8,
    )
    assert (signal.start, signal.end) == (4, 11)
    assert signal.msgid % signal.params == "“0pen b0” is on the word list as “open bo”."
    assert signal.params["reason_id"] == "alasan"


def test_a_soft_word_counts_only_in_its_context() -> None:
    """ "DP" alone is ordinary selling; the sentence names the context that made it count."""
    assert one("motor bekas, dp 500 ribu").signals == ()
    signal = one("dp dulu, inc\u200blude").signals[0]
    assert signal.msgid % signal.params == (
        "“dp” is on the word list as “dp”; it counts because “inc\u200blude” occurs there too."
    )


def test_an_exception_silences_only_its_entry() -> None:
    """News of a raid is no advertisement, so an exception silences its own entry only."""
    assert [signal.params["phrase"] for signal in one("polisi razia open bo").signals] == ["bo"]
    assert one("open bo").score == pytest.approx(0.8)


def test_a_part_of_a_longer_phrase_is_no_second_signal() -> None:
    """ "bo" within "open bo" adds nothing; elsewhere in the text only its first place is reported."""
    assert [signal.params["phrase"] for signal in one("open bo").signals] == ["open bo"]


def test_the_victim_first_branch_is_asked_for() -> None:
    """An entry with that branch proposes the victim-first path."""
    screened = one("aku dijebak, open bo")
    assert screened.victim_first
    assert not one("open bo").victim_first


def test_every_sentence_can_be_filled() -> None:
    """Each message has all its parameters."""
    sentences = [signal.msgid % signal.params for signal in one("dp include, bo").signals]
    assert sentences == [
        "“dp” is on the word list as “dp”; it counts because “include” occurs there too.",
        "“bo” is on the word list as “bo”.",
    ]
    assert one("selamat pagi").signals == ()


@given(
    st.lists(
        st.text(st.characters(exclude_categories=[]))
        | st.lists(st.sampled_from(["open", "bo", "dp", "include", "razia", "dijebak", "\0", "\ud800"])).map(" ".join)
    )
)
def test_every_text_gets_one_result_that_can_be_stored(texts: list[str]) -> None:
    """Results are in order, with a score from 0 to 1 and parameters that PostgreSQL's jsonb accepts, for any input."""
    results = screen(texts, LEXICON, version="v")
    assert len(results) == len(texts)
    for text, result in zip(texts, results, strict=True):
        assert 0.0 <= result.score <= 1.0
        assert (result.score > 0) == bool(result.signals)
        assert result == screen([text], LEXICON, version="v")[0]
        for signal in result.signals:
            assert 0 <= signal.start < signal.end <= len(text)
            stored = json.dumps(dict(signal.params), ensure_ascii=False)
            assert "\\u0000" not in stored
            stored.encode()  # which half of a surrogate pair is not


@given(st.sets(st.sampled_from(["open bo", "bo x", "dijebak"])))
def test_more_signals_never_lower_the_score(words: set[str]) -> None:
    """Each further signal raises the score or leaves it unchanged."""
    assert one(" | ".join(sorted(words))).score <= one(" | ".join(sorted({*words, "dijebak"}))).score + 1e-12


def test_an_empty_lexicon_finds_nothing() -> None:
    """A new installation without a list still accepts every report."""
    assert screen(["open bo"], [], version="v") == [Screened((), 0.0, False)]
