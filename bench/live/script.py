"""Who writes what, and when: the posts of all invented people, with what is true of each.

Most people write about their day. Some advertise, between ordinary posts; some warn of what is advertised. Some posts
are edited or deleted later, an ordinary post turns into an advert, many accounts publish one advert word for word, an
account asks not to be read, and adverts stand where a watch must not read.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bench.live.texts import Advert, Texts

ADVERTISERS, WARNERS = 0.12, 0.10
"""Shares of the accounts."""
BETWEEN = 70.0
"""Seconds between two posts of an account, on average."""
COPIES = 9
"""Accounts of a place that publish the same advert: more than get a case (ADR 0109)."""
HIDDEN_EACH = 4
"""Adverts in each corner that must not be read."""
_CALM_END = 5.0  # seconds before and after an account asks not to be read in which it writes nothing


class PostKind(StrEnum):
    """What a post is, by its author's intention."""

    EVERYDAY = "everyday"
    WARNING = "warning"
    ADVERT = "advert"
    COPIED = "copied advert"
    TURNED = "edited into an advert"
    HIDDEN = "hidden"

    @property
    def offends(self) -> bool:
        """Whether people should see it."""
        return self in (PostKind.ADVERT, PostKind.COPIED, PostKind.TURNED)


class Act(StrEnum):
    """What somebody does at a moment."""

    SAY = "say"
    EDIT = "edit"
    DELETE = "delete"
    OPT_OUT = "opt out"


@dataclass
class Post:
    """A text with what is true of it; `sent` and `native_id` are known once it was published.

    `sent` is when its last text was published, as seconds of the epoch, `gone` when it was deleted.
    """

    who: int
    kind: PostKind
    text: str
    category: str = ""
    style: str = ""
    corner: str = ""
    native_id: str = ""
    sent: float = 0.0
    edits: int = 0
    gone: float = 0.0


@dataclass(frozen=True)
class Deed:
    """A step at a moment, in seconds from the beginning."""

    at: float
    act: Act
    who: int
    post: Post | None = None
    text: str = ""


@dataclass
class Script:
    """All deeds of one place, in order, and its posts."""

    deeds: list[Deed]
    posts: list[Post] = field(default_factory=list)


def write_script(
    people: int, seconds: float, hidden: Sequence[str], opts_out: bool, texts: Texts, dice: random.Random
) -> Script:
    """The deeds of a place in `seconds`. Needs at least four accounts; the last one asks not to be read, if it can."""
    made = Script([])
    loud = max(1, round(people * ADVERTISERS))
    kinds = [PostKind.ADVERT] * loud + [PostKind.WARNING] * max(1, round(people * WARNERS))
    kinds += [PostKind.EVERYDAY] * (people - len(kinds))
    quiet = people - 1 if opts_out else None
    for who, kind in enumerate(kinds):
        at = dice.uniform(0, min(BETWEEN, seconds))
        while at < seconds:
            if who != quiet:
                _post(made, at, who, kind, texts, dice, seconds)
            elif at < seconds / 2 - _CALM_END:
                _say(made, at, Post(who, PostKind.EVERYDAY, texts.everyday()))
            at += max(dice.expovariate(1 / BETWEEN), 1.0)
    if quiet is not None:
        made.deeds.append(Deed(seconds / 2, Act.OPT_OUT, quiet))
        for _ in range(HIDDEN_EACH):
            at = dice.uniform(seconds / 2 + min(_CALM_END, seconds / 4), seconds)
            _say(made, at, _advert(quiet, PostKind.HIDDEN, texts.advert(), corner="an account after it asked"))
    for corner in hidden:
        for _ in range(HIDDEN_EACH):
            who = dice.randrange(people - 1)
            _say(made, dice.uniform(0, seconds), _advert(who, PostKind.HIDDEN, texts.advert(), corner=corner))
    for who in dice.sample(range(people - 1), min(COPIES, people - 1)):
        _say(made, dice.uniform(seconds / 3, seconds), _advert(who, PostKind.COPIED, texts.copied))
    made.deeds.sort(key=lambda deed: deed.at)
    return made


def _post(made: Script, at: float, who: int, kind: PostKind, texts: Texts, dice: random.Random, seconds: float) -> None:
    """One post of somebody of this kind, and what becomes of it later."""
    chance, later = dice.random(), dice.uniform(min(15.0, seconds / 4), min(60.0, seconds))
    if kind is PostKind.ADVERT and chance < 0.6:
        post = _advert(who, PostKind.ADVERT, texts.advert())
    elif kind is PostKind.ADVERT and chance < 0.7 and at + later < seconds:
        turned = _advert(who, PostKind.TURNED, texts.advert())
        wanted, turned.text = turned.text, texts.everyday()
        _say(made, at, turned)
        made.deeds.append(Deed(at + later, Act.EDIT, who, turned, wanted))
        return
    elif kind is PostKind.WARNING and chance < 0.6:
        post = Post(who, PostKind.WARNING, texts.warning())
    else:
        post = Post(who, PostKind.EVERYDAY, texts.everyday())
    _say(made, at, post)
    fate = dice.random() if at + later < seconds else 1.0
    if fate < 0.06:
        made.deeds.append(Deed(at + later, Act.DELETE, who, post))
    elif fate < 0.12 and not post.kind.offends:
        made.deeds.append(Deed(at + later, Act.EDIT, who, post, f"{post.text} (edit: salah ketik)"))


def _say(made: Script, at: float, post: Post) -> None:
    made.posts.append(post)
    made.deeds.append(Deed(at, Act.SAY, post.who, post))


def _advert(who: int, kind: PostKind, advert: Advert, corner: str = "") -> Post:
    return Post(who, kind, advert.text, advert.category, advert.style, corner)
