"""Orders of authorities, the keys that officers sign with, and what was held because its sender is not proven."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jaga.core.terms import HeldReason, HeldState, ProofKind, ReportForm
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Organisation, Person


class SigningKey(models.Model):
    """The public half of a key that an officer signs with (`whpk_…`). The private half never comes here."""

    officer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="signing_keys")
    public_key = models.CharField(max_length=60, unique=True)
    note = models.CharField(max_length=120, blank=True)  # the officer's own name for it, or the call-back that was made
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_signing_key_is_public", condition=Q(public_key__startswith="whpk_")),
        ]


class SignedOnce(models.Model):
    """The id of a message that an officer signed: the second of that id is a recording."""

    officer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    message_id = models.CharField(max_length=200)
    taken_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["officer", "message_id"], name="records_signed_message_once"),
        ]


class HeldRequest(models.Model):
    """What came in without proof of its sender, as it came. Nothing follows from it until a person has called back."""

    reason = models.CharField(max_length=30, choices=choices(HeldReason))
    address = models.CharField(max_length=60)  # where it was sent: requests or orders
    claimed = models.JSONField(default=dict)  # sender, number and accounts as they claim to be; nothing of it is proven
    officer = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    network_key = models.BinaryField(max_length=32, null=True)  # of senders whom no key names: bounds how much is kept
    body_sha256 = models.CharField(max_length=64)  # sealed in the evidence store
    body_size = models.PositiveIntegerField()
    signed_headers = models.JSONField(default=dict)  # as they came, so that a signature can be looked at again
    received_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=choices(HeldState), default=HeldState.HELD)
    called_back_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    called_back_at = models.DateTimeField(null=True)
    call_back = models.TextField(blank=True)  # whom, at which number, and what they said
    decided_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    why = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            one_of("reason", HeldReason),
            one_of("state", HeldState),
            models.CheckConstraint(
                name="records_held_decision_names_who",
                condition=Q(state=HeldState.HELD) | Q(decided_by__isnull=False, decided_at__isnull=False),
            ),
            models.CheckConstraint(  # a release without a telephone call would be what the forger hopes for
                name="records_released_after_a_call_back",
                condition=~Q(state=HeldState.RELEASED)
                | (Q(called_back_by__isnull=False, called_back_at__isnull=False, officer__isnull=False)
                   & ~Q(call_back="")),
            ),
            models.CheckConstraint(
                name="records_rejected_says_why", condition=~Q(state=HeldState.REJECTED) | ~Q(why=""),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["network_key", "received_at"], name="records_held_network",
                         condition=Q(network_key__isnull=False)),
        ]

    @property
    def number(self) -> str:
        """The number that people write and say."""
        return f"H{self.pk:06d}"


class Order(models.Model):
    """One letter of an authority, and the accounts that it names: each is a request in a case of its own."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="orders")
    officer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="orders")
    form = models.CharField(max_length=20, choices=choices(ReportForm))
    letter_number = models.CharField(max_length=120)
    number_key = models.CharField(max_length=64)  # of the number as it is compared: `records.letter_numbers`
    copy = models.PositiveSmallIntegerField(default=1)  # above 1 only by a call-back, or before numbers were unique
    letter_date = models.DateField()
    letter_sha256 = models.CharField(max_length=64, blank=True)  # empty: filed before letters were kept by their order
    content_sha256 = models.CharField(max_length=64, blank=True)  # of all that was asked: tells a repeat from a replay
    legal_basis = models.CharField(max_length=60)
    legal_analysis = models.TextField()
    urgent = models.BooleanField(default=False)
    urgent_reason = models.TextField(blank=True)
    wants_export = models.BooleanField(default=False)
    court_order = models.CharField(max_length=120, blank=True)
    proof = models.CharField(max_length=20, choices=choices(ProofKind))
    signing_key = models.ForeignKey(SigningKey, null=True, on_delete=models.PROTECT, related_name="+")
    message_id = models.CharField(max_length=200, blank=True)
    signed_at = models.DateTimeField(null=True)
    signature = models.CharField(max_length=2000, blank=True)
    body_sha256 = models.CharField(max_length=64, blank=True)  # the signed bytes, sealed in the evidence store
    held = models.OneToOneField(HeldRequest, null=True, on_delete=models.PROTECT, related_name="order")
    filed_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_why = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            one_of("form", ReportForm),
            one_of("proof", ProofKind),
            models.UniqueConstraint(fields=["organisation", "number_key", "copy"], name="records_letter_number_once"),
            models.CheckConstraint(
                name="records_order_says_its_proof",
                condition=Q(proof=ProofKind.SIGNATURE, signing_key__isnull=False, signed_at__isnull=False)
                & ~Q(message_id="") & ~Q(signature="")
                | Q(proof=ProofKind.CALL_BACK, held__isnull=False)
                | Q(proof__in=[ProofKind.STEP_UP, ProofKind.EARLIER]),
            ),
            models.CheckConstraint(
                name="records_number_again_only_called_back",
                condition=Q(copy=1) | Q(proof__in=[ProofKind.CALL_BACK, ProofKind.EARLIER]),
            ),
            models.CheckConstraint(
                name="records_withdrawal_says_why", condition=Q(withdrawn_at__isnull=True) | ~Q(withdrawn_why=""),
            ),
        ]

    @property
    def number(self) -> str:
        """The number that people write and say."""
        return f"O{self.pk:06d}"


class EmergencyHold(models.Model):
    """A report that a supervisor made of a held request: in its case nothing but preserving is possible until more is
    known than that."""

    held = models.ForeignKey(HeldRequest, on_delete=models.PROTECT, related_name="emergencies")
    report = models.OneToOneField("records.Report", on_delete=models.PROTECT, related_name="emergency")
    why = models.TextField()
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_emergency_says_why", condition=~Q(why="")),
        ]


class LocatorVersion(models.Model):
    """A corrected locator. The first one stays on the request; the newest here is what counts."""

    request = models.ForeignKey("records.AuthorityRequest", on_delete=models.PROTECT, related_name="locators")
    locator = models.CharField(max_length=500)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_locator_not_empty", condition=~Q(locator="")),
        ]
