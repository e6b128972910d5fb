"""Each case and report has a key outside the database; what is erased is recorded."""

from pathlib import Path

from django.db import migrations, models

import jaga.records.key_numbers

_GUARDS = (Path(__file__).parent / "guards_0008" / "keys.sql").read_text()
_REMOVE = """
DROP TRIGGER IF EXISTS records_case_key_number_stays ON records_case;
DROP TRIGGER IF EXISTS records_report_key_number_stays ON records_report;
DROP TRIGGER IF EXISTS records_erasedkey_append_only ON records_erasedkey;
DROP FUNCTION IF EXISTS records_key_number_stays();
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


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0007_first_days_and_training'),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            [_numbers("case"), _numbers("report")], [
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
            ]),
        migrations.CreateModel(
            name='ErasedKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('case', 'case'), ('report', 'report')], max_length=20)),
                ('number', models.BigIntegerField()),
                ('rule', models.CharField(max_length=60)),
                ('at', models.DateTimeField()),
            ],
            options={
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('kind__in', ['case', 'report'])), name='records_erasedkey_kind_is_a_term'),
                    models.UniqueConstraint(fields=('kind', 'number'), name='records_erased_once'),
                    models.CheckConstraint(condition=models.Q(('rule', ''), _negated=True), name='records_erased_by_a_rule'),
                ],
            },
        ),
        migrations.RunSQL(_GUARDS, _REMOVE),
    ]
