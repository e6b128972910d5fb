"""API state beside the records: used quotas, answers kept for repeats, and outgoing webhooks."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jaga.cases.models.reports import Report
from jaga.core.terms.outside import DeliveryState, HookEvent
from jaga.people.models import OfficerKey, Organisation, Person
from jaga.store.models import choices, one_of


class KeyUse(models.Model):
    """How much of a day's quota was reserved by web server processes, in blocks."""

    key = models.ForeignKey(OfficerKey, on_delete=models.CASCADE, related_name="uses")
    day = models.DateField()
    used = models.PositiveBigIntegerField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "day"], name="records_key_use_once_a_day")]


class IdempotencyRecord(models.Model):
    """The encrypted answer to a call with an Idempotency-Key, since it may contain a receipt. Kept for two days."""

    key = models.ForeignKey(OfficerKey, on_delete=models.CASCADE, related_name="idempotency_records")
    name_hash = models.BinaryField(max_length=32)
    call_hash = models.BinaryField(max_length=32)  # Method, address and body.
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    sealed = models.BinaryField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "name_hash"], name="records_idempotency_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["at"], name="records_idempotency_at")]


class WebhookEndpoint(models.Model):
    """Where a sender's software receives news about its reports. Each endpoint has its own signing key."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="webhook_endpoints")
    holder = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="webhook_endpoints")
    url = models.CharField(max_length=500)
    events = models.JSONField(default=list)
    sealed_key = models.BinaryField()  # The private key, encrypted under a key outside the database.
    public_key = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True)
    disabled_why = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_webhook_of_known_events",
                condition=Q(events__contained_by=[event.value for event in HookEvent]),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["holder"], name="records_webhook_in_use", condition=Q(disabled_at__isnull=True)),
        ]


class WebhookDelivery(models.Model):
    """One message to one endpoint. It is retried for days; after that it is dead and stays visible."""

    endpoint = models.ForeignKey(WebhookEndpoint, on_delete=models.PROTECT, related_name="deliveries")
    hook_id = models.CharField(max_length=60, unique=True)  # The same at each attempt, so that repeats are recognised.
    event = models.CharField(max_length=30, choices=choices(HookEvent))
    report = models.ForeignKey(Report, null=True, on_delete=models.PROTECT, related_name="webhook_deliveries")
    body = models.TextField()  # Exactly what is signed and sent.
    state = models.CharField(max_length=20, choices=choices(DeliveryState), default=DeliveryState.WAITING)
    created_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=60, blank=True)  # An error code or HTTP status, never the receiver's text.

    class Meta:
        constraints: ClassVar = [one_of("event", HookEvent), one_of("state", DeliveryState)]
        indexes: ClassVar = [
            models.Index(
                fields=["next_attempt_at"], name="records_webhook_due", condition=Q(state=DeliveryState.WAITING)
            ),
        ]
