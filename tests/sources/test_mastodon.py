"""Mastodon's API as a source: the contract against a real snac, and what other servers may answer."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.factories import PNG
from tests.sources.contract import SourceContract, begin, ids, read_on
from tests.sources.site import running_site
from tests.sources.snac import Snac, installed, running_snac

from jaga.core.observations import (
    Observation,
    PictureUnavailable,
    Source,
    SourceRefused,
    SourceSettings,
    SourceUnreachable,
)
from jaga.core.terms.reports import ObservationKind, SourceKind
from jaga.sources.kit import Answer, HttpReader, OptedIn
from jaga.sources.mastodon.source import (
    GAP,
    MastodonSource,
    Remembered,
    Timeline,
    found_in,
    from_settings,
    opted_out,
    version,
)
from jaga.sources.registry import Surroundings, read_picture

POST: dict[str, Any] = {
    "id": "1",
    "visibility": "public",
    "created_at": "2026-11-30T01:02:03Z",
    "content": "<p>ada <b>tawaran</b></p>",
    "url": "https://social.example/@mawar/1",
    "account": {"id": "7", "acct": "mawar"},
    "reblog": None,
}


@pytest.fixture(scope="module")
def snac(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Snac]:
    if not installed():
        pytest.skip("needs Debian's snac2: python3 tools/bootstrap.py test --system")
    with running_snac(tmp_path_factory.mktemp("snac")) as server:
        yield server


class Tampering(HttpReader):
    """A server that also gives what snac itself never gives: private posts, and values that cannot be used."""

    def __init__(self, url: str, added: list[tuple[str, object]]) -> None:
        super().__init__(url)
        self._added = added

    def get(self, path: str, params: Mapping[str, str]) -> Answer:
        reply = super().get(path, params)
        if not isinstance(reply.value, list):
            return reply
        value = list(reply.value)
        for after, item in self._added:
            ids_shown = [post.get("id") if isinstance(post, dict) else None for post in value]
            if after in ids_shown:
                value.insert(ids_shown.index(after), item)
        return Answer(reply.status, value)


class SnacStage:
    """A real snac: people post in the browser or an app, and Jaga reads without an account."""

    from_beginning, edits, deletions, opts_out = False, True, True, True

    def __init__(self, snac: Snac) -> None:
        self.snac = snac
        self.added: list[tuple[str, object]] = []
        self.last = ""
        self.private: list[object] = []  # shown beside the next post

    def source(self) -> Source:
        return MastodonSource(Tampering(self.snac.url, self.added), ("pasar",))

    def say(self, text: str) -> str:
        self.last = self.snac.post(f"{text} #pasar")
        self.added += [(self.last, item) for item in self.private]
        self.private.clear()
        return self.last

    def say_privately(self, text: str) -> None:
        for visibility in ("private", "direct"):
            self.snac.post(f"{text} #pasar", visibility=visibility)
        for number, visibility in enumerate(("private", "direct", "unlisted", "mutuals_only", "", None)):
            self.private.append({**POST, "id": f"9{number}", "content": text, "visibility": visibility})
        self.private.append({**POST, "id": "99", "content": text, "reblog": POST})
        self.private.append({**POST, "id": ["98"], "content": text, "visibility": "direct", "created_at": 7})

    def spoil(self) -> None:
        for item in (
            "x",
            7,
            None,
            [],
            {},
            {**POST, "id": ["1"]},
            {**POST, "id": "81", "created_at": "kemarin"},
            {**POST, "id": "82", "account": None},
            {**POST, "id": "83", "content": {"a": 1}},
            {**POST, "id": "84", "content": "<div>" * 5000},
        ):
            self.added.append((self.last, item))

    def edit(self, native_id: str, text: str) -> None:
        time.sleep(1.1)  # snac gives a post that was edited in a later second another id
        self.snac.edit(native_id, f"{text} #pasar")

    def delete(self, native_id: str) -> None:
        self.snac.delete(native_id)

    def say_opted_out(self, text: str) -> str:
        account = self.snac.describe("melati", "jangan baca saya #nobot")
        self.snac.post(f"{text} #pasar", name="melati")
        return account

    def go_back(self) -> None:
        self.snac.restore()


@pytest.fixture
def stage(snac: Snac) -> SnacStage:
    return SnacStage(snac)


class TestMastodon(SourceContract):
    """The contract on a tag of a real server."""


def test_more_posts_than_a_page_holds_are_read_in_order(snac: Snac) -> None:
    """After a pause in which 45 posts came, none is lost; where the server shows no more, the gap is told."""
    # Of an account, snac shows the newest 40 only.
    source = MastodonSource(HttpReader(snac.url), ("", "ramai", "@mawar"))
    cursor: str | None = source.read(None, limit=10).cursor
    said = [snac.post(f"kabar {number} #ramai") for number in range(45)]
    found: dict[str, list[str]] = {}
    gaps: list[str] = []
    for _ in range(20):
        batch = source.read(cursor, limit=20)
        cursor = batch.cursor
        for one in batch.observations:
            found.setdefault(one.surface, []).append(one.native_id)
        gaps += [one.why for one in batch.set_aside]
        if not batch.more:
            break
        assert batch.lag is None or batch.lag.total_seconds() < 60
    assert found == {"public": said, "ramai": said, "@mawar": said[5:]}
    assert gaps == [f"@mawar: {GAP}"]


class NewestOnly(HttpReader):
    """A server that gives its newest posts, whatever is asked for."""

    def __init__(self, ids_newest_first: list[str]) -> None:
        super().__init__("https://social.example")
        self.posts = [{**POST, "id": one} for one in ids_newest_first]

    def get(self, path: str, params: Mapping[str, str]) -> Answer:
        return Answer(200, self.posts[:40])


@pytest.mark.parametrize("name", ["17960879{:02}{}", "01KB7Q3T{:02}{}"])
def test_posts_of_the_moment_that_was_read_last_are_not_lost(name: str) -> None:
    """Ids of snac and GoToSocial begin with the time; what follows says nothing about which post came first."""
    known = Remembered()
    known.add({**POST, "id": name.format(50, "f" * 16)})
    same = [name.format(50, f"{number:016}") for number in range(45)]
    fresh = Timeline(NewestOnly(same), "").fresh(known)
    assert ([post["id"] for post in fresh.new], fresh.gap) == (same[39::-1], True)
    earlier = [name.format(49, f"{number:016}") for number in range(45)]
    fresh = Timeline(NewestOnly([*same[:3], *earlier]), "").fresh(known)
    assert ([post["id"] for post in fresh.new], fresh.gap) == (same[2::-1], False)


def test_a_post_whose_neighbour_in_the_cursor_was_deleted_is_read(snac: Snac) -> None:
    """The server no longer knows the last post that was read; what follows is not lost, and it did not go back."""
    stage = SnacStage(snac)
    cursor = begin(stage)
    only = stage.say("satu-satunya")
    _, cursor = read_on(stage, cursor, until=1)
    stage.delete(only)
    following = stage.say("berikutnya")
    batches, _ = read_on(stage, cursor, until=1)
    assert ids(batches) == [following]
    assert [one.native_id for batch in batches for one in batch.deletions] == [only]


@pytest.mark.parametrize(
    "account",
    [
        {"noindex": True},
        {"discoverable": False},
        {"note": "<p>bot #<span>nobot</span></p>"},
        {"note": "NoIndex, ya"},
        {"fields": [{"name": "robots", "value": "noindex"}]},
    ],
)
def test_marks_by_which_an_account_opts_out(account: dict[str, Any]) -> None:
    """Each mark counts; what every account has before its owner chose anything is none."""
    assert opted_out(account)
    assert not opted_out({"noindex": False, "discoverable": None, "indexable": False, "note": "robotika", "fields": []})


def test_only_the_text_of_a_public_post_is_read() -> None:
    """Warning, text and choices of a poll; of pictures the address alone; no place, nothing of a boost."""
    post = {
        **POST,
        "spoiler_text": "hati-hati",
        "poll": {"options": [{"title": "ya"}, {"title": "tidak"}]},
        "media_attachments": [
            {"type": "image", "url": "https://m.example/1.png", "description": "wajah"},
            {"type": "video", "url": "https://m.example/2"},
            {"type": "image", "url": "file:///"},
            {"description": "wajah", "meta": {"lat": 1}},
            None,
        ],
        "card": {"title": "kartu"},
    }
    back, one = found_in(post, "public", ObservationKind.NEW)
    assert back == OptedIn("7")
    assert isinstance(one, Observation)
    assert one.text == "hati-hati\nada tawaran\nya\ntidak"
    assert [media.address for media in one.media] == ["https://m.example/1.png"]
    assert not {"wajah", "kartu"} & set(repr(one).split("'"))
    assert found_in({**post, "reblog": POST}, "public", ObservationKind.NEW) == ()


def test_a_picture_comes_from_the_server_of_the_watch_or_from_a_public_address() -> None:
    """Of its own server without a token, unchanged; from elsewhere never within this machine or its network."""
    with running_site() as site:
        site.pages["/media/1.png"] = (200, {"Content-Type": "image/png"}, PNG)
        own = SourceSettings(SourceKind.MASTODON, "practice", site.url, token="rahasia")
        around = Surroundings(lambda name: pytest.fail(name), Path())
        assert read_picture(own, around, f"{site.url}/media/1.png") == PNG
        with pytest.raises(PictureUnavailable, match="HTTP 404"):
            read_picture(own, around, f"{site.url}/media/2.png")
        asked = len(site.asked)
        other = replace(own, url="https://social.example")
        with pytest.raises(PictureUnavailable, match="not a public address"):
            read_picture(other, around, f"{site.url}/media/1.png")
        assert len(site.asked) == asked


@pytest.mark.parametrize(
    ("url", "token", "surfaces"),
    [
        ("http://social.example", "rahasia", ()),
        ("https://a.example", "", ("../admin",)),
        ("https://a.example", "", ("a b",)),
        ("https://a.example", "", tuple(f"t{number}" for number in range(21))),
    ],
)
def test_a_scope_that_cannot_be_read_or_a_token_in_clear_is_refused(
    url: str,
    token: str,
    surfaces: tuple[str, ...],
) -> None:
    """Before anything is asked."""
    with pytest.raises(SourceRefused):
        from_settings(SourceSettings(SourceKind.MASTODON, "practice", url, surfaces, token), None)  # type: ignore[arg-type]


def test_a_post_is_known_again_by_its_address_and_in_cursors_of_earlier_versions_by_its_id() -> None:
    """An edit that changes the id keeps the first one; a cursor without marks is read on without repeats."""
    before, after = {**POST, "uri": "https://a.example/p/1"}, {**POST, "uri": "https://a.example/p/1", "id": "9"}
    known = Remembered()
    known.add(before)
    known.add({**after, "content": "lain"})
    (read,) = known.posts.values()
    assert (read.id, read.version) == ("1", version({**after, "content": "lain"}))
    assert Remembered.from_text(known.as_text(40)) == known
    old = Remembered.from_text(f"1:{version(before)},2:abcdef")
    assert old.id(before) == "1"
    assert old.as_text(40) == f"1:{version(before)},2:abcdef"
    known.forget({"1"})
    assert known.newest == ""


def test_an_unknown_account_and_a_server_that_is_away_are_told_apart(snac: Snac) -> None:
    """The first needs a person, the second passes by itself."""
    with pytest.raises(SourceRefused):
        MastodonSource(HttpReader(snac.url), ("@tiada",)).read(None, limit=1)
    with pytest.raises(SourceUnreachable) as raised:
        MastodonSource(HttpReader("http://127.0.0.1:9"), ()).read(None, limit=1)
    assert type(raised.value) is SourceUnreachable
