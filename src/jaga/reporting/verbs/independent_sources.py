"""Independent sources: how much each report of a case counts, shown in sum as "about n independent".

The estimate is `screening.copies.independent_sources`. Only keyed hashes are stored, those of networks only for a
month.

Abusive reports, made to harm somebody innocent: a person's finding, which expires and can be withdrawn.

Its only effect is that later reports of the sender weigh less among the independent sources, though never nothing.
People read them like all others.
"""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import Count, Q, QuerySet

from jaga.cases.models.cases import TurnKey
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Report
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, NotFound
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Role
from jaga.core.terms.reports import FilingPriority, ReportForm
from jaga.reporting.models import BadFaith, SourceKey
from jaga.screening.copies.copies import (
    BURST,
    FLOOR,
    WORTH_REMEMBERING,
    ReportSource,
    Room,
    SourceScore,
    alone,
    keys_of,
)
from jaga.store.bulk import ask_prepared
from jaga.store.codes import source_mark
from jaga.store.kernel.ledger import append
from jaga.store.kernel.validation import required_text
from jaga.store.reads import refuse_uncleared

LASTS = timedelta(days=365)
MAX_REASONS = 2000


class NotDismissed(Conflict):
    """Only a report of a dismissed case can have been made in bad faith."""

    code = "not_dismissed"
    sentence = N_("This report's case was not dismissed, or is not decided yet.")
    remedy = N_("Judge the case first. A report that proved right was not made in bad faith.")


class MarkedAlready(Conflict):
    """The report is marked already."""

    code = "marked_already"
    sentence = N_("This report is marked as made in bad faith already.")
    remedy = N_("A supervisor can withdraw the mark.")


