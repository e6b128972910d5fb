"""The assessment of data protection (UU PDP art. 34, GDPR art. 35), from the inventory, the risks and the release.

It is a draft for the person who answers for the installation: the program fills in what it knows, and leaves the lines
for judgement and signature empty.

The inventory in words, for the page *Privacy* and for the assessment: in the language that is active.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from importlib.resources import files

from django.utils.translation import get_language, gettext, override

from jaga.core.errors import N_
from jaga.core.inventory import DataSubject, ErasureEffect, LawfulGround, VisibleTo
from jaga.core.terms.people import Language
from jaga.policy.release import PolicyRelease
from jaga.privacy.verbs.sweep import period_in_words
from jaga.store.inventory.checks import declared_tables
from jaga.store.inventory.groups import GROUPS, FieldGroup
from jaga.store.inventory.outside import OUTSIDE
from jaga.store.inventory.risks import RISKS, Risk, RiskLevel

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


REVIEW_AFTER = timedelta(days=365)
NECESSITY = (
    N_(
        "Reports must be read and decided by people, so their words and pictures are kept until the decision can no "
        "longer be questioned."
    ),
    N_("Nobody needs to give a name. A report without one is handled in the same way."),
    N_(
        "Only public or reported content is used. Private conversations are never read; a participant chooses what to "
        "show."
    ),
    N_("No profile of a person is made. Cases are about one account and one category."),
    N_("Programs sort and mark. They close, restrict and dismiss nothing."),
    N_("What leaves the installation is what the receiver needs: an account and a measure, never who reported."),
    N_("Figures are rounded, and cover only days and months that have ended."),
)
LEVELS = {RiskLevel.LOW: N_("low"), RiskLevel.MEDIUM: N_("medium"), RiskLevel.HIGH: N_("high")}
SIGNERS = (N_("Prepared by"), N_("Data protection officer"), N_("Who answers for the installation"))


@dataclass(frozen=True)
class TextTable:
    """Column titles and rows of texts."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class AssessmentPart:
    """A heading, sentences, and a table if there is one. `ticks` are sentences for a list."""

    title: str
    sentences: tuple[str, ...] = ()
    ticks: tuple[str, ...] = ()
    table: TextTable | None = None


@dataclass(frozen=True)
class Assessment:
    """The document, in one language."""

    title: str
    language: Language
    sections: tuple[AssessmentPart, ...]


def inventory_hash() -> str:
    """SHA-256 over the files of the inventory, so that a reader knows which state was assessed."""
    folder = sorted(
        (one for one in files("jaga.store.inventory").iterdir() if one.name.endswith((".py", ".yaml"))),
        key=lambda one: one.name,
    )
    return hashlib.sha256(b"".join(one.name.encode() + b"\0" + one.read_bytes() for one in folder)).hexdigest()


def assess(release: PolicyRelease, host: str, on: date, language: Language) -> Assessment:
    """The assessment as of that day. Reads nothing but the program and its release."""
    with override(language.value):
        return Assessment(gettext("Assessment of data protection"), language, tuple(_sections(release, host, on)))


def _sections(release: PolicyRelease, host: str, on: date) -> Iterator[AssessmentPart]:
    law = release.data_protection
    spoken = language_now()
    yield AssessmentPart(
        gettext("What was assessed"),
        table=TextTable(
            (gettext("What"), gettext("State")),
            (
                (gettext("Installation"), host or gettext("not named")),
                (gettext("Law"), f"{law.law.say(spoken)}, {law.assessment.say(spoken)}"),
                (
                    gettext("The articles were read in the official text"),
                    gettext("yes") if law.verified else gettext("no"),
                ),
                (gettext("Policy release"), f"{release.name} {release.version}, {release.dated.isoformat()}"),
                (gettext("Hash of the release"), release.hash),
                (gettext("Hash of the inventory"), inventory_hash()),
                (gettext("Date"), on.isoformat()),
                (gettext("To be examined again by"), (on + REVIEW_AFTER).isoformat()),
            ),
        ),
    )
    yield AssessmentPart(
        gettext("What is kept, why, and for how long"),
        (
            gettext(
                "Data marked with * needs more care (%(article)s): sexual life, crime, children, victims, and who "
                "reported."
            )
            % {"article": law.special.say(spoken)},
        ),
        table=_kept((group for group in GROUPS.values() if group.about != (DataSubject.NOBODY,)), release, on),
    )
    yield AssessmentPart(
        gettext("Files outside the database, and what leaves the installation"), table=_kept(OUTSIDE, release, on)
    )
    yield AssessmentPart(gettext("Is it necessary?"), ticks=tuple(gettext(one) for one in NECESSITY))
    yield AssessmentPart(
        gettext("Risks to people, and measures"),
        table=TextTable(
            (
                gettext("Risk"),
                gettext("Whom"),
                gettext("Before"),
                gettext("Measures"),
                gettext("What remains"),
                gettext("After"),
            ),
            tuple(_risk(risk) for risk in RISKS),
        ),
    )
    high = [gettext(risk.happens) for risk in RISKS if risk.after is RiskLevel.HIGH]
    yield AssessmentPart(
        gettext("What remains"),
        (
            gettext("After the measures, %(high)s of %(all)s risks are high and %(medium)s are medium.")
            % {"high": len(high), "all": len(RISKS), "medium": sum(risk.after is RiskLevel.MEDIUM for risk in RISKS)},
            gettext(
                "Not every measure is a program's: people, buildings, contracts and the backups are yours to assess."
            ),
        ),
        ticks=tuple(high),
    )
    yield AssessmentPart(
        gettext("Rights of people"),
        (
            gettext("Requests are answered within %(hours)s hours (%(article)s).")
            % {"hours": law.answer.hours, "article": law.answer.citation.say(spoken)},
            gettext("A breach is told within %(hours)s hours (%(article)s).")
            % {"hours": law.breach.hours, "article": law.breach.citation.say(spoken)},
            gettext("Complaints: %(name)s") % {"name": law.complaints.name.say(spoken)},
        ),
        table=TextTable(
            (gettext("Right of the person"), gettext("Article")),
            tuple((right.title.say(spoken), right.citation.say(spoken)) for right in law.rights),
        ),
    )
    yield AssessmentPart(
        gettext("Decision and signatures"),
        (gettext("Is the risk that remains acceptable? Write the decision and its reasons here:"), "…"),
        table=TextTable(
            (gettext("Who"), gettext("Name"), gettext("Date"), gettext("Signature")),
            tuple((gettext(signer), "", "", "") for signer in SIGNERS),
        ),
    )


