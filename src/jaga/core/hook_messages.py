"""The content of signed messages (`standard_webhooks`): JSON objects with a versioned `type` (docs/webhooks.md).

Jaga sends `jaga.notice.v1`, `jaga.state.v1`, `jaga.ping.v1`; a platform answers with `jaga.receipt.v1`,
`jaga.answer.v1`, `jaga.account.v1`, `jaga.pong.v1`. Unknown fields are ignored, so that a platform may add some; a
changed meaning gets a new version.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from jaga.core.canonical import canonical_json, rfc3339
from jaga.core.errors import N_
from jaga.core.platforms import Account, NoticeToOperator, OperatorAnswer
from jaga.core.standard_webhooks import MalformedHook
from jaga.core.terms.actions import AccountState
from jaga.core.terms.operators import AnswerKind

NOTICE, STATE, PING = "jaga.notice.v1", "jaga.state.v1", "jaga.ping.v1"
RECEIPT, ANSWER, ACCOUNT, PONG = "jaga.receipt.v1", "jaga.answer.v1", "jaga.account.v1", "jaga.pong.v1"
LONGEST_TEXT = 5_000
_LONGEST_NUMBER = 100
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class UnknownMessage(MalformedHook):
    """A genuine message of an unexpected type, possibly replayed from elsewhere."""

    code = "hook_of_wrong_type"
    sentence = N_("A message of the type “%(found)s” has no place here; %(wanted)s was expected.")


@dataclass(frozen=True)
class Received:
    """The platform's software signed that it received notice `number`: the proof that starts the clock."""

    number: str


def notice_id(notice: NoticeToOperator) -> str:
    """The message id: the notice's number. A correction has its own id, the same for all its repeats."""
    if not notice.corrects:
        return notice.number
    return f"{notice.number}:{hashlib.sha256(notice.corrects.encode()).hexdigest()[:16]}"


def notice_body(notice: NoticeToOperator) -> bytes:
    """The notice as sent, with the same bytes at each repeat. It contains no reporter."""
    return canonical_json(
        {
            "type": NOTICE,
            "number": notice.number,
            "action": notice.action.value,
            "platform": notice.account.platform,
            "account_id": notice.account.account_id,
            "handle": notice.account.handle,
            "category": notice.category,
            "legal_basis": notice.legal_basis,
            "facts": notice.facts,
            "urgent": notice.urgent,
            "sent_at": rfc3339(notice.sent_at),
            "statement": notice.statement,
            "corrects": notice.corrects,
        }
    )


def state_body(account: Account) -> bytes:
    """A query for the state of an account."""
    return canonical_json({"type": STATE, "platform": account.platform, "account_id": account.account_id})


def ping_body(platform: str, challenge: str) -> bytes:
    """A connection test. The answer repeats `challenge`, so that it cannot be replayed."""
    return canonical_json({"type": PING, "platform": platform, "challenge": challenge})


def answer_body(answer: OperatorAnswer) -> bytes:
    """An operator's answer as its software sends it."""
    return canonical_json({"type": ANSWER, "number": answer.number, "kind": answer.kind.value, "text": answer.text})


def read_answer(body: bytes) -> OperatorAnswer:
    """Parse the answer in a verified message. Raises MalformedHook, UnknownMessage."""
    return _answer(_object(body, ANSWER))


def read_reply(body: bytes) -> OperatorAnswer | Received:
    """Parse a platform's immediate reply to a notice: an answer or a receipt. Raises MalformedHook."""
    message = _object(body, RECEIPT, ANSWER)
    return Received(_number(message)) if message["type"] == RECEIPT else _answer(message)


def read_account_state(body: bytes, account: Account) -> AccountState:
    """Parse the state of `account` given by the platform's software. Raises MalformedHook, also for another account."""
    message = _object(body, ACCOUNT)
    if _text(message, "account_id", 1_000) != account.account_id:
        raise MalformedHook(why="it is about another account")
    try:
        return AccountState(_text(message, "state", 40))
    except ValueError:
        raise MalformedHook(why=f"state is none of {', '.join(AccountState)}") from None


def read_pong(body: bytes, challenge: str) -> None:
    """Check that the connection test was answered. Raises MalformedHook."""
    if _text(_object(body, PONG), "challenge", 200) != challenge:
        raise MalformedHook(why="it repeats another challenge")


def _answer(message: Mapping[str, object]) -> OperatorAnswer:
    try:
        kind = AnswerKind(_text(message, "kind", 40))
    except ValueError:
        raise MalformedHook(why=f"kind is none of {', '.join(AnswerKind)}") from None
    text = _text(message, "text", LONGEST_TEXT) if "text" in message else ""
    if kind is AnswerKind.REFUSED and not text.strip():
        raise MalformedHook(why="a refusal gives its reason in text")
    return OperatorAnswer(_number(message), kind, text)


def _number(message: Mapping[str, object]) -> str:
    if number := _text(message, "number", _LONGEST_NUMBER):
        return number
    raise MalformedHook(why="number is empty")


def _object(body: bytes, *types: str) -> Mapping[str, object]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedHook(why="the body is no JSON") from error
    if not isinstance(message, dict):
        raise MalformedHook(why="the body is no JSON object")
    if (found := message.get("type")) not in types:
        raise UnknownMessage(found=str(found)[:60], wanted=" / ".join(types))
    return message


def _text(message: Mapping[str, object], name: str, longest: int) -> str:
    value = message.get(name)
    if not isinstance(value, str) or len(value) > longest or _UNSTORABLE.search(value):
        raise MalformedHook(why=f"{name} is no text of at most {longest} characters without control characters")
    return value
