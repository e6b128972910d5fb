"""Voices: what each report counts for, by what it is known again, and judgements of bad faith."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

REASONS = ["new", "same_sender", "same_network", "same_words", "burst", "bad_faith", "withdrawn"]

# An earlier installation counted each source once, and the first report of each was its voice.
HEARD = """
SET CONSTRAINTS ALL IMMEDIATE;
UPDATE records_report report SET voice = CASE WHEN heard.place = 1 THEN 1 ELSE 0 END,
    voice_reason = CASE WHEN heard.place = 1 THEN 'new' ELSE 'same_sender' END
FROM (SELECT id, row_number() OVER (PARTITION BY case_id, source_key ORDER BY id) AS place FROM records_report
      WHERE case_id IS NOT NULL) heard
WHERE heard.id = report.id;
UPDATE records_report report SET screened_by = signal.version
FROM (SELECT DISTINCT ON (report_id) report_id, version FROM records_signal ORDER BY report_id, id DESC) signal
WHERE signal.report_id = report.id;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):
    """Columns of reports, and two tables."""

    dependencies: ClassVar = [("records", "0012_batches")]
    operations: ClassVar = [
        migrations.AddField("report", "voice", models.FloatField(null=True)),
        migrations.AddField("report", "voice_reason", models.CharField(
            max_length=20, choices=[(reason, reason) for reason in REASONS], blank=True, default=""),
            preserve_default=False),
        migrations.AddField("report", "screened_by", models.CharField(max_length=80, blank=True, default=""),
                            preserve_default=False),
        migrations.RunSQL(HEARD, migrations.RunSQL.noop),
        migrations.AddConstraint("report", models.CheckConstraint(
            name="records_voice_is_a_share", condition=Q(voice__isnull=True) | Q(voice__gte=0, voice__lte=1))),
        migrations.AddIndex("report", models.Index(
            fields=["case"], name="records_report_unheard", condition=Q(voice__isnull=True, case__isnull=False))),
        migrations.AddIndex("report", models.Index(
            fields=["received_at"], name="records_report_network", condition=Q(network_key__isnull=False))),
        migrations.CreateModel("VoiceKey", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("key", models.BinaryField(max_length=16)),
            ("expires_at", models.DateTimeField(null=True)),
            ("case", models.ForeignKey("records.case", on_delete=django.db.models.deletion.CASCADE,
                                       related_name="voice_keys")),
        ]),
        migrations.AddConstraint("voicekey", models.UniqueConstraint(
            fields=["case", "key"], name="records_voice_heard_once")),
        migrations.AddIndex("voicekey", models.Index(
            fields=["expires_at"], name="records_voice_expires", condition=Q(expires_at__isnull=False))),
        migrations.CreateModel("BadFaith", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("reasons", models.TextField()),
            ("at", models.DateTimeField()),
            ("expires_at", models.DateTimeField()),
            ("withdrawn_at", models.DateTimeField(null=True)),
            ("report", models.ForeignKey("records.report", on_delete=django.db.models.deletion.PROTECT,
                                         related_name="bad_faith")),
            ("judged_by", models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=django.db.models.deletion.PROTECT,
                                            related_name="+")),
            ("withdrawn_by", models.ForeignKey(settings.AUTH_USER_MODEL, null=True, related_name="+",
                                               on_delete=django.db.models.deletion.PROTECT)),
        ]),
        migrations.AddConstraint("badfaith", models.UniqueConstraint(
            fields=["report"], name="records_bad_faith_once", condition=Q(withdrawn_at__isnull=True))),
        migrations.AddConstraint("badfaith", models.CheckConstraint(
            name="records_bad_faith_says_why", condition=~Q(reasons=""))),
        migrations.AddConstraint("badfaith", models.CheckConstraint(
            name="records_bad_faith_expires", condition=Q(expires_at__gt=F("at")))),
        migrations.AddConstraint("badfaith", models.CheckConstraint(
            name="records_bad_faith_withdrawn_by_somebody",
            condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
            | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False))),
    ]
