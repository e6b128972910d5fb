"""Texts are collected as Django will look them up, without gettext's programs."""

from pathlib import Path

from jaga.app import translations


def test_templates_give_the_texts_that_django_looks_up() -> None:
    """Plain tags, blocks with names and plurals, contexts, constants and per cent signs come out as Django's msgids."""
    source = """{% translate "Report an account" %}
{% translate "50% done" %} {% translate "May" context "month" %}
{% blocktranslate trimmed with name=person.name %}
  Dear {{ name }},
  welcome.
{% endblocktranslate %}
{% blocktranslate count n=cases|length %}one case{% plural %}{{ n }} cases{% endblocktranslate %}
{{ title|default:_("No title") }}"""
    texts = [(text, context) for _, text, context in translations.of_template(source)]
    assert texts == [
        ("Report an account", None),
        ("50%% done", None),
        ("May", "month"),
        ("Dear %(name)s, welcome.", None),
        (("one case", "%(n)s cases"), None),
        ("No title", None),
    ]


def test_python_files_and_templates_are_collected(tmp_path: Path) -> None:
    """Marked messages of Python files and templates are found, with the file that holds them."""
    sources = tmp_path / "src" / "jaga"
    (sources / "web" / "templates").mkdir(parents=True)
    (sources / "errors.py").write_text('x = N_("The port is taken.")\ny = ngettext("one", "many", 2)\n')
    (sources / "web" / "templates" / "page.html").write_text('{% translate "Hello" %}')
    found = translations.collect(sources)
    assert {m.id for m in found if m.id} == {"The port is taken.", ("one", "many"), "Hello"}
    message = found.get("Hello")
    assert message is not None
    assert message.locations == [("src/jaga/web/templates/page.html", 1)]
