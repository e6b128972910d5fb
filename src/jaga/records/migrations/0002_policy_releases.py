"""Policy releases that people adopted, and the guards that keep a process from working under another."""

from pathlib import Path

import django.db.models.deletion
import jaga.core.terms.policy
from django.conf import settings
from django.db import migrations, models

_GUARDS = sorted((Path(__file__).parent / "guards_0002").glob("*.sql"))

_REMOVE = """
DROP TRIGGER IF EXISTS records_vote_under_the_release_in_force ON records_vote;
DROP TRIGGER IF EXISTS records_decision_under_the_release_in_force ON records_decision;
DROP FUNCTION IF EXISTS records_under_the_release_in_force();
DROP FUNCTION IF EXISTS records_releaseadoption_guard() CASCADE;
DROP FUNCTION IF EXISTS records_storedrelease_guard() CASCADE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='ReleaseInUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('process', models.CharField(max_length=120, unique=True)),
                ('hash', models.CharField(blank=True, max_length=64)),
                ('folder_hash', models.CharField(blank=True, max_length=64)),
                ('seen_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='StoredRelease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hash', models.CharField(max_length=64, unique=True)),
                ('name', models.CharField(max_length=100)),
                ('version', models.CharField(max_length=20)),
                ('dated', models.DateField()),
                ('files', models.TextField()),
                ('stored_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('hash__regex', '^[0-9a-f]{64}$')), name='records_stored_release_has_a_hash')],
            },
        ),
        migrations.CreateModel(
            name='ReleaseAdoption',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('bootstrap', 'bootstrap'), ('adoption', 'adoption'), ('return', 'return'), ('emergency', 'emergency')], max_length=20)),
                ('state', models.CharField(choices=[('proposed', 'proposed'), ('in_force', 'in_force'), ('replaced', 'replaced'), ('refused', 'refused'), ('lapsed', 'lapsed')], max_length=20)),
                ('reason', models.TextField()),
                ('proposed_at', models.DateTimeField()),
                ('confirm_until', models.DateTimeField(null=True)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('in_force_at', models.DateTimeField(null=True)),
                ('replaced_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('note', models.TextField(blank=True)),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('before', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.storedrelease')),
                ('release', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='adoptions', to='records.storedrelease')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['bootstrap', 'adoption', 'return', 'emergency'])), name='records_releaseadoption_kind_is_a_term'), models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'in_force', 'replaced', 'refused', 'lapsed'])), name='records_releaseadoption_state_is_a_term'), models.UniqueConstraint(condition=models.Q(('state', jaga.core.terms.policy.AdoptionState['IN_FORCE'])), fields=('state',), name='records_one_release_in_force'), models.UniqueConstraint(condition=models.Q(('state', jaga.core.terms.policy.AdoptionState['PROPOSED'])), fields=('state',), name='records_one_release_proposed'), models.UniqueConstraint(condition=models.Q(('kind', jaga.core.terms.policy.AdoptionKind['BOOTSTRAP'])), fields=('kind',), name='records_one_bootstrap'), models.CheckConstraint(condition=models.Q(models.Q(('confirm_until__isnull', True), ('kind', jaga.core.terms.policy.AdoptionKind['BOOTSTRAP']), ('proposed_by__isnull', True)), models.Q(models.Q(('kind', jaga.core.terms.policy.AdoptionKind['BOOTSTRAP']), _negated=True), ('before__isnull', False), ('confirm_until__isnull', False), ('proposed_by__isnull', False)), _connector='OR'), name='records_adoption_proposed_by_a_person'), models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at__isnull', True), ('confirmed_by__isnull', True)), models.Q(models.Q(models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False), ('kind__in', (jaga.core.terms.policy.AdoptionKind['RETURN'], jaga.core.terms.policy.AdoptionKind['EMERGENCY']))), models.Q(('confirmed_at__isnull', False), ('confirmed_at__lte', models.F('confirm_until')), ('confirmed_by__isnull', False), ('kind', jaga.core.terms.policy.AdoptionKind['ADOPTION'])), _connector='OR'), models.Q(('confirmed_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='records_adoption_confirmed_by_another'), models.CheckConstraint(condition=models.Q(models.Q(('kind', jaga.core.terms.policy.AdoptionKind['ADOPTION']), ('state__in', (jaga.core.terms.policy.AdoptionState['IN_FORCE'], jaga.core.terms.policy.AdoptionState['REPLACED'])), _negated=True), ('confirmed_by__isnull', False), _connector='OR'), name='records_adoption_takes_two'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('in_force_at__isnull', True), ('replaced_at__isnull', True), ('state', jaga.core.terms.policy.AdoptionState['PROPOSED'])), models.Q(('ended_at__isnull', True), ('in_force_at__isnull', False), ('replaced_at__isnull', True), ('state', jaga.core.terms.policy.AdoptionState['IN_FORCE'])), models.Q(('ended_at__isnull', True), ('in_force_at__isnull', False), ('replaced_at__isnull', False), ('state', jaga.core.terms.policy.AdoptionState['REPLACED'])), models.Q(('ended_at__isnull', False), ('in_force_at__isnull', True), ('replaced_at__isnull', True), ('state__in', (jaga.core.terms.policy.AdoptionState['REFUSED'], jaga.core.terms.policy.AdoptionState['LAPSED']))), _connector='OR'), name='records_adoption_has_its_times'), models.CheckConstraint(condition=models.Q(models.Q(('state', jaga.core.terms.policy.AdoptionState['REFUSED']), _negated=True), models.Q(('ended_by__isnull', False), models.Q(('note', ''), _negated=True)), _connector='OR'), name='records_adoption_refused_with_a_reason'), models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='records_adoption_has_a_reason')],
            },
        ),
        migrations.RunSQL(migrations.RunSQL.noop, _REMOVE),
        *(migrations.RunSQL(path.read_text(), migrations.RunSQL.noop) for path in _GUARDS),
    ]
