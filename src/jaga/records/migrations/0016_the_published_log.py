"""The published log: its heads and their cosignatures. A head is never edited; it becomes witnessed once."""

import django.db.models.deletion
from django.db import migrations, models

from jaga.records.operations_together import OperationsTogether

_GUARDS = """
CREATE FUNCTION records_publishedhead_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR to_jsonb(NEW) - 'witnessed_at' IS DISTINCT FROM to_jsonb(OLD) - 'witnessed_at'
       OR OLD.witnessed_at IS NOT NULL THEN
        RAISE EXCEPTION 'jaga: a published head is never edited, and becomes witnessed once'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_publishedhead_guard BEFORE UPDATE OR DELETE ON records_publishedhead
    FOR EACH ROW EXECUTE FUNCTION records_publishedhead_guard();
CREATE TRIGGER records_publishedlog_append_only BEFORE UPDATE OR DELETE ON records_publishedlog
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_headcosignature_append_only BEFORE UPDATE OR DELETE ON records_headcosignature
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
"""
_REMOVE = """
DROP TRIGGER IF EXISTS records_publishedhead_guard ON records_publishedhead;
DROP TRIGGER IF EXISTS records_publishedlog_append_only ON records_publishedlog;
DROP TRIGGER IF EXISTS records_headcosignature_append_only ON records_headcosignature;
DROP FUNCTION IF EXISTS records_publishedhead_guard();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0017_erasures_that_somebody_granted'),
    ]

    operations = [
        OperationsTogether([
            migrations.CreateModel(
                name='PublishedLog',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveIntegerField(unique=True)),
                    ('origin', models.CharField(max_length=250, unique=True)),
                    ('first_seq', models.BigIntegerField()),
                    ('began_at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='PublishedHead',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('size', models.BigIntegerField()),
                    ('root', models.CharField(max_length=64)),
                    ('last_seq', models.BigIntegerField()),
                    ('state', models.BinaryField()),
                    ('due_at', models.DateTimeField()),
                    ('signed_at', models.DateTimeField()),
                    ('note', models.TextField()),
                    ('witnessed_at', models.DateTimeField(null=True)),
                    ('log', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='heads', to='records.publishedlog')),
                ],
            ),
            migrations.CreateModel(
                name='HeadCosignature',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('witness', models.CharField(max_length=300)),
                    ('line', models.TextField()),
                    ('cosigned_at', models.DateTimeField()),
                    ('received_at', models.DateTimeField()),
                    ('head', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cosignatures', to='records.publishedhead')),
                ],
                options={
                    'constraints': [models.UniqueConstraint(fields=('head', 'witness'), name='records_one_cosignature_each')],
                },
            ),
            migrations.AddIndex(
                model_name='publishedhead',
                index=models.Index(fields=['log', 'last_seq'], name='records_head_of_an_entry'),
            ),
            migrations.AddConstraint(
                model_name='publishedhead',
                constraint=models.UniqueConstraint(fields=('log', 'size'), name='records_one_head_of_a_size'),
            ),
            migrations.AddConstraint(
                model_name='publishedhead',
                constraint=models.UniqueConstraint(fields=('log', 'due_at'), name='records_one_head_an_hour'),
            ),
        ]),
        migrations.RunSQL(_GUARDS, _REMOVE),
    ]
