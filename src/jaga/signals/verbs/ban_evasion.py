"""Ban evasion: finds accounts that resemble ones restricted or closed before.

Account-linking indicators (contacts, wording, pictures, patterns of names) are taken only from what accounts published,
never from what a reporter wrote or attached, and compared only with accounts decided against. A match is a hint with
its evidence. It raises a case in the queue a little, and never votes, moves or closes anything.

People's judgements of ban-evasion matches, and the end of matches whose decision was overturned.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Report
from jaga.cases.reads.decisions import decisions_in_force, matches_in_force
from jaga.core.actors import Actor
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, NotFound
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Role
from jaga.core.terms.reports import IndicatorKind, Likelihood, SourceReason
from jaga.policy.limits import UNSOUGHT_CATEGORIES
from jaga.policy.release import PolicyRelease, load_release
from jaga.screening.copies.copies import LIKENESS_ALIKE, letters_of, likeness
from jaga.screening.copies.nearness import (
    LinkingIndicator,
    contacts_of,
    image_of,
    likelihood,
    likeness_of,
    names_of,
    wording_of,
)
from jaga.signals.models import AccountIndicator, BanEvasionMatch, BanEvasionVerdict, LshBand
from jaga.signals.reads.at_a_glance import never_indicators
from jaga.signals.verbs.shared_indicators import MOST_MATCHES, TOO_COMMON, Pair, pairs_of
from jaga.store.bulk import as_array, as_json, ask_prepared
from jaga.store.codes import indicator_key, indicator_keys
from jaga.store.kernel.jobs import defer_triage
from jaga.store.kernel.ledger import append
from jaga.store.reads import refuse_uncleared

MOST_WAITING = 200  # cases that are checked again after one decision
MOST_EARLIER = 20  # earlier accounts matched to one case
_UNSCANNED = (
    "SELECT r.id FROM records_report r WHERE r.case_id = ANY(%s::bigint[]) AND NOT EXISTS ("
    "SELECT FROM records_indicatorscan s WHERE s.report_id = r.id) ORDER BY r.id LIMIT %s"
)
_SCANNED = (
    "INSERT INTO records_indicatorscan (at, report_id) SELECT %s::timestamptz, unnest(%s::bigint[])"
    " ON CONFLICT DO NOTHING RETURNING NULL"
)
_MATCHED = (
    "SELECT DISTINCT case_id FROM records_banevasionmatch WHERE case_id = ANY(%s::bigint[]) AND withdrawn_at IS NULL"
)
_KEEP = """
INSERT INTO records_accountindicator (subject_id, report_id, kind, key, masked, start, "end", seen_at)
SELECT subject_id, report_id, kind, key, masked, start, "end", seen_at FROM json_to_recordset(%s::json)
    AS i(subject_id bigint, report_id bigint, kind text, key bytea, masked text, start integer, "end" integer,
         seen_at timestamptz)
ON CONFLICT DO NOTHING RETURNING NULL"""
_KEEP_BANDS = """
INSERT INTO records_lshband (indicator_id, key)
SELECT i.id, b.key FROM unnest(%s::bigint[], %s::bytea[], %s::bytea[])
    WITH ORDINALITY AS b(subject_id, text, key, place)
JOIN records_accountindicator i ON i.subject_id = b.subject_id AND i.key = b.text
WHERE NOT EXISTS (SELECT FROM records_lshband known WHERE known.indicator_id = i.id)
ORDER BY b.place RETURNING NULL"""
LIFT = {Likelihood.LIKELY: 0.5, Likelihood.POSSIBLE: 0.25}
"""The effect of a match on the queue, as a score; at most 3 h 30 min nearer to the front."""


@dataclass
class _Ties:
    """The indicators that link the case's account to one earlier account."""

    strong: set[IndicatorKind] = field(default_factory=set)
    weak: set[IndicatorKind] = field(default_factory=set)
    evidence: list[tuple[int, int]] = field(default_factory=list)

    @property
    def likelihood(self) -> Likelihood | None:
        return likelihood(self.strong, self.weak)

    @property
    def kinds(self) -> list[str]:
        return sorted(kind.value for kind in self.strong | self.weak)


def match_cases(
    cases: Sequence[Case], *, actor: Actor, most: int, known: Sequence[Report] = ()
) -> tuple[dict[int, float], bool]:
    """Take indicators from new reports of the locked cases and find matches; returns each case's score, and whether
    more reports may be unread.

    Idempotent.

    At most `most` reports are read, the rest by the next call. Cases that no longer wait for people get no new matches.
    `known` are reports that the caller has read already.
    """
    numbers = [number for (number,) in ask_prepared(_UNSCANNED, [as_array(case.pk for case in cases), most])]
    there = {report.pk: report for report in known}
    if unread := [number for number in numbers if number not in there]:
        there |= Report.objects.select_related("subject").in_bulk(unread)
    record_indicators(there[number] for number in numbers)
    match_earlier_accounts([case for case in cases if case.state in JOINABLE_STATES], actor=actor)
    counts = {case.pk: 0.0 for case in cases}
    if matched := [number for (number,) in ask_prepared(_MATCHED, [as_array(counts)])]:
        for case_id, value in matches_in_force().filter(case__in=matched).values_list("case_id", "likelihood"):
            counts[case_id] = max(counts[case_id], LIFT[Likelihood(value)])
    return counts, len(numbers) == most


