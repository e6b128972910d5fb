"""Where the parts of the form stand on the case page.

Run by `python -m bench.case_page`, with Debian's Chromium. Printed are the positions of choices, legal basis, facts and
button on two screens in both languages, and how far one scrolls until the button is seen. How many keys a case takes
is measured by `bench.keyboard_cases`.
"""

import os
import shutil

from playwright.sync_api import Page, sync_playwright

from bench.eight import wait_for
from bench.harness import options
from bench.installation import installation

SCREENS = ((1440, 900), (360, 740))
_PLACES = """() => Object.fromEntries([["choices", "[name=kind]"], ["basis", "#legal_basis"], ["facts", "#facts"],
    ["button", "[data-send]"]].map(([name, one]) => { const box = document.querySelector(one).getBoundingClientRect();
    return [name, [Math.round(box.top + scrollY), Math.round(box.bottom + scrollY)]]; }))"""
_UNTIL_SEEN = """() => { const button = document.querySelector("[data-send]"); let y = 0;
    for (; y < 20000; y += 20) { window.scrollTo(0, y);
        if (button.getBoundingClientRect().bottom <= innerHeight) break; } window.scrollTo(0, 0); return y; }"""
_AS_IN_THE_PAGE = "() => document.querySelector('.judge__send').style.position = 'static'"


def main() -> None:
    options("Where the form's parts stand.").parse_args()
    with installation({"UNDO_WINDOW_SECONDS": "600"}) as made:
        made.start_processes("web")
        base_url = f"http://127.0.0.1:{made.port}"
        wait_for(base_url)
        from tests.journeys import eight

        crowd = eight.Crowd(base_url)
        crowd.new_case()
        with sync_playwright() as driver:
            browser = driver.chromium.launch(
                executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
                args=["--no-sandbox", "--disable-gpu"],
            )
            page = browser.new_context(base_url=base_url, viewport={"width": 1440, "height": 900}).new_page()
            page.goto("/console/sign-in/")
            page.fill("#username", eight.NAMES[0])
            page.fill("#password", eight.PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url("**/queue/")
            page.locator("[data-row]").first.click()
            _measure(page, base_url)
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
            print(
                f"  {language} {width}x{height}: {seen}; in the text the button stands at {natural['button'][0]}; "
                f"choices to button {natural['button'][1] - natural['choices'][0]} px; "
                f"seen after scrolling {scrolled} px",
                flush=True,
            )


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jaga.app.settings")
    main()
