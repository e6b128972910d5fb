"""The inventory in words, for the page *Privacy* and for the assessment: in the language that is active."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.utils.translation import get_language, gettext

from jaga.casework.privacy.periods import period_in_words
from jaga.core.errors import N_
from jaga.core.inventory import DataSubject, ErasureEffect, LawfulGround, VisibleTo
from jaga.core.terms.people import Language
from jaga.policy import PolicyRelease
from jaga.records.inventory.groups import GROUPS, FieldGroup
from jaga.records.inventory.outside import OUTSIDE
from jaga.records.inventory.reading import declared_tables

EFFECTS = {
    ErasureEffect.KEY_DESTROYED: N_("then nobody can read it: its key is destroyed"),
    ErasureEffect.EMPTIED: N_("then emptied"),
    ErasureEffect.ROW_DELETED: N_("then deleted"),
    ErasureEffect.FILE_DELETED: N_("then deleted"),
    ErasureEffect.EXPIRES: N_("then gone by itself"),
    ErasureEffect.KEPT_CODE: N_("a code that shows nothing"),
    ErasureEffect.KEPT_PROOF: N_("without anybody's words"),
    ErasureEffect.KEPT_DEMAND: N_("as it came, since it must stay provable"),
    ErasureEffect.KEPT_ACCOUNTABLE: N_("because decisions need somebody who answers for them"),
    ErasureEffect.KEPT_NO_PERSON: N_("it says nothing about anybody"),
    ErasureEffect.RECALLED: N_("whoever got it is told if it was wrong or must go"),
}
"""What becomes of it afterwards, or when somebody asks for erasure: the end of a sentence."""
READERS = {
    VisibleTo.REVIEWERS: N_("the people who decide"),
    VisibleTo.SUPERVISORS: N_("supervisors"),
    VisibleTo.AUDITORS: N_("auditors"),
    VisibleTo.ADMINISTRATORS: N_("administrators"),
    VisibleTo.OWNER: N_("only the person concerned"),
    VisibleTo.OPERATOR: N_("the chat app's operator"),
    VisibleTo.EVERYBODY: N_("everybody"),
    VisibleTo.MACHINES: N_("only programs"),
}
PEOPLE = {
    DataSubject.REPORTER: N_("If you report"),
    DataSubject.HOLDER: N_("If your account was reported"),
    DataSubject.NAMED: N_("If a report is about you or shows you"),
    DataSubject.OFFICER: N_("If you work for an authority, an operator or a trusted flagger"),
    DataSubject.TEAM: N_("If you work in this team"),
}
"""Everybody whom data is about, in the order of the page."""


@dataclass(frozen=True)
class NoticeLine:
    """One group in words. `fields` is only counted for tables of the database."""

    key: str
    title: str
    purpose: str
    ground: str
    citation: str
    period: str
    effect: str
    readers: str
    special: bool
    fields: int
    where: str


@dataclass(frozen=True)
class NoticeSection:
    """What is kept about one kind of people."""

    who: DataSubject
    title: str
    lines: tuple[NoticeLine, ...]


def language_now() -> Language:
    """The language that is active; Indonesian if it is none of the product's."""
    return Language.ENGLISH if get_language() == Language.ENGLISH.value else Language.INDONESIAN


def kept_about(release: PolicyRelease, on: date) -> tuple[NoticeSection, ...]:
    """All groups that concern somebody, for each kind of people."""
    return tuple(
        NoticeSection(
            who, gettext(title), lines_of((group for group in GROUPS.values() if who in group.about), release, on)
        )
        for who, title in PEOPLE.items()
    )


def sent_out(release: PolicyRelease, on: date) -> tuple[NoticeLine, ...]:
    """Who receives data from this installation, and what for."""
    return lines_of((place for place in OUTSIDE if place.leaves), release, on)


def lines_of(groups: Iterable[FieldGroup], release: PolicyRelease, on: date) -> tuple[NoticeLine, ...]:
    """These groups in words."""
    counts = _fields_of_groups()
    return tuple(_line(group, counts.get(group.key, 0), release, on) for group in groups)


def _line(group: FieldGroup, fields: int, release: PolicyRelease, on: date) -> NoticeLine:
    language, basis = language_now(), None
    if group.ground is not LawfulGround.NONE:
        basis = release.data_protection.basis(group.ground)
    return NoticeLine(
        group.key,
        gettext(group.title),
        gettext(group.purpose),
        basis.title.say(language) if basis else "",
        basis.citation.say(language) if basis else "",
        period_in_words(group.retention, release, on),
        gettext(EFFECTS[group.erasure]),
        ", ".join(gettext(READERS[one]) for one in group.readers),
        group.special,
        fields,
        getattr(group, "where", ""),
    )


def _fields_of_groups() -> dict[str, int]:
    counts: dict[str, int] = {}
    for table in declared_tables().values():
        for field in table.fields:
            counts[field.group] = counts.get(field.group, 0) + 1
    return counts
