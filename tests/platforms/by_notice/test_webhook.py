"""The signed webhook against the reference receiver as a process, and against servers that lie."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from tests.platforms.notice_contract import NoticeContract
from tests.platforms.receiver import Asked, Receiver, Reply, Server, notice, receiver, reference, server

from jaga.core.clock import now
from jaga.core.platforms import Account, PlatformFault, PlatformUnreachable
from jaga.core.standard_webhooks import PrivateKey, SharedSecret, read_answer, sign, verify, verifying_key
from jaga.core.terms.cases import AccountState, ActionKind, Step
from jaga.core.terms.outside import AnswerKind
from jaga.platforms.kit.configuration import BlockIncomplete, PlatformConfiguration
from jaga.platforms.kit.guard import NoticeAdapter, by_notice
from jaga.platforms.kit.http import CredentialsRefused
from jaga.platforms.registry import check, hook_keys, open_adapter
from jaga.platforms.webhook import AnswerForged

JAGA, PLATFORM = PrivateKey.generate(), PrivateKey.generate()


def block(url: str, answer_keys: str, signing_key: str = "", **options: str) -> PlatformConfiguration:
    return PlatformConfiguration(
        "obrolan",
        "webhook",
        url,
        "obrolan.example",
        {"signing_key": signing_key or JAGA.text()},
        {"answer_keys": answer_keys, **options},
    )


def opened(configuration: PlatformConfiguration) -> NoticeAdapter:
    adapter = open_adapter(configuration)
    assert by_notice(adapter)
    return adapter


def full(found: Receiver, **options: str) -> PlatformConfiguration:
    return block(
        f"{found.url}/",
        found.public_key,
        profile_url=f"{found.url}/u/{{account}}",
        state_url=f"{found.url}/state",
        **options,
    )


@dataclass
class ReceiverDesk:
    """A receiver of `examples/` as an operator; its effects are the statements that it delivered."""

    found: Receiver
    adapter: NoticeAdapter
    names: Iterator[str]
    looks: bool = True

    def account(self) -> str:
        return next(self.names)

    def effects(self) -> int:
        return self.found.said().count("INVENTED-1234")


class TestWebhook(NoticeContract):
    @pytest.fixture
    def desk(self, tmp_path: Path) -> Iterator[ReceiverDesk]:
        names = [f"akun{number}" for number in range(5)]
        with receiver(tmp_path, JAGA, *names) as found:
            yield ReceiverDesk(found, opened(full(found)), iter(names))


class TestReference(NoticeContract):
    """The receiver that platforms start from, unchanged: it shows no profiles."""

    @pytest.fixture
    def desk(self, tmp_path: Path) -> Iterator[ReceiverDesk]:
        names = [f"akun{number}" for number in range(5)]
        with reference(tmp_path, JAGA, *names) as found:
            yield ReceiverDesk(found, opened(block(f"{found.url}/", found.public_key)), iter(names), looks=False)


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    with receiver(tmp_path_factory.mktemp("receiver"), JAGA, "mawar", "melati", "dahlia") as found:
        yield found


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    with reference(tmp_path_factory.mktemp("reference"), JAGA, "mawar", "dahlia") as found:
        yield found


@pytest.fixture
def liar() -> Iterator[Server]:
    with server() as made:
        yield made


def signed(message: dict[str, object], key: PrivateKey | SharedSecret = PLATFORM, away: int = 0) -> Reply:
    body = json.dumps(message).encode()
    return 200, sign(key, "reply_1", now() + timedelta(seconds=away), body), body


def hook_headers(asked: Asked) -> dict[str, str]:
    return {name.lower(): value for name, value in asked.headers.items() if name.lower().startswith("webhook-")}


RECEIPT: dict[str, object] = {"type": "jaga.receipt.v1", "number": "P000001"}
ANSWER: dict[str, object] = {"type": "jaga.answer.v1", "number": "P000001", "kind": "done", "text": ""}


def test_the_receiver_carries_out_answers_signed_and_tells_a_repeat(platform: Receiver) -> None:
    """Restricted, closed, closed again, restored; each answer is the platform's own."""
    adapter = opened(full(platform))

    def ask(action: ActionKind, number: str, name: str = "mawar") -> AnswerKind:
        handover = adapter.send(notice(name, action, number))
        assert handover.received
        assert handover.answer is not None
        return handover.answer.kind

    def state() -> AccountState:
        return adapter.observe(Account("obrolan", "mawar")).state

    assert ask(ActionKind.RESTRICT, "P1") is AnswerKind.DONE
    assert state() is AccountState.RESTRICTED
    assert ask(ActionKind.CLOSE, "P2") is AnswerKind.DONE
    assert state() is AccountState.CLOSED
    assert ask(ActionKind.CLOSE, "P3") is AnswerKind.ALREADY
    assert ask(ActionKind.RESTORE, "P4") is AnswerKind.DONE
    assert state() is AccountState.ACTIVE
    assert ask(ActionKind.REDACT, "P5") is AnswerKind.REFUSED
    assert ask(ActionKind.CLOSE, "P6", "tidak.ada") is AnswerKind.INVALID_LOCATOR
    assert adapter.observe(Account("obrolan", "tidak.ada")).state is AccountState.MISSING


