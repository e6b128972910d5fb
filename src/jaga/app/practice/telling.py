"""How a practice story is told, in whichever world: act as people do, wait until it shows, print what was seen."""

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

import click
import httpx

from jaga.app.practice import reporters
from jaga.app.practice.contacts import Contact
from jaga.app.practice.pictures import stripes
from jaga.app.practice.reviewers import Judgement, Reviewer
from jaga.app.stage import Stage
from jaga.core.errors import N_, JagaError

T = TypeVar("T")
_PATIENCE = 60.0


class StoryFailed(JagaError):
    """Something that the story waits for did not happen."""

    code = "story_failed"
    sentence = N_("The practice story did not see this: %(what)s.")
    remedy = N_("Look at the logs in %(logs)s, and at the case in the console.")


@dataclass(frozen=True)
class Narrator:
    """Who takes part in any story, and how it speaks."""

    stage: Stage
    staff: dict[str, Reviewer]
    contacts: dict[str, Contact]

    @property
    def base(self) -> str:
        """Where pages and API are."""
        return self.stage.base_url

    def say(self, text: str) -> None:
        """Print one observed fact with the time."""
        self.stage.say(text)

    def missing(self, what: str) -> StoryFailed:
        """The error to raise where something cannot be seen."""
        return StoryFailed(what=what, logs=self.stage.home / "log")

    def until(self, what: str, look: Callable[[], T | None]) -> tuple[T, float]:
        """Look until there is something to see; returns it and the seconds waited. Raises StoryFailed."""
        began = time.monotonic()
        while time.monotonic() - began < _PATIENCE:
            seen = look()
            if seen:
                return seen, time.monotonic() - began
            time.sleep(0.1)
        raise self.missing(what)

    def report_on(self, platform: str, account: str, category: str, text: str, *, contact: str,
                  picture: bool = False) -> str:
        """File a public report from a source of its own; returns the receipt."""
        fields = {"platform": platform, "account": account, "category": category, "text": text,
                  "contact": contact, "name": "Pelapor Latihan" if picture else "",
                  "good_faith": "yes" if picture else ""}
        return reporters.report(self.base, fields, stripes() if picture else None)

    def case_of(self, receipt: str) -> int:
        """The number of the case that the receipt's page names, once the worker has filed the report."""
        found, _ = self.until("a case number on the receipt's page",
                              lambda: re.search(r"\bK(\d{6,})\b", reporters.follow(self.base, receipt).text))
        return int(found.group(1))

    def queued(self, case_id: int) -> float:
        """Wait until triage has put the case into the queue; returns the seconds."""
        reference = f"K{case_id:06d}"
        _, seconds = self.until(f"{reference} in the queue",
                                lambda: next(iter(self.staff.values())).sees(reference))
        return seconds

    def finished(self, receipt: str) -> bool | None:
        """Whether the reporter's page shows a letter: it is written once the effect was verified."""
        return 'class="letter"' in reporters.follow(self.base, receipt).html or None

    def judged(self, receipt: str, judgement: Judgement, *voters: str) -> int:
        """Let these people vote alike on the report's case, once it is in the queue; returns its number."""
        case_id = self.case_of(receipt)
        self.queued(case_id)
        for name in voters:
            self.staff[name].vote(case_id, judgement)
        return case_id

    def asked(self, contact: str, account: str) -> int:
        """The number of the notice about this account, once it is in the contact person's list."""
        number, _ = self.until(f"a notice about {account} in {contact}'s list",
                               lambda: self.contacts[contact].waiting(account))
        return number

    def healthy(self) -> None:
        """See that the installation calls itself well. Raises StoryFailed."""
        where = f"{self.base}/health/ready"
        self.until(f"a healthy installation at {where}", lambda: httpx.get(where, timeout=30).is_success or None)
        self.say(f"The installation is well: {where}")


def look_around(stage: Stage, people: Mapping[str, tuple[str, str]], more: Mapping[str, str]) -> None:
    """Say where everything is, and as whom one may sign in: by name the password and what the person is."""
    base, width = stage.base_url, max(map(len, people))
    lines = [
        "", f"Look around: {base}/   nobody needs to sign in to report, follow, or see figures and operators.",
        f"Sign in:     {base}/console/   with these passwords, of this practice installation alone:",
        *(f"    {name:<{width}}  {password}  {what}" for name, (password, what) in people.items()),
        *(f"{name + ':':<18} {what}" for name, what in {**more, "Logs": str(stage.home / "log")}.items()),
    ]
    click.echo("\n".join(lines))
