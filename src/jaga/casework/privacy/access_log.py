"""The access log is deleted by whole sealed ranges. Their seals stay: how many entries there were, and their hash."""

from datetime import date, timedelta

from django.db import connection, transaction

from jaga.casework.kernel.ledger import append
from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.policy import PolicyRelease
from jaga.policy.local_time import start_of_day
from jaga.records.models import AccessEvent, AccessLogErasure, AccessLogSeal

MOST_AT_ONCE = 5000


def forget_access_log(release: PolicyRelease, day: date) -> int:
    """Delete entries of sealed ranges that ended before the period of the release; returns how many.

    First the deletion of the range is recorded, then its entries go, a portion at each call.
    """
    first = AccessEvent.objects.order_by("pk").values_list("pk", flat=True).first()
    going = (
        AccessLogErasure.objects.filter(seal__first__lte=first, seal__last__gte=first)
        .values_list("seal", flat=True)
        .first()
        if first
        else None
    )
    if going is not None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT records_forget_access_log(%s, %s)", [going, MOST_AT_ONCE])
            return int(cursor.fetchone()[0])
    rule = release.retention.access_log_rule(day)
    if rule is None:
        return 0
    before = start_of_day(day - timedelta(days=rule.days))
    # No entry of a range is younger than its seal.
    seal = AccessLogSeal.objects.filter(erasure__isnull=True, sealed_at__lt=before).order_by("first").first()
    if seal is None:
        return 0
    with transaction.atomic():
        entry = append(
            "forget_access_log",
            {"rule": rule.key, "days": rule.days, "seal": seal.pk, "entries": seal.count, "policy": release.hash},
            actor=SYSTEM,
            case_id=None,
        )
        AccessLogErasure.objects.create(seal=seal, rule=rule.key, count=seal.count, at=now(), entry=entry)
    return 1
