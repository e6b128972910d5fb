"""Checks of texts/: each text has its own id and a category that rules may look for."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import lru_cache

from jaga.core.errors import N_
from jaga.policy import limits
from jaga.policy.labelled_texts import LabelledFile
from jaga.policy.problems import ReleaseProblem, fill
from jaga.policy.reading import PartialRelease


def texts_hash(files: Sequence[LabelledFile]) -> str:
    """SHA-256 over the texts and whether each is an offence: what a false-alarm filter is learnt from."""
    return _hash_of(tuple(sorted((one.category is not None, one.text) for file in files for _, one in file.texts)))


@lru_cache(maxsize=8)  # drafts of a release mostly have the same texts
def _hash_of(texts: tuple[tuple[bool, str], ...]) -> str:
    return hashlib.sha256(b"".join(json.dumps([offence, text]).encode() + b"\n" for offence, text in texts)).hexdigest()


def check_filter(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """The false-alarm filter was learnt from the texts of this release, and spares categories that exist."""
    known = {category.key for category in draft.categories.value.categories} if draft.categories else None
    for at, key in enumerate(draft.screening.value.filter_spares if draft.screening and known is not None else ()):
        if key not in (known or ()):
            yield draft.screening.document.problem(  # type: ignore[union-attr]
                ("filter_spares", at),
                fill(N_("there is no category `%(category)s`"), category=key),
                N_("Use a key of categories.yaml."),
            )
    yield from _check_nearly(draft)
    if draft.filter and draft.filter.value.texts != texts_hash(draft.texts):
        yield draft.filter.document.problem(
            ("texts",), N_("the filter was trained on other texts"), N_("Run `jaga policy learn-filter` on the folder.")
        )


def _check_nearly(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """What nearly fulfils a rule has fewer points than the rule, and a weight that flags."""
    for file in draft.rules:
        for at, rule in enumerate(file.value.rules):
            if rule.nearly is None:
                continue
            if rule.when.points is None or rule.nearly >= rule.when.points.least:
                yield file.document.problem(
                    ("rules", at, "nearly"),
                    N_("`nearly` is for rules with `points`, and lower than their `least`"),
                    N_("Lower it, or remove it."),
                )
            if draft.screening and rule.weight < draft.screening.value.flagged_from:
                yield file.document.problem(
                    ("rules", at, "nearly"),
                    N_("the rule's weight is below `flagged_from`, so that this flags nothing"),
                    N_("Remove `nearly`, or raise the weight."),
                )


def check_labelled_texts(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """Ids are unique; categories exist, and screening looks for them.

    `screening.engine.proving` runs the rules on the texts (`jaga policy check`).
    """
    known = {category.key for category in draft.categories.value.categories} if draft.categories else None
    seen: set[str] = set()
    for file in draft.texts:
        for line, one in file.texts:
            if one.id in seen:
                yield ReleaseProblem(
                    file.name, line, fill(N_("`%(key)s` is listed twice"), key=one.id), N_("Keep one.")
                )
            seen.add(one.id)
            if one.category is None or known is None:
                continue
            if one.category not in known:
                yield ReleaseProblem(
                    file.name,
                    line,
                    fill(N_("there is no category `%(category)s`"), category=one.category),
                    N_("Use a key of categories.yaml."),
                )
            elif one.category in limits.UNSOUGHT_CATEGORIES:
                yield ReleaseProblem(
                    file.name,
                    line,
                    fill(N_("screening never looks for `%(category)s`"), category=one.category),
                    N_("Remove the text."),
                )
