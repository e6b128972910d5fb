"""The form for a new order: a pasted list of accounts, one per line, and pictures for all or single accounts."""

import json
import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils.datastructures import MultiValueDict

from jaga.casework.authorities.validation import MAX_ACCOUNTS, NewAccount, NewOrder
from jaga.casework.cases.evidence import Upload
from jaga.web.console.frame.form_values import calendar_day
from jaga.web.console.frame.forms import ConsoleForm, Text, Ticked

_OF_ONE = re.compile(r"0*([1-9][0-9]{0,2})[-_ .]")


@dataclass(frozen=True)
class OrderFormData:
    """The input, kept unchanged on errors; files cannot be kept."""

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


class OrderForm(ConsoleForm):
    """One letter and its accounts, without the files."""

    letter_number = Text()
    letter_date = Text()
    legal_basis = Text()
    legal_analysis = Text()
    platform = Text()
    category = Text()
    conduct_on = Text()
    accounts = Text()
    urgent = Ticked(None)
    urgent_reason = Text()
    wants_export = Ticked(None)
    court_order = Text()

    def entered(self) -> OrderFormData:
        """The submitted form."""
        return OrderFormData(**self.kept(), urgent=self.is_ticked("urgent"),
                             wants_export=self.is_ticked("wants_export"))


def new_order_of(entered: OrderFormData, files: "MultiValueDict[str, UploadedFile[Any]]") -> NewOrder:
    """The order as entered; invalid days and accounts are left for the action to reject."""
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
    """Parse `account | where it is | what was seen`; without a location the account's name or link is used."""
    account, _, rest = row.partition("|")
    locator, _, text = rest.partition("|")
    return NewAccount(entered.platform, account.strip(), entered.category, locator.strip() or account.strip(), pictures,
                      text.strip(), calendar_day(entered.conduct_on))


def _pictures(files: Iterable["UploadedFile[Any]"]) -> tuple[list[Upload], dict[int, list[Upload]]]:
    """Pictures for every account, and those whose file name starts with a line number."""
    shared: list[Upload] = []
    own: dict[int, list[Upload]] = {}
    for file in files:
        numbered = _OF_ONE.match(file.name or "")
        place = own.setdefault(int(numbered[1]), []) if numbered else shared
        place.append(Upload(file.read()))
    return shared, own


def as_body(new: NewOrder) -> tuple[dict[str, object], bytes]:
    """The order as the API would have received it, so that held requests have one format."""
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
