"""What waited for a judgement of the same words is filed when people acted, or when it waited long enough.

The same words of many accounts are judged before each of them gets a case (ADR 0109).

Of a flagged text that several accounts of a platform publish in the same words, `shared_words_cases` accounts get a
case. Further ones wait, encrypted as a finding that no case took, until people have decided these: where they acted in
one, all get their cases; where they dismissed all, none does; and after `shared_words_days` without an answer all do.
Nothing waits that may concern a victim, is urgent, was flagged by more than its words, or joins an open case.

What is kept of a file that is taken in at once, beside its reports: the same as of other sources.

Its flagged texts that became reports are rows for queries; some texts, flagged or not, may be drawn for the people
sample, without account. Both are kept in the commit that marks their block as done, so once.
"""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import structlog
from django.db import transaction
from django.db.models import F, Q

from jaga.cases.models.cases import Platform
from jaga.cases.models.reports import Report
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.observations import NamedMedia, Observation
from jaga.core.terms.reports import Channel, FilingPriority, ObservationKind, SourceKind
from jaga.policy.limits import VICTIM_FIRST_CATEGORIES
from jaga.policy.local_time import today
from jaga.policy.release import PolicyRelease, load_release
from jaga.reporting.verbs.filing import FAILS
from jaga.reporting.verbs.merging import start_clock
from jaga.reporting.verbs.monitoring import WORDS, Flag, ObservedItem, file_flagged, file_observed, origin_of, storable
from jaga.screening.copies.nearness import contacts_of
from jaga.store.codes import account_key, content_key, observed_key, same_words_number, seal_observed
from jaga.store.kernel.ledger import append
from jaga.store.kernel.validation import MAX_TEXT
from jaga.watch.models.kept import WatchFinding
from jaga.watch.models.watches import Watch, WatchDay
from jaga.watch.reads.people_sample import JudgedWords, WaitingText, accounts_with_cases, judged_words, opened
from jaga.watch.reads.watches import rules_off
from jaga.watch.verbs.lookups import Flagged, forget_row_without_case, keep_for_queries
from jaga.watch.verbs.media import name_media, promise_captures
from jaga.watch.verbs.people_sample import WatchedText, count_screened, keep_for_sample, ticket_of

_PATH = re.compile(r"://[^\s/]+/\S*\Z")


@dataclass(frozen=True)
class AccountText:
    """A flagged text of an account, as far as it matters here; `same_words` is None if it never waits."""

    account_id: str
    category: str
    same_words: int | None


def numbers_of(
    platform: str, flagged: Sequence[tuple[str, Sequence[str], Flag]], release: PolicyRelease
) -> list[int | None]:
    """For each text (with the hashes of its media, and its flag) the number that texts with the same words share.

    None for a text that never waits for others.
    """
    if release.screening.shared_words_cases is None:
        return [None] * len(flagged)
    known: dict[tuple[str, tuple[str, ...], str], int] = {}
    found: list[int | None] = []
    for text, media, flag in flagged:
        if not flag.by_words or not _may_wait(flag.category, release):
            found.append(None)
            continue
        key = (text, tuple(media), flag.category)
        if key not in known:
            known[key] = same_words_number(platform, flag.category, text, _ways_to_reach(text), media)
        found.append(known[key])
    return found


def _ways_to_reach(text: str) -> set[str]:
    """The contacts in the text. Digits in the path of a link, such as a picture's, are nobody's telephone number."""
    return {
        one.value
        for one in contacts_of(text)
        if not (one.value.startswith("tel:") and _PATH.search(text[max(one.start - 200, 0) : one.start]))
    }


@lru_cache(maxsize=64)
def _may_wait(category: str, release: PolicyRelease) -> bool:
    clock = start_clock(release, Channel.WATCH, category)
    return not (
        clock.urgent
        or clock.priority == FilingPriority.URGENT
        or category in VICTIM_FIRST_CATEGORIES
        or release.category(category).victim_first
    )


