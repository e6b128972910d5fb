-- Tables whose rows are only ever added.

CREATE FUNCTION records_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'jaga: % is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER records_accessevent_append_only BEFORE UPDATE OR DELETE ON records_accessevent
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_accesslogseal_append_only BEFORE UPDATE OR DELETE ON records_accesslogseal
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_casenote_append_only BEFORE UPDATE OR DELETE ON records_casenote
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_decision_append_only BEFORE UPDATE OR DELETE ON records_decision
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_disclosure_append_only BEFORE UPDATE OR DELETE ON records_disclosure
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_disclosurerecall_append_only BEFORE UPDATE OR DELETE ON records_disclosurerecall
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_emergencyhold_append_only BEFORE UPDATE OR DELETE ON records_emergencyhold
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_epoch_append_only BEFORE UPDATE OR DELETE ON records_epoch
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_evidence_append_only BEFORE UPDATE OR DELETE ON records_evidence
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_ledgercheckpoint_append_only BEFORE UPDATE OR DELETE ON records_ledgercheckpoint
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_letter_append_only BEFORE UPDATE OR DELETE ON records_letter
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_locatorversion_append_only BEFORE UPDATE OR DELETE ON records_locatorversion
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_noticeentry_append_only BEFORE UPDATE OR DELETE ON records_noticeentry
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_outcome_append_only BEFORE UPDATE OR DELETE ON records_outcome
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_picturehash_append_only BEFORE UPDATE OR DELETE ON records_picturehash
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_picturematch_append_only BEFORE UPDATE OR DELETE ON records_picturematch
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_pictureopening_append_only BEFORE UPDATE OR DELETE ON records_pictureopening
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_publishedperiod_append_only BEFORE UPDATE OR DELETE ON records_publishedperiod
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_receivedhook_append_only BEFORE UPDATE OR DELETE ON records_receivedhook
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_signedonce_append_only BEFORE UPDATE OR DELETE ON records_signedonce
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_verification_append_only BEFORE UPDATE OR DELETE ON records_verification
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_victimturn_append_only BEFORE UPDATE OR DELETE ON records_victimturn
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_vote_append_only BEFORE UPDATE OR DELETE ON records_vote
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_votewithdrawal_append_only BEFORE UPDATE OR DELETE ON records_votewithdrawal
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_workingcopy_append_only BEFORE UPDATE OR DELETE ON records_workingcopy
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_youthcheck_append_only BEFORE UPDATE OR DELETE ON records_youthcheck
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