def test_a_repeat_by_its_number_gets_the_first_answer_and_a_correction_a_new_one(platform: Receiver) -> None:
    """Closed by P7; opened by P8; P7 again changes nothing. A correction is not a repeat."""
    adapter = opened(full(platform))
    account = Account("obrolan", "melati")
    closing = notice("melati", number="P7")
    adapter.send(closing)
    adapter.send(notice("melati", ActionKind.RESTORE, "P8"))
    time.sleep(1.1)
    repeated = adapter.send(closing).answer
    assert repeated is not None
    assert repeated.kind is AnswerKind.DONE
    assert adapter.observe(account).state is AccountState.ACTIVE
    corrected = adapter.send(notice("melati", number="P7", corrects="Gambar yang benar.")).answer
    assert corrected is not None
    assert adapter.observe(account).state is AccountState.CLOSED


def test_the_reference_carries_out_and_says_what_it_cannot_do(plain: Receiver) -> None:
    """Each kind of outcome, signed; a repeat of the notice gets the first answer."""
    adapter = opened(block(f"{plain.url}/", plain.public_key))

    def ask(action: ActionKind, number: str, name: str = "mawar") -> AnswerKind:
        answer = adapter.send(notice(name, action, number)).answer
        assert answer is not None
        return answer.kind

    assert ask(ActionKind.CLOSE, "Q1") is AnswerKind.DONE
    assert ask(ActionKind.CLOSE, "Q2") is AnswerKind.ALREADY
    assert ask(ActionKind.RESTORE, "Q3") is AnswerKind.DONE
    time.sleep(1.1)  # a repeat within one second would be a recording to the receiver
    assert ask(ActionKind.CLOSE, "Q1") is AnswerKind.DONE
    assert ask(ActionKind.RESTORE, "Q4") is AnswerKind.ALREADY, "the repeat closed nothing"
    assert ask(ActionKind.CLOSE, "Q5", "nobody") is AnswerKind.INVALID_LOCATOR
    assert ask(ActionKind.PRESERVE, "Q6") is AnswerKind.REFUSED
    assert plain.said().count("to mawar:") == 2


