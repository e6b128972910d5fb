"""Registered officers with their call-back, second factors, trusted flaggers; and the guards that belong to them."""

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Officers of an earlier installation were entered by hand on the server, and nobody wrote down a call. They stay
# registered, and count once an administrator has recorded the call-back.
KNOWN_OFFICERS = """
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO records_officerregistration (person_id, keeper, registered_at, accepted_at, called_number, number_found_in,
        expires_at, suspended_why)
    SELECT p.id, false, p.created_at, p.created_at, '', '', greatest(now(), p.created_at) + interval '180 days', ''
    FROM records_person p JOIN records_organisation o ON o.id = p.organisation_id
    WHERE p.is_active AND o.kind IN ('ministry', 'police', 'agency')
        AND EXISTS (SELECT 1 FROM records_personrole r WHERE r.person_id = p.id AND r.role = 'officer')
    ORDER BY p.id;
SET CONSTRAINTS ALL IMMEDIATE;
"""

GUARDS = """
CREATE FUNCTION records_registration_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'jaga: a registration is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.person_id <> OLD.person_id OR (OLD.removed_at IS NOT NULL AND NEW.removed_at IS DISTINCT FROM OLD.removed_at)
    THEN
        RAISE EXCEPTION 'jaga: a removed officer stays removed' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_registration_guard BEFORE UPDATE OR DELETE ON records_officerregistration
    FOR EACH ROW EXECUTE FUNCTION records_registration_guard();

-- Whoever sends requests or flags runs nothing and judges nothing, whoever gave the role.
CREATE FUNCTION records_role_guard() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE its_kind text;
BEGIN
    SELECT o.kind INTO its_kind FROM records_person p JOIN records_organisation o ON o.id = p.organisation_id
        WHERE p.id = NEW.person_id;
    IF (its_kind = 'flagger' AND NEW.role NOT IN ('flagger', 'auditor'))
       OR (its_kind IN ('ministry', 'police', 'agency') AND NEW.role NOT IN ('officer', 'auditor')
           AND NOT EXISTS (SELECT 1 FROM records_installation WHERE host_kind = 'authority')) THEN
        RAISE EXCEPTION 'jaga: somebody of that organisation cannot be %', NEW.role USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_role_guard BEFORE INSERT OR UPDATE ON records_personrole
    FOR EACH ROW EXECUTE FUNCTION records_role_guard();

CREATE FUNCTION records_flagger_suspension_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.ended_at IS NOT NULL
       OR (NEW.organisation_id, NEW.began_at, NEW.began_by_id, NEW.why)
          IS DISTINCT FROM (OLD.organisation_id, OLD.began_at, OLD.began_by_id, OLD.why) THEN
        RAISE EXCEPTION 'jaga: a suspension is kept as it was, and ends once' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_flagger_suspension_guard BEFORE UPDATE OR DELETE ON records_flaggersuspension
    FOR EACH ROW EXECUTE FUNCTION records_flagger_suspension_guard();
"""

DROP = """
DROP TRIGGER records_registration_guard ON records_officerregistration;
DROP FUNCTION records_registration_guard();
DROP TRIGGER records_role_guard ON records_personrole;
DROP FUNCTION records_role_guard();
DROP TRIGGER records_flagger_suspension_guard ON records_flaggersuspension;
DROP FUNCTION records_flagger_suspension_guard();
"""


