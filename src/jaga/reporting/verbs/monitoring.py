"""Monitoring of public content: texts are screened, and those that people should see are filed as observations.

Files many observations of public content at once: accounts, reports, cases and triage jobs in few statements.

What `monitoring.take_in` does for one message of a public room, this does for the flagged rows of a block. No original
is sealed beside the case: the text is in the report, and the block's Merkle root proves where it stood.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from jaga.cases.models.cases import Platform, Subject
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Report
from jaga.cases.verbs.accounts import FiledReport, Named, find_subject, find_subjects, share_platforms
from jaga.cases.verbs.evidence import seal
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.observations import Observation
from jaga.core.terms.cases import DecisionKind, EvidenceKind
from jaga.core.terms.privacy import KeyOwner
from jaga.core.terms.reports import Channel, ObservationKind, ReportForm
from jaga.policy.limits import UNSOUGHT_CATEGORIES
from jaga.policy.local_time import day_of
from jaga.policy.release import PolicyRelease, default_language
from jaga.policy.screening_rules import RuleCondition
from jaga.reporting.verbs.filing import SEALED
from jaga.reporting.verbs.merging import announce, filed, join_cases, open_case_with, start_clock
from jaga.reporting.verbs.new_reports import coded_origin, observation
from jaga.screening.engine.screen import screen_texts
from jaga.screening.rules.sentences import SOURCE as RULE
from jaga.screening.text.signals import Screened, TextSignal, combined
from jaga.signals.verbs.account_context import contexts_of_observed
from jaga.signals.verbs.ban_evasion import PublicText, likely_returns
from jaga.store.bulk import as_json, ask_prepared
from jaga.store.codes import source_key, source_mark
from jaga.store.kernel.validation import MAX_TEXT
from jaga.store.key_numbers import next_report_number
from jaga.store.key_store.store import Owner
from jaga.watch.reads.watches import rules_off

WORDS, RETURNS = "words:", "returns:"
_ABOUT_ACCOUNTS = ("younger_than_days", "copies", "listed", "decided")


@dataclass(frozen=True)
class Flag:
    """Why people should look at a text: the category, and the rule with the strongest signal.

    `rule` is the key of a rule of the release, `words:CATEGORY` for the word list of a category, or
    `returns:CATEGORY` where a closed account is likely the author. `by_words`: what people decide about the same words
    of other accounts says something about this text, since nothing but its words flagged it, and no possible victim is
    proposed.
    """

    category: str
    rule: str
    by_words: bool = False


def flags_of(platform: Platform, observed: Sequence[Observation], release: PolicyRelease) -> list[Flag | None]:
    """For each observation why people should look at it, or None. Rules that are off do not count. Stores nothing."""
    texts, off = [kept_text(one) for one in observed], rules_off()
    abouts = contexts_of_observed(
        platform,
        "message",
        [(one.account_id, text, one.at) for one, text in zip(observed, texts, strict=True)],
        release,
    )
    found = screen_texts(texts, release, abouts)
    returns = likely_returns(
        platform.pk,
        [PublicText(one.account_id, one.handle, text) for one, text in zip(observed, texts, strict=True)],
        release,
    )
    return [
        _flag(without_rules(screened, off), release) or _returning(returned, off)
        for screened, returned in zip(found, returns, strict=True)
    ]


def flags_again(flagged: Mapping[str, str], release: PolicyRelease) -> dict[str, Flag]:
    """The flag of each text that was flagged without its account in view, given with its category; without the rules
    that are off, and without texts that only those flagged.

    A text that only what is known beside it flagged counts for the words of its category.
    """
    off = rules_off()
    found = {}
    for (text, category), screened in zip(flagged.items(), screen_texts(list(flagged), release), strict=True):
        flag = _flag(without_rules(screened, off), release)
        if flag is None and not off:
            flag = Flag(category, f"{WORDS}{category}")
        if flag is not None:
            found[text] = flag
    return found


def rule_of(signal: TextSignal) -> str:
    """The rule that a signal counts for, as in `Flag.rule`."""
    return signal.params["rule"] if signal.source == RULE else f"{WORDS}{signal.category}"


def without_rules(screened: Screened, off: Collection[str]) -> Screened:
    """The findings without these rules. The score is what the others give, and never higher than it was."""
    kept = [one for one in screened.signals if rule_of(one) not in off]
    if len(kept) == len(screened.signals):
        return screened
    rest = combined((one, False) for one in kept)
    return replace(rest, score=min(rest.score, screened.score), filtered=screened.filtered)


def file_flagged(
    platform: Platform, flagged: Sequence[tuple[Observation, str]], release: PolicyRelease, *, source: str, actor: Actor
) -> list[FiledReport | None]:
    """File each flagged observation in its category, in the caller's transaction; `source` is who observed.

    None for one that no case takes: it was filed before, or a decision in force came after it.
    """
    # Create accounts in one order, as accepting reports does, to avoid deadlocks.
    find_subjects([Named(platform, one.account_id, one.handle) for one, _ in flagged])
    return [_file(platform, one, category, release, source, actor) for one, category in flagged]


def _flag(screened: Screened, release: PolicyRelease) -> Flag | None:
    """By the strongest signal, if its category allows any decision other than dismissal."""
    if screened.score < release.screening.flagged_from:
        return None
    strongest = max(screened.signals, key=lambda signal: signal.weight)
    if strongest.category in UNSOUGHT_CATEGORIES:  # policy checks forbid such a rule (`policy.checks.release`)
        return None
    acts = set(release.allowed_decisions(strongest.category)) - {DecisionKind.DISMISS}
    if not acts:
        return None
    about_words = not screened.victim_first and rule_of(strongest) not in _rules_about_accounts(release)
    return Flag(strongest.category, rule_of(strongest), about_words)


@lru_cache(maxsize=2)
def _rules_about_accounts(release: PolicyRelease) -> frozenset[str]:
    """The rules that look at more than words: at the account's age, lists, decisions, or copies."""

    def looks(condition: RuleCondition) -> bool:
        return any(getattr(condition, fact) is not None for fact in _ABOUT_ACCOUNTS) or any(
            looks(part) for _, part in condition.parts()
        )

    return frozenset(rule.key for rule in release.screening_rules if looks(rule.when))


