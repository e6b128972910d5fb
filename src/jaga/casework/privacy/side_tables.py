"""Rows beside the cases that nobody needs after some days, and that nothing else deletes.

Each function deletes a portion and returns how many rows; `forget_side_rows` runs them all. `swept.SWEPT` is the
table of their periods.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType

from django.db import connection, transaction
from django.db.models import Model, Q, QuerySet

from jaga.casework.kernel import job_tables
from jaga.core.clock import now
from jaga.core.terms.batches import BatchState
from jaga.core.terms.webhooks import DeliveryState
from jaga.records import vault
from jaga.records.access.base.doubted_clock import clock_in_doubt
from jaga.records.models import (
    AlarmMessage,
    Batch,
    BatchRow,
    Exposure,
    KeyUse,
    OutgoingMail,
    RestoredAccess,
    SetAsideValue,
    ShiftHandover,
    WebhookDelivery,
)

MOST_AT_ONCE = 1000
BATCHES_AT_ONCE = 10
MAIL_KEPT = timedelta(days=30)  # its words and addresses, after it was sent or given up
JOBS_KEPT = timedelta(days=30)  # that failed; finished ones are deleted at once
EXPOSURE_KEPT = timedelta(days=90)
QUOTA_KEPT = timedelta(days=30)
DEAD_HOOKS_KEPT = timedelta(days=90)
ACCESS_KEPT = timedelta(days=184)  # a new password that its holder did not collect within the time of an appeal
BATCHES_KEPT = timedelta(days=90)  # after its end, or if it was never started, its arrival
HANDOVERS_KEPT = timedelta(days=30)  # cards between shifts, whose words may name somebody
VALUES_KEPT = timedelta(days=90)  # raw bytes of a platform's value that nobody settled; the record stays
INVITATION_KEPT = timedelta(days=37)  # a week's validity, and thirty days in which the page says that it lapsed
SESSION_KEPT = timedelta(hours=12)  # SESSION_COOKIE_AGE

NOWHERE = "deleted@example.invalid"
"""Stands where a mail must have an address."""


def _delete(found: QuerySet[Model]) -> int:
    return found.model._base_manager.filter(pk__in=list(found.values_list("pk", flat=True)[:MOST_AT_ONCE])).delete()[0]


def forget_sign_in() -> int:
    """Sessions that are over, what was noted of their devices, and codes of invitations that lapsed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT records_forget_sign_in(%s, %s)", [now(), MOST_AT_ONCE])
        return int(cursor.fetchone()[0])


def forget_jobs() -> int:
    """Jobs that failed or were given up; `rescue` has queued their work again long before."""
    return job_tables.delete_ended(now() - JOBS_KEPT, MOST_AT_ONCE)


def forget_mail() -> int:
    """Empty mails that were sent, or given up; that one was sent, and why, stays."""
    before = now() - MAIL_KEPT
    old = list(
        OutgoingMail.objects.filter(
            Q(sent_at__lt=before) | Q(sent_at__isnull=True, next_attempt_at__isnull=True, created_at__lt=before)
        )
        .exclude(body="")
        .values_list("pk", "person")[:MOST_AT_ONCE]
    )
    for person, address in ((True, ""), (False, NOWHERE)):
        OutgoingMail.objects.filter(pk__in=[pk for pk, who in old if (who is not None) is person]).update(
            subject="", body="", address=address
        )
    alarms = (
        AlarmMessage.objects.filter(Q(sent_at__lt=before) | Q(dropped_at__lt=before))
        .exclude(address__in=("", NOWHERE))
        .values_list("pk", flat=True)[:MOST_AT_ONCE]
    )
    return len(old) + AlarmMessage.objects.filter(pk__in=list(alarms)).update(address=NOWHERE)


def forget_exposure() -> int:
    """How long people looked at what, once it counts for no limit any more."""
    return _delete(Exposure.objects.filter(ended_at__lt=now() - EXPOSURE_KEPT))


def forget_quotas() -> int:
    """Quotas of past days."""
    return _delete(KeyUse.objects.filter(day__lt=(now() - QUOTA_KEPT).date()))


def forget_dead_hooks() -> int:
    """Messages that no receiver took, and nobody resent."""
    return _delete(WebhookDelivery.objects.filter(state=DeliveryState.DEAD, ended_at__lt=now() - DEAD_HOOKS_KEPT))


def forget_access() -> int:
    """New passwords that nobody collected; the holder can still have the account restored by the platform."""
    return 0 if clock_in_doubt() else _delete(RestoredAccess.objects.filter(created_at__lt=now() - ACCESS_KEPT))


def forget_handovers() -> int:
    """Cards between shifts, taken over or not, with the cases on them."""
    return _delete(ShiftHandover.objects.filter(made_at__lt=now() - HANDOVERS_KEPT))


def forget_values() -> int:
    """Values of platforms that nobody settled and that were last seen long ago; of settled ones the bytes are gone."""
    return _delete(SetAsideValue.objects.filter(last_seen_at__lt=now() - VALUES_KEPT, settled_at__isnull=True))


def forget_batch_files() -> int:
    """Files of batches that ended or were never started, and what was refused in them. What was filed is in reports.

    The file goes before the row says so: a kill in between leaves a row whose file is deleted again.
    """
    before, done = now() - BATCHES_KEPT, 0
    old = Batch.objects.filter(
        Q(ended_at__lt=before) | Q(ended_at__isnull=True, created_at__lt=before), file_deleted_at__isnull=True
    ).exclude(state__in=(BatchState.RECEIVED, BatchState.RUNNING))
    for number in old.order_by("pk").values_list("pk", flat=True)[:BATCHES_AT_ONCE]:
        with transaction.atomic():
            batch = old.select_for_update().filter(pk=number).first()
            if batch is None:
                continue
            if not Batch.objects.filter(sha256=batch.sha256, file_deleted_at__isnull=True).exclude(pk=number).exists():
                vault.erase(batch.sha256, None)
            BatchRow.objects.filter(batch=batch, report__isnull=True, repeats__isnull=True).delete()
            Batch.objects.filter(pk=number).update(file_deleted_at=now(), sample=[], notes=[])
            done += 1
    return done


FORGETS: Mapping[str, Callable[[], int]] = MappingProxyType(
    {
        "sessions": forget_sign_in,
        "jobs": forget_jobs,
        "mail": forget_mail,
        "exposure": forget_exposure,
        "quotas": forget_quotas,
        "dead_hooks": forget_dead_hooks,
        "restored_access": forget_access,
        "batches": forget_batch_files,
        "set_aside_values": forget_values,
        "handovers": forget_handovers,
    }
)
"""By the name of the period in `swept.SWEPT`."""


def forget_side_rows() -> int:
    """Delete a portion of each; returns how many rows. Periodic task. A wrong clock loses at most what is said here,
    nothing of a case.
    """
    return sum(forget() for forget in FORGETS.values())
