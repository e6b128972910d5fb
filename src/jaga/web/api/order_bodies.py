"""Orders, answers and withdrawals of officers, as they come over the API."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from jaga.casework.order_checks import NewAccount, NewOrder
from jaga.core.errors import FieldError
from jaga.web.api.bodies import Day, File, Text, read_as, upload, uploads


class AccountIn(BaseModel):
    """One account of an order."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"required": [
        "platform", "account", "category", "locator", "screenshots",
    ]})

    platform: Text = Field("", description="A name of GET /platforms.")
    account: Text = Field("", description="The account's id, handle or link on that platform.")
    category: Text = Field("", description="A key of GET /categories.")
    locator: Text = Field("", description="Exactly where the content is: link, room, message id.")
    screenshots: list[File] = Field([], description="One to three pictures (PNG, JPEG, WebP) or PDF, in base64.")
    text: Text = Field("", description="What was seen, in words or quoted.")
    conduct_on: Day | None = Field(None, description="The day of the conduct; without it, today.")


class OrderIn(BaseModel):
    """An authority's letter on several accounts (MR5 art. 16(4)). All are filed, or none."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"required": [
        "letter_number", "letter_date", "legal_basis", "legal_analysis", "letter", "accounts",
    ]})

    letter_number: Text = Field("", description="The official letter's number; each letter has one of its own.")
    letter_date: Day | None = Field(None, description="The letter's day, not in the future.")
    legal_basis: Text = Field("", description="A key of GET /legal-bases, in force on the day of the conduct.")
    legal_analysis: Text = Field("", description="Why the conduct falls under the legal basis.")
    letter: File | None = Field(None, description="The official letter itself as PDF or picture, in base64.")
    letter_sha256: Text = Field("", description="SHA-256 (hex) of the letter as your authority sealed it.")
    accounts: list[AccountIn] = Field([], description="One to a hundred accounts.")
    urgent: bool = Field(False, description="Four hours instead of twenty-four, where the law knows that.")
    urgent_reason: Text = Field("", description="Needed where urgent.")
    wants_export: bool = Field(False, description="Police: a sealed export of the cases is asked for.")
    court_order: Text = Field("", description="Number of the district court's order, needed for content.")


class AnswerIn(BaseModel):
    """An officer's answer to what was asked back. The report is named, since the signature covers the body alone."""

    model_config = ConfigDict(extra="forbid", strict=True)

    report_id: int = Field(0, description="The request that the answer is about, as in the address.")
    text: Text = Field("", description="The answer in words.")
    locator: Text = Field("", description="A corrected locator, where the first one led nowhere.")


class WithdrawalIn(BaseModel):
    """Taking an order back. The order is named, since the signature covers the body alone."""

    model_config = ConfigDict(extra="forbid", strict=True)

    order_id: int = Field(0, description="The order, as in the address.")
    why: Text = Field("", description="Why, in a few words.")


def as_new_order(body: dict[str, Any]) -> tuple[NewOrder, tuple[FieldError, ...]]:
    """The order as far as it can be read, and what is wrong, account by account, with what cannot."""
    read, errors = read_as(OrderIn, body)
    accounts = tuple(
        NewAccount(one.platform, one.account, one.category, one.locator, uploads(one.screenshots), one.text,
                   one.conduct_on)
        for one in read.accounts
    )
    told = read.model_dump(exclude={"accounts", "letter"})
    return NewOrder(**told, accounts=accounts, letter=upload(read.letter)), errors
