"""Learnt models beside the engine of a release: for files, where somebody asks for them."""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache

from jaga.policy import PolicyRelease
from jaga.screening.engine.engine import Engine
from jaga.screening.engine.released import engine_of
from jaga.screening.models.classifier import LEARNT, Classifier, Model, explained, unpacked
from jaga.screening.text.signals import Place


class ModelStage(Classifier):
    """Models that speak of every text, each under its own category."""

    @cached_property
    def _alone(self) -> list[Classifier]:
        """Each model by itself, to be asked for its words: made once, since a table of weights is large."""
        return [Classifier([model], self.threshold) for model in self.models]

    def sentence(self, kind: int, text: str, places: Sequence[Place]) -> tuple[str, Mapping[str, str]]:
        """How likely that model finds it, and by which words."""
        (said,) = explained([text], self._alone[kind])
        return LEARNT, said[0].params(text)


def packed_small(contents: Iterable[bytes]) -> tuple[bytes, ...]:
    """Models' files as `Settings` carries them to whoever screens: small, each once, in one order.

    Raises BadModel for a file that is none.
    """
    models = {model.sha256: model for model in map(unpacked, contents)}
    return tuple(zlib.compress(model.packed()) for model in sorted(models.values(), key=_order))


@lru_cache(maxsize=4)
def engine_with(release: PolicyRelease, models: tuple[bytes, ...]) -> Engine:
    """The release's engine, and those models (as `packed_small` gives them) beside its word list and rules."""
    engine = engine_of(release)
    if not models:
        return engine
    read = [unpacked(zlib.decompress(one)) for one in models]
    return replace(engine, stages=(*engine.stages, ModelStage(read, release.screening.model_from)))


def _order(model: Model) -> tuple[str, str]:
    return model.category, model.sha256