@pytest.mark.parametrize("program", ["plain", "platform"])
def test_the_receivers_refuse_every_forged_stale_and_replayed_message(
    request: pytest.FixtureRequest,
    program: str,
) -> None:
    """A changed body, a stranger's key, no signature, an old one, a future one, and a replay: nothing is done."""
    found: Receiver = request.getfixturevalue(program)
    message = {"type": "jaga.notice.v1", "number": "P9", "action": "close", "account_id": "dahlia", "statement": "x"}
    body = json.dumps(message).encode()
    good = sign(JAGA, "P9", now(), body)

    def post(headers: dict[str, str], content: bytes = body) -> int:
        return httpx.post(found.url, headers=headers, content=content, timeout=10).status_code

    refused = [
        post({}),
        post(good, body + b" "),
        post(sign(PLATFORM, "P9", now(), body)),
        post(sign(JAGA, "P9", now() - timedelta(seconds=301), body)),
        post(sign(JAGA, "P9", now() + timedelta(seconds=310), body)),
        *(post({other: value for other, value in good.items() if other != name}) for name in good),
        *(post({**good, name: value[:-1] + ("A" if value[-1] != "A" else "B")}) for name, value in good.items()),
    ]
    assert refused == [401] * len(refused)
    assert found.said().count("to dahlia:") == 0
    assert (post(good), post(good)) == (200, 401)
    assert found.said().count("to dahlia:") == 1


def test_an_answer_that_comes_later_is_signed_and_sent_until_it_is_taken(tmp_path: Path, liar: Server) -> None:
    """First only the receipt, which proves that the platform has it; then the outcome, with one id at each attempt."""
    answers = iter([(503, {}, b""), (200, {}, b"")])
    liar.reply = lambda asked: next(answers)
    with receiver(tmp_path, JAGA, "mawar", later=f"{liar.url}/hooks/obrolan/") as found:
        adapter = opened(block(f"{found.url}/", found.public_key))
        handover = adapter.send(notice("mawar"))
        assert (handover.received, handover.answer) == (True, None)
        deadline = time.monotonic() + 20
        while len(liar.asked) < 2 and time.monotonic() < deadline:
            time.sleep(0.1)
        keys = [verifying_key(key) for key in hook_keys(block(found.url, found.public_key))]
        hooks = [verify(keys, asked.headers, asked.body, now=now()) for asked in liar.asked]
    assert [asked.path for asked in liar.asked] == ["/hooks/obrolan/"] * 2
    assert len({hook.id for hook in hooks}) == 1
    answer = read_answer(hooks[1].body)
    assert (answer.number, answer.kind) == ("P000001", AnswerKind.DONE)


def test_an_unsigned_yes_proves_nothing_and_a_signed_receipt_does(liar: Server) -> None:
    """Somebody accepted it; whether the operator has it is not known."""
    adapter = opened(block(liar.url, PLATFORM.public.text()))
    liar.reply = lambda asked: (202, {}, b"thank you")
    assert not adapter.send(notice("mawar")).received
    liar.reply = lambda asked: signed(RECEIPT)
    handover = adapter.send(notice("mawar"))
    assert (handover.received, handover.answer) == (True, None)


FORGED: dict[str, Callable[[Asked], Reply]] = {
    "a stranger's key": lambda asked: signed(ANSWER, PrivateKey.generate()),
    "a shared secret made of the public key": lambda asked: signed(ANSWER, SharedSecret(PLATFORM.public.raw)),
    "a changed body": lambda asked: (*signed(RECEIPT)[:2], json.dumps(ANSWER).encode()),
    "too old": lambda asked: signed(ANSWER, away=-301),
    "of the future": lambda asked: signed(ANSWER, away=310),
    "about another notice": lambda asked: signed({**ANSWER, "number": "P000002"}),
    "a receipt for another notice": lambda asked: signed({**RECEIPT, "number": "P000002"}),
    "another kind of message": lambda asked: signed({**ANSWER, "type": "jaga.pong.v1"}),
    "an unknown answer": lambda asked: signed({**ANSWER, "kind": "maybe"}),
    "a refusal without a reason": lambda asked: signed({**ANSWER, "kind": "refused"}),
    "a text that cannot be stored": lambda asked: signed({**ANSWER, "text": "a\x00b"}),
    "no object": lambda asked: (200, sign(PLATFORM, "r", now(), b"[]"), b"[]"),
    "no JSON": lambda asked: (200, sign(PLATFORM, "r", now(), b"{"), b"{"),
    "our own notice, sent back": lambda asked: (200, hook_headers(asked), asked.body),
    "half a signature": lambda asked: (200, {"webhook-id": "reply_1"}, json.dumps(ANSWER).encode()),
}


