"""How a practice story is played and told: act as people do, wait until it shows, print what was seen."""

import re
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import click
import httpx

from jaga.app.stopping import PracticeStage
from jaga.core.errors import N_, JagaError
from jaga_practice import reporters
from jaga_practice.contacts import PracticeContact
from jaga_practice.languages import spoken
from jaga_practice.memory import Memory
from jaga_practice.pictures import stripes
from jaga_practice.reviewers import Reviewer, ReviewerInput
from jaga_practice.visitor import SLOWEST

T = TypeVar("T")
_NOT_STARTED = "waktu belum berjalan"  # as worded in the operator's list
_PATIENCE = 900.0  # seconds; a small machine under load may need minutes
_A_WORD_EVERY = 20.0  # seconds between messages while waiting


class StoryFailed(JagaError):
    """Something that the story waits for did not happen."""

    code = "story_failed"
    sentence = N_("The practice story did not see this: %(what)s.")
    remedy = N_("Look at the logs in %(logs)s, and at the case in the console.")


@dataclass(frozen=True)
class Narrator:
    """The participants of a story and how it is told.

    All changes go through `deed` and all observations through `until` or `check`, so that an interrupted act can
    continue (`memory`).
    """

    stage: PracticeStage
    staff: dict[str, Reviewer]
    contacts: dict[str, PracticeContact]
    memory: Memory

    @property
    def base(self) -> str:
        """The base address of pages and API."""
        return self.stage.base_url

    def say(self, text: str) -> None:
        """Print an observed fact with the time, unless it was printed before an interruption."""
        self.memory.seen("a line", lambda: self.stage.say(text))

    def missing(self, what: str) -> StoryFailed:
        """The error for something that was not observed."""
        return StoryFailed(what=what, logs=self.stage.home / "log")

    def deed(self, name: str, do: Callable[[], object]) -> None:
        """Do something that must not be done twice."""

        def done() -> None:
            do()

        self.memory.deed(name, done)

    def check(self, what: str, condition: Callable[[], object]) -> None:
        """Check that something is true at this point. Raises StoryFailed."""

        def looked() -> bool:
            if not condition():
                raise self.missing(what)
            return True

        self.memory.seen(f"check: {what}", looked)

    def until(self, what: str, observe: Callable[[], T | None]) -> tuple[T, str]:
        """Wait until `observe` returns a value (JSON); returns it with the time since the last deed, such as "1.2 s".

        The time is "some time" if the story was interrupted in between. Raises StoryFailed.
        """
        value, after = self.memory.seen(f"until: {what}", lambda: self._wait(what, observe))
        return value, after

    def _wait(self, what: str, observe: Callable[[], T | None]) -> tuple[T, str]:
        began = last_word = time.monotonic()
        while (moment := time.monotonic()) - began < _PATIENCE:
            with suppress(httpx.TransportError):  # a server that is restarting or very slow
                if value := observe():
                    measured = self.memory.measures()
                    return value, f"{time.monotonic() - began:.1f} s" if measured else "some time"
            if moment - last_word > _A_WORD_EVERY:
                last_word = moment
                self.stage.say(f"… the story waits for {what} ({moment - began:.0f} s)")
            time.sleep(0.1)
        raise self.missing(what)

    def report_on(
        self, platform: str, account: str, category: str, text: str, *, contact: str, picture: bool = False
    ) -> str:
        """File a public report from its own source; returns the receipt."""
        fields = {
            "platform": platform,
            "account": account,
            "category": category,
            "text": text,
            "contact": contact,
            "name": spoken("Pelapor Latihan", "Practice Reporter") if picture else "",
            "good_faith": "yes" if picture else "",
        }
        return self.memory.deed(
            f"{contact or 'somebody'} reports {account}",
            lambda: reporters.report(self.base, fields, stripes() if picture else None),
        )

    def case_of(self, receipt: str) -> int:
        """The id of the case on the receipt's page, once the report is filed."""

        def named() -> str | None:
            found = re.search(r"\bK(\d{6,})\b", reporters.follow(self.base, receipt).text)
            return found.group(1) if found else None

        found, _ = self.until("a case number on the receipt's page", named)
        return int(found)

    def queued(self, case_id: int) -> None:
        """Wait until triage has put the case into the queue."""
        reference = f"K{case_id:06d}"
        self.until(f"{reference} in the queue", lambda: next(iter(self.staff.values())).sees(reference))

    def votes(self, name: str, case_id: int, judgement: ReviewerInput) -> None:
        """Let one person vote."""
        self.deed(f"{name} votes on K{case_id:06d}", lambda: self.staff[name].vote(case_id, judgement))

    def finished(self, receipt: str) -> bool | None:
        """Whether the receipt's page shows a letter, which is written after verification."""
        return 'class="letter"' in reporters.follow(self.base, receipt).html or None

    def judged(self, receipt: str, judgement: ReviewerInput, *voters: str) -> int:
        """Let these people vote alike on the report's case once it is in the queue; returns its id."""
        case_id = self.case_of(receipt)
        self.queued(case_id)
        for name in voters:
            self.votes(name, case_id, judgement)
        return case_id

    def asked(self, contact: str, account: str) -> int:
        """The id of the notice about this account, once it is in the contact person's list."""
        number, _ = self.until(
            f"a notice about {account} in {contact}'s list", lambda: self.contacts[contact].waiting(account)
        )
        return number

    def opens(self, contact: str, notice: int, clock: str = "") -> None:
        """Let a contact person open a notice, whose page stated the deadline before."""
        who = self.contacts[contact]
        self.check(f"P{notice:06d} unopened", lambda: clock in who.notice(notice).text)
        self.deed(f"{contact} opens P{notice:06d}", lambda: who.open(notice))
        self.check(f"the clock of P{notice:06d}", lambda: _NOT_STARTED not in who.row(notice))

    def healthy(self) -> None:
        """Check that the installation reports itself healthy. Raises StoryFailed."""
        where = f"{self.base}/health/ready"
        self.until(f"a healthy installation at {where}", lambda: httpx.get(where, timeout=SLOWEST).is_success or None)
        self.say(f"The installation is well: {where}")


def print_addresses(stage: PracticeStage, people: Mapping[str, tuple[str, str]], more: Mapping[str, str]) -> None:
    """Print the addresses, and the people one can sign in as, with password and role."""
    base, width = stage.base_url, max(map(len, people))
    lines = [
        "",
        f"Look around: {base}/   nobody needs to sign in to report, follow, or see figures and operators.",
        f"Sign in:     {base}/console/   with these passwords, of this practice installation alone:",
        *(f"    {name:<{width}}  {password}  {what}" for name, (password, what) in people.items()),
        *(f"{name + ':':<18} {what}" for name, what in {**more, "Logs": str(stage.home / "log")}.items()),
    ]
    click.echo("\n".join(lines))