def record_indicators(reports: Iterable[Report]) -> None:
    """Store the indicators in these reports: contacts and wording of published texts, and patterns of names.

    Idempotent; an indicator that the account showed before is kept once.
    """
    new, listed = list(reports), never_indicators(load_release())
    if new:
        _keep([(report.subject, report, _shown_by(report, listed)) for report in new])
        ask_prepared(_SCANNED, [now(), as_array(report.pk for report in new)])


def _shown_by(report: Report, listed: Collection[str]) -> list[LinkingIndicator]:
    return [
        *(one for one in contacts_of(report.published) if one.value not in listed),
        # the same words were stored with an earlier report of the case
        *(() if report.source_reason == SourceReason.SAME_WORDS else wording_of(report.published)),
        *names_of(report.subject.account_id, report.subject.handle),
    ]


def recheck_waiting_cases(subject_id: int) -> int:
    """Defer the triage of waiting cases that share an indicator with an account just decided against; returns how many.

    This finds accounts that were reported before the earlier one was judged.
    """
    mine = AccountIndicator.objects.filter(subject_id=subject_id)
    sharing = AccountIndicator.objects.filter(
        Q(key__in=mine.exclude(kind=IndicatorKind.TEXT).values("key"))
        | Q(bands__key__in=LshBand.objects.filter(indicator__in=mine).values("key")),
    ).exclude(subject_id=subject_id)
    waiting = Case.objects.filter(subject__in=sharing.values("subject"), state__in=JOINABLE_STATES).order_by("-pk")
    for case_id in (found := list(waiting.values_list("pk", flat=True)[:MOST_WAITING])):
        defer_triage(case_id)
    return len(found)


def indicators_of_media(subject: Subject, sha256s: Iterable[str]) -> None:
    """Store the hashes of an account's public media and its name when evidence is preserved.

    Idempotent.

    The account is that of the decision, which may be a linked one.
    """
    _keep([(subject, None, [*map(image_of, sha256s), *names_of(subject.account_id, subject.handle)])])


def indicators_of_picture(subject: Subject, own: bytes, same: Iterable[tuple[bytes, int]]) -> None:
    """Store the perceptual hashes of an account's own picture and of earlier pictures that match it. Idempotent."""
    _keep([(subject, None, likeness_of(own, same))])


def _keep(shown: Iterable[tuple[Subject, Report | None, Sequence[LinkingIndicator]]]) -> None:
    moment = now()
    indicators: dict[tuple[int, bytes], tuple[Report | None, LinkingIndicator]] = {}
    for subject, report, kept in shown:  # an indicator belongs to the first report that showed it
        for key, one in dict(zip(indicator_keys(one.value for one in kept), kept, strict=True)).items():
            indicators.setdefault((subject.pk, key), (report, one))
    if not indicators:
        return
    ask_prepared(
        _KEEP,
        [
            as_json(
                [
                    {
                        "subject_id": subject_id,
                        "kind": one.kind,
                        "key": key,
                        "masked": one.masked,
                        "start": one.start,
                        "end": one.end,
                        "seen_at": moment,
                        "report_id": None if report is None or one.kind is IndicatorKind.HANDLE else report.pk,
                    }
                    for (subject_id, key), (report, one) in sorted(indicators.items(), key=lambda item: item[0])
                ]
            )
        ],
    )
    worded = [(*place, band) for place, (_, one) in indicators.items() for band in one.bands]
    if worded:
        subjects, keys, found = zip(*worded, strict=True)
        ask_prepared(_KEEP_BANDS, [list(subjects), list(keys), indicator_keys(found)])


def match_earlier_accounts(cases: Sequence[Case], *, actor: Actor) -> None:
    """Store a match for each account decided against that shares indicators with these cases' accounts.

    A shared contact, or two kinds of indicators, makes it likely; one weaker indicator makes it possible. A contact
    that was shown longer ago than the release's `contact_days` is a weaker one. Never changes a case's state.
    """
    pairs = pairs_of({case.subject_id for case in cases})
    for case in cases:
        if case.subject_id in pairs:
            _resemble(case, pairs[case.subject_id], actor)


