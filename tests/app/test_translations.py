"""Texts are collected in the form in which Django looks them up, without gettext's programs."""

from gettext import GNUTranslations
from pathlib import Path

import pytest

from jaga.app import translations
from jaga.app.translations import collect


def test_templates_give_the_texts_that_django_looks_up() -> None:
    """Plain tags, blocks with variables and plurals, contexts, constants and per cent signs give Django's msgids."""
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
    """Marked messages are found with their files."""
    sources = tmp_path / "src" / "jaga"
    (sources / "web" / "templates").mkdir(parents=True)
    (sources / "errors.py").write_text('x = N_("The port is taken.")\ny = ngettext("one", "many", 2)\n')
    (sources / "web" / "templates" / "page.html").write_text('{% translate "Hello" %}')
    found = translations.collect(sources)
    assert {m.id for m in found if m.id} == {"The port is taken.", ("one", "many"), "Hello"}
    message = found.get("Hello")
    assert message is not None
    assert message.locations == [("src/jaga/web/templates/page.html", 1)]


def test_updating_keeps_translations_and_changes_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Collecting again keeps translations, drops unused ones, and a second time writes nothing."""
    sources = tmp_path / "src" / "jaga"
    sources.mkdir(parents=True)
    code = sources / "errors.py"
    code.write_text('a = N_("Port %(port)s is taken.")\nb = ngettext("%(n)s case", "%(n)s cases", n)\n')
    monkeypatch.setattr(translations, "LOCALE", tmp_path / "locale")
    monkeypatch.setattr(translations, "collect", lambda: collect(sources))
    path = translations.catalogue("id")
    assert translations.update() == [path]
    assert translations.update() == []
    assert {gap.why for gap in translations.missing()} == {"not translated"}
    text = (
        path.read_text()
        .replace('msgstr ""', 'msgstr "Porta %(nomor)s dipakai."')
        .replace('msgstr[0] ""', 'msgstr[0] "%(n)s perkara"')
        .replace('msgstr "Porta %(nomor)s dipakai."', 'msgstr ""', 1)
    )
    path.write_text(text)
    assert [gap.why for gap in translations.missing()] == ["its placeholders are not ['port']"]
    path.write_text(text.replace("nomor", "port"))
    assert translations.missing() == []
    assert translations.update() == []
    assert translations.compile_all() == [path.with_suffix(".mo")]
    with path.with_suffix(".mo").open("rb") as file:
        compiled = GNUTranslations(file)
    assert compiled.ngettext("%(n)s case", "%(n)s cases", 5) == "%(n)s perkara"
    code.write_text('b = ngettext("%(n)s case", "%(n)s cases", n)\n')
    translations.update()
    assert "Porta" not in path.read_text()
