"""A refused step, as pages show it (`console/frame/parts/refused.html`)."""

from dataclasses import dataclass
from datetime import datetime

from jaga.core.errors import JagaError
from jaga.web.errors import fill
from jaga.web.templatetags.jaga_tags import wib


@dataclass(frozen=True)
class Refusal:
    """Why the last step failed. `retake`: taking the case again would help."""

    sentence: str
    remedy: str
    retake: bool = False


def refusal(error: JagaError, *, retake: bool = False) -> Refusal:
    """The refusal in the reader's language."""
    params = {name: wib(value) if isinstance(value, datetime) else value for name, value in error.params.items()}
    return Refusal(fill(error.sentence, params), fill(error.remedy, params), retake)
