"""Entries commit to the rows that verbs write, and carry a MAC of the process that wrote them (ADR 0092)."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import migrations, models

from jaga.ledger.admission import EntryMac
from jaga.records.bound_rows import PARTS
from jaga.records.operations_together import OperationsTogether

_GUARDS = (Path(__file__).parent / "guards_0019" / "rows.sql").read_text()
_LEDGER = (Path(__file__).parent / "guards" / "ledger.sql").read_text()
_REMOVE = """
DROP FUNCTION IF EXISTS records_note_rows() CASCADE;
DROP TRIGGER IF EXISTS records_rowbinding_guard ON records_rowbinding;
DROP FUNCTION IF EXISTS records_rowbinding_guard();
DROP TRIGGER IF EXISTS records_bindingstart_append_only ON records_bindingstart;
""" + _LEDGER[_LEDGER.index("CREATE FUNCTION records_ledger_guard"):_LEDGER.index(
    "CREATE TRIGGER records_ledger_guard")].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


def _what_came_before(apps: Any, editor: Any) -> None:
    """Note the last entry and the last row of each table that were written before. A new installation has none."""
    tables = {"entry": "records_ledgerentry"} | {part.name: part.table for part in PARTS.values() if not part.later}
    starts = []
    with editor.connection.cursor() as cursor:
        for name, table in tables.items():
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
            if cursor.fetchone() == (True,):
                cursor.execute(f"SELECT max(id) FROM {table}")  # noqa: S608 - our own
                starts.append((name, cursor.fetchone()[0]))
    if not any(last for _, last in starts):
        return
    macs = EntryMac(settings.JAGA_SECRET("ledger"))
    start = apps.get_model("records", "BindingStart")
    start.objects.bulk_create(start(part=name, upto=last, mac=macs.of_start(name, last))
                              for name, last in starts if last)


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0018_what_may_still_be_objected_to'),
    ]

    operations = [
        OperationsTogether([
            migrations.CreateModel(
                name='BindingStart',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('part', models.CharField(max_length=40, unique=True)),
                    ('upto', models.BigIntegerField()),
                    ('mac', models.CharField(max_length=64)),
                ],
            ),
            migrations.CreateModel(
                name='RowBinding',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('entry', models.BigIntegerField()),
                    ('place', models.IntegerField()),
                    ('part', models.CharField(max_length=40)),
                    ('number', models.BigIntegerField()),
                    ('salt', models.BinaryField(max_length=16, null=True)),
                    ('gone', models.BooleanField(default=False)),
                ],
                options={
                    'indexes': [models.Index(fields=['part', 'number'], name='records_rowbinding_row')],
                },
            ),
        ]),
        migrations.AddField(
            model_name='ledgerentry',
            name='mac',
            field=models.CharField(db_default='', max_length=64),
        ),
        migrations.AddField(
            model_name='ledgerentry',
            name='rows',
            field=models.JSONField(db_default=models.Value([], models.JSONField()), default=list),
        ),
        migrations.RemoveConstraint(
            model_name='ledgerfault',
            name='records_ledgerfault_reason_is_a_term',
        ),
        migrations.AlterField(
            model_name='ledgerfault',
            name='reason',
            field=models.CharField(choices=[('unreadable', 'unreadable'), ('number', 'number'), ('verb', 'verb'), ('hash', 'hash'), ('mac', 'mac'), ('unsigned_head', 'unsigned_head')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='ledgerfault',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['unreadable', 'number', 'verb', 'hash', 'mac', 'unsigned_head'])), name='records_ledgerfault_reason_is_a_term'),
        ),
        migrations.RunSQL(_GUARDS, _REMOVE),
        migrations.RunPython(_what_came_before, migrations.RunPython.noop),
    ]
