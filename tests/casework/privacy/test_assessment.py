"""The assessment of data protection is complete, in both languages, and says what was assessed."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.docs.pages import ROOT

from jaga.app.commands.privacy import privacy
from jaga.core.terms.people import Language
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.privacy.verbs.assessment import as_html, as_markdown, assess, inventory_hash
from jaga.store.inventory.groups import GROUPS
from jaga.store.inventory.outside import OUTSIDE
from jaga.store.inventory.risks import RISKS, RiskLevel

ALL = {group.key: group for group in (*GROUPS.values(), *OUTSIDE)}


def test_all_data_that_needs_care_has_a_risk_and_a_measure() -> None:
    """A new group that is `special` is refused until somebody has thought about what could happen."""
    named = {key for risk in RISKS for key in risk.concerns}
    special = {key for key, group in ALL.items() if group.special}
    assert special - named == set(), "write a risk for it in src/jaga/store/inventory/risks.py"
    assert named - ALL.keys() == set()


def test_each_risk_has_measures_that_can_be_looked_up() -> None:
    """Measures never raise a risk, something always remains, and the files that prove a measure exist."""
    assert len({risk.key for risk in RISKS}) == len(RISKS)
    for risk in RISKS:
        assert risk.measures
        assert risk.remains
        assert risk.after <= risk.before
        assert (risk.after, risk.before) != (RiskLevel.HIGH, RiskLevel.LOW)
        assert risk.proof
        assert [place for place in risk.proof if not (ROOT / place).exists()] == []
        assert set(risk.harmed) & {who for key in risk.concerns for who in ALL[key].about}, risk.key


@pytest.mark.parametrize("language", list(Language))
def test_the_document_holds_every_group_and_every_risk(language: Language) -> None:
    """In the language asked for, with the hashes of what was assessed, and lines for the judgement of people."""
    release = load_release()
    text = as_markdown(assess(release, "Operator | Contoh", today(), language))
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) >= len([one for one in ALL.values() if one.key not in ("figures", "jobs", "set_up", "technical")])
    assert release.hash in text
    assert inventory_hash() in text
    assert ("UU PDP Pasal 34" if language is Language.INDONESIAN else "UU PDP art. 34") in text
    assert "Operator \\| Contoh" in text
    said = "Petugas pelindungan data pribadi" if language is Language.INDONESIAN else "Data protection officer"
    assert f"| {said} |  |  |  |" in text
    for table in re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE):
        assert len({len(re.findall(r"(?<!\\)\|", row)) for row in table.splitlines()}) == 1, table


def test_the_page_to_print_escapes_what_it_holds() -> None:
    """The name of the installation is typed by somebody."""
    page = as_html(assess(load_release(), "<b>Kita</b>", today(), Language.ENGLISH))
    assert "&lt;b&gt;Kita" in page
    assert '<html lang="en">' in page
    assert page.count("<table>") == page.count("</table>") == 6


def test_the_command_writes_it_and_the_check_passes(db: None) -> None:
    """Without a database. The eu release has one language, and cites its own law."""
    ran = CliRunner().invoke(privacy, ["assessment", "--language", "en", "--host", "Contoh"])
    assert ran.exit_code == 0, ran.output
    assert ran.output.startswith("# Assessment of data protection\n")
    eu = load_release(Path(ROOT / "src/jaga/policy/releases/eu"))
    text = as_markdown(assess(eu, "", today(), Language.ENGLISH))
    assert "GDPR art. 35" in text
    assert "UU PDP" not in text
    checked = CliRunner().invoke(privacy, ["check"])
    assert (checked.exit_code, checked.output[:26]) == (0, "the inventory is complete:"), checked.output
