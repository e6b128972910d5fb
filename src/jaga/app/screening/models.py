"""Trained models in addition to a release's engine, for screening files on request."""

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
    """A stage of models that apply to every text, each under its own category."""

    @cached_property
    def _alone(self) -> list[Classifier]:
        """A classifier per model for explanations; cached, since weight tables are large."""
        return [Classifier([model], self.threshold) for model in self.models]

    def sentence(self, kind: int, text: str, places: Sequence[Place]) -> tuple[str, Mapping[str, str]]:
        """The model's probability and its decisive words."""
        (explanations,) = explained([text], self._alone[kind])
        return LEARNT, explanations[0].params(text)


def packed_small(contents: Iterable[bytes]) -> tuple[bytes, ...]:
    """Model files in the compressed form that `Settings` carries: each once, in a fixed order.

    Raises BadModel for an invalid file.
    """
    models = {model.sha256: model for model in map(unpacked, contents)}
    return tuple(zlib.compress(model.packed()) for model in sorted(models.values(), key=_order))


@lru_cache(maxsize=4)
def engine_with(release: PolicyRelease, models: tuple[bytes, ...]) -> Engine:
    """The release's engine plus these models (from `packed_small`)."""
    engine = engine_of(release)
    if not models:
        return engine
    read = [unpacked(zlib.decompress(one)) for one in models]
    return replace(engine, stages=(*engine.stages, ModelStage(read, release.screening.model_from)))


def _order(model: Model) -> tuple[str, str]:
    return model.category, model.sha256
