"""Indexes for two filters of the queue, by language and by severity: without them a rare value walks the whole queue."""

from django.db import migrations, models

_VOTING = ['in_review', 'second_vote', 'adjudication']


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0036_media_of_flagged_texts'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('escalated_at__isnull', True), ('snoozed_until__isnull', True),
                                                  ('state__in', _VOTING)),
                               fields=['queue', 'language', 'rank_at', 'id'], name='records_queue_language'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('escalated_at__isnull', True), ('snoozed_until__isnull', True),
                                                  ('state__in', _VOTING), ('severity__gte', 3)),
                               fields=['queue', 'rank_at', 'id'], name='records_queue_severe'),
        ),
    ]
