"""What pages do with a form that was sent: read its fields, run one verb, show the page again where it is refused."""

from collections.abc import Callable, Mapping

from django.http import HttpRequest, HttpResponse

from jaga.core.errors import Conflict, IllegalTransition, InvalidInput, JagaError, NotPermitted
from jaga.web.errors import say, say_fields


def written(request: HttpRequest, field: str) -> str:
    """A text as it was written, with one kind of line break."""
    return str(request.POST.get(field, "")).replace("\r\n", "\n")


def tried(verb: Callable[[], object], again: Callable[..., HttpResponse], done: HttpResponse) -> HttpResponse:
    """The verb's success, or the page again with what was wrong and all that was written."""
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
