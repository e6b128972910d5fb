"""Plain forms of the console are `django.forms`: what a field is read as, and which modules still read by hand."""

import ast
from enum import StrEnum
from pathlib import Path

from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

import jaga.web.console
from jaga.web.console.frame.form_values import whole_number
from jaga.web.console.frame.forms import ConsoleForm, Line, Several, Text, Ticked, WholeNumber

CONSOLE = Path(jaga.web.console.__file__).parent
BY_HAND = {
    # Each reads the fields of its forms by itself, for now. Take a line away when its forms are `ConsoleForm`s.
    "appeals/reasons_in_person.py", "authorities/disclosures.py", "authorities/held_requests.py",
    "authorities/order_form.py", "authorities/orders.py", "batches/batches.py",
    "decisions/voting.py", "operators/escalation.py", "operators/notices.py",
    "operators/operator_notices.py", "operators/register.py", "people/invitation.py",
    "people/preferences.py", "people/second_factor.py", "people/sign_in.py",
    "referrals/received.py", "referrals/referrals.py",
}
NO_FORM = {
    "cases/lease.py",  # a draft keeps every field that the decision form sent, whatever it is
    "frame/forms.py", "frame/posts.py",
    "frame/step_up.py",  # keeps any form, whichever it is
}


def _reads_by_hand(path: Path) -> bool:
    """Whether the module reads `request.POST`, or a field of it by `posts.text_field`."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "request.POST":
            return True
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "text_field":
            return True
    return False


def test_whoever_reads_forms_by_hand_is_named() -> None:
    """The list can only get shorter: a new form is a `ConsoleForm`."""
    found = {str(path.relative_to(CONSOLE)) for path in CONSOLE.rglob("*.py") if _reads_by_hand(path)}
    assert found == BY_HAND | NO_FORM


class Kind(StrEnum):
    ONE = "one"
    OTHER = "other"


class Sample(ConsoleForm):
    kind = Text()
    text = Text()
    name = Line()
    count = WholeNumber()
    shared = Ticked("1")
    chosen = Several()


def sample(**sent: object) -> Sample:
    return Sample.sent(RequestFactory().post("/", sent))


@given(st.text(), st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_whatever_is_sent_is_read_and_nothing_is_refused(text: str, count: str, ticked: str, chosen: list[str]) -> None:
    """Any text in any field; none is cut, stripped or a fault."""
    form = sample(kind=text, text=text, name=text, count=count, shared=ticked, chosen=chosen)
    plain = text.replace("\r\n", "\n")
    assert not form.errors
    assert (form.text_of("text"), form.number_of("count"), form.is_ticked("shared"), form.values_of("chosen")) == (
        plain, whole_number(count), ticked == "1", tuple(chosen))
    assert form.term_of("kind", Kind) is (Kind(plain) if plain in set(Kind) else None)
    assert form.kept() == {"kind": plain, "text": plain, "name": plain.strip()}


def test_a_field_that_was_not_sent_is_empty() -> None:
    """As of a box that nobody ticked, or of a page that is older than the field."""
    form = sample()
    assert form.kept() == {"kind": "", "text": "", "name": ""}
    assert (form.number_of("count"), form.is_ticked("shared"), form.values_of("chosen")) == (None, False, ())
    assert form.term_of("kind", Kind) is None
