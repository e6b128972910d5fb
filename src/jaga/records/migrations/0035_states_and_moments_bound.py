"""Entries commit to states and moments of referrals, notices, requests, proposals, letters and watches (ADR 0105)."""

from typing import Any

from django.conf import settings
from django.db import migrations, models

from jaga.ledger.admission import EntryMac

_FOLLOWED = ("pendingdecision", "statement", "hearing", "holdercheck", "decisionpause", "referral", "personrequest",
             "personanswer", "personsearch", "breach", "heldrequest", "notice", "objection", "operatorletter",
             "legalhold", "learntmodel", "releaseadoption", "watch", "accountlookup", "rulesuspension", "sampledtext",
             "platform", "person")
_PARTS = (*(f"{table}.now" for table in _FOLLOWED), "watch", "accountlookup", "rulesuspension", "sampledtext",
          "platform", "epoch", "samplejudgement.answer", "appeal.answer", "appealreply.answer")
# `records.bound_rows` makes the functions that note changes.
_REMOVE = "".join(f"DROP FUNCTION IF EXISTS records_note_{table}_now() CASCADE;\n" for table in _FOLLOWED)


def _what_came_before(apps: Any, editor: Any) -> None:
    """Note the last row of each table that was written before: an entry binds it when it changes next."""
    starts = []
    with editor.connection.cursor() as cursor:
        for part in _PARTS:
            cursor.execute(f"SELECT max(id) FROM records_{part.partition('.')[0]}")  # noqa: S608 - our own
            (last,) = cursor.fetchone()
            if last:
                starts.append((part, last))
    if starts:
        macs, start = EntryMac(settings.JAGA_SECRET("ledger")), apps.get_model("records", "BindingStart")
        start.objects.bulk_create([start(part=part, upto=last, mac=macs.of_start(part, last)) for part, last in starts],
                                  ignore_conflicts=True)


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0034_files_under_a_watch'),
    ]

    operations = [
        migrations.RunSQL(migrations.RunSQL.noop, _REMOVE),
        migrations.AddIndex(
            model_name='ledgerentry',
            index=models.Index(condition=models.Q(('verb__in', ['hold_figures', 'release_figures'])), fields=['id'],
                               name='records_ledger_held_figures'),
        ),
        migrations.RunPython(_what_came_before, migrations.RunPython.noop),
    ]
