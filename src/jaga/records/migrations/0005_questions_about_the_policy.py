"""Questions about the policy, their guard, and the access log's term for earlier decisions."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from jaga.records.operations_together import OperationsTogether

_GUARD = """
CREATE FUNCTION records_policyquestion_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' OR OLD.answered_at IS NOT NULL
       OR to_jsonb(NEW) - ARRAY['answered_by_id', 'answer', 'answered_at']
          IS DISTINCT FROM to_jsonb(OLD) - ARRAY['answered_by_id', 'answer', 'answered_at'] THEN
        RAISE EXCEPTION 'jaga: a question is answered once and never edited' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_policyquestion_guard BEFORE UPDATE OR DELETE ON records_policyquestion
    FOR EACH ROW EXECUTE FUNCTION records_policyquestion_guard();
"""
_REMOVE = """
DROP TRIGGER IF EXISTS records_policyquestion_guard ON records_policyquestion;
DROP FUNCTION IF EXISTS records_policyquestion_guard();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0004_pending_youth_answers'),
    ]

    operations = [
        OperationsTogether([
            migrations.CreateModel(
                name='PolicyQuestion',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('category', models.CharField(max_length=60)),
                    ('text', models.TextField()),
                    ('asked_at', models.DateTimeField()),
                    ('answer', models.TextField(blank=True, db_default='', default='')),
                    ('answered_at', models.DateTimeField(null=True)),
                ],
            ),
            migrations.RemoveConstraint(
                model_name='accessevent',
                name='records_accessevent_what_is_a_term',
            ),
            migrations.RemoveConstraint(
                model_name='personrole',
                name='records_personrole_role_is_a_term',
            ),
            migrations.AlterField(
                model_name='accessevent',
                name='what',
                field=models.CharField(choices=[('case', 'case'), ('history', 'history'), ('identity', 'identity'), ('picture', 'picture'), ('letter', 'letter'), ('appeal', 'appeal'), ('search', 'search'), ('graph', 'graph'), ('export', 'export'), ('notice', 'notice'), ('order', 'order'), ('report', 'report'), ('batch', 'batch'), ('request', 'request'), ('earlier', 'earlier')], max_length=20),
            ),
            migrations.AlterField(
                model_name='alarm',
                name='what',
                field=models.CharField(choices=[('case', 'case'), ('history', 'history'), ('identity', 'identity'), ('picture', 'picture'), ('letter', 'letter'), ('appeal', 'appeal'), ('search', 'search'), ('graph', 'graph'), ('export', 'export'), ('notice', 'notice'), ('order', 'order'), ('report', 'report'), ('batch', 'batch'), ('request', 'request'), ('earlier', 'earlier')], max_length=20),
            ),
            migrations.AlterField(
                model_name='personrole',
                name='role',
                field=models.CharField(choices=[('reviewer', 'reviewer'), ('supervisor', 'supervisor'), ('officer', 'officer'), ('contact', 'contact'), ('auditor', 'auditor'), ('administrator', 'administrator'), ('flagger', 'flagger'), ('policy', 'policy')], max_length=20),
            ),
            migrations.AddConstraint(
                model_name='accessevent',
                constraint=models.CheckConstraint(condition=models.Q(('what__in', ['case', 'history', 'identity', 'picture', 'letter', 'appeal', 'search', 'graph', 'export', 'notice', 'order', 'report', 'batch', 'request', 'earlier'])), name='records_accessevent_what_is_a_term'),
            ),
            migrations.AddConstraint(
                model_name='personrole',
                constraint=models.CheckConstraint(condition=models.Q(('role__in', ['reviewer', 'supervisor', 'officer', 'contact', 'auditor', 'administrator', 'flagger', 'policy'])), name='records_personrole_role_is_a_term'),
            ),
            migrations.AddField(
                model_name='policyquestion',
                name='answered_by',
                field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='policyquestion',
                name='asked_by',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
            ),
            migrations.AddField(
                model_name='policyquestion',
                name='case',
                field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='policy_questions', to='records.case'),
            ),
            migrations.AddIndex(
                model_name='policyquestion',
                index=models.Index(condition=models.Q(('answered_at__isnull', True)), fields=['asked_at'], name='records_policy_question_waits'),
            ),
            migrations.AddIndex(
                model_name='policyquestion',
                index=models.Index(condition=models.Q(('answered_at__isnull', False)), fields=['-answered_at'], name='records_policy_question_done'),
            ),
            migrations.AddConstraint(
                model_name='policyquestion',
                constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='records_policy_question_says_something'),
            ),
            migrations.AddConstraint(
                model_name='policyquestion',
                constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer', ''), ('answered_at__isnull', True), ('answered_by__isnull', True)), models.Q(('answered_at__isnull', False), ('answered_by__isnull', False), models.Q(('answer', ''), _negated=True)), _connector='OR'), name='records_policy_question_answered_whole'),
            ),
            migrations.AddConstraint(
                model_name='policyquestion',
                constraint=models.CheckConstraint(condition=models.Q(('answered_by__isnull', True), models.Q(('answered_by', models.F('asked_by')), _negated=True), _connector='OR'), name='records_policy_question_answered_by_another'),
            ),
        ]),
        migrations.RunSQL(_GUARD, _REMOVE),
    ]
