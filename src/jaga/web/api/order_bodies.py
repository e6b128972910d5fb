"""Parses the bodies of orders, answers and withdrawals that officers send by the API."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from jaga.casework.authorities.validation import MAX_ACCOUNTS, MAX_ANALYSIS, MAX_SCREENSHOTS, NewAccount, NewOrder
from jaga.casework.kernel.validation import MAX_TEXT
from jaga.core.errors import FieldError
from jaga.web.api.bodies import HASH, Day, File, Text, at_most, read_as, up_to, upload, uploads


class AccountIn(BaseModel):
    """One account of an order."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "required": [
                "platform",
                "account",
                "category",
                "locator",
                "screenshots",
            ]
        },
    )

    platform: Text = Field("", description="A name of GET /platforms.", json_schema_extra=at_most(60))
    account: Text = Field(
        "", description="The account's id, handle or link on that platform.", json_schema_extra=at_most(MAX_TEXT)
    )
    category: Text = Field("", description="A key of GET /categories.", json_schema_extra=at_most(60))
    locator: Text = Field(
        "", description="Exactly where the content is: link, room, message id.", json_schema_extra=at_most(500)
    )
    screenshots: list[File] = Field(
        [],
        description="One to three pictures (PNG, JPEG, WebP) or PDF, in base64.",
        json_schema_extra=up_to(MAX_SCREENSHOTS, 1),
    )
    text: Text = Field("", description="What was seen, described or quoted.", json_schema_extra=at_most(MAX_TEXT))
    conduct_on: Day | None = Field(None, description="The day of the conduct. Default: today.")


class OrderIn(BaseModel):
    """An authority's letter on several accounts (MR5 art. 16(4)). Either all accounts are filed, or none."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "required": [
                "letter_number",
                "letter_date",
                "legal_basis",
                "legal_analysis",
                "letter",
                "accounts",
            ]
        },
    )

    letter_number: Text = Field(
        "", description="The official letter's number. A number can be used only once.", json_schema_extra=at_most(120)
    )
    letter_date: Day | None = Field(None, description="The letter's day, not in the future.")
    legal_basis: Text = Field(
        "", description="A key of GET /legal-bases, in force on the day of the conduct.", json_schema_extra=at_most(60)
    )
    legal_analysis: Text = Field(
        "", description="Why the conduct falls under the legal basis.", json_schema_extra=at_most(MAX_ANALYSIS)
    )
    letter: File | None = Field(None, description="The official letter itself as PDF or picture, in base64.")
    letter_sha256: Text = Field(
        "", description="SHA-256 (hex) of the letter as your authority signed it.", json_schema_extra=HASH
    )
    accounts: list[AccountIn] = Field(
        [], description="One to a hundred accounts.", json_schema_extra=up_to(MAX_ACCOUNTS, 1)
    )
    urgent: bool = Field(False, description="Ask for a decision within 4 hours instead of 24, if the law allows it.")
    urgent_reason: Text = Field(
        "", description="Why it is urgent; needed if `urgent` is true.", json_schema_extra=at_most(MAX_TEXT)
    )
    wants_export: bool = Field(False, description="Police only: ask for a sealed export of the cases.")
    court_order: Text = Field(
        "",
        description="Number of the district court's order; needed to receive content.",
        json_schema_extra=at_most(120),
    )


class AnswerIn(BaseModel):
    """An officer's answer to a clarification. It repeats the report's number, since only the body is signed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    report_id: int = Field(0, description="The number of the request, the same as in the address.")
    text: Text = Field("", description="The answer.", json_schema_extra=at_most(MAX_TEXT))
    locator: Text = Field(
        "", description="A corrected locator, if the first one did not work.", json_schema_extra=at_most(500)
    )


class WithdrawalIn(BaseModel):
    """The withdrawal of an order. It repeats the order's number, since only the body is signed."""

    model_config = ConfigDict(extra="forbid", strict=True)

    order_id: int = Field(0, description="The number of the order, the same as in the address.")
    why: Text = Field("", description="The reason, in a few words.", json_schema_extra=at_most(2000))


def as_new_order(body: dict[str, Any]) -> tuple[NewOrder, tuple[FieldError, ...]]:
    """The readable parts of the order, and an error for each unreadable field of each account."""
    read, errors = read_as(OrderIn, body)
    accounts = tuple(
        NewAccount(
            one.platform, one.account, one.category, one.locator, uploads(one.screenshots), one.text, one.conduct_on
        )
        for one in read.accounts
    )
    fields = read.model_dump(exclude={"accounts", "letter"})
    return NewOrder(**fields, accounts=accounts, letter=upload(read.letter)), errors
