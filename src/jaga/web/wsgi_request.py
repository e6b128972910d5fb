"""Django's request, also where the Content-Type cannot be parsed."""

from collections.abc import Mapping
from typing import Any

from django.core.handlers.wsgi import WSGIRequest


class LenientRequest(WSGIRequest):
    """A request whose malformed Content-Type counts as none, so that it is refused as what no address takes.

    Django parses it before any handler could answer: an unknown encoding of a parameter would be an internal error, and
    before Python 3.13 a parameter that is given whole and in parts.
    """

    def _set_content_type_params(self, meta: Mapping[str, Any]) -> None:
        try:
            super()._set_content_type_params(meta)  # type: ignore[misc]
        except (ValueError, TypeError):
            self.content_type, self.content_params = "", {}
