-- Votes, pending decisions, decisions and strikes: who may decide what, and on which votes.

CREATE FUNCTION records_restricted_alone(account bigint, moment timestamptz)
    RETURNS interval LANGUAGE sql STABLE AS $$
    SELECT coalesce(sum(greatest(least(coalesce(d.ends_at, moment), coalesce(u.decided_at, 'infinity'))
                                 - greatest(d.decided_at, moment - interval '90 days'), interval '0')), interval '0')
    FROM records_decision d LEFT JOIN records_decision u ON u.overturns_id = d.id
    WHERE d.subject_id = account AND d.kind = 'restrict' AND d.seconded_by_id IS NULL
      AND (d.ends_at IS NULL OR d.ends_at > moment - interval '90 days')
$$;

CREATE FUNCTION records_alone_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Runs after the insert, so that each refusal has its own reason: the sum already includes this restriction.
    IF NEW.ends_at IS NOT NULL AND records_restricted_alone(NEW.subject_id, NEW.decided_at)
       + (CASE WHEN NEW.seconded_by_id IS NULL THEN interval '0' ELSE NEW.ends_at - NEW.decided_at END)
       <= interval '7 days' + interval '1 minute' THEN
        RETURN NEW;
    END IF;
    IF NEW.seconded_by_id IS NULL THEN
        RAISE EXCEPTION 'jaga: one person restricts an account for seven days in ninety at most'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.ends_at <= NEW.decided_at + interval '7 days' + interval '1 minute' THEN
        RETURN NEW;  -- two people agree on a week, where one had no day left
    END IF;
    -- Only categories whose rule lists elements; victim-first categories have none, and nothing is closed there.
    IF EXISTS (SELECT 1 FROM records_vote v JOIN records_case c ON c.id = v.case_id
               WHERE v.case_id = NEW.case_id AND v.kind = 'restrict'
               AND c.category IN ('prostitution_advertising', 'gambling', 'fraud', 'extortion')
               AND v.person_id IN (NEW.decided_by_id, NEW.seconded_by_id) AND jsonb_array_length(v.elements) = 0
               AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id)) THEN
        RAISE EXCEPTION 'jaga: a long restriction names the elements that were found' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_alone_guard AFTER INSERT ON records_decision
    FOR EACH ROW WHEN (NEW.kind = 'restrict' AND NEW.awaits_id IS NULL) EXECUTE FUNCTION records_alone_guard();

CREATE FUNCTION records_awaits_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM records_pendingdecision p JOIN records_vote v ON v.id = p.vote_id
            JOIN records_vote o ON o.id = p.other_id
        WHERE p.id = NEW.awaits_id AND p.case_id = NEW.case_id AND p.ended_at IS NULL
          AND v.kind = 'close' AND o.kind = 'close' AND v.accounts @> to_jsonb(NEW.subject_id)
          AND v.person_id = NEW.decided_by_id AND o.person_id = NEW.seconded_by_id) THEN
        RAISE EXCEPTION 'jaga: what is restricted before a closure rests on the votes for it'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_awaits_guard BEFORE INSERT ON records_decision
    FOR EACH ROW WHEN (NEW.awaits_id IS NOT NULL) EXECUTE FUNCTION records_awaits_guard();

CREATE FUNCTION records_casealarm_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.acknowledged_at IS NOT NULL
       OR (NEW.id, NEW.case_id, NEW.kind, NEW.why, NEW.person_id, NEW.appeal_id, NEW.referral_id, NEW.at)
          IS DISTINCT FROM
          (OLD.id, OLD.case_id, OLD.kind, OLD.why, OLD.person_id, OLD.appeal_id, OLD.referral_id, OLD.at) THEN
        RAISE EXCEPTION 'jaga: an alarm is acknowledged once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_casealarm_guard BEFORE UPDATE OR DELETE ON records_casealarm
    FOR EACH ROW EXECUTE FUNCTION records_casealarm_guard();

