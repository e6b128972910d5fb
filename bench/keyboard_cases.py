"""How many keys and seconds a case takes, decided by keyboard alone in a real browser.

Run by `python -m bench.keyboard_cases [--cases N] [--json FILE]`, with Debian's Chromium. A reviewer signs in, opens
the first case and decides N invented cases (50) without a mouse, in turn a closure from the prepared sentence and a
dismissal; each vote leads to the next case. Counted are the keys of each case, a chord as one, and its seconds: from
the page that is ready to the next page that is ready, and of these the server's, from a request that was sent to the
first byte of its answer. Ends with status 1 where a dismissal takes more than 3 keys, a closure more than 8, or a vote
is not in the database as it was cast. Nobody reads here, so the seconds are a machine's. Reference: the server's time
for the empty page of `/health/live`.
"""

import os
import shutil
import time
from collections import defaultdict
from dataclasses import dataclass, field

from playwright.sync_api import Page, Request, sync_playwright

from bench.eight import wait_for
from bench.harness import Bench, Run, benchmark, each, options
from bench.installation import installation

CASES = 50
CLOSURE, DISMISSAL = "closure", "dismissal"
MOST_KEYS = {DISMISSAL: 3, CLOSURE: 8}
SCREEN = {"width": 1440, "height": 900}
ELEMENT_KEYS = "gvb"  # After `f`, which ticks the first element and takes the case before.
_PAGES = ("document", "fetch", "xhr")


@dataclass
class Keyboard:
    """The reviewer's keys, counted, and the seconds that the server took for what they asked."""

    page: Page
    pressed: int = 0
    server: float = 0.0

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1

    def answered(self, request: Request) -> None:
        timing = request.timing
        if request.resource_type in _PAGES and timing["responseStart"] >= 0:
            self.server += (timing["responseStart"] - timing["requestStart"]) / 1000


@dataclass
class Taken:
    """What the cases of one kind took, one after the other."""

    keys: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    server: list[float] = field(default_factory=list)


def main() -> None:
    parser = options("How many keys and seconds a case takes, decided by keyboard alone.")
    parser.add_argument("--cases", type=int, default=CASES, help=f"cases to decide, four at least ({CASES})")
    chosen = parser.parse_args()
    if chosen.cases < 4:
        parser.error("--cases: four at least, two of each kind")
    with installation({"UNDO_WINDOW_SECONDS": "600"}) as made:
        made.start_processes("web")
        base_url = f"http://127.0.0.1:{made.port}"
        wait_for(base_url)
        from tests.journeys import eight

        crowd = eight.Crowd(base_url)
        for _ in range(chosen.cases + 1):  # The last vote leads to a case, too.
            crowd.new_case()
        crowd.close()
        with benchmark("keyboard_cases", made.database_url, chosen.json) as bench:
            with sync_playwright() as driver:
                browser = driver.chromium.launch(
                    executable_path=shutil.which("chromium") or shutil.which("chromium-browser"),
                    args=["--no-sandbox", "--disable-gpu"],
                )
                page = browser.new_context(base_url=base_url, viewport=SCREEN).new_page()
                _sign_in(page, eight.NAMES[0], eight.PASSWORD)
                taken, opened = decide(page, chosen.cases)
                reference = _reference(page, chosen.cases)
                browser.close()
            told(bench, taken, reference, opened)
            wrong = [*_too_many(taken), *_not_cast(taken, eight.NAMES[0])]
            bench.notes.update(wrong=wrong)
        for sentence in wrong:
            print(f"  wrong: {sentence}", flush=True)
        if wrong:
            raise SystemExit(1)