@pytest.mark.parametrize("case", FORGED)
def test_an_answer_that_is_not_signed_as_agreed_is_never_believed(liar: Server, case: str) -> None:
    """Each is refused completely; the attempt counts as unanswered."""
    adapter = opened(block(liar.url, PLATFORM.public.text()))
    liar.reply = lambda asked: signed(ANSWER)
    assert adapter.send(notice("mawar")).answer is not None
    liar.reply = FORGED[case]
    with pytest.raises(AnswerForged):
        adapter.send(notice("mawar"))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, PlatformUnreachable),
        (400, PlatformUnreachable),
        (401, CredentialsRefused),
        (403, CredentialsRefused),
        (404, PlatformUnreachable),
        (409, PlatformUnreachable),
        (429, PlatformUnreachable),
        (503, PlatformUnreachable),
    ],
)
def test_whatever_is_no_yes_was_not_handed_over(liar: Server, status: int, kind: type[PlatformUnreachable]) -> None:
    """It is tried again; a signature does not make a refusal a receipt."""
    liar.reply = lambda asked: (status, signed(RECEIPT)[1], signed(RECEIPT)[2])
    with pytest.raises(kind):
        opened(block(liar.url, PLATFORM.public.text())).send(notice("mawar"))


def test_a_platform_that_asks_for_a_pause_gets_it(liar: Server) -> None:
    """`Retry-After` reaches the caller."""
    liar.reply = lambda asked: (429, {"Retry-After": "90"}, b"")
    with pytest.raises(PlatformUnreachable) as raised:
        opened(block(liar.url, PLATFORM.public.text())).send(notice("mawar"))
    assert raised.value.params["retry_after"] == 90.0


def test_the_notice_has_its_number_as_id_says_what_is_asked_and_repeats_byte_for_byte(liar: Server) -> None:
    """The id is the notice's number; a correction has another id, and its repeats the same."""
    adapter = opened(block(liar.url, PLATFORM.public.text()))
    first, corrected = notice("mawar"), notice("mawar", corrects="Gambar yang benar.")
    for one in (first, first, corrected, corrected):
        adapter.send(one)
    ids = [verify(JAGA.public, asked.headers, asked.body, now=now()).id for asked in liar.asked]
    assert ids[0] == ids[1] == "P000001"
    assert ids[2] == ids[3] != ids[0]
    assert liar.asked[0].body == liar.asked[1].body
    content = json.loads(liar.asked[0].body)
    assert (content["type"], content["action"], content["account_id"]) == ("jaga.notice.v1", "close", "mawar")


@pytest.mark.parametrize(
    ("profile", "said", "seen"),
    [
        (200, None, AccountState.ACTIVE),
        (404, None, AccountState.CLOSED),
        (410, None, AccountState.CLOSED),
        (403, None, AccountState.UNKNOWN),
        (302, None, AccountState.UNKNOWN),
        (200, "active", AccountState.ACTIVE),
        (200, "restricted", AccountState.RESTRICTED),
        (200, "closed", AccountState.UNKNOWN),
        (200, "missing", AccountState.UNKNOWN),
        (404, "closed", AccountState.CLOSED),
        (404, "missing", AccountState.MISSING),
        (404, "active", AccountState.UNKNOWN),
        (403, "closed", AccountState.UNKNOWN),
        (404, "unknown", AccountState.CLOSED),
    ],
)
def test_the_profile_is_looked_at_and_the_platforms_word_alone_proves_nothing(
    liar: Server,
    profile: int,
    said: str | None,
    seen: AccountState,
) -> None:
    """If profile and statement contradict each other, or the profile is not clear, the state is unknown."""

    def reply(asked: Asked) -> Reply:
        if asked.method == "GET":
            return profile, {}, b"<html>"
        return signed({"type": "jaga.account.v1", "account_id": "mawar", "state": said})

    liar.reply = reply
    routes = {"profile_url": f"{liar.url}/u/{{account}}", **({"state_url": f"{liar.url}/state"} if said else {})}
    adapter = opened(block(liar.url, PLATFORM.public.text(), **routes))
    observed = adapter.observe(Account("obrolan", "mawar"))
    assert observed.state is seen
    assert len(observed.readings) == len(routes)


