"""The AT Protocol as a source: the contract against the event stream of a real PDS, and Jetstream against a double."""

import json
import sqlite3
import threading
import time
from base64 import b32encode
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest
from tests.casework.screening.test_pictures import shot
from tests.factories import PNG, make_world
from tests.platforms.atproto.test_car import cbor
from tests.platforms.atproto_servers import AtprotoServers
from tests.platforms.atproto_stage import POSTS, PdsStage
from tests.sources.contract import SourceContract, begin, observed, read_on
from tests.sources.site import running_site
from tests.watching import LOUD, running
from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Evidence
from jaga.core.actors import SYSTEM
from jaga.core.observations import (
    Observation,
    PictureUnavailable,
    Source,
    SourceFault,
    SourceRefused,
    SourceSettings,
    SourceUnreachable,
    SourceWentBack,
)
from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.reports import ObservationKind, SourceKind
from jaga.platforms.kit.guard import moment_of_text
from jaga.queue.verbs import leases
from jaga.signals.verbs.triage import triage_case
from jaga.sources.atproto.jetstream import JetstreamSource
from jaga.sources.atproto.records import (
    ONLY_SIGNED_IN,
    PROFILES,
    AccountProfiles,
    RecordChange,
    RepositoryScope,
    found_in,
)
from jaga.sources.atproto.source import RepositorySource, StreamReading, from_settings
from jaga.sources.registry import Surroundings, read_picture
from jaga.store import vault
from jaga.watch.jobs import fetch_asked_media, fetched
from jaga.watch.models.kept import WatchMedia
from jaga.watch.verbs.media import FetchedMedia, RequestedMedia, request_media
from jaga.watch.verbs.reading import take_in

pytestmark = pytest.mark.atproto
AT = "2026-11-30T01:02:03Z"
DID = "did:plc:" + "a" * 24
QUIET = 0.3


