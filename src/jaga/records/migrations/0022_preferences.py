"""Preferences, drafts and presence; and leases that a supervisor took over."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

CASCADE, PROTECT = django.db.models.deletion.CASCADE, django.db.models.deletion.PROTECT
ID = models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")
THEMES = ["auto", "light", "dark"]


class Migration(migrations.Migration):
    """Three tables, and two columns of a lease."""

    dependencies: ClassVar = [("records", "0021_looks")]
    operations: ClassVar = [
        migrations.CreateModel("Preferences", [
            ("id", ID.clone()),
            ("keys", models.JSONField(default=dict)),
            ("keys_on", models.BooleanField(default=True)),
            ("theme", models.CharField(max_length=10, choices=[(one, one) for one in THEMES], default="auto")),
            ("greyscale", models.BooleanField(default=True)),
            ("blur", models.BooleanField(default=True)),
            ("time_zone", models.CharField(max_length=60, default="Asia/Jakarta")),
            ("person", models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=CASCADE, related_name="preferences")),
        ]),
        migrations.CreateModel("Draft", [
            ("id", ID.clone()),
            ("fields", models.JSONField()),
            ("saved_at", models.DateTimeField()),
            ("case", models.ForeignKey("records.case", on_delete=CASCADE, related_name="drafts")),
            ("person", models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=CASCADE, related_name="+")),
        ]),
        migrations.CreateModel("Presence", [
            ("id", ID.clone()),
            ("seen_at", models.DateTimeField()),
            ("case", models.ForeignKey("records.case", on_delete=CASCADE, related_name="presences")),
            ("person", models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=CASCADE, related_name="+")),
        ]),
        migrations.AddConstraint("preferences", models.CheckConstraint(
            name="records_preferences_theme_is_a_term", condition=Q(theme__in=THEMES))),
        migrations.AddConstraint("draft", models.UniqueConstraint(
            fields=["case", "person"], name="records_one_draft_each")),
        migrations.AddIndex("draft", models.Index(fields=["saved_at"], name="records_draft_saved")),
        migrations.AddConstraint("presence", models.UniqueConstraint(
            fields=["case", "person"], name="records_present_once")),
        migrations.AddIndex("presence", models.Index(fields=["seen_at"], name="records_presence_seen")),
        migrations.AddField("lease", "took_over", models.OneToOneField(
            "records.lease", null=True, on_delete=PROTECT, related_name="taken_over_by")),
        migrations.AddField("lease", "reason", models.TextField(blank=True, default=""), preserve_default=False),
        migrations.AddConstraint("lease", models.CheckConstraint(
            name="records_lease_taken_over_with_a_reason",
            condition=Q(took_over__isnull=True, reason="") | (Q(took_over__isnull=False) & ~Q(reason="")))),
    ]
