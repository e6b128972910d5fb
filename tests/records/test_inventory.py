"""The inventory of data covers every field of every table, and says what to write where one is missing."""

from pathlib import Path

import pytest
from django.apps.registry import Apps
from django.db import models

from jaga.core.inventory import DataSubject, ErasureEffect, FixedPeriod
from jaga.privacy.verbs.sweep import period_names
from jaga.store.inventory.checks import all_models, check_inventory, columns_of, declared_tables, label_of
from jaga.store.inventory.groups import GROUPS
from jaga.store.inventory.outside import OUTSIDE
from jaga.store.sealed_text import SealedTextField

CASES = """
Diary:
  row: case_facts
  decision_words: words
  technical: id
"""


def _diary(**more: models.Field) -> type[models.Model]:
    """An invented model of `cases/models`."""
    meta = type("Meta", (), {"app_label": "records", "apps": Apps()})
    return type(
        "Diary",
        (models.Model,),
        {
            "__module__": "jaga.cases.models.diaries",
            "Meta": meta,
            "id": models.BigAutoField(primary_key=True),
            "words": models.TextField(),
            **more,
        },
    )


def test_every_field_of_every_table_is_declared() -> None:
    """Ours, those of the libraries, and the hidden tables of many-to-many links."""
    assert check_inventory(all_models(), period_names()) == []
    declared = declared_tables()
    assert {
        "Report",
        "LedgerEntry",
        "AlarmMessage_alarms",
        "sessions.Session",
        "mfa.Authenticator",
        "usersessions.UserSession",
        "procrastinate.ProcrastinateJob",
    } <= declared.keys()


def test_a_new_field_is_named_with_the_file_to_write_in(tmp_path: Path) -> None:
    """The same model passes without the field, so the refusal is about nothing else."""
    (tmp_path / "cases.yaml").write_text(CASES)

    def about_fields(model: type[models.Model]) -> list[str]:
        return [fault for fault in check_inventory([model], period_names(), tmp_path) if "Diary" in fault]

    assert about_fields(_diary()) == []
    (fault,) = about_fields(_diary(mood=models.TextField()))
    assert fault.startswith("src/jaga/store/inventory/cases.yaml: the field Diary.mood is not declared")
    assert "Add `mood` to one of the groups" in fault


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (CASES.replace("words: words", "words: words years"), "Diary has no field years any more; take it out"),
        (CASES.replace("Diary:", "Notebook:"), "the model Diary is not declared. Write `Diary:`"),
        (CASES.replace("Diary:", "Notebook:"), "there is no model Notebook any more; take it out"),
        (CASES.replace("technical: id", "technical: id words"), "Diary.words stands in two groups"),
        (CASES.replace("decision_words", "feelings"), "there is no group `feelings`"),
        (CASES.replace("  row: case_facts\n", ""), "Diary has no `row`"),
        ("Diary: [", "this is not YAML"),
    ],
)
def test_a_wrong_declaration_says_what_to_do(tmp_path: Path, content: str, message: str) -> None:
    """A field or table that is gone, one that is declared twice, an unknown group."""
    (tmp_path / "cases.yaml").write_text(content)
    assert any(message in fault for fault in check_inventory([_diary()], period_names(), tmp_path))


def test_a_declaration_in_another_packages_file_is_sent_home(tmp_path: Path) -> None:
    """So that whoever looks beside the models finds it."""
    (tmp_path / "people.yaml").write_text(CASES)
    assert any(
        "Diary belongs into cases.yaml" in fault for fault in check_inventory([_diary()], period_names(), tmp_path)
    )


def test_a_period_that_nobody_set_is_refused() -> None:
    """A group refers to retention by name; without `networks` among the names, its group has no period."""
    found = check_inventory(all_models(), period_names() - {"networks"})
    assert [fault for fault in found if "`networks`" in fault] == found != []


def test_texts_are_never_called_technical() -> None:
    """`technical` is for links and counters: free text there would escape purpose and period."""
    free = {
        (table.label, field.name)
        for table in declared_tables().values()
        for field in table.fields
        if field.group == "technical"
    }
    texts = {
        (model._meta.object_name, name)
        for model in all_models()
        for name in columns_of(model)
        if isinstance(model._meta.get_field(name), models.TextField | models.JSONField | models.BinaryField)
    }
    assert free & texts == set()


def test_what_is_erased_with_its_key_is_under_a_key() -> None:
    """The columns that are encrypted, and no others, say `key_destroyed`."""
    sealed = {
        (label_of(model), name)
        for model in all_models()
        for name in columns_of(model)
        if isinstance(model._meta.get_field(name), SealedTextField)
    }
    declared = {
        (table.label, field.name)
        for table in declared_tables().values()
        for field in table.fields
        if GROUPS[field.group].erasure is ErasureEffect.KEY_DESTROYED
    }
    assert sealed == declared


def test_what_concerns_somebody_says_what_erasure_does() -> None:
    """Words about people never outlast their key, row or file; only proofs and codes do."""
    for group in (*GROUPS.values(), *OUTSIDE):
        if group.about == (DataSubject.NOBODY,):
            assert group.erasure in (ErasureEffect.KEPT_NO_PERSON, ErasureEffect.EXPIRES)
        elif group.special and group.retention == FixedPeriod.INSTALLATION:
            assert group.erasure in (ErasureEffect.KEPT_PROOF, ErasureEffect.KEPT_CODE, ErasureEffect.KEPT_DEMAND)
    words_without_end = {
        group.key for group in (*GROUPS.values(), *OUTSIDE) if group.erasure is ErasureEffect.KEPT_DEMAND
    }
    assert words_without_end == {"request_letters", "other_files"}, "each of these is a gap: add none"
