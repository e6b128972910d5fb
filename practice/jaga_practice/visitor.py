"""A visitor without JavaScript who opens pages and submits their forms. The story uses only what people can use."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

SLOWEST = 300.0
"""Seconds that a page may take, since a small machine under load is slow."""

_transport: ContextVar[httpx.BaseTransport | None] = ContextVar("jaga_practice_transport", default=None)


@contextmanager
def within(transport: httpx.BaseTransport) -> Iterator[None]:
    """Let visitors created in the block use this transport instead of the network."""
    token = _transport.set(transport)
    try:
        yield
    finally:
        _transport.reset(token)


class PageRefused(Exception):
    """A page answered with an error; the text is what the page said."""


@dataclass
class Form:
    """A form of a page with its current values."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.text: list[str] = []
        self._open: Form | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._open)
        elif tag in ("input", "button", "textarea") and self._open is not None and given.get("name"):
            kind = given.get("type", "submit" if tag == "button" else "text")
            if kind in ("hidden", "text") or (kind in ("radio", "checkbox") and "checked" in given):
                self._open.fields[given["name"]] = given.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.text.append(data.strip())


@dataclass(frozen=True)
class VisitedPage:
    """A loaded page: address, HTML, forms, and text without markup."""

    url: str
    html: str
    forms: tuple[Form, ...]
    text: str

    def form(self, action: str) -> Form:
        """The form whose action ends with `action`. Raises PageRefused."""
        for form in self.forms:
            if urljoin(self.url, form.action).split("?")[0].endswith(action):
                return form
        raise PageRefused(f"{self.url} has no form for {action}")


class Visitor:
    """A visitor with their own cookies, over plain HTTP."""

    def __init__(self, base_url: str, *, language: str = "id") -> None:
        self._client = httpx.Client(
            base_url=base_url,
            follow_redirects=True,
            timeout=SLOWEST,
            transport=_transport.get(),
            headers={"Accept-Language": language, "Origin": base_url, "Referer": base_url},
        )

    def open(self, path: str) -> VisitedPage:
        """Open a page. Raises PageRefused for an error page."""
        return self._page(self._client.get(path))

    def send(
        self,
        page: VisitedPage,
        action: str,
        fields: Mapping[str, str | list[str]],
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
    ) -> VisitedPage:
        """Submit the page's form for `action` with `fields` (a list for several ticked boxes). Raises PageRefused."""
        form = page.form(action)
        values: dict[str, str | list[str]] = {**form.fields, **fields}
        target = urljoin(page.url, form.action)
        if form.method == "get":
            return self._page(self._client.get(target, params=values))
        return self._page(self._client.post(target, data=values, files=files))

    def submit(self, page: VisitedPage, step: str, fields: Mapping[str, str | list[str]]) -> VisitedPage:
        """Submit the page's form whose hidden field `step` has this value. Raises PageRefused."""
        form = next((one for one in page.forms if one.fields.get("step") == step), None)
        if form is None:
            raise PageRefused(f"{page.url} has no form for the step {step}")
        return self._page(self._client.post(urljoin(page.url, form.action), data={**form.fields, **fields}))

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    @staticmethod
    def _page(answer: httpx.Response) -> VisitedPage:
        parser = _Forms()
        parser.feed(answer.text)
        page = VisitedPage(str(answer.url), answer.text, tuple(parser.forms), "\n".join(parser.text))
        if answer.is_error:
            raise PageRefused(f"{answer.url} answered {answer.status_code}: {page.text[:2000]}")
        return page
