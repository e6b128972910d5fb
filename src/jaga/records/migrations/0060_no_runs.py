"""Runs over many cases are gone (ADR 0067)."""

from django.db import migrations

DROP = """
DROP TRIGGER records_bulk_guard ON records_bulkitem;
DROP FUNCTION records_bulk_guard();
"""
MAKE = """
CREATE FUNCTION records_bulk_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.decision_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM records_decision d WHERE d.id = NEW.decision_id AND d.kind NOT IN ('dismiss', 'restrict')) THEN
        RAISE EXCEPTION 'jaga: nothing is closed or removed in bulk' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_bulk_guard BEFORE INSERT OR UPDATE ON records_bulkitem
    FOR EACH ROW EXECUTE FUNCTION records_bulk_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0048_preservations")]
    operations = [
        migrations.RunSQL(DROP, MAKE),
        migrations.DeleteModel("BulkItem"),
        migrations.DeleteModel("BulkRun"),
    ]
