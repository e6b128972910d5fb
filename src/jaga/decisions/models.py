"""Hearings: what a holder is asked before a measure, and their answers (`limits.ANSWER_FIRST`).

Pending decisions that can still be undone, and withdrawn votes.
"""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Vote
from jaga.core.terms.cases import (
    CASE_CLOCK_ALARMS,
    LAPSE_ALARMS,
    REFERRAL_ALARMS,
    CaseAlarmKind,
    Lapse,
    PendingEnd,
    UndoReason,
)
from jaga.core.terms.privacy import KeyOwner
from jaga.people.models import Person
from jaga.policy.limits import ANSWER_FIRST
from jaga.store.key_store.store import Owner
from jaga.store.models import choices, one_of
from jaga.store.sealed_text import SealedTextField, sealed_only


class Hearing(models.Model):
    """A letter with a code that asks the holder, once per case.

    No measure precedes its end (`guards/decisions.sql`).

    The time starts when the platform is confirmed to have delivered the letter; `answer_until` is then set once, and no
    later release shortens it. While `stuck_at` is set a person must intervene, and the case can only be dismissed.
    """

    case = models.OneToOneField(Case, on_delete=models.PROTECT, related_name="hearing")
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    days = models.PositiveSmallIntegerField()  # By the policy release then in force.
    code_hash = models.BinaryField(max_length=32, unique=True)
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    stuck_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)  # A short reason from the last attempt.
    delivered_at = models.DateTimeField(null=True)
    answer_until = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_hearing_lasts_long_enough",
                condition=Q(delivered_at__isnull=True, answer_until__isnull=True)
                | Q(
                    delivered_at__gte=F("asked_at"),
                    stuck_at__isnull=True,
                    next_attempt_at__isnull=True,
                    answer_until__gte=F("delivered_at") + timedelta(days=min(ANSWER_FIRST.values())),
                ),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["asked_at"],
                name="records_hearing_to_deliver",
                condition=Q(delivered_at__isnull=True, stuck_at__isnull=True),
            ),
        ]


class HearingAnswer(models.Model):
    """The holder's answer. Append-only, visible only to those who judge."""

    hearing = models.ForeignKey(Hearing, on_delete=models.PROTECT, related_name="answers")
    text = SealedTextField()
    written_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            *sealed_only("text", table="hearinganswer"),
            models.CheckConstraint(name="records_hearing_answer_says_something", condition=~Q(text="")),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.hearing.case.key_owner(KeyOwner.APPEAL)


