"""A reviewer in the story, who uses the console's pages and forms."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import pyotp
from django.urls import reverse

from jaga.core.clock import now
from jaga_practice.languages import spoken
from jaga_practice.visitor import PageRefused, VisitedPage, Visitor


@dataclass(frozen=True)
class ReviewerInput:
    """The input of a reviewer on the decision form."""

    kind: str
    legal_basis: str = ""
    facts: str = ""
    rooms: str = ""  # public rooms to redact, one a line
    accounts: tuple[int, ...] = ()  # ids to tick; empty: as the page offers them
    every_account: bool = False  # tick every box
    days: int = 0  # duration of a restriction; 0: without an end
    victim: str = ""  # about a possible victim: `confirm`, `lift` or empty


DISMISSAL = ReviewerInput("dismiss")


def _why() -> str:
    """A supervisor's reason for settling a disagreement."""
    return spoken("Isi ruang umum lebih jelas daripada dugaan.", "The public room is plainer than a guess.")


class Reviewer:
    """A person signed in to the console."""

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
        """The id of the first case in the queue whose row contains `text` (a reference or account)."""
        for rest in self.queue().html.split('class="queue__row')[1:]:
            row = rest.partition("</li>")[0]  # the text after the last row is not part of it
            found = re.search(r"\bK(\d{6,})\b", row)
            if found and text in row:
                return int(found.group(1))
        return None

    def sees_watch_read(self, number: int) -> bool | None:
        """Whether the page of this watch says that its source was read: what was posted before that is not observed."""
        never = spoken("<dt>Terakhir dibaca</dt><dd>belum pernah</dd>", "<dt>Last read</dt><dd>never</dd>")
        return never not in self._visitor.open(reverse("console:watch", args=[number])).html or None

    def vote(self, case_id: int, judgement: ReviewerInput) -> VisitedPage:
        """Take the lease of the case and vote."""
        take, decide = (reverse(f"console:{name}", args=[case_id]) for name in ("take", "decide"))
        page = self._visitor.open(reverse("console:case", args=[case_id]))
        if any(form.action.endswith("/take/") for form in page.forms):
            page = self._visitor.send(page, take, {})
        accounts = [str(number) for number in judgement.accounts]
        if judgement.every_account:
            accounts = re.findall(r'name="accounts" value="(\d+)"', page.html)
        every = judgement.kind == "close" or (judgement.kind == "restrict" and not 0 < judgement.days <= 7)
        found = re.findall(r'name="elements" value="(\w+)"', page.html) if every else []
        return self._visitor.send(
            page,
            decide,
            {
                "elements": found,
                "kind": judgement.kind,
                "legal_basis": judgement.legal_basis,
                "facts": judgement.facts,
                "rooms": judgement.rooms,
                "why": _why(),
                **({"accounts": accounts} if accounts else {}),
                **({"restrict_days": str(judgement.days)} if judgement.days else {}),
                **({"victim": judgement.victim} if judgement.victim else {}),
            },
        )

    def case(self, case_id: int) -> VisitedPage:
        """The case's page."""
        return self._visitor.open(reverse("console:case", args=[case_id]))

    def earlier(self, case_id: int) -> VisitedPage:
        """Earlier decisions about the account, which open once the case has been read."""
        self.case(case_id)
        return self._visitor.open(reverse("console:earlier", args=[case_id]))

    def sees_finished(self, case_id: int) -> bool:
        """Whether the case's page shows it as finished: everything was carried out and verified."""
        return '<span class="tag tag--solid">selesai</span>' in self.case(case_id).html

    def link(self, case_id: int, platform: str, account: str, why: str) -> VisitedPage:
        """Link another account of the same holder to the case."""
        return self._visitor.send(
            self.case(case_id),
            reverse("console:link-account", args=[case_id]),
            {"platform": platform, "account": account, "why": why},
        )

    def may_check(self, notice_id: int) -> bool:
        """Whether the operator's answer to this notice waits for this person's check."""
        page = self._visitor.open(reverse("console:operator-notice", args=[notice_id]))
        return any(form.action.endswith("/check/") for form in page.forms)

    def looked(self, notice_id: int, state: str, what: str) -> VisitedPage:
        """Record what one saw of the account after the operator's answer."""
        page = self._visitor.open(reverse("console:operator-notice", args=[notice_id]))
        return self._visitor.send(
            page, reverse("console:record-check", args=[notice_id]), {"state": state, "what": what}
        )

    def sees_asked_back(self, account: str) -> int | None:
        """The id of a notice about this account that was asked back; None without one."""
        for row in self._visitor.open(reverse("console:operator-notices")).html.split('class="queue__row')[1:]:
            found = re.search(r"\bP(\d{6,})\b", row)
            if found and account in row:
                page = self._visitor.open(reverse("console:operator-notice", args=[int(found.group(1))]))
                if any(form.action.endswith("/clarify/") for form in page.forms):
                    return int(found.group(1))
        return None

    def prepare_letter(self, notice_id: int, stage: str) -> int:
        """Prepare an escalation letter; returns its id."""
        page = self._visitor.open(reverse("console:operator-notice", args=[notice_id]))
        made = self._visitor.send(page, reverse("console:prepare-letter", args=[notice_id, stage]), {})
        number = made.url.rstrip("/").rpartition("/")[2]
        if not number.isdigit():
            raise PageRefused(f"{made.url} shows no prepared letter: {made.text[:400]}")
        return int(number)

    def may_release(self, letter_id: int) -> bool:
        """Whether a letter is prepared and waits for release."""
        page = self._visitor.open(reverse("console:letter", args=[letter_id]))
        return any(form.action.endswith("/drop/") for form in page.forms)

    def prepared_letter(self, account: str) -> int | None:
        """The id of a letter about this account that waits for release; None without one."""
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
        """Request data about the case's account from the operator."""
        address = reverse("console:ask-for-data", args=[case_id])
        return self._visitor.send(self._visitor.open(address), address, request)

    def decide_appeal(self, *, overturn: bool, reasons: str) -> VisitedPage:
        """Decide the oldest open appeal that this person may decide."""
        appeals = self._visitor.open(reverse("console:appeals"))
        address = _first_link(appeals, r'href="(/console/appeals/\d+/)"')
        return self._visitor.send(
            self._visitor.open(address), address, {"result": "overturn" if overturn else "uphold", "reasons": reasons}
        )

    def refer(self, case_id: int, receiver: str, danger: str, words: str) -> str:
        """Choose the receiver of this case's referral (`receiver`: start of its key); returns the referral's number."""
        address = _first_link(self.case(case_id), r'href="(/console/referrals/R\d+/)"')
        page = self._visitor.open(address)
        chosen = _first_link(page, rf'name="receiver" value="({receiver}[^"]*)"')
        self._visitor.submit(page, "address", {"receiver": chosen, "danger": danger, "words": words})
        return address.rstrip("/").rpartition("/")[2]

    def export(self) -> VisitedPage:
        """Make the sealed export for the first police request in the list.

        Adds an authenticator app for it and removes it afterwards, so that the password alone suffices again.
        """
        factors, app, off, exports = (
            reverse(f"console:{name}") for name in ("factors", "add-totp", "remove-factor", "exports")
        )
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
