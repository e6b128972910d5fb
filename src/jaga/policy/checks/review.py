"""Checks of review.yaml."""

from collections.abc import Iterator

from jaga.core.errors import N_
from jaga.core.terms.decisions import DecisionKind
from jaga.policy.limits import widest
from jaga.policy.problems import ReleaseProblem, fill
from jaga.policy.reading import PartialRelease, ReleaseFile
from jaga.policy.review import ReviewFile


def check_review(draft: "PartialRelease") -> Iterator[ReleaseProblem]:
    """One rule for each category; elements exactly where closures are possible, with unique keys."""
    if (part := draft.review) is None:
        return
    seen: set[str] = set()
    for index, rule in enumerate(part.value.rules):
        place = ("rules", index)
        if rule.category in seen:
            yield part.document.problem(
                (*place, "category"), fill(N_("`%(category)s` has two rules"), category=rule.category), N_("Keep one.")
            )
        seen.add(rule.category)
        keys = [element.key for element in rule.elements]
        for at, key in enumerate(keys):
            if key in keys[:at]:
                yield part.document.problem(
                    (*place, "elements", at), fill(N_("`%(key)s` is listed twice"), key=key), N_("Keep one.")
                )
    yield from _categories(draft, part, seen)
    yield from _closures(draft, part)


def _categories(draft: "PartialRelease", part: "ReleaseFile[ReviewFile]", seen: set[str]) -> Iterator[ReleaseProblem]:
    if draft.categories is None:
        return
    categories = [category.key for category in draft.categories.value.categories]
    for index, rule in enumerate(part.value.rules):
        if rule.category not in categories:
            yield part.document.problem(
                ("rules", index, "category"),
                fill(N_("there is no category `%(category)s`"), category=rule.category),
                N_("Use a key of categories.yaml."),
            )
    for key in categories:
        if key not in seen:
            yield part.document.problem(
                ("rules",), fill(N_("`%(key)s` has no rule"), key=key), N_("Add one: reviewers read it with each case.")
            )


def _closures(draft: "PartialRelease", part: "ReleaseFile[ReviewFile]") -> Iterator[ReleaseProblem]:
    if draft.enforcement is None:
        return
    closing = {
        ladder.category
        for ladder in draft.enforcement.value.ladders
        if DecisionKind.CLOSE in ladder.allowed and DecisionKind.CLOSE in widest(ladder.category, victim_first=False)
    }
    for index, rule in enumerate(part.value.rules):
        place = ("rules", index)
        if rule.category in closing and not rule.elements:
            yield part.document.problem(
                place,
                fill(N_("accounts can be closed for `%(category)s`, but it has no elements"), category=rule.category),
                N_("Add `elements`: the conditions for closing an account."),
            )
        if rule.category not in closing and rule.elements:
            yield part.document.problem(
                (*place, "elements"),
                fill(N_("accounts can never be closed for `%(category)s`"), category=rule.category),
                N_("Remove `elements`: nobody would be asked about them."),
            )
