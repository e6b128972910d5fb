"""Runs over many cases at once, their items, and labels."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

GUARD = """
-- A closure is voted account by account: no decision that a run made may be one, whoever writes the row.
CREATE FUNCTION records_bulk_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.decision_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM records_decision d WHERE d.id = NEW.decision_id AND d.kind NOT IN ('dismiss', 'restrict')) THEN
        RAISE EXCEPTION 'jaga: nothing is closed or removed in bulk' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_bulk_guard BEFORE INSERT OR UPDATE ON records_bulkitem
    FOR EACH ROW EXECUTE FUNCTION records_bulk_guard();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0019_search'),
    ]

    operations = [
        migrations.CreateModel(
            name='BulkRun',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('dismiss', 'dismiss'), ('route', 'route'), ('label', 'label'), ('restrict', 'restrict')], max_length=20)),
                ('state', models.CharField(choices=[('draft', 'draft'), ('proposed', 'proposed'), ('running', 'running'), ('looking', 'looking'), ('paused', 'paused'), ('done', 'done'), ('dropped', 'dropped')], default='draft', max_length=20)),
                ('target', models.CharField(blank=True, max_length=60)),
                ('legal_basis', models.CharField(blank=True, max_length=60)),
                ('facts', models.TextField(blank=True)),
                ('restrict_days', models.PositiveSmallIntegerField(null=True)),
                ('why', models.TextField(blank=True)),
                ('selected_by', models.CharField(blank=True, max_length=300)),
                ('bad_lines', models.JSONField(default=list)),
                ('created_at', models.DateTimeField()),
                ('proposed_at', models.DateTimeField(null=True)),
                ('approved_at', models.DateTimeField(null=True)),
                ('looked_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('checker', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bulk_runs_checked', to=settings.AUTH_USER_MODEL)),
                ('maker', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bulk_runs_made', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='BulkItem',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveIntegerField()),
                ('state', models.CharField(choices=[('chosen', 'chosen'), ('left_out', 'left_out'), ('done', 'done'), ('refused', 'refused'), ('reversed', 'reversed')], default='chosen', max_length=20)),
                ('reports', models.PositiveIntegerField(default=0)),
                ('heard', models.PositiveBigIntegerField(default=0)),
                ('before', models.CharField(blank=True, max_length=60)),
                ('why', models.JSONField(default=dict)),
                ('done_at', models.DateTimeField(null=True)),
                ('reversed_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bulk_items', to='records.case')),
                ('decision', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='bulk_items', to='records.decision')),
                ('reversed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='items', to='records.bulkrun')),
            ],
        ),
        migrations.CreateModel(
            name='CaseLabel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(max_length=40)),
                ('added_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='labels', to='records.case')),
            ],
        ),
        migrations.AddIndex(
            model_name='bulkrun',
            index=models.Index(condition=models.Q(('state', 'running')), fields=['id'], name='records_bulk_running'),
        ),
        migrations.AddConstraint(
            model_name='bulkrun',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['dismiss', 'route', 'label', 'restrict'])), name='records_bulkrun_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='bulkrun',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'proposed', 'running', 'looking', 'paused', 'done', 'dropped'])), name='records_bulkrun_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='bulkrun',
            constraint=models.CheckConstraint(condition=models.Q(('checker__isnull', True), models.Q(('checker', models.F('maker')), _negated=True), _connector='OR'), name='records_bulk_is_checked_by_another'),
        ),
        migrations.AddConstraint(
            model_name='bulkrun',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['running', 'looking', 'paused', 'done']), _negated=True), models.Q(('approved_at__isnull', False), ('checker__isnull', False)), _connector='OR'), name='records_bulk_starts_after_its_check'),
        ),
        migrations.AddConstraint(
            model_name='bulkitem',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['chosen', 'left_out', 'done', 'refused', 'reversed'])), name='records_bulkitem_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='bulkitem',
            constraint=models.UniqueConstraint(fields=('run', 'case'), name='records_bulk_case_once'),
        ),
        migrations.AddConstraint(
            model_name='bulkitem',
            constraint=models.UniqueConstraint(fields=('run', 'place'), name='records_bulk_place_once'),
        ),
        migrations.AddConstraint(
            model_name='bulkitem',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'refused'), _negated=True), models.Q(('why', {}), _negated=True), _connector='OR'), name='records_bulk_refused_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='bulkitem',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'reversed'), _negated=True), models.Q(('reversed_at__isnull', False), ('reversed_by__isnull', False)), _connector='OR'), name='records_bulk_reversed_by_somebody'),
        ),
        migrations.AddIndex(
            model_name='caselabel',
            index=models.Index(condition=models.Q(('withdrawn_at__isnull', True)), fields=['label', 'case'], name='records_label_find'),
        ),
        migrations.AddConstraint(
            model_name='caselabel',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('case', 'label'), name='records_label_once'),
        ),
        migrations.AddConstraint(
            model_name='caselabel',
            constraint=models.CheckConstraint(condition=models.Q(('label__regex', '^[a-z0-9][a-z0-9-]{0,39}$')), name='records_label_is_a_word'),
        ),
        migrations.RunSQL(GUARD, 'DROP FUNCTION records_bulk_guard CASCADE;'),
    ]
