"""Orders with several accounts, officers' signing keys, and the quarantine of what is not proven."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Each letter of before becomes an order: one for each number and officer. Numbers were compared for one account alone
# then, so the same number may stand in several orders; `copy` tells them apart.
EARLIER = """
WITH letters AS (
    SELECT q.organisation_id, r.officer_id, min(q.id) AS first_id, min(r.received_at) AS filed_at,
           bool_or(r.urgent) AS urgent, bool_or(q.wants_export) AS wants_export,
           encode(sha256(convert_to(lower(regexp_replace(normalize(q.letter_number, NFKC), '\\s', '', 'g')), 'UTF8')),
                  'hex') AS number_key
    FROM records_authorityrequest q JOIN records_report r ON r.id = q.report_id
    GROUP BY q.organisation_id, r.officer_id, 7
)
INSERT INTO records_order (organisation_id, officer_id, form, letter_number, number_key, copy, letter_date,
    letter_sha256, content_sha256, legal_basis, legal_analysis, urgent, urgent_reason, wants_export, court_order, proof,
    message_id, signature, body_sha256, filed_at, withdrawn_why)
SELECT l.organisation_id, l.officer_id, r.form, q.letter_number, l.number_key,
       row_number() OVER (PARTITION BY l.organisation_id, l.number_key ORDER BY l.first_id), q.letter_date,
       '', '', q.legal_basis, q.legal_analysis, l.urgent, q.urgent_reason, l.wants_export, q.court_order, 'earlier',
       '', '', '', l.filed_at, ''
FROM letters l JOIN records_authorityrequest q ON q.id = l.first_id JOIN records_report r ON r.id = q.report_id;

UPDATE records_authorityrequest q SET order_id = o.id
FROM records_report r, records_order o
WHERE r.id = q.report_id AND o.organisation_id = q.organisation_id AND o.officer_id = r.officer_id
  AND o.number_key = encode(sha256(convert_to(lower(regexp_replace(normalize(q.letter_number, NFKC), '\\s', '', 'g')),
                                              'UTF8')), 'hex');
SET CONSTRAINTS ALL IMMEDIATE;
"""

GUARDS = """
-- While nobody has telephoned, a forged letter may at most keep evidence: whatever the votes say.
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

CREATE FUNCTION records_held_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.state <> 'held'
       OR (NEW.id, NEW.reason, NEW.address, NEW.claimed, NEW.body_sha256, NEW.body_size, NEW.signed_headers, NEW.received_at)
          IS DISTINCT FROM (OLD.id, OLD.reason, OLD.address, OLD.claimed, OLD.body_sha256, OLD.body_size,
                            OLD.signed_headers, OLD.received_at) THEN
        RAISE EXCEPTION 'jaga: what was held is kept as it came, and decided once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_held_guard BEFORE UPDATE OR DELETE ON records_heldrequest
    FOR EACH ROW EXECUTE FUNCTION records_held_guard();

CREATE FUNCTION records_order_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.withdrawn_at IS NOT NULL
       OR to_jsonb(NEW) - 'withdrawn_at' - 'withdrawn_why' IS DISTINCT FROM
          to_jsonb(OLD) - 'withdrawn_at' - 'withdrawn_why' THEN
        RAISE EXCEPTION 'jaga: an order is never edited, and withdrawn once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_order_guard BEFORE UPDATE OR DELETE ON records_order
    FOR EACH ROW EXECUTE FUNCTION records_order_guard();

CREATE FUNCTION records_signing_key_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.revoked_at IS NOT NULL
       OR to_jsonb(NEW) - 'revoked_at' IS DISTINCT FROM to_jsonb(OLD) - 'revoked_at' THEN
        RAISE EXCEPTION 'jaga: a signing key is revoked once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_signing_key_guard BEFORE UPDATE OR DELETE ON records_signingkey
    FOR EACH ROW EXECUTE FUNCTION records_signing_key_guard();
