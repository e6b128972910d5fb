"""Names of form fields, for the summary of errors at the top of a page: whoever reads it has the fields out of sight.

The names are those of the labels. A field without a name here shows its sentence only.
"""

import re

from django.utils.translation import gettext

from jaga.core.errors import N_

FIELD_NAMES = {
    "letter_number": N_("Letter number"),
    "letter_date": N_("Date of the letter"),
    "letter": N_("The letter as a file"),
    "legal_basis": N_("Legal basis"),
    "legal_analysis": N_("Legal analysis"),
    "platform": N_("Chat app"),
    "category": N_("Category"),
    "conduct_on": N_("Day of the conduct"),
    "accounts": N_("Accounts"),
    "account": N_("Account"),
    "locator": N_("Exact place"),
    "text": N_("What was seen"),
    "screenshots": N_("Screenshots"),
    "urgent": N_("Urgent"),
    "urgent_reason": N_("Why it is urgent"),
    "wants_export": N_("Sealed export"),
    "court_order": N_("Number of the court's order"),
    "receipt": N_("Report number"),
    "answer": N_("Your answer"),
    "links": N_("Links"),
    "pictures": N_("Pictures"),
    "chat": N_("Messages of a chat"),
    "name": N_("Name"),
    "contact": N_("Contact"),
    "code": N_("Code"),
    "public_key": N_("Public key"),
    "capacity": N_("Who reports"),
    "reason": N_("Reason"),
    "reasons": N_("Reasons"),
}
_ROW = re.compile(r"accounts\.([0-9]+)\.(\w+)")


def field_name(field: str) -> str:
    """The name of a field in the reader's language, e.g. `Account 2, Screenshots`; empty if it has none."""
    row = _ROW.fullmatch(field)
    if row is None:
        return gettext(FIELD_NAMES[field]) if field in FIELD_NAMES else ""
    name = gettext("Account %(number)s") % {"number": row[1]}
    return f"{name}, {gettext(FIELD_NAMES[row[2]])}" if row[2] in FIELD_NAMES and row[2] != "account" else name
