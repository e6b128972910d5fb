"""Clusters of nearly the same text, the keys by which they are found, and which case stands in the line of which."""

import django.db.models.deletion
from django.db import migrations, models

APART = """
-- Whoever may be in danger stands in the queue by themselves, whatever verb or statement writes the row.
CREATE FUNCTION records_case_stands_apart() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.cluster_id := NULL;
    RETURN NEW;
END $$;
CREATE TRIGGER records_case_stands_apart BEFORE INSERT OR UPDATE ON records_case
    FOR EACH ROW WHEN (NEW.cluster_id IS NOT NULL AND (NEW.urgent OR NEW.victim_first))
    EXECUTE FUNCTION records_case_stands_apart();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0025_batch_key'),
    ]

    operations = [
        migrations.CreateModel(
            name='ClusterKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Cluster',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('same', models.BinaryField(max_length=32, unique=True)),
                ('made_at', models.DateTimeField()),
                ('report', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='cluster_led', to='records.report')),
            ],
        ),
        migrations.AddField(
            model_name='case',
            name='cluster',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='cases', to='records.cluster'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('escalated_at__isnull', True), ('held_until__isnull', True), ('state__in', ['in_review', 'second_vote', 'adjudication']), ('cluster__isnull', False)), fields=['cluster', 'rank_at', 'id'], name='records_cluster_waiting'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('cluster__isnull', False)), fields=['cluster', 'subject'], name='records_cluster_of'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('escalated_at__isnull', True), ('held_until__isnull', True), ('state__in', ['in_review', 'second_vote', 'adjudication']), ('cluster__isnull', True)), fields=['queue', 'rank_at', 'id'], name='records_queue_alone'),
        ),
        migrations.AddField(
            model_name='clusterkey',
            name='cluster',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='records.cluster'),
        ),
        migrations.AddIndex(
            model_name='clusterkey',
            index=models.Index(fields=['key', 'cluster'], name='records_cluster_by_key'),
        ),
        migrations.RunSQL(APART, "DROP FUNCTION records_case_stands_apart CASCADE"),
    ]
