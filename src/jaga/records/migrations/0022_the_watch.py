"""Watches of public content: proposed by one person, started by another, with what they keep (ADR 0093).

The flag `watched` of a platform no longer reads by itself: it permits to watch its public rooms.
"""

from pathlib import Path

import datetime
import django.db.models.deletion
import django.db.models.expressions
import jaga.core.terms.breaches
import jaga.core.terms.watch
from django.conf import settings
from django.db import migrations, models

from jaga.records.operations_together import OperationsTogether

_GUARDS = (Path(__file__).parent / "guards_0022" / "watch.sql").read_text()
_REMOVE = "".join(f"DROP FUNCTION IF EXISTS {name} CASCADE;\n" for name in (
    "records_watch_guard()", "records_watch_runs(bigint)", "records_watch_reads_guard()", "records_watchfinding_kept()",
    "records_accountlookup_guard()")) + "DROP TRIGGER IF EXISTS records_watchoptout_append_only ON records_watchoptout;\n"


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0021_names_of_forgotten_accounts'),
    ]

    operations = [
        OperationsTogether([
            migrations.CreateModel(
                name='AccountLookup',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('account', models.BinaryField(max_length=32)),
                    ('reason', models.TextField()),
                    ('asked_at', models.DateTimeField()),
                    ('permitted_at', models.DateTimeField(null=True)),
                    ('carried_out_at', models.DateTimeField(null=True)),
                    ('found', models.PositiveIntegerField(null=True)),
                ],
            ),
            migrations.CreateModel(
                name='ObservedHash',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('native', models.BinaryField(max_length=32)),
                    ('content', models.BinaryField(max_length=32)),
                    ('at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='Watch',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('public_rooms', 'public_rooms'), ('mastodon', 'mastodon'), ('atproto', 'atproto'), ('web', 'web'), ('file', 'file')], max_length=20)),
                    ('url', models.CharField(blank=True, max_length=2000)),
                    ('surfaces', models.JSONField(default=list)),
                    ('token_file', models.CharField(blank=True, max_length=60)),
                    ('token_owner', models.CharField(blank=True, max_length=200)),
                    ('legal_basis', models.CharField(max_length=80)),
                    ('legal_citation', models.CharField(max_length=300)),
                    ('policy_hash', models.CharField(max_length=64)),
                    ('purpose', models.TextField()),
                    ('budget', models.PositiveIntegerField()),
                    ('ends_at', models.DateTimeField()),
                    ('proposed_at', models.DateTimeField()),
                    ('start_until', models.DateTimeField()),
                    ('started_at', models.DateTimeField(null=True)),
                    ('ended_at', models.DateTimeField(null=True)),
                    ('ended_why', models.TextField(blank=True)),
                ],
            ),
            migrations.CreateModel(
                name='WatchDay',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('day', models.DateField()),
                    ('observed', models.PositiveIntegerField(default=0)),
                    ('edits', models.PositiveIntegerField(default=0)),
                    ('flagged', models.PositiveIntegerField(default=0)),
                    ('filed', models.PositiveIntegerField(default=0)),
                    ('repeated', models.PositiveIntegerField(default=0)),
                    ('opted_out', models.PositiveIntegerField(default=0)),
                    ('deleted', models.PositiveIntegerField(default=0)),
                    ('over_budget', models.PositiveIntegerField(default=0)),
                    ('set_aside', models.PositiveIntegerField(default=0)),
                ],
            ),
            migrations.CreateModel(
                name='WatchFinding',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('native', models.BinaryField(max_length=32)),
                    ('content', models.BinaryField(max_length=32)),
                    ('account', models.BinaryField(max_length=32)),
                    ('category', models.CharField(max_length=60)),
                    ('kind', models.CharField(choices=[('new', 'new'), ('edit', 'edit')], max_length=10)),
                    ('sealed', models.BinaryField(null=True)),
                    ('seen_at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='WatchOptOut',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('account', models.BinaryField(max_length=32, unique=True)),
                    ('noted_at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='WatchSample',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('native', models.BinaryField(max_length=32)),
                    ('kind', models.CharField(choices=[('public_rooms', 'public_rooms'), ('mastodon', 'mastodon'), ('atproto', 'atproto'), ('web', 'web'), ('file', 'file')], max_length=20)),
                    ('sealed', models.BinaryField()),
                    ('at', models.DateTimeField()),
                ],
            ),
            migrations.RemoveConstraint(
                model_name='breachscope',
                name='records_breach_scope_names_one_thing',
            ),
            migrations.AlterField(
                model_name='alarm',
                name='what',
                field=models.CharField(choices=[('case', 'case'), ('history', 'history'), ('identity', 'identity'), ('picture', 'picture'), ('letter', 'letter'), ('appeal', 'appeal'), ('search', 'search'), ('graph', 'graph'), ('export', 'export'), ('notice', 'notice'), ('order', 'order'), ('report', 'report'), ('batch', 'batch'), ('request', 'request'), ('privacy', 'privacy'), ('earlier', 'earlier'), ('watch', 'watch')], max_length=20),
            ),
            migrations.AlterField(
                model_name='breachscope',
                name='page',
                field=models.CharField(blank=True, choices=[('case', 'case'), ('history', 'history'), ('identity', 'identity'), ('picture', 'picture'), ('letter', 'letter'), ('appeal', 'appeal'), ('search', 'search'), ('graph', 'graph'), ('export', 'export'), ('notice', 'notice'), ('order', 'order'), ('report', 'report'), ('batch', 'batch'), ('request', 'request'), ('privacy', 'privacy'), ('earlier', 'earlier'), ('watch', 'watch')], max_length=20),
            ),
            migrations.AddConstraint(
                model_name='breachscope',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('case__isnull', True), ('key', ''), ('kind', jaga.core.terms.breaches.BreachScopeKind['PERSON']), ('page', ''), ('person__isnull', False)), models.Q(('case__isnull', False), ('key', ''), ('kind', jaga.core.terms.breaches.BreachScopeKind['CASE']), ('page', ''), ('person__isnull', True)), models.Q(('case__isnull', True), ('key', ''), ('kind', jaga.core.terms.breaches.BreachScopeKind['PAGE']), ('page__in', ['case', 'history', 'identity', 'picture', 'letter', 'appeal', 'search', 'graph', 'export', 'notice', 'order', 'report', 'batch', 'request', 'privacy', 'earlier', 'watch']), ('person__isnull', True)), models.Q(('case__isnull', True), ('kind', jaga.core.terms.breaches.BreachScopeKind['KEY']), ('page', ''), ('person__isnull', True), models.Q(('key', ''), _negated=True)), _connector='OR'), name='records_breach_scope_names_one_thing'),
            ),
            migrations.AddField(
                model_name='accountlookup',
                name='asked_by',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='accountlookup',
                name='permitted_by',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='accountlookup',
                name='platform',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.platform'),
            ),
            migrations.AddIndex(
                model_name='observedhash',
                index=models.Index(fields=['at'], name='records_observed_expiry'),
            ),
            migrations.AddConstraint(
                model_name='observedhash',
                constraint=models.UniqueConstraint(fields=('native', 'content'), name='records_observed_once'),
            ),
            migrations.CreateModel(
                name='WatchProgress',
                fields=[
                    ('watch', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='progress', serialize=False, to='records.watch')),
                    ('cursor', models.TextField(blank=True)),
                    ('state', models.CharField(choices=[('waiting', 'waiting'), ('reading', 'reading'), ('unreachable', 'unreachable'), ('refused', 'refused'), ('faulty', 'faulty'), ('went_back', 'went_back'), ('repeating', 'repeating'), ('stalled', 'stalled'), ('budget_used', 'budget_used')], default=jaga.core.terms.watch.SourceState['WAITING'], max_length=20)),
                    ('source_version', models.CharField(blank=True, max_length=100)),
                    ('begun_at', models.DateTimeField(null=True)),
                    ('read_at', models.DateTimeField(null=True)),
                    ('new_at', models.DateTimeField(null=True)),
                    ('failed_at', models.DateTimeField(null=True)),
                    ('why', models.CharField(blank=True, max_length=200)),
                    ('failures', models.PositiveIntegerField(default=0)),
                    ('repeats', models.PositiveIntegerField(default=0)),
                    ('retry_at', models.DateTimeField(null=True)),
                    ('lag', models.DurationField(null=True)),
                ],
            ),
            migrations.AddField(
                model_name='watch',
                name='ended_by',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='watch',
                name='platform',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='watches', to='records.platform'),
            ),
            migrations.AddField(
                model_name='watch',
                name='proposed_by',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='watch',
                name='started_by',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='watchday',
                name='watch',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='days', to='records.watch'),
            ),
            migrations.AddField(
                model_name='watchfinding',
                name='report',
                field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='finding', to='records.report'),
            ),
            migrations.AddField(
                model_name='watchfinding',
                name='watch',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='records.watch'),
            ),
            migrations.AddIndex(
                model_name='watchsample',
                index=models.Index(fields=['native'], name='records_sample_native'),
            ),
            migrations.AddIndex(
                model_name='watchsample',
                index=models.Index(fields=['at'], name='records_sample_expiry'),
            ),
            migrations.AddConstraint(
                model_name='watchsample',
                constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['public_rooms', 'mastodon', 'atproto', 'web', 'file'])), name='records_watchsample_kind_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='accountlookup',
                constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='records_lookup_has_a_reason'),
            ),
            migrations.AddConstraint(
                model_name='accountlookup',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('permitted_at__isnull', True), ('permitted_by__isnull', True)), models.Q(('permitted_at__isnull', False), ('permitted_by__isnull', False), models.Q(('permitted_by', models.F('asked_by')), _negated=True)), _connector='OR'), name='records_lookup_takes_two'),
            ),
            migrations.AddConstraint(
                model_name='accountlookup',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('carried_out_at__isnull', True), ('found__isnull', True)), models.Q(('carried_out_at__isnull', False), ('found__isnull', False), ('permitted_at__isnull', False)), _connector='OR'), name='records_lookup_permitted_first'),
            ),
            migrations.AddConstraint(
                model_name='watchprogress',
                constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'reading', 'unreachable', 'refused', 'faulty', 'went_back', 'repeating', 'stalled', 'budget_used'])), name='records_watchprogress_state_is_a_term'),
            ),
            migrations.AddIndex(
                model_name='watch',
                index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['ends_at'], name='records_watch_not_ended'),
            ),
            migrations.AddConstraint(
                model_name='watch',
                constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['public_rooms', 'mastodon', 'atproto', 'web', 'file'])), name='records_watch_kind_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='watch',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('purpose', ''), _negated=True), models.Q(('legal_basis', ''), _negated=True)), name='records_watch_says_what_for'),
            ),
            migrations.AddConstraint(
                model_name='watch',
                constraint=models.CheckConstraint(condition=models.Q(('policy_hash__regex', '^[0-9a-f]{64}$')), name='records_watch_names_its_policy'),
            ),
            migrations.AddConstraint(
                model_name='watch',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('token_file', ''), ('token_owner', '')), models.Q(models.Q(('token_file', ''), _negated=True), models.Q(('token_owner', ''), _negated=True)), _connector='OR'), name='records_watch_names_its_token'),
            ),
            migrations.AddConstraint(
                model_name='watch',
                constraint=models.CheckConstraint(condition=models.Q(('budget__gte', 1), ('budget__lte', 1000000)), name='records_watch_has_a_budget'),
            ),
            migrations.AddConstraint(
                model_name='watch',
                constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('proposed_at')), ('ends_at__lte', django.db.models.expressions.CombinedExpression(models.F('proposed_at'), '+', models.Value(datetime.timedelta(days=90)))), ('start_until__gt', models.F('proposed_at'))), name='records_watch_is_bounded'),
            ),
            migrations.AddConstraint(
                model_name='watch',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('started_at__isnull', True), ('started_by__isnull', True)), models.Q(('started_at__isnull', False), ('started_at__lte', models.F('start_until')), models.Q(('started_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='records_watch_started_by_another'),
            ),
            migrations.AddConstraint(
                model_name='watch',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by__isnull', True), ('ended_why', '')), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False), models.Q(('ended_why', ''), _negated=True)), models.Q(('ended_at__gte', models.F('ends_at')), ('ended_by__isnull', True), ('ended_why', '')), models.Q(('ended_at__gte', models.F('start_until')), ('ended_by__isnull', True), ('ended_why', ''), ('started_at__isnull', True)), _connector='OR'), name='records_watch_ends_by_a_person_or_its_day'),
            ),
            migrations.AddConstraint(
                model_name='watchday',
                constraint=models.UniqueConstraint(fields=('watch', 'day'), name='records_watch_day_once'),
            ),
            migrations.AddIndex(
                model_name='watchfinding',
                index=models.Index(condition=models.Q(('report__isnull', True)), fields=['account'], name='records_finding_account'),
            ),
            migrations.AddIndex(
                model_name='watchfinding',
                index=models.Index(condition=models.Q(('report__isnull', True)), fields=['seen_at'], name='records_finding_expiry'),
            ),
            migrations.AddConstraint(
                model_name='watchfinding',
                constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['new', 'edit'])), name='records_watchfinding_kind_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='watchfinding',
                constraint=models.UniqueConstraint(fields=('native', 'content'), name='records_found_once'),
            ),
            migrations.AddConstraint(
                model_name='watchfinding',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('report__isnull', True), ('sealed__isnull', False)), models.Q(('report__isnull', False), ('sealed__isnull', True)), _connector='OR'), name='records_finding_is_kept_in_one_place'),
            ),
        ]),
        migrations.RemoveConstraint(
            model_name='accessevent',
            name='records_accessevent_what_is_a_term',
        ),
        migrations.AlterField(
            model_name='accessevent',
            name='what',
            field=models.CharField(choices=[('case', 'case'), ('history', 'history'), ('identity', 'identity'), ('picture', 'picture'), ('letter', 'letter'), ('appeal', 'appeal'), ('search', 'search'), ('graph', 'graph'), ('export', 'export'), ('notice', 'notice'), ('order', 'order'), ('report', 'report'), ('batch', 'batch'), ('request', 'request'), ('privacy', 'privacy'), ('earlier', 'earlier'), ('watch', 'watch')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='accessevent',
            constraint=models.CheckConstraint(condition=models.Q(('what__in', ['case', 'history', 'identity', 'picture', 'letter', 'appeal', 'search', 'graph', 'export', 'notice', 'order', 'report', 'batch', 'request', 'privacy', 'earlier', 'watch'])), name='records_accessevent_what_is_a_term'),
        ),
        migrations.DeleteModel(
            name='WatchCursor',
        ),
        migrations.RunSQL(_GUARDS, _REMOVE),
    ]