def which_wait(platform: Platform, published: Sequence[AccountText], release: PolicyRelease) -> list[bool]:
    """For each of these texts, in their order, whether it waits for a judgement of the same words. Stores nothing."""
    most = release.screening.shared_words_cases
    if most is None:
        return [False] * len(published)
    judged = judged_words({one.same_words for one in published if one.same_words is not None})
    first: dict[int, set[str]] = defaultdict(set)  # accounts that get a case now
    over = [_is_over(one, judged, first, most) for one in published]
    joins = accounts_with_cases(platform, {one.account_id for one, wait in zip(published, over, strict=True) if wait})
    return [wait and (one.account_id, one.category) not in joins for one, wait in zip(published, over, strict=True)]


def _is_over(one: AccountText, judged: Mapping[int, JudgedWords], first: dict[int, set[str]], most: int) -> bool:
    if one.same_words is None:
        return False
    known, accounts = judged.get(one.same_words, JudgedWords()), first[one.same_words]
    if known.acted or one.account_id in accounts:
        return False
    if known.cases + len(accounts) >= most:
        return True
    accounts.add(one.account_id)
    return False


def sealed_to_wait(one: Observation, text: str, rule: str) -> bytes:
    """What is kept of an observation that waits: all that is needed to file it as it was seen."""
    return seal_observed(
        {
            "account": one.account_id,
            "handle": one.handle,
            "text": text,
            "surface": one.surface,
            "locator": one.locator,
            "at": one.at.isoformat(),
            "native": one.native_id,
            "version": one.source_version,
            "hashes": json.dumps(one.media_hashes),
            "rule": rule,
            "kind": one.kind.value,
            "media": json.dumps([[media.address, list(media.sha256)] for media in one.media]),
        }
    )


def keep_items_waiting(
    watch: Watch, items: Sequence[tuple[ObservedItem, str, int]], place: str, release: PolicyRelease
) -> None:
    """Keep these items of a file until the same words are judged, given with their rule and the number of their words;
    in the caller's transaction. The same words of the same account are kept once.
    """
    platform, rows = watch.platform.name, dict[bytes, tuple[WatchFinding, Flagged]]()
    for item, rule, number in items:
        native, account = native_of_item(platform, item), account_key(platform, item.account_id)
        rows[native] = (
            WatchFinding(
                watch=watch,
                native=native,
                content=content_key(item.text, ()),
                account=account,
                category=item.category,
                kind=ObservationKind.NEW,
                seen_at=now(),
                same_words=number,
                sealed=seal_observed(
                    {
                        "account": item.account_id,
                        "handle": item.handle,
                        "text": item.text,
                        "surface": place,
                        "locator": "",
                        "at": item.sent_at.isoformat() if item.sent_at else "",
                        "reference": item.reference,
                        "rule": rule,
                    }
                ),
            ),
            Flagged(item.text, rule, item.category, account),
        )
    known = {
        bytes(native) for native in WatchFinding.objects.filter(native__in=list(rows)).values_list("native", flat=True)
    }
    new = [both for native, both in rows.items() if native not in known]
    WatchFinding.objects.bulk_create([finding for finding, _ in new], ignore_conflicts=True)
    keep_for_queries(watch.pk, [flagged for _, flagged in new], release)


def native_of_item(platform: str, item: ObservedItem) -> bytes:
    """A keyed hash of an item of a file: of its account and text, since the same words of an account count once."""
    return observed_key(platform, f"{item.account_id} {origin_of(item.text)}")


log = structlog.get_logger("jaga.watch")
AT_ONCE = 200
"""Waiting texts that are filed in one commit."""


def file_judged_words(*, actor: Actor) -> int:
    """File what waited and need not wait any longer; returns how many texts became observations of cases.

    Periodic task. Where people dismissed all cases of the same words nothing is filed: what waited stays a finding that
    no case took, until its days are over. So does what cannot be filed, since its rule was stopped meanwhile, a
    decision in force came after it, or its key was replaced. A text whose filing fails is tried again in the next round
    and holds up no other.
    """
    filed, failed = 0, set[int]()
    while numbers := _due(load_release(), but=failed):
        try:
            filed += _file(numbers, load_release(), actor=actor)
        except FAILS as refused:
            log.warning("waiting_texts_filed_one_by_one", why=type(refused).__name__)
            for number in numbers:
                try:
                    filed += _file([number], load_release(), actor=actor)
                except FAILS as why:
                    log.warning("waiting_text_not_filed", finding=number, why=type(why).__name__)
                    failed.add(number)
    return filed


