"""Seals over the access log: what the ledger recorded of past entries, and whether they are unchanged."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection

from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.terms.people import Role
from jaga.policy.local_time import day_of
from jaga.records.models import AccessEvent, AccessLogErasure, AccessLogSeal

SHOWN = 14
_DIGEST = """
SELECT count(*), encode(sha256(convert_to(coalesce(string_agg(
    concat_ws('|', id, person_id, coalesce(case_id::text, ''), what, (extract(epoch FROM at) * 1000000)::bigint)
    || chr(10), '' ORDER BY id), ''), 'UTF8')), 'hex')
FROM records_accessevent WHERE id BETWEEN %s AND %s
"""


@dataclass(frozen=True)
class AccessLogSealView:
    """One seal.

    `intact` is None until it is checked. Where its entries were deleted by rule, `deleted_at` says when. If the ledger
    does not know of that deletion, `intact` is False.
    """

    seal_id: int
    first: int
    last: int
    count: int
    sha256: str
    sealed_at: datetime
    entry: int
    intact: bool | None
    deleted_at: datetime | None = None


def digest_of(first: int, last: int) -> tuple[int, str]:
    """The number of access log entries in this id range, and their hash."""
    with connection.cursor() as cursor:
        cursor.execute(_DIGEST, [first, last])
        count, sha256 = cursor.fetchone()
    return count, sha256


def is_of_an_earlier_day(after: int, day: date) -> bool:
    """Whether the first entry after this id is from an earlier day."""
    at = AccessEvent.objects.filter(pk__gt=after).order_by("pk").values_list("at", flat=True).first()
    return at is not None and day_of(at) < day


def list_seals(*, check: int | None = None, actor: Actor) -> tuple[AccessLogSealView, ...]:
    """The latest seals; the one with number `check` is compared with the current entries and with the ledger.

    Raises NotPermitted for anyone but an auditor, and NotFound if `check` matches no seal.
    """
    actor.require(Role.AUDITOR)
    rows = list(AccessLogSeal.objects.select_related("entry").order_by("-last")[:SHOWN])
    if check is not None and check not in {row.pk for row in rows}:
        checked = AccessLogSeal.objects.select_related("entry").filter(pk=check).first()
        if checked is None:
            raise NotFound
        rows.append(checked)
    erasures = {one.seal_id: one for one in AccessLogErasure.objects.filter(seal__in=rows).select_related("entry")}
    return tuple(_view(row, erasures.get(row.pk), check=row.pk == check) for row in rows)


def _view(row: AccessLogSeal, erasure: AccessLogErasure | None, *, check: bool) -> AccessLogSealView:
    by_rule = erasure is not None and _was_deleted_by_rule(row, erasure)
    intact = False if erasure and not by_rule else _is_intact(row) if check and not erasure else None
    return AccessLogSealView(
        row.pk,
        row.first,
        row.last,
        row.count,
        row.sha256,
        row.sealed_at,
        row.entry_id,
        intact,
        erasure.at if erasure and by_rule else None,
    )


def _was_deleted_by_rule(row: AccessLogSeal, erasure: AccessLogErasure) -> bool:
    """Whether the ledger says that this range was deleted, whole, and no earlier than its rule allows.

    Neither row is trusted: both could have been written by whoever removed the entries.
    """
    sealed, deleted = row.entry.payload, erasure.entry.payload
    days = deleted.get("days")
    return (
        erasure.entry.verb == "forget_access_log"
        and isinstance(days, int)
        and (deleted.get("seal"), deleted.get("entries"), deleted.get("rule"))
        == (row.pk, sealed.get("count"), erasure.rule)
        and erasure.entry.at >= row.entry.at + timedelta(days=days)
        and (sealed.get("first"), sealed.get("last"), sealed.get("sha256")) == (row.first, row.last, row.sha256)
    )


def _is_intact(row: AccessLogSeal) -> bool:
    """Whether the ledger's hash matches the entries.

    The seal row is not trusted: it could have been changed together with them.
    """
    payload = row.entry.payload
    count, sha256 = digest_of(row.first, row.last)
    return (payload.get("first"), payload.get("last"), payload.get("count"), payload.get("sha256")) == (
        row.first,
        row.last,
        count,
        sha256,
    )
