"""Requests of persons about their own data, and breaches of personal data."""

import django.db.models.deletion
import jaga.core.terms.breaches
import jaga.core.terms.person_requests
from django.conf import settings
from django.db import migrations, models

from jaga.records.operations_together import OperationsTogether

_GUARD = """
CREATE FUNCTION records_personrequest_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'jaga: a request of a person is never deleted' USING ERRCODE = 'check_violation';
    END IF;
    IF to_jsonb(NEW) - ARRAY['state', 'sealed', 'assigned_to_id', 'assigned_at', 'ended_at'] IS DISTINCT FROM
       to_jsonb(OLD) - ARRAY['state', 'sealed', 'assigned_to_id', 'assigned_at', 'ended_at']
       OR (NEW.sealed IS NOT NULL AND NEW.sealed IS DISTINCT FROM OLD.sealed)
       OR (NEW.sealed IS NULL AND OLD.sealed IS NOT NULL AND NEW.ended_at IS NULL)
       OR (OLD.ended_at IS NOT NULL AND (NEW.ended_at IS DISTINCT FROM OLD.ended_at OR NEW.state <> OLD.state)) THEN
        RAISE EXCEPTION 'jaga: a request of a person ends once, and what was asked is never edited'
            USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL AND NOT EXISTS (
        SELECT 1 FROM records_personanswer a WHERE a.request_id = NEW.id AND a.released_at IS NOT NULL
            AND a.granted = (NEW.state = 'answered')) THEN
        RAISE EXCEPTION 'jaga: a request of a person ends with a released answer' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_personrequest_guard BEFORE UPDATE OR DELETE ON records_personrequest
    FOR EACH ROW EXECUTE FUNCTION records_personrequest_guard();

CREATE FUNCTION records_personanswer_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.released_at IS NOT NULL OR NEW.returned_at IS NOT NULL OR NEW.handed_at IS NOT NULL THEN
            RAISE EXCEPTION 'jaga: an answer to a person begins as a draft' USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.granted AND NOT EXISTS (SELECT 1 FROM records_personrequest r WHERE r.id = NEW.request_id
                AND r.proof = 'receipt')
           AND NOT EXISTS (SELECT 1 FROM records_personcheck c WHERE c.request_id = NEW.request_id) THEN
            RAISE EXCEPTION 'jaga: nothing is granted before somebody checked who asks'
                USING ERRCODE = 'check_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF TG_OP = 'DELETE'
       OR to_jsonb(NEW) - ARRAY['released_by_id', 'released_at', 'returned_by_id', 'returned_at', 'why', 'handed_by_id',
                                'handed_at'] IS DISTINCT FROM
          to_jsonb(OLD) - ARRAY['released_by_id', 'released_at', 'returned_by_id', 'returned_at', 'why', 'handed_by_id',
                                'handed_at']
       OR (OLD.released_at IS NOT NULL AND (NEW.released_at IS DISTINCT FROM OLD.released_at
                                            OR NEW.released_by_id IS DISTINCT FROM OLD.released_by_id))
       OR (OLD.returned_at IS NOT NULL AND to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD))
       OR (OLD.handed_at IS NOT NULL AND to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD)) THEN
        RAISE EXCEPTION 'jaga: an answer to a person is never edited' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.released_at IS NOT NULL AND OLD.released_at IS NULL AND EXISTS (
        SELECT 1 FROM records_personcheck c WHERE c.request_id = NEW.request_id AND c.checked_by_id = NEW.released_by_id
            AND c.id = (SELECT max(id) FROM records_personcheck WHERE request_id = NEW.request_id)) THEN
        RAISE EXCEPTION 'jaga: whoever checked a person does not release the answer' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_personanswer_guard BEFORE INSERT OR UPDATE OR DELETE ON records_personanswer
    FOR EACH ROW EXECUTE FUNCTION records_personanswer_guard();

CREATE FUNCTION records_breach_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.closed_at IS NOT NULL
       OR to_jsonb(NEW) - ARRAY['lessons', 'closed_by_id', 'closed_at'] IS DISTINCT FROM
          to_jsonb(OLD) - ARRAY['lessons', 'closed_by_id', 'closed_at'] THEN
        RAISE EXCEPTION 'jaga: a breach is closed once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_breach_guard BEFORE UPDATE OR DELETE ON records_breach
    FOR EACH ROW EXECUTE FUNCTION records_breach_guard();

CREATE FUNCTION records_privacy_only_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'jaga: % is only added to', TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER records_personcheck_guard BEFORE UPDATE OR DELETE ON records_personcheck
    FOR EACH ROW EXECUTE FUNCTION records_privacy_only_added();
CREATE TRIGGER records_correctionnote_guard BEFORE UPDATE OR DELETE ON records_correctionnote
    FOR EACH ROW EXECUTE FUNCTION records_privacy_only_added();
CREATE TRIGGER records_breachscope_guard BEFORE UPDATE OR DELETE ON records_breachscope
    FOR EACH ROW EXECUTE FUNCTION records_privacy_only_added();
CREATE TRIGGER records_breachnotice_guard BEFORE UPDATE OR DELETE ON records_breachnotice
    FOR EACH ROW EXECUTE FUNCTION records_privacy_only_added();
"""
_REMOVE = """
DROP TRIGGER IF EXISTS records_breachnotice_guard ON records_breachnotice;
DROP TRIGGER IF EXISTS records_breachscope_guard ON records_breachscope;
DROP TRIGGER IF EXISTS records_correctionnote_guard ON records_correctionnote;
DROP TRIGGER IF EXISTS records_personcheck_guard ON records_personcheck;
DROP TRIGGER IF EXISTS records_breach_guard ON records_breach;
DROP TRIGGER IF EXISTS records_personanswer_guard ON records_personanswer;
DROP TRIGGER IF EXISTS records_personrequest_guard ON records_personrequest;
DROP FUNCTION IF EXISTS records_privacy_only_added();
DROP FUNCTION IF EXISTS records_breach_guard();
DROP FUNCTION IF EXISTS records_personanswer_guard();
DROP FUNCTION IF EXISTS records_personrequest_guard();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0012_retention_and_legal_holds'),
    ]

    operations = [
        OperationsTogether([
            migrations.CreateModel(
                name='Breach',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('what', models.TextField()),
                    ('data', models.TextField()),
                    ('measures', models.TextField()),
                    ('advice', models.TextField()),
                    ('found_at', models.DateTimeField()),
                    ('began_at', models.DateTimeField()),
                    ('stopped_at', models.DateTimeField()),
                    ('due_at', models.DateTimeField()),
                    ('drill', models.BooleanField(default=False)),
                    ('declared_at', models.DateTimeField()),
                    ('lessons', models.TextField(blank=True)),
                    ('closed_at', models.DateTimeField(null=True)),
                ],
            ),
            migrations.CreateModel(
                name='BreachNotice',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('group', models.CharField(choices=[('authority', 'authority'), ('reporters_named', 'reporters_named'), ('reporters', 'reporters'), ('holders', 'holders'), ('holders_unreached', 'holders_unreached')], max_length=20)),
                    ('people', models.PositiveIntegerField()),
                    ('sent', models.BooleanField()),
                    ('how', models.TextField()),
                    ('recorded_at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='BreachScope',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('person', 'person'), ('page', 'page'), ('case', 'case'), ('key', 'key')], max_length=20)),
                    ('page', models.CharField(blank=True, choices=[('case', 'case'), ('history', 'history'), ('identity', 'identity'), ('picture', 'picture'), ('letter', 'letter'), ('appeal', 'appeal'), ('search', 'search'), ('graph', 'graph'), ('export', 'export'), ('notice', 'notice'), ('order', 'order'), ('report', 'report'), ('batch', 'batch'), ('request', 'request'), ('privacy', 'privacy'), ('earlier', 'earlier')], max_length=20)),
                    ('key', models.CharField(blank=True, max_length=60)),
                    ('added_at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='CorrectionNote',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('text', models.TextField()),
                    ('at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='PersonAnswer',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('granted', models.BooleanField()),
                    ('ground', models.CharField(blank=True, choices=[('open_case', 'open_case'), ('appeal_window', 'appeal_window'), ('strike', 'strike'), ('legal_hold', 'legal_hold'), ('authority_request', 'authority_request'), ('not_proven', 'not_proven'), ('rights_of_others', 'rights_of_others'), ('unfounded', 'unfounded')], max_length=20)),
                    ('until', models.DateTimeField(null=True)),
                    ('text', models.TextField()),
                    ('note', models.TextField(blank=True)),
                    ('way', models.CharField(choices=[('paper', 'paper'), ('page', 'page')], max_length=20)),
                    ('without_recipients', models.BooleanField(default=False)),
                    ('sha256', models.CharField(blank=True, max_length=64)),
                    ('drafted_at', models.DateTimeField()),
                    ('released_at', models.DateTimeField(null=True)),
                    ('returned_at', models.DateTimeField(null=True)),
                    ('why', models.TextField(blank=True)),
                    ('handed_at', models.DateTimeField(null=True)),
                ],
            ),
            migrations.CreateModel(
                name='PersonCheck',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('has_letter', 'has_letter'), ('known_contact', 'known_contact'), ('identity_paper', 'identity_paper'), ('helper_vouches', 'helper_vouches')], max_length=20)),
                    ('note', models.TextField()),
                    ('checked_at', models.DateTimeField()),
                ],
            ),
            migrations.CreateModel(
                name='PersonRequest',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('kind', models.CharField(choices=[('access', 'access'), ('correction', 'correction'), ('erasure', 'erasure'), ('objection', 'objection')], max_length=20)),
                    ('proof', models.CharField(choices=[('none', 'none'), ('receipt', 'receipt'), ('appeal_code', 'appeal_code')], max_length=20)),
                    ('state', models.CharField(choices=[('to_check', 'to_check'), ('in_work', 'in_work'), ('to_release', 'to_release'), ('answered', 'answered'), ('refused', 'refused')], max_length=20)),
                    ('sealed', models.BinaryField(null=True)),
                    ('code_hash', models.BinaryField(max_length=32, unique=True)),
                    ('language', models.CharField(choices=[('id', 'id'), ('en', 'en')], max_length=2)),
                    ('received_at', models.DateTimeField()),
                    ('due_at', models.DateTimeField()),
                    ('assigned_at', models.DateTimeField(null=True)),
                    ('ended_at', models.DateTimeField(null=True)),
                ],
            ),
            migrations.RemoveConstraint(
                model_name='accessevent',
                name='records_accessevent_what_is_a_term',
            ),
            migrations.AlterField(
                model_name='accessevent',
                name='what',
                field=models.CharField(choices=[('case', 'case'), ('history', 'history'), ('identity', 'identity'), ('picture', 'picture'), ('letter', 'letter'), ('appeal', 'appeal'), ('search', 'search'), ('graph', 'graph'), ('export', 'export'), ('notice', 'notice'), ('order', 'order'), ('report', 'report'), ('batch', 'batch'), ('request', 'request'), ('privacy', 'privacy'), ('earlier', 'earlier')], max_length=20),
            ),
            migrations.AlterField(
                model_name='alarm',
                name='what',
                field=models.CharField(choices=[('case', 'case'), ('history', 'history'), ('identity', 'identity'), ('picture', 'picture'), ('letter', 'letter'), ('appeal', 'appeal'), ('search', 'search'), ('graph', 'graph'), ('export', 'export'), ('notice', 'notice'), ('order', 'order'), ('report', 'report'), ('batch', 'batch'), ('request', 'request'), ('privacy', 'privacy'), ('earlier', 'earlier')], max_length=20),
            ),
            migrations.AddConstraint(
                model_name='accessevent',
                constraint=models.CheckConstraint(condition=models.Q(('what__in', ['case', 'history', 'identity', 'picture', 'letter', 'appeal', 'search', 'graph', 'export', 'notice', 'order', 'report', 'batch', 'request', 'privacy', 'earlier'])), name='records_accessevent_what_is_a_term'),
            ),
            migrations.AddField(
                model_name='breach',
                name='closed_by',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='breach',
                name='declared_by',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='breachnotice',
                name='breach',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='records.breach'),
            ),
            migrations.AddField(
                model_name='breachnotice',
                name='recorded_by',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='breachscope',
                name='added_by',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='breachscope',
                name='breach',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scopes', to='records.breach'),
            ),
            migrations.AddField(
                model_name='breachscope',
                name='case',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.case'),
            ),
            migrations.AddField(
                model_name='breachscope',
                name='person',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='correctionnote',
                name='report',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='records.report'),
            ),
            migrations.AddField(
                model_name='correctionnote',
                name='subject',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='records.subject'),
            ),
            migrations.AddField(
                model_name='personanswer',
                name='drafted_by',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='personanswer',
                name='handed_by',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='personanswer',
                name='released_by',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='personanswer',
                name='returned_by',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='personcheck',
                name='checked_by',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='personcheck',
                name='subject',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='person_checks', to='records.subject'),
            ),
            migrations.AddField(
                model_name='personrequest',
                name='assigned_to',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='personrequest',
                name='decision',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='person_requests', to='records.decision'),
            ),
            migrations.AddField(
                model_name='personrequest',
                name='platform',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.platform'),
            ),
            migrations.AddField(
                model_name='personrequest',
                name='report',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='person_requests', to='records.report'),
            ),
            migrations.AddField(
                model_name='personcheck',
                name='request',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='records.personrequest'),
            ),
            migrations.AddField(
                model_name='personanswer',
                name='request',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='records.personrequest'),
            ),
            migrations.AddField(
                model_name='correctionnote',
                name='request',
                field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='records.personrequest'),
            ),
            migrations.AddIndex(
                model_name='breach',
                index=models.Index(condition=models.Q(('closed_at__isnull', True)), fields=['due_at'], name='records_breach_open'),
            ),
            migrations.AddConstraint(
                model_name='breach',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('what', ''), _negated=True), models.Q(('data', ''), _negated=True), models.Q(('measures', ''), _negated=True), models.Q(('advice', ''), _negated=True)), name='records_breach_says_what'),
            ),
            migrations.AddConstraint(
                model_name='breach',
                constraint=models.CheckConstraint(condition=models.Q(('began_at__lte', models.F('stopped_at')), ('due_at__gt', models.F('found_at')), ('found_at__lte', models.F('declared_at'))), name='records_breach_in_order'),
            ),
            migrations.AddConstraint(
                model_name='breach',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('closed_at__isnull', True), ('closed_by__isnull', True), ('lessons', '')), models.Q(('closed_at__isnull', False), ('closed_by__isnull', False), models.Q(('lessons', ''), _negated=True)), _connector='OR'), name='records_breach_closed_with_lessons'),
            ),
            migrations.AddConstraint(
                model_name='breachnotice',
                constraint=models.CheckConstraint(condition=models.Q(('group__in', ['authority', 'reporters_named', 'reporters', 'holders', 'holders_unreached'])), name='records_breachnotice_group_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='breachnotice',
                constraint=models.CheckConstraint(condition=models.Q(('how', ''), _negated=True), name='records_breach_notice_says_how'),
            ),
            migrations.AddConstraint(
                model_name='breachscope',
                constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['person', 'page', 'case', 'key'])), name='records_breachscope_kind_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='breachscope',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('case__isnull', True), ('key', ''), ('kind', jaga.core.terms.breaches.BreachScopeKind['PERSON']), ('page', ''), ('person__isnull', False)), models.Q(('case__isnull', False), ('key', ''), ('kind', jaga.core.terms.breaches.BreachScopeKind['CASE']), ('page', ''), ('person__isnull', True)), models.Q(('case__isnull', True), ('key', ''), ('kind', jaga.core.terms.breaches.BreachScopeKind['PAGE']), ('page__in', ['case', 'history', 'identity', 'picture', 'letter', 'appeal', 'search', 'graph', 'export', 'notice', 'order', 'report', 'batch', 'request', 'privacy', 'earlier']), ('person__isnull', True)), models.Q(('case__isnull', True), ('kind', jaga.core.terms.breaches.BreachScopeKind['KEY']), ('page', ''), ('person__isnull', True), models.Q(('key', ''), _negated=True)), _connector='OR'), name='records_breach_scope_names_one_thing'),
            ),
            migrations.AddConstraint(
                model_name='breachscope',
                constraint=models.UniqueConstraint(fields=('breach', 'kind', 'person', 'case', 'page', 'key'), name='records_breach_scope_once', nulls_distinct=False),
            ),
            migrations.AddIndex(
                model_name='personrequest',
                index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['due_at'], name='records_person_request_open'),
            ),
            migrations.AddIndex(
                model_name='personrequest',
                index=models.Index(condition=models.Q(('ended_at__isnull', False), ('sealed__isnull', False)), fields=['ended_at'], name='records_person_request_kept'),
            ),
            migrations.AddConstraint(
                model_name='personrequest',
                constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['access', 'correction', 'erasure', 'objection'])), name='records_personrequest_kind_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='personrequest',
                constraint=models.CheckConstraint(condition=models.Q(('proof__in', ['none', 'receipt', 'appeal_code'])), name='records_personrequest_proof_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='personrequest',
                constraint=models.CheckConstraint(condition=models.Q(('state__in', ['to_check', 'in_work', 'to_release', 'answered', 'refused'])), name='records_personrequest_state_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='personrequest',
                constraint=models.CheckConstraint(condition=models.Q(('language__in', ['id', 'en'])), name='records_personrequest_language_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='personrequest',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('decision__isnull', True), ('proof', jaga.core.terms.person_requests.PersonProof['NONE']), ('report__isnull', True)), models.Q(('decision__isnull', True), ('proof', jaga.core.terms.person_requests.PersonProof['RECEIPT']), ('report__isnull', False)), models.Q(('decision__isnull', False), ('proof', jaga.core.terms.person_requests.PersonProof['APPEAL_CODE']), ('report__isnull', True)), _connector='OR'), name='records_person_request_came_with_one_thing'),
            ),
            migrations.AddConstraint(
                model_name='personrequest',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', False), ('state__in', ['answered', 'refused'])), models.Q(models.Q(('state__in', ['answered', 'refused']), _negated=True), ('ended_at__isnull', True)), _connector='OR'), name='records_person_request_ends_in_its_state'),
            ),
            migrations.AddConstraint(
                model_name='personrequest',
                constraint=models.CheckConstraint(condition=models.Q(('due_at__gt', models.F('received_at'))), name='records_person_request_is_due_later'),
            ),
            migrations.AddConstraint(
                model_name='personrequest',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('assigned_at__isnull', True), ('assigned_to__isnull', True)), models.Q(('assigned_at__isnull', False), ('assigned_to__isnull', False)), _connector='OR'), name='records_person_request_assigned_at'),
            ),
            migrations.AddConstraint(
                model_name='personrequest',
                constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True), ('report__isnull', False)), fields=('report', 'kind'), name='records_one_open_request_of_a_report'),
            ),
            migrations.AddConstraint(
                model_name='personcheck',
                constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['has_letter', 'known_contact', 'identity_paper', 'helper_vouches'])), name='records_personcheck_kind_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='personcheck',
                constraint=models.CheckConstraint(condition=models.Q(('note', ''), _negated=True), name='records_person_check_says_how'),
            ),
            migrations.AddConstraint(
                model_name='personanswer',
                constraint=models.CheckConstraint(condition=models.Q(('way__in', ['paper', 'page'])), name='records_personanswer_way_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='personanswer',
                constraint=models.CheckConstraint(condition=models.Q(('ground__in', ['', 'open_case', 'appeal_window', 'strike', 'legal_hold', 'authority_request', 'not_proven', 'rights_of_others', 'unfounded'])), name='records_person_answer_ground_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='personanswer',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('granted', True), ('ground', ''), ('until__isnull', True)), models.Q(('granted', False), models.Q(('ground', ''), _negated=True)), _connector='OR'), name='records_person_answer_refused_on_a_ground'),
            ),
            migrations.AddConstraint(
                model_name='personanswer',
                constraint=models.CheckConstraint(condition=models.Q(('until__isnull', True), ('ground__in', ['appeal_window', 'authority_request', 'legal_hold', 'open_case', 'strike']), _connector='OR'), name='records_person_answer_until_of_what_binds'),
            ),
            migrations.AddConstraint(
                model_name='personanswer',
                constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='records_person_answer_says_something'),
            ),
            migrations.AddConstraint(
                model_name='personanswer',
                constraint=models.CheckConstraint(condition=models.Q(('sha256', ''), ('sha256__regex', '^[0-9a-f]{64}$'), _connector='OR'), name='records_person_answer_data_hash'),
            ),
            migrations.AddConstraint(
                model_name='personanswer',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('released_at__isnull', True), ('released_by__isnull', True)), models.Q(('released_at__isnull', False), ('released_by__isnull', False), models.Q(('released_by', models.F('drafted_by')), _negated=True)), _connector='OR'), name='records_person_answer_released_by_a_second'),
            ),
            migrations.AddConstraint(
                model_name='personanswer',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('returned_at__isnull', True), ('returned_by__isnull', True), ('why', '')), models.Q(('released_at__isnull', True), ('returned_at__isnull', False), ('returned_by__isnull', False), models.Q(('why', ''), _negated=True)), _connector='OR'), name='records_person_answer_returned_with_a_reason'),
            ),
            migrations.AddConstraint(
                model_name='personanswer',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('handed_at__isnull', True), ('handed_by__isnull', True)), models.Q(('handed_at__gte', models.F('released_at')), ('handed_by__isnull', False), ('released_at__isnull', False), ('way', jaga.core.terms.person_requests.AnswerWay['PAPER'])), _connector='OR'), name='records_person_answer_handed_over_after_release'),
            ),
            migrations.AddConstraint(
                model_name='personanswer',
                constraint=models.UniqueConstraint(condition=models.Q(('returned_at__isnull', True)), fields=('request',), name='records_one_answer_waits_or_is_released'),
            ),
            migrations.AddConstraint(
                model_name='correctionnote',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('report__isnull', False), ('subject__isnull', True)), models.Q(('report__isnull', True), ('subject__isnull', False)), _connector='OR'), name='records_correction_of_one_thing'),
            ),
            migrations.AddConstraint(
                model_name='correctionnote',
                constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='records_correction_says_something'),
            ),
        ]),
        migrations.RunSQL(_GUARD, _REMOVE),
    ]
