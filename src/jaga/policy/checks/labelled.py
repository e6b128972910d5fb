"""Checks of texts/: each text has its own id and a category that rules may look for."""

from collections.abc import Iterator

from jaga.core.errors import N_
from jaga.policy import limits
from jaga.policy.problems import ReleaseProblem, told
from jaga.policy.reading import PartialRelease


def check_labelled_texts(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """Ids are unique; categories exist, and screening looks for them.

    `screening.engine.proving` runs the rules on the texts (`jaga policy check`).
    """
    known = {category.key for category in draft.categories.value.categories} if draft.categories else None
    seen: set[str] = set()
    for file in draft.texts:
        for line, one in file.texts:
            if one.id in seen:
                yield ReleaseProblem(file.name, line, told(N_("`%(key)s` is listed twice"), key=one.id),
                                     N_("Keep one."))
            seen.add(one.id)
            if one.category is None or known is None:
                continue
            if one.category not in known:
                yield ReleaseProblem(file.name, line,
                                     told(N_("there is no category `%(category)s`"), category=one.category),
                                     N_("Use a key of categories.yaml."))
            elif one.category in limits.UNSOUGHT_CATEGORIES:
                yield ReleaseProblem(file.name, line,
                                     told(N_("screening never looks for `%(category)s`"), category=one.category),
                                     N_("Remove the text."))
