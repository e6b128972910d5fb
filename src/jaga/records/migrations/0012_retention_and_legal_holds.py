"""Retention, legal holds and postponements; what is deleted when its period is over."""

import datetime
from pathlib import Path

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

from jaga.records.operations_together import OperationsTogether

_GUARDS = (Path(__file__).parent / "guards_0012" / "retention.sql").read_text()
_REMOVE = "".join(f"""
DROP TRIGGER IF EXISTS records_{table}_edit_guard ON records_{row};
DROP TRIGGER IF EXISTS records_{table}_guard ON records_{row};
CREATE TRIGGER records_{table}_guard BEFORE {events}UPDATE OR DELETE ON records_{row}
    FOR EACH ROW EXECUTE FUNCTION records_{table}_guard();
""" for table, row, events in (
    ("appeal", "appeal", "INSERT OR "), ("appealreply", "appealreply", "INSERT OR "),
    ("hearinganswer", "hearinganswer", ""), ("holdercheck", "holdercheck", ""),
    ("blind_review", "blindreview", "INSERT OR "), ("traininganswer", "traininganswer", ""))) + """
DROP TRIGGER IF EXISTS records_accessevent_kept ON records_accessevent;
DROP TRIGGER IF EXISTS records_accessevent_append_only ON records_accessevent;
CREATE TRIGGER records_accessevent_append_only BEFORE UPDATE OR DELETE ON records_accessevent
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
DROP TRIGGER IF EXISTS records_hold_guard ON records_legalhold;
DROP TRIGGER IF EXISTS records_erasure_guard ON records_retentionerasure;
DROP TRIGGER IF EXISTS records_retentionerasure_append_only ON records_retentionerasure;
DROP TRIGGER IF EXISTS records_retentionpostponement_append_only ON records_retentionpostponement;
DROP TRIGGER IF EXISTS records_accesslogerasure_append_only ON records_accesslogerasure;
DROP FUNCTION IF EXISTS records_hold_guard();
DROP FUNCTION IF EXISTS records_erasure_guard();
DROP FUNCTION IF EXISTS records_access_kept();
DROP FUNCTION IF EXISTS records_forget_access_log(bigint, integer);
DROP FUNCTION IF EXISTS records_forget_sign_in(timestamptz, integer);
DROP FUNCTION IF EXISTS records_only_emptied(text, jsonb, jsonb, text[], text);
DROP FUNCTION IF EXISTS records_case_of(text, jsonb);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0011_keyed_search_words'),
    ]

    operations = [
        OperationsTogether([
            migrations.CreateModel(
                name='AccessLogErasure',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('rule', models.CharField(max_length=60)),
                    ('count', models.PositiveBigIntegerField()),
                    ('at', models.DateTimeField()),
                    ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.ledgerentry')),
                    ('seal', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='erasure', to='records.accesslogseal')),
                ],
            ),
            migrations.CreateModel(
                name='RetentionErasure',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('reporter_identity', 'reporter_identity'), ('report_texts', 'report_texts'), ('pictures', 'pictures'), ('decision', 'decision'), ('appeal', 'appeal'), ('indicators', 'indicators'), ('training', 'training'), ('exports', 'exports'), ('access_log', 'access_log')], max_length=20)),
                    ('rule', models.CharField(max_length=60)),
                    ('policy_hash', models.CharField(max_length=64)),
                    ('due_on', models.DateField()),
                    ('at', models.DateTimeField()),
                    ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='erasures', to='records.case')),
                    ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.ledgerentry')),
                ],
            ),
            migrations.CreateModel(
                name='FileToDelete',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('sha256', models.CharField(blank=True, max_length=64)),
                    ('folder', models.CharField(blank=True, max_length=200)),
                    ('erasure', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='records.retentionerasure')),
                ],
            ),
            migrations.CreateModel(
                name='RetentionPostponement',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('at', models.DateTimeField()),
                    ('reason', models.TextField()),
                    ('ends_at', models.DateTimeField()),
                    ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='postponements', to='records.case')),
                ],
            ),
            migrations.CreateModel(
                name='RetentionSweep',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('day', models.DateField(unique=True)),
                    ('after', models.BigIntegerField(default=0)),
                    ('cases', models.PositiveIntegerField(default=0)),
                    ('ended_at', models.DateTimeField(null=True)),
                ],
            ),
            migrations.CreateModel(
                name='LegalHold',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reason', models.TextField()),
                    ('asked_at', models.DateTimeField()),
                    ('confirm_until', models.DateTimeField()),
                    ('ends_at', models.DateTimeField()),
                    ('confirmed_at', models.DateTimeField(null=True)),
                    ('ended_at', models.DateTimeField(null=True)),
                    ('ended_why', models.TextField(blank=True)),
                    ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='legal_holds', to='records.case')),
                    ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('extends', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='extensions', to='records.legalhold')),
                    ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'indexes': [models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['case', 'ends_at'], name='records_hold_of_case')],
                    'constraints': [models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='records_hold_says_why'), models.CheckConstraint(condition=models.Q(('confirm_until__gt', models.F('asked_at')), ('ends_at__gt', models.F('asked_at')), ('ends_at__lte', django.db.models.expressions.CombinedExpression(models.F('asked_at'), '+', models.Value(datetime.timedelta(days=366))))), name='records_hold_is_bounded'), models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at__isnull', True), ('confirmed_by__isnull', True)), models.Q(('confirmed_at__isnull', False), ('confirmed_at__lte', models.F('confirm_until')), models.Q(('confirmed_by', models.F('asked_by')), _negated=True)), _connector='OR'), name='records_hold_confirmed_by_another'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by__isnull', True), ('ended_why', '')), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False), models.Q(('ended_why', ''), _negated=True)), _connector='OR'), name='records_hold_ends_with_a_reason')],
                },
            ),
            migrations.AddConstraint(
                model_name='retentionerasure',
                constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['reporter_identity', 'report_texts', 'pictures', 'decision', 'appeal', 'indicators', 'training', 'exports'])), name='records_erasure_is_of_a_case'),
            ),
            migrations.AddConstraint(
                model_name='retentionerasure',
                constraint=models.UniqueConstraint(fields=('case', 'kind'), name='records_erased_once_by_kind'),
            ),
            migrations.AddConstraint(
                model_name='retentionerasure',
                constraint=models.CheckConstraint(condition=models.Q(('rule', ''), _negated=True), name='records_erasure_names_its_rule'),
            ),
            migrations.AddConstraint(
                model_name='retentionerasure',
                constraint=models.CheckConstraint(condition=models.Q(('policy_hash__regex', '^[0-9a-f]{64}$')), name='records_erasure_names_its_policy'),
            ),
            migrations.AddConstraint(
                model_name='filetodelete',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('sha256', ''), models.Q(('folder', ''), _negated=True)), models.Q(('folder', ''), models.Q(('sha256', ''), _negated=True)), _connector='OR'), name='records_file_to_delete_is_one'),
            ),
            migrations.AddConstraint(
                model_name='retentionpostponement',
                constraint=models.UniqueConstraint(fields=('case', 'by'), name='records_postponed_once_by_each'),
            ),
            migrations.AddConstraint(
                model_name='retentionpostponement',
                constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='records_postponement_says_why'),
            ),
            migrations.AddConstraint(
                model_name='retentionpostponement',
                constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('at')), ('ends_at__lte', django.db.models.expressions.CombinedExpression(models.F('at'), '+', models.Value(datetime.timedelta(days=180))))), name='records_postponement_is_bounded'),
            ),
            migrations.CreateModel(
                name='RetentionClock',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('seen_at', models.DateTimeField()),
                    ('doubted_at', models.DateTimeField(null=True)),
                    ('confirmed_at', models.DateTimeField(null=True)),
                    ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'constraints': [models.CheckConstraint(condition=models.Q(('pk', 1)), name='records_one_retention_clock'), models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at__isnull', True), ('confirmed_by__isnull', True)), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False)), _connector='OR'), name='records_clock_confirmed_by_somebody')],
                },
            ),
            migrations.CreateModel(
                name='RetentionDue',
                fields=[
                    ('case', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='retention_due', serialize=False, to='records.case')),
                    ('look_on', models.DateField(null=True)),
                    ('due_on', models.DateField(null=True)),
                    ('policy_hash', models.CharField(max_length=64)),
                ],
                options={
                    'indexes': [models.Index(condition=models.Q(('look_on__isnull', False)), fields=['look_on', 'case'], name='records_retention_look'), models.Index(condition=models.Q(('due_on__isnull', False)), fields=['due_on', 'case'], name='records_retention_planned')],
                },
            ),
        ]),
        migrations.RunSQL(_GUARDS, _REMOVE),
    ]
