"""Looks at personal data and their seals, decoys and their alarms, exposure."""

from typing import ClassVar

from django.conf import settings
from django.db import migrations, models
from django.db.models import CASCADE, DO_NOTHING, PROTECT, F, Q

LOOKED_AT = ["case", "history", "identity", "picture", "letter", "appeal", "search", "graph", "export", "notice",
             "order", "report", "batch", "request"]

GUARDS = """
CREATE TRIGGER records_look_append_only BEFORE UPDATE OR DELETE ON records_look
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_lookseal_append_only BEFORE UPDATE OR DELETE ON records_lookseal
    FOR EACH ROW EXECUTE FUNCTION records_append_only();

-- A real case never becomes a decoy, which would take it out of the figures, nor a decoy a real case.
CREATE FUNCTION records_decoy_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'jaga: a case is a decoy from the beginning, or never' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER records_decoy_guard BEFORE UPDATE OF decoy ON records_case
    FOR EACH ROW WHEN (OLD.decoy IS DISTINCT FROM NEW.decoy) EXECUTE FUNCTION records_decoy_guard();

-- The alarm is in the commit of the look: no code can forget it.
CREATE FUNCTION records_alarm() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM records_case WHERE id = NEW.case_id AND decoy) THEN
        INSERT INTO records_alarm (case_id, person_id, what, at, note)
        VALUES (NEW.case_id, NEW.person_id, NEW.what, NEW.at, '')
        ON CONFLICT (case_id, person_id) WHERE acknowledged_at IS NULL DO NOTHING;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER records_alarm AFTER INSERT ON records_look
    FOR EACH ROW WHEN (NEW.case_id IS NOT NULL) EXECUTE FUNCTION records_alarm();

CREATE FUNCTION records_alarm_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.acknowledged_at IS NOT NULL
       OR (NEW.id, NEW.case_id, NEW.person_id, NEW.what, NEW.at)
          IS DISTINCT FROM (OLD.id, OLD.case_id, OLD.person_id, OLD.what, OLD.at) THEN
        RAISE EXCEPTION 'jaga: an alarm is acknowledged once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_alarm_guard BEFORE UPDATE OR DELETE ON records_alarm
    FOR EACH ROW EXECUTE FUNCTION records_alarm_guard();
"""
NO_GUARDS = """
DROP FUNCTION records_decoy_guard, records_alarm, records_alarm_guard CASCADE;
DROP TRIGGER records_look_append_only ON records_look;
DROP TRIGGER records_lookseal_append_only ON records_lookseal;
"""
ID = ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID"))
WHAT = ("what", models.CharField(max_length=20, choices=[(what, what) for what in LOOKED_AT]))


class Migration(migrations.Migration):
    """One column of cases, and four tables."""

    dependencies: ClassVar = [("records", "0020_bulk")]
    operations: ClassVar = [
        migrations.AddField("case", "decoy", models.BooleanField(default=False, db_default=False)),
        migrations.AddConstraint("case", models.CheckConstraint(
            name="records_decoy_is_never_worked_on", condition=Q(decoy=False) | Q(state="resolved"))),
        migrations.AddIndex("case", models.Index(
            fields=["id"], name="records_decoys", condition=Q(decoy=True))),
        migrations.CreateModel("Look", [
            ID, WHAT,
            ("at", models.DateTimeField()),
            ("person", models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=PROTECT, related_name="looks")),
            ("case", models.ForeignKey("records.case", null=True, on_delete=DO_NOTHING, db_constraint=False,
                                       related_name="looks")),
        ], {"constraints": [
            models.CheckConstraint(name="records_look_what_is_a_term", condition=Q(what__in=LOOKED_AT)),
        ], "indexes": [
            models.Index(fields=["person", "-at"], name="records_look_person"),
            models.Index(fields=["case", "-at"], name="records_look_case", condition=Q(case__isnull=False)),
        ]}),
        migrations.CreateModel("LookSeal", [
            ID,
            ("first", models.BigIntegerField(unique=True)),
            ("last", models.BigIntegerField(unique=True)),
            ("count", models.PositiveBigIntegerField()),
            ("sha256", models.CharField(max_length=64)),
            ("sealed_at", models.DateTimeField()),
            ("entry", models.OneToOneField("records.ledgerentry", on_delete=PROTECT, related_name="+")),
        ], {"constraints": [
            models.CheckConstraint(name="records_lookseal_in_order", condition=Q(last__gte=F("first"))),
        ]}),
        migrations.CreateModel("Alarm", [
            ID, WHAT,
            ("at", models.DateTimeField()),
            ("mailed_at", models.DateTimeField(null=True)),
            ("acknowledged_at", models.DateTimeField(null=True)),
            ("note", models.TextField(blank=True)),
            ("case", models.ForeignKey("records.case", on_delete=PROTECT, related_name="alarms")),
            ("person", models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=PROTECT, related_name="alarms")),
            ("acknowledged_by", models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=PROTECT,
                                                  related_name="+")),
        ], {"constraints": [
            models.UniqueConstraint(fields=["case", "person"], name="records_alarm_waits_once",
                                    condition=Q(acknowledged_at__isnull=True)),
            models.CheckConstraint(
                name="records_alarm_acknowledged_by_another",
                condition=Q(acknowledged_by__isnull=True, acknowledged_at__isnull=True, note="")
                | (Q(acknowledged_at__isnull=False) & ~Q(acknowledged_by=F("person")) & ~Q(note=""))),
        ], "indexes": [
            models.Index(fields=["at"], name="records_alarm_waiting", condition=Q(acknowledged_at__isnull=True)),
            models.Index(fields=["id"], name="records_alarm_unmailed", condition=Q(mailed_at__isnull=True)),
        ]}),
        migrations.CreateModel("AlarmAddress", [
            ID,
            ("email", models.EmailField(max_length=254)),
            ("person", models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=CASCADE,
                                            related_name="alarm_address")),
        ]),
        migrations.AddField("outgoingmail", "address", models.EmailField(max_length=254, blank=True, default="",
                                                                         db_default="")),
        migrations.CreateModel("Exposure", [
            ID,
            ("severity", models.SmallIntegerField(default=1)),
            ("seconds", models.PositiveIntegerField(default=0)),
            ("at", models.DateTimeField()),
            ("beaten_at", models.DateTimeField(null=True)),
            ("ended_at", models.DateTimeField(null=True)),
            ("person", models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=PROTECT, related_name="exposures")),
            ("case", models.ForeignKey("records.case", on_delete=DO_NOTHING, db_constraint=False,
                                       related_name="exposures")),
        ], {"constraints": [
            models.UniqueConstraint(fields=["person"], name="records_one_open_exposure",
                                    condition=Q(ended_at__isnull=True)),
        ], "indexes": [models.Index(fields=["person", "-at"], name="records_exposure_person")]}),
        migrations.RunSQL(GUARDS, NO_GUARDS),
    ]
