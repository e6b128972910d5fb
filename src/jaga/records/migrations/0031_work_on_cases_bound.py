"""Entries commit to how a case is worked on (queue, clearance, deferral, deadline) and to an action's state (ADR 0103).
"""

from typing import Any

from django.conf import settings
from django.db import migrations, models

from jaga.ledger.admission import EntryMac

_FOLLOWED = {"case.work": "records_case", "action.now": "records_action"}
# `records.bound_rows` makes the functions that note changes.
_REMOVE = """
DROP FUNCTION IF EXISTS records_note_case_work() CASCADE;
DROP FUNCTION IF EXISTS records_note_action_now() CASCADE;
"""


def _what_came_before(apps: Any, editor: Any) -> None:
    """Note the last row of each table that was written before: an entry binds it when it changes next."""
    starts = []
    with editor.connection.cursor() as cursor:
        for part, table in _FOLLOWED.items():
            cursor.execute(f"SELECT max(id) FROM {table}")  # noqa: S608 - our own
            (last,) = cursor.fetchone()
            if last:
                starts.append((part, last))
    if starts:
        macs, start = EntryMac(settings.JAGA_SECRET("ledger")), apps.get_model("records", "BindingStart")
        start.objects.bulk_create([start(part=part, upto=last, mac=macs.of_start(part, last)) for part, last in starts],
                                  ignore_conflicts=True)


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0030_flagged_texts_for_queries'),
    ]

    operations = [
        migrations.RunSQL(migrations.RunSQL.noop, _REMOVE),
        migrations.AddIndex(
            model_name='ledgerentry',
            index=models.Index(condition=models.Q(('verb', 'refuse_rows')), fields=['id'],
                               name='records_ledger_refused_rows'),
        ),
        migrations.RunPython(_what_came_before, migrations.RunPython.noop),
    ]
