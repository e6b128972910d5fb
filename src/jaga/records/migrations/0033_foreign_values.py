"""What platforms sent that cannot be used, and how each task of the worker fares on each platform."""

from typing import ClassVar

from django.conf import settings
from django.db import migrations, models
from django.db.models import CASCADE, PROTECT, Q

TASKS = ["rooms", "reports", "names", "checks", "actions"]
KINDS = ["message", "report", "room", "cursor"]

# That something came is kept for good; its bytes go once it is settled.
GUARDS = """
CREATE FUNCTION records_setaside_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.platform_id, NEW.kind, NEW.digest, NEW.size, NEW.first_seen_at)
       IS DISTINCT FROM (OLD.id, OLD.platform_id, OLD.kind, OLD.digest, OLD.size, OLD.first_seen_at)
       OR NEW.times < OLD.times
       OR (OLD.settled_at IS NOT NULL AND (NEW.settled_at, NEW.settled_by_id, NEW.sealed)
           IS DISTINCT FROM (OLD.settled_at, OLD.settled_by_id, OLD.sealed))
       OR (NEW.settled_at IS NULL AND NEW.sealed <> OLD.sealed) THEN
        RAISE EXCEPTION 'jaga: what was set aside is settled once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_setaside_guard BEFORE UPDATE ON records_setasidevalue
    FOR EACH ROW EXECUTE FUNCTION records_setaside_guard();
"""


class Migration(migrations.Migration):
    """Three tables and a guard."""

    dependencies: ClassVar = [("records", "0032_guesses")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="RoundFault",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, unique=True)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("last_failed_at", models.DateTimeField()),
                ("why", models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name="PlatformTaskHealth",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("task", models.CharField(choices=[(task, task) for task in TASKS], max_length=20)),
                ("failures", models.PositiveIntegerField(default=0)),
                ("faults", models.PositiveIntegerField(default=0)),
                ("not_kept", models.PositiveIntegerField(default=0)),
                ("retry_at", models.DateTimeField(null=True)),
                ("last_failed_at", models.DateTimeField(null=True)),
                ("why", models.CharField(blank=True, max_length=200)),
                ("platform", models.ForeignKey(on_delete=CASCADE, related_name="task_health", to="records.platform")),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("platform", "task"), name="records_task_health_once"),
                    models.CheckConstraint(condition=Q(("task__in", TASKS)),
                                           name="records_platformtaskhealth_task_is_a_term"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SetAsideValue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[(kind, kind) for kind in KINDS], max_length=20)),
                ("why", models.CharField(max_length=200)),
                ("digest", models.BinaryField(max_length=32)),
                ("size", models.PositiveIntegerField()),
                ("sealed", models.BinaryField()),
                ("times", models.PositiveIntegerField(default=1)),
                ("first_seen_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("settled_at", models.DateTimeField(null=True)),
                ("platform", models.ForeignKey(on_delete=CASCADE, related_name="set_aside", to="records.platform")),
                ("settled_by", models.ForeignKey(null=True, on_delete=PROTECT, related_name="+",
                                                 to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "indexes": [models.Index(condition=Q(("settled_at__isnull", True)), fields=["platform"],
                                         name="records_set_aside_open")],
                "constraints": [
                    models.UniqueConstraint(fields=("platform", "kind", "digest"), name="records_set_aside_once"),
                    models.CheckConstraint(condition=Q(("kind__in", KINDS)),
                                           name="records_setasidevalue_kind_is_a_term"),
                    models.CheckConstraint(
                        condition=Q(settled_at__isnull=True, settled_by__isnull=True)
                        | Q(settled_at__isnull=False, settled_by__isnull=False, sealed=b""),
                        name="records_set_aside_settled_whole"),
                ],
            },
        ),
        migrations.RunSQL(GUARDS, "DROP FUNCTION records_setaside_guard CASCADE;"),
    ]