class PdsSourceStage:
    """A real PDS: one account writes, one is shown only to those who signed in, one leaves, one is out of scope."""

    from_beginning, edits, deletions, opts_out = False, True, True, True

    def __init__(self, servers: AtprotoServers) -> None:
        self.pds = PdsStage(servers)
        self.person, self.hidden, self.leaving, self.outsider = (self.pds.person() for _ in range(4))
        label = {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": ONLY_SIGNED_IN}]}
        assert self.pds.put(self.hidden, PROFILES, "self", {"labels": label}).status_code == 200
        self.did = self.person.account.account_id

    def source(self) -> Source:
        scope = RepositoryScope.of((self.did, self.hidden.account.account_id, self.leaving.account.account_id))
        return RepositorySource(self.pds.servers.pds_url, scope, QUIET)

    def say(self, text: str) -> str:
        return self.pds.say(self.person, POSTS, text)

    def say_privately(self, text: str) -> None:
        self.pds.say(self.hidden, POSTS, text)
        self.pds.say(self.outsider, POSTS, text)
        self.pds.say(self.person, "app-passwords", text[:30])
        self.write(
            "com.atproto.repo.createRecord",
            collection="app.bsky.graph.list",
            record={
                "$type": "app.bsky.graph.list",
                "name": text,
                "purpose": "app.bsky.graph.defs#curatelist",
                "createdAt": AT,
            },
        )

    def spoil(self) -> None:
        for wrong in ({"text": 7}, {"text": {"a": "b"}}, {}):
            self.write(
                "com.atproto.repo.createRecord",
                collection=POSTS,
                validate=False,
                record={"$type": POSTS, "createdAt": AT, **wrong},
            )

    def say_with_picture(self, text: str, picture: bytes) -> None:
        sent = self.pds.client.post(
            "/xrpc/com.atproto.repo.uploadBlob",
            content=picture,
            headers={"Authorization": f"Bearer {self.pds.access(self.person)}", "Content-Type": "image/png"},
        )
        assert sent.status_code == 200, sent.text
        self.write(
            "com.atproto.repo.createRecord",
            collection=POSTS,
            record={
                "$type": POSTS,
                "text": text,
                "createdAt": AT,
                "embed": {"$type": "app.bsky.embed.images", "images": [{"alt": "", "image": sent.json()["blob"]}]},
            },
        )

    def edit(self, native_id: str, text: str) -> None:
        key = native_id.rpartition("/")[2]
        assert self.pds.put(self.person, POSTS, key, {"text": text, "createdAt": AT}).status_code == 200

    def delete(self, native_id: str) -> None:
        self.write("com.atproto.repo.deleteRecord", collection=POSTS, rkey=native_id.rpartition("/")[2])

    def say_opted_out(self, text: str) -> str:
        self.pds.say(self.hidden, POSTS, text)
        return self.hidden.account.account_id

    def go_back(self) -> None:
        """The server's list of events is restored from a backup."""
        with closing(sqlite3.connect(self.pds.servers.sequence)) as events, events:
            events.execute("DELETE FROM repo_seq WHERE seq > (SELECT max(seq) FROM repo_seq) - 3")

    def write(self, method: str, **body: Any) -> None:
        answer = self.pds.post(method, {"repo": self.did, **body}, self.pds.access(self.person))
        assert answer.status_code == 200, answer.text


@pytest.fixture(scope="module")
def stage(atproto: AtprotoServers) -> Iterator[PdsSourceStage]:
    made = PdsSourceStage(atproto)
    yield made
    made.pds.close()


class TestPds(SourceContract):
    """The contract on the event stream of a real server."""

    def test_several_changes_in_one_commit_and_an_account_that_goes(self, stage: PdsSourceStage) -> None:
        """A commit with three posts is read in batches of two; an account that its holder deactivates is named."""
        cursor = begin(stage)
        stage.write(
            "com.atproto.repo.applyWrites",
            writes=[
                {
                    "$type": "com.atproto.repo.applyWrites#create",
                    "collection": POSTS,
                    "value": {"$type": POSTS, "text": f"bersama {number}", "createdAt": AT},
                }
                for number in range(3)
            ],
        )
        batches, cursor = read_on(stage, cursor, limit=2, until=3)
        assert [one.text for one in observed(batches)] == [f"bersama {number}" for number in range(3)]
        assert observed(batches)[0].handle == stage.pds.called(stage.person)
        stage.pds.deactivate(stage.leaving)
        stage.say("masih di sini")
        batches, _ = read_on(stage, cursor, until=1)
        assert stage.leaving.account.account_id in [one for batch in batches for one in batch.opted_out]


def test_a_picture_that_a_person_asked_for_comes_from_the_server(stage: PdsSourceStage) -> None:
    """By a real server: named with the hash of its bytes, and fetched by the worker's function without an account."""
    cursor, picture = begin(stage), shot().content
    stage.say_with_picture("harga di gambar", picture)
    batches, _ = read_on(stage, cursor, until=1)
    ((named,),) = [one.media for one in observed(batches)]
    assert named.sha256 == (sha256(picture).hexdigest(),)
    own = SourceSettings(SourceKind.ATPROTO, "practice", stage.pds.servers.pds_url)
    assert fetched(RequestedMedia(1, named.address, own)) == FetchedMedia(picture)
    gone = fetched(RequestedMedia(1, named.address[:-1] + ("a" if named.address[-1] != "a" else "b"), own))
    assert (gone.content, gone.why.startswith("HTTP 4")) == (b"", True)


@pytest.mark.django_db
def test_a_picture_asked_for_on_a_case_comes_from_the_server(
    stage: PdsSourceStage,
    settings: Any,
    tmp_path: Path,
) -> None:
    """The whole way on a real server: a post is flagged, its case asks for the picture, the worker keeps it."""
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    reviewer, cursor, picture = make_world().reviewers[0], begin(stage), shot().content
    stage.say_with_picture(LOUD, picture)
    number = running(kind=SourceKind.ATPROTO, url=stage.pds.servers.pds_url)
    batches, _ = read_on(stage, cursor, until=1)
    for batch in batches:
        take_in(number, batch, actor=SYSTEM)
    case = Case.objects.get()
    assert case.subject.account_id == stage.did
    triage_case(case.pk, actor=SYSTEM)
    request_media(
        case.pk,
        leases.take_lease(case.pk, actor=reviewer).fence,
        WatchMedia.objects.get().pk,
        "Harga hanya ada di gambar; teksnya saja tidak cukup.",
        no_sign=True,
        actor=reviewer,
    )
    assert (fetch_asked_media(), fetch_asked_media()) == (1, 0)
    kept = Evidence.objects.get(kind=EvidenceKind.SCREENSHOT)
    assert vault.unseal(kept.sha256, kept.key_owner()) == picture


def jetstream_event(number: int, text: object, **commit: Any) -> dict[str, Any]:
    record = {"$type": POSTS, "text": text, "createdAt": AT}
    return {
        "did": DID,
        "time_us": 1_796_000_000_000_000 + number,
        "kind": "commit",
        "commit": {
            "rev": "r",
            "operation": "create",
            "collection": POSTS,
            "rkey": f"k{number}",
            "record": record,
            **commit,
        },
    }


@contextmanager
def jetstream(events: list[Any]) -> Iterator[str]:
    """A double of a Jetstream server: it sends what is at or after the cursor, as JSON."""

    def answer(connection: ServerConnection) -> None:
        assert connection.request is not None
        after = int(connection.request.path.rpartition("cursor=")[2])
        with suppress(ConnectionClosed):
            for event in events:
                if not isinstance(event, dict) or event.get("time_us", after) >= after or event.get("late"):
                    connection.send(event if isinstance(event, str | bytes) else json.dumps(event))
            connection.recv()

    with serve(answer, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.socket.getsockname()[1]}/subscribe"
        finally:
            server.shutdown()
            thread.join()


def test_jetstream_is_read_from_its_cursor_on() -> None:
    """Against a double: posts, an edit and a deletion once each in batches of 2, bad values aside, others' never."""
    events: list[Any] = [
        jetstream_event(1, "satu"),
        "bukan JSON",
        jetstream_event(2, 7),
        jetstream_event(3, "dua"),
        jetstream_event(4, "dua lagi", operation="update", rkey="k3"),
        jetstream_event(5, None, operation="delete", rkey="k1", record=None),
        jetstream_event(6, "suka", collection="app.bsky.feed.like"),
        {**jetstream_event(7, "x"), "did": "did:plc:" + "b" * 24},
        {"did": DID, "time_us": 1_796_000_000_000_008, "kind": "identity", "identity": {}},
        {
            "did": DID,
            "time_us": 1_796_000_000_000_009,
            "kind": "account",
            "account": {"active": False, "status": "takendown"},
        },
    ]
    with jetstream(events) as url:
        source = JetstreamSource(url, RepositoryScope.of((DID,)), QUIET)
        cursor, found, aside, deleted = json.dumps({"time_us": 1_796_000_000_000_000}), [], [], []
        for _ in range(5):
            batch = source.read(cursor, limit=2)
            cursor = batch.cursor
            found += [(one.text, one.kind, one.native_id.rpartition("/")[2]) for one in batch.observations]
            aside += [one.why for one in batch.set_aside]
            deleted += [one.native_id for one in batch.deletions]
            if not batch.more:
                break
        assert found == [
            ("satu", ObservationKind.NEW, "k1"),
            ("dua", ObservationKind.NEW, "k3"),
            ("dua lagi", ObservationKind.EDIT, "k3"),
        ]
        assert [why.partition(": ")[2] for why in aside] == [
            "JSONDecodeError",
            "text: no text",
            "JSONDecodeError",
        ]  # what has no time is sent again by this double
        assert deleted == [f"at://{DID}/{POSTS}/k1"]
        assert source.read(source.read(None, limit=1).cursor, limit=1).observations == ()
        events.append({**jetstream_event(0, "lama"), "time_us": 1, "late": True})
        with pytest.raises(SourceWentBack):
            source.read(cursor, limit=2)


def test_a_reading_of_a_stream_that_is_never_silent_ends_at_the_present() -> None:
    """What came is handed over at once. A reading that waited for silence would keep it for twenty seconds."""

    def answer(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            for number in range(600):
                event = jetstream_event(0, f"kabar {number}", rkey=f"k{number}")
                connection.send(json.dumps(event | {"time_us": int(datetime.now(UTC).timestamp() * 1_000_000)}))
                time.sleep(0.05)

    with serve(answer, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        source = JetstreamSource(
            f"http://127.0.0.1:{server.socket.getsockname()[1]}/subscribe", RepositoryScope.of(()), QUIET
        )
        batch = source.read(source.read(None, limit=1).cursor, limit=1000)
        server.shutdown()
        thread.join()
    assert 0 < len(batch.observations) < 150  # 400 in twenty seconds
    assert not batch.more


def test_a_message_that_is_too_large_or_a_server_that_is_away_is_told() -> None:
    """A fault of the source, and a source that is tried again."""
    with jetstream(["x" * 6_000_000]) as url, pytest.raises(SourceFault):
        JetstreamSource(url, RepositoryScope.of(()), QUIET).read('{"time_us":1}', limit=1)
    with pytest.raises(SourceUnreachable):
        RepositorySource("http://127.0.0.1:9", RepositoryScope.of(()), QUIET).read(None, limit=1)
    with pytest.raises(SourceRefused):
        from_settings(SourceSettings(SourceKind.ATPROTO, "p", "https://a.example", ("@budi",)), None)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "message", [b"", b"\xff" * 50, b"\x81" * 5000, b"\xa0\xa0\xa0", b"\x01", "teks", b"\xbb" + b"\xff" * 8]
)
def test_bytes_that_are_no_frame_are_set_aside(message: object) -> None:
    """Whatever a server sends: the event before them stays the cursor, and reading goes on."""
    reading = StreamReading(RepositoryScope.of(()), AccountProfiles(None), 5, 7, 0, None)
    assert reading.take(message)
    batch = reading.batch()
    assert (len(batch.set_aside), json.loads(batch.cursor)["seq"]) == (1, 7)


def test_an_event_that_is_sent_again_is_passed_over_and_a_later_one_with_an_old_number_is_not() -> None:
    """A PDS gives a new connection what its queue holds, also what another one just got. Older cursors have no time."""

    def event(number: int, at: str) -> bytes:
        return cbor({"op": 1, "t": "#identity"}) + cbor({"seq": number, "did": DID, "time": at})

    def reading(cursor: dict[str, Any]) -> StreamReading:
        return StreamReading(
            RepositoryScope.of(()),
            AccountProfiles(None),
            5,
            cursor["seq"],
            0,
            None,
            moment_of_text(cursor.get("at", "")),
        )

    first = reading({"seq": 6})
    assert first.take(event(7, AT))
    cursor = json.loads(first.batch().cursor)
    again = reading(cursor)
    assert all(again.take(event(*one)) for one in ((6, AT), (7, AT), (8, "2026-11-30T01:02:04Z"), (8, AT)))
    assert json.loads(again.batch().cursor)["seq"] == 8
    for old, later in ((cursor, "2026-11-30T01:02:03.001Z"), (cursor, "bukan waktu"), ({"seq": 7}, AT)):
        with pytest.raises(SourceWentBack):
            reading(old).take(event(7, later))


def test_pictures_are_named_by_their_blob_and_asked_for_at_the_server() -> None:
    """With the SHA-256 that the id holds; a video is only its hash; Jetstream has no files."""

    def blob(content: bytes, kind: str) -> dict[str, Any]:
        digest = bytes((1, 0x55, 0x12, 32)) + sha256(content).digest()
        link = "b" + b32encode(digest).decode().lower().strip("=")
        return {"$type": "blob", "mimeType": kind, "ref": {"$link": link}}

    embed = {"images": [{"image": blob(PNG, "image/png")}], "video": blob(b"film", "video/mp4")}
    post = {"$type": POSTS, "text": "harga di gambar", "embed": embed}
    (one,) = found_in(RecordChange(DID, "create", POSTS, "k1", post, datetime.now(UTC)), "")
    assert isinstance(one, Observation)
    assert len(one.media_hashes) == 2
    ((named,), digest) = one.media, sha256(PNG).hexdigest()
    assert named.sha256 == (digest,)
    around = Surroundings(lambda name: pytest.fail(name), Path())
    with running_site() as site:
        link = named.address.rpartition(" ")[2]
        site.pages[f"/xrpc/com.atproto.sync.getBlob?did={quote_plus(DID)}&cid={link}"] = (200, {}, PNG)
        own = SourceSettings(SourceKind.ATPROTO, "practice", site.url)
        assert read_picture(own, around, named.address) == PNG
        for settings, address in ((own, f"{DID} bafkrei"), (replace(own, url=f"{site.url}/subscribe"), named.address)):
            with pytest.raises(PictureUnavailable):
                read_picture(settings, around, address)
