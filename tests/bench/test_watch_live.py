"""The trial on invented people: its script says what is true, and its verdict counts what the watch made of it."""

import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from bench.live.script import COPIES, HIDDEN_EACH, Act, Post, PostKind, write_script
from bench.live.texts import Texts
from bench.live.verdict import NOT_FLAGGED, NOT_READ, judge
from tests.factories import PLATFORM, World, make_world
from tests.watching import LOUD, running, seen

from jaga.core.actors import SYSTEM
from jaga.core.observations import Deletion, ObservedBatch
from jaga.watch.verbs import reading

CORNERS = ("a private room", "for followers only")


def test_a_script_has_all_kinds_of_posts_and_only_the_last_account_falls_silent() -> None:
    """Most posts are everyday ones; adverts stand in each corner that must not be read."""
    dice = random.Random(7)
    made = write_script(60, 600, CORNERS, True, Texts(dice), dice)
    roles = Counter(post.kind for post in made.posts)
    assert roles[PostKind.EVERYDAY] > sum(roles.values()) / 2
    assert all(roles[role] for role in PostKind)
    assert roles[PostKind.COPIED] == COPIES
    assert len({post.text for post in made.posts if post.kind is PostKind.COPIED}) == 1
    assert Counter(post.corner for post in made.posts if post.corner in CORNERS) == dict.fromkeys(CORNERS, HIDDEN_EACH)
    assert {deed.who for deed in made.deeds if deed.act is Act.OPT_OUT} == {59}
    asked = next(deed.at for deed in made.deeds if deed.act is Act.OPT_OUT)
    last = [deed.post for deed in made.deeds if deed.who == 59 and deed.at > asked]
    assert all(post and post.kind is PostKind.HIDDEN for post in last)
    assert [deed.at for deed in made.deeds] == sorted(deed.at for deed in made.deeds)
    assert not [post.text for post in made.posts if "{" in post.text]
    said: set[int] = set()
    for deed in made.deeds:  # nobody edits or deletes what is not there yet
        assert deed.act in (Act.SAY, Act.OPT_OUT) or id(deed.post) in said
        said.add(id(deed.post))


class Rooms:
    """A place that shows texts as they are written."""

    name = PLATFORM

    def shown(self, who: int, text: str) -> str:
        return text


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    return make_world()


def test_a_verdict_tells_found_missed_wrong_unread_and_what_must_not_be_read(world: World) -> None:
    """Against a real watch that read four of six posts, one of them out of bounds, and whose deletion was told."""
    number, moment = running(), time.time()
    posts = [
        Post(0, PostKind.ADVERT, LOUD, "prostitution_advertising", "plain"),
        Post(1, PostKind.ADVERT, "Teman kopi sampai pagi, japri", "prostitution_advertising", "covert"),
        Post(2, PostKind.ADVERT, LOUD.replace("1111", "2222"), "prostitution_advertising", "plain"),
        Post(3, PostKind.WARNING, "ready bo malam ini kak, wa 0812-0000-3333"),
        Post(4, PostKind.EVERYDAY, "Hujan lagi."),
        Post(5, PostKind.HIDDEN, "Sudah makan?", corner=CORNERS[0]),
        Post(6, PostKind.EVERYDAY, "Salah kirim."),
    ]
    for post in posts:
        post.native_id, post.sent = f"${post.who}", moment - 3
    observed = [
        seen(post.text, post.native_id, f"@akun{post.who}:localhost") for post in posts if post.who not in (2, 4)
    ]
    reading.take_in(number, ObservedBatch(tuple(observed), "c1"), actor=SYSTEM)
    reading.take_in(number, ObservedBatch((), "c2", (Deletion("$6"),)), actor=SYSTEM)
    posts[6].gone = moment
    found = judge(number, Rooms(), posts)  # type: ignore[arg-type]
    assert (found.offences, found.found, found.harmless, found.hidden, found.deleted) == (3, 1, 3, 1, 1)
    assert [(one.post.who, one.why) for one in found.missed] == [(1, NOT_FLAGGED), (2, NOT_READ)]
    assert [post.who for post, _ in found.wrong] == [3]
    assert [post.who for post in found.unread] == [2, 4]
    assert [post.who for post in found.hidden_read] == [5]
    assert (found.copies_left, found.cases, found.cases_of_offenders, found.by_words) == ([], 2, 1, 2)
    assert len(found.delays) == 1
    assert 3 <= found.delays[0] < 120
