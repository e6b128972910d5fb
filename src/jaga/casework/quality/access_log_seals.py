"""Daily seals of the access log: a ledger entry with count and hash, so that no record can be removed unnoticed.

The hash is SHA-256 over one line for each record, by id: `number|person|case|what|microseconds since 1970` and a line
feed. ADR 0040 explains why ranges of ids are sealed instead of days.
"""

from django.db import connection, transaction
from django.db.models import Max

from jaga.casework.kernel.ledger import append
from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.policy.local_time import today
from jaga.records.access.quality.access_log_seals import digest_of, is_of_an_earlier_day
from jaga.records.models import AccessLogSeal

_ONE_AT_A_TIME = 0x6C6F6F6B  # "look" in ASCII: advisory lock


def seal_access_log() -> int:
    """Seal all access records so far once the first unsealed one is from an earlier day.

    Periodic task; returns how many.
    """
    done = AccessLogSeal.objects.aggregate(last=Max("last"))["last"] or 0
    if not is_of_an_earlier_day(done, today()):
        return 0
    upto = _last_number()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
        first = (AccessLogSeal.objects.aggregate(last=Max("last"))["last"] or 0) + 1
        if upto < first:
            return 0
        count, sha256 = digest_of(first, upto)
        entry = append(
            "seal_access_log",
            {"first": first, "last": upto, "count": count, "sha256": sha256},
            actor=SYSTEM,
            case_id=None,
        )
        AccessLogSeal.objects.create(first=first, last=upto, count=count, sha256=sha256, sealed_at=now(), entry=entry)
    return count


@transaction.atomic
def _last_number() -> int:
    """The highest id up to which no transaction can still add an access record."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT records_access_log_written()")
        return int(cursor.fetchone()[0])
