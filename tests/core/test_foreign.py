"""Values from another server: texts are cleaned, identifiers kept unchanged or refused, by the port's own values."""

import dataclasses
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.core import platforms
from jaga.core.foreign import (
    EPOCH,
    DisplayText,
    Exact,
    ForeignValueInvalid,
    Identifier,
    Line,
    Plausible,
    PortValue,
    is_identifier,
    plausible,
    rules_of,
    shown,
)
from jaga.core.locators import is_account_of
from jaga.core.platforms import InAppReport, PlatformUnreachable, PublicMessage
from jaga.core.terms.cases import AccountState, OutcomeKind, SetAsideKind
from jaga.core.terms.outside import AnswerKind
from jaga.platforms.kit.guard import moment, moment_of_ms, moment_of_text, raw

OURS = {"Account", "NoticeToOperator", "Capability", "Capabilities"}
"""What goes to a platform, or what an adapter's own code declares."""
VALUES = [
    kind
    for name, kind in vars(platforms).items()
    if dataclasses.is_dataclass(kind) and isinstance(kind, type) and kind.__module__ == platforms.__name__
]
SAMPLES: dict[str, Any] = {
    "state": AccountState.ACTIVE,
    "kind": OutcomeKind.DONE,
    "readings": (),
    "content": b"",
    "messages": (),
    "reports": (),
    "received": True,
    "answer": None,
    "raw": b"",
    "seen": None,
    "set_aside": (),
}
KINDS = {"SetAside": SetAsideKind.MESSAGE, "OperatorAnswer": AnswerKind.DONE}
BAD = "a\x00b\x1b\x85\ud800c"
_ODD = ["", "a", "a\x00", "a\ud800", "a\udfff", "a\ufffd", "a?"]
any_text = st.text(st.characters(), max_size=40) | st.sampled_from(_ODD)


def built(kind: Any, **changes: object) -> Any:
    """A valid value of this kind, with changes."""
    given_: dict[str, Any] = {}
    for field in dataclasses.fields(kind):
        if field.name in SAMPLES:
            given_[field.name] = SAMPLES[field.name]
    given_ |= {
        name: (("a",) if many else EPOCH if isinstance(rule, Plausible) else "a") for name, rule, many in rules_of(kind)
    }
    if kind.__name__ in KINDS:
        given_["kind"] = KINDS[kind.__name__]
    return kind(**{**given_, **changes})


@pytest.mark.parametrize("kind", VALUES, ids=lambda kind: kind.__name__)
def test_every_value_that_comes_from_a_platform_has_a_rule_for_each_text(kind: Any) -> None:
    """Found by introspection, so that a new value or text cannot lack one."""
    if kind.__name__ in OURS:
        return
    assert issubclass(kind, PortValue)
    for name, rule, many in rules_of(kind):
        spoilt: object = (BAD,) if many else BAD
        if isinstance(rule, DisplayText):
            found = getattr(built(kind, **{name: spoilt}), name)
            assert found == "a\ufffdb\ufffd\ufffd\ufffdc"
            assert len(getattr(built(kind, **{name: "x" * 100_000}), name)) == rule.longest
        elif isinstance(rule, Exact):
            for wrong in (BAD, "", "x" * (rule.longest + 1), 7, None):
                with pytest.raises(ForeignValueInvalid):
                    built(kind, **{name: (wrong,) if many else wrong})
        elif isinstance(rule, Plausible):
            assert getattr(built(kind, **{name: datetime(1, 1, 1, tzinfo=UTC)}), name) == EPOCH


def test_a_text_without_a_rule_is_refused_before_it_is_used() -> None:
    """Also inside a tuple, a mapping, or an optional field."""
    for hint in (str, str | None, tuple[str, ...], dict[str, int], list[str], datetime):
        kind = dataclass(frozen=True)(type("New", (PortValue,), {"__annotations__": {"text": hint}}))
        with pytest.raises(TypeError, match="rule"):
            kind("a")


@given(any_text, any_text)
def test_no_two_ids_become_one(one: str, other: str) -> None:
    """An id is kept character by character, or there is no value at all."""
    for text in (one, other):
        if not is_identifier(text):
            with pytest.raises(ForeignValueInvalid):
                PublicMessage("!r", "", text, text, "", EPOCH)
            with pytest.raises(ForeignValueInvalid):
                InAppReport("1", text, "r", EPOCH)
    if is_identifier(one) and is_identifier(other):
        pair = [InAppReport("1", text, text, EPOCH) for text in (one, other)]
        assert (pair[0].account_id == pair[1].account_id) == (one == other)
        assert [report.account_id for report in pair] == [one, other]
    assert (raw(one) == raw(other)) == (one == other)
    assert json.loads(raw(one)) == one


@given(any_text)
def test_a_shown_text_can_be_stored_and_keeps_its_places(text: str) -> None:
    """UTF-8 without NUL, of the same length; cleaning it again changes nothing."""
    found = shown(text, 100)
    assert b"\x00" not in found.encode()
    assert len(found) == len(text)
    assert shown(found, 100) == found


@given(st.integers() | st.floats() | st.booleans() | st.text() | st.none())
def test_any_time_is_a_moment(value: object) -> None:
    """Infinite numbers, NaN and non-numbers become the epoch; other results can be converted to a time zone."""
    for found in (moment(value), moment_of_ms(value), moment_of_text(value) or EPOCH):
        assert found >= EPOCH
        assert found.astimezone(timezone(timedelta(hours=14))).year < 9002


def test_moments_at_the_ends_are_none() -> None:
    """A time that cannot be converted to another zone is invalid."""
    for text in ("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "1969-12-31T23:59:59Z", "x"):
        assert moment_of_text(text) is None
    assert plausible(datetime(2026, 1, 1)) is None  # noqa: DTZ001 - naive on purpose


def test_a_reason_is_cleaned_too() -> None:
    """An error code is text of a server too, and is stored with the fault."""
    failed = PlatformUnreachable(why=BAD, retry_after=float("inf"))
    assert failed.params["why"] == "a\ufffdb\ufffd\ufffd\ufffdc"
    assert failed.retry_after == 86_400
    assert PlatformUnreachable(retry_after=float("nan")).retry_after is None
    assert PlatformUnreachable(retry_after=10**400).retry_after == 86_400


def test_an_id_of_a_platforms_own_is_taken_as_it_is() -> None:
    """Neither folded nor unquoted; another server's id does not belong to it."""
    for adapter, right, wrong in (
        ("synapse", ("@budi:x.id", "@Budi:x.id", "@b%75di:x.id"), ("@budi:y.id", "budi:x.id", "@:x.id", "@b i:x.id")),
        ("prosody", ("budi@x.id", "b%75di@x.id"), ("budi@y.id", "budi@x.id/phone", "@x.id", "a\x00@x.id")),
        ("ozone", ("did:plc:" + "b" * 24,), ("budi.test", "did:plc:x")),
    ):
        assert [is_account_of(adapter, "x.id", one) for one in (*right, *wrong)] == [
            *[True] * len(right),
            *[False] * len(wrong),
        ]


def test_rules_are_read_from_the_annotations() -> None:
    """A line, an identifier, several of them."""

    @dataclass(frozen=True)
    class Told(PortValue):
        name: Line
        ids: tuple[Identifier, ...] = ()

    assert Told("a\x00", ("b",)) == Told("a\ufffd", ("b",))
    with pytest.raises(ForeignValueInvalid):
        Told("a", ("b", ""))
