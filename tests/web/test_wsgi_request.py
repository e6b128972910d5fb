"""A Content-Type that Django cannot parse is refused like any other that no address takes."""

from io import BytesIO

import pytest
from django.core.handlers.wsgi import WSGIRequest

from jaga.web.api_portions import LenientRequest

_MALFORMED = (
    "application/json; x*=none''%41",
    "text/plain; charset*=idna''%41",
    "application/x-www-form-urlencoded; charset=a\0b",
)


def environ(content_type: str) -> dict[str, object]:
    return {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": "/",
        "CONTENT_TYPE": content_type,
        "CONTENT_LENGTH": "3",
        "wsgi.input": BytesIO(b"a=b"),
    }


@pytest.mark.parametrize("malformed", _MALFORMED)
def test_a_malformed_content_type_counts_as_none(malformed: str) -> None:
    """The request can be answered, and no form is read from it."""
    with pytest.raises((ValueError, TypeError)):
        WSGIRequest(environ(malformed))  # otherwise the class is needed no longer
    request = LenientRequest(environ(malformed))
    assert (request.content_type, request.content_params, request.encoding) == ("", {}, None)
    assert (dict(request.POST), request.body) == ({}, b"a=b")


def test_any_other_is_read_as_ever() -> None:
    """With its parameters."""
    request = LenientRequest(environ("application/x-www-form-urlencoded; charset=utf-8"))
    assert request.content_params == {"charset": "utf-8"}
    assert request.POST["a"] == "b"
