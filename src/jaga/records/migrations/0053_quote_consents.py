"""Reporters' consents to the quoting of a sentence."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q

GUARD = """
-- Who asked what stays as it was; each moment is written once and stays.
CREATE FUNCTION records_quoteconsent_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.id, NEW.report_id, NEW.sentence, NEW.asked_by_id, NEW.asked_at)
          IS DISTINCT FROM (OLD.id, OLD.report_id, OLD.sentence, OLD.asked_by_id, OLD.asked_at)
       OR (OLD.answered_at IS NOT NULL AND (NEW.agreed, NEW.answered_at) IS DISTINCT FROM (OLD.agreed, OLD.answered_at))
       OR (OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at)
       OR (OLD.used_at IS NOT NULL AND NEW.used_at IS DISTINCT FROM OLD.used_at) THEN
        RAISE EXCEPTION 'jaga: a consent is answered, withdrawn or used once, and never edited'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_quoteconsent_guard BEFORE UPDATE OR DELETE ON records_quoteconsent
    FOR EACH ROW EXECUTE FUNCTION records_quoteconsent_guard();
"""


class Migration(migrations.Migration):
    """One table and its guard."""

    dependencies: ClassVar = [("records", "0052_turns")]
    operations: ClassVar = [
        migrations.CreateModel("QuoteConsent", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("sentence", models.TextField()),
            ("asked_at", models.DateTimeField()),
            ("agreed", models.BooleanField(null=True)),
            ("answered_at", models.DateTimeField(null=True)),
            ("withdrawn_at", models.DateTimeField(null=True)),
            ("used_at", models.DateTimeField(null=True)),
            ("asked_by", models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=django.db.models.deletion.PROTECT,
                                           related_name="+")),
            ("report", models.ForeignKey("records.report", on_delete=django.db.models.deletion.PROTECT,
                                         related_name="consents")),
        ], options={"constraints": [
            models.UniqueConstraint(fields=["report", "sentence"], name="records_consent_asked_once"),
            models.CheckConstraint(condition=~Q(sentence=""), name="records_consent_is_to_a_sentence"),
            models.CheckConstraint(
                condition=Q(agreed__isnull=True, answered_at__isnull=True)
                | Q(agreed__isnull=False, answered_at__isnull=False), name="records_consent_answered_at_a_moment"),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True, withdrawn_at__isnull=True) | Q(agreed=True, used_at__isnull=True)
                | Q(agreed=True, withdrawn_at__isnull=True), name="records_consent_used_or_withdrawn_once_given"),
        ]}),
        migrations.RunSQL(GUARD, "DROP FUNCTION records_quoteconsent_guard CASCADE;"),
    ]
