"""docs/webhooks.md is a specification: its test vectors are correct, and its messages are those of the code."""

import ast
import json
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.docs.pages import ROOT

from jaga.core.platforms import Account, NoticeToOperator
from jaga.core.standard_webhooks import (
    MalformedHook,
    Received,
    UnknownMessage,
    notice_body,
    notice_id,
    ping_body,
    read_account_state,
    read_answer,
    read_pong,
    read_reply,
    sign,
    signing_key,
    state_body,
    verify,
    verifying_key,
)
from jaga.core.terms.cases import AccountState, ActionKind
from jaga.core.terms.outside import AnswerKind

PAGE = (ROOT / "docs" / "webhooks.md").read_text()
ACCOUNT = Account("obrolan", "mawar.malam", "Mawar")


def examples() -> dict[str, dict[str, Any]]:
    blocks = re.findall(r"^```json\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    found = [json.loads(text) for block in blocks for text in re.split(r"\n(?={)", block.strip())]
    return {message["type"]: message for message in found}


def body(type_: str, /, **changes: object) -> bytes:
    return json.dumps({**examples()[type_], **changes}).encode()


def test_the_vectors_fit() -> None:
    """Both kinds of signature, with the page's own keys."""
    private, public, secret = (
        re.findall(rf"^ +({prefix}_\S+)$", PAGE, re.MULTILINE)[0] for prefix in ("whsk", "whpk", "whsec")
    )
    said, id_, seconds = (
        re.findall(rf"^ +{name}: +(\S+)$", PAGE, re.MULTILINE)[0]
        for name in ("body", "webhook-id", "webhook-timestamp")
    )
    at = datetime.fromtimestamp(int(seconds), UTC)
    expected = re.findall(r"^ +webhook-signature: (\S+)$", PAGE, re.MULTILINE)
    for key, signature in zip((private, secret), expected, strict=True):
        assert sign(signing_key(key), id_, at, said.encode())["webhook-signature"] == signature
    both = {"webhook-id": id_, "webhook-timestamp": seconds, "webhook-signature": " ".join(expected)}
    for key in (public, secret):
        assert verify(verifying_key(key), both, said.encode(), now=at).id == id_


def test_the_messages_that_jaga_sends_have_the_fields_that_the_page_shows() -> None:
    """Programs written by the page get what it says."""
    shown = examples()
    notice = NoticeToOperator(
        "P000042",
        ActionKind.CLOSE,
        ACCOUNT,
        "gambling",
        "uu-ite-27-2",
        "Iklan judi di ruang umum.",
        False,
        datetime(2026, 3, 20, 4, tzinfo=UTC),
        "Akun Anda ditutup …",
    )
    assert json.loads(notice_body(notice)) == shown["jaga.notice.v1"]
    assert json.loads(ping_body("obrolan", "4f1c")) == shown["jaga.ping.v1"]
    assert json.loads(state_body(ACCOUNT)) == shown["jaga.state.v1"]
    assert notice_id(notice) == "P000042"


def test_the_messages_that_the_page_shows_are_understood() -> None:
    """Unchanged, and with an additional field."""
    assert read_answer(body("jaga.answer.v1", more="x")).kind is AnswerKind.DONE
    assert read_reply(body("jaga.receipt.v1", more="x")) == Received("P000042")
    assert read_account_state(body("jaga.account.v1"), ACCOUNT) is AccountState.ACTIVE
    read_pong(body("jaga.pong.v1"), "4f1c")
    table = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert set(AnswerKind) <= set(table)
    assert "`state`: " + ", ".join(f"`{state}`" for state in AccountState) + "." in PAGE


@pytest.mark.parametrize(
    "wrong",
    [
        body("jaga.receipt.v1"),
        body("jaga.notice.v1"),
        body("jaga.answer.v1", kind="maybe"),
        b"[]",
        b"",
        b"{",
        b"\xff",
        body("jaga.answer.v1", kind="refused"),
        body("jaga.answer.v1", number=42),
        body("jaga.answer.v1", number=""),
        body("jaga.answer.v1", text=None),
        body("jaga.answer.v1", text="x" * 5001),
        body("jaga.answer.v1", text="a\x00"),
        body("jaga.answer.v1", text="\ud800"),
        body("jaga.answer.v1", type=["jaga.answer.v1"]),
        b"[" * 100_000,
    ],
)
def test_what_is_no_answer_is_refused(wrong: bytes) -> None:
    """Signed or not: a message that cannot be stored or understood is not an answer."""
    with pytest.raises(MalformedHook):
        read_answer(wrong)


def test_the_receiver_has_as_few_lines_as_the_page_says() -> None:
    """Lines of code without blank lines, comments and docstrings."""
    said = re.search(r"in at most (\d+) lines of\s+code", PAGE)
    assert said
    source = (ROOT / "examples" / "webhook_receiver.py").read_text()
    told = {
        number
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for number in range(node.lineno, (node.end_lineno or 0) + 1)
    }
    lines = [
        line
        for number, line in enumerate(source.splitlines(), 1)
        if number not in told and line.strip() and not line.strip().startswith("#")
    ]
    assert len(lines) <= int(said[1])


def test_a_message_of_another_kind_is_named() -> None:
    """A receipt is not an answer; the error names the expected type."""
    with pytest.raises(UnknownMessage, match=r"jaga\.answer\.v1 was expected"):
        read_answer(body("jaga.receipt.v1"))