class PendingDecision(models.Model):
    """A decision between its votes and its commit.

    It can be undone until `undo_until`.

    An irreversible measure rests on two votes; one person's dismissal waits some seconds. Before a closure the accounts
    are restricted (`Decision.awaits`), and `reading` seconds pass between delivery of the letter and the closure.

    The database rejects an irreversible decision without such a row that is due. The row ends once and is never edited
    (`guards/decisions.sql`). Where no wait applies it starts and ends in one transaction.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="pending_decisions")
    # The vote whose text the decision carries.
    vote = models.ForeignKey(Vote, on_delete=models.PROTECT, related_name="+")
    other = models.ForeignKey(Vote, null=True, on_delete=models.PROTECT, related_name="+")  # The vote that agrees.
    both = models.BooleanField()  # Only what both named is decided.
    adjudicated = models.BooleanField()
    made_at = models.DateTimeField()
    undo_until = models.DateTimeField()
    reading = models.PositiveIntegerField(default=0, db_default=0)  # Seconds.
    # The same where the platform cannot restrict: the time in which it can be undone.
    undo = models.PositiveIntegerField(default=0, db_default=0)  # Seconds.
    ended_at = models.DateTimeField(null=True)
    end = models.CharField(max_length=20, choices=choices(PendingEnd), blank=True)
    ended_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")  # Who withdrew it.
    reason = models.CharField(max_length=20, choices=choices(UndoReason), blank=True)
    note = SealedTextField(blank=True)

    def closes_at(self) -> datetime:
        """The earliest closing time, given what is known about delivery of the letters."""
        delivered = self.held.filter(statement__delivered_at__isnull=False).values_list(
            "statement__delivered_at", "subject__platform__capabilities__restrict__supported"
        )
        return max(
            [
                self.undo_until,
                *(
                    at + timedelta(seconds=self.reading if able else self.undo)
                    for at, able in delivered
                    if at is not None
                ),
            ]
        )

    class Meta:
        constraints: ClassVar = [
            *sealed_only("note", table="pendingdecision"),
            models.UniqueConstraint(
                fields=["case"], name="records_one_pending_decision", condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                name="records_pending_end_is_a_term", condition=Q(end__in=["", *(end.value for end in PendingEnd)])
            ),
            models.CheckConstraint(
                name="records_undo_reason_is_a_term",
                condition=Q(reason__in=["", *(reason.value for reason in UndoReason)]),
            ),
            models.CheckConstraint(name="records_pending_after_agreeing", condition=Q(undo_until__gte=F("made_at"))),
            models.CheckConstraint(
                name="records_pending_rests_on_two_votes", condition=Q(other__isnull=True) | ~Q(vote=F("other"))
            ),
            models.CheckConstraint(
                name="records_pending_ends_once_and_says_how",
                condition=Q(ended_at__isnull=True, end="") | (Q(ended_at__isnull=False) & ~Q(end="")),
            ),
            models.CheckConstraint(
                name="records_pending_not_before_its_time",
                condition=~Q(end=PendingEnd.COMMITTED) | Q(ended_at__gte=F("undo_until")),
            ),
            models.CheckConstraint(
                name="records_undone_by_somebody_for_a_reason",
                condition=(Q(end=PendingEnd.UNDONE, ended_by__isnull=False) & ~Q(reason=""))
                | (~Q(end=PendingEnd.UNDONE) & Q(ended_by__isnull=True, reason="")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["undo_until"], name="records_pending_waits", condition=Q(ended_at__isnull=True)),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.case.key_owner()


class DecisionPause(models.Model):
    """A pending decision held because a reporter said something no voter has read.

    The first such statement in a case takes the decision back instead. A supervisor without a vote must read it before
    the commit (`guards/decisions.sql`).
    """

    pending = models.ForeignKey(PendingDecision, on_delete=models.PROTECT, related_name="waits")
    # The first report to read.
    report = models.ForeignKey("records.Report", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    resumed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    resumed_at = models.DateTimeField(null=True)
    why = SealedTextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            *sealed_only("why", table="decisionpause"),
            models.UniqueConstraint(
                fields=["pending"], name="records_pending_waits_once", condition=Q(resumed_at__isnull=True)
            ),
            models.CheckConstraint(
                name="records_resumed_by_somebody_with_reasons",
                condition=Q(resumed_by__isnull=True, resumed_at__isnull=True, why="")
                | (Q(resumed_by__isnull=False, resumed_at__isnull=False) & ~Q(why="")),
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.pending.case.key_owner()


class VoteWithdrawal(models.Model):
    """A withdrawn vote.

    Append-only: the vote itself stays as cast.

    Either its decision was withdrawn or stopped (`pending`), or it no longer counts (`why`), or both.
    """

    vote = models.OneToOneField(Vote, on_delete=models.PROTECT, related_name="withdrawal")
    pending = models.ForeignKey(PendingDecision, null=True, on_delete=models.PROTECT, related_name="withdrawals")
    why = models.CharField(max_length=20, choices=choices(Lapse), default="", db_default="", blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_withdrawal_why_is_a_term", condition=Q(why__in=["", *(one.value for one in Lapse)])
            ),
            models.CheckConstraint(
                name="records_vote_withdrawn_for_a_reason", condition=Q(pending__isnull=False) | ~Q(why="")
            ),
        ]


class CaseAlarm(models.Model):
    """Someone lost the right to work on a case they took part in, or a deadline is near; a supervisor acknowledges it.

    It does not say whether a vote was withdrawn, since the reader may be the next voter. Deadline alarms are raised
    once and also go outside the console (`AlarmMessage`).
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="case_alarms")
    kind = models.CharField(max_length=20, choices=choices(CaseAlarmKind))
    why = models.CharField(max_length=20, choices=choices(Lapse), blank=True)  # empty: a deadline.
    # null: caused by a policy release.
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    appeal = models.OneToOneField("records.Appeal", null=True, on_delete=models.PROTECT, related_name="alarm")
    referral = models.ForeignKey("records.Referral", null=True, on_delete=models.PROTECT, related_name="alarms")
    at = models.DateTimeField()
    mailed_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("kind", CaseAlarmKind),
            models.CheckConstraint(
                name="records_case_alarm_of_a_lapse_says_why",
                condition=Q(kind__in=list(LAPSE_ALARMS), why__in=[why.value for why in Lapse])
                | Q(why="", person__isnull=True) & ~Q(kind__in=list(LAPSE_ALARMS)),
            ),
            models.CheckConstraint(
                name="records_case_alarm_names_its_appeal",
                condition=Q(kind=CaseAlarmKind.APPEAL_OVERDUE, appeal__isnull=False)
                | Q(appeal__isnull=True) & ~Q(kind=CaseAlarmKind.APPEAL_OVERDUE),
            ),
            models.CheckConstraint(
                name="records_case_alarm_names_its_referral",
                condition=Q(kind__in=list(REFERRAL_ALARMS), referral__isnull=False)
                | Q(referral__isnull=True) & ~Q(kind__in=list(REFERRAL_ALARMS)),
            ),
            models.UniqueConstraint(
                fields=["referral", "kind"], name="records_referral_alarms_once", condition=Q(referral__isnull=False)
            ),
            models.UniqueConstraint(
                fields=["case", "kind"],
                name="records_case_alarm_waits_once",
                condition=Q(acknowledged_at__isnull=True, kind__in=list(LAPSE_ALARMS)),
            ),
            models.UniqueConstraint(
                fields=["case", "kind"],
                name="records_case_clock_alarms_once",
                condition=Q(kind__in=list(CASE_CLOCK_ALARMS)),
            ),
            models.UniqueConstraint(
                fields=["case"],
                name="records_restriction_reviewed_once",
                condition=Q(kind=CaseAlarmKind.RESTRICTION_REVIEW),
            ),
            models.CheckConstraint(
                name="records_case_alarm_acknowledged_by_somebody",
                condition=Q(acknowledged_by__isnull=True, acknowledged_at__isnull=True)
                | Q(acknowledged_by__isnull=False, acknowledged_at__isnull=False),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="records_case_alarm_unmailed", condition=Q(mailed_at__isnull=True)),
        ]