-- A decision names people who voted for exactly this measure on exactly this account. Two exceptions: a restoration is
-- decided by somebody who had no vote in the case; a provisional restriction by one person needs no vote, but only on
-- an urgent case under review and only for the reported account, so that it tells later voters nothing about votes.
CREATE FUNCTION records_decision_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'restore' THEN
        IF EXISTS (SELECT 1 FROM records_vote v WHERE v.case_id = NEW.case_id AND v.person_id = NEW.decided_by_id) THEN
            RAISE EXCEPTION 'jaga: an appeal is decided by somebody who had no vote in the case'
                USING ERRCODE = 'check_violation';
        END IF;
        IF NOT EXISTS (SELECT 1 FROM records_decision d WHERE d.id = NEW.overturns_id
                       AND d.case_id = NEW.case_id AND d.subject_id = NEW.subject_id) THEN
            RAISE EXCEPTION 'jaga: a restoration is of the account whose decision it overturns'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.provisional THEN
        IF NOT EXISTS (SELECT 1 FROM records_case c WHERE c.id = NEW.case_id AND c.urgent AND NOT c.victim_first
                       AND c.subject_id = NEW.subject_id AND c.state IN ('in_review', 'second_vote')) THEN
            RAISE EXCEPTION 'jaga: only on an urgent case in review is restricted at once'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM records_vote v WHERE v.case_id = NEW.case_id AND v.person_id = NEW.decided_by_id
                   AND (v.kind = NEW.kind OR (NEW.kind = 'redact' AND v.rooms @> NEW.rooms))
                   AND v.accounts @> to_jsonb(NEW.subject_id))
       OR (NEW.seconded_by_id IS NOT NULL AND NOT EXISTS (
           SELECT 1 FROM records_vote v WHERE v.case_id = NEW.case_id AND v.person_id = NEW.seconded_by_id
           AND (v.kind = NEW.kind OR (NEW.kind = 'redact' AND v.rooms @> NEW.rooms))
           AND v.accounts @> to_jsonb(NEW.subject_id))) THEN
        RAISE EXCEPTION 'jaga: a decision rests on the votes of those it names' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_decision_guard BEFORE INSERT ON records_decision
    FOR EACH ROW WHEN (new.awaits_id IS NULL) EXECUTE FUNCTION records_decision_guard();

-- Whoever ends the pause of a pending decision never voted in the case, withdrawn votes included; a pause ends once.
CREATE FUNCTION records_decisionpause_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.resumed_at IS NOT NULL
       OR (NEW.id, NEW.pending_id, NEW.report_id, NEW.at) IS DISTINCT FROM (OLD.id, OLD.pending_id, OLD.report_id, OLD.at)
    THEN
        RAISE EXCEPTION 'jaga: that a decision waits on is ended once and never edited'
            USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM records_pendingdecision p JOIN records_vote v ON v.case_id = p.case_id
               WHERE p.id = NEW.pending_id AND v.person_id = NEW.resumed_by_id) THEN
        RAISE EXCEPTION 'jaga: who lets a decision go on has no vote in its case' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_decisionpause_guard BEFORE UPDATE OR DELETE ON records_decisionpause
    FOR EACH ROW EXECUTE FUNCTION records_decisionpause_guard();

-- In a category that needs a hearing, a measure needs two people and a hearing whose time has ended.
CREATE FUNCTION records_heard_first_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM records_case c WHERE c.id = NEW.case_id AND c.category = 'underage_account')
       AND (NEW.seconded_by_id IS NULL OR NOT EXISTS (
            SELECT 1 FROM records_hearing h JOIN records_case c ON c.id = h.case_id
            WHERE h.case_id = NEW.case_id AND c.subject_id = NEW.subject_id AND h.answer_until <= NEW.decided_at)) THEN
        RAISE EXCEPTION 'jaga: nothing is done to this account before its holder had the time to answer'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_heard_first_guard BEFORE INSERT ON records_decision
    FOR EACH ROW WHEN (NEW.kind NOT IN ('dismiss', 'restore')) EXECUTE FUNCTION records_heard_first_guard();

