"""Appeals of account holders, and disclosures to the police.

Requests for reasons on the code's page, and reasons given in person after an identity check.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import AuthorityRequest
from jaga.core.terms.cases import AppealState, AppealWay, HolderCheckKind, IdentityCheck
from jaga.core.terms.privacy import KeyOwner
from jaga.people.models import Person
from jaga.store.key_store.store import Owner
from jaga.store.models import choices, one_of
from jaga.store.sealed_text import SealedTextField, sealed_only


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


class ReasonsAsked(models.Model):
    """The holder of a code asked for a restriction's reasons, or asked not to show them on the page.

    One per decision.
    """

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="reasons_asked")
    asked_at = models.DateTimeField()
    shown_from = models.DateTimeField()  # Drawn at random; unused in a victim-first case.
    kept_at = models.DateTimeField(null=True)


class HolderCheck(models.Model):
    """A staff member's identity check of whoever asks for the reasons, with the text to give; a second person releases
    it.

    It is handed over once. The text is never edited (`guards/appeals.sql`).
    """

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="holder_checks")
    kind = models.CharField(max_length=20, choices=choices(HolderCheckKind))
    service = models.CharField(max_length=60, blank=True)  # A key of the policy release's services.
    how = SealedTextField()
    explanation = SealedTextField(blank=True)
    gives_data = models.BooleanField(default=False)
    gives_access = models.BooleanField(default=False)
    on_page = models.BooleanField(default=False)  # The holder wants to read it on the code's page.
    checked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField()
    released_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)
    refused_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    refused_at = models.DateTimeField(null=True)
    why = SealedTextField(blank=True)  # Why it was refused.
    handed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            *sealed_only("how", "explanation", "why", table="holdercheck"),
            one_of("kind", HolderCheckKind),
            models.CheckConstraint(name="records_holder_check_says_how", condition=~Q(how="")),
            models.CheckConstraint(
                name="records_holder_check_names_its_body",
                condition=Q(kind=HolderCheckKind.BODY) & ~Q(service="") | ~Q(kind=HolderCheckKind.BODY) & Q(service=""),
            ),
            models.CheckConstraint(
                name="records_reasons_released_by_a_second",
                condition=Q(released_by__isnull=True, released_at__isnull=True)
                | Q(released_by__isnull=False, released_at__isnull=False) & ~Q(released_by=F("checked_by")),
            ),
            models.CheckConstraint(
                name="records_reasons_refused_with_a_reason",
                condition=Q(refused_by__isnull=True, refused_at__isnull=True, why="")
                | Q(refused_by__isnull=False, refused_at__isnull=False, released_at__isnull=True) & ~Q(why=""),
            ),
            models.CheckConstraint(
                name="records_reasons_handed_over_after_their_release",
                condition=Q(handed_at__isnull=True) | Q(released_at__isnull=False, handed_at__gte=F("released_at")),
            ),
            models.CheckConstraint(
                name="records_no_access_on_the_page", condition=Q(on_page=False) | Q(gives_access=False)
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["checked_at"],
                name="records_reasons_to_release",
                condition=Q(released_at__isnull=True, refused_at__isnull=True),
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.decision.case.key_owner(KeyOwner.APPEAL)
