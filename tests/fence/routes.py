"""Every address with its name, methods, what guards it and who may open it; and the API's own description."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from django.test import override_settings
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.translation import override
from ninja.operation import PathView
from tests.web import test_every_route as outside
from tests.web.console.frame.test_who_may_open_what import MATRIX, OPEN_TO_ALL

from jaga.app.api.v1 import api
from jaga.web.api.auth import OfficerKeyAuth
from jaga.web.frame import step_up
from jaga.web.frame.pages import password_only, signed_in

SITE = "https://jaga.example"
_GUARDS: dict[str, Callable[..., Any]] = {
    "signed in": signed_in,
    "password only": password_only,
    "second factor again": step_up.needs_step_up,
    "second factor again if any": step_up.needs_step_up_if_any,
    "second factor first": step_up.asks_first,
}
_OUTSIDE = {
    "anybody": outside.ANYBODY,
    "receipt shown": outside.RECEIPT,
    "receipt sent": outside.SENT_RECEIPT,
    "code": outside.CODE,
    "secret": outside.SECRET,
    "signature": outside.SIGNATURE,
}


def routes() -> Iterator[str]:
    found = sorted(_walk(get_resolver().url_patterns))
    who = {address: _who(address, name) for address, name, _ in found}
    for address, name, rest in found:
        yield f"/{address}  name={name}  {rest}  who={who[address]}"
    for _, name, converter in sorted(_converters(get_resolver().url_patterns)):
        yield f"converter {name}  {converter}"


def _walk(patterns: Iterable[Any], before: str = "", space: str = "") -> Iterator[tuple[str, str, str]]:
    for one in patterns:
        here = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from _walk(one.url_patterns, here, f"{one.namespace}:" if one.namespace else space)
        else:
            yield here, f"{space}{one.name or '-'}", _view(one)


def _converters(patterns: Iterable[Any]) -> set[tuple[str, str, str]]:
    found: set[tuple[str, str, str]] = set()
    for one in patterns:
        for name, how in one.pattern.converters.items():
            found.add(("", name, how.regex))
        if isinstance(one, URLResolver):
            found |= _converters(one.url_patterns)
    return found


def _view(one: URLPattern) -> str:
    layers = list(_layers(one.callback))
    methods, guards, scopes = "any", [], ""
    for layer in layers:
        held = _held(layer)
        if "request_method_list" in held:
            methods = ",".join(sorted(held["request_method_list"]))
        code = getattr(layer, "__code__", None)
        guards += [
            name
            for name, guard in _GUARDS.items()
            if code is not None and (code in guard.__code__.co_consts or _of_step_up(guard, code, held))
        ]
        for path_view in (
            value for value in (*held.values(), getattr(layer, "__self__", None)) if isinstance(value, PathView)
        ):
            operations = [(method, _scopes(made)) for made in path_view.operations for method in made.methods]
            methods = ",".join(sorted(method for method, _ in operations))
            scopes = " ".join(f"{method}:{scope}" for method, scope in sorted(operations))
    if view_class := getattr(one.callback, "view_class", None):
        methods = ",".join(name.upper() for name in sorted(view_class.http_method_names) if hasattr(view_class, name))
    exempt = "  csrf=exempt" if getattr(one.callback, "csrf_exempt", False) else ""
    return f"methods={methods}  guards={','.join(guards) or '-'}{f'  scopes={scopes}' if scopes else ''}{exempt}"


def _of_step_up(guard: Callable[..., Any], code: Any, held: dict[str, Any]) -> bool:
    """The two guards that differ by one switch share their code."""
    if code not in step_up._step_up.__code__.co_consts:
        return False
    return guard is (step_up.needs_step_up if held["always"] else step_up.needs_step_up_if_any)


def _layers(view: Any) -> Iterator[Any]:
    while view is not None:
        yield view
        view = getattr(view, "__wrapped__", None)


def _held(layer: Any) -> dict[str, Any]:
    code, cells = getattr(layer, "__code__", None), getattr(layer, "__closure__", None) or ()
    return {name: cell.cell_contents for name, cell in zip(code.co_freevars if code else (), cells, strict=False)}


def _scopes(operation: Any) -> str:
    ways = [way for way in operation.auth_callbacks if isinstance(way, OfficerKeyAuth)]
    return ",".join(str(way.scope_for(operation.methods[0]) or "any key") for way in ways) or "nothing"


def _who(address: str, name: str) -> str:
    if name.startswith("console:"):
        own = name.removeprefix("console:")
        return "anybody" if own in OPEN_TO_ALL else ",".join(sorted(role.value for role in MATRIX[own][2]))
    return next((words for words, addresses in _OUTSIDE.items() if address in addresses), "-")


def openapi() -> Iterable[str]:
    with override_settings(BASE_URL=SITE), override("en"):
        document = api.get_openapi_schema(path_prefix="/api/v1/")
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False, default=str).splitlines()