CREATE FUNCTION records_pending_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF (SELECT count(DISTINCT v.person_id) FROM records_vote v
            WHERE v.id IN (NEW.vote_id, NEW.other_id) AND v.case_id = NEW.case_id
              AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id))
          <> (CASE WHEN NEW.other_id IS NULL THEN 1 ELSE 2 END)
           OR (NEW.other_id IS NULL AND NOT EXISTS (
               SELECT 1 FROM records_vote v WHERE v.id = NEW.vote_id AND v.kind = 'dismiss'))
           OR (SELECT count(DISTINCT v.kind) FROM records_vote v WHERE v.id IN (NEW.vote_id, NEW.other_id)) <> 1 THEN
            RAISE EXCEPTION 'jaga: what waits rests on two people''s votes that agree'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL
       OR to_jsonb(NEW) - ARRAY['ended_at', 'end', 'ended_by_id', 'reason', 'note'] IS DISTINCT FROM
          to_jsonb(OLD) - ARRAY['ended_at', 'end', 'ended_by_id', 'reason', 'note'] THEN
        RAISE EXCEPTION 'jaga: a waiting decision ends once and is never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_pending_guard BEFORE INSERT OR UPDATE OR DELETE ON records_pendingdecision
    FOR EACH ROW EXECUTE FUNCTION records_pending_guard();

-- A pending decision needs two votes that also agree about a possible victim.
CREATE FUNCTION records_pending_says_one_thing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(DISTINCT v.victim) FROM records_vote v WHERE v.id IN (NEW.vote_id, NEW.other_id)) <> 1 THEN
        RAISE EXCEPTION 'jaga: what waits rests on two people''s votes that agree' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_pending_says_one_thing BEFORE INSERT ON records_pendingdecision
    FOR EACH ROW EXECUTE FUNCTION records_pending_says_one_thing();

CREATE FUNCTION records_preservation_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.agreed_at IS NOT NULL OR OLD.lapsed_at IS NOT NULL
       OR (NEW.id, NEW.decision_id, NEW.lapses_at) IS DISTINCT FROM (OLD.id, OLD.decision_id, OLD.lapses_at) THEN
        RAISE EXCEPTION 'jaga: a preservation ends once and is never edited' USING ERRCODE = 'check_violation';
    END IF;
    IF EXISTS (SELECT 1 FROM records_decision d
               WHERE d.id = NEW.decision_id AND d.decided_by_id = NEW.agreed_by_id) THEN
        RAISE EXCEPTION 'jaga: a second person agrees to a preservation' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_preservation_guard BEFORE UPDATE OR DELETE ON records_preservation
    FOR EACH ROW EXECUTE FUNCTION records_preservation_guard();

-- A person votes again only after all their earlier votes were withdrawn, one round after the other.
CREATE FUNCTION records_round_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.round <> 1 + (SELECT count(*) FROM records_vote v JOIN records_votewithdrawal w ON w.vote_id = v.id
                         WHERE v.case_id = NEW.case_id AND v.person_id = NEW.person_id) THEN
        RAISE EXCEPTION 'jaga: one vote of a person stands in a case' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_round_guard BEFORE INSERT ON records_vote
    FOR EACH ROW WHEN (NEW.round > 1) EXECUTE FUNCTION records_round_guard();

CREATE FUNCTION records_strike_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.withdrawn_at IS NOT NULL
       OR (NEW.id, NEW.subject_id, NEW.decision_id, NEW.category, NEW.given_at, NEW.expires_at)
          IS DISTINCT FROM (OLD.id, OLD.subject_id, OLD.decision_id, OLD.category, OLD.given_at, OLD.expires_at) THEN
        RAISE EXCEPTION 'jaga: a strike is withdrawn once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_strike_guard BEFORE UPDATE OR DELETE ON records_strike
    FOR EACH ROW EXECUTE FUNCTION records_strike_guard();

CREATE FUNCTION records_unread_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM records_decisionpause w WHERE w.pending_id = NEW.id AND w.resumed_at IS NULL) THEN
        RAISE EXCEPTION 'jaga: nothing is committed while somebody is unheard' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_unread_guard BEFORE UPDATE ON records_pendingdecision
    FOR EACH ROW WHEN (NEW."end" = 'committed') EXECUTE FUNCTION records_unread_guard();

