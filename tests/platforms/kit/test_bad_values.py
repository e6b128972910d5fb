"""One bad value in any place of any answer: a call answers, sets the value aside, or raises its platform's fault."""

import json
import stat
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.platforms import lying_servers as right
from tests.platforms.bad_values import BAD, BODIES, LONE, NUL, filled, lying, raw_server
from tests.platforms.receiver import notice

from jaga.core.foreign import is_identifier
from jaga.core.platforms import Account, NotReadable, PlatformFault, PlatformUnreachable
from jaga.core.standard_webhooks import PrivateKey
from jaga.core.terms.cases import AccountState, SetAsideKind
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.registry import open_adapter

NOTES = {"notices_password": "rahasia"}


def opened(adapter: str, url: str, **options: str) -> Any:
    """The adapter as the worker opens it."""
    credentials = {
        "synapse": {"admin_token": "a", "watcher_token": "w"},
        "atproto_pds": {"admin_password": "a"},
        "ozone": {"moderator": "jaga.test", "app_password": "a"},
        "ejabberd": NOTES,
        "prosody": {},
        "webhook": {"signing_key": PrivateKey.generate().text()},
    }[adapter]
    server = "did:plc:" + "c" * 24 if adapter == "ozone" else "localhost"
    return open_adapter(PlatformConfiguration("obrolan", adapter, url, server, credentials, options))


