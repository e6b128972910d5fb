"""The form of a new order: a pasted list of accounts, one a line, and pictures that belong to all or to one of them."""

import json
import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict

from jaga.casework.authorities.validation import MAX_ACCOUNTS, NewAccount, NewOrder
from jaga.casework.cases.evidence import Upload
from jaga.web.console.frame.form_values import calendar_day
from jaga.web.console.frame.posts import written

_OF_ONE = re.compile(r"0*([1-9][0-9]{0,2})[-_ .]")


@dataclass(frozen=True)
class OrderFormData:
    """What was entered, kept as it was whatever becomes of it. Files cannot be kept."""

    letter_number: str = ""
    letter_date: str = ""
    legal_basis: str = ""
    legal_analysis: str = ""
    platform: str = ""
    category: str = ""
    conduct_on: str = ""
    accounts: str = ""
    urgent: bool = False
    urgent_reason: str = ""
    wants_export: bool = False
    court_order: str = ""


def entered_in(request: HttpRequest) -> OrderFormData:
    """The form as it was sent."""
    names = ("letter_number", "letter_date", "legal_basis", "legal_analysis", "platform", "category", "conduct_on",
             "accounts", "urgent_reason", "court_order")
    return OrderFormData(**{name: written(request, name) for name in names}, urgent="urgent" in request.POST,
                         wants_export="wants_export" in request.POST)


def new_order_of(entered: OrderFormData, files: "MultiValueDict[str, UploadedFile[Any]]") -> NewOrder:
    """The order as it was entered; whatever is no day or no account is left for the verb to refuse."""
    shared, own = _pictures(files.getlist("screenshots"))
    rows = [row for row in entered.accounts.split("\n") if row.strip()][:MAX_ACCOUNTS + 1]
    letter = files.get("letter")
    accounts = tuple(_account(entered, row, (*own.get(place, ()), *shared)) for place, row in enumerate(rows, 1))
    return NewOrder(
        entered.letter_number, calendar_day(entered.letter_date), entered.legal_basis, entered.legal_analysis, accounts,
        Upload(letter.read()) if letter is not None else None, urgent=entered.urgent,
        urgent_reason=entered.urgent_reason, wants_export=entered.wants_export, court_order=entered.court_order,
    )


def _account(entered: OrderFormData, row: str, pictures: tuple[Upload, ...]) -> NewAccount:
    """`account | where it is | what was seen`; without a place, the account's own name or link is the place."""
    account, _, rest = row.partition("|")
    locator, _, text = rest.partition("|")
    return NewAccount(entered.platform, account.strip(), entered.category, locator.strip() or account.strip(), pictures,
                      text.strip(), calendar_day(entered.conduct_on))


def _pictures(files: Iterable["UploadedFile[Any]"]) -> tuple[list[Upload], dict[int, list[Upload]]]:
    """Those that belong to every account, and those whose file's name begins with the number of a line."""
    shared: list[Upload] = []
    own: dict[int, list[Upload]] = {}
    for file in files:
        numbered = _OF_ONE.match(file.name or "")
        place = own.setdefault(int(numbered[1]), []) if numbered else shared
        place.append(Upload(file.read()))
    return shared, own




def as_body(new: NewOrder) -> tuple[dict[str, object], bytes]:
    """The order as the API would have got it, so that what is held can be read in one way."""
    def coded(upload: Upload) -> str:
        return b64encode(upload.content).decode()

    body: dict[str, object] = {
        "letter_number": new.letter_number, "letter_date": new.letter_date.isoformat() if new.letter_date else None,
        "legal_basis": new.legal_basis, "legal_analysis": new.legal_analysis,
        "letter": coded(new.letter) if new.letter else None, "urgent": new.urgent, "urgent_reason": new.urgent_reason,
        "wants_export": new.wants_export, "court_order": new.court_order,
        "accounts": [
            {"platform": one.platform, "account": one.account, "category": one.category, "locator": one.locator,
             "screenshots": [coded(upload) for upload in one.screenshots], "text": one.text,
             "conduct_on": one.conduct_on.isoformat() if one.conduct_on else None}
            for one in new.accounts
        ],
    }
    return body, json.dumps(body, ensure_ascii=False).encode()