-- Until somebody has called back, a request may be forged: whatever the votes say, evidence is preserved at most.
CREATE FUNCTION records_unverified_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind NOT IN ('preserve', 'dismiss', 'restore') AND (
        EXISTS (SELECT 1 FROM records_emergencyhold e JOIN records_report r ON r.id = e.report_id
                JOIN records_heldrequest h ON h.id = e.held_id WHERE r.case_id = NEW.case_id AND h.state = 'held')
        OR (EXISTS (SELECT 1 FROM records_emergencyhold e JOIN records_report r ON r.id = e.report_id
                    WHERE r.case_id = NEW.case_id)
            AND NOT EXISTS (SELECT 1 FROM records_report r WHERE r.case_id = NEW.case_id AND r.withdrawn_at IS NULL
                            AND NOT EXISTS (SELECT 1 FROM records_emergencyhold e WHERE e.report_id = r.id)))) THEN
        RAISE EXCEPTION 'jaga: an unverified request can only preserve' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_unverified_guard BEFORE INSERT ON records_decision
    FOR EACH ROW EXECUTE FUNCTION records_unverified_guard();

CREATE FUNCTION records_vote_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'close' AND jsonb_array_length(NEW.elements) = 0 THEN
        RAISE EXCEPTION 'jaga: a vote for a closure names the elements that it found' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_vote_guard BEFORE INSERT ON records_vote
    FOR EACH ROW EXECUTE FUNCTION records_vote_guard();

CREATE FUNCTION records_votes_saying(the_case bigint, said text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT count(DISTINCT v.person_id) FROM records_vote v WHERE v.case_id = the_case AND v.victim = said
        AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id)
$$;

CREATE FUNCTION records_votewithdrawal_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.pending_id IS NULL THEN
        IF NOT EXISTS (SELECT 1 FROM records_vote v JOIN records_case c ON c.id = v.case_id
                       WHERE v.id = NEW.vote_id AND c.state IN ('second_vote', 'adjudication', 'committing')) THEN
            RAISE EXCEPTION 'jaga: only an undecided vote is withdrawn' USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NOT EXISTS (SELECT 1 FROM records_vote v JOIN records_pendingdecision p ON p.case_id = v.case_id
                   WHERE v.id = NEW.vote_id AND p.id = NEW.pending_id AND p.ended_at IS NOT NULL
                     AND p.end <> 'committed') THEN
        RAISE EXCEPTION 'jaga: a vote is taken back only with the decision that it was part of'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_votewithdrawal_guard BEFORE INSERT ON records_votewithdrawal
    FOR EACH ROW EXECUTE FUNCTION records_votewithdrawal_guard();

-- After records_decision_guard (triggers fire in the order of their names): the votes were not withdrawn, and an
-- irreversible measure has waited for its undo time.
CREATE FUNCTION records_waited_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'restore' OR NEW.provisional THEN
        RETURN NEW;
    END IF;
    IF EXISTS (SELECT 1 FROM unnest(ARRAY[NEW.decided_by_id, NEW.seconded_by_id]) AS named(person_id)
               WHERE named.person_id IS NOT NULL AND NOT EXISTS (
                   SELECT 1 FROM records_vote v WHERE v.case_id = NEW.case_id AND v.person_id = named.person_id
                   AND (v.kind = NEW.kind OR (NEW.kind = 'redact' AND v.rooms @> NEW.rooms))
                   AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id))) THEN
        RAISE EXCEPTION 'jaga: a decision rests on votes that stand' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind IN ('close', 'redact') AND NEW.seconded_by_id <> NEW.decided_by_id AND NOT EXISTS (
        SELECT 1 FROM records_pendingdecision p JOIN records_vote v ON v.id = p.vote_id
            JOIN records_vote o ON o.id = p.other_id
        WHERE p.case_id = NEW.case_id AND p.ended_at IS NULL AND p.undo_until <= NEW.decided_at
          AND v.person_id = NEW.decided_by_id AND o.person_id = NEW.seconded_by_id) THEN
        RAISE EXCEPTION 'jaga: what cannot be undone waits for its commit' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_waited_guard BEFORE INSERT ON records_decision
    FOR EACH ROW EXECUTE FUNCTION records_waited_guard();