M = "@"
SYNAPSE_PLACES: dict[str, tuple[str, right.Routes]] = {
    "event id": ("rooms", {"/sync": right.sync(right.event(event_id=M))}),
    "sender": ("rooms", {"/sync": right.sync(right.event(sender=M))}),
    "type": ("rooms", {"/sync": right.sync(right.event(type=M))}),
    "body": ("rooms", {"/sync": right.sync(right.event(content={"body": M}))}),
    "content": ("rooms", {"/sync": right.sync(right.event(content=M))}),
    "sent at": ("rooms", {"/sync": right.sync(right.event(origin_server_ts=M))}),
    "event": ("rooms", {"/sync": right.sync(M)}),
    "room": ("rooms", {"/sync": right.sync(right.event(), room=M)}),
    "cursor": ("rooms", {"/sync": right.sync(right.event(), next_batch=M)}),
    "rooms": ("rooms", {"/sync": right.sync(rooms=M)}),
    "listed room": ("rooms", {"/publicRooms": {"chunk": [{"room_id": M}]}}),
    "listed rooms": ("rooms", {"/publicRooms": {"chunk": M}}),
    "room name": ("rooms", {"/publicRooms": {"chunk": [{"room_id": right.ROOM, "name": M}]}}),
    "next page": ("rooms", {"/publicRooms": {"chunk": [], "next_batch": M}}),
    "joined": ("rooms", {"/joined_rooms": {"joined_rooms": [M]}}),
    "join rule": ("rooms", {"/state/m.room.join_rules": {"join_rule": M}}),
    "report's number": ("reports", {"/v1/event_reports": {"event_reports": [{"id": M, "sender": right.SENDER}]}}),
    "report's account": (
        "reports",
        {
            "/v1/event_reports": {
                "event_reports": [{"id": 7, "sender": M, "user_id": "@saksi:localhost", "received_ts": 1}]
            }
        },
    ),
    "reporter": (
        "reports",
        {
            "/v1/user_reports": {
                "user_reports": [{"id": 7, "target_user_id": right.SENDER, "user_id": M, "received_ts": 1}]
            }
        },
    ),
    "reported at": (
        "reports",
        {
            "/v1/user_reports": {
                "user_reports": [
                    {
                        "id": 7,
                        "target_user_id": right.SENDER,
                        "user_id": "@saksi:localhost",
                        "received_ts": M,
                        "reason": M,
                    }
                ]
            }
        },
    ),
    "report": ("reports", {"/v1/user_reports": {"user_reports": [M]}}),
    "reports": ("reports", {"/v1/user_reports": {"user_reports": M}}),
    "reported event": ("reports", {"/v1/event_reports/7": {"event_json": M}}),
    "flag": ("observe", {f"/v2/users/{right.SENDER}": {"name": right.SENDER, "deactivated": M}}),
    "name": ("observe", {f"/v2/users/{right.SENDER}": {"name": M}}),
    "devices": ("observe", {"/devices": {"devices": M}}),
    "membership": ("observe", {"/memberships": {"memberships": {right.ROOM: M}}}),
    "memberships": ("observe", {"/memberships": {"memberships": {M: "join"}}}),
    "preserved event": ("preserve", {f"/v1/rooms/{right.ROOM}/messages": {"chunk": [right.event(event_id=M)]}}),
    "preserved text": (
        "preserve",
        {f"/v1/rooms/{right.ROOM}/messages": {"chunk": [right.event(content={"body": M, "url": M, "msgtype": M})]}},
    ),
    "preserved at": ("preserve", {f"/v1/rooms/{right.ROOM}/messages": {"chunk": [right.event(origin_server_ts=M)]}}),
    "preserved room": ("preserve", {"/memberships": {"memberships": {M: "join"}}}),
    "room's name": (
        "preserve",
        {f"/v1/rooms/{right.ROOM}": {"join_rules": "public", "history_visibility": "shared", "name": M}},
    ),
    "error code": ("rooms", {"/joined_rooms": {"errcode": M}}),
}
ATPROTO_PLACES: dict[str, tuple[str, right.Routes]] = {
    "event's number": ("reports", {"tools.ozone.moderation.queryEvents": {"events": [{"id": M}]}}),
    "event": ("reports", {"tools.ozone.moderation.queryEvents": {"events": [M]}}),
    "comment": (
        "reports",
        {
            "tools.ozone.moderation.queryEvents": {
                "events": [
                    {
                        "id": 9,
                        "event": {"comment": M, "reportType": M},
                        "createdBy": right.DID,
                        "createdAt": M,
                        "subject": {"did": right.DID},
                    }
                ]
            }
        },
    ),
    "reporter": (
        "reports",
        {
            "tools.ozone.moderation.queryEvents": {
                "events": [{"id": 9, "event": {}, "createdBy": M, "subject": {"did": right.DID}}]
            }
        },
    ),
    "subject": ("reports", {"tools.ozone.moderation.queryEvents": {"events": [{"id": 9, "subject": {"uri": M}}]}}),
    "handle": (
        "identify",
        {
            "com.atproto.repo.describeRepo": {"handle": M},
            "com.atproto.admin.getAccountInfo": {"did": right.DID, "handle": M},
        },
    ),
    "opened": (
        "identify",
        {
            "com.atproto.repo.describeRepo": {"handle": M},
            "com.atproto.admin.getAccountInfo": {"did": right.DID, "handle": "a.test", "indexedAt": M},
        },
    ),
    "resolved": ("identify", {"com.atproto.identity.resolveHandle": {"did": M}}),
    "status": ("observe", {"com.atproto.sync.getRepoStatus": {"did": right.DID, "active": False, "status": M}}),
    "takedown": (
        "observe",
        {
            "com.atproto.admin.getSubjectStatus": {"takedown": {"applied": True, "ref": M}},
            "tools.ozone.moderation.queryStatuses": {"subjectStatuses": [{"takendown": M}]},
        },
    ),
    "record": (
        "preserve",
        {
            "com.atproto.repo.listRecords": {
                "records": [{"uri": f"at://{right.DID}/app.bsky.feed.post/self", "cid": M, "value": M}]
            }
        },
    ),
    "uri": ("preserve", {"com.atproto.repo.listRecords": {"records": [{"uri": M}]}}),
    "session": ("reports", {"com.atproto.server.createSession": {"accessJwt": M, "did": M}}),
}


def asked(adapter: Any, what: str, account_id: str) -> object:
    """One call of the port."""
    account = Account("obrolan", account_id)
    match what:
        case "rooms":
            return adapter.read_public("s1")
        case "reports":
            return adapter.read_reports(None)
        case "identify":
            return adapter.identify(Account("obrolan", "mawar.test"))
        case "preserve":
            return adapter.preserve(account)
    return adapter.observe(account)


def answers_or_faults(call: Callable[[], object]) -> object:
    """An answer whose texts can be stored, or the platform's own error, whose reason can be stored too."""
    try:
        answer = call()
    except PlatformUnreachable as failed:
        answer = failed
    if isinstance(answer, PlatformUnreachable):
        why = str(answer.params.get("why")).encode()
        assert b"\x00" not in why
        return answer
    assert "\\x00" not in repr(answer).replace("\\\\", "")
    for feed in (getattr(answer, "messages", ()), getattr(answer, "reports", ())):
        assert all(is_identifier(one.account_id) for one in feed)
    return answer


