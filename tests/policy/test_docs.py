"""docs/policy.md explains every field that a policy officer edits."""

from dataclasses import fields
from pathlib import Path

import pytest

from jaga.policy import letters, models, routing, screening_rules, shapes
from jaga.policy import letters as labelled_texts
from jaga.policy import limits as quality
from jaga.policy import screening_rules as lexicons

SCHEMAS = [
    models.ReleaseInfo, models.Jurisdiction, models.LocalTime, models.LocalZone, models.Phones,
    models.Category, models.LegalBasis, models.ChannelClock, models.UrgentCategory, models.Sourced,
    models.Deadlines, models.PermittedDecisions, models.Retries, models.Breaker,
    models.Strikes, models.StrikeStep, models.OperatorClocks, models.Enforcement, models.Service,
    letters.LetterTemplateFile,
    routing.Skill, routing.Queue, routing.When, routing.RoutingRule, routing.Routing,
    lexicons.WordList, lexicons.WordListFile, lexicons.LexiconPhrase, lexicons.LexiconFile,
    quality.QualityRules, quality.GenderedWords, quality.RegionWords,
    screening_rules.SharedCondition, screening_rules.SharedFile, screening_rules.WrittenRule, screening_rules.RuleFile,
    screening_rules.Screening, screening_rules.AtLeast, screening_rules.RuleCondition,
    screening_rules.Scorecard, screening_rules.PointedSign, shapes.NamedShape, labelled_texts.LabelledText,
]  # fmt: skip


@pytest.mark.parametrize("schema", SCHEMAS, ids=lambda schema: schema.__name__)
def test_every_field_is_explained(schema: type) -> None:
    """Each field name of a release file appears on the page."""
    page = (Path(__file__).parents[2] / "docs" / "policy.md").read_text()
    assert [field.name for field in fields(schema) if f"`{field.name.rstrip('_')}" not in page] == []


def test_every_value_of_a_letter_to_an_operator_is_explained() -> None:
    """The page explains each placeholder that the program fills in, by name."""
    page = (Path(__file__).parents[2] / "docs" / "policy.md").read_text()
    names = {name for recipient, wanted in letters.CONTRACT.values() if recipient == "operator" for name in wanted}
    keys = {key for key, (recipient, _) in letters.CONTRACT.items() if recipient == "operator"}
    assert [name for name in sorted(names | keys) if f"`{name}`" not in page] == []
