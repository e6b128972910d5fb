"""Authority orders, officers' signing keys, and requests held because their sender is unverified."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jaga.core.terms.outside import HeldReason, HeldState, ProofKind
from jaga.core.terms.reports import ReportForm
from jaga.people.models import Organisation, Person
from jaga.store.key_store.store import Owner
from jaga.store.models import choices, one_of
from jaga.store.sealed_text import SealedTextField, sealed_only


class SigningKey(models.Model):
    """The public half of an officer's signing key (`whpk_…`). The private half never reaches Jaga."""

    officer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="signing_keys")
    public_key = models.CharField(max_length=60, unique=True)
    note = models.CharField(max_length=120, blank=True)  # The officer's name for it, or the call-back that was made.
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_signing_key_is_public", condition=Q(public_key__startswith="whpk_")),
        ]


class SignedOnce(models.Model):
    """The id of a signed message from an officer, so that a replay is detected."""

    officer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    message_id = models.CharField(max_length=200)
    taken_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["officer", "message_id"], name="records_signed_message_once"),
        ]


class HeldRequest(models.Model):
    """A request without proof of its sender, as received. It has no effect until a staff member has called back."""

    reason = models.CharField(max_length=30, choices=choices(HeldReason))
    address = models.CharField(max_length=60)  # The endpoint it was sent to: requests or orders.
    claimed = models.JSONField(default=dict)  # Claimed sender, number and accounts; all unverified.
    officer = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    network_key = models.BinaryField(max_length=32, null=True)  # For senders without a key: limits how much is kept.
    body_sha256 = models.CharField(max_length=64)  # The body is sealed in the evidence store.
    body_size = models.PositiveIntegerField()
    signed_headers = models.JSONField(default=dict)  # As received, so the signature can be checked again.
    received_at = models.DateTimeField()
    state = models.CharField(max_length=20, choices=choices(HeldState), default=HeldState.HELD)
    called_back_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    called_back_at = models.DateTimeField(null=True)
    call_back = models.TextField(blank=True)  # Who was called at which number, and what they said.
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
            models.CheckConstraint(  # A release without a telephone call is what a forger would hope for.
                name="records_released_after_a_call_back",
                condition=~Q(state=HeldState.RELEASED)
                | (
                    Q(called_back_by__isnull=False, called_back_at__isnull=False, officer__isnull=False)
                    & ~Q(call_back="")
                ),
            ),
            models.CheckConstraint(
                name="records_rejected_says_why",
                condition=~Q(state=HeldState.REJECTED) | ~Q(why=""),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["network_key", "received_at"],
                name="records_held_network",
                condition=Q(network_key__isnull=False),
            ),
        ]

    @property
    def number(self) -> str:
        """The number as people write and say it."""
        return f"H{self.pk:06d}"


class Order(models.Model):
    """One letter of an authority and the accounts it names; each becomes a request in its own case."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="orders")
    officer = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="orders")
    form = models.CharField(max_length=20, choices=choices(ReportForm))
    letter_number = models.CharField(max_length=120)
    number_key = models.CharField(max_length=64)  # Canonical key of the number: `store.key_numbers`.
    # Above 1 only after a call-back, or for orders from before numbers were unique.
    copy = models.PositiveSmallIntegerField(default=1)
    letter_date = models.DateField()
    letter_sha256 = models.CharField(max_length=64, blank=True)  # Empty: filed before orders kept their letters.
    # Hash of everything requested: distinguishes a repeat from a replay.
    content_sha256 = models.CharField(max_length=64, blank=True)
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
    body_sha256 = models.CharField(max_length=64, blank=True)  # Signed bytes, sealed in the evidence store.
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
                & ~Q(message_id="")
                & ~Q(signature="")
                | Q(proof=ProofKind.CALL_BACK, held__isnull=False)
                | Q(proof__in=[ProofKind.STEP_UP, ProofKind.EARLIER]),
            ),
            models.CheckConstraint(
                name="records_number_again_only_called_back",
                condition=Q(copy=1) | Q(proof__in=[ProofKind.CALL_BACK, ProofKind.EARLIER]),
            ),
            models.CheckConstraint(
                name="records_withdrawal_says_why",
                condition=Q(withdrawn_at__isnull=True) | ~Q(withdrawn_why=""),
            ),
        ]

    @property
    def number(self) -> str:
        """The number as people write and say it."""
        return f"O{self.pk:06d}"


class EmergencyHold(models.Model):
    """A report a supervisor created from a held request.

    Only preservation is possible in its case until more is known.
    """

    held = models.ForeignKey(HeldRequest, on_delete=models.PROTECT, related_name="emergencies")
    report = models.OneToOneField("records.Report", on_delete=models.PROTECT, related_name="emergency")
    why = SealedTextField()
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            *sealed_only("why", table="emergencyhold"),
            models.CheckConstraint(name="records_emergency_says_why", condition=~Q(why="")),
        ]

    def key_owner(self) -> Owner:
        """Whose key seals its texts."""
        return self.report.key_owner()


class LocatorVersion(models.Model):
    """A corrected locator. The original stays on the request; the newest one here is used."""

    request = models.ForeignKey("records.AuthorityRequest", on_delete=models.PROTECT, related_name="locators")
    locator = models.CharField(max_length=500)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_locator_not_empty", condition=~Q(locator="")),
        ]