@pytest.mark.parametrize("place", SYNAPSE_PLACES)
def test_one_bad_value_in_an_answer_of_synapse(place: str) -> None:
    """Each of the bad values in every place: only the port's own exceptions are raised."""
    what, routes = SYNAPSE_PLACES[place]
    with lying(right.served(right.synapse())) as liar:
        adapter = opened("synapse", liar.url)
        for name, bad in BAD.items():
            spoilt = {path: filled(template, bad) for path, template in routes.items()}
            liar.reply = right.served(right.synapse(**spoilt))
            adapter._last.forget()
            assert answers_or_faults(lambda: asked(adapter, what, right.SENDER)) is not None, name


@pytest.mark.parametrize("place", ATPROTO_PLACES)
@pytest.mark.parametrize("kind", ["atproto_pds", "ozone"])
def test_one_bad_value_in_an_answer_of_the_at_protocol(kind: str, place: str) -> None:
    """Likewise for a PDS and Ozone."""
    what, routes = ATPROTO_PLACES[place]
    with lying(right.served(right.atproto())) as liar:
        adapter = opened(kind, liar.url, **({"pds_url": liar.url} if kind == "ozone" else {}))
        if what == "reports" and kind == "atproto_pds":
            pytest.skip("a PDS passes no reports")
        for bad in BAD.values():
            spoilt = {path: filled(template, bad) for path, template in routes.items()}
            liar.reply = right.served(right.atproto(**spoilt))
            answers_or_faults(lambda: asked(adapter, what, right.DID))


def sign_in(answer: bytes) -> Callable[[bytes], list[bytes]]:
    """An XMPP server that offers SCRAM and answers a sign-in with these bytes."""
    features = (
        b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>"
        b"<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-1"
        b"</mechanism></mechanisms></stream:features>"
    )
    return lambda came: [features] if b"<stream:stream" in came else [answer]


def test_one_bad_value_in_an_answer_of_ejabberd() -> None:
    """A number, a list, anything in their place; the sign-in itself is correct."""
    refused = b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>"
    with raw_server(sign_in(refused)) as port, lying(right.served(right.ejabberd())) as liar:
        adapter = opened(
            "ejabberd",
            liar.url,
            xmpp=f"xmpp://127.0.0.1:{port}",
            administrators="",
            notices_account="notices@localhost",
        )
        assert adapter.observe(Account("obrolan", "mawar@localhost")).state is AccountState.UNKNOWN
        for bad in BAD.values():
            for command in ("user_sessions_info", "check_account"):
                liar.reply = right.served(right.ejabberd(**{command: bad}))
                answers_or_faults(lambda: adapter.observe(Account("obrolan", "mawar@localhost")))


_FOUR_OF_THE_LAST = (b"<!ENTITY a%d '&a%d;&a%d;&a%d;&a%d;'>" % (n, n - 1, n - 1, n - 1, n - 1) for n in range(1, 30))
BOMB = b"".join([b"<!DOCTYPE b [<!ENTITY a0 'ha'>", *_FOUR_OF_THE_LAST, b"]><b>&a29;</b>"])
XML = {
    "bomb": BOMB,
    "doctype": b"<!DOCTYPE x><a/>",
    "external": b"<!DOCTYPE x SYSTEM 'file:///etc/passwd'><a/>",
    "nul": b"<a>\x00</a>",
    "invalid-utf-8": b"<a>\xff</a>",
    "utf-16": "<a/>".encode("utf-16"),
    "no-xml": b"hello",
    "closed-twice": b"</stream:stream></stream:stream>",
    "deep": b"<a>" * 100_000,
    "long": b"<a>" + b"x" * 2_000_000,
    "entity": b"<a>&nbsp;</a>",
    "surrogate": b"<a>&#xD800;</a>",
    "number": b"<a>&#0;</a>",
    "error": b"<stream:error></stream:error>",
    "unbound": b"<x:a/>",
    "challenge": b"<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>////</challenge>",
}


@pytest.mark.parametrize("name", XML)
def test_hostile_xml_is_the_platforms_fault(name: str, tmp_path: Path) -> None:
    """Entities are not expanded, nothing is fetched, and it ends at once: with Prosody's sign-in, which all XMPP
    shares.
    """
    with raw_server(sign_in(XML[name])) as port:
        adapter = opened("prosody", f"xmpp://127.0.0.1:{port}", prosodyctl=shell(tmp_path, "OK: prosody:member"))
        begun = time.monotonic()
        seen = answers_or_faults(lambda: adapter.observe(Account("obrolan", "mawar@localhost")))
    assert time.monotonic() - begun < 60
    assert name in ("challenge",) or isinstance(seen, PlatformUnreachable) or seen.state is AccountState.UNKNOWN  # type: ignore[attr-defined]


