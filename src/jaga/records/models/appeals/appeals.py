"""Appeals of account holders, and disclosures to the police."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jaga.core.terms.appeals import AppealState, AppealWay, IdentityCheck
from jaga.core.terms.privacy import KeyOwner
from jaga.records.key_store.store import Owner
from jaga.records.models.cases.cases import Case
from jaga.records.models.cases.decisions import Decision
from jaga.records.models.cases.reports import AuthorityRequest
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person
from jaga.records.sealed_text import SealedTextField, sealed_only


class Appeal(models.Model):
    """An account holder's appeal, decided by someone who had no part in the decision.

    An appeal without a code is recorded by a staff member, who notes how they checked the holder's identity. `question`
    is the one question put to the holder.
    """

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="appeal")
    text = SealedTextField()
    state = models.CharField(max_length=20, choices=choices(AppealState), default=AppealState.OPEN)
    filed_at = models.DateTimeField()
    due_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="appeals_decided")
    decided_at = models.DateTimeField(null=True)
    reasons = SealedTextField(blank=True)
    way = models.CharField(
        max_length=20, choices=choices(AppealWay), default=AppealWay.CODE, db_default=AppealWay.CODE.value
    )
    received_on = models.DateField(null=True)
    recorded_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    helper = models.CharField(max_length=200, blank=True, default="", db_default="")
    identity_check = models.CharField(
        max_length=20, choices=choices(IdentityCheck), blank=True, default="", db_default=""
    )
    check_note = SealedTextField(blank=True, default="", db_default="")
    question = SealedTextField(blank=True, default="", db_default="")
    asked_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            *sealed_only("text", "reasons", "check_note", "question", table="appeal"),
            one_of("state", AppealState),
            models.CheckConstraint(
                name="records_decided_appeal_names_who_and_why",
                condition=Q(state=AppealState.OPEN)
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(reasons="")),
            ),
            one_of("way", AppealWay),
            models.CheckConstraint(
                name="records_appeal_identity_check_is_a_term",
                condition=Q(identity_check__in=["", *(term.value for term in IdentityCheck)]),
            ),
            models.CheckConstraint(
                name="records_appeal_on_paper_was_checked",
                condition=Q(
                    way=AppealWay.CODE,
                    recorded_by__isnull=True,
                    received_on__isnull=True,
                    identity_check="",
                    check_note="",
                    helper="",
                )
                | Q(recorded_by__isnull=False, received_on__isnull=False)
                & ~Q(way=AppealWay.CODE)
                & ~Q(identity_check="")
                & ~Q(check_note=""),
            ),
            models.CheckConstraint(
                name="records_appeal_question_names_who",
                condition=Q(question="", asked_by__isnull=True, asked_at__isnull=True)
                | Q(asked_by__isnull=False, asked_at__isnull=False) & ~Q(question=""),
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.decision.case.key_owner(KeyOwner.APPEAL)


class AppealReply(models.Model):
    """The holder's single second message. With a `due_at` it arrived after the answer and gets its own answer."""

    appeal = models.OneToOneField(Appeal, on_delete=models.PROTECT, related_name="reply")
    text = SealedTextField()
    filed_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=20, choices=choices(AppealState), default=AppealState.OPEN)
    decided_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reasons = SealedTextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            *sealed_only("text", "reasons", table="appealreply"),
            one_of("state", AppealState),
            models.CheckConstraint(
                name="records_answered_reply_names_who_and_why",
                condition=Q(state=AppealState.OPEN, decided_by__isnull=True, decided_at__isnull=True, reasons="")
                | Q(due_at__isnull=False, decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(state=AppealState.OPEN)
                & ~Q(reasons=""),
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.appeal.key_owner()


class AppealRest(models.Model):
    """Whether the measure is suspended until an overdue appeal is answered; decided by a supervisor without a vote,
    with reasons.
    """

    appeal = models.OneToOneField(Appeal, on_delete=models.PROTECT, related_name="rest")
    rests = models.BooleanField()
    reasons = SealedTextField()
    decided_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)  # With the answer.

    class Meta:
        constraints: ClassVar = [
            *sealed_only("reasons", table="appealrest"),
            models.CheckConstraint(name="records_a_rest_has_reasons", condition=~Q(reasons="")),
            models.CheckConstraint(name="records_only_a_rest_ends", condition=Q(rests=True) | Q(ended_at__isnull=True)),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.appeal.decision.case.key_owner()


class AppealNews(models.Model):
    """A platform notice that an answer is available. The worker delivers it, or gives up with a code in `why`."""

    appeal = models.ForeignKey(Appeal, on_delete=models.PROTECT, related_name="news")
    second = models.BooleanField(default=False)  # About the answer to the second message.
    created_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=60, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["appeal", "second"], name="records_appeal_news_once"),
            models.CheckConstraint(
                name="records_news_end_once", condition=Q(delivered_at__isnull=True) | Q(ended_at__isnull=True)
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"],
                name="records_news_wait",
                condition=Q(delivered_at__isnull=True, ended_at__isnull=True),
            ),
        ]


class RestoredAccess(models.Model):
    """The encrypted new password of a restored account; deleted once the holder has collected it."""

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="restored_access")
    sealed = models.BinaryField()
    created_at = models.DateTimeField()


class DisclosureRecall(models.Model):
    """Notice to an authority that a disclosure rested on an overturned decision. Append-only."""

    disclosure = models.ForeignKey("records.Disclosure", on_delete=models.PROTECT, related_name="recalls")
    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="recalls")  # The restoring decision.
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["disclosure", "decision"], name="records_recalled_once"),
        ]


class Disclosure(models.Model):
    """A sealed export made by a person for a formal request. Append-only."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="disclosures")
    request = models.ForeignKey(AuthorityRequest, on_delete=models.PROTECT, related_name="disclosures")
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="disclosures")
    folder = models.CharField(max_length=200)
    manifest_sha256 = models.CharField(max_length=64)
    made_at = models.DateTimeField()
