"""Reporters' names and contacts are sealed under a key outside the database; pictures get working copies."""

from typing import ClassVar

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q

from jaga.records.codes import open_identity, seal_identity

PROTECT = django.db.models.deletion.PROTECT
# What is sealed begins with the sign of its format: whoever writes a name as it is, is refused.
SEALED_ONLY = """
ALTER TABLE records_reporteridentity ADD CONSTRAINT records_identity_is_sealed
    CHECK (substring(sealed FROM 1 FOR 5) = 'gAAAA'::bytea AND length(sealed) >= 440);
"""

# A picture belongs to the case that its report is in now. It is drawn or opened only where somebody answered the youth
# check for it there, nobody ever answered that it may show a minor, and the case is not on the victim-first way.
PICTURES = """
CREATE FUNCTION records_picture_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    place bigint := (SELECT coalesce(r.case_id, e.case_id) FROM records_evidence e
                     LEFT JOIN records_report r ON r.id = e.report_id WHERE e.id = NEW.evidence_id);
BEGIN
    IF NOT EXISTS (SELECT 1 FROM records_youthcheck y
                   WHERE y.evidence_id = NEW.evidence_id AND y.case_id = place AND y.answer = 'no_sign')
       OR EXISTS (SELECT 1 FROM records_youthcheck y
                  WHERE (y.evidence_id = NEW.evidence_id OR y.case_id = place) AND y.answer = 'may_be_minor')
       OR (SELECT c.victim_first FROM records_case c WHERE c.id = place) THEN
        RAISE EXCEPTION 'jaga: this picture is closed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_workingcopy_guard BEFORE INSERT ON records_workingcopy
    FOR EACH ROW WHEN (NEW.state = 'made') EXECUTE FUNCTION records_picture_guard();
CREATE TRIGGER records_pictureopening_guard BEFORE INSERT ON records_pictureopening
    FOR EACH ROW EXECUTE FUNCTION records_picture_guard();
"""
APPEND_ONLY = ("youthcheck", "workingcopy", "pictureopening")
APPEND = """
CREATE TRIGGER records_{0}_append_only BEFORE UPDATE OR DELETE ON records_{0}
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
"""

# A dropped column stays in the table's file until its rows are written anew.
WRITE_ANEW = "ALTER TABLE records_reporteridentity ALTER COLUMN sealed TYPE bytea USING sealed || ''::bytea;"


def seal_names(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """Nothing that a reporter gave is lost: each name and contact is sealed before its column goes."""
    identities = apps.get_model("records", "ReporterIdentity")
    for row in identities.objects.iterator():
        identities.objects.filter(pk=row.pk).update(sealed=seal_identity(row.name, row.contact))


def open_names(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """The way back, with the key."""
    identities = apps.get_model("records", "ReporterIdentity")
    for row in identities.objects.iterator():
        name, contact = open_identity(bytes(row.sealed))
        identities.objects.filter(pk=row.pk).update(name=name, contact=contact)


class Migration(migrations.Migration):
    """The plain columns go once every row is sealed."""

    dependencies: ClassVar = [("records", "0006_public_form")]
    operations: ClassVar = [
        migrations.AddField("reporteridentity", "sealed", models.BinaryField(default=b""), preserve_default=False),
        migrations.AddField("reporteridentity", "shared", models.BooleanField(default=False)),
        migrations.RunPython(seal_names, open_names),
        migrations.RemoveField("reporteridentity", "name"),
        migrations.RemoveField("reporteridentity", "contact"),
        migrations.RunSQL(WRITE_ANEW, migrations.RunSQL.noop),
        migrations.RunSQL(SEALED_ONLY, "ALTER TABLE records_reporteridentity DROP CONSTRAINT records_identity_is_sealed"),
        migrations.CreateModel("YouthCheck", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("answer", models.CharField(choices=[("no_sign", "no_sign"), ("may_be_minor", "may_be_minor")],
                                        max_length=20)),
            ("at", models.DateTimeField()),
            ("case", models.ForeignKey(on_delete=PROTECT, related_name="youth_checks", to="records.case")),
            ("evidence", models.ForeignKey(on_delete=PROTECT, related_name="youth_checks", to="records.evidence")),
            ("person", models.ForeignKey(on_delete=PROTECT, related_name="youth_checks", to=settings.AUTH_USER_MODEL)),
        ], {"constraints": [
            models.CheckConstraint(condition=Q(answer__in=["no_sign", "may_be_minor"]),
                                   name="records_youthcheck_answer_is_a_term"),
            models.UniqueConstraint(fields=("evidence", "case", "answer"), name="records_youth_answered_once"),
        ]}),
        migrations.CreateModel("WorkingCopy", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("state", models.CharField(choices=[("made", "made"), ("not_drawn", "not_drawn")], max_length=20)),
            ("sha256", models.CharField(blank=True, max_length=64)),
            ("width", models.PositiveIntegerField(default=0)),
            ("height", models.PositiveIntegerField(default=0)),
            ("made_at", models.DateTimeField()),
            ("evidence", models.OneToOneField(on_delete=PROTECT, related_name="working_copy", to="records.evidence")),
        ], {"constraints": [
            models.CheckConstraint(condition=Q(state__in=["made", "not_drawn"]),
                                   name="records_workingcopy_state_is_a_term"),
            models.CheckConstraint(
                condition=Q(state="made", sha256__regex=r"^[0-9a-f]{64}$", width__gt=0, height__gt=0, width__lte=1600,
                            height__lte=1600) | (~Q(state="made") & Q(sha256="", width=0, height=0)),
                name="records_copy_is_small_or_nothing"),
        ]}),
        migrations.CreateModel("PictureOpening", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("at", models.DateTimeField()),
            ("case", models.ForeignKey(on_delete=PROTECT, related_name="picture_openings", to="records.case")),
            ("evidence", models.ForeignKey(on_delete=PROTECT, related_name="openings", to="records.evidence")),
            ("person", models.ForeignKey(on_delete=PROTECT, related_name="picture_openings",
                                         to=settings.AUTH_USER_MODEL)),
        ], {"indexes": [models.Index(fields=["person", "evidence", "at"], name="records_picture_opened")]}),
        migrations.RunSQL([PICTURES, *(APPEND.format(table) for table in APPEND_ONLY)],
                          "DROP FUNCTION records_picture_guard CASCADE;"),
    ]
