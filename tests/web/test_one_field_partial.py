"""One partial makes the fields of forms (`parts/field.html`), so that every error stands by its field and is named."""

import pytest
from django.template import Context, Template
from django.utils.translation import override

from jaga.web.field_names import field_name


def field(tag: str, **context: object) -> str:
    """What a field's tag renders."""
    return Template("{% load jaga_tags %}" + tag).render(Context(context))


@pytest.mark.parametrize("kind", ["text", "textarea", "select", "file"])
def test_a_wrong_field_is_tied_to_its_sentence(kind: str) -> None:
    """Whoever hears the page is told the hint and the error with the field, whatever kind of field it is."""
    made = field(f'{{% field "a.1.b" "Label" type="{kind}" hint="Hint" value=value %}}', value="<x>",
                 errors={"a.1.b": ["Wrong."]})
    for part in ('<label for="a.1.b">Label', 'aria-describedby="a.1.b-hint a.1.b-error"', 'aria-invalid="true"',
                 'id="a.1.b-error"', 'name="a.1.b"'):
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
