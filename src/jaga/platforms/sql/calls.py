"""A mapping's REST calls: to one host, without redirects, limited in time and size (`jaga.platforms.kit.http`)."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from jaga.core.platforms import PlatformFault
from jaga.platforms.kit.http import CredentialsRefused, Http, JsonReply
from jaga.platforms.sql.mapping import RestCall, as_answer


class Caller:
    """Sends calls to the host of `base_url`. Lookups use `lookup_token` if it differs from the acting one."""

    def __init__(self, http: Http, lookup_token: str | None, base_url: str) -> None:
        self._http, self._lookup_token, self._base_url = http, lookup_token, base_url

    def send(self, call: RestCall, parameters: Mapping[str, str]) -> JsonReply:
        """Send a change; its answer proves nothing. Raises PlatformUnreachable."""
        return self._sent(call, parameters, None)

    def ask(self, call: RestCall, parameters: Mapping[str, str]) -> str:
        """A lookup's answer: the value at the call's path, or its status as `HTTP 200`.

        Raises PlatformFault if the value is missing.
        """
        answer = self._sent(call, parameters, "" if call.public else self._lookup_token)
        if not call.value or not answer.ok:
            return f"HTTP {answer.status}"
        found = answer.value
        for step in () if call.value == "." else call.value.split("."):
            if not isinstance(found, Mapping) or step not in found:
                raise PlatformFault(why=f"{call.method}: the answer holds no {call.value}")
            found = found[step]
        if isinstance(found, list | dict):
            return str(len(found))
        return as_answer(found)

    def written(self, call: RestCall, parameters: Mapping[str, str]) -> str:
        """The call as it would be sent, without its token."""
        body = "" if call.body is None else " " + json.dumps(_filled(call.body, parameters), ensure_ascii=False)
        return f"{call.method} {self._base_url.rstrip('/')}{_path(call, parameters)}{body}"

    def _sent(self, call: RestCall, parameters: Mapping[str, str], token: str | None) -> JsonReply:
        body = None if call.body is None else _filled(call.body, parameters)
        answer = self._http.call(call.method, _path(call, parameters), json_body=body, token=token, any_json=True)
        if answer.status in (401, 403):
            raise CredentialsRefused(why=f"{call.method}: HTTP {answer.status}")
        if 300 <= answer.status < 400:
            raise PlatformFault(why=f"{call.method}: HTTP {answer.status}, and redirects are not followed")
        return answer


def _path(call: RestCall, parameters: Mapping[str, str]) -> str:
    return call.path.format(**{name: quote(value, safe="") for name, value in parameters.items()})


def _filled(body: Any, parameters: Mapping[str, str]) -> Any:
    if isinstance(body, dict):
        return {str(name).format(**parameters): _filled(value, parameters) for name, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, parameters) for value in body]
    return body.format(**parameters) if isinstance(body, str) else body
