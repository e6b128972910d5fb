"""Which lists of hashes were compared with all pictures, since when an account is there, and whose a model is."""

from typing import ClassVar

from django.db import migrations, models

# A list is removed once, and once compared with all that was there before it; nothing else of it ever changes.
LISTS = """
CREATE OR REPLACE FUNCTION records_hashlist_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.removed_at IS NOT NULL
       OR (NEW.id, NEW.name, NEW.source, NEW.category, NEW.version, NEW.size, NEW.imported_at)
          IS DISTINCT FROM (OLD.id, OLD.name, OLD.source, OLD.category, OLD.version, OLD.size, OLD.imported_at)
       OR (NEW.removed_at IS NULL AND (NEW.hashes <> OLD.hashes OR NEW.compared_at IS NULL
                                       OR OLD.compared_at IS NOT NULL)) THEN
        RAISE EXCEPTION 'jaga: a list of hashes is removed once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
LISTS_BEFORE = """
CREATE OR REPLACE FUNCTION records_hashlist_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.removed_at IS NOT NULL OR NEW.removed_at IS NULL
       OR (NEW.id, NEW.name, NEW.source, NEW.category, NEW.version, NEW.size, NEW.imported_at)
          IS DISTINCT FROM (OLD.id, OLD.name, OLD.source, OLD.category, OLD.version, OLD.size, OLD.imported_at) THEN
        RAISE EXCEPTION 'jaga: a list of hashes is removed once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
"""
# A model in use today stays; from now on one comes into use only where it is known who had it learnt.
MODELS = """
CREATE FUNCTION records_learntmodel_has_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'approved' AND OLD.state <> 'approved' AND NEW.proposed_by_id IS NULL THEN
        RAISE EXCEPTION 'jaga: a model that nobody had learnt is not put into use' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_learntmodel_has_an_owner BEFORE UPDATE ON records_learntmodel
    FOR EACH ROW EXECUTE FUNCTION records_learntmodel_has_an_owner();
"""


class Migration(migrations.Migration):
    """Two columns and two guards."""

    dependencies: ClassVar = [("records", "0028_learnt_models")]
    operations: ClassVar = [
        migrations.AddField("hashlist", "compared_at", models.DateTimeField(null=True)),
        migrations.AddField("subject", "since", models.DateTimeField(null=True)),
        migrations.RunSQL(LISTS, LISTS_BEFORE),
        migrations.RunSQL(MODELS, "DROP FUNCTION records_learntmodel_has_an_owner CASCADE;"),
    ]
