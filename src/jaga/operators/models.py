"""Notices to operators, their answers, and the letters a person releases when they do not answer.

The operator register: platforms, pledges, contact persons, and notification mail.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.cases.models.cases import Case, Platform, Subject
from jaga.cases.models.decisions import Action
from jaga.core.terms.cases import ActionKind
from jaga.core.terms.outside import AnswerKind, EscalationStage, NoticeState, ObjectionState
from jaga.core.terms.people import Language
from jaga.people.models import Organisation, Person
from jaga.store.key_store.store import Owner
from jaga.store.models import choices, one_of
from jaga.store.sealed_text import SealedTextField, sealed_only

_CLOSED_STATES = (NoticeState.ANSWERED, NoticeState.WITHDRAWN)


class Notice(models.Model):
    """One numbered request to an operator about one account.

    Its clock starts at provable receipt.

    `action` is empty for a data request, which rests on no decision. `due_at` is empty until receipt and while the
    clock is paused (`left` then holds the remaining time).
    """

    operator = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="notices")
    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="notices")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="notices")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="notices")
    action = models.OneToOneField(Action, null=True, on_delete=models.PROTECT, related_name="notice")
    asks_for = models.CharField(max_length=20, choices=[*choices(ActionKind), ("data", "data")])
    category = models.CharField(max_length=60)
    legal_basis = models.CharField(max_length=60, blank=True)
    facts = SealedTextField(blank=True)  # Empty in victim-first cases.
    data_wanted = models.JSONField(default=dict)  # MR5 art. 36(2): authority, purpose, description, offence.
    urgent = models.BooleanField(default=False)
    state = models.CharField(max_length=20, choices=choices(NoticeState), default=NoticeState.SENT)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)  # Handed over, or published in the portal.
    received_at = models.DateTimeField(null=True)
    received_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    receipt_proof = models.CharField(max_length=200, blank=True)  # "portal", or the id of the signed message.
    due_at = models.DateTimeField(null=True)
    left = models.DurationField(null=True)
    answer = models.CharField(max_length=20, choices=choices(AnswerKind), blank=True)
    answer_text = SealedTextField(blank=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            *sealed_only("facts", "answer_text", table="notice"),
            one_of("state", NoticeState),
            models.CheckConstraint(
                name="records_notice_answer_is_a_term",
                condition=Q(answer__in=["", *(kind.value for kind in AnswerKind)]),
            ),
            models.CheckConstraint(
                name="records_notice_asks_for_a_term",
                condition=Q(asks_for__in=["data", *(kind.value for kind in ActionKind)]),
            ),
            models.CheckConstraint(  # A deadline without proof of receipt would not be defensible.
                name="records_notice_clock_starts_at_receipt",
                condition=Q(due_at__isnull=True) | Q(received_at__isnull=False),
            ),
            models.CheckConstraint(
                name="records_notice_answer_has_its_time",
                condition=~Q(state=NoticeState.ANSWERED) | (Q(answered_at__isnull=False) & ~Q(answer="")),
            ),
            models.CheckConstraint(
                name="records_notice_for_data_or_an_action",
                condition=Q(asks_for="data", action__isnull=True) | (~Q(asks_for="data") & Q(action__isnull=False)),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["operator", "due_at"], name="records_notice_open", condition=~Q(state__in=_CLOSED_STATES)
            ),
        ]

    @property
    def number(self) -> str:
        """The number as people write and say it; identifies repeats."""
        return f"P{self.pk:06d}"

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.case.key_owner()


class NoticeEntry(models.Model):
    """One entry of the dialogue about a notice. Append-only."""

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="entries")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")  # null: signed software.
    from_operator = models.BooleanField()
    kind = models.CharField(max_length=20)  # An AnswerKind; or sent, received, correction, withdrawn.
    text = SealedTextField(blank=True)
    proof = models.CharField(max_length=200, blank=True)  # The id of the signed message, if sent by software.
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [*sealed_only("text", table="noticeentry")]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.notice.case.key_owner()


class OperatorLetter(models.Model):
    """One letter of the escalation ladder.

    Software may prepare it; only a person releases it, and nothing follows automatically.
    """

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="escalation_letters")
    stage = models.CharField(max_length=20, choices=choices(EscalationStage))
    number = models.CharField(max_length=120, unique=True)
    body_id = SealedTextField()
    body_en = SealedTextField()
    pdf_sha256 = models.CharField(max_length=64)  # Sealed in the evidence store.
    prepared_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    prepared_at = models.DateTimeField()
    released_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)  # By a contact person: the proof of receipt.
    dropped_at = models.DateTimeField(null=True)  # Prepared but then not released.

    class Meta:
        constraints: ClassVar = [
            *sealed_only("body_id", "body_en", table="operatorletter"),
            one_of("stage", EscalationStage),
            models.UniqueConstraint(
                fields=["notice", "stage"],
                name="records_escalation_letter_once",
                condition=Q(dropped_at__isnull=True) & ~Q(stage=EscalationStage.CLARIFICATION),
            ),
            models.CheckConstraint(
                name="records_letter_released_by_a_person",
                condition=Q(released_at__isnull=True, released_by__isnull=True)
                | Q(released_at__isnull=False, released_by__isnull=False, dropped_at__isnull=True),
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.notice.case.key_owner()


class Objection(models.Model):
    """An operator's objection (sanggah) to a notice, decided by a person with reasons."""

    notice = models.OneToOneField(Notice, on_delete=models.PROTECT, related_name="objection")
    text = SealedTextField()
    state = models.CharField(max_length=20, choices=choices(ObjectionState), default=ObjectionState.OPEN)
    filed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    filed_at = models.DateTimeField()
    decided_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reasons = SealedTextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            *sealed_only("text", "reasons", table="objection"),
            one_of("state", ObjectionState),
            models.CheckConstraint(
                name="records_decided_objection_names_who_and_why",
                condition=Q(state=ObjectionState.OPEN)
                | (Q(decided_by__isnull=False, decided_at__isnull=False) & ~Q(reasons="")),
            ),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.notice.case.key_owner()


