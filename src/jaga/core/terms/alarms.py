"""Terms of alarms for supervisors."""

from enum import StrEnum


class CaseAlarmKind(StrEnum):
    """Kinds of alarms for supervisors: a person lost the right to work on a case, or time runs out."""

    RETURNED = "returned"  # the case returned to the queue
    UNDER_WAY = "under_way"  # a decision of this person is being carried out and continues
    HALF_TIME = "half_time"  # half of an urgent case's time has passed without a decision
    LAST_QUARTER = "last_quarter"  # a quarter of its time or less is left
    APPEAL_OVERDUE = "appeal_overdue"  # an appeal is overdue
    REFERRAL_WAITS = "referral_waits"  # half of a referral's time has passed without confirmation
    REFERRAL_OVERDUE = "referral_overdue"  # a referral is overdue without confirmation
    REFERRAL_UNREVIEWED = "referral_unreviewed"  # a referral by one person was not reviewed in time
    RESTRICTION_REVIEW = "restriction_review"  # half of a victim-first restriction's time has passed


LAPSE_ALARMS = (CaseAlarmKind.RETURNED, CaseAlarmKind.UNDER_WAY)
CASE_CLOCK_ALARMS = (CaseAlarmKind.HALF_TIME, CaseAlarmKind.LAST_QUARTER)
REFERRAL_ALARMS = (CaseAlarmKind.REFERRAL_WAITS, CaseAlarmKind.REFERRAL_OVERDUE, CaseAlarmKind.REFERRAL_UNREVIEWED)
OUTSIDE_ALARMS = (*CASE_CLOCK_ALARMS, CaseAlarmKind.APPEAL_OVERDUE, *REFERRAL_ALARMS)
"""Alarms that are also sent outside the console."""
CLOCK_ALARMS = (*OUTSIDE_ALARMS, CaseAlarmKind.RESTRICTION_REVIEW)
"""Deadline alarms. A restriction review would reveal a victim-first case, so outside it is only said that something
waits."""


class AlarmWay(StrEnum):
    """How an alarm is sent outside the console."""

    MAIL = "mail"
    WEBHOOK = "webhook"
