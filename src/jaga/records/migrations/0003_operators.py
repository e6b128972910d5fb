"""Operators, notices, linked accounts, strikes; a decision names its account. Existing rows get their case's account.

Decisions and votes are append-only, so the triggers rest while this one migration fills the new columns.
"""

import django.db.models.deletion
import jaga.core.terms
from django.conf import settings
from django.db import migrations, models


FILL = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE records_decision DISABLE TRIGGER USER;
UPDATE records_decision d SET subject_id = c.subject_id FROM records_case c WHERE c.id = d.case_id;
ALTER TABLE records_decision ENABLE TRIGGER USER;
ALTER TABLE records_vote DISABLE TRIGGER USER;
UPDATE records_vote v SET accounts = jsonb_build_array(c.subject_id) FROM records_case c WHERE c.id = v.case_id;
ALTER TABLE records_vote ENABLE TRIGGER USER;
"""

GUARDS = """
CREATE TRIGGER records_noticeentry_append_only BEFORE UPDATE OR DELETE ON records_noticeentry
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_disclosurerecall_append_only BEFORE UPDATE OR DELETE ON records_disclosurerecall
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
CREATE TRIGGER records_seenhook_append_only BEFORE UPDATE OR DELETE ON records_seenhook
    FOR EACH ROW EXECUTE FUNCTION records_append_only();

CREATE FUNCTION records_operatorletter_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.dropped_at IS NOT NULL
       OR (OLD.opened_at IS NOT NULL AND NEW.opened_at IS DISTINCT FROM OLD.opened_at)
       OR (NEW.opened_at IS NOT NULL AND NEW.released_at IS NULL)
       OR (OLD.released_at IS NOT NULL AND (NEW.released_at, NEW.released_by_id)
           IS DISTINCT FROM (OLD.released_at, OLD.released_by_id))
       OR (NEW.id, NEW.notice_id, NEW.rung, NEW.number, NEW.body_id, NEW.body_en, NEW.pdf_sha256, NEW.prepared_by_id,
           NEW.prepared_at)
          IS DISTINCT FROM (OLD.id, OLD.notice_id, OLD.rung, OLD.number, OLD.body_id, OLD.body_en, OLD.pdf_sha256,
                            OLD.prepared_by_id, OLD.prepared_at) THEN
        RAISE EXCEPTION 'jaga: a letter is released once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_operatorletter_guard BEFORE UPDATE OR DELETE ON records_operatorletter
    FOR EACH ROW EXECUTE FUNCTION records_operatorletter_guard();

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

CREATE FUNCTION records_notice_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state IN ('answered', 'withdrawn') AND NEW.state = 'sent'
       OR (OLD.received_at IS NOT NULL AND NEW.received_at IS DISTINCT FROM OLD.received_at)
       OR (NEW.id, NEW.operator_id, NEW.platform_id, NEW.case_id, NEW.subject_id, NEW.action_id, NEW.asks_for,
           NEW.category, NEW.legal_basis, NEW.facts, NEW.urgent, NEW.created_at)
          IS DISTINCT FROM (OLD.id, OLD.operator_id, OLD.platform_id, OLD.case_id, OLD.subject_id, OLD.action_id,
                            OLD.asks_for, OLD.category, OLD.legal_basis, OLD.facts, OLD.urgent, OLD.created_at) THEN
        RAISE EXCEPTION 'jaga: what a notice asks for, and when it was received, is never edited'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_notice_guard BEFORE UPDATE OR DELETE ON records_notice
    FOR EACH ROW EXECUTE FUNCTION records_notice_guard();

CREATE FUNCTION records_objection_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'open'
       OR (NEW.id, NEW.notice_id, NEW.text, NEW.filed_by_id, NEW.filed_at)
          IS DISTINCT FROM (OLD.id, OLD.notice_id, OLD.text, OLD.filed_by_id, OLD.filed_at) THEN
        RAISE EXCEPTION 'jaga: an objection is decided once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_objection_guard BEFORE UPDATE OR DELETE ON records_objection
    FOR EACH ROW EXECUTE FUNCTION records_objection_guard();

-- As in 0002, and: the account that a decision is about was named in the vote of everyone it names.
CREATE OR REPLACE FUNCTION records_decision_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""

DROP = """
DROP FUNCTION records_operatorletter_guard, records_strike_guard, records_notice_guard, records_objection_guard CASCADE;
DROP TRIGGER records_noticeentry_append_only ON records_noticeentry;
DROP TRIGGER records_disclosurerecall_append_only ON records_disclosurerecall;
DROP TRIGGER records_seenhook_append_only ON records_seenhook;
"""