def _sign_in(page: Page, name: str, password: str) -> None:
    page.goto("/console/sign-in/")
    page.wait_for_function("document.activeElement.id === 'username'")
    page.keyboard.type(name)
    page.keyboard.press("Tab")
    page.keyboard.type(password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue/")


def decide(page: Page, cases: int) -> tuple[dict[str, Taken], int]:
    """Decide so many cases, a closure and a dismissal in turn; also the keys that opened the first one."""
    page.wait_for_load_state()
    hand = Keyboard(page)
    hand.press("j", "Enter")
    page.wait_for_selector("[data-take]")
    opened, taken = hand.pressed, defaultdict[str, Taken](Taken)
    for number in range(cases):
        page.wait_for_load_state()
        kind = DISMISSAL if number % 2 else CLOSURE
        hand, case, began = Keyboard(page), page.url, time.perf_counter()
        page.on("requestfinished", hand.answered)
        _dismiss(hand) if kind == DISMISSAL else _close(hand)
        page.wait_for_url(lambda url, before=case: url != before)
        page.wait_for_selector("[data-take]")
        page.wait_for_load_state()
        page.remove_listener("requestfinished", hand.answered)
        of_kind = taken[kind]
        of_kind.keys.append(hand.pressed)
        of_kind.seconds.append(time.perf_counter() - began)
        of_kind.server.append(hand.server)
    return taken, opened


def _dismiss(hand: Keyboard) -> None:
    hand.press("d")  # It takes the case first.
    hand.page.wait_for_selector("[data-send]")
    hand.page.wait_for_load_state()
    hand.press("Control+Enter")


def _close(hand: Keyboard) -> None:
    page = hand.page
    hand.press("f")
    page.wait_for_selector("[data-send]")
    page.wait_for_load_state()
    hand.press(*ELEMENT_KEYS[: page.locator("[name=elements]").count() - 1], "x")
    if not page.input_value("#legal_basis"):
        hand.press("l")
    hand.press("Control+Enter")
    page.wait_for_selector("[data-unchanged]:not([hidden])")
    hand.press("Control+Enter")  # The prepared sentence is unchanged: it takes a second key.


def _reference(page: Page, times: int) -> Run:
    hand = Keyboard(page)
    page.on("requestfinished", hand.answered)
    each(lambda _: page.goto("/health/live"), times)
    page.remove_listener("requestfinished", hand.answered)
    return Run((hand.server / times,) * 2, 0, hand.server)


def told(bench: Bench, taken: dict[str, Taken], reference: Run, opened: int) -> None:
    """The figures of each kind; the keys are notes, since they are the same on every machine."""
    for kind, one in taken.items():
        bench.add_times(f"{kind}, seconds of the server", _run(one.server), reference, "/health/live")
        bench.add_times(f"{kind}, all seconds", _run(one.seconds), reference, "/health/live")
        bench.notes[kind] = {
            "cases": len(one.keys),
            "keys_least": min(one.keys),
            "keys_most": max(one.keys),
            "keys": one.keys,
            "seconds": one.seconds,
            "server_seconds": one.server,
        }
        print(
            f"    {len(one.keys)} of kind {kind}: {min(one.keys)} to {max(one.keys)} keys each "
            f"(at most {MOST_KEYS[kind]})",
            flush=True,
        )
    everything = [second for one in taken.values() for second in one.seconds]
    keys = sum(sum(one.keys) for one in taken.values())
    bench.notes["all"] = {
        "cases": len(everything),
        "keys": keys,
        "keys_to_open_the_first": opened,
        "seconds": sum(everything),
    }
    print(
        f"    {len(everything)} cases: {keys} keys and {opened} to open the first, {sum(everything):.1f} s, "
        f"{sum(sum(one.server) for one in taken.values()):.1f} s of them the server's",
        flush=True,
    )


def _run(seconds: list[float]) -> Run:
    return Run(tuple(seconds), 0, sum(seconds))


def _too_many(taken: dict[str, Taken]) -> list[str]:
    return [
        f"a {kind} took {max(one.keys)} keys, more than {MOST_KEYS[kind]}"
        for kind, one in taken.items()
        if max(one.keys) > MOST_KEYS[kind]
    ]


def _not_cast(taken: dict[str, Taken], name: str) -> list[str]:
    from jaga.cases.models.decisions import Vote

    cast = list(Vote.in_force.filter(person__username=name).values_list("kind", flat=True))
    return [
        f"{len(one.keys)} cases were decided by keys, and {cast.count(term)} votes say {term}"
        for kind, term in ((CLOSURE, "close"), (DISMISSAL, "dismiss"))
        if cast.count(term) != len((one := taken[kind]).keys)
    ]


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jaga.app.settings")
    main()
