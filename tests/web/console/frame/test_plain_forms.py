"""Forms of the console are `django.forms`: what a field is read as, and that no module reads one by hand."""

import ast
from enum import StrEnum
from pathlib import Path

from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from tests.rooms import files_of

from jaga.web.frame.forms import ConsoleForm, Line, Password, Several, Text, Ticked, WholeNumber, whole_number

NO_FORM = {
    "authorities/console/orders.py",  # finds the rows of accounts, of which there may be any number
    "desk/cases/page.py",  # a draft keeps every field that the decision form sent, whatever it is
    "web/frame/forms.py",
    "web/frame/step_up.py",  # keeps any form, whichever it is
}


def _reads_by_hand(path: Path) -> bool:
    """Whether the module reads `request.POST`."""
    return any(
        isinstance(node, ast.Attribute) and ast.unparse(node) == "request.POST"
        for node in ast.walk(ast.parse(path.read_text()))
    )


def test_no_module_reads_a_form_by_hand() -> None:
    """Each form is a `ConsoleForm`, so its fields are listed in one place."""
    pages = files_of("console", "sections", "cases", "operations", "frame")
    found = {name for name, path in pages.items() if _reads_by_hand(path)}
    assert found == NO_FORM


class Kind(StrEnum):
    ONE = "one"
    OTHER = "other"


class Sample(ConsoleForm):
    kind = Text()
    text = Text()
    name = Line()
    password = Password()
    hours = Text(unsent="24")
    count = WholeNumber()
    shared = Ticked("1")
    pressed = Ticked(None)
    chosen = Several()


def sample(**sent: object) -> Sample:
    return Sample.sent(RequestFactory().post("/", sent))


@given(st.text(), st.text(), st.text(), st.lists(st.text(), max_size=3))
def test_whatever_is_sent_is_read_and_nothing_is_refused(text: str, count: str, ticked: str, chosen: list[str]) -> None:
    """Any text in any field is read without being cut or stripped, and causes no error."""
    form = sample(
        kind=text,
        text=text,
        name=text,
        password=text,
        hours=text,
        count=count,
        shared=ticked,
        pressed=ticked,
        chosen=chosen,
    )
    plain = text.replace("\r\n", "\n")
    assert not form.errors
    assert (form.text_of("password"), form.is_ticked("pressed")) == (text, True)
    assert (form.text_of("text"), form.number_of("count"), form.is_ticked("shared"), form.values_of("chosen")) == (
        plain,
        whole_number(count),
        ticked == "1",
        tuple(chosen),
    )
    assert form.term_of("kind", Kind) is (Kind(plain) if plain in set(Kind) else None)
    assert form.kept() == {"kind": plain, "text": plain, "name": plain.strip(), "hours": plain}


def test_a_field_that_was_not_sent_is_empty() -> None:
    """As for an unticked checkbox, or a page older than the field."""
    form = sample()
    assert form.kept() == {"kind": "", "text": "", "name": "", "hours": "24"}
    assert (form.number_of("count"), form.is_ticked("shared"), form.values_of("chosen")) == (None, False, ())
    assert (form.text_of("password"), form.is_ticked("pressed")) == ("", False)
    assert form.term_of("kind", Kind) is None


def test_forms_of_one_page_are_told_apart_by_their_prefix() -> None:
    """Each form reads only its own fields."""
    request = RequestFactory().post("/", {"1-text": "one", "2-text": "two", "text": "none"})
    assert [Sample.sent(request, prefix=place).text_of("text") for place in ("1", "2", "3")] == ["one", "two", ""]
