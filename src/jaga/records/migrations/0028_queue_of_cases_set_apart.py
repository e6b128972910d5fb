"""An index for cases set apart: each page of the queue counts them, and they are few among very many."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0027_changing_columns_bound'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('escalated_at__isnull', True), ('snoozed_until__isnull', True), ('state__in', ['in_review', 'second_vote', 'adjudication']), ('apart', True)), fields=['queue', 'rank_at', 'id'], name='records_queue_apart'),
        ),
    ]
