"""What each page of a running practice installation weighs on a first visit, and whether it fits every screen.

Run by `python -m bench.page_weights [--url http://127.0.0.1:8000] [--home FOLDER] [--person NAME …] [--language id]
[--json FILE]`, beside `make run`. A browser with an empty cache follows the links of each person's pages, one page of
each kind, and prints for each: the bytes that came over the network as the server compressed them, without pictures;
the heaviest part; the widths from 320 to 1440 pixels at which something is wider than the screen; and what axe finds.
The goals are 50 kB, no width, and nothing found. Nothing is changed: only links are followed, and no form is sent but
the one for signing in.
"""

import argparse
import json
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page, sync_playwright

HEAVIEST = 50_000
WIDTHS = (320, 360, 412, 600, 768, 1024, 1280, 1440)
PEOPLE = ("", "sinta", "wulan", "admin", "dewi", "petugas.polisi")  # nobody, reviewer, supervisor, administrator, …
MOST = 60  # pages of one person
_CHROMIUM = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_LINKS = "[...document.querySelectorAll('a[href]')].filter(one => !one.download).map(one => one.href)"
_TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
_RULES = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@dataclass(frozen=True)
class Weighed:
    """One page of one person: its bytes, its heaviest part, widths at which it does not fit, and axe's findings."""

    person: str
    address: str
    bytes: int
    heaviest: str
    too_wide: tuple[int, ...]
    axe: tuple[str, ...]

    @property
    def is_fine(self) -> bool:
        """Whether the page meets all three goals."""
        return self.bytes <= HEAVIEST and not self.too_wide and not self.axe


def main() -> None:
    parser = argparse.ArgumentParser(description="What each page weighs, and whether it fits every screen.")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="a running practice installation")
    parser.add_argument("--home", type=Path, default=Path(".local"), help="its folder, for the passwords (.local)")
    parser.add_argument("--person", action="append", help=f"whose pages ({', '.join(PEOPLE[1:])}, and nobody's)")
    parser.add_argument("--language", default="id", choices=("id", "en"))
    parser.add_argument("--json", type=Path, help="write the table there too")
    chosen = parser.parse_args()
    found: list[Weighed] = []
    print(f"{'bytes':>7}  {'page':46} {'heaviest part':34} too wide, axe")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=_CHROMIUM)
        for person in chosen.person or PEOPLE:
            for one in pages_of(browser, person, chosen):
                found.append(one)
                faults = " ".join([*(f"{width} px" for width in one.too_wide), *one.axe])
                whose = f"{one.person} {one.address}"
                print(f"{one.bytes:7,}  {whose:46.46} {one.heaviest:34.34} {faults}", flush=True)
        browser.close()
    bad = [one for one in found if not one.is_fine]
    print(f"{len(found)} pages, the heaviest {max(one.bytes for one in found):,} bytes; {len(bad)} miss a goal")
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(one) for one in found], indent=1))
    sys.exit(bool(bad))


def pages_of(browser: Browser, person: str, chosen: argparse.Namespace) -> Iterator[Weighed]:
    """The pages that this person reaches by links, one of each kind."""
    context = browser.new_context(base_url=chosen.url, viewport={"width": WIDTHS[1], "height": 740})
    context.add_cookies([{"name": "jaga_language", "value": chosen.language, "url": chosen.url}])
    context.set_default_timeout(120_000)
    page = context.new_page()
    waiting, kinds = ["/"], {"/"}
    if person:
        page.goto("/console/sign-in/")
        page.fill("#username", person)
        page.fill("#password", (chosen.home / "practice" / f"password-{person}").read_text().strip())
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "sign-in" not in url)
        waiting = [urlsplit(page.url).path]
        kinds = {_kind(waiting[0])}
    seen = 0
    while waiting and seen < MOST:
        address = waiting.pop(0)
        one = _weighed(page, person, address)
        if one is None:
            continue
        seen += 1
        yield one
        for link in page.evaluate(_LINKS):
            parts = urlsplit(link)
            path = parts.path
            if (
                parts.netloc == urlsplit(chosen.url).netloc
                and path.startswith("/console/") is bool(person)
                and (_kind(path) not in kinds and not path.startswith(("/language/", "/console/sign-out", "/static/")))
            ):
                kinds.add(_kind(path))
                waiting.append(path)
    context.close()


def _kind(path: str) -> str:
    """Pages that differ only in a number or a name are of one kind."""
    return re.sub(r"/(operators|ledger)/[^/]+", r"/\1/…", re.sub(r"[A-Z]*[0-9][0-9A-Za-z-]*", "…", path))


def _weighed(page: Page, person: str, address: str) -> Weighed | None:
    """The page, loaded with an empty cache; None if it is no page, or refused."""
    wire = page.context.new_cdp_session(page)
    wire.send("Network.enable")
    wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
    parts: dict[str, tuple[str, str]] = {}
    sizes: dict[str, int] = {}
    wire.on(
        "Network.responseReceived",
        lambda said: parts.update({said["requestId"]: (said["type"], urlsplit(said["response"]["url"]).path)}),
    )
    wire.on("Network.loadingFinished", lambda said: sizes.update({said["requestId"]: said["encodedDataLength"]}))
    try:
        answer = page.goto(address)
    except Error as refused:  # a link that saves a file aborts the visit, and is no page
        if "ERR_ABORTED" in str(refused) or "Download is starting" in str(refused):
            return None
        raise
    page.wait_for_load_state("networkidle")
    wire.detach()
    if answer is None or answer.status != 200 or "text/html" not in answer.headers.get("content-type", ""):
        return None
    counted = {
        path: sizes.get(number, 0)
        for number, (kind, path) in parts.items()
        if kind in ("Document", "Stylesheet", "Script", "Font")
    }
    heaviest = max(counted, key=lambda path: counted[path])
    wide = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 740})
        if page.evaluate(_TOO_WIDE):
            wide.append(width)
    page.set_viewport_size({"width": WIDTHS[1], "height": 740})
    found = [one["id"] for one in Axe().run(page, options=_RULES).response["violations"]]
    part = f"{heaviest.rpartition('/')[2] or 'page'} {counted[heaviest]:,}"
    return Weighed(person, address, sum(counted.values()), part, tuple(wide), tuple(found))


if __name__ == "__main__":
    main()
