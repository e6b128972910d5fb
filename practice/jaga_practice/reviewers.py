"""A reviewer in the story: signs in, takes a case, votes, decides appeals, by the console's own pages and forms."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pyotp
from django.urls import reverse

from jaga.core.clock import now
from jaga_practice.visitor import PageRefused, VisitedPage, Visitor


@dataclass(frozen=True)
class ReviewerInput:
    """What a reviewer ticks and writes on the decide form."""

    kind: str
    legal_basis: str = ""
    facts: str = ""
    rooms: str = ""  # public rooms to redact, one a line
    accounts: tuple[int, ...] = ()  # which boxes are ticked; none: as the page offers them
    every_account: bool = False  # tick every box
    days: int = 0  # how long a restriction lasts; 0: without an end
    victim: str = ""  # what the vote says of a possible victim: `confirm`, `lift`; empty: nothing


DISMISSAL = ReviewerInput("dismiss")
_WHY = "Isi ruang umum lebih jelas daripada dugaan."  # said where a supervisor settles what two judged differently


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

    def queue(self) -> VisitedPage:
        """The queue as this person sees it."""
        return self._visitor.open(reverse("console:queue"))

    def sees(self, text: str) -> int | None:
        """The number of the first case in the queue whose row shows `text` (a reference, an account)."""
        for rest in self.queue().html.split('class="queue__row')[1:]:
            row = rest.partition("</li>")[0]  # what follows the last one is no row
            found = re.search(r"\bK(\d{6,})\b", row)
            if found and text in row:
                return int(found.group(1))
        return None

    def vote(self, case_id: int, judgement: ReviewerInput) -> VisitedPage:
        """Take the case and vote on it."""
        take, decide = (reverse(f"console:{name}", args=[case_id]) for name in ("take", "decide"))
        page = self._visitor.open(reverse("console:case", args=[case_id]))
        if any(form.action.endswith("/take/") for form in page.forms):
            page = self._visitor.send(page, take, {})
        accounts = [str(number) for number in judgement.accounts]
        if judgement.every_account:
            accounts = re.findall(r'name="accounts" value="(\d+)"', page.html)
        every = judgement.kind == "close" or (judgement.kind == "restrict" and not 0 < judgement.days <= 7)
        found = re.findall(r'name="elements" value="(\w+)"', page.html) if every else []
        return self._visitor.send(page, decide, {
            "elements": found, "kind": judgement.kind, "legal_basis": judgement.legal_basis, "facts": judgement.facts,
            "rooms": judgement.rooms, "why": _WHY, **({"accounts": accounts} if accounts else {}),
            **({"restrict_days": str(judgement.days)} if judgement.days else {}),
            **({"victim": judgement.victim} if judgement.victim else {})})

    def case(self, case_id: int) -> VisitedPage:
        """The case's page."""
        return self._visitor.open(reverse("console:case", args=[case_id]))

    def sees_finished(self, case_id: int) -> bool:
        """Whether the case's page calls it finished: everything decided was done and verified."""
        return '<span class="tag tag--solid">selesai</span>' in self.case(case_id).html

    def link(self, case_id: int, platform: str, account: str, why: str) -> VisitedPage:
        """Add another account of the same holder to the case."""
        return self._visitor.send(self.case(case_id), reverse("console:link-account", args=[case_id]),
                                  {"platform": platform, "account": account, "why": why})

    def may_look(self, notice_id: int) -> bool:
        """Whether the operator's word on this notice waits for a look of this person's own."""
        page = self._visitor.open(reverse("console:operator-notice", args=[notice_id]))
        return any(form.action.endswith("/look/") for form in page.forms)

    def looked(self, notice_id: int, state: str, what: str) -> VisitedPage:
        """Say what one saw of the account after the operator's answer."""
        page = self._visitor.open(reverse("console:operator-notice", args=[notice_id]))
        return self._visitor.send(page, reverse("console:look", args=[notice_id]), {"state": state, "what": what})

    def sees_asked_back(self, account: str) -> int | None:
        """The number of a notice about this account that its operator asked back; None while there is none."""
        for row in self._visitor.open(reverse("console:operator-notices")).html.split('class="queue__row')[1:]:
            found = re.search(r"\bP(\d{6,})\b", row)
            if found and account in row:
                page = self._visitor.open(reverse("console:operator-notice", args=[int(found.group(1))]))
                if any(form.action.endswith("/clarify/") for form in page.forms):
                    return int(found.group(1))
        return None

    def prepare_letter(self, notice_id: int, rung: str) -> int:
        """Prepare a letter of the ladder; returns its number."""
        page = self._visitor.open(reverse("console:operator-notice", args=[notice_id]))
        made = self._visitor.send(page, reverse("console:prepare-letter", args=[notice_id, rung]), {})
        number = made.url.rstrip("/").rpartition("/")[2]
        if not number.isdigit():
            raise PageRefused(f"{made.url} shows no prepared letter: {made.text[:400]}")
        return int(number)

    def may_release(self, letter_id: int) -> bool:
        """Whether a letter is prepared and waits for somebody who releases it, or drops it."""
        page = self._visitor.open(reverse("console:letter", args=[letter_id]))
        return any(form.action.endswith("/drop/") for form in page.forms)

    def prepared_letter(self, account: str) -> int | None:
        """The number of a letter under a notice about this account that waits for its release; None while there is
        none."""
        for row in self._visitor.open(reverse("console:operator-notices")).html.split('class="queue__row')[1:]:
            found = re.search(r"\bP(\d{6,})\b", row)
            if found and account in row:
                page = self._visitor.open(reverse("console:operator-notice", args=[int(found.group(1))]))
                letters = {int(number) for number in re.findall(r'href="/console/[\w/-]*letters/(\d+)/"', page.html)}
                return next((number for number in sorted(letters) if self.may_release(number)), None)
        return None

    def release_letter(self, letter_id: int) -> VisitedPage:
        """Release a prepared letter to the operator."""
        page = self._visitor.open(reverse("console:letter", args=[letter_id]))
        return self._visitor.send(page, reverse("console:release-letter", args=[letter_id]), {})

    def ask_for_data(self, case_id: int, request: Mapping[str, str]) -> VisitedPage:
        """Ask the operator for data about the case's account."""
        address = reverse("console:ask-for-data", args=[case_id])
        return self._visitor.send(self._visitor.open(address), address, request)

    def decide_appeal(self, *, overturn: bool, reasons: str) -> VisitedPage:
        """Decide the oldest open appeal that this person may decide, by its page."""
        appeals = self._visitor.open(reverse("console:appeals"))
        address = _first_link(appeals, r'href="(/console/appeals/\d+/)"')
        return self._visitor.send(self._visitor.open(address), address, {
            "result": "overturn" if overturn else "uphold", "reasons": reasons})

    def refer(self, case_id: int, receiver: str, danger: str, words: str) -> str:
        """Choose who gets what was decided to be referred in this case (`receiver`: how its key begins); returns the
        referral's number."""
        address = _first_link(self.case(case_id), r'href="(/console/referrals/R\d+/)"')
        page = self._visitor.open(address)
        chosen = _first_link(page, rf'name="receiver" value="({receiver}[^"]*)"')
        self._visitor.submit(page, "address", {"receiver": chosen, "danger": danger, "words": words})
        return address.rstrip("/").rpartition("/")[2]

    def export(self) -> VisitedPage:
        """Make the sealed export that the first police request in the list asks for.

        It takes a second factor: an app for codes, which is taken off again, so that whoever tries the practice signs
        in with the password alone.
        """
        factors, app, off, exports = (reverse(f"console:{name}") for name in (
            "factors", "add-totp", "remove-factor", "exports"))
        page = self._visitor.open(app)
        secret = _first_link(page, r"secret=([A-Z2-7]+)")
        self._visitor.send(page, app, {"code": pyotp.TOTP(secret).at(now())})
        made = self._visitor.send(self._visitor.open(exports), exports, {})
        self._visitor.send(self._visitor.open(factors), off, {})
        return made


def _first_link(page: VisitedPage, pattern: str) -> str:
    found = re.search(pattern, page.html)
    if found is None:
        raise PageRefused(f"{page.url} has no link like {pattern}")
    return found.group(1)
