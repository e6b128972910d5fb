"""What a watch made of the posts of one place, compared with what is true of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from bench.live.script import Post, PostKind

if TYPE_CHECKING:
    from bench.live.places import Place
    from jaga.policy.release import PolicyRelease

NOT_READ, NOT_FLAGGED = "not read", "read, and no rule flagged it"
EDIT_NOT_READ, GONE = "its edit was not read", "its author deleted it before it was found"


@dataclass(frozen=True)
class Missed:
    """An offence that is no finding: why, and the engine's score of its words alone."""

    post: Post
    why: str
    score: float


@dataclass
class Verdict:
    """Everything that is counted of one place. `delays` are seconds from the last text of a post to its case."""

    place: str
    published: int = 0
    observed: int = 0
    expected: int = 0
    unread: list[Post] = field(default_factory=list)
    offences: int = 0
    found: int = 0
    waiting: int = 0
    by_words: int = 0
    """Of the offences, how many the engine flags by their words alone."""
    other_category: int = 0
    missed: list[Missed] = field(default_factory=list)
    harmless: int = 0
    wrong: list[tuple[Post, str]] = field(default_factory=list)
    cases: int = 0
    cases_of_offenders: int = 0
    delays: list[float] = field(default_factory=list)
    hidden: int = 0
    hidden_read: list[Post] = field(default_factory=list)
    deleted: int = 0
    copies_left: list[Post] = field(default_factory=list)

    @property
    def row(self) -> tuple[object, ...]:
        """Its line of the table."""
        delays = sorted(self.delays) or [0.0]
        at = [delays[min(int(len(delays) * share), len(delays) - 1)] for share in (0.5, 0.95, 1.0)]
        return (
            self.place,
            self.published,
            f"{self.observed}/{self.expected}",
            self.offences,
            self.found,
            self.waiting,
            len(self.missed),
            self.harmless,
            len(self.wrong),
            self.cases,
            self.cases_of_offenders,
            *(f"{one:.1f}" for one in at),
            f"{len(self.hidden_read)}/{self.hidden}",
            f"{len(self.copies_left)}/{self.deleted}",
        )


HEAD = (
    "source",
    "posts",
    "read",
    "adverts",
    "found",
    "waiting",
    "missed",
    "harmless",
    "wrong",
    "cases",
    "of them right",
    "p50 s",
    "p95 s",
    "max s",
    "hidden read",
    "deleted kept",
)


@dataclass(frozen=True)
class _Finding:
    """A finding of the watch, and the report that took it."""

    category: str
    waits: bool
    case: int | None
    filed_at: datetime | None


def unread_of(platform: str, posts: Sequence[Post]) -> list[Post]:
    """Which of these posts the watch has not read yet, without those that may not be read or are gone."""
    from jaga.store.codes import observed_key
    from jaga.watch.models.kept import ObservedHash

    natives = {
        observed_key(platform, post.native_id): post
        for post in posts
        if post.native_id and post.kind is not PostKind.HIDDEN and not post.gone
    }
    read = {
        bytes(native)
        for native in ObservedHash.objects.filter(native__in=list(natives)).values_list("native", flat=True)
    }
    return [post for native, post in natives.items() if native not in read]


def judge(watch_id: int, place: "Place", posts: Sequence[Post]) -> Verdict:
    """Compare the truth with what is stored."""
    from jaga.policy.release import load_release
    from jaga.store.codes import observed_key
    from jaga.watch.models.kept import ObservedHash, WatchSample
    from jaga.watch.models.watches import WatchDay

    platform, posts = place.name, [post for post in posts if post.native_id]
    natives = {observed_key(platform, post.native_id): post for post in posts}
    findings = _findings(watch_id, list(natives))
    kept = {
        bytes(one)
        for model in (ObservedHash, WatchSample)
        for one in model.objects.filter(native__in=list(natives)).values_list("native", flat=True)
    }
    made = Verdict(platform, published=len(posts), unread=unread_of(platform, posts))
    made.observed = sum(WatchDay.objects.filter(watch=watch_id).values_list("observed", flat=True))
    made.expected = sum(1 + post.edits for post in posts if post.kind is not PostKind.HIDDEN)
    cases: dict[int, bool] = Counter()
    unread = {id(post) for post in made.unread}
    offences = [post for post in posts if post.kind.offends]
    alone = _flagged_alone(offences, [place.shown(post.who, post.text) for post in offences], load_release())
    for native, post in natives.items():
        found = findings.get(native)
        if post.kind is PostKind.HIDDEN:
            made.hidden += 1
            if found or native in kept:
                made.hidden_read.append(post)
            continue
        if post.gone:
            made.deleted += 1
            if native in kept:
                made.copies_left.append(post)
        if found and found.case is not None:
            cases[found.case] = cases.get(found.case, False) or post.kind.offends
        if not post.kind.offends:
            made.harmless += 1
            if found:
                made.wrong.append((post, found.category))
            continue
        made.offences += 1
        flags, score = alone[id(post)]
        made.by_words += flags
        if found is None:
            why = NOT_READ if id(post) in unread else NOT_FLAGGED if not flags else GONE if post.gone else EDIT_NOT_READ
            made.missed.append(Missed(post, why, score))
            continue
        made.found += 1
        made.waiting += found.waits
        made.other_category += found.category != post.category
        if found.filed_at is not None:
            made.delays.append(found.filed_at.timestamp() - post.sent)
    made.cases, made.cases_of_offenders = len(cases), sum(cases.values())
    return made


def _findings(watch_id: int, natives: Sequence[bytes]) -> Mapping[bytes, _Finding]:
    """By the keyed id of their text. Of an edited text the latest counts."""
    from jaga.watch.models.kept import WatchFinding

    rows = (
        WatchFinding.objects.filter(watch=watch_id, native__in=natives)
        .order_by("seen_at", "pk")
        .values_list("native", "category", "same_words", "report", "report__case", "report__filed_at")
    )
    return {
        bytes(native): _Finding(category, words is not None and report is None, case, filed_at)
        for native, category, words, report, case, filed_at in rows
    }


def _flagged_alone(
    posts: Sequence[Post], texts: Sequence[str], release: "PolicyRelease"
) -> dict[int, tuple[bool, float]]:
    """Of each post, whether the engine flags its words alone, and their score."""
    from jaga.screening.engine.screen import screen_texts

    line = release.screening.flagged_from
    found = screen_texts(texts, release)
    return {id(post): (one.score >= line, round(one.score, 2)) for post, one in zip(posts, found, strict=True)}
