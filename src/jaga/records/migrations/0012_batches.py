"""Batches of rows, and what became of each row."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

CHANNELS = ["public", "ministry", "police", "agency", "watch", "flagger", "app"]
STATES = ["received", "ready", "running", "done", "cancelled", "failed"]
FORMATS = ["csv", "xlsx", "jsonl", "xarf"]


def _choices(values):
    return [(value, value) for value in values]


class Migration(migrations.Migration):
    """Two new tables; nothing that was there changes."""

    dependencies: ClassVar = [("records", "0011_api")]
    operations: ClassVar = [
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sender_key', models.CharField(max_length=40)),
                ('channel', models.CharField(choices=_choices(CHANNELS), max_length=20)),
                ('name', models.CharField(max_length=120)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.PositiveBigIntegerField()),
                ('platform', models.CharField(blank=True, max_length=60)),
                ('category', models.CharField(blank=True, max_length=60)),
                ('starts_itself', models.BooleanField(default=False)),
                ('state', models.CharField(choices=_choices(STATES), default='received', max_length=20)),
                ('format', models.CharField(blank=True, choices=_choices(FORMATS), max_length=20)),
                ('encoding', models.CharField(blank=True, max_length=20)),
                ('ignored', models.JSONField(default=list)),
                ('sample', models.JSONField(default=list)),
                ('seen', models.PositiveIntegerField(default=0)),
                ('good', models.PositiveIntegerField(default=0)),
                ('double', models.PositiveIntegerField(default=0)),
                ('refused', models.PositiveIntegerField(default=0)),
                ('filed', models.PositiveIntegerField(default=0)),
                ('done_to', models.PositiveIntegerField(default=0)),
                ('tries', models.PositiveIntegerField(default=0)),
                ('why', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField()),
                ('looked_at', models.DateTimeField(null=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('organisation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='records.organisation')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='batches', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=Q(('state__in', ['received', 'running'])), fields=['id'], name='records_batch_open')],
                'constraints': [
                    models.CheckConstraint(condition=Q(('channel__in', CHANNELS)), name='records_batch_channel_is_a_term'),
                    models.CheckConstraint(condition=Q(('state__in', STATES)), name='records_batch_state_is_a_term'),
                    models.CheckConstraint(condition=Q(('sha256__regex', '^[0-9a-f]{64}$')), name='records_batch_hash_is_sha256'),
                    models.CheckConstraint(condition=Q(('filed__lte', F('good'))), name='records_batch_files_good_rows_only'),
                    models.CheckConstraint(condition=Q(Q(('state', 'failed'), _negated=True), Q(('why', {}), _negated=True), _connector='OR'), name='records_batch_failed_with_a_reason'),
                    models.UniqueConstraint(fields=('sender_key', 'sha256'), name='records_batch_once'),
                ],
            },
        ),
        migrations.CreateModel(
            name='BatchRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('repeats', models.PositiveIntegerField(null=True)),
                ('errors', models.JSONField(default=list)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='records.batch')),
                ('report', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='batch_row', to='records.report')),
            ],
            options={
                'indexes': [models.Index(condition=Q(('errors', []), _negated=True), fields=['batch', 'number'], name='records_batch_row_refused')],
                'constraints': [
                    models.UniqueConstraint(fields=('batch', 'number'), name='records_batch_row_ends_once'),
                    models.CheckConstraint(condition=Q(Q(('errors', []), ('repeats__isnull', True), ('report__isnull', False)), Q(('errors', []), ('repeats__isnull', False), ('report__isnull', True)), Q(('repeats__isnull', True), ('report__isnull', True), Q(('errors', []), _negated=True)), _connector='OR'), name='records_batch_row_has_one_end'),
                ],
            },
        ),
    ]