def _resemble(case: Case, pairs: Iterable[Pair], actor: Actor) -> None:
    ties: dict[int, _Ties] = {}
    for pair in pairs:
        _tie(ties.setdefault(pair.other.subject_id, _Ties()), pair.own, pair.other)
    found = sorted(
        ((subject, tie) for subject, tie in ties.items() if tie.likelihood),
        key=lambda pair: (pair[1].likelihood is not Likelihood.LIKELY, -len(pair[1].evidence), -pair[0]),
    )
    held = decisions_in_force().filter(subject_id__in=ties).order_by("pk")
    cases = dict(held.values_list("subject_id", "case_id"))
    matches = {row.earlier_subject_id: row for row in case.ban_evasion_matches.filter(withdrawn_at__isnull=True)}
    # a decision may have ended meanwhile
    for subject_id, tie in [pair for pair in found if pair[0] in cases][:MOST_EARLIER]:
        _note(case, matches.get(subject_id), subject_id, cases[subject_id], tie, actor)


def _note(
    case: Case, match: BanEvasionMatch | None, subject_id: int, earlier_case: int, tie: _Ties, actor: Actor
) -> None:
    evidence, strength = [list(pair) for pair in sorted(tie.evidence)], tie.likelihood
    as_known = match and (match.likelihood, match.kinds, match.evidence) == (strength, tie.kinds, evidence)
    if strength is None or as_known:
        return
    row = match or BanEvasionMatch(
        case=case,
        subject_id=case.subject_id,
        earlier_subject_id=subject_id,
        earlier_case_id=earlier_case,
        found_at=now(),
    )
    row.likelihood, row.kinds, row.evidence = strength, tie.kinds, evidence
    row.save()
    append(
        "find_ban_evasion_match",
        {"match": row.pk, "earlier_case": row.earlier_case_id, "likelihood": row.likelihood, "kinds": row.kinds},
        actor=actor,
        case_id=case.pk,
    )


def _tie(tie: _Ties, own: AccountIndicator, other: AccountIndicator) -> None:
    kind = IndicatorKind(own.kind)
    fresh = _is_fresh(other, own.seen_at, load_release())
    (tie.strong if kind is IndicatorKind.CONTACT and fresh else tie.weak).add(kind)
    tie.evidence.append((own.pk, other.pk))


def _is_fresh(earlier: AccountIndicator, seen_at: datetime, release: PolicyRelease) -> bool:
    """Whether a contact was shown so recently that it still says by itself who is behind it."""
    return abs(seen_at - earlier.seen_at) <= timedelta(days=release.screening.contact_days)


def _of_closed() -> QuerySet[AccountIndicator]:
    return AccountIndicator.objects.filter(Exists(decisions_in_force().filter(subject=OuterRef("subject"))))


def _too_common(keys: Iterable[bytes]) -> set[bytes]:
    wanted = list(keys)
    if not wanted:
        return set()
    rows = (
        AccountIndicator.objects.filter(key__in=wanted)
        .exclude(Exists(decisions_in_force().filter(subject=OuterRef("subject"))))
        .values("key")
        .annotate(accounts=Count("subject", distinct=True))
        .filter(accounts__gt=TOO_COMMON)
    )
    return {bytes(row["key"]) for row in rows}


@dataclass(frozen=True)
class PublicText:
    """A public text that the watch read, with its account's id and name."""

    account_id: str
    handle: str
    text: str


def likely_returns(platform_id: int, texts: Sequence[PublicText], release: PolicyRelease) -> list[str | None]:
    """For each public text, the category of a closed account that is likely its author, or None.

    Stores nothing.

    Victim-first cases, and categories in which nothing can be decided, are not used, so that no possible victim is
    followed. Takes one query if no text has such an indicator.
    """
    listed = never_indicators(release)
    found = [
        (
            *(contact for contact in contacts_of(one.text) if contact.value not in listed),
            *names_of(one.account_id, one.handle),
        )
        for one in texts
    ]
    keys = {indicator_key(indicator.value): indicator for indicators in found for indicator in indicators}
    others: dict[bytes, list[AccountIndicator]] = {}
    for other in _of_closed().filter(key__in=keys).select_related("subject").order_by("-pk")[:MOST_MATCHES]:
        others.setdefault(bytes(other.key), []).append(other)
    for key in _too_common(others):
        del others[key]
    categories = _categories({other.subject_id for rows in others.values() for other in rows}, release)
    return [
        _likely(
            platform_id,
            one,
            [other for indicator in indicators for other in others.get(indicator_key(indicator.value), [])],
            categories,
            release,
        )
        for one, indicators in zip(texts, found, strict=True)
    ]


