"""Accounts that seem to come back: traces are taken from reports, and compared with accounts decided against.

Only with those: an account that was merely reported labels nobody. What is found is a resemblance, a hint for people
with its evidence. It moves a case up a little in the queue; it files no vote, moves no case and closes nothing.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from jaga.casework.promises import TRIAGE, promise
from jaga.casework.proof import enter
from jaga.core.actors import Actor
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now
from jaga.core.terms import DecisionKind, EvidenceKind, Likelihood, ReportForm, TraceKind
from jaga.policy import PolicyRelease
from jaga.records.access.in_force import decisions_in_force, standing_resemblances
from jaga.records.codes import trace_key
from jaga.records.models import (
    Case,
    Evidence,
    Report,
    ReporterIdentity,
    Resemblance,
    Subject,
    Trace,
    TraceBand,
    TracedReport,
)
from jaga.records.models.traces import looked_through
from jaga.screening.likeness import ALIKE, letters_of, likeness
from jaga.screening.traces import Found, contacts_of, image_of, likelihood, names_of, wording_of

TOO_COMMON = 10
"""Accounts without any decision against them from which on a shared trace means nothing: a taxi's number, a chain
letter, a stock picture. Accounts decided against do not count, or whoever comes back often enough would be let off."""
MOST_TRACES = 200  # of one account, the latest, that are compared
MOST_MATCHES = 200  # traces of other accounts that one look-up reads
MOST_EARLIER = 20  # accounts that one case is said to resemble
SHARED_BANDS = 3  # of twelve, from which on texts count as alike where only their number is asked
LIFT = {Likelihood.LIKELY: 0.5, Likelihood.POSSIBLE: 0.25}
"""What a resemblance counts for in the queue: like a score of the word list, at most 3 h 30 min nearer to the front."""


@dataclass
class _Ties:
    """What ties the case's account to one earlier one."""

    strong: set[TraceKind] = field(default_factory=set)
    weak: set[TraceKind] = field(default_factory=set)
    evidence: list[tuple[int, int]] = field(default_factory=list)

    @property
    def likelihood(self) -> Likelihood | None:
        return likelihood(self.strong, self.weak)

    @property
    def kinds(self) -> list[str]:
        return sorted(kind.value for kind in self.strong | self.weak)


def look_through(case: Case, *, actor: Actor) -> float:
    """Take the traces of the locked case's new reports and look for earlier accounts. Returns what it counts for.

    Safe to repeat. A case that no longer waits for people gets no new resemblance.
    """
    for report in case.reports.filter(traced__isnull=True).select_related("subject").order_by("pk"):
        take_traces(report)
    if case.state in JOINABLE_STATES:
        look_for_earlier(case, actor=actor)
    known = standing_resemblances().filter(case=case).values_list("likelihood", flat=True)
    return max((LIFT[Likelihood(value)] for value in known), default=0.0)


def take_traces(report: Report) -> None:
    """Keep what a report shows of its account: contacts, wording, pictures, the pattern of its name.

    The reporter's own contacts are left out. Safe to repeat; a trace that the account has left before stays one.
    """
    given = ReporterIdentity.objects.filter(report=report).values_list("name", "contact")
    own = {found.value for pair in given for found in contacts_of("\n".join(pair))}
    pictures = Evidence.objects.filter(report=report, kind=EvidenceKind.SCREENSHOT).values_list("sha256", flat=True)
    _keep(report.subject, report, [
        *(found for found in contacts_of(looked_through(report)) if found.value not in own),
        *wording_of(report.text),
        *map(image_of, pictures),
        *names_of(report.subject.account_id, report.subject.handle),
    ])
    TracedReport.objects.bulk_create([TracedReport(report=report, at=now())], ignore_conflicts=True)


def look_again(subject_id: int) -> int:
    """Have the waiting cases looked at again that share a trace with an account just decided against.

    For accounts that were reported before the earlier one was judged. Promises their triage and returns how many.
    """
    mine = Trace.objects.filter(subject_id=subject_id)
    sharing = Trace.objects.filter(
        Q(key__in=mine.exclude(kind=TraceKind.TEXT).values("key"))
        | Q(bands__key__in=TraceBand.objects.filter(trace__in=mine).values("key")),
    ).exclude(subject_id=subject_id)
    waiting = Case.objects.filter(subject__in=sharing.values("subject"), state__in=JOINABLE_STATES).order_by("-pk")
    for case_id in (found := list(waiting.values_list("pk", flat=True)[:MOST_MATCHES])):
        promise(TRIAGE, lock=f"case:{case_id}", case_id=case_id)
    return len(found)


def traces_of_media(subject: Subject, sha256s: Iterable[str]) -> None:
    """Keep the hashes of an account's public media, and its name, when its evidence is preserved. Safe to repeat.

    The account is the decision's, which in a case with linked accounts is not always the case's.
    """
    _keep(subject, None, [*map(image_of, sha256s), *names_of(subject.account_id, subject.handle)])


