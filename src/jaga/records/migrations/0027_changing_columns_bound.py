"""Entries commit to columns that change: states, the account of a case and report, names of accounts (ADR 0099)."""

from typing import Any

from django.conf import settings
from django.db import migrations, models

from jaga.ledger.admission import EntryMac

_FOLLOWED = {"case.now": "records_case", "report.now": "records_report", "subject.now": "records_subject"}
# Notes the account of a new case, or of a linked account, unless an entry has bound it. `records.bound_rows` makes the
# functions that note changes.
_ACCOUNTS = """
CREATE FUNCTION records_note_account() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    noted text := coalesce(current_setting('jaga.rows', true), '');
    line text := 'subject.now ' || NEW.subject_id || E'\\n';
BEGIN
    IF noted <> 'off' AND strpos(E'\\n' || noted, E'\\n' || line) = 0 AND NOT EXISTS (
        SELECT FROM records_rowbinding b WHERE b.part = 'subject.now' AND b.number = NEW.subject_id) THEN
        PERFORM set_config('jaga.rows', noted || line, true);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER records_note_account AFTER INSERT OR UPDATE OF subject_id ON records_case
    FOR EACH ROW EXECUTE FUNCTION records_note_account();
CREATE TRIGGER records_note_account AFTER INSERT OR UPDATE OF subject_id ON records_linkedaccount
    FOR EACH ROW EXECUTE FUNCTION records_note_account();
"""
_REMOVE = """
DROP FUNCTION IF EXISTS records_note_account() CASCADE;
DROP FUNCTION IF EXISTS records_note_case_now() CASCADE;
DROP FUNCTION IF EXISTS records_note_report_now() CASCADE;
DROP FUNCTION IF EXISTS records_note_subject_now() CASCADE;
"""


def _what_came_before(apps: Any, editor: Any) -> None:
    """Note the last row of each table that was written before: an entry binds it when it changes next."""
    starts = []
    start = apps.get_model("records", "BindingStart")
    with editor.connection.cursor() as cursor:
        for part, table in _FOLLOWED.items():
            cursor.execute(f"SELECT max(id) FROM {table}")  # noqa: S608 - our own
            starts.append((part, cursor.fetchone()[0]))
    macs = EntryMac(settings.JAGA_SECRET("ledger")) if any(last for _, last in starts) else None
    if macs:
        start.objects.bulk_create([start(part=part, upto=last, mac=macs.of_start(part, last)) for part, last in starts
                                   if last], ignore_conflicts=True)


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0026_the_people_sample'),
    ]

    operations = [
        migrations.RunSQL(_ACCOUNTS, _REMOVE),
        migrations.AddIndex(
            model_name='ledgerentry',
            index=models.Index(condition=models.Q(('verb', 'hold_letters')), fields=['id'],
                               name='records_ledger_held_letters'),
        ),
        migrations.RunPython(_what_came_before, migrations.RunPython.noop),
    ]
