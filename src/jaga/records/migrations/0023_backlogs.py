"""Files of public content that are screened and filed block by block."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from jaga.records.operations_together import OperationsTogether


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0022_the_watch'),
    ]

    operations = [
        OperationsTogether([
            migrations.CreateModel(
                name='Backlog',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('name', models.CharField(max_length=120)),
                    ('sha256', models.CharField(max_length=64)),
                    ('size', models.PositiveBigIntegerField()),
                    ('columns', models.JSONField()),
                    ('policy_hash', models.CharField(max_length=64)),
                    ('engine', models.CharField(max_length=300)),
                    ('begun_at', models.DateTimeField()),
                    ('finished_at', models.DateTimeField(null=True)),
                    ('receipt', models.TextField(blank=True, default='')),
                    ('platform', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='backlogs', to='records.platform')),
                ],
            ),
            migrations.CreateModel(
                name='BacklogBlock',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveIntegerField()),
                    ('start', models.PositiveBigIntegerField()),
                    ('size', models.PositiveIntegerField()),
                    ('input_hash', models.CharField(max_length=64)),
                    ('tries', models.PositiveSmallIntegerField(default=0)),
                    ('why', models.CharField(blank=True, default='', max_length=80)),
                    ('poisoned_at', models.DateTimeField(null=True)),
                    ('done_at', models.DateTimeField(null=True)),
                    ('output_hash', models.CharField(blank=True, default='', max_length=64)),
                    ('root', models.CharField(blank=True, default='', max_length=64)),
                    ('rows_read', models.PositiveIntegerField(default=0)),
                    ('unread', models.PositiveIntegerField(default=0)),
                    ('copies', models.PositiveIntegerField(default=0)),
                    ('flagged', models.PositiveIntegerField(default=0)),
                    ('unusable', models.PositiveIntegerField(default=0)),
                    ('repeated', models.PositiveIntegerField(default=0)),
                    ('filed', models.PositiveIntegerField(default=0)),
                    ('backlog', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='blocks', to='records.backlog')),
                ],
            ),
            migrations.AddConstraint(
                model_name='backlog',
                constraint=models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='records_backlog_hash_is_sha256'),
            ),
            migrations.AddConstraint(
                model_name='backlog',
                constraint=models.UniqueConstraint(fields=('platform', 'sha256', 'columns', 'policy_hash', 'engine'), name='records_backlog_once'),
            ),
            migrations.AddConstraint(
                model_name='backlog',
                constraint=models.CheckConstraint(condition=models.Q(('finished_at__isnull', True), models.Q(('receipt', ''), _negated=True), _connector='XOR'), name='records_backlog_finished_with_receipt'),
            ),
            migrations.AddIndex(
                model_name='backlogblock',
                index=models.Index(condition=models.Q(('done_at__isnull', True), ('poisoned_at__isnull', True)), fields=['backlog', 'number'], name='records_backlog_block_open'),
            ),
            migrations.AddConstraint(
                model_name='backlogblock',
                constraint=models.UniqueConstraint(fields=('backlog', 'number'), name='records_backlog_block_once'),
            ),
            migrations.AddConstraint(
                model_name='backlogblock',
                constraint=models.CheckConstraint(condition=models.Q(('done_at__isnull', True), ('poisoned_at__isnull', True), _connector='OR'), name='records_backlog_block_done_or_poison'),
            ),
            migrations.AddConstraint(
                model_name='backlogblock',
                constraint=models.CheckConstraint(condition=models.Q(('done_at__isnull', True), models.Q(('output_hash__regex', '^[0-9a-f]{64}$'), ('root__regex', '^[0-9a-f]{64}$')), _connector='OR'), name='records_backlog_block_done_with_hashes'),
            ),
            migrations.AddConstraint(
                model_name='backlogblock',
                constraint=models.CheckConstraint(condition=models.Q(('flagged', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('unusable'), '+', models.F('repeated')), '+', models.F('filed'))), ('rows_read__gte', models.F('flagged'))), name='records_backlog_block_adds_up'),
            ),
        ]),
    ]
