"""Golden cases for training with people's answers, and the first visits in each role."""

import django.db.models.deletion
import jaga.core.terms.decisions
from django.conf import settings
from django.db import migrations, models

_GUARD = """
CREATE FUNCTION records_traininganswer_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'jaga: a training answer is given once' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER records_traininganswer_guard BEFORE UPDATE OR DELETE ON records_traininganswer
    FOR EACH ROW EXECUTE FUNCTION records_traininganswer_guard();
"""
_REMOVE = """
DROP TRIGGER IF EXISTS records_traininganswer_guard ON records_traininganswer;
DROP FUNCTION IF EXISTS records_traininganswer_guard();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0006_reports_of_a_sender_set_aside'),
    ]

    operations = [
        migrations.AddField(
            model_name='goldencase',
            name='training',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.CreateModel(
            name='RoleVisits',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('reviewer', 'reviewer'), ('supervisor', 'supervisor'), ('officer', 'officer'), ('contact', 'contact'), ('auditor', 'auditor'), ('administrator', 'administrator'), ('flagger', 'flagger'), ('policy', 'policy')], max_length=20)),
                ('visits', models.PositiveSmallIntegerField()),
                ('last_on', models.DateField()),
                ('closed_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='role_visits', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('role__in', ['reviewer', 'supervisor', 'officer', 'contact', 'auditor', 'administrator', 'flagger', 'policy'])), name='records_rolevisits_role_is_a_term'), models.UniqueConstraint(fields=('person', 'role'), name='records_role_visits_once'), models.CheckConstraint(condition=models.Q(('visits__gte', 1), ('visits__lte', 3)), name='records_role_visits_are_the_first')],
            },
        ),
        migrations.CreateModel(
            name='TrainingAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('dismiss', 'dismiss'), ('preserve', 'preserve'), ('restrict', 'restrict'), ('redact', 'redact'), ('close', 'close'), ('refer', 'refer'), ('restore', 'restore')], max_length=20)),
                ('reasons', models.TextField(blank=True)),
                ('at', models.DateTimeField()),
                ('agrees', models.BooleanField()),
                ('golden', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='training_answers', to='records.goldencase')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='training_answers', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['dismiss', 'preserve', 'restrict', 'redact', 'close', 'refer', 'restore'])), name='records_traininganswer_kind_is_a_term'), models.UniqueConstraint(fields=('golden', 'person'), name='records_trained_once'), models.CheckConstraint(condition=models.Q(('kind', jaga.core.terms.decisions.DecisionKind['DISMISS']), models.Q(('reasons', ''), _negated=True), _connector='OR'), name='records_training_says_why')],
            },
        ),
        migrations.RunSQL(_GUARD, _REMOVE),
    ]
