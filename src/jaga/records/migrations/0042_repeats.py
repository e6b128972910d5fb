"""Cases that repeat a dismissed one, and waiting decisions that a supervisor lets go on."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

GUARD = """
-- Who lets it go on has no vote in the case, not even one that was taken back; it is said once.
CREATE FUNCTION records_commitwait_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.let_on_at IS NOT NULL
       OR (NEW.id, NEW.commit_id, NEW.report_id, NEW.at) IS DISTINCT FROM (OLD.id, OLD.commit_id, OLD.report_id, OLD.at)
    THEN
        RAISE EXCEPTION 'jaga: that a decision waits on is ended once and never edited'
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM records_pendingcommit p JOIN records_vote v ON v.case_id = p.case_id
               WHERE p.id = NEW.commit_id AND v.person_id = NEW.let_on_by_id) THEN
        RAISE EXCEPTION 'jaga: who lets a decision go on has no vote in its case' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_commitwait_guard BEFORE UPDATE OR DELETE ON records_commitwait
    FOR EACH ROW EXECUTE FUNCTION records_commitwait_guard();

CREATE FUNCTION records_unread_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM records_commitwait w WHERE w.commit_id = NEW.id AND w.let_on_at IS NULL) THEN
        RAISE EXCEPTION 'jaga: nothing is committed while somebody is unheard' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_unread_guard BEFORE UPDATE ON records_pendingcommit
    FOR EACH ROW WHEN (NEW."end" = 'committed') EXECUTE FUNCTION records_unread_guard();
"""


class Migration(migrations.Migration):
    """One column, one table and its guards."""

    dependencies: ClassVar = [("records", "0041_clock_alarms")]
    operations: ClassVar = [
        migrations.AddField("case", "repeats", models.ForeignKey(
            "records.case", null=True, on_delete=django.db.models.deletion.PROTECT, related_name="repeated_by")),
        migrations.AddIndex("case", models.Index(fields=["opened_at"], name="records_case_repeat",
                                                 condition=Q(repeats__isnull=False))),
        migrations.CreateModel("CommitWait", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("at", models.DateTimeField()),
            ("let_on_at", models.DateTimeField(null=True)),
            ("why", models.TextField(blank=True)),
            ("commit", models.ForeignKey("records.pendingcommit", on_delete=django.db.models.deletion.PROTECT,
                                         related_name="waits")),
            ("let_on_by", models.ForeignKey(settings.AUTH_USER_MODEL, null=True,
                                            on_delete=django.db.models.deletion.PROTECT, related_name="+")),
            ("report", models.ForeignKey("records.report", on_delete=django.db.models.deletion.PROTECT,
                                         related_name="+")),
        ], options={"constraints": [
            models.UniqueConstraint(fields=["commit"], name="records_commit_waits_once",
                                    condition=Q(let_on_at__isnull=True)),
            models.CheckConstraint(
                name="records_let_on_by_somebody_with_reasons",
                condition=Q(let_on_by__isnull=True, let_on_at__isnull=True, why="")
                | (Q(let_on_by__isnull=False, let_on_at__isnull=False) & ~Q(why=""))),
        ]}),
        migrations.RunSQL(GUARD, "DROP FUNCTION records_commitwait_guard, records_unread_guard CASCADE;"),
    ]
