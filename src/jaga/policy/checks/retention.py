"""Checks of retention.yaml: every kind of data has a period, and none ends before what the data is needed for.

Checks of data-protection.yaml.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from itertools import product
from math import ceil

from jaga.core.errors import N_
from jaga.core.terms.privacy import CaseEnding, DataKind, RefusalGround
from jaga.policy import limits
from jaga.policy.privacy import ANY, BASES, RIGHTS, DataProtection, Retention, RetentionRule
from jaga.policy.problems import ReleaseProblem, fill
from jaga.policy.reading import PartialRelease, ReleaseFile


def check_data_protection(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """Each ground, right and reason to refuse once, none is missing, and no clock is longer than the law allows."""
    if (part := draft.data_protection) is None:
        return
    for field, wanted, keys in (
        ("bases", BASES, [one.key for one in part.value.bases]),
        ("rights", RIGHTS, [one.key for one in part.value.rights]),
    ):
        yield from _listed(part, field, "key", wanted, keys)
    yield from _listed(part, "refusals", "ground", tuple(RefusalGround), [one.ground for one in part.value.refusals])
    yield from _clocks(draft, part)
    if part.value.verified and part.value.read != "gazette":
        yield part.document.problem(
            ("verified",),
            N_("the law is marked as verified, but its official text was not read"),
            N_("Write `verified: false`, or `read: gazette` once you have read it."),
        )


def _clocks(draft: PartialRelease, part: ReleaseFile[DataProtection]) -> Iterator[ReleaseProblem]:
    code = draft.jurisdiction.value.code if draft.jurisdiction else ""
    longest = limits.LONGEST_PERSON_REQUEST_HOURS.get(code, limits.LONGEST_PERSON_REQUEST_HOURS_ELSEWHERE)
    for field, given, most in (
        ("answer", part.value.answer.hours, longest),
        ("breach", part.value.breach.hours, limits.LONGEST_BREACH_HOURS),
    ):
        if given > most:
            yield part.document.problem(
                (field, "hours"),
                fill(N_("%(given)s is longer than the law allows"), given=given),
                fill(N_("At most %(longest)s."), longest=most),
            )


def _listed(
    part: ReleaseFile[DataProtection], field: str, name: str, wanted: Sequence[str], keys: Sequence[str]
) -> Iterator[ReleaseProblem]:
    for index, key in enumerate(keys):
        if key in keys[:index]:
            yield part.document.problem(
                (field, index, name), fill(N_("`%(key)s` is listed twice"), key=key), N_("Keep one.")
            )
    for key in wanted:
        if key not in keys:
            yield part.document.problem(
                (field,), fill(N_("`%(key)s` is missing"), key=key), N_("Add it: the privacy page names it.")
            )


UNDER_KEY_OF = (
    (DataKind.REPORT_TEXTS, DataKind.PICTURES),
    (DataKind.REPORT_TEXTS, DataKind.REPORTER_IDENTITY),
    (DataKind.DECISION, DataKind.PICTURES),
)
"""(first, second): deleting the first destroys a key that seals data of the second (`privacy.verbs.side_tables`)."""


def check_retention(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """Keys are unique, categories exist, days are within `limits`, and every combination has a long enough rule."""
    if (part := draft.retention) is None:
        return
    categories = {one.key for one in draft.categories.value.categories} if draft.categories else None
    seen: list[tuple[object, ...]] = []
    for index, rule in enumerate(part.value.rules):
        for field, what, remedy in _faults_of(rule, part.value.rules[:index], categories):
            yield part.document.problem(("rules", index, field), what, remedy)
        what_for = (rule.kind, rule.ending, rule.category, rule.valid_from)
        if what_for in seen:
            yield part.document.problem(
                ("rules", index),
                N_("another rule says how long the same data is kept"),
                N_("Keep one, or give this one another `valid_from`."),
            )
        seen.append(what_for)
    if categories is None or draft.about is None:
        return
    short: dict[int, tuple[int, CaseEnding]] = {}
    for kind, ending, category, on in product(
        DataKind, CaseEnding, sorted(categories), _days(draft.about.value.dated, part.value)
    ):
        found = part.value.rule(kind, ending, category, on)
        if found is None:
            yield part.document.problem(
                ("rules",),
                fill(
                    N_("nothing says how long `%(kind)s` is kept after `%(ending)s` in `%(category)s`"),
                    kind=kind,
                    ending=ending,
                    category=category,
                ),
                N_("Add a rule whose `valid_from` is not after the day of the release; `any` stands for all others."),
            )
            break  # One missing rule makes many combinations; the first names it.
        least = least_days(kind, ending, draft)
        at = part.value.rules.index(found)
        if found.days < least and least > short.get(at, (0, ending))[0]:
            short[at] = (least, ending)
    yield from _outlived(draft, categories)
    for index, (least, ending) in short.items():
        yield part.document.problem(
            ("rules", index, "days"),
            fill(
                N_("%(days)s days are too few after `%(ending)s`: the data is still needed then"),
                days=part.value.rules[index].days,
                ending=ending,
            ),
            fill(
                N_("At least %(least)s: appeals, strikes, later looks, and ways outside need it so long."), least=least
            ),
        )


def _outlived(draft: PartialRelease, categories: Collection[str]) -> Iterator[ReleaseProblem]:
    """Rules that promise data beyond the day on which its key is destroyed; each is told of once for each key."""
    if (part := draft.retention) is None or draft.about is None:
        return
    told_of: set[tuple[int, DataKind]] = set()
    for (sealing, sealed), ending, category, on in product(
        UNDER_KEY_OF, CaseEnding, sorted(categories), _days(draft.about.value.dated, part.value)
    ):
        key, kept = (part.value.rule(kind, ending, category, on) for kind in (sealing, sealed))
        if key is None or kept is None or key.days >= kept.days:
            continue
        index = part.value.rules.index(kept)
        if (index, sealing) not in told_of:
            told_of.add((index, sealing))
            yield part.document.problem(
                ("rules", index, "days"),
                fill(
                    N_(
                        "`%(kind)s` is kept for %(days)s days after `%(ending)s` in `%(category)s`, but its key goes "
                        "with `%(sealing)s` after %(least)s"
                    ),
                    kind=sealed,
                    days=kept.days,
                    ending=ending,
                    category=category,
                    sealing=sealing,
                    least=key.days,
                ),
                fill(
                    N_("Keep it for at most %(least)s days, or make `%(rule)s` longer."), least=key.days, rule=key.key
                ),
            )


def least_days(kind: DataKind, ending: CaseEnding, draft: PartialRelease) -> int:
    """The least days for this data by `limits` and by what else the release promises or counts."""
    if kind is DataKind.ACCESS_LOG:
        return limits.LEAST_ACCESS_LOG_DAYS
    least = max(limits.LEAST_KEPT_DAYS, limits.LEAST_STATE_DAYS.get(ending, 0))
    if ending is not CaseEnding.MEASURE or draft.enforcement is None:
        return least
    outside = draft.retention.value.outside_remedy.days if draft.retention else 0
    answer = ceil(draft.deadlines.value.appeal_decision.span / timedelta(days=1)) if draft.deadlines else 0
    rules = draft.enforcement.value
    return max(
        least,
        limits.LATEST_APPEAL_START_DAYS + rules.appeal_window_days + answer + outside,
        ceil(rules.strikes.expire / timedelta(days=1)),
        ceil(max(rules.verification) / timedelta(days=1)),
    )


def _faults_of(
    rule: RetentionRule, earlier: tuple[RetentionRule, ...], categories: set[str] | None
) -> Iterator[tuple[str, str, str]]:
    if rule.key in {one.key for one in earlier}:
        yield "key", fill(N_("`%(key)s` is listed twice"), key=rule.key), N_("Give each rule its own key.")
    if categories is not None and rule.category != ANY and rule.category not in categories:
        yield (
            "category",
            fill(N_("there is no category `%(key)s`"), key=rule.category),
            N_("Use a key of categories.yaml, or `any`."),
        )
    if rule.kind is DataKind.ACCESS_LOG and (rule.ending != ANY or rule.category != ANY):
        yield (
            "kind",
            N_("the access log belongs to no case, so it has no ending and no category"),
            N_("Write `ending: any` and `category: any`."),
        )
    longest = limits.LONGEST_KEPT_DAYS[rule.kind]
    if rule.days > longest:
        yield (
            "days",
            fill(N_("%(days)s days are longer than anything is needed"), days=rule.days),
            fill(N_("At most %(longest)s for `%(kind)s`."), longest=longest, kind=rule.kind),
        )
    if not limits.FIRST_YEAR <= rule.valid_from.year <= limits.LAST_YEAR:
        yield (
            "valid_from",
            fill(N_("the year %(year)s cannot be right"), year=rule.valid_from.year),
            N_("Write the day from which the rule applies."),
        )


def _days(dated: date, rules: Retention) -> list[date]:
    """The day of the release, and each later one on which a rule begins."""
    return [dated, *sorted({rule.valid_from for rule in rules.rules if rule.valid_from > dated})]