# Reversing brings back the check of 0002, or no decision could be made on the older tables.
EARLIER = """
CREATE OR REPLACE FUNCTION records_decision_guard() RETURNS trigger LANGUAGE plpgsql AS $$
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
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0002_guards'),
    ]

    operations = [
        migrations.CreateModel(
            name='Commitment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('source', models.CharField(max_length=500)),
                ('made_on', models.DateField()),
                ('scope', models.TextField()),
                ('categories', models.JSONField(default=list)),
                ('hours', models.PositiveSmallIntegerField(default=24)),
                ('hours_urgent', models.PositiveSmallIntegerField(default=4)),
                ('recorded_at', models.DateTimeField()),
                ('ended_on', models.DateField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='ContactDetails',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(blank=True, max_length=254)),
                ('telephone', models.CharField(blank=True, max_length=40)),
                ('domicile', models.CharField(blank=True, max_length=2)),
                ('representative', models.BooleanField(default=False)),
                ('since', models.DateField()),
                ('until', models.DateField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='DisclosureRecall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='LinkedAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', models.TextField()),
                ('added_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asks_for', models.CharField(choices=[('preserve', 'preserve'), ('restrict', 'restrict'), ('redact', 'redact'), ('close', 'close'), ('restore', 'restore'), ('data', 'data')], max_length=20)),
                ('category', models.CharField(max_length=60)),
                ('legal_basis', models.CharField(blank=True, max_length=60)),
                ('facts', models.TextField(blank=True)),
                ('data_wanted', models.JSONField(default=dict)),
                ('urgent', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('sent', 'sent'), ('received', 'received'), ('asked_back', 'asked_back'), ('answered', 'answered'), ('withdrawn', 'withdrawn')], default=jaga.core.terms.NoticeState['SENT'], max_length=20)),
                ('created_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('received_at', models.DateTimeField(null=True)),
                ('receipt_proof', models.CharField(blank=True, max_length=200)),
                ('due_at', models.DateTimeField(null=True)),
                ('left', models.DurationField(null=True)),
                ('answer', models.CharField(blank=True, choices=[('done', 'done'), ('already', 'already'), ('refused', 'refused'), ('invalid_locator', 'invalid_locator'), ('wrong_screenshot', 'wrong_screenshot')], max_length=20)),
                ('answer_text', models.TextField(blank=True)),
                ('answered_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='NoticeEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_operator', models.BooleanField()),
                ('kind', models.CharField(max_length=20)),
                ('text', models.TextField(blank=True)),
                ('proof', models.CharField(blank=True, max_length=200)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Objection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('state', models.CharField(choices=[('open', 'open'), ('accepted', 'accepted'), ('rejected', 'rejected')], default=jaga.core.terms.ObjectionState['OPEN'], max_length=20)),
                ('filed_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('reasons', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='OperatorLetter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rung', models.CharField(choices=[('clarification', 'clarification'), ('order', 'order'), ('warning_1', 'warning_1'), ('warning_2', 'warning_2'), ('warning_3', 'warning_3')], max_length=20)),
                ('number', models.CharField(max_length=120, unique=True)),
                ('body_id', models.TextField()),
                ('body_en', models.TextField()),
                ('pdf_sha256', models.CharField(max_length=64)),
                ('prepared_at', models.DateTimeField()),
                ('released_at', models.DateTimeField(null=True)),
                ('opened_at', models.DateTimeField(null=True)),
                ('dropped_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='OperatorProfile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('legal_entity', models.CharField(blank=True, max_length=200)),
                ('registration_number', models.CharField(blank=True, max_length=80)),
                ('countries', models.JSONField(default=list)),
                ('website', models.URLField(blank=True)),
                ('changed_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='OutgoingMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=120, unique=True)),
                ('language', models.CharField(choices=[('id', 'id'), ('en', 'en')], max_length=2)),
                ('subject', models.CharField(max_length=200)),
                ('body', models.TextField()),
                ('created_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(null=True)),
                ('failure', models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='PlatformHealth',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('failures', models.PositiveIntegerField(default=0)),
                ('open_until', models.DateTimeField(null=True)),
                ('last_ok_at', models.DateTimeField(null=True)),
                ('last_failed_at', models.DateTimeField(null=True)),
                ('why', models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='SeenHook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hook_id', models.CharField(max_length=200)),
                ('received_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Strike',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('category', models.CharField(max_length=60)),
                ('given_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='action',
            name='records_action_state_is_a_term',
        ),
        migrations.RemoveConstraint(
            model_name='action',
            name='records_action_done_has_its_time',
        ),
        migrations.RemoveConstraint(
            model_name='evidence',
            name='records_evidence_kind_is_a_term',
        ),
        migrations.RemoveConstraint(
            model_name='outcome',
            name='records_outcome_step_is_a_term',
        ),
        migrations.RemoveIndex(
            model_name='action',
            name='records_action_open',
        ),
        migrations.AddField(
            model_name='case',
            name='reopens',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reopened_by', to='records.case'),
        ),
        migrations.AddField(
            model_name='decision',
            name='ends_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='decision',
            name='subject',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='records.subject'),
        ),
        migrations.AddField(
            model_name='platform',
            name='by_notice',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='platform',
            name='concurrency',
            field=models.PositiveSmallIntegerField(default=4),
        ),
        migrations.AddField(
            model_name='platform',
            name='hook_keys',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='verification',
            name='looked_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='vote',
            name='accounts',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='vote',
            name='restrict_days',
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AlterField(
            model_name='action',
            name='state',
            field=models.CharField(choices=[('pending', 'pending'), ('waiting', 'waiting'), ('done', 'done'), ('stuck', 'stuck'), ('ended', 'ended')], default=jaga.core.terms.ActionState['PENDING'], max_length=20),
        ),
        migrations.AlterField(
            model_name='evidence',
            name='kind',
            field=models.CharField(choices=[('screenshot', 'screenshot'), ('link', 'link'), ('letter', 'letter'), ('text', 'text'), ('profile', 'profile'), ('messages', 'messages'), ('media', 'media')], max_length=20),
        ),
        migrations.AlterField(
            model_name='outcome',
            name='step',
            field=models.CharField(choices=[('observe', 'observe'), ('preserve', 'preserve'), ('restrict', 'restrict'), ('deliver', 'deliver'), ('redact', 'redact'), ('close', 'close'), ('restore', 'restore'), ('ask', 'ask')], max_length=20),
        ),
        migrations.AddIndex(
            model_name='action',
            index=models.Index(condition=models.Q(('state__in', ['pending', 'waiting', 'stuck'])), fields=['created_at'], name='records_action_open'),
        ),
        migrations.AddConstraint(
            model_name='action',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'waiting', 'done', 'stuck', 'ended'])), name='records_action_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='action',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'waiting', 'stuck']), ('finished_at__isnull', False), _connector='OR'), name='records_action_done_has_its_time'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__isnull', True), models.Q(('ends_at__gt', models.F('decided_at')), ('kind', jaga.core.terms.DecisionKind['RESTRICT'])), _connector='OR'), name='records_only_a_restriction_ends_by_itself'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['screenshot', 'link', 'letter', 'text', 'profile', 'messages', 'media'])), name='records_evidence_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='outcome',
            constraint=models.CheckConstraint(condition=models.Q(('step__in', ['observe', 'preserve', 'restrict', 'deliver', 'redact', 'close', 'restore', 'ask'])), name='records_outcome_step_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='vote',
            constraint=models.CheckConstraint(condition=models.Q(('restrict_days__isnull', True), ('kind', jaga.core.terms.DecisionKind['RESTRICT']), _connector='OR'), name='records_only_a_restriction_has_days'),
        ),
        migrations.AddField(
            model_name='commitment',
            name='operator',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='commitments', to='records.organisation'),
        ),
        migrations.AddField(
            model_name='commitment',
            name='recorded_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='contactdetails',
            name='person',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='contact_details', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='disclosurerecall',
            name='decision',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recalls', to='records.decision'),
        ),
        migrations.AddField(
            model_name='disclosurerecall',
            name='disclosure',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recalls', to='records.disclosure'),
        ),
        migrations.AddField(
            model_name='linkedaccount',
            name='added_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='linkedaccount',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='linked', to='records.case'),
        ),
        migrations.AddField(
            model_name='linkedaccount',
            name='subject',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='linked_to', to='records.subject'),
        ),
        migrations.AddField(
            model_name='notice',
            name='action',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notice', to='records.action'),
        ),
        migrations.AddField(
            model_name='notice',
            name='answered_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='notice',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='records.case'),
        ),
        migrations.AddField(
            model_name='notice',
            name='operator',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='records.organisation'),
        ),
        migrations.AddField(
            model_name='notice',
            name='platform',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='records.platform'),
        ),
        migrations.AddField(
            model_name='notice',
            name='received_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='notice',
            name='subject',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='records.subject'),
        ),
        migrations.AddField(
            model_name='noticeentry',
            name='notice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='records.notice'),
        ),
        migrations.AddField(
            model_name='noticeentry',
            name='person',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='objection',
            name='decided_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='objection',
            name='filed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='objection',
            name='notice',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='objection', to='records.notice'),
        ),
        migrations.AddField(
            model_name='operatorletter',
            name='notice',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ladder', to='records.notice'),
        ),
        migrations.AddField(
            model_name='operatorletter',
            name='prepared_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='operatorletter',
            name='released_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='operatorprofile',
            name='organisation',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='profile', to='records.organisation'),
        ),
        migrations.AddField(
            model_name='outgoingmail',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='platformhealth',
            name='platform',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='health', to='records.platform'),
        ),
        migrations.AddField(
            model_name='seenhook',
            name='platform',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.platform'),
        ),
        migrations.AddField(
            model_name='strike',
            name='decision',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='strike', to='records.decision'),
        ),
        migrations.AddField(
            model_name='strike',
            name='subject',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='strikes', to='records.subject'),
        ),
        migrations.AddConstraint(
            model_name='commitment',
            constraint=models.CheckConstraint(condition=models.Q(('hours__gt', 0), ('hours_urgent__gt', 0), ('hours_urgent__lte', models.F('hours'))), name='records_commitment_has_its_clock'),
        ),
        migrations.AddConstraint(
            model_name='disclosurerecall',
            constraint=models.UniqueConstraint(fields=('disclosure', 'decision'), name='records_recalled_once'),
        ),
        migrations.AddConstraint(
            model_name='linkedaccount',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('case', 'subject'), name='records_linked_once'),
        ),
        migrations.AddConstraint(
            model_name='linkedaccount',
            constraint=models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='records_link_says_why'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('state__in', (jaga.core.terms.NoticeState['ANSWERED'], jaga.core.terms.NoticeState['WITHDRAWN'])), _negated=True), fields=['operator', 'due_at'], name='records_notice_open'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['sent', 'received', 'asked_back', 'answered', 'withdrawn'])), name='records_notice_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('answer__in', ['', 'done', 'already', 'refused', 'invalid_locator', 'wrong_screenshot'])), name='records_notice_answer_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('asks_for__in', ['data', 'preserve', 'restrict', 'redact', 'close', 'restore'])), name='records_notice_asks_for_a_term'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('due_at__isnull', True), ('received_at__isnull', False), _connector='OR'), name='records_notice_clock_starts_at_receipt'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', jaga.core.terms.NoticeState['ANSWERED']), _negated=True), models.Q(('answered_at__isnull', False), models.Q(('answer', ''), _negated=True)), _connector='OR'), name='records_notice_answer_has_its_time'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('action__isnull', True), ('asks_for', 'data')), models.Q(models.Q(('asks_for', 'data'), _negated=True), ('action__isnull', False)), _connector='OR'), name='records_notice_for_data_or_an_action'),
        ),
        migrations.AddConstraint(
            model_name='objection',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'accepted', 'rejected'])), name='records_objection_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='objection',
            constraint=models.CheckConstraint(condition=models.Q(('state', jaga.core.terms.ObjectionState['OPEN']), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), models.Q(('reasons', ''), _negated=True)), _connector='OR'), name='records_decided_objection_names_who_and_why'),
        ),
        migrations.AddConstraint(
            model_name='operatorletter',
            constraint=models.CheckConstraint(condition=models.Q(('rung__in', ['clarification', 'order', 'warning_1', 'warning_2', 'warning_3'])), name='records_operatorletter_rung_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='operatorletter',
            constraint=models.UniqueConstraint(condition=models.Q(('dropped_at__isnull', True), models.Q(('rung', jaga.core.terms.Rung['CLARIFICATION']), _negated=True)), fields=('notice', 'rung'), name='records_ladder_climbed_once'),
        ),
        migrations.AddConstraint(
            model_name='operatorletter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('released_at__isnull', True), ('released_by__isnull', True)), models.Q(('dropped_at__isnull', True), ('released_at__isnull', False), ('released_by__isnull', False)), _connector='OR'), name='records_letter_released_by_a_person'),
        ),
        migrations.AddIndex(
            model_name='outgoingmail',
            index=models.Index(condition=models.Q(('sent_at__isnull', True)), fields=['created_at'], name='records_mail_unsent'),
        ),
        migrations.AddConstraint(
            model_name='outgoingmail',
            constraint=models.CheckConstraint(condition=models.Q(('language__in', ['id', 'en'])), name='records_outgoingmail_language_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='seenhook',
            constraint=models.UniqueConstraint(fields=('platform', 'hook_id'), name='records_hook_once'),
        ),
        migrations.AddIndex(
            model_name='strike',
            index=models.Index(condition=models.Q(('withdrawn_at__isnull', True)), fields=['subject', 'expires_at'], name='records_strike_counts'),
        ),
        migrations.AddConstraint(
            model_name='strike',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('given_at'))), name='records_strike_expires'),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='decision',
            name='subject',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='records.subject'),
        ),
        migrations.RunSQL(GUARDS, [EARLIER, DROP]),
    ]