class Migration(migrations.Migration):
    """Tables, constraints, the officers that are known, guards."""

    dependencies: ClassVar = [("records", "0008_mailbox")]
    operations: ClassVar = [
        migrations.CreateModel(
            name='FactorDemand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('demanded_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='FactorTries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('wrong', models.PositiveIntegerField(default=0)),
                ('closed_until', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='FlaggerProfile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('expertise', models.JSONField(default=list)),
                ('awarded_by', models.CharField(max_length=200)),
                ('awarded_on', models.DateField()),
                ('valid_until', models.DateField()),
                ('website', models.URLField(blank=True)),
                ('changed_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='FlaggerSuspension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('began_at', models.DateTimeField()),
                ('why', models.TextField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('why_ended', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='OfficerRegistration',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('keeper', models.BooleanField(default=False)),
                ('registered_at', models.DateTimeField()),
                ('invitation_hash', models.BinaryField(max_length=32, null=True, unique=True)),
                ('invitation_until', models.DateTimeField(null=True)),
                ('accepted_at', models.DateTimeField(null=True)),
                ('called_back_at', models.DateTimeField(null=True)),
                ('called_number', models.CharField(blank=True, max_length=40)),
                ('number_found_in', models.CharField(blank=True, max_length=200)),
                ('expires_at', models.DateTimeField()),
                ('suspended_at', models.DateTimeField(null=True)),
                ('suspended_why', models.CharField(blank=True, max_length=500)),
                ('removed_at', models.DateTimeField(null=True)),
                ('last_used_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Passkey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('site', models.CharField(max_length=253)),
                ('credential_id', models.BinaryField(max_length=1023, unique=True)),
                ('public_key', models.BinaryField()),
                ('uses', models.BigIntegerField()),
                ('added_at', models.DateTimeField()),
                ('last_used_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='RecoveryCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code_hash', models.BinaryField(max_length=32, unique=True)),
                ('made_at', models.DateTimeField()),
                ('used_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='TotpSecret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sealed', models.BinaryField()),
                ('last_step', models.BigIntegerField()),
                ('added_at', models.DateTimeField()),
            ],
        ),
        migrations.RemoveConstraint(
            model_name='organisation',
            name='records_organisation_kind_is_a_term',
        ),
        migrations.RemoveConstraint(
            model_name='personrole',
            name='records_personrole_role_is_a_term',
        ),
        migrations.AlterField(
            model_name='organisation',
            name='kind',
            field=models.CharField(choices=[('operator', 'operator'), ('ministry', 'ministry'), ('police', 'police'), ('agency', 'agency'), ('flagger', 'flagger')], max_length=20),
        ),
        migrations.AlterField(
            model_name='personrole',
            name='role',
            field=models.CharField(choices=[('reviewer', 'reviewer'), ('supervisor', 'supervisor'), ('officer', 'officer'), ('contact', 'contact'), ('auditor', 'auditor'), ('administrator', 'administrator'), ('flagger', 'flagger')], max_length=20),
        ),
        migrations.AddConstraint(
            model_name='organisation',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['operator', 'ministry', 'police', 'agency', 'flagger'])), name='records_organisation_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='personrole',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['reviewer', 'supervisor', 'officer', 'contact', 'auditor', 'administrator', 'flagger'])), name='records_personrole_role_is_a_term'),
        ),
        migrations.AddField(
            model_name='factordemand',
            name='demanded_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='factordemand',
            name='person',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='factor_demand', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='factortries',
            name='person',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='factor_tries', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='flaggerprofile',
            name='organisation',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='flagger', to='records.organisation'),
        ),
        migrations.AddField(
            model_name='flaggersuspension',
            name='began_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='flaggersuspension',
            name='ended_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='flaggersuspension',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='flagger_suspensions', to='records.organisation'),
        ),
        migrations.AddField(
            model_name='officerregistration',
            name='called_back_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='officerregistration',
            name='person',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='registration', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='officerregistration',
            name='registered_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='officerregistration',
            name='suspended_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='passkey',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='passkeys', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='recoverycode',
            name='person',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='recovery_codes', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='totpsecret',
            name='person',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='totp', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddConstraint(
            model_name='flaggerprofile',
            constraint=models.CheckConstraint(condition=models.Q(('awarded_by', ''), _negated=True), name='records_flagger_named_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='flaggerprofile',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__gte', models.F('awarded_on'))), name='records_flagger_ends'),
        ),
        migrations.AddConstraint(
            model_name='flaggersuspension',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('organisation',), name='records_suspended_once_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='flaggersuspension',
            constraint=models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='records_flagger_suspension_says_why'),
        ),
        migrations.AddConstraint(
            model_name='flaggersuspension',
            constraint=models.CheckConstraint(condition=models.Q(('ended_at__isnull', True), models.Q(('why_ended', ''), _negated=True), _connector='OR'), name='records_flagger_comes_back_for_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='officerregistration',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('called_back_at__isnull', True), ('called_back_by__isnull', True), ('called_number', '')), models.Q(('called_back_at__isnull', False), models.Q(('called_number', ''), _negated=True), models.Q(('number_found_in', ''), _negated=True)), _connector='OR'), name='records_call_back_names_its_number'),
        ),
        migrations.AddConstraint(
            model_name='officerregistration',
            constraint=models.CheckConstraint(condition=models.Q(('called_back_by__isnull', True), models.Q(('called_back_by', models.F('person')), _negated=True), _connector='OR'), name='records_nobody_calls_themselves_back'),
        ),
        migrations.AddConstraint(
            model_name='officerregistration',
            constraint=models.CheckConstraint(condition=models.Q(('suspended_at__isnull', True), models.Q(('suspended_why', ''), _negated=True), _connector='OR'), name='records_suspension_says_why'),
        ),
        migrations.AddConstraint(
            model_name='officerregistration',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('registered_at'))), name='records_registration_ends'),
        ),
        migrations.AddField("case", "flagged", models.BooleanField(default=False)),
        migrations.RunSQL(KNOWN_OFFICERS, migrations.RunSQL.noop),
        migrations.RunSQL(GUARDS, DROP),
    ]