def _categories(subject_ids: set[int], release: PolicyRelease) -> dict[int, str]:
    if not subject_ids:
        return {}
    rows = decisions_in_force().filter(subject_id__in=subject_ids, case__victim_first=False).order_by("pk")
    rows = rows.exclude(case__category__in=UNSOUGHT_CATEGORIES)
    return {
        subject: category
        for subject, category in rows.values_list("subject_id", "case__category")
        if set(release.allowed_decisions(category)) - {DecisionKind.DISMISS}
    }


def _likely(
    platform_id: int,
    one: PublicText,
    others: Iterable[AccountIndicator],
    categories: dict[int, str],
    release: PolicyRelease,
) -> str | None:
    kinds: dict[int, set[IndicatorKind]] = {}
    fresh, moment = set[int](), now()
    for other in others:
        itself = other.subject.platform_id == platform_id and other.subject.account_id == one.account_id
        if other.subject_id in categories and not itself:
            kinds.setdefault(other.subject_id, set()).add(IndicatorKind(other.kind))
            if other.kind == IndicatorKind.CONTACT and _is_fresh(other, moment, release):
                fresh.add(other.subject_id)
    for subject_id, shared in kinds.items():
        strong = shared & {IndicatorKind.CONTACT} if subject_id in fresh else set()
        weak = shared - strong
        if not strong and _has_similar_text(subject_id, one.text):
            weak = weak | {IndicatorKind.TEXT}
        if likelihood(strong, weak) is Likelihood.LIKELY:
            return categories[subject_id]
    return None


def _has_similar_text(subject_id: int, text: str) -> bool:
    """Whether that account published nearly this text."""
    letters = letters_of(text)
    rows = (
        AccountIndicator.objects.filter(subject_id=subject_id, kind=IndicatorKind.TEXT, report__isnull=False)
        .order_by("-pk")
        .values_list("report__published", flat=True)[:MOST_EARLIER]
    )
    return bool(wording_of(text)) and any(likeness(letters, letters_of(other)) >= LIKENESS_ALIKE for other in rows)


class BanEvasionMatchWithdrawn(Conflict):
    """The earlier decision was overturned, so the match no longer exists."""

    code = "resemblance_withdrawn"
    sentence = N_("This possible ban evasion was withdrawn: the earlier decision was overturned.")
    remedy = N_("Judge the case by what else is there.")


@transaction.atomic
def decide_ban_evasion_match(match_id: int, *, same_holder: bool, actor: Actor) -> int:
    """Record a person's judgement of a match; returns the case's id.

    It changes the label and nothing else.

    Each person's latest judgement counts. Raises NotPermitted, NotFound, BanEvasionMatchWithdrawn.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    row = (
        BanEvasionMatch.objects.select_for_update(of=("self",))
        .select_related("case", "earlier_case")
        .filter(pk=match_id)
        .first()
    )
    if row is None:
        raise NotFound
    for case in (row.case, row.earlier_case):
        refuse_uncleared(case, actor=actor)
    if row.withdrawn_at is not None:
        raise BanEvasionMatchWithdrawn
    BanEvasionVerdict.objects.update_or_create(
        match=row, person_id=person, defaults={"same_holder": same_holder, "at": now()}
    )
    append("decide_ban_evasion_match", {"match": row.pk, "same_holder": same_holder}, actor=actor, case_id=row.case_id)
    return row.case_id


@transaction.atomic
def forget_links(decision: Decision, *, actor: Actor) -> int:
    """Undo matches that rest on an overturned decision; returns how many were withdrawn.

    If another decision in force holds the account, its matches now rest on that one. Otherwise matches in both
    directions are withdrawn, the account's indicators are deleted, and the cases are ranked again. Irreversible: a
    later report stores new indicators.
    """
    others = decisions_in_force().filter(subject_id=decision.subject_id).exclude(pk=decision.pk)
    live = BanEvasionMatch.objects.filter(withdrawn_at__isnull=True)
    other = others.order_by("-pk").first()
    if other is not None:
        live.filter(earlier_subject_id=decision.subject_id).update(earlier_case_id=other.case_id)
        return 0
    rows = list(
        (live.filter(earlier_subject_id=decision.subject_id) | live.filter(subject_id=decision.subject_id))
        .select_for_update()
        .order_by("pk")
    )
    BanEvasionMatch.objects.filter(pk__in=[row.pk for row in rows]).update(withdrawn_at=now())
    for row in rows:
        append(
            "withdraw_ban_evasion_match", {"match": row.pk, "decision": decision.pk}, actor=actor, case_id=row.case_id
        )
    for case_id in sorted({row.case_id for row in rows}):
        defer_triage(case_id)
    gone = AccountIndicator.objects.filter(subject_id=decision.subject_id)
    append(
        "delete_indicators",
        {"decision": decision.pk, "indicators": gone.count()},
        actor=actor,
        case_id=decision.case_id,
    )
    gone.delete()
    return len(rows)
