"""Of a flagged text that many accounts publish some get a case, and the others wait for its judgement."""

from django.db import migrations, models
from django.db.models import F, Q

# The table is partitioned: a column and an index of the whole are of each part. ADR 0093: without a case nothing is said.
_FLAGGED = """
ALTER TABLE records_flaggedtext ADD COLUMN same_words bigint;
ALTER TABLE records_flaggedtext ADD CONSTRAINT records_flagged_same_words_of_a_case
    CHECK (case_id IS NOT NULL OR same_words IS NULL);
CREATE INDEX records_flagged_same_words ON records_flaggedtext (same_words) WHERE same_words IS NOT NULL;
"""
_BACK = "ALTER TABLE records_flaggedtext DROP COLUMN same_words CASCADE;"


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0037_queue_by_language_and_severity'),
    ]

    operations = [
        migrations.RunSQL(_FLAGGED, _BACK, state_operations=[
            migrations.AddField(model_name='flaggedtext', name='same_words', field=models.BigIntegerField(null=True)),
        ]),
        migrations.AddField(model_name='watchfinding', name='same_words', field=models.BigIntegerField(null=True)),
        migrations.AddConstraint(
            model_name='watchfinding',
            constraint=models.CheckConstraint(condition=Q(('report__isnull', True), ('same_words__isnull', True), _connector='OR'), name='records_finding_waits_without_a_case'),
        ),
        migrations.AddIndex(
            model_name='watchfinding',
            index=models.Index(condition=Q(('same_words__isnull', False)), fields=['same_words'], name='records_finding_waits'),
        ),
        migrations.AddField(model_name='backlogblock', name='waiting', field=models.PositiveIntegerField(db_default=0, default=0)),
        migrations.RemoveConstraint(model_name='backlogblock', name='records_backlog_block_adds_up'),
        migrations.AddConstraint(
            model_name='backlogblock',
            constraint=models.CheckConstraint(condition=Q(('flagged', F('unusable') + F('repeated') + F('filed') + F('waiting')), ('rows_read__gte', F('flagged'))), name='records_backlog_block_adds_up'),
        ),
    ]