@transaction.atomic
def mark_bad_faith(report_id: int, reasons: str, *, actor: Actor) -> BadFaith:
    """Mark a report of a dismissed case as made in bad faith, with reasons, for a year.

    Reversible: `withdraw_bad_faith`.

    Reports by the victims' route and victim-first cases cannot be marked. Raises NotPermitted, NotFound, InvalidInput,
    NotDismissed, MarkedAlready.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    report = (
        Report.objects.select_for_update(of=("self",))
        .select_related("case")
        .filter(pk=report_id, case__isnull=False)
        .first()
    )
    if report is None or report.case is None:
        raise NotFound
    refuse_uncleared(report.case, actor=actor)
    text = required_text("reasons", reasons.strip(), most=MAX_REASONS, needed=N_("Say why, in a sentence."))
    kinds = set(Decision.objects.filter(case=report.case, overturned_by__isnull=True).values_list("kind", flat=True))
    if kinds != {DecisionKind.DISMISS} or report.route == "victim" or report.case.victim_first:
        raise NotDismissed
    moment = now()
    try:
        with transaction.atomic():
            row = BadFaith.objects.create(
                report=report, judged_by_id=person, reasons=text, at=moment, expires_at=moment + LASTS
            )
    except IntegrityError:
        raise MarkedAlready from None
    append("mark_bad_faith", {"report": report.pk}, actor=actor, case_id=report.case_id)
    return row


@transaction.atomic
def withdraw_bad_faith(mark_id: int, *, actor: Actor) -> None:
    """Withdraw a mark. Weights already assigned to reports stay. Raises NotPermitted, NotFound."""
    person = actor.require(Role.SUPERVISOR)
    row = (
        BadFaith.objects.select_for_update(of=("self",))
        .select_related("report__case")
        .filter(pk=mark_id, withdrawn_at__isnull=True)
        .first()
    )
    if row is None:
        raise NotFound
    refuse_uncleared(row.report.in_case, actor=actor)
    row.withdrawn_at, row.withdrawn_by_id = now(), person
    row.save(update_fields=["withdrawn_at", "withdrawn_by"])
    append("withdraw_bad_faith", {"report": row.report_id}, actor=actor, case_id=row.report.case_id)


def weights_of(reports: Sequence[Report]) -> dict[int, float]:
    """The weight of each report whose sender has marks in force, by report id.

    Each mark halves the weight, down to a floor. A sender is identified by contact or organisation, never by network.
    """
    contacts = {bytes(report.contact_key) for report in reports if report.contact_key}
    organisations = {report.organisation_id for report in reports if report.organisation_id}
    if not contacts and not organisations:
        return {}
    marks = BadFaith.objects.filter(
        Q(report__contact_key__in=contacts) | Q(report__organisation__in=organisations),
        withdrawn_at__isnull=True,
        expires_at__gt=now(),
    ).values_list("report__contact_key", "report__organisation_id")
    counted: dict[object, int] = {}
    for contact, organisation in marks:
        for key in (contact and bytes(contact), organisation):
            if key:
                counted[key] = counted.get(key, 0) + 1
    weights = {}
    for report in reports:
        marked = max(
            counted.get(bytes(report.contact_key), 0) if report.contact_key else 0,
            counted.get(report.organisation_id, 0),
        )
        if marked:
            weights[report.pk] = max(FLOOR, 0.5**marked)
    return weights


NETWORK_KEPT = timedelta(days=30)
_SAY = (
    "UPDATE records_report r SET source_weight = v.value, source_reason = v.reason"
    " FROM unnest(%s::bigint[], %s::float[], %s::text[]) AS v(id, value, reason) WHERE r.id = v.id"
)
# A sender without contact is known only by network; afterwards this source matches no other.
_FORGET = (
    "UPDATE records_report SET network_key = NULL, source_key = CASE WHEN contact_key IS NULL AND"
    " organisation_id IS NULL THEN sha256(uuid_send(gen_random_uuid())) ELSE source_key END"
    " WHERE network_key IS NOT NULL AND received_at < %s"
)
_HAVE_KEYS = (
    "SELECT w.id FROM unnest(%s::bigint[]) AS w(id)"
    " WHERE EXISTS (SELECT FROM records_sourcekey k WHERE k.case_id = w.id)"
)
_KNOWN = (
    "SELECT k.case_id, k.key FROM unnest(%s::bigint[], %s::bytea[]) AS w(case_id, key)"
    " JOIN records_sourcekey k ON k.case_id = w.case_id AND k.key = w.key"
)
_RECENT = (
    "SELECT r.case_id, r.received_at FROM unnest(%s::bigint[], %s::timestamptz[]) AS w(case_id, since)"
    " JOIN records_report r ON r.case_id = w.case_id AND r.received_at > w.since"
    " WHERE r.source_weight > 0 AND r.organisation_id IS NULL AND r.form <> %s ORDER BY r.received_at"
)
_COLUMNS = (
    "id",
    "case_id",
    "source_key",
    "contact_key",
    "network_key",
    "text",
    "excerpt",
    "published",
    "received_at",
    "form",
    "priority",
    "organisation_id",
)


def score_sources(case_ids: Collection[int], known: Sequence[Report] = ()) -> int:
    """Score the new reports of these locked cases, in order of arrival; returns how many.

    Call it before counting.

    Earlier scores are never changed. `known` are reports that the caller has read whole, which are not read again.
    """
    unscored: dict[int, list[Report]] = defaultdict(list)
    for report in _unscored(case_ids, known):
        assert report.case_id
        unscored[report.case_id].append(report)
    if not unscored:
        return 0
    heard_before = dict(
        Report.objects.filter(case__in=unscored, source_weight__isnull=False)
        .order_by()
        .values_list("case_id")
        .annotate(n=Count("pk"))
    )
    weights = _weights([report for reports in unscored.values() for report in reports])
    senders = {case_id: [_scored(report, weights) for report in reports] for case_id, reports in unscored.items()}
    # usually a case has one report, and none to compare it with
    single = {case_id for case_id, own in senders.items() if case_id not in heard_before and len(own) == 1}
    scores = _among_others({case_id: own for case_id, own in senders.items() if case_id not in single}, heard_before)
    scores |= {case_id: [alone(senders[case_id][0])] for case_id in single}
    scored = [
        (report.pk, score)
        for case_id, reports in unscored.items()
        for report, score in zip(reports, scores[case_id], strict=True)
    ]
    with connection.cursor() as cursor:
        cursor.execute(
            _SAY,
            [
                [number for number, _ in scored],
                [score.value for _, score in scored],
                [score.reason.value for _, score in scored],
            ],
        )
    return len(scored)


def score_first(reports: Collection[Report]) -> dict[int, SourceScore]:
    """The scores of reports, by number, each of which opens a case of its own and is alone in it. Stores nothing."""
    weights = _weights(list(reports))
    return {report.pk: alone(_scored(report, weights)) for report in reports}


def rescore_sources(case_id: int) -> None:
    """Score all reports of a locked case again after reports moved into or out of it."""
    SourceKey.objects.filter(case=case_id).delete()
    Report.objects.filter(case=case_id).update(source_weight=None, source_reason="")
    score_sources([case_id])


def forget_networks() -> int:
    """Delete network hashes of reports older than a month; returns how many reports and keys were changed."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [now() - NETWORK_KEPT])
        cleaned: int = cursor.rowcount
    TurnKey.objects.filter(at__lt=now() - NETWORK_KEPT).delete()
    return cleaned + SourceKey.objects.filter(expires_at__lt=now()).delete()[0]


