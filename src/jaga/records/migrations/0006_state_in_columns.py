"""State that was read out of the names of originals and out of the ledger's entries has columns of its own."""

from typing import ClassVar

from django.db import migrations, models
from django.db.models import PROTECT, Q

FILL = r"""
ALTER TABLE records_evidence DISABLE TRIGGER records_evidence_append_only;
UPDATE records_evidence SET appeal_id = substring(name FROM '^appeal-(\d+)-')::bigint
    WHERE report_id IS NULL AND name ~ '^appeal-\d+-';
UPDATE records_evidence SET linked_subject_id = substring(name FROM '^linked-account-(\d+)-')::bigint
    WHERE report_id IS NULL AND name ~ '^linked-account-\d+-';
UPDATE records_report r SET called_as = coalesce(nullif(s.handle, ''), s.account_id)
    FROM records_subject s WHERE s.id = r.subject_id AND r.called_as = ''
    AND EXISTS (SELECT FROM records_evidence e WHERE e.report_id = r.id AND e.name LIKE '%-handle.txt');
UPDATE records_report r SET handle_looked_up_at = e.sealed_at
    FROM records_evidence e WHERE e.report_id = r.id AND e.name LIKE '%-identity.json';
UPDATE records_case c SET reports_moved_to_id = (l.payload->>'into')::bigint
    FROM (SELECT DISTINCT ON (case_ref) case_ref, payload FROM records_ledgerentry WHERE verb = 'move_reports'
          ORDER BY case_ref, id DESC) l WHERE l.case_ref = c.id;
UPDATE records_linkedaccount k SET handle_looked_up_at = l.at
    FROM records_ledgerentry l WHERE l.verb = 'nobody_has_name' AND l.payload->>'link' = k.id::text;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE records_evidence ENABLE TRIGGER records_evidence_append_only;
"""


class Migration(migrations.Migration):
    """Five columns, filled from what was there."""

    dependencies: ClassVar = [("records", "0005_dated_letters")]
    operations: ClassVar = [
        migrations.AddField("report", "handle_looked_up_at", models.DateTimeField(null=True)),
        migrations.AddField("linkedaccount", "handle_looked_up_at", models.DateTimeField(null=True)),
        migrations.AddField("case", "reports_moved_to", models.ForeignKey(
            db_index=False, null=True, on_delete=PROTECT, related_name="+", to="records.case")),
        migrations.AddField("evidence", "linked_subject", models.ForeignKey(
            db_index=False, null=True, on_delete=PROTECT, related_name="+", to="records.subject")),
        migrations.AddField("evidence", "appeal", models.ForeignKey(
            null=True, on_delete=PROTECT, related_name="pictures", to="records.appeal")),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddConstraint("evidence", models.CheckConstraint(
            name="records_evidence_has_one_origin",
            condition=Q(appeal__isnull=True, linked_subject__isnull=True)
            | Q(report__isnull=True) & (Q(appeal__isnull=True) | Q(linked_subject__isnull=True)))),
        migrations.AddIndex("report", models.Index(
            fields=["case"], name="records_report_handle_waits",
            condition=Q(handle_looked_up_at__isnull=True) & ~Q(called_as=""))),
    ]