def _returning(category: str | None, off: Collection[str]) -> Flag | None:
    if category is None or f"{RETURNS}{category}" in off:
        return None
    return Flag(category, f"{RETURNS}{category}")


def storable(text: str) -> str:
    """The text with characters that PostgreSQL cannot store (NUL, lone surrogates) replaced. The original is sealed."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def kept_text(one: Observation) -> str:
    """The part of a text that is screened and stored. The whole text is sealed."""
    return storable(one.text)[:MAX_TEXT]


def original_of(one: Observation) -> str:
    """An observation as it is sealed: where it stood, when, what read it and when, whose it is, its media, its text."""
    lines = [
        one.surface,
        one.locator,
        one.at.isoformat(),
        one.source_version,
        f"read {now().isoformat()}",
        f"{one.kind} {one.native_id}",
        f"account {one.account_id} {one.handle}",
        *(f"media sha256:{digest}" for digest in one.media_hashes),
        *(f"picture {media.address}" for media in one.media),
    ]
    return "\n".join(lines) + f"\n\n{one.text}"


def _acted_on(subject: Subject, category: str, sent_at: datetime) -> bool:
    """Whether a decision in force restricted or closed this account in this category after the text was sent.

    Texts from before a decision need no second one.
    """
    return Decision.objects.filter(
        subject=subject,
        case__category=category,
        kind__in=(DecisionKind.RESTRICT, DecisionKind.CLOSE),
        decided_at__gte=sent_at,
        overturned_by__isnull=True,
    ).exists()


def _own_reference(one: Observation) -> str:
    """What makes the report unique for the account: the text's id, and for an edit its moment too."""
    if one.kind is ObservationKind.NEW:
        return one.native_id
    return f"{one.native_id[:260]} {one.at.isoformat()}"


def _file(
    platform: Platform, one: Observation, category: str, release: PolicyRelease, source: str, actor: Actor
) -> FiledReport | None:
    subject = find_subject(platform, one.account_id, one.handle)
    reference = _own_reference(one)
    if Report.objects.filter(
        subject=subject, form=ReportForm.OBSERVATION, origin_ref__in=(reference, coded_origin(platform.name, reference))
    ).exists():
        return None
    if _acted_on(subject, category, one.at):
        return None
    report = observation(
        subject,
        category,
        source=source,
        origin_ref=reference,
        conduct_on=day_of(one.at),
        published=kept_text(one),
        place=storable(one.surface),
    )
    case = open_case_with(report, release, settle=True)
    original = original_of(one).encode("utf-8", "replace")
    seal(case, report, EvidenceKind.TEXT, f"report-{report.pk}-message.txt", original, media="text/plain", actor=actor)
    return filed(report, case, "", actor)