"""
APPEND = """
CREATE TRIGGER records_{0}_append_only BEFORE UPDATE OR DELETE ON records_{0}
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
"""
APPEND_ONLY = ("signedonce", "emergencyhold", "locatorversion")
DROP = """
DROP FUNCTION records_unverified_guard, records_held_guard, records_order_guard, records_signing_key_guard CASCADE;
"""


class Migration(migrations.Migration):
    """Requests of before become orders of one letter each; then every request has its order."""

    dependencies: ClassVar = [("records", "0009_officers")]
    operations: ClassVar = [
        migrations.CreateModel(
            name='SigningKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('officer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signing_keys', to=settings.AUTH_USER_MODEL)),
                ('public_key', models.CharField(max_length=60, unique=True)),
                ('note', models.CharField(blank=True, max_length=120)),
                ('created_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('public_key__startswith', 'whpk_')), name='records_signing_key_is_public')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='SignedOnce',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('officer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('message_id', models.CharField(max_length=200)),
                ('taken_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('officer', 'message_id'), name='records_signed_message_once')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='HeldRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('not_signed', 'not_signed'), ('wrong_signature', 'wrong_signature'), ('stale_signature', 'stale_signature'), ('no_signing_key', 'no_signing_key'), ('revoked_signing_key', 'revoked_signing_key'), ('replayed_message', 'replayed_message'), ('replayed_number', 'replayed_number'), ('changed_letter', 'changed_letter'), ('wrong_agency', 'wrong_agency'), ('not_in_standing', 'not_in_standing'), ('unknown_sender', 'unknown_sender')], max_length=30)),
                ('address', models.CharField(max_length=60)),
                ('claimed', models.JSONField(default=dict)),
                ('officer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.organisation')),
                ('network_key', models.BinaryField(max_length=32, null=True)),
                ('body_sha256', models.CharField(max_length=64)),
                ('body_size', models.PositiveIntegerField()),
                ('signed_headers', models.JSONField(default=dict)),
                ('received_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('held', 'held'), ('released', 'released'), ('rejected', 'rejected')], default='held', max_length=20)),
                ('called_back_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('called_back_at', models.DateTimeField(null=True)),
                ('call_back', models.TextField(blank=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_at', models.DateTimeField(null=True)),
                ('why', models.TextField(blank=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('network_key__isnull', False)), fields=['network_key', 'received_at'], name='records_held_network')],
                'constraints': [models.CheckConstraint(condition=models.Q(('reason__in', ['not_signed', 'wrong_signature', 'stale_signature', 'no_signing_key', 'revoked_signing_key', 'replayed_message', 'replayed_number', 'changed_letter', 'wrong_agency', 'not_in_standing', 'unknown_sender'])), name='records_heldrequest_reason_is_a_term'), models.CheckConstraint(condition=models.Q(('state__in', ['held', 'released', 'rejected'])), name='records_heldrequest_state_is_a_term'), models.CheckConstraint(condition=models.Q(('state', 'held'), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='records_held_decision_names_who'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'released'), _negated=True), models.Q(('called_back_at__isnull', False), ('called_back_by__isnull', False), ('officer__isnull', False), models.Q(('call_back', ''), _negated=True)), _connector='OR'), name='records_released_after_a_call_back'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'rejected'), _negated=True), models.Q(('why', ''), _negated=True), _connector='OR'), name='records_rejected_says_why')],
            },
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='records.organisation')),
                ('officer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to=settings.AUTH_USER_MODEL)),
                ('form', models.CharField(choices=[('report', 'report'), ('notice', 'notice'), ('request', 'request'), ('order', 'order'), ('observation', 'observation')], max_length=20)),
                ('letter_number', models.CharField(max_length=120)),
                ('number_key', models.CharField(max_length=64)),
                ('copy', models.PositiveSmallIntegerField(default=1)),
                ('letter_date', models.DateField()),
                ('letter_sha256', models.CharField(blank=True, max_length=64)),
                ('content_sha256', models.CharField(blank=True, max_length=64)),
                ('legal_basis', models.CharField(max_length=60)),
                ('legal_analysis', models.TextField()),
                ('urgent', models.BooleanField(default=False)),
                ('urgent_reason', models.TextField(blank=True)),
                ('wants_export', models.BooleanField(default=False)),
                ('court_order', models.CharField(blank=True, max_length=120)),
                ('proof', models.CharField(choices=[('signature', 'signature'), ('step_up', 'step_up'), ('call_back', 'call_back'), ('earlier', 'earlier')], max_length=20)),
                ('signing_key', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.signingkey')),
                ('message_id', models.CharField(blank=True, max_length=200)),
                ('signed_at', models.DateTimeField(null=True)),
                ('signature', models.CharField(blank=True, max_length=2000)),
                ('body_sha256', models.CharField(blank=True, max_length=64)),
                ('held', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='order', to='records.heldrequest')),
                ('filed_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('withdrawn_why', models.TextField(blank=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('form__in', ['report', 'notice', 'request', 'order', 'observation'])), name='records_order_form_is_a_term'), models.CheckConstraint(condition=models.Q(('proof__in', ['signature', 'step_up', 'call_back', 'earlier'])), name='records_order_proof_is_a_term'), models.UniqueConstraint(fields=('organisation', 'number_key', 'copy'), name='records_letter_number_once'), models.CheckConstraint(condition=models.Q(models.Q(('proof', 'signature'), ('signed_at__isnull', False), ('signing_key__isnull', False), models.Q(('message_id', ''), _negated=True), models.Q(('signature', ''), _negated=True)), models.Q(('held__isnull', False), ('proof', 'call_back')), ('proof__in', ['step_up', 'earlier']), _connector='OR'), name='records_order_says_its_proof'), models.CheckConstraint(condition=models.Q(('copy', 1), ('proof__in', ['call_back', 'earlier']), _connector='OR'), name='records_number_again_only_called_back'), models.CheckConstraint(condition=models.Q(('withdrawn_at__isnull', True), models.Q(('withdrawn_why', ''), _negated=True), _connector='OR'), name='records_withdrawal_says_why')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='EmergencyHold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('held', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='emergencies', to='records.heldrequest')),
                ('report', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='emergency', to='records.report')),
                ('why', models.TextField()),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('made_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='records_emergency_says_why')],
                'indexes': [],
            },
        ),
        migrations.CreateModel(
            name='LocatorVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='locators', to='records.authorityrequest')),
                ('locator', models.CharField(max_length=500)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('locator', ''), _negated=True), name='records_locator_not_empty')],
                'indexes': [],
            },
        ),
        migrations.AddField('authorityrequest', 'order', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='records.order')),
        migrations.RunSQL(EARLIER, migrations.RunSQL.noop),
        migrations.AlterField('authorityrequest', 'order', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='records.order')),
        migrations.RunSQL([GUARDS, *(APPEND.format(table) for table in APPEND_ONLY)], DROP),
    ]