def _keep(subject: Subject, report: Report | None, found: Iterable[Found]) -> None:
    moment, traces = now(), {trace_key(one.value): one for one in found}
    Trace.objects.bulk_create([
        Trace(subject=subject, report=None if one.kind is TraceKind.HANDLE else report, kind=one.kind, key=key,
              masked=one.masked, start=one.start, end=one.end, seen_at=moment)
        for key, one in traces.items()
    ], ignore_conflicts=True)
    worded = {key: one for key, one in traces.items() if one.bands}
    if worded:
        rows = Trace.objects.filter(subject=subject, key__in=worded, bands__isnull=True)
        TraceBand.objects.bulk_create(TraceBand(trace=row, key=trace_key(band))
                                      for row in rows for band in worded[bytes(row.key)].bands)


def look_for_earlier(case: Case, *, actor: Actor) -> None:
    """Compare the account's traces with those of accounts decided against, and keep each resemblance for people.

    The same contact, or two kinds of traces, is likely; one weaker trace is possible. Writes hints and their ledger
    entries; never the case's state.
    """
    rows = Trace.objects.filter(subject_id=case.subject_id).select_related("report").order_by("-pk")
    mine = list(rows[:MOST_TRACES])
    ties: dict[int, _Ties] = {}
    for own, other in [*_equal(mine, case.subject_id), *_worded_alike(mine, case.subject_id)]:
        _tie(ties.setdefault(other.subject_id, _Ties()), own, other)
    if not ties:
        return
    found = sorted(((subject, tie) for subject, tie in ties.items() if tie.likelihood),
                   key=lambda pair: (pair[1].likelihood is not Likelihood.LIKELY, -len(pair[1].evidence), -pair[0]))
    held = decisions_in_force().filter(subject_id__in=ties).order_by("pk")
    cases = dict(held.values_list("subject_id", "case_id"))
    known = {row.earlier_subject_id: row for row in case.resemblances.filter(withdrawn_at__isnull=True)}
    for subject_id, tie in [pair for pair in found if pair[0] in cases][:MOST_EARLIER]:  # one may end meanwhile
        _note(case, known.get(subject_id), subject_id, cases[subject_id], tie, actor)


def _note(case: Case, known: Resemblance | None, subject_id: int, earlier_case: int, tie: _Ties,
          actor: Actor) -> None:
    evidence, strength = [list(pair) for pair in sorted(tie.evidence)], tie.likelihood
    as_known = known and (known.likelihood, known.kinds, known.evidence) == (strength, tie.kinds, evidence)
    if strength is None or as_known:
        return
    row = known or Resemblance(case=case, subject_id=case.subject_id, earlier_subject_id=subject_id,
                               earlier_case_id=earlier_case, found_at=now())
    row.likelihood, row.kinds, row.evidence = strength, tie.kinds, evidence
    row.save()
    enter("find_resemblance", {"resemblance": row.pk, "earlier_case": row.earlier_case_id,
                               "likelihood": row.likelihood, "kinds": row.kinds}, actor=actor, case_id=case.pk)


def _tie(tie: _Ties, own: Trace, other: Trace) -> None:
    """What one voice says of two accounts ties them weakly, and its own words and pictures not at all."""
    kind, one_voice = TraceKind(own.kind), _one_voice(own.report, other.report)
    if one_voice and kind in (TraceKind.TEXT, TraceKind.IMAGE):
        return
    (tie.strong if kind is TraceKind.CONTACT and not one_voice else tie.weak).add(kind)
    tie.evidence.append((own.pk, other.pk))


def _one_voice(one: Report | None, other: Report | None) -> bool:
    """Whether one reporter said both. What a watch saw are the accounts' own words, however many it saw."""
    return (one is not None and other is not None and ReportForm.OBSERVATION not in (one.form, other.form)
            and bytes(one.source_key) == bytes(other.source_key))


def _of_closed() -> QuerySet[Trace]:
    return Trace.objects.filter(Exists(decisions_in_force().filter(subject=OuterRef("subject"))))


def _equal(mine: Sequence[Trace], subject_id: int) -> list[tuple[Trace, Trace]]:
    """Pairs of equal traces, but for those that too many share."""
    keys = {bytes(trace.key): trace for trace in mine if trace.kind != TraceKind.TEXT}
    others = list(_of_closed().filter(key__in=keys).exclude(subject_id=subject_id).select_related("report")
                  .order_by("-pk")[:MOST_MATCHES])
    common = _too_common({bytes(other.key) for other in others})
    return [(keys[bytes(other.key)], other) for other in others if bytes(other.key) not in common]


def _too_common(keys: Iterable[bytes]) -> set[bytes]:
    wanted = list(keys)
    if not wanted:
        return set()
    rows = (
        Trace.objects.filter(key__in=wanted).exclude(Exists(decisions_in_force().filter(subject=OuterRef("subject"))))
        .values("key").annotate(accounts=Count("subject", distinct=True)).filter(accounts__gt=TOO_COMMON)
    )
    return {bytes(row["key"]) for row in rows}


