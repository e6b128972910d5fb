"""Victim-first is proposed by machines and reporters, and confirmed or lifted by people's votes."""

from typing import ClassVar

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q

STATES = ["none", "proposed", "confirmed", "lifted"]
CAUSES = ["words", "picture", "youth", "moved", "account", "votes"]
PROTECTING = ["proposed", "confirmed"]

# Whatever was found before was found by machines, or by one person.
BEFORE = "UPDATE records_case SET victim_state = 'proposed' WHERE victim_first;"

GUARDS = """
CREATE TRIGGER records_victimturn_append_only BEFORE UPDATE OR DELETE ON records_victimturn
    FOR EACH ROW EXECUTE FUNCTION records_append_only();

CREATE FUNCTION records_voices_for(the_case bigint, said text) RETURNS bigint LANGUAGE sql STABLE AS $$
    SELECT count(DISTINCT v.person_id) FROM records_vote v WHERE v.case_id = the_case AND v.victim = said
        AND NOT EXISTS (SELECT 1 FROM records_votewithdrawal w WHERE w.vote_id = v.id)
$$;

-- Two people's votes that stand confirm and lift; where an account was judged so before, a supervisor without a vote
-- has let the lifting go on. Whoever writes the row, nothing else does.
CREATE FUNCTION records_victim_state_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.victim_state = 'confirmed' OR NEW.victim_state = 'lifted' AND NOT EXISTS (
            SELECT 1 FROM records_victimturn t WHERE t.subject_id = NEW.subject_id AND t.state = 'lifted') THEN
            RAISE EXCEPTION 'jaga: a new case is not confirmed, and lifted only with its account'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF NEW.victim_state = 'none' THEN
        RAISE EXCEPTION 'jaga: people lift the victim-first way, nothing forgets it' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.victim_state = 'confirmed' AND records_voices_for(NEW.id, 'confirm') < 2 THEN
        RAISE EXCEPTION 'jaga: two people confirm a possible victim' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.victim_state = 'lifted' THEN
        IF records_voices_for(NEW.id, 'lift') < 2 THEN
            RAISE EXCEPTION 'jaga: two people lift the victim-first way' USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (SELECT 1 FROM records_victimturn t WHERE t.subject_id = NEW.subject_id
                   AND t.state IN ('confirmed', 'lifted'))
           AND NOT EXISTS (SELECT 1 FROM records_commitwait w JOIN records_pendingcommit p ON p.id = w.commit_id
                           WHERE p.case_id = NEW.id AND p.ended_at IS NULL AND w.let_on_at IS NOT NULL) THEN
            RAISE EXCEPTION 'jaga: from the second time a supervisor without a vote lifts the victim-first way'
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_victim_state_guard BEFORE UPDATE OF victim_state ON records_case FOR EACH ROW
    WHEN (OLD.victim_state IS DISTINCT FROM NEW.victim_state) EXECUTE FUNCTION records_victim_state_guard();
CREATE TRIGGER records_victim_state_of_new BEFORE INSERT ON records_case FOR EACH ROW
    WHEN (NEW.victim_state IN ('confirmed', 'lifted')) EXECUTE FUNCTION records_victim_state_guard();

CREATE FUNCTION records_closes_no_victim() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM records_case c WHERE c.id = NEW.case_id AND c.victim_first) THEN
        RAISE EXCEPTION 'jaga: nothing final is done on the victim-first way' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_closes_no_victim BEFORE INSERT ON records_decision FOR EACH ROW
    WHEN (NEW.kind IN ('close', 'redact')) EXECUTE FUNCTION records_closes_no_victim();

-- What waits rests on two votes that say the same of a possible victim too.
CREATE FUNCTION records_pending_says_one_thing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT count(DISTINCT v.victim) FROM records_vote v WHERE v.id IN (NEW.vote_id, NEW.other_id)) <> 1 THEN
        RAISE EXCEPTION 'jaga: what waits rests on two people''s votes that agree' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_pending_says_one_thing BEFORE INSERT ON records_pendingcommit
    FOR EACH ROW EXECUTE FUNCTION records_pending_says_one_thing();
"""
DROP = """
DROP FUNCTION records_victim_state_guard, records_closes_no_victim, records_pending_says_one_thing CASCADE;
DROP FUNCTION records_voices_for;
DROP TRIGGER records_victimturn_append_only ON records_victimturn;
"""


def _terms(terms: list[str]) -> list[tuple[str, str]]:
    return [(term, term) for term in terms]


class Migration(migrations.Migration):
    """Two columns, one table and their guards."""

    dependencies: ClassVar = [("records", "0055_referrals")]
    operations: ClassVar = [
        migrations.AddField("case", "victim_state", models.CharField(
            max_length=20, choices=_terms(STATES), default="none", db_default="none")),
        migrations.RunSQL(BEFORE, migrations.RunSQL.noop),
        migrations.AddConstraint("case", models.CheckConstraint(
            name="records_case_victim_state_is_a_term", condition=Q(victim_state__in=STATES))),
        migrations.AddConstraint("case", models.CheckConstraint(
            name="records_case_victim_first_as_its_state_says",
            condition=Q(victim_first=True, victim_state__in=PROTECTING)
            | Q(victim_first=False) & ~Q(victim_state__in=PROTECTING))),
        migrations.AddField("vote", "victim", models.CharField(
            max_length=20, choices=_terms(["confirm", "lift"]), default="", db_default="", blank=True)),
        migrations.AddConstraint("vote", models.CheckConstraint(
            name="records_vote_victim_is_a_term", condition=Q(victim__in=["", "confirm", "lift"]))),
        migrations.CreateModel("VictimTurn", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("state", models.CharField(max_length=20, choices=_terms(STATES))),
            ("cause", models.CharField(max_length=20, choices=_terms(CAUSES))),
            ("at", models.DateTimeField()),
            ("case", models.ForeignKey("records.case", on_delete=django.db.models.deletion.PROTECT,
                                       related_name="victim_turns")),
            ("report", models.ForeignKey("records.report", null=True, on_delete=django.db.models.deletion.PROTECT,
                                         related_name="+")),
            ("subject", models.ForeignKey("records.subject", on_delete=django.db.models.deletion.PROTECT,
                                          related_name="victim_turns")),
        ], options={
            "constraints": [
                models.CheckConstraint(name="records_victimturn_state_is_a_term", condition=Q(state__in=STATES)),
                models.CheckConstraint(name="records_victimturn_cause_is_a_term", condition=Q(cause__in=CAUSES)),
                models.CheckConstraint(name="records_victim_turn_leads_somewhere", condition=~Q(state="none")),
                models.CheckConstraint(
                    name="records_people_alone_confirm_and_lift",
                    condition=Q(state__in=["confirmed", "lifted"], cause="votes")
                    | Q(state="proposed") & ~Q(cause="votes")),
            ],
            "indexes": [models.Index(fields=["subject", "-id"], name="records_victim_found_of",
                                     condition=Q(state__in=["confirmed", "lifted"]))],
        }),
        migrations.RunSQL(GUARDS, DROP),
    ]
