"""Referrals to organisations that can help: confirmation and outcome."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.core.referrals import PASSED_ON, UNDER_WAY, ReferralState, referral_number
from jaga.core.terms.reports import AT_ONCE_DANGERS, Danger, ReferralOutcome, ReferralProof, ReferralWay
from jaga.people.models import Organisation, Person
from jaga.store.key_store.store import Owner
from jaga.store.models import choices, one_of
from jaga.store.sealed_text import SealedTextField, sealed_only


class Referral(models.Model):
    """One referral to one receiver.

    Only `referrals.verbs.referrals` writes `state`.

    It rests on a decision, or on one person who referred `at_once`, reviewed by a second. The receiver's name and
    contact are kept as they were; later releases do not change a referral under way. `sealed` is the message; only
    `referrals.reads` decrypts it, and it is deleted some time after the end.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="referrals")
    decision = models.ForeignKey(Decision, null=True, on_delete=models.PROTECT, related_name="referrals")
    follows = models.OneToOneField("self", null=True, on_delete=models.PROTECT, related_name="followed_by")
    state = models.CharField(max_length=20, choices=choices(ReferralState), default=ReferralState.DRAFTED)
    urgent = models.BooleanField()
    receiver = models.CharField(max_length=60, blank=True)  # A receiver key of the release then in force.
    name_id = models.CharField(max_length=200, blank=True)
    name_en = models.CharField(max_length=200, blank=True)
    way = models.CharField(max_length=20, choices=choices(ReferralWay), blank=True)
    contact = models.CharField(max_length=200, blank=True)  # Public telephone number that staff call.
    address = models.EmailField(blank=True)  # For a mail.
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="referrals")
    danger = models.CharField(max_length=20, choices=choices(Danger), blank=True)
    sealed = models.BinaryField(null=True)
    link_hash = models.BinaryField(max_length=32, null=True, unique=True)  # For the link in a mail.
    wrong_codes = models.PositiveSmallIntegerField(default=0)  # Too many disable the link.
    made_at = models.DateTimeField()
    addressed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    addressed_at = models.DateTimeField(null=True)
    # Deadline of the next step: choosing a receiver, then the confirmation. Only raises alarms.
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    # Reminders sent to the receiver: at half time and at the deadline.
    reminded = models.PositiveSmallIntegerField(default=0)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.CharField(max_length=20, choices=choices(ReferralProof), blank=True)
    acknowledged_person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    taken_by = models.CharField(max_length=200, blank=True)  # The person on the receiver's side who took it.
    their_number = models.CharField(max_length=100, blank=True)
    outcome = models.CharField(max_length=20, choices=choices(ReferralOutcome), blank=True)
    outcome_at = models.DateTimeField(null=True)
    note = SealedTextField(blank=True)  # A note on the outcome.
    at_once = models.BooleanField(default=False)
    reviewed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    rightly = models.BooleanField(null=True)
    review_reasons = SealedTextField(blank=True)
    mistake_told_at = models.DateTimeField(null=True)  # When the receiver learnt that the referral was wrong.

    class Meta:
        constraints: ClassVar = [
            *sealed_only("note", "review_reasons", table="referral"),
            one_of("state", ReferralState),
            models.CheckConstraint(
                name="records_referral_way_is_a_term", condition=Q(way__in=["", *(one.value for one in ReferralWay)])
            ),
            models.CheckConstraint(
                name="records_referral_danger_is_a_term", condition=Q(danger__in=["", *(one.value for one in Danger)])
            ),
            models.CheckConstraint(
                name="records_referral_outcome_is_a_term",
                condition=Q(outcome__in=["", *(one.value for one in ReferralOutcome)]),
            ),
            models.CheckConstraint(
                name="records_referral_rests_on_people",
                condition=Q(at_once=True, addressed_by__isnull=False, danger__in=[one.value for one in AT_ONCE_DANGERS])
                | Q(at_once=False) & (Q(decision__isnull=False) | Q(follows__isnull=False)),
            ),
            models.CheckConstraint(
                name="records_referral_under_way_has_a_message",
                condition=~Q(state__in=[state.value for state in UNDER_WAY])
                | (
                    Q(sealed__isnull=False, addressed_by__isnull=False, addressed_at__isnull=False)
                    & ~Q(receiver="")
                    & ~Q(way="")
                    & ~Q(danger="")
                ),
            ),
            models.CheckConstraint(
                name="records_referral_confirmed_by_somebody",
                condition=Q(acknowledged_at__isnull=True, acknowledged_by="")
                & ~Q(state__in=[state.value for state in PASSED_ON])
                | Q(acknowledged_at__isnull=False, acknowledged_by__in=[one.value for one in ReferralProof]),
            ),
            models.CheckConstraint(
                name="records_referral_ends_with_an_outcome",
                condition=Q(outcome="", outcome_at__isnull=True)
                & ~Q(state__in=[ReferralState.FINISHED, ReferralState.RETURNED])
                | Q(outcome_at__isnull=False)
                & ~Q(outcome="")
                & Q(state__in=[ReferralState.FINISHED, ReferralState.RETURNED]),
            ),
            models.CheckConstraint(
                name="records_referral_reviewed_by_a_second",
                condition=Q(reviewed_by__isnull=True, reviewed_at__isnull=True, rightly__isnull=True)
                | Q(at_once=True, reviewed_by__isnull=False, reviewed_at__isnull=False, rightly__isnull=False)
                & ~Q(reviewed_by=F("addressed_by")),
            ),
            models.CheckConstraint(
                name="records_referral_found_wrong_with_reasons", condition=~Q(rightly=False) | ~Q(review_reasons="")
            ),
            models.CheckConstraint(
                name="records_referral_retracted_after_a_review",
                condition=~Q(state=ReferralState.RETRACTED) | Q(rightly=False) | Q(follows__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["case", "receiver"],
                name="records_referral_once_to_each",
                condition=Q(state__in=[state.value for state in UNDER_WAY]),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["due_at"],
                name="records_referral_waits",
                condition=Q(state__in=[ReferralState.DRAFTED, ReferralState.ADDRESSED, ReferralState.SENT]),
            ),
            models.Index(
                fields=["made_at"],
                name="records_referral_unreviewed",
                condition=Q(at_once=True, reviewed_at__isnull=True),
            ),
            models.Index(fields=["made_at"], name="records_referral_made"),
        ]

    @property
    def number(self) -> str:
        """The number as people write and say it."""
        return referral_number(self.pk)

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.case.key_owner()