class ReceivedHook(models.Model):
    """The id of a signed message from a platform, so that a replay is detected."""

    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="+")
    hook_id = models.CharField(max_length=200)
    received_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["platform", "hook_id"], name="records_hook_once"),
        ]


class OperatorProfile(models.Model):
    """An operator's profile beyond its name."""

    organisation = models.OneToOneField(Organisation, on_delete=models.PROTECT, related_name="profile")
    slug = models.SlugField(max_length=80, unique=True)  # Its address on the public pages.
    legal_entity = models.CharField(max_length=200, blank=True)
    registration_number = models.CharField(max_length=80, blank=True)  # As a registered PSE.
    countries = models.JSONField(default=list)  # ISO 3166-1 alpha-2 codes of the countries it serves.
    website = models.URLField(blank=True)
    changed_at = models.DateTimeField()


class Pledge(models.Model):
    """An operator's pledge on reported accounts. A changed pledge is a new row."""

    operator = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="pledges")
    text = models.TextField()
    source = models.CharField(max_length=500)  # A letter number, a press release or a public statement.
    made_on = models.DateField()
    scope = models.TextField()  # Which services and countries, and reports from whom.
    categories = models.JSONField(default=list)  # Category keys of the policy release.
    hours = models.PositiveSmallIntegerField(default=24)
    hours_urgent = models.PositiveSmallIntegerField(default=4)
    # null: entered on the command line.
    recorded_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    ended_on = models.DateField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_pledge_has_its_clock",
                condition=Q(hours__gt=0, hours_urgent__gt=0, hours_urgent__lte=F("hours")),
            ),
        ]


class ContactDetails(models.Model):
    """How to reach a contact person (narahubung, MR5 art. 17 and 21: domiciled in Indonesia for data requests)."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, related_name="contact_details")
    email = models.EmailField(blank=True)
    telephone = models.CharField(max_length=40, blank=True)
    domicile = models.CharField(max_length=2, blank=True)  # ISO 3166-1 alpha-2.
    representative = models.BooleanField(default=False)  # Signs for the operator.
    since = models.DateField()
    until = models.DateField(null=True)


class OutgoingMail(models.Model):
    """An e-mail saying only that something waits. Contains no case data and is sent at most once per key."""

    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")  # null: an office.
    key = models.CharField(max_length=120, unique=True)
    language = models.CharField(max_length=2, choices=choices(Language))
    subject = models.CharField(max_length=200)
    body = models.TextField()
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True)  # Error of the last attempt, without the address.
    address = models.EmailField(blank=True, default="", db_default="")  # empty: the contact person's current address.

    class Meta:
        constraints: ClassVar = [
            one_of("language", Language),
            models.CheckConstraint(
                name="records_mail_goes_somewhere", condition=Q(person__isnull=False) | ~Q(address="")
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["created_at"], name="records_mail_unsent", condition=Q(sent_at__isnull=True)),
        ]


class PlatformHealth(models.Model):
    """A platform's recent responses: the circuit breaker state shared by all workers."""

    platform = models.OneToOneField("records.Platform", on_delete=models.CASCADE, related_name="health")
    failures = models.PositiveIntegerField(default=0)  # Consecutive.
    open_until = models.DateTimeField(null=True)  # No calls before this time; then a single trial call.
    last_ok_at = models.DateTimeField(null=True)
    last_failed_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)
