"""Flagged observations name their pictures, whose bytes a person may ask for."""

from pathlib import Path

import django.db.models.deletion
import jaga.core.terms.watch
import jaga.records.sealed_text
from django.conf import settings
from django.db import migrations, models

_GUARDS = (Path(__file__).parent / "guards_0036" / "media.sql").read_text()
_BACK = """
DROP TRIGGER IF EXISTS records_watchmedia_guard ON records_watchmedia;
DROP FUNCTION IF EXISTS records_watchmedia_guard();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0035_states_and_moments_bound'),
    ]

    operations = [
        migrations.CreateModel(
            name='WatchMedia',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('address', jaga.records.sealed_text.SealedTextField(blank=True)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('state', models.CharField(choices=[('named', 'named'), ('asked', 'asked'), ('kept', 'kept'), ('unavailable', 'unavailable')], default=jaga.core.terms.watch.MediaState['NAMED'], max_length=20)),
                ('asked_at', models.DateTimeField(null=True)),
                ('reason', jaga.records.sealed_text.SealedTextField(blank=True)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('ended_at', models.DateTimeField(null=True)),
                ('why', models.CharField(blank=True, max_length=200)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='media', to='records.report')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('state', jaga.core.terms.watch.MediaState['ASKED'])), fields=['asked_at'], name='records_media_waiting')],
                'constraints': [models.CheckConstraint(condition=models.Q(('address', ''), ('address__startswith', 'k1:'), _connector='OR'), name='records_watchmedia_address_sealed'), models.CheckConstraint(condition=models.Q(('reason', ''), ('reason__startswith', 'k1:'), _connector='OR'), name='records_watchmedia_reason_sealed'), models.CheckConstraint(condition=models.Q(('state__in', ['named', 'asked', 'kept', 'unavailable'])), name='records_watchmedia_state_is_a_term'), models.UniqueConstraint(fields=('report', 'number'), name='records_media_numbered_once'), models.CheckConstraint(condition=models.Q(('sha256', ''), ('sha256__regex', '^[0-9a-f]{64}$'), _connector='OR'), name='records_media_hash_is_sha256'), models.CheckConstraint(condition=models.Q(models.Q(('asked_at__isnull', True), ('asked_by__isnull', True), ('reason', '')), models.Q(('asked_at__isnull', False), ('asked_by__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='records_media_asked_for_by_a_person'), models.CheckConstraint(condition=models.Q(models.Q(('asked_by__isnull', True), ('ended_at__isnull', True), ('state', jaga.core.terms.watch.MediaState['NAMED'])), models.Q(('asked_by__isnull', False), ('ended_at__isnull', True), ('state', jaga.core.terms.watch.MediaState['ASKED'])), models.Q(('asked_by__isnull', False), ('ended_at__isnull', False), ('state', jaga.core.terms.watch.MediaState['KEPT'])), models.Q(('ended_at__isnull', False), ('state', jaga.core.terms.watch.MediaState['UNAVAILABLE'])), _connector='OR'), name='records_media_states')],
            },
        ),
        migrations.RunSQL(_GUARDS, _BACK),
    ]