_COLUMNS = {
    "key_number": "bigint",
    "subject_id": "bigint",
    "channel": "text",
    "form": "text",
    "category": "text",
    "published": "text",
    "place": "text",
    "language": "text",
    "conduct_on": "date",
    "received_at": "timestamptz",
    "due_at": "timestamptz",
    "urgent": "boolean",
    "priority": "smallint",
    "source_key": "bytea",
    "origin_ref": "text",
    "route": "text",
    "reference": "text",
}
_EMPTY = [
    str(field.column)
    for field in Report._meta.concrete_fields
    if field.column not in _COLUMNS and not field.null and field.column != "id"
]
"""Columns that an observation leaves empty; all of them are texts."""
# One that the account published before, word for word, is the same observation.
_STORE = f"""
INSERT INTO records_report ({", ".join([*_COLUMNS, *_EMPTY])})
SELECT {", ".join([f"r.{name}" for name in _COLUMNS] + ["''"] * len(_EMPTY))}
FROM json_to_recordset(%s::json) AS r({", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())})
ORDER BY r.subject_id, r.origin_ref
ON CONFLICT (subject_id, origin_ref) WHERE form = 'observation' DO NOTHING RETURNING id
"""  # noqa: S608 - our own
_LONGEST_REFERENCE = 120


class ObservedItem(NamedTuple):
    """A flagged text with its account, its own number at the source, and when it was published (None: unknown)."""

    account_id: str
    handle: str
    text: str
    category: str
    reference: str
    sent_at: datetime | None


def file_observed(
    platform: Platform,
    items: Sequence[ObservedItem],
    source: str,
    place: str,
    release: PolicyRelease,
) -> list[Report]:
    """File these items in the caller's transaction; returns the reports that were new, with their cases.

    An item is left out if its account published the same text before, or if a decision in force restricted or closed
    the account in this category since it was published (or ever, if that is unknown). The triage of the cases is
    deferred. The caller writes the ledger entry.
    """
    if not items:
        return []
    subjects = find_subjects([Named(platform, item.account_id, item.handle) for item in items])
    decided = _decided(set(subjects))
    rows: dict[tuple[int, str], dict[str, object]] = {}
    for subject_id, item in zip(subjects, items, strict=True):
        acted = decided.get((subject_id, item.category))
        if acted is not None and (item.sent_at is None or acted >= item.sent_at):
            continue
        origin = origin_of(item.text)
        if (subject_id, origin) not in rows:
            rows[subject_id, origin] = _row(subject_id, origin, item, source, place, release)
    numbers = [number for (number,) in ask_prepared(_STORE, [as_json(list(rows.values()))])] if rows else []
    reports = list(Report.objects.filter(pk__in=numbers).select_related("subject").order_by("pk"))
    if reports:
        share_platforms(report.subject for report in reports)
        announce(reports, join_cases(reports, release, settle=True))
    return reports


def origin_of(text: str) -> str:
    """What makes an observation of a file unique for its account: a keyed number of the text."""
    return f"text:{source_mark('observed:' + sha256(text.encode()).hexdigest()).hex()}"


def _row(
    subject_id: int, origin: str, item: ObservedItem, source: str, place: str, release: PolicyRelease
) -> dict[str, object]:
    owner, clock = Owner(KeyOwner.REPORT, next_report_number()), start_clock(release, Channel.WATCH, item.category)
    return {
        "key_number": owner.number,
        "subject_id": subject_id,
        "channel": Channel.WATCH,
        "form": ReportForm.OBSERVATION,
        "category": item.category,
        "published": SEALED["published"].sealed_for(owner, item.text[:MAX_TEXT]),
        "place": SEALED["place"].sealed_for(owner, place),
        "language": default_language(),
        "conduct_on": day_of(item.sent_at or clock.received_at),
        "received_at": clock.received_at,
        "due_at": clock.due_at,
        "urgent": clock.urgent,
        "priority": clock.priority,
        "source_key": source_key(source),
        "origin_ref": origin,
        "route": "ordinary",
        "reference": item.reference[:_LONGEST_REFERENCE],
    }


def _decided(subjects: set[int]) -> dict[tuple[int, str], datetime]:
    """When these accounts were last restricted or closed in a category, by decisions in force."""
    rows = Decision.objects.filter(
        subject__in=subjects, kind__in=(DecisionKind.RESTRICT, DecisionKind.CLOSE), overturned_by__isnull=True
    ).order_by("decided_at")
    return {
        (subject, category): at
        for subject, category, at in rows.values_list("subject_id", "case__category", "decided_at")
    }