def shell(folder: Path, *lines: str) -> str:
    """A program that answers like Prosody's shell."""
    marker, program = folder / "said", folder / "prosodyctl"
    marker.write_bytes("\n".join(lines).encode("utf-8", "surrogatepass"))
    program.write_text(f"#!/bin/sh\ncat {marker}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


def test_one_bad_value_in_a_report_of_prosody(tmp_path: Path) -> None:
    """Each of the bad values in each field; the next report is read, and the cursor moves past both."""
    good = {
        "number": 2,
        "account": "mawar@localhost",
        "reporter": "saksi@localhost",
        "reason": "",
        "words": "x",
        "at": 1.0,
    }
    adapter = opened("prosody", "xmpp://127.0.0.1:1", prosodyctl=shell(tmp_path, "OK: x"))
    for field in ("number", "account", "reporter", "reason", "words", "at"):
        for name, bad in BAD.items():
            line = filled({**good, "number": 1, field: M}, bad)
            shell(
                tmp_path,
                "| report " + line.decode("utf-8", "replace").replace("\n", " "),
                "| report " + json.dumps(good),
                "OK: 2 reports",
            )
            feed = adapter.read_reports(None)
            assert [one.own_id for one in feed.reports][-1] == "xmpp:2:1", (field, name)
            assert int(feed.cursor) >= 2


def test_a_separator_of_lines_in_somebodys_words_ends_no_line(tmp_path: Path) -> None:
    """U+2028, U+0085 and others are unescaped in JSON; a reporter must not stop everybody's reports with one."""
    words = "satu\u2028dua\u0085tiga\x1cempat"
    line = json.dumps(
        {"number": 1, "account": "mawar@localhost", "reporter": "saksi@localhost", "reason": "", "words": "@@", "at": 1}
    ).replace("@@", words.replace("\x1c", "\\u001c"))
    adapter = opened("prosody", "xmpp://127.0.0.1:1", prosodyctl=shell(tmp_path, f"| report {line}", "OK: 1 reports"))
    feed = adapter.read_reports(None)
    assert [one.words for one in feed.reports] == ["satu\u2028dua\ufffdtiga\ufffdempat"]


def test_a_shell_that_never_ends_is_ended(tmp_path: Path) -> None:
    """Together with its own child processes, which would otherwise continue and fill the disk."""
    program, child = tmp_path / "prosodyctl", tmp_path / "child"
    program.write_text(f"#!/bin/sh\nyes OK: &\necho $! > {child}\nwait\n")
    program.chmod(0o700)
    adapter = opened("prosody", "xmpp://127.0.0.1:1", prosodyctl=str(program))
    with pytest.raises(PlatformFault, match="cannot be used"):
        adapter.read_reports(None)
    until, of_child = time.monotonic() + 30, Path(f"/proc/{child.read_text().strip()}/cmdline")
    while of_child.exists() and of_child.read_bytes():  # nothing is left of it, or nobody has collected it yet
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.parametrize("name", BODIES)
def test_a_whole_answer_that_is_wrong(name: str) -> None:
    """Wrong encodings, redirects, compression, headers, pauses: every call of every adapter over HTTP."""

    def reply(method: str, path: str, body: bytes) -> tuple[int, dict[str, str], bytes]:
        return BODIES[name]

    with lying(reply) as liar, raw_server(lambda came: []) as port:
        adapters = (
            (opened("synapse", liar.url), right.SENDER),
            (opened("atproto_pds", liar.url), right.DID),
            (opened("ozone", liar.url, pds_url=liar.url), right.DID),
            (
                opened(
                    "ejabberd",
                    liar.url,
                    xmpp=f"xmpp://127.0.0.1:{port}",
                    administrators="",
                    notices_account="notices@localhost",
                ),
                "mawar@localhost",
            ),
            (
                opened(
                    "webhook",
                    liar.url,
                    answer_keys=PrivateKey.generate().public.text(),
                    profile_url=liar.url + "/{account}",
                    state_url=liar.url,
                ),
                "mawar",
            ),
        )
        for adapter, account_id in adapters:
            account = Account("obrolan", account_id)
            given: dict[str, tuple[object, ...]] = {
                **dict.fromkeys(("observe", "preserve", "close", "restrict", "restore", "identify"), (account,)),
                **dict.fromkeys(("read_public", "read_reports"), (None,)),
                "check": (),
                "send": (notice("mawar"),),
            }
            for call, arguments in given.items():
                if hasattr(adapter, call):
                    answers_or_faults(partial(getattr(adapter, call), *arguments))


def test_a_compressed_bomb_is_not_unfolded() -> None:
    """We never ask for compression, so a compressed answer is refused before a byte of it is unpacked."""
    bomb = 200, {"Content-Encoding": "gzip"}, b"\x1f\x8b" * 10
    with lying(lambda *_: bomb) as liar, pytest.raises(PlatformFault) as raised:
        opened("synapse", liar.url).observe(Account("obrolan", right.SENDER))
    assert "compressed" in str(raised.value.params["why"])


def test_headers_that_never_end_hold_no_thread_for_long() -> None:
    """Each byte comes within its limit; the whole answer does not."""

    def drip(came: bytes) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nX-Long: "
        for _ in range(600):
            time.sleep(0.1)
            yield b"a"

    with raw_server(drip) as port:
        adapter = opened("synapse", f"http://127.0.0.1:{port}")
        adapter._api.http._seconds = 0.5
        begun = time.monotonic()
        with pytest.raises(PlatformUnreachable):
            adapter.observe(Account("obrolan", right.SENDER))
        assert time.monotonic() - begun < 40


def test_a_message_with_a_bad_id_is_set_aside_whole_and_the_others_are_read() -> None:
    """Its raw bytes lead back to the original; nothing of it is among the messages."""
    for bad in (NUL, LONE, "", "x" * 400):
        spoilt = right.event(event_id=bad)
        routes = right.synapse(**{"/sync": right.sync(spoilt, right.event(event_id="$dua"))})
        with lying(right.served(routes)) as liar:
            feed = opened("synapse", liar.url).read_public("s1")
        assert [one.message_id for one in feed.messages] == ["$dua"]
        assert [one.kind for one in feed.set_aside] == [SetAsideKind.MESSAGE]
        assert json.loads(feed.set_aside[0].raw) == spoilt
        assert feed.cursor == "s2"


def test_a_cursor_that_cannot_be_kept_takes_nothing_and_says_so() -> None:
    """The read fails with the cursor's bytes; the old cursor stays, so nothing is skipped."""
    routes = right.synapse(**{"/sync": right.sync(right.event(), next_batch=NUL)})
    with lying(right.served(routes)) as liar, pytest.raises(PlatformFault) as raised:
        opened("synapse", liar.url).read_public("s1")
    (aside,) = raised.value.set_aside
    assert (aside.kind, json.loads(aside.raw)) == (SetAsideKind.CURSOR, NUL)


def test_a_report_that_is_set_aside_does_not_name_its_reporter() -> None:
    """The reporter stays secret, also in what is stored for a person to look at."""
    routes = right.synapse(
        **{
            "/v1/user_reports": {
                "user_reports": [{"id": 7, "target_user_id": NUL, "user_id": "@saksi:localhost", "received_ts": 1}]
            }
        }
    )
    with lying(right.served(routes)) as liar:
        feed = opened("synapse", liar.url).read_reports("event:7 user:0")
    (aside,) = feed.set_aside
    assert b"saksi" not in aside.raw
    assert json.loads(aside.raw)["target_user_id"] == NUL


def test_reports_with_impossible_numbers_hold_back_none_and_move_no_cursor() -> None:
    """A number too large to count once became the cursor, which then led nowhere for ever."""
    rows = [
        {"id": number, "target_user_id": right.SENDER, "user_id": "@saksi:localhost", "received_ts": 1}
        for number in (10**30, True, -4, 8)
    ]
    with lying(right.served(right.synapse(**{"/v1/user_reports": {"user_reports": rows}}))) as liar:
        adapter = opened("synapse", liar.url)
        feed = adapter.read_reports("event:7 user:0")
        assert [one.own_id for one in feed.reports] == ["user:8"]
        assert (feed.cursor, len(feed.set_aside)) == ("event:7 user:8", 3)
        assert adapter.read_reports(feed.cursor).reports == ()


def test_what_a_platform_does_not_offer_is_no_fault_of_it() -> None:
    """A platform without readable rooms gets no fault for it."""
    with pytest.raises(NotReadable):
        opened("atproto_pds", "http://127.0.0.1:1").read_public(None)


def test_nothing_is_asked_about_an_account_whose_id_cannot_be_one() -> None:
    """Neither observed nor acted on, however it came into a case."""
    with lying(right.served(right.synapse())) as liar:
        adapter = opened("synapse", liar.url)
        for account_id in (NUL, LONE, ""):
            for call in (adapter.observe, adapter.preserve, adapter.restrict, adapter.close, adapter.restore):
                with pytest.raises(PlatformFault):
                    call(Account("obrolan", account_id))
        assert liar.asked == 0