def _reports() -> QuerySet[Report]:
    return Report.objects.only(*_COLUMNS).order_by("pk")


def _unscored(case_ids: Collection[int], known: Sequence[Report]) -> list[Report]:
    """By number."""
    wanted = Report.objects.filter(case__in=case_ids, source_weight__isnull=True)
    there = {report.pk: report for report in known}
    numbers = set(wanted.values_list("pk", flat=True)) if there else set[int]()
    if there and numbers <= set(there):
        return [there[number] for number in sorted(numbers)]
    return list(_reports().filter(case__in=case_ids, source_weight__isnull=True))


def _scored(report: Report, weights: dict[int, float]) -> ReportSource:
    whole = report.organisation_id is not None or report.form == ReportForm.OBSERVATION
    return ReportSource(
        bytes(report.source_key),
        report.received_at,
        bytes(report.contact_key) if report.contact_key else None,
        bytes(report.network_key) if report.network_key else None,
        report.all_text,
        whole,
        weights.get(report.pk, 1.0),
    )


def _among_others(
    senders: Mapping[int, Sequence[ReportSource]], heard_before: Collection[int]
) -> dict[int, list[SourceScore]]:
    """By case, the scores of these reports beside the earlier ones of the case (`heard_before`: cases that have some).

    In a fixed number of statements.
    """
    rooms = _rooms({case_id: own for case_id, own in senders.items() if case_id in heard_before})
    scores: dict[int, list[SourceScore]] = {}
    fresh: dict[tuple[int, str], None] = {}
    for case_id, own in senders.items():
        room, keys = rooms.get(case_id) or (Room(), set[str]())
        fresh.update(((case_id, key), None) for key in keys)
        scores[case_id] = []
        for one in own:
            score = room.score(one)
            scores[case_id].append(score)
            if score.value > WORTH_REMEMBERING:
                fresh.update(((case_id, key), None) for key in _flat(one))
    expiry = now() + NETWORK_KEPT
    SourceKey.objects.bulk_create(
        (
            SourceKey(case_id=case_id, key=source_mark(key), expires_at=expiry if key.startswith("network:") else None)
            for case_id, key in fresh
        ),
        ignore_conflicts=True,
        batch_size=2000,
    )
    return scores


def _rooms(senders: Mapping[int, Sequence[ReportSource]]) -> dict[int, tuple[Room, set[str]]]:
    """By case, what its earlier reports left, as far as these reports may meet it; and the keys that no row has yet."""
    if not senders:
        return {}
    # keys of a case's only report are not stored until a second one comes
    stored = {case_id for (case_id,) in ask_prepared(_HAVE_KEYS, [list(senders)])}
    unstored: dict[int, set[str]] = defaultdict(set)
    for report in _reports().filter(case__in=senders.keys() - stored, source_weight__gt=WORTH_REMEMBERING):
        unstored[report.case_id or 0].update(_flat(_scored(report, {})))
    known, recent = _known_keys(senders), _recent(senders)
    return {
        case_id: (Room(known[case_id] | unstored[case_id], recent[case_id]), unstored[case_id]) for case_id in senders
    }


def _flat(sender: ReportSource) -> Iterable[str]:
    return (key for keys in keys_of(sender).values() for key in keys)


def _known_keys(senders: Mapping[int, Iterable[ReportSource]]) -> dict[int, set[str]]:
    """The keys of these reports that their cases have already."""
    keys = {(case_id, source_mark(key)): key for case_id, own in senders.items() for one in own for key in _flat(one)}
    found: dict[int, set[str]] = defaultdict(set)
    for case_id, mark in ask_prepared(_KNOWN, [[case_id for case_id, _ in keys], [mark for _, mark in keys]]):
        found[case_id].add(keys[case_id, bytes(mark)])
    return found


def _recent(senders: Mapping[int, Sequence[ReportSource]]) -> dict[int, deque[datetime]]:
    """When the latest new public sources of each case came, for detecting bursts."""
    found: dict[int, deque[datetime]] = defaultdict(deque)
    since = [own[0].at - BURST for own in senders.values()]
    for case_id, at in ask_prepared(_RECENT, [list(senders), since, ReportForm.OBSERVATION.value]):
        found[case_id].append(at)
    return found


def _weights(reports: Sequence[Report]) -> dict[int, float]:
    """Weights below 1 from findings of bad faith. Urgent reports, whose sender may be in danger, are exempt."""
    return weights_of([report for report in reports if report.priority != FilingPriority.URGENT])
