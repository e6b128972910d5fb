"""Independent sources: how much each report of a case counts, shown in sum as "about n independent".

The estimate is `screening.copies.independent_sources`. Only keyed hashes are stored, those of networks only for a
month.
"""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count, QuerySet

from jaga.casework.reporting.abusive_reports import weights_of
from jaga.core.clock import now
from jaga.core.terms.reports import FilingPriority, ReportForm
from jaga.records.codes import source_mark
from jaga.records.models import Report, SourceKey, TurnKey
from jaga.screening.copies.independent_sources import (
    BURST,
    WORTH_REMEMBERING,
    ReportSource,
    Room,
    SourceScore,
    alone,
    keys_of,
)

NETWORK_KEPT = timedelta(days=30)
_SAY = ("UPDATE records_report r SET source_weight = v.value, source_reason = v.reason"
        " FROM unnest(%s::bigint[], %s::float[], %s::text[]) AS v(id, value, reason) WHERE r.id = v.id")
# A sender without contact is known only by network; afterwards this source matches no other.
_FORGET = ("UPDATE records_report SET network_key = NULL, source_key = CASE WHEN contact_key IS NULL AND"
           " organisation_id IS NULL THEN sha256(uuid_send(gen_random_uuid())) ELSE source_key END"
           " WHERE network_key IS NOT NULL AND received_at < %s")
_COLUMNS = ("id", "case_id", "source_key", "contact_key", "network_key", "text", "excerpt", "published", "received_at",
            "form", "priority", "organisation_id")


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
        Report.objects.filter(case__in=unscored, source_weight__isnull=False).order_by().values_list("case_id")
        .annotate(n=Count("pk")))
    weights = _weights([report for reports in unscored.values() for report in reports])
    scored: list[tuple[int, SourceScore]] = []
    for case_id, reports in unscored.items():
        senders = [_scored(report, weights) for report in reports]
        if case_id not in heard_before and len(reports) == 1:  # the usual case: no other report to compare with
            scores = [alone(senders[0])]
        else:
            scores = _among_others(case_id, senders, remembered=case_id in heard_before)
        scored.extend(zip((report.pk for report in reports), scores, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_SAY, [[number for number, _ in scored], [score.value for _, score in scored],
                              [score.reason.value for _, score in scored]])
    return len(scored)


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
        bytes(report.source_key), report.received_at, bytes(report.contact_key) if report.contact_key else None,
        bytes(report.network_key) if report.network_key else None, report.all_text, whole, weights.get(report.pk, 1.0))


def _among_others(case_id: int, senders: Sequence[ReportSource], *, remembered: bool) -> list[SourceScore]:
    """Scores of these reports beside the earlier ones of the case."""
    room, fresh = Room(), set[str]()
    if remembered:
        # keys of a case's only report are not stored until a second one comes
        if not SourceKey.objects.filter(case=case_id).exists():
            earlier = _reports().filter(case=case_id, source_weight__gt=WORTH_REMEMBERING)
            fresh |= {key for report in earlier for key in _flat(_scored(report, {}))}
        room = Room(_known_keys(case_id, senders) | fresh, _recent(case_id, senders[0]))
    scores = []
    for one in senders:
        score = room.score(one)
        scores.append(score)
        if score.value > WORTH_REMEMBERING:
            fresh.update(_flat(one))
    expiry = now() + NETWORK_KEPT
    SourceKey.objects.bulk_create(
        (SourceKey(case_id=case_id, key=source_mark(key), expires_at=expiry if key.startswith("network:") else None)
         for key in fresh),
        ignore_conflicts=True, batch_size=2000)
    return scores


def _flat(sender: ReportSource) -> Iterable[str]:
    return (key for keys in keys_of(sender).values() for key in keys)


def _known_keys(case_id: int, senders: Iterable[ReportSource]) -> set[str]:
    """The keys of these reports that the case has already."""
    keys = {source_mark(key): key for one in senders for key in _flat(one)}
    found = SourceKey.objects.filter(case=case_id, key__in=keys).values_list("key", flat=True)
    return {keys[bytes(key)] for key in found}


def _recent(case_id: int, first: ReportSource) -> deque[datetime]:
    """When the latest new public sources came, for detecting bursts."""
    rows = (Report.objects.filter(case=case_id, source_weight__gt=0, organisation__isnull=True,
                                  received_at__gt=first.at - BURST)
            .exclude(form=ReportForm.OBSERVATION).order_by("received_at").values_list("received_at", flat=True))
    return deque(rows)


def _weights(reports: Sequence[Report]) -> dict[int, float]:
    """Weights below 1 from findings of bad faith. Urgent reports, whose sender may be in danger, are exempt."""
    return weights_of([report for report in reports if report.priority != FilingPriority.URGENT])
