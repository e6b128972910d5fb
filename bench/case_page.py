"""Where the parts of the form stand on the case page, and how many keys a case takes.

Run by `python -m bench.case_page [--cases N]`, with Debian's Chromium. A reviewer decides N invented cases by keys
alone, in turn a closure from the prepared sentence and a dismissal; each vote leads to the next case. Printed are the
positions of choices, legal basis, facts and button on two screens in both languages, how far one scrolls until the
button is seen, and the keys and seconds of each kind (the seconds are a machine's: nobody reads here).
"""

import os
import shutil
import time
from collections import defaultdict
from statistics import median

from playwright.sync_api import Page, sync_playwright

from bench.eight import wait_for
from bench.harness import options
from bench.installation import installation

CASES = 50
SCREENS = ((1440, 900), (360, 740))
_PLACES = """() => Object.fromEntries([["choices", "[name=kind]"], ["basis", "#legal_basis"], ["facts", "#facts"],
    ["button", "[data-send]"]].map(([name, one]) => { const box = document.querySelector(one).getBoundingClientRect();
    return [name, [Math.round(box.top + scrollY), Math.round(box.bottom + scrollY)]]; }))"""
_UNTIL_SEEN = """() => { const button = document.querySelector("[data-send]"); let y = 0;
    for (; y < 20000; y += 20) { window.scrollTo(0, y);
        if (button.getBoundingClientRect().bottom <= innerHeight) break; } window.scrollTo(0, 0); return y; }"""
_AS_IN_THE_PAGE = "() => document.querySelector('.judge__send').style.position = 'static'"


class Keyboard:
    """The reviewer's keys, counted; a chord is one."""

    def __init__(self, page: Page) -> None:
        self.page, self.pressed = page, 0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1


def main() -> None:
    parser = options("Where the form's parts stand, and the keys that a case takes.")
    parser.add_argument("--cases", type=int, default=CASES, help=f"cases to decide ({CASES})")
    chosen = parser.parse_args()
    with installation({"UNDO_WINDOW_SECONDS": "600"}) as made:
        made.start_processes("web")
        base_url = f"http://127.0.0.1:{made.port}"
        wait_for(base_url)
        from tests.journeys import eight

        crowd = eight.Crowd(base_url)
        for _ in range(chosen.cases + 1):
            crowd.new_case()
        with sync_playwright() as driver:
            browser = driver.chromium.launch(
                executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
                args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_context(base_url=base_url, viewport={"width": 1440, "height": 900}).new_page()
            page.goto("/console/sign-in/")
            page.fill("#username", eight.NAMES[0])
            page.fill("#password", eight.PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url("**/queue/")
            page.locator("[data-row]").first.click()
            _measure(page, base_url)
            _decide(page, chosen.cases)
            browser.close()
        crowd.close()


def _measure(page: Page, base_url: str) -> None:
    page.click("[data-take]")
    page.wait_for_selector("[data-send]")
    for language in ("id", "en"):
        page.context.add_cookies([{"name": "jaga_language", "value": language, "url": base_url}])
        for width, height in SCREENS:
            page.set_viewport_size({"width": width, "height": height})
            page.reload()
            page.wait_for_load_state()
            scrolled = page.evaluate(_UNTIL_SEEN)
            seen = page.evaluate(_PLACES)
            page.evaluate(_AS_IN_THE_PAGE)
            natural = page.evaluate(_PLACES)
            print(f"  {language} {width}x{height}: {seen}; in the text the button stands at {natural['button'][0]}; "
                  f"choices to button {natural['button'][1] - natural['choices'][0]} px; "
                  f"seen after scrolling {scrolled} px", flush=True)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.click(".judge__head button")
    page.wait_for_url("**/queue/")
    page.locator("[data-row]").first.click()


def _decide(page: Page, cases: int) -> None:
    keys: dict[str, list[int]] = defaultdict(list)
    seconds: dict[str, list[float]] = defaultdict(list)
    for number in range(cases):
        page.wait_for_load_state()
        page.wait_for_selector("[data-take]")
        hand, began, case = Keyboard(page), time.perf_counter(), page.url
        kind = "dismissal" if number % 2 else "closure"
        hand.press("d" if kind == "dismissal" else "f")  # which takes the case first
        page.wait_for_selector("[data-send]")
        page.wait_for_load_state()
        if kind == "dismissal":
            hand.press("Control+Enter")
        else:
            hand.press(*"gvb"[:page.locator("[name=elements]").count() - 1], "x")
            if not page.input_value("#legal_basis"):
                hand.press("l")
            hand.press("Control+Enter")
            page.wait_for_selector("[data-unchanged]:not([hidden])")
            hand.press("Control+Enter")
        page.wait_for_url(lambda url, before=case: url != before)
        keys[kind].append(hand.pressed)
        seconds[kind].append(time.perf_counter() - began)
    for kind, counted in keys.items():
        print(f"  {len(counted)} of kind {kind}: {min(counted)} to {max(counted)} keys each, "
              f"median {median(seconds[kind]):.2f} s", flush=True)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jaga.app.settings")
    main()
