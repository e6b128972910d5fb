"""What is said in signed messages (`standard_webhooks`): JSON objects with a versioned `type`. `docs/webhooks.md`.

Jaga says `jaga.notice.v1`, `jaga.state.v1`, `jaga.ping.v1`; a platform answers with `jaga.receipt.v1`,
`jaga.answer.v1`, `jaga.account.v1`, `jaga.pong.v1`. A field that is not known here is passed over, so that a platform
may say more; a changed meaning gets a new version.
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
from jaga.core.terms import AccountState, AnswerKind

NOTICE, STATE, PING = "jaga.notice.v1", "jaga.state.v1", "jaga.ping.v1"
RECEIPT, ANSWER, ACCOUNT, PONG = "jaga.receipt.v1", "jaga.answer.v1", "jaga.account.v1", "jaga.pong.v1"
LONGEST_TEXT = 5_000
_LONGEST_NUMBER = 100
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class UnknownMessage(MalformedHook):
    """Rightly signed, but of a type that has no place here: perhaps another message, used again."""

    code = "hook_of_wrong_type"
    sentence = N_("A message of the type “%(found)s” has no place here; %(wanted)s was expected.")


@dataclass(frozen=True)
class Received:
    """The platform's software signed that it has the notice `number`: the proof that starts the clock."""

    number: str


def notice_id(notice: NoticeToOperator) -> str:
    """The message's id: the notice's number. A correction is another message, and its repeats have one id too."""
    if not notice.corrects:
        return notice.number
    return f"{notice.number}:{hashlib.sha256(notice.corrects.encode()).hexdigest()[:16]}"


def notice_body(notice: NoticeToOperator) -> bytes:
    """The notice as it is sent; the same bytes at each repeat. It names no reporter."""
    return canonical_json({
        "type": NOTICE, "number": notice.number, "action": notice.action.value, "platform": notice.account.platform,
        "account_id": notice.account.account_id, "handle": notice.account.handle, "category": notice.category,
        "legal_basis": notice.legal_basis, "facts": notice.facts, "urgent": notice.urgent,
        "sent_at": rfc3339(notice.sent_at), "statement": notice.statement, "corrects": notice.corrects,
    })


def state_body(account: Account) -> bytes:
    """The question in which state an account is."""
    return canonical_json({"type": STATE, "platform": account.platform, "account_id": account.account_id})


def ping_body(platform: str, challenge: str) -> bytes:
    """A trial without effect. The answer repeats `challenge`, so that no recorded one passes."""
    return canonical_json({"type": PING, "platform": platform, "challenge": challenge})


def answer_body(answer: OperatorAnswer) -> bytes:
    """An operator's answer as its software sends it."""
    return canonical_json({"type": ANSWER, "number": answer.number, "kind": answer.kind.value, "text": answer.text})


def read_answer(body: bytes) -> OperatorAnswer:
    """The answer in a message that was verified before. Raises MalformedHook, UnknownMessage."""
    return _answer(_object(body, ANSWER))


def read_reply(body: bytes) -> OperatorAnswer | Received:
    """What a platform replied to a notice at once: its answer, or that it has the notice. Raises MalformedHook."""
    said = _object(body, RECEIPT, ANSWER)
    return Received(_number(said)) if said["type"] == RECEIPT else _answer(said)


def read_account_state(body: bytes, account: Account) -> AccountState:
    """The state that the platform's software says `account` is in. Raises MalformedHook, also for another account."""
    said = _object(body, ACCOUNT)
    if _text(said, "account_id", 1_000) != account.account_id:
        raise MalformedHook(why="it is about another account")
    try:
        return AccountState(_text(said, "state", 40))
    except ValueError:
        raise MalformedHook(why=f"state is none of {', '.join(AccountState)}") from None


def read_pong(body: bytes, challenge: str) -> None:
    """Pass silently where the trial was answered. Raises MalformedHook."""
    if _text(_object(body, PONG), "challenge", 200) != challenge:
        raise MalformedHook(why="it repeats another challenge")


def _answer(said: Mapping[str, object]) -> OperatorAnswer:
    try:
        kind = AnswerKind(_text(said, "kind", 40))
    except ValueError:
        raise MalformedHook(why=f"kind is none of {', '.join(AnswerKind)}") from None
    text = _text(said, "text", LONGEST_TEXT) if "text" in said else ""
    if kind is AnswerKind.REFUSED and not text.strip():
        raise MalformedHook(why="a refusal gives its reason in text")
    return OperatorAnswer(_number(said), kind, text)


def _number(said: Mapping[str, object]) -> str:
    if number := _text(said, "number", _LONGEST_NUMBER):
        return number
    raise MalformedHook(why="number is empty")


def _object(body: bytes, *types: str) -> Mapping[str, object]:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedHook(why="the body is no JSON") from error
    if not isinstance(said, dict):
        raise MalformedHook(why="the body is no JSON object")
    if (found := said.get("type")) not in types:
        raise UnknownMessage(found=str(found)[:60], wanted=" / ".join(types))
    return said


def _text(said: Mapping[str, object], name: str, longest: int) -> str:
    value = said.get(name)
    if not isinstance(value, str) or len(value) > longest or _UNSTORABLE.search(value):
        raise MalformedHook(why=f"{name} is no text of at most {longest} characters without control characters")
    return value
