"""Consistency checks of a release: one function for each subject; `check_draft` runs them all.

The files that a version stands for: `release.sha256` in the folder, one line `VERSION HASH`.

Two releases of one version could not be told apart by what people say and read. Only `jaga policy check` compares, so
that an installation never stops because of this file.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from importlib.resources.abc import Traversable

from jaga.core.errors import N_
from jaga.core.terms.cases import DecisionKind
from jaga.policy import limits
from jaga.policy.checks.deadlines import check_deadlines, check_receivers, check_routing
from jaga.policy.checks.jurisdiction import (
    category_keys,
    check_about,
    check_jurisdiction,
    check_legal_bases,
    unknown_category,
)
from jaga.policy.checks.retention import check_data_protection, check_retention
from jaga.policy.checks.rules import check_filter, check_labelled_texts, check_rules
from jaga.policy.checks.texts import check_letters, check_lexicons, check_review, check_wellness, check_wordings
from jaga.policy.dsa import DSA_KEYWORDS, OTHER
from jaga.policy.limits import check_shares
from jaga.policy.models import Category, Enforcement, PermittedDecisions
from jaga.policy.problems import ReleaseProblem, fill
from jaga.policy.reading import RECORD, CategoryFile, PartialRelease, ReleaseFile


def changed_under_its_version(folder: Traversable, draft: PartialRelease) -> list[ReleaseProblem]:
    """The problem that this version is recorded with other files. Raises OSError."""
    recorded = _recorded(folder)
    if draft.about is None or recorded is None:
        return []
    version = draft.about.value.version
    if recorded[0] != version or recorded[1] == draft.hash:
        return []
    return [
        draft.about.document.problem(
            ("version",),
            fill(N_("the files were changed, and the version is still %(version)s"), version=version),
            N_("Raise `version`, then run `jaga policy check --record` on the folder."),
        )
    ]


def check_recorded(folder: Traversable, draft: PartialRelease) -> list[ReleaseProblem]:
    """The problem that version and files are not those recorded, or that nothing is. Raises OSError."""
    if draft.about is None or _recorded(folder) == (draft.about.value.version, draft.hash):
        return []
    return changed_under_its_version(folder, draft) or [
        ReleaseProblem(
            RECORD,
            1,
            fill(
                N_("version %(version)s is not recorded with the hash of its files"), version=draft.about.value.version
            ),
            N_("Run `jaga policy check --record` on the folder."),
        )
    ]


def line_of(version: str, release_hash: str) -> str:
    """The content of `release.sha256`."""
    return f"{version} {release_hash}\n"


def _recorded(folder: Traversable) -> tuple[str, str] | None:
    """Version and hash as recorded; None if there is no such file, or something else in it."""
    try:
        words = (folder / RECORD).read_text().split()
    except (FileNotFoundError, UnicodeDecodeError):
        return None
    return (words[0], words[1]) if len(words) == 2 else None


def check_draft(draft: PartialRelease) -> list[ReleaseProblem]:
    """All problems of the draft, by file and line. Checks of unreadable files are skipped."""
    found = list(draft.problems)
    for check in CHECKS:
        found += check(draft)
    return sorted(set(found))


def check_categories(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """Keys and form positions are unique, all actionable categories exist, DSA terms are valid."""
    if (part := draft.categories) is None:
        return
    keys = [category.key for category in part.value.categories]
    for index, category in enumerate(part.value.categories):
        place = ("categories", index)
        if category.key in keys[:index]:
            yield part.document.problem(
                (*place, "key"), fill(N_("`%(key)s` is listed twice"), key=category.key), N_("Keep one.")
            )
        earlier = [other for other in part.value.categories[:index] if other.order == category.order]
        if earlier:
            yield part.document.problem(
                (*place, "order"),
                fill(N_("`%(key)s` and `%(key2)s` have the same order"), key=category.key, key2=earlier[0].key),
                N_("Give each its own number."),
            )
        if category.key in limits.VICTIM_FIRST_CATEGORIES and not category.victim_first:
            yield part.document.problem(
                (*place, "victim_first"),
                fill(N_("`%(key)s` must be victim-first"), key=category.key),
                N_("Write `victim_first: true`."),
            )
        if (category.only_on is not None) != (category.key in limits.HIGH_RISK_ONLY):
            yield part.document.problem(
                (*place, "only_on"),
                fill(N_("`only_on` is missing in `%(key)s` or not allowed there"), key=category.key),
                fill(
                    N_(
                        "Only %(categories)s needs `only_on`: the names of the high-risk platforms, or `[]` for "
                        "none. Remove it elsewhere."
                    ),
                    categories=", ".join(sorted(limits.HIGH_RISK_ONLY)),
                ),
            )
        if category.key in limits.UNSOUGHT_CATEGORIES and category.victim_first:
            yield part.document.problem(
                (*place, "victim_first"),
                fill(N_("`%(key)s` must not be victim-first"), key=category.key),
                N_("Write `victim_first: false`: the account is not the victim's here."),
            )
        yield from _dsa(part, index, category)
    for key in sorted(limits.ACTIONABLE_CATEGORIES - set(keys)):
        yield part.document.problem(
            (),
            fill(N_("the category `%(key)s` is missing"), key=key),
            N_("Add it: the program has actions for this category."),
        )


def _dsa(part: ReleaseFile[CategoryFile], index: int, category: Category) -> Iterator[ReleaseProblem]:
    place = ("categories", index)
    keywords = DSA_KEYWORDS.get(category.dsa_category)
    if keywords is None:
        yield part.document.problem(
            (*place, "dsa_category"), fill(N_("the DSA has no category %(dsa_category)s"),
                                           dsa_category=category.dsa_category),
            N_("Use a name from src/jaga/policy/dsa.py."),
        )  # fmt: skip
        return
    for at, keyword in enumerate(category.dsa_keywords):
        if keyword not in keywords:
            yield part.document.problem(
                (*place, "dsa_keywords", at), fill(N_("%(keyword)s is not a keyword of %(dsa_category)s"),
                                                   keyword=keyword, dsa_category=category.dsa_category),
                fill(N_("Use one of %(keywords)s."), keywords=", ".join(sorted(keywords))),
            )  # fmt: skip
    if (OTHER in category.dsa_keywords) != (category.dsa_other is not None):
        yield part.document.problem(
            (*place, "dsa_keywords"),
            fill(N_("`dsa_other` and %(other)s must be given together"), other=OTHER),
            N_("Write both or neither."),
        )


def check_enforcement(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """One entry for each category, within `limits`; final measures never by one person."""
    if (part := draft.enforcement) is None:
        return
    if part.value.verification[0].total_seconds() != 0:
        yield part.document.problem(
            ("verification", 0),
            N_("the first verification is not immediate"),
            N_("Begin the list with PT0S (at once)."),
        )
    if part.value.undo_window_minutes < limits.SHORTEST_UNDO_MINUTES:
        yield part.document.problem(
            ("undo_window_minutes",),
            fill(
                N_("a closure could be undone for only %(undo_window_minutes)s minutes"),
                undo_window_minutes=part.value.undo_window_minutes,
            ),
            fill(
                N_(
                    "Write at least %(shortest_undo_minutes)s. A practice installation can have less by "
                    "UNDO_WINDOW_SECONDS."
                ),
                shortest_undo_minutes=limits.SHORTEST_UNDO_MINUTES,
            ),
        )
    yield from _short_spans(part)
    shortest, longest = limits.SHORTEST_READING_HOURS, limits.LONGEST_READING_HOURS
    if not timedelta(hours=shortest) <= part.value.reading_time <= timedelta(hours=longest):
        yield part.document.problem(
            ("reading_time",),
            N_("the account holder's time to read the letter is too short or too long"),
            fill(N_("Write PT%(shortest)sH to PT%(longest)sH; PT24H is usual."), shortest=shortest, longest=longest),
        )
    if part.value.appeal_window_days < limits.SHORTEST_APPEAL_DAYS:
        yield part.document.problem(
            ("appeal_window_days",),
            fill(
                N_("an appeal window of %(appeal_window_days)s days is too short"),
                appeal_window_days=part.value.appeal_window_days,
            ),
            fill(N_("At least %(shortest_appeal_days)s days."), shortest_appeal_days=limits.SHORTEST_APPEAL_DAYS),
        )
    if min(part.value.restriction_days) > limits.LONGEST_VICTIM_RESTRICTION_DAYS:
        yield part.document.problem(
            ("restriction_days",),
            N_("no restriction is short enough for a victim-first case"),
            fill(
                N_("Add a length of at most %(longest_victim_restriction_days)s days."),
                longest_victim_restriction_days=limits.LONGEST_VICTIM_RESTRICTION_DAYS,
            ),
        )
    for field, what, remedy in _strike_faults(part.value):
        yield part.document.problem(("strikes", field), what, remedy)
    if draft.categories is None:
        return
    flags = {category.key: category.victim_first for category in draft.categories.value.categories}
    seen: set[str] = set()
    for index, ladder in enumerate(part.value.ladders):
        place = ("ladders", index)
        if ladder.category in seen:
            yield part.document.problem(
                (*place, "category"),
                fill(N_("`%(category)s` has two ladders"), category=ladder.category),
                N_("Keep one."),
            )
        seen.add(ladder.category)
        if ladder.category not in flags:
            yield unknown_category(part.document, (*place, "category"), ladder.category)
            continue
        for field, what, remedy in _strike_step_faults(ladder, flags[ladder.category]):
            yield part.document.problem((*place, field), what, remedy)
    for key in flags.keys() - seen:
        yield part.document.problem(
            ("ladders",),
            fill(N_("`%(key)s` has no ladder"), key=key),
            N_("Add one with at least `allowed: [dismiss]`."),
        )


def _short_spans(part: ReleaseFile[Enforcement]) -> Iterator[ReleaseProblem]:
    """Leases, waits, pauses, later looks and strikes that `limits` calls too short, or that run backwards."""
    value = part.value
    for place, span, least in (
        (("lease_minutes",), timedelta(minutes=value.lease_minutes), timedelta(minutes=limits.SHORTEST_LEASE_MINUTES)),
        (("retries", "first_wait"), value.retries.first_wait, timedelta(seconds=limits.SHORTEST_RETRY_SECONDS)),
        (("retries", "longest_wait"), value.retries.longest_wait, value.retries.first_wait),
        (("breaker", "pause"), value.breaker.pause, timedelta(seconds=limits.SHORTEST_PAUSE_SECONDS)),
        (("breaker", "longest_pause"), value.breaker.longest_pause, value.breaker.pause),
        (("verification",), max(value.verification), timedelta(hours=limits.SHORTEST_WATCH_HOURS)),
        (("strikes", "expire"), value.strikes.expire, timedelta(days=limits.SHORTEST_STRIKE_DAYS)),
    ):
        if span < least:
            yield part.document.problem(
                place,
                fill(N_("`%(name)s` is too short"), name=".".join(place)),
                fill(N_("At least %(least)s."), least=_iso(least)),
            )
    if value.strikes.expire > timedelta(days=limits.LONGEST_STRIKE_DAYS):
        yield part.document.problem(
            ("strikes", "expire"),
            N_("a strike would count almost for ever"),
            fill(N_("At most P%(most)sD."), most=limits.LONGEST_STRIKE_DAYS),
        )
    if list(value.verification) != sorted(set(value.verification)):
        yield part.document.problem(
            ("verification",),
            N_("the later checks are not in ascending order"),
            N_("Write them in order, each once, beginning with PT0S."),
        )


def _iso(span: timedelta) -> str:
    """The span as YAML files write it."""
    seconds = int(span.total_seconds())
    for unit, size in (("D", 86_400), ("H", 3_600), ("M", 60)):
        if seconds and seconds % size == 0:
            return f"P{'' if unit == 'D' else 'T'}{seconds // size}{unit}"
    return f"PT{seconds}S"


def _strike_faults(enforcement: Enforcement) -> Iterator[tuple[str, str, str]]:
    ladder = enforcement.strikes.ladder
    counts = [step.strikes for step in ladder]
    if counts[0] != 0 or counts != sorted(set(counts)):
        yield (
            "ladder",
            N_("the counts of the ladder are not in ascending order from 0"),
            N_("Begin with `strikes: 0`, and give each next step a higher number."),
        )
    for step in ladder:
        if step.suggests not in (DecisionKind.RESTRICT, DecisionKind.CLOSE):
            yield (
                "ladder",
                fill(N_("`%(suggests)s` cannot be suggested for a count of strikes"), suggests=step.suggests),
                N_("Use `restrict` or `close`."),
            )
        if step.days is not None and (
            step.suggests is not DecisionKind.RESTRICT or step.days not in enforcement.restriction_days
        ):
            yield (
                "ladder",
                fill(N_("%(days)s days is not a length of a restriction"), days=step.days),
                N_("Use one of the numbers in `restriction_days`."),
            )


def _strike_step_faults(ladder: PermittedDecisions, victim_first: bool) -> Iterator[tuple[str, str, str]]:
    widest = limits.widest(ladder.category, victim_first=victim_first)
    for kind in ladder.allowed:
        if kind not in widest:
            yield (
                "allowed",
                fill(N_("`%(kind)s` can never be decided for `%(category)s`"), kind=kind, category=ladder.category),
                fill(N_("Remove it; the most that is allowed: %(kinds)s."), kinds=", ".join(sorted(widest))),
            )
        elif (
            limits.must_be_seconded(ladder.category, kind, victim_first=victim_first)
            and kind not in ladder.second_person
        ):
            yield (
                "second_person",
                fill(
                    N_("one person alone could decide `%(kind)s` for `%(category)s`"),
                    kind=kind,
                    category=ladder.category,
                ),
                fill(N_("Add `%(kind)s` to `second_person`."), kind=kind),
            )
    if DecisionKind.DISMISS not in ladder.allowed:
        yield (
            "allowed",
            fill(N_("`%(category)s` cannot be dismissed"), category=ladder.category),
            (N_("Add `dismiss`: MR5 art. 10 requires that unfounded reports are rejected.")),
        )
    for kind in set(ladder.second_person) - set(ladder.allowed):
        yield (
            "second_person",
            fill(N_("`%(kind)s` is in `second_person` but not in `allowed`"), kind=kind),
            N_("Remove it here, or add it to `allowed`."),
        )


def _is_emergency(draft: PartialRelease, contact: str) -> bool:
    return draft.jurisdiction is None or contact in draft.jurisdiction.value.emergency


def check_services(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """Keys are unique, categories exist, unverified services have a note, and letters name only verified ones."""
    if (part := draft.services) is None:
        return
    if not any(service.in_letters for service in part.value.services):
        yield part.document.problem(
            ("services",),
            N_("no service is named in the letters to account holders"),
            N_("Write `in_letters: true` for at least one service."),
        )
    seen: set[str] = set()
    for index, service in enumerate(part.value.services):
        if service.key in seen:
            yield part.document.problem(
                ("services", index, "key"), fill(N_("`%(key)s` is listed twice"), key=service.key), N_("Keep one.")
            )
        seen.add(service.key)
        if not service.verified and service.note is None:
            yield part.document.problem(
                ("services", index),
                fill(N_("`%(key)s` is not verified and has no note"), key=service.key),
                N_("Write in `note` what is uncertain."),
            )
        if service.never_called and not _is_emergency(draft, service.contact):
            yield part.document.problem(
                ("services", index),
                fill(N_("`%(key)s` is not one of the numbers in `emergency` (jurisdiction.yaml)"), key=service.key),
                N_("Call it, and take `never_called` out."),
            )
        if service.in_letters and not service.may_be_named:
            yield part.document.problem(
                ("services", index),
                fill(N_("`%(key)s` is named in letters but not verified"), key=service.key),
                N_("Call the service and write `verified: true`, or remove `in_letters`."),
            )
        for at, category in enumerate(service.categories):
            if draft.categories and category not in category_keys(draft):
                yield unknown_category(part.document, ("services", index, "categories", at), category)


def check_outside_bodies(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """Keys are unique, all of `limits.named_bodies` exist, and unverified bodies have a note."""
    if (part := draft.bodies) is None:
        return
    keys = [body.key for body in part.value.bodies]
    for index, body in enumerate(part.value.bodies):
        if body.key in keys[:index]:
            yield part.document.problem(
                ("bodies", index, "key"), fill(N_("`%(key)s` is listed twice"), key=body.key), N_("Keep one.")
            )
        if not body.verified and body.note is None:
            yield part.document.problem(
                ("bodies", index),
                fill(N_("`%(key)s` is not verified and has no note"), key=body.key),
                N_("Write in `note` what is uncertain."),
            )
    code = draft.jurisdiction.value.code if draft.jurisdiction else ""
    for key in sorted(limits.named_bodies(code) - set(keys)):
        yield part.document.problem(
            ("bodies",),
            fill(N_("the body `%(key)s` is missing"), key=key),
            N_("Add it: every account holder is told about it."),
        )


def check_urgent_sources(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """A category is listed as urgent only once."""
    if (part := draft.deadlines) is None:
        return
    keys = [urgent.category for urgent in part.value.urgent_categories]
    for index, key in enumerate(keys):
        if key in keys[:index]:
            yield part.document.problem(
                ("urgent_categories", index), fill(N_("`%(key)s` is listed twice"), key=key), N_("Keep one.")
            )


def check_quality(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """Run `policy.quality.check_shares` if the file could be read."""
    if part := draft.quality:
        yield from check_shares(part.value, part.document)


CHECKS: tuple[Callable[[PartialRelease], Iterable[ReleaseProblem]], ...] = (
    check_about, check_jurisdiction, check_categories, check_enforcement, check_deadlines, check_urgent_sources,
    check_services, check_outside_bodies, check_legal_bases,
    check_letters, check_wordings, check_lexicons, check_rules, check_review, check_wellness, check_quality,
    check_routing, check_receivers, check_data_protection, check_retention, check_labelled_texts, check_filter,
)  # fmt: skip
