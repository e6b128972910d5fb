"""What the approved models say in triage: a signal with its words, and never more. Imports the kernels: for workers."""

from collections.abc import Set
from functools import lru_cache

import structlog

from jaga.core.terms import ModelState
from jaga.policy import PolicyRelease
from jaga.records.models import LearntModel
from jaga.records.vault import EvidenceDamaged, unseal
from jaga.screening.models.classifier import LEARNT, SOURCE, BadModel, Classifier, explained, unpacked, version_of
from jaga.screening.text.signals import Screened, TextSignal

log = structlog.get_logger("jaga.models")

def likely_signals(asked: Set[tuple[str, str]], release: PolicyRelease) -> dict[tuple[str, str], TextSignal]:
    """Of these categories and texts: what the category's approved model says, where it says anything.

    A model is asked in cases of its own category alone: there it was learnt, and there its probability means something.
    """
    models = LearntModel.objects.filter(category__in={category for category, _ in asked}, state=ModelState.APPROVED)
    found = dict[tuple[str, str], TextSignal]()
    for category, sha256 in models.values_list("category", "sha256"):
        read = sorted(text for one, text in asked if one == category)
        try:
            model = _classifier(sha256, release.screening.model_from)
        except (BadModel, EvidenceDamaged, OSError) as broken:  # of another version, or not restored: triage goes on
            log.error("model_not_readable", category=category, sha256=sha256, why=type(broken).__name__)
            continue
        for text, said in zip(read, explained(read, model), strict=True):
            for one in said:
                start, end = one.words[0]
                found[category, text] = TextSignal(SOURCE, version_of(one.model), category, one.weight, LEARNT, start,
                                                   end,
                                                   {**one.params(text), "phrase": SOURCE})
    return found


def models_in_use() -> list[bytes]:
    """The files of the approved models, by category. Raises EvidenceDamaged where one is lost."""
    rows = LearntModel.objects.filter(state=ModelState.APPROVED).order_by("category")
    return [unseal(sha256) for sha256 in rows.values_list("sha256", flat=True)]


def with_signal(screened: Screened, signal: TextSignal | None) -> Screened:
    """The same with one more voice among the machine's; the score stays below 1."""
    if signal is None:
        return screened
    signals = sorted((*screened.signals, signal), key=lambda one: (one.start, one.end, one.category))
    return Screened(tuple(signals), 1.0 - (1.0 - screened.score) * (1.0 - signal.weight), screened.victim_first)


@lru_cache(maxsize=32)
def _classifier(sha256: str, threshold: float) -> Classifier:
    return Classifier([unpacked(unseal(sha256))], threshold)
