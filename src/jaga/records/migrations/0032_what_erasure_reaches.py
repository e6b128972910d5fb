"""Erasure reaches what watches keep of a report, words about requests of persons, and helpers of appeals."""

import re
from pathlib import Path

from django.db import migrations, models

from jaga.records.boxed_text import BoxedTextField
from jaga.records.operations_together import OperationsTogether

_HERE = Path(__file__).parent
_GUARDS = (_HERE / "guards_0032" / "emptied.sql").read_text()
_BEFORE = re.search(r"CREATE (FUNCTION records_only_emptied\(.*?END \$\$;)",
                    (_HERE / "guards_0012" / "retention.sql").read_text(), re.DOTALL)
assert _BEFORE
_BACK = f"""
DROP TRIGGER IF EXISTS records_personanswer_edit_guard ON records_personanswer;
DROP TRIGGER IF EXISTS records_personanswer_guard ON records_personanswer;
CREATE TRIGGER records_personanswer_guard BEFORE INSERT OR UPDATE OR DELETE ON records_personanswer
    FOR EACH ROW EXECUTE FUNCTION records_personanswer_guard();
DROP TRIGGER IF EXISTS records_correctionnote_edit_guard ON records_correctionnote;
DROP TRIGGER IF EXISTS records_correctionnote_guard ON records_correctionnote;
CREATE TRIGGER records_correctionnote_guard BEFORE UPDATE OR DELETE ON records_correctionnote
    FOR EACH ROW EXECUTE FUNCTION records_privacy_only_added();
DROP TRIGGER IF EXISTS records_personcheck_edit_guard ON records_personcheck;
DROP TRIGGER IF EXISTS records_personcheck_guard ON records_personcheck;
CREATE TRIGGER records_personcheck_guard BEFORE UPDATE OR DELETE ON records_personcheck
    FOR EACH ROW EXECUTE FUNCTION records_privacy_only_added();
DROP FUNCTION IF EXISTS records_correction_is_over(bigint, bigint);
DROP FUNCTION IF EXISTS records_personrequest_is_over(bigint);
DROP FUNCTION IF EXISTS records_only_deleted(jsonb, jsonb, text[]);
CREATE OR REPLACE {_BEFORE[1]}
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0031_work_on_cases_bound'),
    ]

    operations = [
        OperationsTogether([
            migrations.AlterField(model_name='correctionnote', name='text', field=BoxedTextField()),
            migrations.AlterField(model_name='personanswer', name='note', field=BoxedTextField(blank=True)),
            migrations.AlterField(model_name='personanswer', name='text', field=BoxedTextField()),
            migrations.AlterField(model_name='personanswer', name='why', field=BoxedTextField(blank=True)),
            migrations.AlterField(model_name='personcheck', name='note', field=BoxedTextField()),
            migrations.AddIndex(
                model_name='watchfinding',
                index=models.Index(condition=models.Q(('content__gt', b''), ('report__isnull', False)), fields=['seen_at'], name='records_finding_codes'),
            ),
        ]),
        migrations.RunSQL(_GUARDS, _BACK),
    ]
