"""Models that were learnt from decisions."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import F, Q

PROTECT = django.db.models.deletion.PROTECT
STATES = ["proposed", "approved", "rejected", "retired"]

GUARD = """
CREATE FUNCTION records_learntmodel_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'jaga: a learnt model is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'proposed' THEN
            RAISE EXCEPTION 'jaga: a model is proposed before it is anything else' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.category, NEW.sha256, NEW.size, NEW.features, NEW.policy_hash, NEW.learnt_until,
        NEW.positives, NEW.negatives, NEW.metrics, NEW.better, NEW.compared_with_id, NEW.proposed_by_id,
        NEW.proposed_at)
       IS DISTINCT FROM (OLD.id, OLD.category, OLD.sha256, OLD.size, OLD.features, OLD.policy_hash,
        OLD.learnt_until, OLD.positives, OLD.negatives, OLD.metrics, OLD.better, OLD.compared_with_id,
        OLD.proposed_by_id, OLD.proposed_at) THEN
        RAISE EXCEPTION 'jaga: what was learnt and measured is never edited' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> OLD.state AND NOT (OLD.state, NEW.state) IN (
        ('proposed', 'approved'), ('proposed', 'rejected'), ('approved', 'retired'), ('retired', 'approved')) THEN
        RAISE EXCEPTION 'jaga: a model goes from proposed to approved or rejected, and in and out of use'
            USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state = 'proposed' AND NEW.state = 'approved' AND NOT OLD.better THEN
        RAISE EXCEPTION 'jaga: a model that was not better is not put into use' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_learntmodel_guard BEFORE INSERT OR UPDATE OR DELETE ON records_learntmodel
    FOR EACH ROW EXECUTE FUNCTION records_learntmodel_guard();
"""


class Migration(migrations.Migration):
    """One table and its guard."""

    dependencies: ClassVar = [("records", "0027_picture_hashes")]
    operations: ClassVar = [
        migrations.CreateModel("LearntModel", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("category", models.CharField(max_length=60)),
            ("sha256", models.CharField(max_length=64)),
            ("size", models.PositiveIntegerField()),
            ("features", models.CharField(max_length=20)),
            ("policy_hash", models.CharField(max_length=64)),
            ("learnt_until", models.DateTimeField()),
            ("positives", models.PositiveIntegerField()),
            ("negatives", models.PositiveIntegerField()),
            ("metrics", models.JSONField()),
            ("better", models.BooleanField()),
            ("state", models.CharField(max_length=20, choices=[(one, one) for one in STATES], default="proposed")),
            ("proposed_at", models.DateTimeField()),
            ("decided_at", models.DateTimeField(null=True)),
            ("reason", models.TextField(blank=True)),
            ("compared_with", models.ForeignKey("records.learntmodel", null=True, on_delete=PROTECT,
                                                related_name="+")),
            ("proposed_by", models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=PROTECT,
                                              related_name="+")),
            ("decided_by", models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=PROTECT,
                                             related_name="+")),
        ]),
        migrations.AddConstraint("learntmodel", models.CheckConstraint(
            name="records_learntmodel_state_is_a_term", condition=Q(state__in=STATES))),
        migrations.AddConstraint("learntmodel", models.UniqueConstraint(
            fields=["category", "sha256"], name="records_model_learnt_once")),
        migrations.AddConstraint("learntmodel", models.UniqueConstraint(
            fields=["category"], name="records_one_model_in_use", condition=Q(state="approved"))),
        migrations.AddConstraint("learntmodel", models.CheckConstraint(
            name="records_model_decided_by_a_person", condition=(
                Q(state="proposed", decided_by__isnull=True, decided_at__isnull=True)
                | (~Q(state="proposed") & Q(decided_by__isnull=False, decided_at__isnull=False))))),
        migrations.AddConstraint("learntmodel", models.CheckConstraint(
            name="records_model_approved_by_another", condition=(
                ~Q(state="approved") | Q(proposed_by__isnull=True) | ~Q(decided_by=F("proposed_by"))))),
        migrations.AddConstraint("learntmodel", models.CheckConstraint(
            name="records_model_refused_with_a_reason", condition=~Q(state="rejected") | ~Q(reason=""))),
        migrations.AddConstraint("learntmodel", models.CheckConstraint(
            name="records_model_has_a_hash", condition=Q(sha256__regex=r"^[0-9a-f]{64}$"))),
        migrations.RunSQL(GUARD, "DROP FUNCTION records_learntmodel_guard CASCADE;"),
    ]
