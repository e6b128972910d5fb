"""The form for a new order: rows of accounts, each with its pictures, and for long letters a pasted list as well.

Rows are numbered from 1 and named like the fields of the API, `accounts.2.locator`, so an error names its field.
Accounts of the list come after the rows.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext

from jaga.casework.authorities.validation import MAX_ACCOUNTS, NewAccount, NewOrder
from jaga.casework.cases.evidence import Upload
from jaga.web.console.frame.form_values import calendar_day
from jaga.web.console.frame.forms import ConsoleForm, Text, Ticked
from jaga.web.field_names import field_name

MAX_ROWS = 30
"""More accounts go into the list: a form may have 200 fields and 100 files (`settings`)."""
_OF_ONE = re.compile(r"0*([1-9][0-9]{0,2})[-_ .]")
_ROW_FIELD = re.compile(r"accounts\.([1-9][0-9]?)\.(?:account|locator|text|screenshots)")
_ORDER = (
    "letter_number",
    "letter_date",
    "letter",
    "legal_basis",
    "legal_analysis",
    "platform",
    "category",
    "conduct_on",
    "accounts.",
    "accounts",
    "screenshots",
    "urgent",
    "urgent_reason",
    "wants_export",
    "court_order",
)
_ROW = ("account", "locator", "text", "screenshots")
_ASKED_ONCE = ("platform", "category", "conduct_on")
Files: TypeAlias = "MultiValueDict[str, UploadedFile[Any]]"


@dataclass(frozen=True)
class OrderRow:
    """One account as typed. `number` is its place in the form; `pictures` are kept for this request only."""

    number: int = 1
    account: str = ""
    locator: str = ""
    text: str = ""
    pictures: tuple[Upload, ...] = field(default=(), repr=False)

    @property
    def is_empty(self) -> bool:
        """Whether nothing was entered."""
        return not (self.account.strip() or self.locator.strip() or self.text.strip() or self.pictures)


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
    rows: tuple[OrderRow, ...] = (OrderRow(),)

    @property
    def lines(self) -> list[str]:
        """The lines of the pasted list that name something."""
        return [line for line in self.accounts.split("\n") if line.strip()]

    def with_one_more(self) -> "OrderFormData":
        """The same with an empty row at its end, as long as the form takes one."""
        more = (OrderRow(len(self.rows) + 1),) if len(self.rows) < MAX_ROWS else ()
        return replace(self, rows=(*self.rows, *more))


class OrderRowForm(ConsoleForm):
    """One row of accounts, without its files. The prefix is `accounts.` and its number."""

    account = Text()
    locator = Text()
    text = Text()

    def add_prefix(self, field_name: str) -> str:
        """As the API names it."""
        return f"{self.prefix}.{field_name}"


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
    add = Ticked(None)  # another account, without scripts

    def entered(self) -> OrderFormData:
        """The submitted form."""
        return OrderFormData(
            **self.kept(), urgent=self.is_ticked("urgent"), wants_export=self.is_ticked("wants_export"), rows=()
        )


def entered_in(request: HttpRequest) -> OrderFormData:
    """The submitted form with its rows. Empty rows are left out and the others counted anew, unless one is added."""
    form = OrderForm.sent(request)
    names = (_ROW_FIELD.fullmatch(name) for name in (*request.POST, *request.FILES))
    numbers = sorted({int(found[1]) for found in names if found})
    rows = [
        row for number in numbers[:MAX_ROWS] if not (row := _row(request, number)).is_empty or form.is_ticked("add")
    ]
    return replace(form.entered(), rows=tuple(replace(row, number=place) for place, row in enumerate(rows, 1)))


def _row(request: HttpRequest, number: int) -> OrderRow:
    typed = OrderRowForm.sent(request, prefix=f"accounts.{number}")
    files = request.FILES.getlist(f"accounts.{number}.screenshots")
    return OrderRow(number, **typed.kept(), pictures=tuple(Upload(file.read()) for file in files))


def new_order_of(entered: OrderFormData, files: Files) -> NewOrder:
    """The order as entered; invalid days and accounts are left for the action to reject."""
    shared, own = _pictures(files.getlist("screenshots"))
    accounts = [_of_row(entered, row, shared) for row in entered.rows]
    accounts += [
        _account(entered, line, (*own.get(place, ()), *shared))
        for place, line in enumerate(entered.lines[: MAX_ACCOUNTS + 1], 1)
    ]
    letter = files.get("letter")
    return NewOrder(
        entered.letter_number,
        calendar_day(entered.letter_date),
        entered.legal_basis,
        entered.legal_analysis,
        tuple(accounts),
        Upload(letter.read()) if letter is not None else None,
        urgent=entered.urgent,
        urgent_reason=entered.urgent_reason,
        wants_export=entered.wants_export,
        court_order=entered.court_order,
    )


def _of_row(entered: OrderFormData, row: OrderRow, shared: list[Upload]) -> NewAccount:
    account = row.account.strip()
    return NewAccount(
        entered.platform,
        account,
        entered.category,
        row.locator.strip() or account,
        (*row.pictures, *shared),
        row.text.strip(),
        calendar_day(entered.conduct_on),
    )


def by_field(errors: Mapping[str, list[str]], entered: OrderFormData) -> dict[str, list[str]]:
    """The errors under the names of the form's fields.

    What is asked once for all accounts is reported once. An account's name and place are one field in the list, whose
    errors name their line.
    """
    found: dict[str, list[str]] = {}
    for name, sentences in errors.items():
        _, _, rest = name.partition("accounts.")
        number, _, own = rest.partition(".")
        place = int(number) if number.isdigit() else 0
        if own in _ASKED_ONCE:
            found[own] = list(dict.fromkeys([*found.get(own, []), *sentences]))
        elif place > len(entered.rows):
            line = gettext("Line %(number)s") % {"number": place - len(entered.rows)}
            of_line = [f"{line}, {field_name(own)}: {sentence}" for sentence in sentences]
            found["accounts"] = [*found.get("accounts", []), *of_line]
        else:
            found[name] = list(sentences)
    return {name: found[name] for name in sorted(found, key=_place_on_page)}


def _place_on_page(name: str) -> tuple[int, int]:
    """Sorts errors as their fields stand on the page."""
    _, _, rest = name.partition("accounts.")
    number, _, own = rest.partition(".")
    if number.isdigit():
        return _ORDER.index("accounts.") + int(number), _ROW.index(own) if own in _ROW else 0
    place = _ORDER.index(name) if name in _ORDER else len(_ORDER)
    return place if place < _ORDER.index("accounts.") else place + MAX_ROWS, 0


def _account(entered: OrderFormData, row: str, pictures: tuple[Upload, ...]) -> NewAccount:
    """Parse `account | where it is | what was seen`; without a location the account's name or link is used."""
    account, _, rest = row.partition("|")
    locator, _, text = rest.partition("|")
    return NewAccount(
        entered.platform,
        account.strip(),
        entered.category,
        locator.strip() or account.strip(),
        pictures,
        text.strip(),
        calendar_day(entered.conduct_on),
    )


def _pictures(files: Iterable["UploadedFile[Any]"]) -> tuple[list[Upload], dict[int, list[Upload]]]:
    """Pictures for every account, and those whose file name starts with the number of a line of the list."""
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
        "letter_number": new.letter_number,
        "letter_date": new.letter_date.isoformat() if new.letter_date else None,
        "legal_basis": new.legal_basis,
        "legal_analysis": new.legal_analysis,
        "letter": coded(new.letter) if new.letter else None,
        "urgent": new.urgent,
        "urgent_reason": new.urgent_reason,
        "wants_export": new.wants_export,
        "court_order": new.court_order,
        "accounts": [
            {
                "platform": one.platform,
                "account": one.account,
                "category": one.category,
                "locator": one.locator,
                "screenshots": [coded(upload) for upload in one.screenshots],
                "text": one.text,
                "conduct_on": one.conduct_on.isoformat() if one.conduct_on else None,
            }
            for one in new.accounts
        ],
    }
    return body, json.dumps(body, ensure_ascii=False).encode()