def _worded_alike(mine: Sequence[Trace], subject_id: int) -> list[tuple[Trace, Trace]]:
    """Pairs of texts that are nearly the same, but for those that too many have written."""
    texts = {trace.pk: trace for trace in mine if trace.kind == TraceKind.TEXT}
    if not texts:
        return []
    own: dict[bytes, set[int]] = {}
    for trace_id, key in TraceBand.objects.filter(trace__in=texts).values_list("trace_id", "key"):
        own.setdefault(bytes(key), set()).add(trace_id)
    meet: dict[int, set[int]] = {}
    for trace_id, key in TraceBand.objects.filter(
        key__in=own, trace__in=_of_closed().exclude(subject_id=subject_id),
    ).order_by("-trace_id").values_list("trace_id", "key")[:MOST_MATCHES]:
        meet.setdefault(trace_id, set()).update(own[bytes(key)])
    others = Trace.objects.filter(pk__in=meet).select_related("report")
    alike = [(texts[pk], other) for other in others for pk in meet[other.pk] if _alike(texts[pk], other)]
    common = {pk for pk in {one.pk for one, _ in alike} if _written_by_many(pk, own)}
    return [pair for pair in alike if pair[0].pk not in common]


def _alike(one: Trace, other: Trace) -> bool:
    return (one.report is not None and other.report is not None
            and likeness(letters_of(one.report.text), letters_of(other.report.text)) >= ALIKE)


def _written_by_many(trace_id: int, own: dict[bytes, set[int]]) -> bool:
    keys = [key for key, traces in own.items() if trace_id in traces]
    alike = (
        TraceBand.objects.filter(key__in=keys)
        .exclude(Exists(decisions_in_force().filter(subject=OuterRef("trace__subject"))))
        .values("trace").annotate(shared=Count("key", distinct=True)).filter(shared__gte=SHARED_BANDS)
    )
    writers = Trace.objects.filter(pk__in=alike.values("trace")).values("subject").distinct()
    return writers.count() > TOO_COMMON


@dataclass(frozen=True)
class PublicText:
    """What a watch passes by: an account, its name there, and what it said publicly."""

    account_id: str
    handle: str
    text: str


def likely_returns(platform_id: int, seen: Sequence[PublicText], release: PolicyRelease) -> list[str | None]:
    """For each public text the category of an account decided against that is likely back here, or None.

    Stores nothing. A possible victim is not followed: cases that protect one (victim-first) take no part, and neither
    does a category in which nothing could be decided. One query where no text carries a trace of such an account.
    """
    found = [(*contacts_of(one.text), *names_of(one.account_id, one.handle)) for one in seen]
    keys = {trace_key(trace.value): trace for traces in found for trace in traces}
    others: dict[bytes, list[Trace]] = {}
    for other in _of_closed().filter(key__in=keys).select_related("subject").order_by("-pk")[:MOST_MATCHES]:
        others.setdefault(bytes(other.key), []).append(other)
    for key in _too_common(others):
        del others[key]
    categories = _categories({other.subject_id for rows in others.values() for other in rows}, release)
    return [
        _likely(platform_id, one, [other for trace in traces for other in others.get(trace_key(trace.value), [])],
                categories)
        for one, traces in zip(seen, found, strict=True)
    ]


def _categories(subject_ids: set[int], release: PolicyRelease) -> dict[int, str]:
    if not subject_ids:
        return {}
    rows = decisions_in_force().filter(subject_id__in=subject_ids, case__victim_first=False).order_by("pk")
    return {subject: category for subject, category in rows.values_list("subject_id", "case__category")
            if set(release.allowed_decisions(category)) - {DecisionKind.DISMISS}}


def _likely(platform_id: int, one: PublicText, others: Iterable[Trace], categories: dict[int, str]) -> str | None:
    kinds: dict[int, set[TraceKind]] = {}
    for other in others:
        itself = other.subject.platform_id == platform_id and other.subject.account_id == one.account_id
        if other.subject_id in categories and not itself:
            kinds.setdefault(other.subject_id, set()).add(TraceKind(other.kind))
    for subject_id, shared in kinds.items():
        strong = shared & {TraceKind.CONTACT}
        weak = shared - strong
        if not strong and _said_before(subject_id, one.text):
            weak = weak | {TraceKind.TEXT}
        if likelihood(strong, weak) is Likelihood.LIKELY:
            return categories[subject_id]
    return None


def _said_before(subject_id: int, text: str) -> bool:
    """Whether that account was reported or seen with nearly this text."""
    letters = letters_of(text)
    rows = (Trace.objects.filter(subject_id=subject_id, kind=TraceKind.TEXT, report__isnull=False)
            .order_by("-pk").values_list("report__text", flat=True)[:MOST_EARLIER])
    return bool(wording_of(text)) and any(likeness(letters, letters_of(other)) >= ALIKE for other in rows)
