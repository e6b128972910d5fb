"""Agreement, sampling shares and errors as text, charts and tables, for the quality pages and dashboard."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.translation import gettext

from jaga.core.actors import Actor
from jaga.core.errors import N_
from jaga.core.terms.figures import MeasuredBy
from jaga.core.terms.people import Role
from jaga.policy import PolicyRelease, load_release
from jaga.policy.quality import LEAST_SHARE, NONE, SEVERAL
from jaga.records.access.operations.dashboard import AUDIENCE, see_numbers
from jaga.records.access.quality.blind_review import AgreementView, agreements, people_not_named
from jaga.web.console.frame.charts import AlikeChart, alike, per_hundred
from jaga.web.console.frame.words import category_label, word

_TITLES = {
    MeasuredBy.ALL: N_("All cases together"),
    MeasuredBy.CATEGORY: N_("By rule"),
    MeasuredBy.LANGUAGE: N_("By language of the report"),
    MeasuredBy.REVIEWER: N_("By person"),
}
_SAYS = {
    "low": N_("judged differently too often"),
    "good": N_("alike enough"),
    "few": N_("too few pairs"),
    "alike": N_("no second kind was named"),
}
_TONES = {"low": "contradicted", "good": "kept", "few": "open", "alike": "open"}
_GROUPS = {
    ("audit_words", "women"): N_("words for women"),
    ("audit_words", "men"): N_("words for men"),
    ("audit_words", SEVERAL): N_("words for both"),
    ("audit_words", NONE): N_("no such word"),
    ("audit_region", SEVERAL): N_("several regions"),
    ("audit_region", NONE): N_("no region named"),
}
_AUDITS = {
    "audit_words": N_("Gendered words in the reports"),
    "audit_region": N_("Region named in the reports"),
    "audit_platform": N_("Platform"),
    "audit_language": N_("Language of the report"),
}
_ENOUGH = 100  # Decided cases needed before a share counts as too small.


@dataclass(frozen=True)
class AgreementRow:
    """One measured agreement as sentences."""

    label: str
    agreement: AgreementView
    word: str
    tone: str

    @property
    def spoken(self) -> tuple[int, int]:
        """How many pairs of how many were alike, as people say it."""
        return per_hundred(self.agreement.alike, self.agreement.pairs)


@dataclass(frozen=True)
class AgreementPart:
    """All measured agreements of one kind: chart and rows; `unnamed` people have too few pairs to be named."""

    title: str
    picture: AlikeChart
    rows: tuple[AgreementRow, ...]
    unnamed: int = 0


def scales(*, actor: Actor) -> tuple[AgreementPart, ...]:
    """Agreement overall, by rule and language, and by person for supervisors. Raises NotPermitted."""
    release = load_release()
    views, parts = agreements(actor=actor), []
    shown = [one for one in MeasuredBy if one is not MeasuredBy.REVIEWER or Role.SUPERVISOR in actor.roles]
    for dimension in shown:
        rows = tuple(_row(one, release) for one in views if one.dimension is dimension)
        unnamed = people_not_named(actor=actor) if dimension is MeasuredBy.REVIEWER else 0
        if rows or unnamed:
            parts.append(AgreementPart(gettext(_TITLES[dimension]), _picture(rows), rows, unnamed))
    return tuple(parts)


def own_agreement(*, actor: Actor) -> AgreementPart | None:
    """This person's agreement with the others, or None if not measured."""
    release = load_release()
    rows = tuple(
        _row(one, release)
        for one in agreements(actor=actor)
        if one.dimension is MeasuredBy.REVIEWER and one.key == str(actor.person_id)
    )
    return AgreementPart(gettext("You and the others"), _picture(rows), rows) if rows else None


def _picture(rows: Iterable[AgreementRow]) -> AlikeChart:
    return alike([(row.label, row.agreement.alike, row.agreement.pairs, row.word, row.tone) for row in rows])


def _row(view: AgreementView, release: PolicyRelease) -> AgreementRow:
    if view.pairs < release.quality.least_pairs:
        state = "few"
    elif view.alpha is None:
        state = "alike"
    else:
        state = "low" if view.alpha < release.quality.agreement_bound else "good"
    labels = {
        MeasuredBy.ALL: gettext("All"),
        MeasuredBy.CATEGORY: category_label(view.key, release),
        MeasuredBy.LANGUAGE: word(view.key, "language"),
        MeasuredBy.REVIEWER: view.name,
    }
    return AgreementRow(labels[view.dimension], view, gettext(_SAYS[state]), _TONES[state])


@dataclass(frozen=True)
class ShareRow:
    """The share of recent decisions drawn for blind review."""

    label: str
    decided: int
    drawn: int
    judged: int
    too_small: bool

    @property
    def percent(self) -> float:
        """The share drawn, in percent."""
        return 100 * self.drawn / self.decided if self.decided else 0.0


def shares(*, actor: Actor) -> tuple[ShareRow, ...]:
    """The sample of the last 30 days, for dismissals and other decisions. Raises NotPermitted."""
    numbers = see_numbers(actor=actor)
    rows = []
    for key, label in (("dismissals", N_("dismissals")), ("decisions", N_("other decisions"))):
        decided, drawn = numbers.one("decided_cases", key), numbers.one("drawn_cases", key)
        rows.append(
            ShareRow(
                gettext(label),
                decided,
                drawn,
                numbers.one("judged_cases", key),
                decided >= _ENOUGH and drawn < decided * LEAST_SHARE,
            )
        )
    return tuple(rows)


@dataclass(frozen=True)
class AuditRow:
    """Reviewed cases and the errors among them."""

    label: str
    checked: int
    wrong: int

    @property
    def percent(self) -> float:
        """The share found wrong, in percent."""
        return 100 * self.wrong / self.checked if self.checked else 0.0


def audit_tables(*, actor: Actor) -> tuple[tuple[str, tuple[AuditRow, ...]], ...]:
    """Errors by gendered words, region, platform and language. Raises NotPermitted."""
    actor.require(*AUDIENCE)
    numbers, tables = see_numbers(actor=actor), []
    for name, title in _AUDITS.items():
        keys = sorted({key.rpartition("|")[0] for key in numbers.of(name)})
        rows = tuple(
            AuditRow(_audited(name, key), numbers.one(name, f"{key}|checked"), numbers.one(name, f"{key}|wrong"))
            for key in keys
        )
        if rows:
            tables.append((gettext(title), rows))
    return tuple(tables)


def _audited(name: str, key: str) -> str:
    if label := _GROUPS.get((name, key)):
        return gettext(label)
    return word(key, "language") if name == "audit_language" else key