def test_a_word_about_another_account_or_of_a_stranger_is_not_believed(liar: Server) -> None:
    """A recorded statement about one account says nothing about another."""
    routes = {"profile_url": f"{liar.url}/u/{{account}}", "state_url": f"{liar.url}/state"}
    adapter = opened(block(liar.url, PLATFORM.public.text(), **routes))
    replies = [
        signed({"type": "jaga.account.v1", "account_id": "melati", "state": "closed"}),
        signed({"type": "jaga.account.v1", "account_id": "mawar", "state": "closed"}, PrivateKey.generate()),
        (200, {}, b'{"type": "jaga.account.v1", "account_id": "mawar", "state": "closed"}'),
    ]
    for answer in replies:
        liar.reply = lambda asked, answer=answer: (404, {}, b"") if asked.method == "GET" else answer  # type: ignore[misc]
        with pytest.raises(AnswerForged):
            adapter.observe(Account("obrolan", "mawar"))


def test_an_account_id_stays_one_piece_of_the_address(platform: Receiver, liar: Server) -> None:
    """Slashes and question marks lead to no other page; an impossible id is not requested."""
    adapter = opened(block(liar.url, PLATFORM.public.text(), profile_url=f"{liar.url}/u/{{account}}"))
    adapter.observe(Account("obrolan", "a/../b c?d#e"))
    assert [asked.path for asked in liar.asked] == ["/u/a%2F..%2Fb%20c%3Fd%23e"]
    for account_id in (".", ".."):
        assert adapter.observe(Account("obrolan", account_id)).state is AccountState.UNKNOWN
    with pytest.raises(PlatformFault):  # no account has it
        adapter.observe(Account("obrolan", ""))
    assert len(liar.asked) == 1


def failed(configuration: PlatformConfiguration) -> dict[str, str]:
    return {one.name: one.sentence for one in check(configuration) if not one.ok}


def test_the_check_says_exactly_what_is_wrong(platform: Receiver, liar: Server) -> None:
    """Our key, theirs, the clock, the address, the profile: each has its own sentence; a correct block has none."""
    assert failed(full(platform)) == {}
    stranger = PrivateKey.generate()
    assert stranger.public.text() in failed(block(f"{platform.url}/", platform.public_key, stranger.text()))["ping"]
    assert "answer_keys" in failed(block(f"{platform.url}/", stranger.public.text()))["ping"]
    blind = block(f"{platform.url}/", platform.public_key, profile_url=f"{liar.url}/u/{{account}}")
    assert failed(blind).keys() == {"profile"}


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (lambda asked: (200, {}, b"ok"), "does not sign"),
        (
            lambda asked: signed({"type": "jaga.pong.v1", "challenge": json.loads(asked.body)["challenge"]}, away=-400),
            "400 seconds|401 seconds",
        ),
        (lambda asked: signed({"type": "jaga.pong.v1", "challenge": "recorded"}), "another challenge"),
        (lambda asked: signed(RECEIPT), "jaga.pong.v1 was expected"),
        (lambda asked: (404, {}, b""), "HTTP 404"),
    ],
)
def test_the_check_names_what_is_wrong_with_the_answer(
    liar: Server,
    reply: Callable[[Asked], Reply],
    words: str,
) -> None:
    """Unsigned, with a wrong clock, replayed, of another type, or at another address."""
    liar.reply = reply
    sentence = failed(block(liar.url, PLATFORM.public.text()))["ping"]
    assert any(word in sentence for word in words.split("|")), sentence