def _due(release: PolicyRelease, but: Collection[int]) -> list[int]:
    """The findings that are to be filed, oldest first; of words that people found harmless none waits from now on."""
    waiting = WatchFinding.objects.filter(same_words__isnull=False)
    least = release.screening.shared_words_cases
    if least is not None:
        numbers = waiting.values_list("same_words", flat=True).distinct()
        judged = judged_words({number for number in numbers if number is not None})
        late = now() - timedelta(days=release.screening.shared_words_days)
        acted = [number for number, words in judged.items() if words.acted]
        harmless = [number for number, words in judged.items() if words.harmless(least)]
        WatchFinding.objects.filter(same_words__in=harmless).update(same_words=None)
        waiting = waiting.filter(Q(same_words__in=acted) | Q(seen_at__lte=late))
    return list(waiting.exclude(pk__in=but).order_by("seen_at", "pk").values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic
def _file(numbers: Sequence[int], release: PolicyRelease, *, actor: Actor) -> int:
    rows = list(
        WatchFinding.objects.select_for_update(of=("self",))
        .select_related("watch__platform")
        .filter(pk__in=numbers, same_words__isnull=False)
        .order_by("pk")
    )
    off = rules_off()
    kept = {row.pk: text for row in rows if (text := opened(row)) and text.kept["rule"] not in off}
    WatchFinding.objects.filter(pk__in=[row.pk for row in rows]).update(same_words=None)
    filed = 0
    for watch in {row.watch_id: row.watch for row in rows}.values():
        own = [(row, kept[row.pk]) for row in rows if row.watch_id == watch.pk and row.pk in kept]
        file = _file_items if watch.kind == SourceKind.BACKLOG else _file_observations
        reports = file(watch, [text for _, text in own], release, actor)
        done = [(row, text, report) for (row, text), report in zip(own, reports, strict=True) if report is not None]
        for row, _, report in done:
            WatchFinding.objects.filter(pk=row.pk).update(report=report, sealed=None)
        _note(watch, [(text, report) for _, text, report in done], release)
        filed += len(done)
    return filed


def _file_observations(
    watch: Watch, texts: Sequence[WaitingText], release: PolicyRelease, actor: Actor
) -> list[Report | None]:
    observed = [_observation(text.kept) for text in texts]
    found = file_flagged(
        watch.platform,
        [(one, text.category) for one, text in zip(observed, texts, strict=True)],
        release,
        source=f"watch:{watch.platform.name}",
        actor=actor,
    )
    filed = [(one, report.report_id) for one, report in zip(observed, found, strict=True) if report]
    promise_captures(watch, filed)
    name_media(filed, release)
    reports = Report.objects.select_related("subject").in_bulk([number for _, number in filed])
    return [reports[report.report_id] if report else None for report in found]


def _observation(kept: dict[str, str]) -> Observation:
    return Observation(
        kept["surface"],
        kept["native"],
        kept["account"],
        kept["handle"],
        kept["text"],
        datetime.fromisoformat(kept["at"]),
        kept["locator"],
        kept["version"],
        tuple(json.loads(kept["hashes"])),
        ObservationKind(kept["kind"]),
        tuple(NamedMedia(address, tuple(sha256)) for address, sha256 in json.loads(kept["media"])),
    )


def _file_items(
    watch: Watch, texts: Sequence[WaitingText], release: PolicyRelease, actor: Actor
) -> list[Report | None]:
    """As the block would have filed them. Each report has an entry of its own, since no block's entry names it."""
    items = [
        ObservedItem(
            text.kept["account"],
            text.kept["handle"],
            text.kept["text"],
            text.category,
            text.kept["reference"],
            datetime.fromisoformat(text.kept["at"]) if text.kept["at"] else None,
        )
        for text in texts
    ]
    places = {text.kept["surface"] for text in texts}
    new: dict[tuple[str, str], Report] = {}
    for place in sorted(places):
        own = [item for item, text in zip(items, texts, strict=True) if text.kept["surface"] == place]
        for report in file_observed(watch.platform, own, f"watch:{watch.platform.name}", place, release):
            new[report.subject.account_id, report.origin_ref] = report
            append(
                "file_report",
                {"report": report.pk, "channel": report.channel, "form": report.form, "category": report.category},
                actor=actor,
                case_id=report.case_id,
            )
    return [new.pop((item.account_id, origin_of(item.text)), None) for item in items]


def _note(watch: Watch, filed: Sequence[tuple[WaitingText, Report]], release: PolicyRelease) -> None:
    """Count them and let them be queried, if the watch still runs. A watch that is over takes nothing in any more."""
    if not filed or watch.ended_at is not None:
        return
    day, _ = WatchDay.objects.get_or_create(watch=watch, day=today())
    WatchDay.objects.filter(pk=day.pk).update(filed=F("filed") + len(filed))
    rows = []
    for text, report in filed:
        account = account_key(watch.platform.name, text.kept["account"])
        forget_row_without_case(watch.pk, account, text.kept["rule"])
        rows.append(
            Flagged(
                text.kept["text"], text.kept["rule"], text.category, account, report.pk, report.case_id, text.same_words
            )
        )
    keep_for_queries(watch.pk, rows, release)


FILES_SHARE = 0.01
"""The share of a block's unflagged texts that is kept, as of other sources (`candidates.SAMPLE_SHARE`)."""


@dataclass(frozen=True)
class BlockTexts:
    """The different texts of a block: how many were not flagged, the flagged ones with their flags, and of the others
    those that were drawn by a keyed lot.
    """

    unflagged: int
    flagged: Mapping[str, Flag]
    drawn: Sequence[str]


def items_to_file(
    watch: Watch, found: BlockTexts, items: Sequence[ObservedItem], place: str, release: PolicyRelease
) -> list[ObservedItem]:
    """The items that are filed now. The others, which wait for a judgement of the same words, are kept."""
    flags = [found.flagged[item.text] for item in items]
    numbers = numbers_of(
        watch.platform.name,
        [(item.text[:MAX_TEXT], (), flag) for item, flag in zip(items, flags, strict=True)],
        release,
    )
    waits = which_wait(
        watch.platform,
        [AccountText(item.account_id, item.category, number) for item, number in zip(items, numbers, strict=True)],
        release,
    )
    keep_items_waiting(
        watch,
        [
            (item, flag.rule, number)
            for item, flag, number, wait in zip(items, flags, numbers, waits, strict=True)
            if wait and number is not None
        ],
        place,
        release,
    )
    return [item for item, wait in zip(items, waits, strict=True) if not wait]


def keep_texts(watch: Watch, found: BlockTexts, reports: Sequence[Report], release: PolicyRelease) -> None:
    """Keep them for queries and for the sample, in the caller's transaction. `reports`: those that are new."""
    flags = {text[:MAX_TEXT]: flag for text, flag in found.flagged.items()}
    keep_for_queries(watch.pk, _queried(watch, flags, reports, release), release)
    counts = Counter((flag.rule, flag.category) for flag in found.flagged.values())
    counts["", ""] = found.unflagged
    count_screened(watch.kind, +counts)
    by_rule: dict[tuple[str, str], list[WatchedText]] = defaultdict(list)
    for text, flag in found.flagged.items():
        by_rule[flag.rule, flag.category].append(_watched(watch, text, flag))
    most = release.screening.sampled_flagged
    kept = [one for same in by_rule.values() for one in sorted(same, key=ticket_of)[:most]]
    keep_for_sample(watch.kind, [*kept, *(_watched(watch, text, None) for text in found.drawn)], release)


def _queried(
    watch: Watch, flags: Mapping[str, Flag], reports: Sequence[Report], release: PolicyRelease
) -> list[Flagged]:
    texts = [str(one.published) for one in reports]
    own = [
        flags.get(text) or Flag(one.category, f"{WORDS}{one.category}")
        for text, one in zip(texts, reports, strict=True)
    ]
    numbers = numbers_of(
        watch.platform.name, [(text, (), flag) for text, flag in zip(texts, own, strict=True)], release
    )
    return [
        Flagged(
            text,
            flag.rule,
            one.category,
            account_key(watch.platform.name, one.subject.account_id),
            one.pk,
            one.case_id,
            number,
        )
        for text, flag, one, number in zip(texts, own, reports, numbers, strict=True)
    ]


def _watched(watch: Watch, text: str, flag: Flag | None) -> WatchedText:
    """By the same number as a report of this text has, so that the erasure of that report finds it."""
    kept = storable(text)[:MAX_TEXT]
    return WatchedText(observed_key(watch.platform.name, origin_of(text)), content_key(kept, ()), kept, flag)
