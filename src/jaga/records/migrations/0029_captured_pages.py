"""Pages of flagged observations are captured; their archives are evidence."""

import django.db.models.deletion
import jaga.core.terms.watch
from django.db import migrations, models

from jaga.records.operations_together import OperationsTogether


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0028_queue_of_cases_set_apart'),
    ]

    operations = [
        OperationsTogether([
            migrations.CreateModel(
                name='WatchCapture',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('state', models.CharField(choices=[('waiting', 'waiting'), ('rendered', 'rendered'), ('page_only', 'page_only'), ('text_only', 'text_only')], default=jaga.core.terms.watch.CaptureState['WAITING'], max_length=20)),
                    ('sealed', models.BinaryField(null=True)),
                    ('found_at', models.DateTimeField()),
                    ('tries', models.PositiveSmallIntegerField(default=0)),
                    ('ended_at', models.DateTimeField(null=True)),
                    ('why', models.CharField(blank=True, max_length=200)),
                ],
            ),
            migrations.RemoveConstraint(
                model_name='evidence',
                name='records_evidence_kind_is_a_term',
            ),
            migrations.AlterField(
                model_name='evidence',
                name='kind',
                field=models.CharField(choices=[('screenshot', 'screenshot'), ('link', 'link'), ('letter', 'letter'), ('text', 'text'), ('profile', 'profile'), ('messages', 'messages'), ('media', 'media'), ('page', 'page')], max_length=20),
            ),
            migrations.AddConstraint(
                model_name='evidence',
                constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['screenshot', 'link', 'letter', 'text', 'profile', 'messages', 'media', 'page'])), name='records_evidence_kind_is_a_term'),
            ),
            migrations.AddField(
                model_name='watchcapture',
                name='finding',
                field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='capture', to='records.watchfinding'),
            ),
            migrations.AddIndex(
                model_name='watchcapture',
                index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['found_at'], name='records_capture_waiting'),
            ),
            migrations.AddConstraint(
                model_name='watchcapture',
                constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'rendered', 'page_only', 'text_only'])), name='records_watchcapture_state_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='watchcapture',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('sealed__isnull', False), ('state', jaga.core.terms.watch.CaptureState['WAITING'])), models.Q(models.Q(('state', jaga.core.terms.watch.CaptureState['WAITING']), _negated=True), ('ended_at__isnull', False), ('sealed__isnull', True)), _connector='OR'), name='records_capture_has_an_address_while_it_waits'),
            ),
        ]),
    ]
