"""What is kept of a file that is taken in at once, beside its reports: the same as of other sources.

Its flagged texts that became reports are rows for queries; some texts, flagged or not, may be drawn for the people
sample, without account. Both are kept in the commit that marks their block as done, so once.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jaga.casework.kernel.validation import MAX_TEXT
from jaga.casework.reporting.monitoring import WORDS, Flag, storable
from jaga.casework.reporting.observed_items import ObservedItem, origin_of
from jaga.casework.watch.candidates import WatchedText, count_screened, keep_for_sample, ticket_of
from jaga.casework.watch.flagged_texts import Flagged, keep_for_queries
from jaga.casework.watch.shared_words import AccountText, keep_items_waiting, numbers_of, which_wait
from jaga.policy import PolicyRelease
from jaga.records.models import Report, Watch
from jaga.records.watch_codes import account_key, content_key, observed_key

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
