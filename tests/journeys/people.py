"""The participants of journeys: reviewers with their own browsers, and what people do with forms and codes."""

import re
import secrets
from dataclasses import dataclass, replace
from string import ascii_lowercase

import pyotp
import pytest
from tests.journeys.installation import Installation, until

from jaga_practice import reporters, world
from jaga_practice.chat import ChatAccount, Phone
from jaga_practice.officers import PracticeOfficer
from jaga_practice.reviewers import Reviewer, ReviewerInput
from jaga_practice.visitor import Form, PageRefused, VisitedPage, Visitor

CATEGORY = "prostitution_advertising"
CLOSE = ReviewerInput("close", "kuhp_407", "Akun ini beriklan jasa lewat pesan umum, dua kali pada satu malam.")
FRAUD = ReviewerInput("close", "kuhp_492", "Akun ini menjanjikan hadiah dan meminta uang lebih dulu.")
_CODE = re.compile(r"\b(?:[2-9A-Z]{5}-){3}[2-9A-Z]{5}\b")


def own_words() -> str:
    """A unique report text: cases with nearly the same text would share one line of the queue."""
    return f"Menawarkan jasa di ruang umum. Sandinya {''.join(secrets.choice(ascii_lowercase) for _ in range(40))}."


def with_code_app(visitor: Visitor) -> None:
    """Set up an app for codes on the page of the person's own factors; the session has shown one from then on."""
    address = "/console/factors/app/"
    page = visitor.open(address)
    secret = re.search(r"secret=([A-Z2-7]+)", page.html)
    assert secret, page.text
    visitor.send(page, address, {"code": pyotp.TOTP(secret[1]).now()})


@dataclass(frozen=True)
class Colleague:
    """A signed-in member of the operator's staff."""

    visitor: Visitor
    reviewer: Reviewer

    @classmethod
    def sign_in(cls, base_url: str, username: str, password: str) -> "Colleague":
        """By the console's form."""
        visitor, address = Visitor(base_url), "/console/sign-in/"
        visitor.send(visitor.open(address), address, {"username": username, "password": password})
        return cls(visitor, Reviewer(visitor))

    def open(self, path: str) -> VisitedPage:
        """A page as this person sees it."""
        return self.visitor.open(path)

    def refused(self, page: VisitedPage, path: str, **fields: str) -> str:
        """Send what no form of the page offers, with the page's own CSRF token; returns the refusal."""
        token = next(form.fields["csrfmiddlewaretoken"] for form in page.forms if form.method == "post")
        forged = replace(page, forms=(Form(path, "post", {"csrfmiddlewaretoken": token}),))
        with pytest.raises(PageRefused) as refusal:
            self.visitor.send(forged, path, fields)
        return str(refusal.value)


@dataclass(frozen=True)
class Cast:
    """All participants except the chat's members."""

    installation: Installation
    staff: dict[str, Colleague]
    ministry: PracticeOfficer
    police: PracticeOfficer

    def report(self, account: ChatAccount, category: str = CATEGORY, text: str = "", contact: str = "") -> str:
        """A public report by the form, with a unique text; returns its receipt."""
        text = text or own_words()
        return reporters.report(
            self.installation.base_url,
            {
                "platform": world.PLATFORM,
                "account": account.user_id,
                "category": category,
                "text": text,
                "contact": contact,
            },
        )

    def follow(self, receipt: str) -> VisitedPage:
        """What the reporter sees."""
        return reporters.follow(self.installation.base_url, receipt)

    def case_of(self, receipt: str) -> int:
        """The report's case, once it waits in the queue."""
        found = until("the report's case", lambda: re.search(r"\bK(\d{6,})\b", self.follow(receipt).text))
        until(f"{found[0]} in the queue", lambda: self.staff["sinta"].reviewer.sees(found[0]))
        return int(found[1])

    def close(self, case_id: int, judgement: ReviewerInput = CLOSE) -> None:
        """Two people vote for a closure."""
        for name in ("sinta", "bayu"):
            self.staff[name].reviewer.vote(case_id, judgement)

    def closed(
        self, account: ChatAccount, category: str = CATEGORY, judgement: ReviewerInput = CLOSE
    ) -> tuple[int, str]:
        """Report an account and have it closed; returns case and receipt."""
        receipt = self.report(account, category)
        case_id = self.case_of(receipt)
        self.close(case_id, judgement)
        until("the closure", lambda: self.installation.is_resolved(case_id))
        return case_id, receipt


def code_on(phone: Phone) -> str:
    """The appeal code that arrived on the holder's phone before the account was closed."""
    return until("the statement on the phone", lambda: code_in("\n".join(phone.notices)))


def code_in(letter: str) -> str:
    """The appeal code in a letter; empty if there is none."""
    found = _CODE.search(letter)
    return found.group() if found else ""
