"""Form handling: run one action, show the page again on errors. `forms` reads the fields."""

from collections.abc import Callable, Mapping

from django.http import HttpResponse

from jaga.core.errors import Conflict, IllegalTransition, InvalidInput, NotPermitted
from jaga.web.console.frame.refusals import refusal
from jaga.web.errors import say_fields


def run_or_rerender(verb: Callable[[], object], again: Callable[..., HttpResponse], done: HttpResponse) -> HttpResponse:
    """The result of the action, or the page again with errors and input."""
    try:
        verb()
    except InvalidInput as refused:
        errors: Mapping[str, list[str]] = say_fields(refused)
        return again(errors=errors, status=refused.status)
    except (Conflict, IllegalTransition, NotPermitted) as refused:
        if type(refused) is NotPermitted:
            raise
        return again(refused=refusal(refused), status=refused.status)
    return done
