"""One partial makes the fields of forms (`parts/field.html`), so that every error stands by its field and is named."""

import re

import pytest
from django.template import Context, Template
from django.utils.translation import override

from jaga.app.config import PACKAGE
from jaga.core.terms.cases import Severity
from jaga.web.errors import field_name
from jaga.web.templatetags.console_tags import choices

TEMPLATES = PACKAGE / "web" / "templates"
_CONTROL = re.compile(r"<(?:input|select|textarea)\b(?:\{%.*?%\}|\{\{.*?\}\}|\"[^\"]*\"|'[^']*'|[^>\"'])*>", re.DOTALL)
_OF_A_CHOICE = re.compile(r'type="(?:hidden|checkbox|radio)"')
BY_HAND = {
    "parts/field.html": "the partial itself",
    "console/cases/parts/conduct_day.html": "a fold whose hint lists the reported days",
    "console/cases/parts/duration.html": "shown for one choice; the empty option stands last",
    "console/cases/parts/facts.html": "the hint folds on a phone; the script reads the public quotes",
    "console/cases/parts/labels.html": "one line beside the labels, without a hint",
    "console/cases/parts/laws.html": "groups of options, and a key in the label",
    "console/frame/parts/palette.html": "a combobox of the script",
    "console/operations/policy_releases.html": "options made of three values",
    "console/people/add_passkey.html": "shown by the script only",
    "console/people/preferences.html": "groups of options",
    "console/people/sign_in.html": "what a browser fills in, and the focus on what is empty",
    "console/quality/access_log.html": "a filter in one line",
    "console/queue/parts/routing.html": "numbers of hours in words; an option for the rules",
    "console/queue/queue.html": "filters in one line, sent by GET",
    "console/queue/search.html": "a combobox of the script, and a name in one line",
    "console/queue/ticked.html": "a field inside each choice",
    "console/reporting/parts/reporters.html": "one line for each reporter; one reason is for some alone",
    "public/follow.html": "a hidden text that the script sends",
    "public/parts/device_hashes.html": "never sent: the script reads it on the device",
    "public/parts/figures/period_choice.html": "groups of options, in one line",
}


def field(tag: str, **context: object) -> str:
    """What a field's tag renders."""
    return Template("{% load jaga_tags %}" + tag).render(Context(context))


@pytest.mark.parametrize("kind", ["text", "textarea", "select", "file"])
def test_a_wrong_field_is_tied_to_its_sentence(kind: str) -> None:
    """Whoever hears the page is told the hint and the error with the field, whatever kind of field it is."""
    made = field(
        f'{{% field "a.1.b" "Label" type="{kind}" hint="Hint" value=value %}}',
        value="<x>",
        errors={"a.1.b": ["Wrong."]},
    )
    for part in (
        '<label for="a.1.b">Label',
        'aria-describedby="a.1.b-hint a.1.b-error"',
        'aria-invalid="true"',
        'id="a.1.b-error"',
        'name="a.1.b"',
    ):
        assert part in made, part
    assert "<x>" not in made


def test_a_select_chooses_nothing_beforehand() -> None:
    """Its first option is empty."""
    made = field('{% field "a" "A" type="select" options=options %}', options=[("x", "X"), ("y", "Y")])
    assert made.index('<option value="">') < made.index('<option value="x">X')
    assert "selected" not in made


def test_the_summary_names_the_field_of_each_sentence() -> None:
    """Rows with their number."""
    with override("en"):
        assert field_name("accounts.2.screenshots") == "Account 2, Screenshots"
        assert field_name("accounts.2.account") == "Account 2"
        assert (field_name("letter_number"), field_name("nonsense")) == ("Letter number", "")


def test_of_many_rows_only_the_refused_one_shows_what_was_typed_and_what_is_wrong() -> None:
    """A value that all rows have stays."""
    tag = '{% field "a" "A" id=id value="typed" row=row refused=2 %}'
    wrong, other = (field(tag, id=f"a-{row}", row=row, errors={"a": ["Wrong."]}) for row in (2, 1))
    assert 'value="typed"' in wrong
    assert 'id="a-2-error"' in wrong
    assert 'value=""' in other
    assert "Wrong." not in other
    assert 'value="typed"' in field(tag.replace("refused=2", "refused=2 kept=True"), row=1)


def test_options_come_from_places_of_rows() -> None:
    """Attributes, places in a tuple, and a label that is said by a filter; a number is chosen by its digits."""
    with override("en"):
        assert choices([(7, "Bayu")], "0 1") == [("7", "Bayu")]
        assert choices([Severity.HIGH], "value word.severity:.") == [(str(Severity.HIGH.value), "high")]
        assert choices([(7, ("A", "B"))], "0 1.0+1.1") == [("7", "A, B")]
    assert '<option value="7" selected>' in field(
        '{% field "a" "A" type="select" options=options value=7 %}', options=[("7", "Bayu")]
    )


def _written() -> dict[str, int]:
    found = {}
    for path in TEMPLATES.rglob("*.html"):
        controls = [one for one in _CONTROL.findall(path.read_text()) if not _OF_A_CHOICE.search(one)]
        if controls:
            found[str(path.relative_to(TEMPLATES))] = len(controls)
    return found


def test_a_template_writes_a_field_by_hand_only_for_a_reason() -> None:
    """Boxes, choices and hidden values are no fields in this sense. A reason whose template no longer needs it goes."""
    assert set(_written()) == set(BY_HAND)


def test_such_a_field_names_its_errors_too() -> None:
    """Where a page shows an error beside a control, the control points to it and says that it is wrong."""
    silent = {
        name
        for name in set(BY_HAND) - {"console/queue/ticked.html"}
        if "field_errors.html" in (text := (TEMPLATES / name).read_text())
        and not ("aria-describedby" in text and "aria-invalid" in text)
    }
    assert not silent
