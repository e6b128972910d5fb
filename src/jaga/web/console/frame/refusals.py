"""A refused step, as pages show it (`console/frame/parts/refused.html`)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.http import HttpResponse

from jaga.core.errors import InvalidInput, JagaError, NotFound
from jaga.web.errors import fill, say_fields
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


class ShowsAgain(Protocol):
    """Shows the page again, with what was wrong."""

    def __call__(
        self, *, errors: dict[str, list[str]] | None = None, refused: Refusal | None = None, status: int = 200
    ) -> HttpResponse:
        """The page with this status."""


def done_or_shown(
    act: Callable[[], object], done: HttpResponse, again: ShowsAgain, refusals: tuple[type[JagaError], ...]
) -> HttpResponse:
    """Do it and answer `done`; for input, and for these `refusals`, the page again with the reason.

    That something is not there is shown only where its class is named.
    """
    try:
        act()
    except InvalidInput as wrong:
        return again(errors=say_fields(wrong), status=wrong.status)
    except refusals as refused:
        if isinstance(refused, NotFound) and type(refused) not in refusals:
            raise
        return again(refused=refusal(refused), status=refused.status)
    return done