CREATE FUNCTION records_within_rights_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM unnest(ARRAY[NEW.decided_by_id, NEW.seconded_by_id]) AS named(person_id)
        JOIN records_case c ON c.id = NEW.case_id
        WHERE named.person_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM records_person p JOIN records_personrole r ON r.person_id = p.id
            WHERE p.id = named.person_id AND p.is_active
              AND (r.role = 'supervisor' OR r.role = 'reviewer'
                   AND NOT (NEW.adjudicated AND named.person_id = NEW.decided_by_id))
              AND (c.clearance = '' OR EXISTS (
                  SELECT 1 FROM records_personclearance k WHERE k.person_id = p.id AND k.clearance = c.clearance
                  AND k.ended_at IS NULL AND k.expires_at > NEW.decided_at)))) THEN
        RAISE EXCEPTION 'jaga: a decision names people who may judge its case' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.kind <> 'restore' AND NOT NEW.provisional AND EXISTS (
        SELECT 1 FROM unnest(ARRAY[NEW.decided_by_id, NEW.seconded_by_id]) AS named(person_id)
        WHERE named.person_id IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM records_vote v WHERE v.case_id = NEW.case_id AND v.person_id = named.person_id
              AND v.policy_hash = NEW.policy_hash
              AND (v.kind = NEW.kind OR (NEW.kind = 'redact' AND v.rooms @> NEW.rooms))
              AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id))) THEN
        RAISE EXCEPTION 'jaga: a decision and its votes are under one policy release'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_within_rights_guard AFTER INSERT ON records_decision
    FOR EACH ROW EXECUTE FUNCTION records_within_rights_guard();

-- An account that somebody voted on never becomes another one. (A handle without votes is given the account's stable
-- id once.) It looks at the votes themselves, not at what cases and links point at now.
CREATE INDEX records_vote_accounts ON records_vote USING gin (accounts jsonb_path_ops);

CREATE FUNCTION records_hearing_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR (NEW.id, NEW.case_id, NEW.asked_by_id, NEW.asked_at, NEW.days, NEW.code_hash)
       IS DISTINCT FROM
        (OLD.id, OLD.case_id, OLD.asked_by_id, OLD.asked_at, OLD.days, OLD.code_hash)
       OR (OLD.answer_until IS NOT NULL AND (NEW.delivered_at, NEW.answer_until) IS DISTINCT FROM
           (OLD.delivered_at, OLD.answer_until)) THEN
        RAISE EXCEPTION 'jaga: a holder is asked once, and their time is never changed'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_hearing_guard BEFORE UPDATE OR DELETE ON records_hearing
    FOR EACH ROW EXECUTE FUNCTION records_hearing_guard();

CREATE FUNCTION records_hearinganswer_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'jaga: what a holder answered stays as it is' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER records_hearinganswer_guard BEFORE DELETE ON records_hearinganswer
    FOR EACH ROW EXECUTE FUNCTION records_hearinganswer_guard();
CREATE TRIGGER records_hearinganswer_edit_guard BEFORE UPDATE ON records_hearinganswer FOR EACH ROW
    WHEN (NOT records_only_emptied('hearinganswer', to_jsonb(OLD), to_jsonb(NEW), ARRAY['text'], 'appeal'))
    EXECUTE FUNCTION records_hearinganswer_guard();

-- Rows that are only ever added.
CREATE TRIGGER records_decision_append_only BEFORE UPDATE OR DELETE ON records_decision
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_vote_append_only BEFORE UPDATE OR DELETE ON records_vote
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_votewithdrawal_append_only BEFORE UPDATE OR DELETE ON records_votewithdrawal
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
