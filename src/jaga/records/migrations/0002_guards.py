"""Invariants that a constraint cannot say: what is append-only, and who may have decided what."""

from django.db import migrations

APPEND_ONLY = ("vote", "decision", "outcome", "verification", "disclosure", "evidence", "ledgercheckpoint", "letter")

GUARDS = """
CREATE FUNCTION records_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'jaga: % is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'check_violation';
END $$;

CREATE FUNCTION records_ledger_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'jaga: a ledger entry is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.seq IS NOT NULL
       OR (NEW.id, NEW.at, NEW.verb, NEW.actor, NEW.case_ref, NEW.payload, NEW.entry_hash)
          IS DISTINCT FROM (OLD.id, OLD.at, OLD.verb, OLD.actor, OLD.case_ref, OLD.payload, OLD.entry_hash) THEN
        RAISE EXCEPTION 'jaga: a ledger entry is linked once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_ledger_guard BEFORE UPDATE OR DELETE ON records_ledgerentry
    FOR EACH ROW EXECUTE FUNCTION records_ledger_guard();

CREATE FUNCTION records_statement_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.delivered_at IS NOT NULL
       OR (NEW.id, NEW.decision_id, NEW.body_id, NEW.body_en, NEW.appeal_hash, NEW.created_at)
          IS DISTINCT FROM (OLD.id, OLD.decision_id, OLD.body_id, OLD.body_en, OLD.appeal_hash, OLD.created_at) THEN
        RAISE EXCEPTION 'jaga: a statement of reasons is never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_statement_guard BEFORE UPDATE OR DELETE ON records_statement
    FOR EACH ROW EXECUTE FUNCTION records_statement_guard();

CREATE FUNCTION records_installation_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.practice IS DISTINCT FROM OLD.practice THEN
        RAISE EXCEPTION 'jaga: a practice database stays one' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_installation_guard BEFORE UPDATE OR DELETE ON records_installation
    FOR EACH ROW EXECUTE FUNCTION records_installation_guard();

-- A decision rests on votes: whoever is named as having decided or seconded it voted so on this very case.
CREATE FUNCTION records_decision_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'restore' THEN
        IF EXISTS (SELECT 1 FROM records_vote v WHERE v.case_id = NEW.case_id AND v.person_id = NEW.decided_by_id) THEN
            RAISE EXCEPTION 'jaga: an appeal is decided by somebody who had no vote in the case'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM records_vote v WHERE v.case_id = NEW.case_id AND v.person_id = NEW.decided_by_id
                   AND (v.kind = NEW.kind OR (NEW.kind = 'redact' AND v.rooms @> NEW.rooms)))
       OR (NEW.seconded_by_id IS NOT NULL AND NOT EXISTS (
           SELECT 1 FROM records_vote v WHERE v.case_id = NEW.case_id AND v.person_id = NEW.seconded_by_id
           AND (v.kind = NEW.kind OR (NEW.kind = 'redact' AND v.rooms @> NEW.rooms)))) THEN
        RAISE EXCEPTION 'jaga: a decision rests on the votes of those it names' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_decision_guard BEFORE INSERT ON records_decision
    FOR EACH ROW EXECUTE FUNCTION records_decision_guard();

CREATE FUNCTION records_appeal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'jaga: an appeal is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.state <> 'open' OR (NEW.id, NEW.decision_id, NEW.text, NEW.filed_at, NEW.due_at)
                             IS DISTINCT FROM (OLD.id, OLD.decision_id, OLD.text, OLD.filed_at, OLD.due_at)) THEN
        RAISE EXCEPTION 'jaga: an appeal is decided once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.decided_by_id IS NOT NULL AND EXISTS (
        SELECT 1 FROM records_decision d JOIN records_vote v ON v.case_id = d.case_id
        WHERE d.id = NEW.decision_id AND v.person_id = NEW.decided_by_id) THEN
        RAISE EXCEPTION 'jaga: an appeal is decided by somebody who had no vote in the case'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_appeal_guard BEFORE INSERT OR UPDATE OR DELETE ON records_appeal
    FOR EACH ROW EXECUTE FUNCTION records_appeal_guard();
"""

APPEND = """
CREATE TRIGGER records_{0}_append_only BEFORE UPDATE OR DELETE ON records_{0}
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
"""

DROP = """
DROP FUNCTION records_append_only, records_ledger_guard, records_statement_guard, records_installation_guard,
    records_decision_guard, records_appeal_guard CASCADE;
"""


class Migration(migrations.Migration):
    """Triggers only; the tables are those of 0001."""

    dependencies = [("records", "0001_first")]
    operations = [
        migrations.RunSQL([GUARDS, *(APPEND.format(table) for table in APPEND_ONLY)], DROP),
    ]
