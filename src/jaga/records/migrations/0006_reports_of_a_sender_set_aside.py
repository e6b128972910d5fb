"""All reports of one sender set aside by a supervisor, and the index by which they are found."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from jaga.records.operations_together import OperationsTogether

_GUARD = """
CREATE FUNCTION records_senders_aside_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR TG_TABLE_NAME = 'records_setasidereport' OR OLD.undone_at IS NOT NULL
       OR to_jsonb(NEW) - ARRAY['undone_at', 'undone_by_id'] IS DISTINCT FROM
          to_jsonb(OLD) - ARRAY['undone_at', 'undone_by_id'] THEN
        RAISE EXCEPTION 'jaga: setting aside is undone once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_senders_aside_guard BEFORE UPDATE OR DELETE ON records_reportersetaside
    FOR EACH ROW EXECUTE FUNCTION records_senders_aside_guard();
CREATE TRIGGER records_senders_asidereport_guard BEFORE UPDATE OR DELETE ON records_setasidereport
    FOR EACH ROW EXECUTE FUNCTION records_senders_aside_guard();
"""
_REMOVE = """
DROP TRIGGER IF EXISTS records_senders_asidereport_guard ON records_setasidereport;
DROP TRIGGER IF EXISTS records_senders_aside_guard ON records_reportersetaside;
DROP FUNCTION IF EXISTS records_senders_aside_guard();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0005_questions_about_the_policy'),
    ]

    operations = [
        OperationsTogether([
            migrations.CreateModel(
                name='ReporterSetAside',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('reasons', models.TextField()),
                    ('at', models.DateTimeField()),
                    ('undo_until', models.DateTimeField()),
                    ('undone_at', models.DateTimeField(null=True)),
                ],
            ),
            migrations.CreateModel(
                name='SetAsideReport',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('held', models.BooleanField()),
                ],
            ),
            migrations.AddField(
                model_name='report',
                name='set_aside_at',
                field=models.DateTimeField(null=True),
            ),
            migrations.AlterField(
                model_name='report',
                name='source_reason',
                field=models.CharField(blank=True, choices=[('new', 'new'), ('same_sender', 'same_sender'), ('same_network', 'same_network'), ('same_words', 'same_words'), ('burst', 'burst'), ('bad_faith', 'bad_faith'), ('withdrawn', 'withdrawn'), ('set_aside', 'set_aside')], max_length=20),
            ),
            migrations.AddIndex(
                model_name='report',
                index=models.Index(condition=models.Q(('contact_key__isnull', False)), fields=['contact_key'], name='records_report_contact'),
            ),
            migrations.AddField(
                model_name='reportersetaside',
                name='by',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='reportersetaside',
                name='report',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.report'),
            ),
            migrations.AddField(
                model_name='reportersetaside',
                name='undone_by',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='setasidereport',
                name='report',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.report'),
            ),
            migrations.AddField(
                model_name='setasidereport',
                name='set_aside',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='records.reportersetaside'),
            ),
            migrations.AddConstraint(
                model_name='reportersetaside',
                constraint=models.CheckConstraint(condition=models.Q(('reasons', ''), _negated=True), name='records_set_aside_says_why'),
            ),
            migrations.AddConstraint(
                model_name='reportersetaside',
                constraint=models.CheckConstraint(condition=models.Q(('undo_until__gt', models.F('at'))), name='records_set_aside_can_be_undone'),
            ),
            migrations.AddConstraint(
                model_name='reportersetaside',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('undone_at__isnull', True), ('undone_by__isnull', True)), models.Q(('undone_at__isnull', False), ('undone_at__lte', models.F('undo_until')), ('undone_by__isnull', False)), _connector='OR'), name='records_set_aside_undone_in_time_by_somebody'),
            ),
            migrations.AddConstraint(
                model_name='setasidereport',
                constraint=models.UniqueConstraint(fields=('set_aside', 'report'), name='records_set_aside_report_once'),
            ),
        ]),
        migrations.RunSQL(_GUARD, _REMOVE),
    ]