def _kept(groups: Iterable[FieldGroup], release: PolicyRelease, on: date) -> TextTable:
    listed = tuple(groups)
    return TextTable(
        (
            gettext("What"),
            gettext("About whom"),
            gettext("Purpose"),
            gettext("Lawful ground"),
            gettext("How long"),
            gettext("Who sees it"),
            gettext("Where"),
        ),
        tuple(_row(group, line) for group, line in zip(listed, lines_of(listed, release, on), strict=True)),
    )


def _row(group: FieldGroup, line: NoticeLine) -> tuple[str, ...]:
    where = line.where or gettext("%(count)s fields") % {"count": line.fields}
    ground = f"{line.ground} ({line.citation})" if line.ground else ""
    return (
        f"{line.title}{' *' if line.special else ''}",
        _people(group.about),
        line.purpose,
        ground,
        f"{line.period}; {line.effect}",
        line.readers,
        where,
    )


def _risk(risk: Risk) -> tuple[str, ...]:
    return (
        gettext(risk.happens),
        _people(risk.harmed),
        gettext(LEVELS[risk.before]),
        " ".join(gettext(measure) for measure in risk.measures),
        gettext(risk.remains),
        gettext(LEVELS[risk.after]),
    )


def _people(who: Iterable[DataSubject]) -> str:
    short = {
        DataSubject.REPORTER: N_("reporters"),
        DataSubject.HOLDER: N_("account holders"),
        DataSubject.NAMED: N_("people in reports"),
        DataSubject.OFFICER: N_("officers and contact persons"),
        DataSubject.TEAM: N_("people of the team"),
    }
    return ", ".join(gettext(short[one]) for one in PEOPLE if one in who)


def as_markdown(given: Assessment) -> str:
    """The document as Markdown."""
    lines = [f"# {given.title}"]
    for section in given.sections:
        lines += ["", f"## {section.title}", *(f"\n{sentence}" for sentence in section.sentences)]
        lines += ["", *(f"* {tick}" for tick in section.ticks)] if section.ticks else []
        if section.table:
            lines += [
                "",
                _cells(section.table.head),
                _cells("---" for _ in section.table.head),
                *map(_cells, section.table.rows),
            ]
    return "\n".join(lines) + "\n"


def _cells(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%;font-size:.9rem}"
    "th,td{border:1px solid #999;padding:.3rem .5rem;text-align:left;vertical-align:top;overflow-wrap:break-word}"
    "td:empty{height:2.5rem}"
)


def as_html(given: Assessment) -> str:
    """The document as one HTML file, to be printed and signed."""
    parts = [
        f'<!DOCTYPE html>\n<html lang="{given.language.value}">\n<head><meta charset="utf-8">',
        f"<title>{escape(given.title)}</title><style>{_STYLE}</style></head>\n<body><h1>{escape(given.title)}</h1>",
    ]
    for section in given.sections:
        parts.append(f"<h2>{escape(section.title)}</h2>")
        parts += [f"<p>{escape(sentence)}</p>" for sentence in section.sentences]
        if section.ticks:
            parts.append("<ul>" + "".join(f"<li>{escape(tick)}</li>" for tick in section.ticks) + "</ul>")
        if section.table:
            head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in section.table.head)
            rows = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in section.table.rows)
            parts.append(
                f"<table><thead><tr>{head}</tr></thead>\n<tbody>"
                + "\n".join(f"<tr>{row}</tr>" for row in rows)
                + "</tbody></table>"
            )
    return "\n".join([*parts, "</body></html>"]) + "\n"
