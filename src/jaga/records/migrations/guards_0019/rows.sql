-- Rows bound to ledger entries (ADR 0092).

-- Notes the rows that a statement added to a bound table, for the entry at the end of the transaction. A rollback to a
-- savepoint takes the note back with the rows. `off` is set where rows are filled in by the million.
CREATE FUNCTION records_note_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    noted text := current_setting('jaga.rows', true);
    numbers text;
BEGIN
    IF noted = 'off' THEN
        RETURN NULL;
    END IF;
    SELECT string_agg(id::text, ',' ORDER BY id) INTO numbers FROM added;
    IF numbers IS NOT NULL THEN
        PERFORM set_config('jaga.rows', coalesce(noted, '') || TG_ARGV[0] || ' ' || numbers || E'\n', true);
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION records_rowbinding_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR NEW.salt IS NOT NULL
       OR (NEW.id, NEW.entry, NEW.place, NEW.part, NEW.number, NEW.gone)
          IS DISTINCT FROM (OLD.id, OLD.entry, OLD.place, OLD.part, OLD.number, OLD.gone) THEN
        RAISE EXCEPTION 'jaga: what an entry commits to is never edited; only its salt is deleted'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_rowbinding_guard BEFORE UPDATE OR DELETE ON records_rowbinding
    FOR EACH ROW EXECUTE FUNCTION records_rowbinding_guard();

CREATE TRIGGER records_bindingstart_append_only BEFORE UPDATE OR DELETE ON records_bindingstart
    FOR EACH ROW EXECUTE FUNCTION records_append_only();

CREATE OR REPLACE FUNCTION records_ledger_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'jaga: a ledger entry is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.seq IS NOT NULL
       OR (NEW.id, NEW.at, NEW.verb, NEW.actor, NEW.case_ref, NEW.payload, NEW.entry_hash, NEW.rows, NEW.mac)
          IS DISTINCT FROM (OLD.id, OLD.at, OLD.verb, OLD.actor, OLD.case_ref, OLD.payload, OLD.entry_hash, OLD.rows,
                            OLD.mac) THEN
        RAISE EXCEPTION 'jaga: a ledger entry is linked once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
