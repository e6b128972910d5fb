"""Predictions of approved models in triage: a signal with the words behind it. Imports kernels, so for workers only."""

from collections.abc import Set
from functools import lru_cache

import structlog

from jaga.core.terms.reports import ModelState
from jaga.policy.release import PolicyRelease
from jaga.screening.models.classifier import (
    LEARNT,
    SOURCE,
    BadModel,
    Classifier,
    explained,
    unpacked,
    version_of,
)
from jaga.screening.text.signals import Screened, TextSignal
from jaga.signals.models import LearntModel
from jaga.store.vault import EvidenceDamaged, unseal

log = structlog.get_logger("jaga.models")


def likely_signals(asked: Set[tuple[str, str]], release: PolicyRelease) -> dict[tuple[str, str], TextSignal]:
    """The signal of each (category, text) for which the category's approved model has one.

    A model is only applied in cases of its own category, the one that it was learnt from.
    """
    models = LearntModel.objects.filter(category__in={category for category, _ in asked}, state=ModelState.APPROVED)
    found = dict[tuple[str, str], TextSignal]()
    for category, sha256 in models.values_list("category", "sha256"):
        read = sorted(text for one, text in asked if one == category)
        try:
            model = _classifier(sha256, release.screening.model_from)
        # a file of another version, or not restored; triage goes on without it
        except (BadModel, EvidenceDamaged, OSError) as broken:
            log.error("model_not_readable", category=category, sha256=sha256, why=type(broken).__name__)
            continue
        for text, explanations in zip(read, explained(read, model), strict=True):
            for one in explanations:
                start, end = one.words[0]
                found[category, text] = TextSignal(
                    SOURCE,
                    version_of(one.model),
                    category,
                    one.weight,
                    LEARNT,
                    start,
                    end,
                    {**one.params(text), "phrase": SOURCE},
                )
    return found


def models_in_use() -> list[bytes]:
    """The files of the approved models, by category. Raises EvidenceDamaged if one is lost."""
    rows = LearntModel.objects.filter(state=ModelState.APPROVED).order_by("category")
    return [unseal(sha256, None) for sha256 in rows.values_list("sha256", flat=True)]


def with_signal(screened: Screened, signal: TextSignal | None) -> Screened:
    """The result with one more machine signal. The score stays below 1."""
    if signal is None:
        return screened
    signals = sorted((*screened.signals, signal), key=lambda one: (one.start, one.end, one.category))
    return Screened(tuple(signals), 1.0 - (1.0 - screened.score) * (1.0 - signal.weight), screened.victim_first)


@lru_cache(maxsize=32)
def _classifier(sha256: str, threshold: float) -> Classifier:
    return Classifier([unpacked(unseal(sha256, None))], threshold)
