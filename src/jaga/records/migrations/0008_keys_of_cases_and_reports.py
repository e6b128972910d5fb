"""Each case and report has a key outside the database, which seals its texts; what is erased is recorded."""

from pathlib import Path
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import jaga.records.key_numbers
import jaga.records.sealed_text
from jaga.records.migrations._sealed_0008 import seal_rows
from jaga.records.operations_together import OperationsTogether

_GUARDS = (Path(__file__).parent / "guards_0008" / "keys.sql").read_text()
_REMOVE = """
DROP TRIGGER IF EXISTS records_case_key_number_stays ON records_case;
DROP TRIGGER IF EXISTS records_report_key_number_stays ON records_report;
DROP FUNCTION IF EXISTS records_key_number_stays();
DROP FUNCTION IF EXISTS records_erasedkey_guard() CASCADE;
"""


# The number of what is there is its id; the sequence goes on above, in steps of `key_numbers.BLOCK`.
_ADD = """
ALTER TABLE records_KIND ADD COLUMN key_number bigint;
UPDATE records_KIND SET key_number = id;
ALTER TABLE records_KIND ALTER COLUMN key_number SET NOT NULL;
CREATE INDEX records_KIND_key_number ON records_KIND (key_number);
CREATE SEQUENCE records_KIND_key_numbers INCREMENT BY 64 OWNED BY records_KIND.key_number;
SELECT setval('records_KIND_key_numbers', coalesce(max(id), 0) + 1, false) FROM records_KIND;
"""
_TAKE_AWAY = "ALTER TABLE records_KIND DROP COLUMN key_number"


def _numbers(kind: str) -> migrations.RunSQL:
    return migrations.RunSQL(_ADD.replace("KIND", kind), _TAKE_AWAY.replace("KIND", kind))


