"""What keys open and how much, answers kept for repeats, webhooks out. Keys that exist keep their old rights."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

_SCOPES = ["reports:write", "reports:read", "requests:write", "requests:read", "batches:write", "webhooks:manage"]
_EVENTS = ["report.filed", "report.decided", "report.verified", "request.filed", "request.decided", "request.verified",
           "clarification.asked", "endpoint.test"]
_STATES = ["waiting", "delivered", "dead"]


def _old_rights():
    """All that a key could open before there were scopes."""
    return ["requests:write", "requests:read"]


def _id():
    return ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))


class Migration(migrations.Migration):

    dependencies: ClassVar = [("records", "0010_orders")]
    operations: ClassVar = [
        migrations.AddField("officerkey", "scopes", models.JSONField(default=_old_rights)),
        migrations.AlterField("officerkey", "scopes", models.JSONField(default=list)),
        migrations.AddField("officerkey", "label", models.CharField(blank=True, max_length=80)),
        migrations.AddField("officerkey", "per_minute", models.PositiveIntegerField(default=600)),
        migrations.AddField("officerkey", "per_day", models.PositiveIntegerField(default=20_000)),
        migrations.AddField("officerkey", "last_used_at", models.DateTimeField(null=True)),
        migrations.AddConstraint("officerkey", models.CheckConstraint(
            name="records_key_opens_known_scopes", condition=Q(scopes__contained_by=_SCOPES))),
        migrations.CreateModel("KeyUse", [
            _id(),
            ("day", models.DateField()),
            ("used", models.PositiveBigIntegerField()),
            ("key", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="uses",
                                      to="records.officerkey")),
        ]),
        migrations.AddConstraint("keyuse", models.UniqueConstraint(
            fields=["key", "day"], name="records_key_use_once_a_day")),
        migrations.CreateModel("KeptAnswer", [
            _id(),
            ("name_hash", models.BinaryField(max_length=32)),
            ("call_hash", models.BinaryField(max_length=32)),
            ("status", models.PositiveSmallIntegerField()),
            ("headers", models.JSONField(default=dict)),
            ("sealed", models.BinaryField()),
            ("at", models.DateTimeField()),
            ("key", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="kept_answers",
                                      to="records.officerkey")),
        ]),
        migrations.AddConstraint("keptanswer", models.UniqueConstraint(
            fields=["key", "name_hash"], name="records_kept_answer_once")),
        migrations.AddIndex("keptanswer", models.Index(fields=["at"], name="records_kept_answer_at")),
        migrations.CreateModel("WebhookEndpoint", [
            _id(),
            ("url", models.CharField(max_length=500)),
            ("events", models.JSONField(default=list)),
            ("sealed_key", models.BinaryField()),
            ("public_key", models.CharField(max_length=80)),
            ("created_at", models.DateTimeField()),
            ("disabled_at", models.DateTimeField(null=True)),
            ("disabled_why", models.CharField(blank=True, max_length=20)),
            ("holder", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="webhook_endpoints",
                                         to=settings.AUTH_USER_MODEL)),
            ("organisation", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT,
                                               related_name="webhook_endpoints", to="records.organisation")),
        ]),
        migrations.AddIndex("webhookendpoint", models.Index(
            fields=["holder"], name="records_webhook_in_use", condition=Q(disabled_at__isnull=True))),
        migrations.AddConstraint("webhookendpoint", models.CheckConstraint(
            name="records_webhook_of_known_events", condition=Q(events__contained_by=_EVENTS))),
        migrations.CreateModel("WebhookDelivery", [
            _id(),
            ("hook_id", models.CharField(max_length=60, unique=True)),
            ("event", models.CharField(choices=[(one, one) for one in _EVENTS], max_length=30)),
            ("body", models.TextField()),
            ("state", models.CharField(choices=[(one, one) for one in _STATES], default="waiting", max_length=20)),
            ("created_at", models.DateTimeField()),
            ("attempts", models.PositiveSmallIntegerField(default=0)),
            ("next_attempt_at", models.DateTimeField()),
            ("ended_at", models.DateTimeField(null=True)),
            ("failure", models.CharField(blank=True, max_length=60)),
            ("report", models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT,
                                         related_name="webhook_deliveries", to="records.report")),
            ("endpoint", models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="deliveries",
                                           to="records.webhookendpoint")),
        ]),
        migrations.AddIndex("webhookdelivery", models.Index(
            fields=["next_attempt_at"], name="records_webhook_due", condition=Q(state="waiting"))),
        migrations.AddConstraint("webhookdelivery", models.CheckConstraint(
            name="records_webhookdelivery_event_is_a_term", condition=Q(event__in=_EVENTS))),
        migrations.AddConstraint("webhookdelivery", models.CheckConstraint(
            name="records_webhookdelivery_state_is_a_term", condition=Q(state__in=_STATES))),
    ]
