"""The same words of many accounts are judged before each of them gets a case (ADR 0109).

Of a flagged text that several accounts of a platform publish in the same words, `shared_words_cases` accounts get a
case. Further ones wait, encrypted as a finding that no case took, until people have decided these: where they acted in
one, all get their cases; where they dismissed all, none does; and after `shared_words_days` without an answer all do.
Nothing waits that may concern a victim, is urgent, was flagged by more than its words, or joins an open case.
"""

import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from jaga.casework.reporting.merging import start_clock
from jaga.casework.reporting.monitoring import Flag
from jaga.casework.reporting.observed_items import ObservedItem, origin_of
from jaga.casework.watch.flagged_texts import Flagged, keep_for_queries
from jaga.core.clock import now
from jaga.core.observations.values import Observation
from jaga.core.terms.reports import Channel, FilingPriority
from jaga.core.terms.watch import ObservationKind
from jaga.policy import PolicyRelease
from jaga.policy.limits import VICTIM_FIRST_CATEGORIES
from jaga.records.access.watch.shared_words import JudgedWords, accounts_with_cases, judged_words
from jaga.records.models import Platform, Watch, WatchFinding
from jaga.records.watch_codes import account_key, content_key, observed_key, same_words_number, seal_observed
from jaga.screening.copies.linking_indicators import contacts_of

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
