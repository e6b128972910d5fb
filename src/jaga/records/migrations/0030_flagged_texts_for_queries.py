"""Flagged texts of the last days for queries, one partition a day; two kinds of access; an index for closed cases.

The table begins empty: by which rule earlier observations were flagged was not stored.
"""

from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
import jaga.core.terms.breaches
from django.db import migrations, models

from jaga.records.operations_together import OperationsTogether

_TABLE = (Path(__file__).parent / "guards_0030" / "flagged_texts.sql").read_text()
_REMOVE = """
DROP TABLE records_flaggedtext CASCADE;
DROP FUNCTION IF EXISTS records_flaggedtext_day(date) CASCADE;
DROP FUNCTION IF EXISTS records_forget_flaggedtext(date) CASCADE;
DROP FUNCTION IF EXISTS records_flaggedtext_follows() CASCADE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0029_captured_pages'),
    ]

    operations = [
        migrations.RunSQL(_TABLE, _REMOVE, state_operations=[
            migrations.CreateModel(
                name='FlaggedText',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('day', models.DateField()),
                    ('seen_at', models.DateTimeField()),
                    ('rule', models.CharField(max_length=160)),
                    ('category', models.CharField(max_length=60)),
                    ('account', models.BigIntegerField()),
                    ('contacts', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                    ('words', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                    ('watch', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='records.watch')),
                    ('case', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='records.case')),
                    ('report', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='records.report')),
                ],
            ),
        ]),
        OperationsTogether([
            migrations.RemoveConstraint(
                model_name='accessevent',
                name='records_accessevent_what_is_a_term',
            ),
            migrations.RemoveConstraint(
                model_name='breachscope',
                name='records_breach_scope_names_one_thing',
            ),
            migrations.AlterField(
                model_name='accessevent',
                name='what',
                field=models.CharField(choices=[('case', 'case'), ('history', 'history'), ('identity', 'identity'), ('picture', 'picture'), ('letter', 'letter'), ('appeal', 'appeal'), ('search', 'search'), ('graph', 'graph'), ('export', 'export'), ('notice', 'notice'), ('order', 'order'), ('report', 'report'), ('batch', 'batch'), ('request', 'request'), ('privacy', 'privacy'), ('earlier', 'earlier'), ('watch', 'watch'), ('sample', 'sample'), ('query', 'query'), ('campaign', 'campaign')], max_length=20),
            ),
            migrations.AlterField(
                model_name='alarm',
                name='what',
                field=models.CharField(choices=[('case', 'case'), ('history', 'history'), ('identity', 'identity'), ('picture', 'picture'), ('letter', 'letter'), ('appeal', 'appeal'), ('search', 'search'), ('graph', 'graph'), ('export', 'export'), ('notice', 'notice'), ('order', 'order'), ('report', 'report'), ('batch', 'batch'), ('request', 'request'), ('privacy', 'privacy'), ('earlier', 'earlier'), ('watch', 'watch'), ('sample', 'sample'), ('query', 'query'), ('campaign', 'campaign')], max_length=20),
            ),
            migrations.AlterField(
                model_name='breachscope',
                name='page',
                field=models.CharField(blank=True, choices=[('case', 'case'), ('history', 'history'), ('identity', 'identity'), ('picture', 'picture'), ('letter', 'letter'), ('appeal', 'appeal'), ('search', 'search'), ('graph', 'graph'), ('export', 'export'), ('notice', 'notice'), ('order', 'order'), ('report', 'report'), ('batch', 'batch'), ('request', 'request'), ('privacy', 'privacy'), ('earlier', 'earlier'), ('watch', 'watch'), ('sample', 'sample'), ('query', 'query'), ('campaign', 'campaign')], max_length=20),
            ),
            migrations.AddIndex(
                model_name='accountindicator',
                index=models.Index(condition=models.Q(('kind', 'contact')), fields=['seen_at'], name='records_indicator_contacts'),
            ),
            migrations.AddIndex(
                model_name='case',
                index=models.Index(condition=models.Q(models.Q(('clearance', ''), _negated=True), ('victim_first', True), _connector='OR'), fields=['id'], include=('clearance', 'victim_first'), name='records_case_not_for_all'),
            ),
            migrations.AddConstraint(
                model_name='accessevent',
                constraint=models.CheckConstraint(condition=models.Q(('what__in', ['case', 'history', 'identity', 'picture', 'letter', 'appeal', 'search', 'graph', 'export', 'notice', 'order', 'report', 'batch', 'request', 'privacy', 'earlier', 'watch', 'sample', 'query', 'campaign'])), name='records_accessevent_what_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='breachscope',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('case__isnull', True), ('key', ''), ('kind', jaga.core.terms.breaches.BreachScopeKind['PERSON']), ('page', ''), ('person__isnull', False)), models.Q(('case__isnull', False), ('key', ''), ('kind', jaga.core.terms.breaches.BreachScopeKind['CASE']), ('page', ''), ('person__isnull', True)), models.Q(('case__isnull', True), ('key', ''), ('kind', jaga.core.terms.breaches.BreachScopeKind['PAGE']), ('page__in', ['case', 'history', 'identity', 'picture', 'letter', 'appeal', 'search', 'graph', 'export', 'notice', 'order', 'report', 'batch', 'request', 'privacy', 'earlier', 'watch', 'sample', 'query', 'campaign']), ('person__isnull', True)), models.Q(('case__isnull', True), ('kind', jaga.core.terms.breaches.BreachScopeKind['KEY']), ('page', ''), ('person__isnull', True), models.Q(('key', ''), _negated=True)), _connector='OR'), name='records_breach_scope_names_one_thing'),
            ),
        ]),
    ]
