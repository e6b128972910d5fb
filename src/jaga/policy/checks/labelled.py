"""Checks of texts/: each text has its own id and a category that rules may look for."""

import hashlib
import json
from collections.abc import Iterator, Sequence

from jaga.core.errors import N_
from jaga.policy import limits
from jaga.policy.labelled_texts import LabelledFile
from jaga.policy.problems import ReleaseProblem, told
from jaga.policy.reading import PartialRelease


def texts_hash(files: Sequence[LabelledFile]) -> str:
    """SHA-256 over the texts and whether each is an offence: what a false-alarm filter is learnt from."""
    digest = hashlib.sha256()
    for offence, text in sorted((one.category is not None, one.text) for file in files for _, one in file.texts):
        digest.update(json.dumps([offence, text]).encode() + b"\n")
    return digest.hexdigest()


def check_filter(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """The false-alarm filter was learnt from the texts of this release, and spares categories that exist."""
    known = {category.key for category in draft.categories.value.categories} if draft.categories else None
    for at, key in enumerate(draft.screening.value.filter_spares if draft.screening and known is not None else ()):
        if key not in (known or ()):
            yield draft.screening.document.problem(  # type: ignore[union-attr]
                ("filter_spares", at), told(N_("there is no category `%(category)s`"), category=key),
                N_("Use a key of categories.yaml."))
    if draft.filter and draft.filter.value.texts != texts_hash(draft.texts):
        yield draft.filter.document.problem(("texts",), N_("the filter was learnt from other texts"),
                                            N_("Run `jaga policy learn-filter` on the folder."))


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
