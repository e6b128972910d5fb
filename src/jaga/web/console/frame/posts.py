"""Form handling: read the fields, run one action, show the page again on errors."""

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse

from jaga.core.errors import Conflict, IllegalTransition, InvalidInput, JagaError, NotPermitted
from jaga.web.errors import say, say_fields


def written(request: HttpRequest, field: str) -> str:
    """A text as typed, with normalised line breaks."""
    return str(request.POST.get(field, "")).replace("\r\n", "\n")


def tried(verb: Callable[[], object], again: Callable[..., HttpResponse], done: HttpResponse) -> HttpResponse:
    """The result of the action, or the page again with errors and input."""
    try:
        verb()
    except InvalidInput as refused:
        errors: Mapping[str, list[str]] = say_fields(refused)
        return again(errors=errors, status=refused.status)
    except (Conflict, IllegalTransition, NotPermitted) as refused:
        if type(refused) is NotPermitted:
            raise
        return again(refused=_said(refused), status=refused.status)
    return done


def _said(refused: JagaError) -> dict[str, str]:
    sentence, remedy = say(refused)
    return {"sentence": sentence, "remedy": remedy}
