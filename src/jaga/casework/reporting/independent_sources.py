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
from jaga.core.terms import Lane, ReportForm
from jaga.records.codes import voice_key
from jaga.records.models import Report, TurnKey, VoiceKey
from jaga.screening.copies.independent_sources import BURST, WORTH_REMEMBERING, Heard, Room, Voice, alone, keys_of

NETWORK_KEPT = timedelta(days=30)
_SAY = ("UPDATE records_report r SET voice = v.value, voice_reason = v.reason"
        " FROM unnest(%s::bigint[], %s::float[], %s::text[]) AS v(id, value, reason) WHERE r.id = v.id")
# A sender without contact is known only by network; afterwards this source matches no other.
_FORGET = ("UPDATE records_report SET network_key = NULL, source_key = CASE WHEN contact_key IS NULL AND"
           " organisation_id IS NULL THEN sha256(uuid_send(gen_random_uuid())) ELSE source_key END"
           " WHERE network_key IS NOT NULL AND received_at < %s")
_COLUMNS = ("id", "case_id", "source_key", "contact_key", "network_key", "text", "excerpt", "published", "received_at",
            "form", "lane", "organisation_id")


def hear(case_ids: Collection[int]) -> int:
    """Score the new reports of these locked cases, in order of arrival; returns how many.

    Call it before counting.

    Earlier scores are never changed.
    """
    unheard: dict[int, list[Report]] = defaultdict(list)
    for report in _reports().filter(case__in=case_ids, voice__isnull=True):
        assert report.case_id
        unheard[report.case_id].append(report)
    if not unheard:
        return 0
    heard_before = dict(
        Report.objects.filter(case__in=unheard, voice__isnull=False).order_by().values_list("case_id")
        .annotate(n=Count("pk")))
    weights = _weights([report for reports in unheard.values() for report in reports])
    said: list[tuple[int, Voice]] = []
    for case_id, reports in unheard.items():
        heard = [_heard(report, weights) for report in reports]
        if case_id not in heard_before and len(reports) == 1:  # the usual case: no other report to compare with
            voices = [alone(heard[0])]
        else:
            voices = _among_others(case_id, heard, remembered=case_id in heard_before)
        said.extend(zip((report.pk for report in reports), voices, strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_SAY, [[number for number, _ in said], [voice.value for _, voice in said],
                              [voice.reason.value for _, voice in said]])
    return len(said)


def hear_again(case_id: int) -> None:
    """Score all reports of a locked case again after reports moved into or out of it."""
    VoiceKey.objects.filter(case=case_id).delete()
    Report.objects.filter(case=case_id).update(voice=None, voice_reason="")
    hear([case_id])


def forget_networks() -> int:
    """Delete network hashes of reports older than a month; returns how many reports and keys were changed."""
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, [now() - NETWORK_KEPT])
        cleaned: int = cursor.rowcount
    TurnKey.objects.filter(at__lt=now() - NETWORK_KEPT).delete()
    return cleaned + VoiceKey.objects.filter(expires_at__lt=now()).delete()[0]


def _reports() -> QuerySet[Report]:
    return Report.objects.only(*_COLUMNS).order_by("pk")


def _heard(report: Report, weights: dict[int, float]) -> Heard:
    whole = report.organisation_id is not None or report.form == ReportForm.OBSERVATION
    return Heard(
        bytes(report.source_key), report.received_at, bytes(report.contact_key) if report.contact_key else None,
        bytes(report.network_key) if report.network_key else None, report.told, whole, weights.get(report.pk, 1.0))


def _among_others(case_id: int, heard: Sequence[Heard], *, remembered: bool) -> list[Voice]:
    """Scores of these reports beside the earlier ones of the case."""
    room, fresh = Room(), set[str]()
    if remembered:
        # keys of a case's only report are not stored until a second one comes
        if not VoiceKey.objects.filter(case=case_id).exists():
            earlier = _reports().filter(case=case_id, voice__gt=WORTH_REMEMBERING)
            fresh |= {key for report in earlier for key in _flat(_heard(report, {}))}
        room = Room(_known(case_id, heard) | fresh, _recent(case_id, heard[0]))
    voices = []
    for one in heard:
        voice = room.hear(one)
        voices.append(voice)
        if voice.value > WORTH_REMEMBERING:
            fresh.update(_flat(one))
    expiry = now() + NETWORK_KEPT
    VoiceKey.objects.bulk_create(
        (VoiceKey(case_id=case_id, key=voice_key(key), expires_at=expiry if key.startswith("network:") else None)
         for key in fresh),
        ignore_conflicts=True, batch_size=2000)
    return voices


def _flat(heard: Heard) -> Iterable[str]:
    return (key for keys in keys_of(heard).values() for key in keys)


def _known(case_id: int, heard: Iterable[Heard]) -> set[str]:
    """The keys of these reports that the case has already."""
    keys = {voice_key(key): key for one in heard for key in _flat(one)}
    found = VoiceKey.objects.filter(case=case_id, key__in=keys).values_list("key", flat=True)
    return {keys[bytes(key)] for key in found}


def _recent(case_id: int, first: Heard) -> deque[datetime]:
    """When the latest new public sources came, for detecting bursts."""
    rows = (Report.objects.filter(case=case_id, voice__gt=0, organisation__isnull=True,
                                  received_at__gt=first.at - BURST)
            .exclude(form=ReportForm.OBSERVATION).order_by("received_at").values_list("received_at", flat=True))
    return deque(rows)


def _weights(reports: Sequence[Report]) -> dict[int, float]:
    """Weights below 1 from findings of bad faith. Urgent reports, whose sender may be in danger, are exempt."""
    return weights_of([report for report in reports if report.lane != Lane.URGENT])
