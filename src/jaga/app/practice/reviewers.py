"""A reviewer in the story: signs in, takes a case, votes, decides appeals, by the console's own pages and forms."""

import re
from dataclasses import dataclass

from django.urls import reverse

from jaga.app.practice.visitor import Page, PageRefused, Visitor


@dataclass(frozen=True)
class Judgement:
    """What a reviewer ticks and writes on the decide form."""

    kind: str
    legal_basis: str = ""
    facts: str = ""
    rooms: str = ""  # public rooms to redact, one a line


DISMISSAL = Judgement("dismiss")


class Reviewer:
    """One signed-in person of the console."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor

    @classmethod
    def sign_in(cls, base_url: str, username: str, password: str) -> "Reviewer":
        """Sign in by the console's form."""
        visitor, address = Visitor(base_url), reverse("console:sign-in")
        visitor.send(visitor.open(address), address, {"username": username, "password": password})
        return cls(visitor)

    def queue(self) -> Page:
        """The queue as this person sees it."""
        return self._visitor.open(reverse("console:queue"))

    def sees(self, text: str) -> int | None:
        """The number of the first case in the queue whose row shows `text` (a reference, an account)."""
        for row in self.queue().html.split('class="queue__row')[1:]:
            found = re.search(r"\bK(\d{6,})\b", row)
            if found and text in row:
                return int(found.group(1))
        return None

    def vote(self, case_id: int, judgement: Judgement) -> Page:
        """Take the case and vote on it."""
        take, decide = (reverse(f"console:{name}", args=[case_id]) for name in ("take", "decide"))
        page = self._visitor.open(reverse("console:case", args=[case_id]))
        if any(form.action.endswith("/take/") for form in page.forms):
            page = self._visitor.send(page, take, {})
        return self._visitor.send(page, decide, {
            "kind": judgement.kind, "legal_basis": judgement.legal_basis, "facts": judgement.facts,
            "rooms": judgement.rooms})

    def decide_appeal(self, *, overturn: bool, reasons: str) -> Page:
        """Decide the oldest open appeal that this person may decide, by its page."""
        appeals = self._visitor.open(reverse("console:appeals"))
        address = _first_link(appeals, r'href="(/console/appeals/\d+/)"')
        return self._visitor.send(self._visitor.open(address), address, {
            "result": "overturn" if overturn else "uphold", "reasons": reasons})

    def export(self) -> Page:
        """Make the sealed export that the first police request in the list asks for."""
        address = reverse("console:exports")
        return self._visitor.send(self._visitor.open(address), address, {})


def _first_link(page: Page, pattern: str) -> str:
    found = re.search(pattern, page.html)
    if found is None:
        raise PageRefused(f"{page.url} has no link like {pattern}")
    return found.group(1)
