"""Periodic tasks for referrals: lost sendings, reminders at half time and deadline, alarms.

Each is idempotent and may run concurrently. None confirms or ends a referral.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from jaga.casework.kernel.ledger import append, append_changes
from jaga.casework.referrals.replies import AGAIN, SUBJECT, WRONG, WRONG_SUBJECT, mail_receiver
from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.core.referrals import UNCONFIRMED, UNDER_WAY, ReferralState
from jaga.core.terms.alarms import CaseAlarmKind
from jaga.core.terms.referrals import ReferralWay
from jaga.policy import load_release
from jaga.records.access.base.doubted_clock import clock_in_doubt
from jaga.records.access.referrals import mail_key
from jaga.records.models import CaseAlarm, OutgoingMail, Referral

AT_ONCE = 500
KEPT_AFTER_THE_END = timedelta(days=30)
"""How long a message stays readable after its referral has ended."""
_GRACE = timedelta(seconds=30)  # a new sending and its job may not be visible at the same moment


def unsent_referrals() -> list[int]:
    """Addressed referrals that no job is sending, because a worker died or a job failed."""
    rows = list(
        Referral.objects.filter(state=ReferralState.ADDRESSED, addressed_at__lt=now() - _GRACE)
        .exclude(way=ReferralWay.BY_HAND)
        .order_by("pk")
        .values_list("pk", flat=True)[:AT_ONCE]
    )
    keys = [mail_key(pk) for pk in rows]
    mailed = set(OutgoingMail.objects.filter(key__in=keys).values_list("key", flat=True))
    return [pk for pk in rows if mail_key(pk) not in mailed]


def mailed_referrals() -> list[int]:
    """Addressed referrals whose mail was accepted by the mail server."""
    waiting = Referral.objects.filter(state=ReferralState.ADDRESSED, way=ReferralWay.MAIL).order_by("pk")
    keys = {mail_key(pk): pk for pk in waiting.values_list("pk", flat=True)[:AT_ONCE]}
    sent = OutgoingMail.objects.filter(key__in=keys, sent_at__isnull=False).values_list("key", flat=True)
    return sorted(keys[key] for key in sent)


@transaction.atomic
def remind_receivers() -> int:
    """Remind receivers by mail at half time and at the deadline of an unconfirmed referral; returns the number of new
    mails.

    Officers see it on their page. Offices contacted by hand are called again: `raise_referral_alarms` reminds our
    staff.
    """
    moment, made = now(), 0
    rows = Referral.objects.select_for_update(of=("self",), skip_locked=True).filter(
        way=ReferralWay.MAIL, state__in=(ReferralState.ADDRESSED, ReferralState.SENT), reminded__lt=2
    )
    for row in rows.order_by("due_at")[:AT_ONCE]:
        due = 2 if row.due_at <= moment else 1 if half_of(row) <= moment else 0
        if due > row.reminded:
            made += mail_receiver(row, f"reminder-{due}", SUBJECT, AGAIN)
            row.reminded = due
            row.save(update_fields=["reminded"])
    return made


def half_of(referral: Referral) -> datetime:
    """When half of the time for the next step has passed."""
    begun = referral.addressed_at or referral.made_at
    return begun + (referral.due_at - begun) / 2


@transaction.atomic
def raise_referral_alarms() -> int:
    """Raise alarms at half time and deadline of a referral, and for a missing review; returns how many are new.

    A review is missing if nobody has reviewed a referral by one person within the release's hours.
    """
    found = [CaseAlarm(case_id=row.case_id, referral=row, kind=kind, at=now()) for row, kind in _due()]
    raised = set(
        CaseAlarm.objects.filter(referral__in=[one.referral_id for one in found]).values_list("referral_id", "kind")
    )
    new = [one for one in found if (one.referral_id, one.kind) not in raised]
    CaseAlarm.objects.bulk_create(new, ignore_conflicts=True)
    return len(new)


def _due() -> Iterator[tuple[Referral, CaseAlarmKind]]:
    moment = now()
    waiting = (
        Referral.objects.filter(state__in=UNCONFIRMED)
        .exclude(alarms__kind=CaseAlarmKind.REFERRAL_OVERDUE)
        .order_by("due_at")
    )
    for row in waiting[:AT_ONCE]:
        if row.due_at <= moment:
            yield row, CaseAlarmKind.REFERRAL_OVERDUE
        elif half_of(row) <= moment:
            yield row, CaseAlarmKind.REFERRAL_WAITS
    last = moment - timedelta(hours=load_release().referring.review_hours)
    unreviewed = (
        Referral.objects.filter(at_once=True, reviewed_at__isnull=True, made_at__lte=last)
        .exclude(alarms__kind=CaseAlarmKind.REFERRAL_UNREVIEWED)
        .order_by("made_at")
    )
    for row in unreviewed[:AT_ONCE]:
        yield row, CaseAlarmKind.REFERRAL_UNREVIEWED


@transaction.atomic
def tell_receivers_of_mistakes() -> int:
    """Mail receivers of referrals sent by mistake; returns how many mails the server has accepted now.

    A receiver contacted by hand is told by a person (`record_mistake_told`).
    """
    sent = 0
    rows = Referral.objects.select_for_update(of=("self",), skip_locked=True).filter(
        Q(rightly=False) | Q(state=ReferralState.RETRACTED), mistake_told_at__isnull=True, way=ReferralWay.MAIL
    )
    for row in rows.order_by("pk")[:AT_ONCE]:
        if row.sent_at is None:  # the mail may have been sent after it was taken back
            row.sent_at = OutgoingMail.objects.filter(key=mail_key(row.pk)).values_list("sent_at", flat=True).first()
            if row.sent_at is None and row.acknowledged_at is None:
                continue
            row.save(update_fields=["sent_at"])
            append_changes(actor=SYSTEM, case_id=row.case_id)
        mail_receiver(row, "wrong", WRONG_SUBJECT, WRONG)
        sent_at = OutgoingMail.objects.filter(key=mail_key(row.pk, "wrong")).values_list("sent_at", flat=True)[0]
        if sent_at is not None:
            row.mistake_told_at = sent_at
            row.save(update_fields=["mistake_told_at"])
            append("tell_referral_wrong", {"referral": row.pk}, actor=SYSTEM, case_id=row.case_id)
            sent += 1
    return sent


@transaction.atomic
def forget_messages() -> int:
    """Delete messages to receivers some time after the referral ended; returns how many. The records stay."""
    if clock_in_doubt():
        return 0
    over = now() - KEPT_AFTER_THE_END
    ended = Referral.objects.exclude(state__in=[*UNDER_WAY, ReferralState.DRAFTED]).filter(
        sealed__isnull=False, addressed_at__lt=over
    )
    rows = [
        row.pk
        for row in ended.only("pk", "outcome_at", "reviewed_at")[:AT_ONCE]
        if (row.outcome_at or row.reviewed_at or over) <= over
    ]
    return Referral.objects.filter(pk__in=rows).update(sealed=None)