_TEXT: dict[str, Any] = {}
_BLANK, _EMPTY, _PLAIN = {'blank': True}, {'blank': True, 'db_default': '', 'default': ''}, {'db_default': '', 'default': ''}
_FIELDS = {
    'appeal': {'check_note': _EMPTY, 'question': _EMPTY, 'reasons': _BLANK, 'text': _TEXT},
    'appealreply': {'reasons': _BLANK, 'text': _TEXT},
    'appealrest': {'reasons': _TEXT},
    'authorityrequest': {'legal_analysis': _TEXT, 'urgent_reason': _BLANK},
    'badfaith': {'reasons': _TEXT},
    'blindreview': {'note': _BLANK, 'reasons': _BLANK},
    'case': {'snooze_reason': _PLAIN},
    'casenote': {'text': _TEXT},
    'decision': {'facts': _BLANK},
    'decisionpause': {'why': _BLANK},
    'emergencyhold': {'why': _TEXT},
    'goldencase': {'reasons': _TEXT},
    'hearinganswer': {'text': _TEXT},
    'holdercheck': {'explanation': _BLANK, 'how': _TEXT, 'why': _BLANK},
    'lease': {'reason': _BLANK},
    'letter': {'body': _TEXT},
    'linkedaccount': {'why': _TEXT},
    'notice': {'answer_text': _BLANK, 'facts': _BLANK},
    'noticeentry': {'text': _BLANK},
    'objection': {'reasons': _BLANK, 'text': _TEXT},
    'operatorletter': {'body_en': _TEXT, 'body_id': _TEXT},
    'pendingdecision': {'note': _BLANK},
    'policyquestion': {'answer': _EMPTY, 'text': _TEXT},
    'quoteconsent': {'sentence': _TEXT},
    'referral': {'note': _BLANK, 'review_reasons': _BLANK},
    'report': {'excerpt': _EMPTY, 'place': _BLANK, 'published': _EMPTY, 'text': _BLANK},
    'reportersetaside': {'reasons': _TEXT},
    'reportmessage': {'text': _BLANK},
    'statement': {'body_en': _TEXT, 'body_id': _TEXT},
    'traininganswer': {'reasons': _BLANK},
    'vote': {'facts': _BLANK, 'why': _EMPTY},
}
_COLUMNS = [(table, column, options) for table, columns in _FIELDS.items() for column, options in columns.items()]
_SEALED_ONLY = "\n".join(
    f"ALTER TABLE records_{table} ADD CONSTRAINT records_{table}_{column}_sealed"
    f" CHECK ({column} = '' OR {column} LIKE 'k1:%');" for table, column, _ in _COLUMNS)


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0007_first_days_and_training'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            [_numbers("case"), _numbers("report")], [OperationsTogether([
                migrations.AddField(
                    model_name='case', name='key_number',
                    field=models.BigIntegerField(default=jaga.records.key_numbers.next_case_number)),
                migrations.AddIndex(
                    model_name='case', index=models.Index(fields=['key_number'], name='records_case_key_number')),
                migrations.AddField(
                    model_name='report', name='key_number',
                    field=models.BigIntegerField(default=jaga.records.key_numbers.next_report_number)),
                migrations.AddIndex(
                    model_name='report', index=models.Index(fields=['key_number'], name='records_report_key_number')),
            ])]),
        OperationsTogether([
            migrations.CreateModel(
                name='ErasedKey',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('case', 'case'), ('report', 'report'), ('appeal', 'appeal'), ('training', 'training')], max_length=20)),
                    ('number', models.BigIntegerField()),
                    ('rule', models.CharField(max_length=60)),
                    ('at', models.DateTimeField()),
                    ('done_at', models.DateTimeField(null=True)),
                ],
                options={
                    'constraints': [
                        models.CheckConstraint(condition=models.Q(('kind__in', ['case', 'report', 'appeal', 'training'])), name='records_erasedkey_kind_is_a_term'),
                        models.UniqueConstraint(fields=('kind', 'number'), name='records_erased_once'),
                        models.CheckConstraint(condition=models.Q(('rule', ''), _negated=True), name='records_erased_by_a_rule'),
                    ],
                    'indexes': [models.Index(fields=['id'], name='records_erasure_open', condition=models.Q(('done_at__isnull', True)))],
                },
            ),
            migrations.CreateModel(
                name='PersonSearch',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('text_hash', models.BinaryField(max_length=32)),
                    ('reason', models.TextField()),
                    ('asked_at', models.DateTimeField()),
                    ('permitted_at', models.DateTimeField(null=True)),
                    ('carried_out_at', models.DateTimeField(null=True)),
                    ('found', models.PositiveIntegerField(null=True)),
                    ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('permitted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'constraints': [
                        models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='records_person_search_has_a_reason'),
                        models.CheckConstraint(condition=models.Q(models.Q(('permitted_at__isnull', True), ('permitted_by__isnull', True)), models.Q(('permitted_at__isnull', False), ('permitted_by__isnull', False), models.Q(('permitted_by', models.F('asked_by')), _negated=True)), _connector='OR'), name='records_person_search_takes_two'),
                        models.CheckConstraint(condition=models.Q(models.Q(('carried_out_at__isnull', True), ('found__isnull', True)), models.Q(('carried_out_at__isnull', False), ('found__isnull', False), ('permitted_at__isnull', False)), _connector='OR'), name='records_person_search_permitted_first'),
                    ],
                },
            ),
        ]),
        migrations.RunSQL(_GUARDS, _REMOVE),
        # The texts are sealed here, within the transaction of the migration. There is no way back.
        migrations.SeparateDatabaseAndState(
            [migrations.RunPython(seal_rows, migrations.RunPython.noop), migrations.RunSQL(_SEALED_ONLY, migrations.RunSQL.noop)],
            [OperationsTogether([operation for table, column, options in _COLUMNS for operation in (
                migrations.AlterField(table, column, jaga.records.sealed_text.SealedTextField(**options)),
                migrations.AddConstraint(table, models.CheckConstraint(
                    name=f'records_{table}_{column}_sealed',
                    condition=models.Q(**{column: ''}) | models.Q(**{f'{column}__startswith': 'k1:'}))))])]),
    ]
