"""Batches that platforms send by themselves, and marks of accounts that are taken back."""

from pathlib import Path

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from jaga.records.operations_together import OperationsTogether

_GUARDS = (Path(__file__).parent / "guards_0025" / "streams.sql").read_text()
# A cursor of public rooms says since then what was taken of an answer, too.
_ROOMS_AHEAD = """
UPDATE records_watchprogress p SET cursor = jsonb_build_object('feed', p.cursor, 'taken', '')::text
FROM records_watch w WHERE w.id = p.watch_id AND w.kind = 'public_rooms' AND p.cursor <> ''
"""
_ROOMS_BACK = """
UPDATE records_watchprogress p SET cursor = p.cursor::jsonb ->> 'feed'
FROM records_watch w WHERE w.id = p.watch_id AND w.kind = 'public_rooms' AND p.cursor <> ''
"""
_REMOVE = """
DROP FUNCTION IF EXISTS records_watchpush_kept() CASCADE;
DROP FUNCTION IF EXISTS records_watchoptout_kept() CASCADE;
DROP TRIGGER IF EXISTS records_watchpush_guard ON records_watchpush;
CREATE TRIGGER records_watchoptout_append_only BEFORE UPDATE OR DELETE ON records_watchoptout
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0024_timestamps_of_heads'),
    ]

    operations = [
        OperationsTogether([
            migrations.CreateModel(
                name='WatchPush',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('number', models.PositiveBigIntegerField()),
                    ('hook_id', models.CharField(max_length=200)),
                    ('digest', models.CharField(max_length=64)),
                    ('format', models.CharField(choices=[('lines', 'lines'), ('arrow', 'arrow')], max_length=10)),
                    ('rows', models.PositiveIntegerField()),
                    ('received_at', models.DateTimeField()),
                    ('sealed', models.BinaryField(null=True)),
                ],
            ),
            migrations.RemoveConstraint(
                model_name='watch',
                name='records_watch_kind_is_a_term',
            ),
            migrations.RemoveConstraint(
                model_name='watchsample',
                name='records_watchsample_kind_is_a_term',
            ),
            migrations.AddField(
                model_name='watchoptout',
                name='taken_back_at',
                field=models.DateTimeField(null=True),
            ),
            migrations.AddField(
                model_name='watchoptout',
                name='taken_back_by',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='watchoptout',
                name='taken_back_why',
                field=models.TextField(blank=True),
            ),
            migrations.AlterField(
                model_name='watch',
                name='kind',
                field=models.CharField(choices=[('public_rooms', 'public_rooms'), ('mastodon', 'mastodon'), ('atproto', 'atproto'), ('web', 'web'), ('file', 'file'), ('stream', 'stream')], max_length=20),
            ),
            migrations.AlterField(
                model_name='watchsample',
                name='kind',
                field=models.CharField(choices=[('public_rooms', 'public_rooms'), ('mastodon', 'mastodon'), ('atproto', 'atproto'), ('web', 'web'), ('file', 'file'), ('stream', 'stream')], max_length=20),
            ),
            migrations.AddConstraint(
                model_name='watch',
                constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['public_rooms', 'mastodon', 'atproto', 'web', 'file', 'stream'])), name='records_watch_kind_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='watchoptout',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('taken_back_by__isnull', True), ('taken_back_why', '')), models.Q(('taken_back_at__isnull', False), ('taken_back_by__isnull', False), models.Q(('taken_back_why', ''), _negated=True)), _connector='OR'), name='records_opt_out_taken_back_with_a_reason'),
            ),
            migrations.AddConstraint(
                model_name='watchsample',
                constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['public_rooms', 'mastodon', 'atproto', 'web', 'file', 'stream'])), name='records_watchsample_kind_is_a_term'),
            ),
            migrations.AddField(
                model_name='watchpush',
                name='watch',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pushes', to='records.watch'),
            ),
            migrations.AddIndex(
                model_name='watchpush',
                index=models.Index(fields=['received_at'], name='records_push_expiry'),
            ),
            migrations.AddConstraint(
                model_name='watchpush',
                constraint=models.CheckConstraint(condition=models.Q(('format__in', ['lines', 'arrow'])), name='records_watchpush_format_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='watchpush',
                constraint=models.UniqueConstraint(fields=('watch', 'number'), name='records_push_numbered_once'),
            ),
            migrations.AddConstraint(
                model_name='watchpush',
                constraint=models.UniqueConstraint(fields=('watch', 'hook_id'), name='records_push_taken_once'),
            ),
            migrations.AddConstraint(
                model_name='watchpush',
                constraint=models.CheckConstraint(condition=models.Q(('digest__regex', '^[0-9a-f]{64}$')), name='records_push_has_its_digest'),
            ),
        ]),
        migrations.RunSQL(_ROOMS_AHEAD, _ROOMS_BACK),
        migrations.RunSQL(_GUARDS, _REMOVE),
    ]