def test_plain_http_beyond_this_machine_fails_the_check_before_anything_is_sent(liar: Server) -> None:
    """Notices name people, so nobody on the way may read them. On this machine it is allowed, for testing."""
    for plain in ("http://obrolan.example/", "http://10.0.0.1/", "http://localhost.example/"):
        assert "https://" in failed(block(plain, PLATFORM.public.text()))["encryption"]
    looking = block(f"{liar.url}/", PLATFORM.public.text(), profile_url="http://obrolan.example/u/{account}")
    assert failed(looking).keys() == {"encryption"}
    assert liar.asked == []


def test_while_keys_are_replaced_both_sides_take_the_old_and_the_new(tmp_path: Path) -> None:
    """Messages are signed with both, and both are known: no notice is lost in between."""
    new = PrivateKey.generate()
    with receiver(tmp_path, JAGA, "mawar") as found:
        both = block(f"{found.url}/", f"{PLATFORM.public.text()} {found.public_key}", f"{new.text()} {JAGA.text()}")
        assert failed(both) == {}
        assert opened(both).send(notice("mawar")).answer is not None
        assert hook_keys(both) == (PLATFORM.public.text(), found.public_key)


def test_a_shared_secret_serves_both_ways_but_not_the_web_server(liar: Server) -> None:
    """Whoever verifies with it could sign with it, so the web server never gets it."""
    secret = SharedSecret(bytes(range(32)))
    configuration = PlatformConfiguration("obrolan", "webhook", liar.url, "x", {"signing_key": secret.text()})
    liar.reply = lambda asked: signed(ANSWER, secret)
    assert opened(configuration).send(notice("mawar")).answer is not None
    assert hook_keys(configuration) == ()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"credentials": {}}, "credentials.signing_key"),
        ({"credentials": {"signing_key": " "}}, "credentials.signing_key"),
        ({"credentials": {"signing_key": PLATFORM.public.text()}}, "credentials.signing_key"),
        ({"options": {}}, "options.answer_keys"),
        ({"options": {"answer_keys": PLATFORM.text()}}, "options.answer_keys"),
        ({"options": {"answer_keys": SharedSecret(bytes(32)).text()}}, "options.answer_keys"),
        ({"base_url": "obrolan.example"}, "base_url"),
        ({"options": {"answer_keys": PLATFORM.public.text(), "profile_url": "https://x/u/"}}, "options.profile_url"),
        (
            {"options": {"answer_keys": PLATFORM.public.text(), "profile_url": "https://{account}/"}},
            "options.profile_url",
        ),
        ({"options": {"answer_keys": PLATFORM.public.text(), "state_url": "https://x/"}}, "options.state_url"),
    ],
)
def test_a_block_that_cannot_work_names_its_field_and_no_secret(change: dict[str, object], field: str) -> None:
    """Secrets must not be in options, which are not encrypted."""
    parts = {
        "base_url": "https://obrolan.example/",
        "credentials": {"signing_key": JAGA.text()},
        "options": {"answer_keys": PLATFORM.public.text()},
        **change,
    }
    with pytest.raises(BlockIncomplete, match=field) as raised:
        open_adapter(PlatformConfiguration("obrolan", "webhook", server_name="x", **parts))  # type: ignore[arg-type]
    assert PLATFORM.text().removeprefix("whsk_") not in str(raised.value)


def test_looking_is_declared_only_where_there_is_a_way(liar: Server) -> None:
    """Without a profile's address a person checks."""
    assert not opened(block(liar.url, PLATFORM.public.text())).capabilities().can(Step.OBSERVE)
    assert (
        opened(block(liar.url, PLATFORM.public.text(), profile_url=f"{liar.url}/u/{{account}}"))
        .capabilities()
        .can(Step.OBSERVE)
    )
