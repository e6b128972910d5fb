"""A real browser for journeys. Each complaint of a script, the console, the content policy or axe fails the test."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, CDPSession, Page, PlaywrightContextManager, sync_playwright

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}
_RULES = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}
_FITS = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"

_FOCUSED = """(() => {
    const one = document.activeElement;
    return one === document.body ? "" : one.id || one.innerText;
})()"""


def fits(page: Page) -> bool:
    """Whether the page is no wider than the screen, once it is complete: a click returns before that."""
    page.wait_for_load_state()
    return bool(page.evaluate(_FITS))


@dataclass
class Walk:
    """One person's session in the pages."""

    page: Page
    inspected: Page  # where axe runs: the same page, or, since axe is a script, a copy of one that runs no scripts
    complaints: list[str] = field(default_factory=list)

    def look(self) -> None:
        """Check the open page against the accessibility rules; nothing may be wider than the screen."""
        wide = not fits(self.page)
        where = self.page.url
        if wide:
            self.complaints.append(f"{where} is wider than the screen")
        if self.inspected is not self.page:
            html = self.page.content()
            self.inspected.route(where, lambda route: route.fulfill(body=html, content_type="text/html"))
            self.inspected.goto(where)
            self.inspected.unroute(where)
        found = Axe().run(self.inspected, options=_RULES).response
        assert len(found.get("passes", [])) > 5, f"axe saw nothing of {where}"
        self.complaints += [f"{where}: {one['id']}: {one['nodes'][0]['html'][:200]}" for one in found["violations"]]

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def focused(self) -> str:
        """The id of the focused element, or its text."""
        text: str = self.page.evaluate(_FOCUSED)
        return text

    def tab_to(self, name: str) -> None:
        """Press Tab until an element is focused: by its id or a part of its text."""
        for _ in range(60):
            if name in self.focused():
                return
            self.press("Tab")
        raise AssertionError(f"{name} cannot be reached with Tab on {self.page.url}")


@dataclass
class _Shared:
    """The browser of this process, and the event loop of its driver."""

    driver: PlaywrightContextManager
    browser: Browser
    loop: asyncio.AbstractEventLoop


_shared: list[_Shared] = []


@contextmanager
def browsing(chromium: str, arguments: list[str]) -> Iterator[Browser]:
    """The browser of this process, started once, without profiles; those that the block makes end with it.

    Its driver runs an event loop in this thread, beside which Django asks no database: it is hidden between two blocks.
    """
    if _shared and not _shared[0].browser.is_connected():
        close_the_browser()
    if not _shared:
        driver = sync_playwright()
        browser = driver.start().chromium.launch(executable_path=chromium, args=arguments)
        _shared.append(_Shared(driver, browser, asyncio.get_running_loop()))
    asyncio._set_running_loop(_shared[0].loop)
    try:
        yield _shared[0].browser
        for context in _shared[0].browser.contexts:
            context.close()
    finally:
        asyncio._set_running_loop(None)


def close_the_browser() -> None:
    """End the browser of this process, if there is one; the next block starts another."""
    while _shared:
        one = _shared.pop()
        asyncio._set_running_loop(one.loop)
        one.driver.__exit__()


@contextmanager
def walking(browser: Browser, base_url: str, **context: Any) -> Iterator[Walk]:
    """A new profile of the browser, like one person's on one device. Complaints fail the test at its end."""
    made = browser.new_context(base_url=base_url, **context)
    page = made.new_page()
    copies = browser.new_context(viewport=context["viewport"]) if context.get("java_script_enabled") is False else None
    walk = Walk(page, copies.new_page() if copies else page)
    walk.page.on("pageerror", lambda error: walk.complaints.append(f"script: {error}"))
    walk.page.on(
        "console",
        lambda html: walk.complaints.append(f"console: {html.text}") if html.type in ("error", "warning") else None,
    )
    walk.page.on(
        "response", lambda got: walk.complaints.append(f"{got.status} {got.url}") if got.status >= 400 else None
    )
    yield walk
    made.close()
    if copies:
        copies.close()
    assert walk.complaints == [], "\n".join(walk.complaints)


class Weight:
    """The network cost of a page, with the answers' headers."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("Network.enable")
        self.bytes = 0
        self.answers = 0
        self._session.on("Network.loadingFinished", self._add)

    def _add(self, finished: dict[str, Any]) -> None:
        self.bytes += int(finished["encodedDataLength"])
        self.answers += 1
