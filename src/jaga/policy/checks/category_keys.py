"""The categories that other files of a release may name."""

from jaga.core.errors import N_
from jaga.policy.documents import Document, Place
from jaga.policy.problems import ReleaseProblem, fill
from jaga.policy.reading import PartialRelease

_NONE: frozenset[str] = frozenset()


def category_keys(draft: PartialRelease) -> frozenset[str]:
    """The keys of the draft's categories; none if their file cannot be read."""
    return frozenset(category.key for category in draft.categories.value.categories) if draft.categories else _NONE


def unknown_category(document: Document, place: Place, key: str) -> ReleaseProblem:
    return document.problem(
        place, fill(N_("there is no category `%(key)s`"), key=key), N_("Use a key of categories.yaml.")
    )
