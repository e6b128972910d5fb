"""The sample of watched texts that people judge, what they said, and rules that stopped by it.

A sampled text may be flagged now; those from before are never drawn. Exposure also counts texts without a case.
"""

from pathlib import Path

import django.db.models.deletion
import jaga.core.terms.breaches
from django.conf import settings
from django.db import migrations, models

from jaga.records.operations_together import OperationsTogether

_GUARDS = (Path(__file__).parent / "guards_0026" / "people_sample.sql").read_text()
_REMOVE = "".join(f"DROP FUNCTION IF EXISTS {name} CASCADE;\n" for name in (
    "records_sampledtext_guard()", "records_samplejudgement_guard()", "records_rulesuspension_guard()"))


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0025_streams_of_platforms'),
    ]

    operations = [
        OperationsTogether([
            migrations.CreateModel(
                name='RuleSuspension',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('rule', models.CharField(max_length=160)),
                    ('category', models.CharField(max_length=60)),
                    ('alarm_only', models.BooleanField()),
                    ('judged', models.PositiveIntegerField()),
                    ('right', models.PositiveIntegerField()),
                    ('upper', models.FloatField()),
                    ('line', models.FloatField()),
                    ('policy_hash', models.CharField(max_length=64)),
                    ('suspended_at', models.DateTimeField()),
                    ('ended_at', models.DateTimeField(null=True)),
                    ('why', models.TextField(blank=True)),
                ],
            ),
            migrations.CreateModel(
                name='SampledText',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('week', models.DateField()),
                    ('kind', models.CharField(choices=[('public_rooms', 'public_rooms'), ('mastodon', 'mastodon'), ('atproto', 'atproto'), ('web', 'web'), ('file', 'file'), ('stream', 'stream')], max_length=20)),
                    ('rule', models.CharField(blank=True, max_length=160)),
                    ('category', models.CharField(blank=True, max_length=60)),
                    ('ticket', models.FloatField()),
                    ('drawn_at', models.DateTimeField()),
                    ('outcome', models.CharField(blank=True, max_length=60, null=True)),
                    ('settled_at', models.DateTimeField(null=True)),
                ],
            ),
            migrations.CreateModel(
                name='SampleJudgement',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('taken_at', models.DateTimeField()),
                    ('answer', models.CharField(blank=True, max_length=60, null=True)),
                    ('judged_at', models.DateTimeField(null=True)),
                    ('left_at', models.DateTimeField(null=True)),
                ],
            ),
            migrations.CreateModel(
                name='ScreenedCount',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('week', models.DateField()),
                    ('kind', models.CharField(choices=[('public_rooms', 'public_rooms'), ('mastodon', 'mastodon'), ('atproto', 'atproto'), ('web', 'web'), ('file', 'file'), ('stream', 'stream')], max_length=20)),
                    ('rule', models.CharField(blank=True, max_length=160)),
                    ('category', models.CharField(blank=True, max_length=60)),
                    ('number', models.PositiveIntegerField(default=0)),
                ],
            ),
            migrations.RemoveConstraint(
                model_name='accessevent',
                name='records_accessevent_what_is_a_term',
            ),
            migrations.RemoveConstraint(
                model_name='breachscope',
                name='records_breach_scope_names_one_thing',
            ),
            migrations.AddField(
                model_name='watchsample',
                name='category',
                field=models.CharField(blank=True, max_length=60),
            ),
            migrations.AddField(
                model_name='watchsample',
                name='rule',
                field=models.CharField(blank=True, max_length=160),
            ),
            migrations.AddField(
                model_name='watchsample',
                name='ticket',
                field=models.FloatField(null=True),
            ),
            migrations.AddField(
                model_name='watchsample',
                name='week',
                field=models.DateField(null=True),
            ),
            migrations.AlterField(
                model_name='accessevent',
                name='what',
                field=models.CharField(choices=[('case', 'case'), ('history', 'history'), ('identity', 'identity'), ('picture', 'picture'), ('letter', 'letter'), ('appeal', 'appeal'), ('search', 'search'), ('graph', 'graph'), ('export', 'export'), ('notice', 'notice'), ('order', 'order'), ('report', 'report'), ('batch', 'batch'), ('request', 'request'), ('privacy', 'privacy'), ('earlier', 'earlier'), ('watch', 'watch'), ('sample', 'sample')], max_length=20),
            ),
            migrations.AlterField(
                model_name='alarm',
                name='what',
                field=models.CharField(choices=[('case', 'case'), ('history', 'history'), ('identity', 'identity'), ('picture', 'picture'), ('letter', 'letter'), ('appeal', 'appeal'), ('search', 'search'), ('graph', 'graph'), ('export', 'export'), ('notice', 'notice'), ('order', 'order'), ('report', 'report'), ('batch', 'batch'), ('request', 'request'), ('privacy', 'privacy'), ('earlier', 'earlier'), ('watch', 'watch'), ('sample', 'sample')], max_length=20),
            ),
            migrations.AlterField(
                model_name='breachscope',
                name='page',
                field=models.CharField(blank=True, choices=[('case', 'case'), ('history', 'history'), ('identity', 'identity'), ('picture', 'picture'), ('letter', 'letter'), ('appeal', 'appeal'), ('search', 'search'), ('graph', 'graph'), ('export', 'export'), ('notice', 'notice'), ('order', 'order'), ('report', 'report'), ('batch', 'batch'), ('request', 'request'), ('privacy', 'privacy'), ('earlier', 'earlier'), ('watch', 'watch'), ('sample', 'sample')], max_length=20),
            ),
            migrations.AlterField(
                model_name='exposure',
                name='case',
                field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='exposures', to='records.case'),
            ),
            migrations.AddConstraint(
                model_name='accessevent',
                constraint=models.CheckConstraint(condition=models.Q(('what__in', ['case', 'history', 'identity', 'picture', 'letter', 'appeal', 'search', 'graph', 'export', 'notice', 'order', 'report', 'batch', 'request', 'privacy', 'earlier', 'watch', 'sample'])), name='records_accessevent_what_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='breachscope',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('case__isnull', True), ('key', ''), ('kind', jaga.core.terms.breaches.BreachScopeKind['PERSON']), ('page', ''), ('person__isnull', False)), models.Q(('case__isnull', False), ('key', ''), ('kind', jaga.core.terms.breaches.BreachScopeKind['CASE']), ('page', ''), ('person__isnull', True)), models.Q(('case__isnull', True), ('key', ''), ('kind', jaga.core.terms.breaches.BreachScopeKind['PAGE']), ('page__in', ['case', 'history', 'identity', 'picture', 'letter', 'appeal', 'search', 'graph', 'export', 'notice', 'order', 'report', 'batch', 'request', 'privacy', 'earlier', 'watch', 'sample']), ('person__isnull', True)), models.Q(('case__isnull', True), ('kind', jaga.core.terms.breaches.BreachScopeKind['KEY']), ('page', ''), ('person__isnull', True), models.Q(('key', ''), _negated=True)), _connector='OR'), name='records_breach_scope_names_one_thing'),
            ),
            migrations.AddField(
                model_name='rulesuspension',
                name='ended_by',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddConstraint(
                model_name='sampledtext',
                constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['public_rooms', 'mastodon', 'atproto', 'web', 'file', 'stream'])), name='records_sampledtext_kind_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='sampledtext',
                constraint=models.UniqueConstraint(fields=('week', 'kind', 'rule', 'ticket'), name='records_sampled_once'),
            ),
            migrations.AddConstraint(
                model_name='sampledtext',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome__isnull', True), ('settled_at__isnull', True)), models.Q(('outcome__isnull', False), ('settled_at__isnull', False)), _connector='OR'), name='records_sampled_has_outcome'),
            ),
            migrations.AddField(
                model_name='watchsample',
                name='drawn',
                field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='words', to='records.sampledtext'),
            ),
            migrations.AddIndex(
                model_name='watchsample',
                index=models.Index(fields=['week', 'kind', 'rule', 'ticket'], name='records_sample_draw'),
            ),
            migrations.AddField(
                model_name='samplejudgement',
                name='person',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='samplejudgement',
                name='text',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='judgements', to='records.sampledtext'),
            ),
            migrations.AddConstraint(
                model_name='screenedcount',
                constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['public_rooms', 'mastodon', 'atproto', 'web', 'file', 'stream'])), name='records_screenedcount_kind_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='screenedcount',
                constraint=models.UniqueConstraint(fields=('week', 'kind', 'rule', 'category'), name='records_screened_counted_once'),
            ),
            migrations.AddConstraint(
                model_name='screenedcount',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('category', ''), ('rule', '')), models.Q(models.Q(('rule', ''), _negated=True), models.Q(('category', ''), _negated=True)), _connector='OR'), name='records_screened_rule_has_category'),
            ),
            migrations.AddConstraint(
                model_name='rulesuspension',
                constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('rule',), name='records_rule_suspended_once'),
            ),
            migrations.AddConstraint(
                model_name='rulesuspension',
                constraint=models.CheckConstraint(condition=models.Q(('judged__gte', 30), ('right__lte', models.F('judged')), ('upper__lt', models.F('line')), models.Q(('rule', ''), _negated=True)), name='records_suspension_has_grounds'),
            ),
            migrations.AddConstraint(
                model_name='rulesuspension',
                constraint=models.CheckConstraint(condition=models.Q(('alarm_only', True), models.Q(('category__in', ['child_protection', 'trafficking']), _negated=True), _connector='OR'), name='records_victims_are_not_lost'),
            ),
            migrations.AddConstraint(
                model_name='rulesuspension',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by__isnull', True), ('why', '')), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False), models.Q(('why', ''), _negated=True)), _connector='OR'), name='records_suspension_ended_by_a_person'),
            ),
            migrations.AddIndex(
                model_name='samplejudgement',
                index=models.Index(condition=models.Q(('judged_at__isnull', True), ('left_at__isnull', True)), fields=['person'], name='records_sample_held'),
            ),
            migrations.AddConstraint(
                model_name='samplejudgement',
                constraint=models.UniqueConstraint(fields=('text', 'person'), name='records_sample_judged_once'),
            ),
            migrations.AddConstraint(
                model_name='samplejudgement',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer__isnull', True), ('judged_at__isnull', True)), models.Q(('answer__isnull', False), ('judged_at__isnull', False)), _connector='OR'), name='records_sample_judgement_has_an_answer'),
            ),
            migrations.AddConstraint(
                model_name='samplejudgement',
                constraint=models.CheckConstraint(condition=models.Q(('judged_at__isnull', True), ('left_at__isnull', True), _connector='OR'), name='records_sample_judged_or_left'),
            ),
        ]),
        migrations.RunSQL(_GUARDS, _REMOVE),
    ]
