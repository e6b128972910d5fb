"""The tables as their models say, and the guards. Written by `tests.records.write_migration`."""

import datetime
import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import jaga.cases.models.cases
import jaga.core.cases
import jaga.core.referrals
import jaga.core.terms.cases
import jaga.core.terms.outside
import jaga.core.terms.people
import jaga.core.terms.privacy
import jaga.core.terms.reports
import jaga.store.key_numbers
import jaga.store.sealed_text
from django.conf import settings
from django.db import migrations, models

from jaga.store.grants import WITHOUT_GUARDS, guards
from jaga.store.operations_together import OperationsTogether


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [OperationsTogether([
        migrations.CreateModel(
            name='Person',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('username', models.CharField(max_length=80, unique=True)),
                ('display_name', models.CharField(max_length=120)),
                ('language', models.CharField(choices=[('id', 'id'), ('en', 'en')], default=jaga.core.terms.people.Language['INDONESIAN'], max_length=2)),
                ('is_active', models.BooleanField(default=True)),
                ('created_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='AccountIndicator',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('contact', 'contact'), ('text', 'text'), ('image', 'image'), ('handle', 'handle')], max_length=20)),
                ('key', models.BinaryField(max_length=32)),
                ('masked', models.CharField(blank=True, max_length=120)),
                ('start', models.PositiveIntegerField(default=0)),
                ('end', models.PositiveIntegerField(default=0)),
                ('seen_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='AuthorityRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('letter_number', models.CharField(max_length=120)),
                ('letter_date', models.DateField()),
                ('legal_basis', models.CharField(max_length=60)),
                ('legal_analysis', jaga.store.sealed_text.SealedTextField()),
                ('locator', models.CharField(max_length=500)),
                ('wants_export', models.BooleanField(default=False)),
                ('court_order', models.CharField(blank=True, max_length=120)),
                ('urgent_reason', jaga.store.sealed_text.SealedTextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='Backlog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.PositiveBigIntegerField()),
                ('columns', models.JSONField()),
                ('policy_hash', models.CharField(max_length=64)),
                ('engine', models.CharField(max_length=300)),
                ('begun_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('receipt', models.TextField(blank=True, default='')),
            ],
        ),
        migrations.CreateModel(
            name='BanEvasionMatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('likelihood', models.CharField(choices=[('likely', 'likely'), ('possible', 'possible')], max_length=20)),
                ('kinds', models.JSONField(default=list)),
                ('evidence', models.JSONField(default=list)),
                ('found_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Case',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key_number', models.BigIntegerField(default=jaga.store.key_numbers.next_case_number)),
                ('category', models.CharField(max_length=60)),
                ('state', models.CharField(choices=[('received', 'received'), ('in_review', 'in_review'), ('second_vote', 'second_vote'), ('adjudication', 'adjudication'), ('committing', 'committing'), ('acting', 'acting'), ('restoring', 'restoring'), ('resolved', 'resolved')], default=jaga.core.cases.CaseState['RECEIVED'], max_length=20)),
                ('channel', models.CharField(max_length=20)),
                ('severity', models.SmallIntegerField(default=jaga.core.terms.cases.Severity['LOW'])),
                ('victim_first', models.BooleanField(default=False)),
                ('victim_state', models.CharField(choices=[('none', 'none'), ('proposed', 'proposed'), ('confirmed', 'confirmed'), ('lifted', 'lifted')], db_default='none', default=jaga.core.terms.cases.VictimState['NONE'], max_length=20)),
                ('urgent', models.BooleanField(default=False)),
                ('conduct_on', models.DateField()),
                ('opened_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('reports_count', models.PositiveIntegerField(default=0)),
                ('sources_count', models.PositiveIntegerField(default=0)),
                ('score', models.FloatField(default=0.0)),
                ('turn', models.SmallIntegerField(db_default=0, default=0)),
                ('own_words', models.BooleanField(db_default=True, default=True)),
                ('apart', models.BooleanField(db_default=False, default=False)),
                ('flagged', models.BooleanField(default=False)),
                ('rank_at', models.DateTimeField()),
                ('queue', models.CharField(db_default='general', default='general', max_length=60)),
                ('queue_fixed', models.BooleanField(db_default=False, default=False)),
                ('routed_by', models.CharField(db_default='', default='', max_length=64)),
                ('clearance', models.CharField(db_default='', default='', max_length=20)),
                ('language', models.CharField(db_default='id', default='id', max_length=2)),
                ('snoozed_until', models.DateTimeField(null=True)),
                ('snooze_reason', jaga.store.sealed_text.SealedTextField(db_default='', default='')),
                ('escalated_at', models.DateTimeField(null=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('met_at', models.DateTimeField(null=True)),
                ('resolved_at', models.DateTimeField(null=True)),
                ('canary', models.BooleanField(db_default=False, default=False)),
                ('assigned_to', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='assigned', to=settings.AUTH_USER_MODEL)),
                ('reopens', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reopened_by', to='records.case')),
                ('repeats', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='repeated_by', to='records.case')),
                ('reports_moved_to', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.case')),
                ('snoozed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Cluster',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('same', models.BinaryField(max_length=32, unique=True)),
                ('made_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='KeyFingerprint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, unique=True)),
                ('fingerprint', models.CharField(max_length=64)),
                ('since', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='LedgerCheckpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('size', models.BigIntegerField(unique=True)),
                ('hash', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('note', models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name='PeriodicTaskFault',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40, unique=True)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('last_failed_at', models.DateTimeField()),
                ('why', models.CharField(max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='PublishedHead',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('size', models.BigIntegerField()),
                ('root', models.CharField(max_length=64)),
                ('last_seq', models.BigIntegerField()),
                ('state', models.BinaryField()),
                ('due_at', models.DateTimeField()),
                ('signed_at', models.DateTimeField()),
                ('note', models.TextField()),
                ('witnessed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='PublishedLog',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(unique=True)),
                ('origin', models.CharField(max_length=250, unique=True)),
                ('first_seq', models.BigIntegerField()),
                ('began_at', models.DateTimeField()),
            ],
        ),
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
            name='RetentionSweep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True)),
                ('after', models.BigIntegerField(default=0)),
                ('cases', models.PositiveIntegerField(default=0)),
                ('ended_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='SearchStale',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.BigIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='Watch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('public_rooms', 'public_rooms'), ('mastodon', 'mastodon'), ('atproto', 'atproto'), ('web', 'web'), ('file', 'file'), ('stream', 'stream'), ('backlog', 'backlog')], max_length=20)),
                ('url', models.CharField(blank=True, max_length=2000)),
                ('surfaces', models.JSONField(default=list)),
                ('token_file', models.CharField(blank=True, max_length=60)),
                ('token_owner', models.CharField(blank=True, max_length=200)),
                ('legal_basis', models.CharField(max_length=80)),
                ('legal_citation', models.CharField(max_length=300)),
                ('policy_hash', models.CharField(max_length=64)),
                ('purpose', models.TextField()),
                ('budget', models.PositiveIntegerField()),
                ('ends_at', models.DateTimeField()),
                ('proposed_at', models.DateTimeField()),
                ('start_until', models.DateTimeField()),
                ('started_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_why', models.TextField(blank=True)),
            ],
        ),
        migrations.CreateModel(
            name='AlarmAddress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('email', models.EmailField(max_length=254)),
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='alarm_address', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Appeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', jaga.store.sealed_text.SealedTextField()),
                ('state', models.CharField(choices=[('open', 'open'), ('upheld', 'upheld'), ('overturned', 'overturned')], default=jaga.core.terms.cases.AppealState['OPEN'], max_length=20)),
                ('filed_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('reasons', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('way', models.CharField(choices=[('code', 'code'), ('letter', 'letter'), ('in_person', 'in_person'), ('helper', 'helper')], db_default='code', default=jaga.core.terms.cases.AppealWay['CODE'], max_length=20)),
                ('received_on', models.DateField(null=True)),
                ('helper', models.CharField(blank=True, db_default='', default='', max_length=200)),
                ('identity_check', models.CharField(blank=True, choices=[('has_letter', 'has_letter'), ('known_contact', 'known_contact'), ('identity_paper', 'identity_paper'), ('helper_vouches', 'helper_vouches')], db_default='', default='', max_length=20)),
                ('check_note', jaga.store.sealed_text.SealedTextField(blank=True, db_default='', default='')),
                ('question', jaga.store.sealed_text.SealedTextField(blank=True, db_default='', default='')),
                ('asked_at', models.DateTimeField(null=True)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='appeals_decided', to=settings.AUTH_USER_MODEL)),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='AppealRest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rests', models.BooleanField()),
                ('reasons', jaga.store.sealed_text.SealedTextField()),
                ('decided_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('appeal', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='rest', to='records.appeal')),
                ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='BacklogBlock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('start', models.PositiveBigIntegerField()),
                ('size', models.PositiveIntegerField()),
                ('input_hash', models.CharField(max_length=64)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('why', models.CharField(blank=True, default='', max_length=80)),
                ('poisoned_at', models.DateTimeField(null=True)),
                ('done_at', models.DateTimeField(null=True)),
                ('output_hash', models.CharField(blank=True, default='', max_length=64)),
                ('root', models.CharField(blank=True, default='', max_length=64)),
                ('rows_read', models.PositiveIntegerField(default=0)),
                ('unread', models.PositiveIntegerField(default=0)),
                ('copies', models.PositiveIntegerField(default=0)),
                ('flagged', models.PositiveIntegerField(default=0)),
                ('unusable', models.PositiveIntegerField(default=0)),
                ('repeated', models.PositiveIntegerField(default=0)),
                ('filed', models.PositiveIntegerField(default=0)),
                ('waiting', models.PositiveIntegerField(db_default=0, default=0)),
                ('backlog', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='blocks', to='records.backlog')),
            ],
        ),
        migrations.CreateModel(
            name='BanEvasionVerdict',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('same_holder', models.BooleanField()),
                ('at', models.DateTimeField()),
                ('match', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='judgements', to='records.banevasionmatch')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ban_evasion_judgements', to=settings.AUTH_USER_MODEL)),
            ],
        ),
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
                ('closed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('declared_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
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
                ('breach', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='records.breach')),
                ('recorded_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='RetentionDue',
            fields=[
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='retention_due', serialize=False, to='records.case')),
                ('look_on', models.DateField(null=True)),
                ('due_on', models.DateField(null=True)),
                ('policy_hash', models.CharField(max_length=64)),
                ('failed_at', models.DateTimeField(null=True)),
                ('failure', models.CharField(blank=True, max_length=200)),
            ],
        ),
        migrations.CreateModel(
            name='BreachScope',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('person', 'person'), ('page', 'page'), ('case', 'case'), ('key', 'key')], max_length=20)),
                ('page', models.CharField(blank=True, choices=[('case', 'case'), ('history', 'history'), ('identity', 'identity'), ('picture', 'picture'), ('letter', 'letter'), ('appeal', 'appeal'), ('search', 'search'), ('graph', 'graph'), ('export', 'export'), ('notice', 'notice'), ('order', 'order'), ('report', 'report'), ('batch', 'batch'), ('request', 'request'), ('privacy', 'privacy'), ('earlier', 'earlier'), ('watch', 'watch'), ('sample', 'sample'), ('query', 'query'), ('campaign', 'campaign')], max_length=20)),
                ('key', models.CharField(blank=True, max_length=60)),
                ('added_at', models.DateTimeField()),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('breach', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='scopes', to='records.breach')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.case')),
            ],
        ),
        migrations.AddField(
            model_name='banevasionmatch',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ban_evasion_matches', to='records.case'),
        ),
        migrations.AddField(
            model_name='banevasionmatch',
            name='earlier_case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='later_matches', to='records.case'),
        ),
        migrations.CreateModel(
            name='Alarm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(choices=[('case', 'case'), ('history', 'history'), ('identity', 'identity'), ('picture', 'picture'), ('letter', 'letter'), ('appeal', 'appeal'), ('search', 'search'), ('graph', 'graph'), ('export', 'export'), ('notice', 'notice'), ('order', 'order'), ('report', 'report'), ('batch', 'batch'), ('request', 'request'), ('privacy', 'privacy'), ('earlier', 'earlier'), ('watch', 'watch'), ('sample', 'sample'), ('query', 'query'), ('campaign', 'campaign')], max_length=20)),
                ('at', models.DateTimeField()),
                ('mailed_at', models.DateTimeField(null=True)),
                ('acknowledged_at', models.DateTimeField(null=True)),
                ('note', models.TextField(blank=True)),
                ('acknowledged_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='alarms', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='alarms', to='records.case')),
            ],
        ),
        migrations.CreateModel(
            name='AccessEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('what', models.CharField(choices=[('case', 'case'), ('history', 'history'), ('identity', 'identity'), ('picture', 'picture'), ('letter', 'letter'), ('appeal', 'appeal'), ('search', 'search'), ('graph', 'graph'), ('export', 'export'), ('notice', 'notice'), ('order', 'order'), ('report', 'report'), ('batch', 'batch'), ('request', 'request'), ('privacy', 'privacy'), ('earlier', 'earlier'), ('watch', 'watch'), ('sample', 'sample'), ('query', 'query'), ('campaign', 'campaign')], max_length=20)),
                ('at', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='access_events', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='access_events', to='records.case')),
            ],
        ),
        migrations.CreateModel(
            name='CaseAlarm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('returned', 'returned'), ('under_way', 'under_way'), ('half_time', 'half_time'), ('last_quarter', 'last_quarter'), ('appeal_overdue', 'appeal_overdue'), ('referral_waits', 'referral_waits'), ('referral_overdue', 'referral_overdue'), ('referral_unreviewed', 'referral_unreviewed'), ('restriction_review', 'restriction_review')], max_length=20)),
                ('why', models.CharField(blank=True, choices=[('inactive', 'inactive'), ('role', 'role'), ('clearance', 'clearance'), ('conflict', 'conflict'), ('release', 'release'), ('other_vote', 'other_vote'), ('taken_back', 'taken_back')], max_length=20)),
                ('at', models.DateTimeField()),
                ('mailed_at', models.DateTimeField(null=True)),
                ('acknowledged_at', models.DateTimeField(null=True)),
                ('acknowledged_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('appeal', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='alarm', to='records.appeal')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='case_alarms', to='records.case')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='AlarmMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('way', models.CharField(choices=[('mail', 'mail'), ('webhook', 'webhook')], max_length=20)),
                ('address', models.EmailField(blank=True, max_length=254)),
                ('language', models.CharField(choices=[('id', 'id'), ('en', 'en')], max_length=2)),
                ('created_at', models.DateTimeField()),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('dropped_at', models.DateTimeField(null=True)),
                ('failure', models.CharField(blank=True, max_length=60)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('alarms', models.ManyToManyField(related_name='messages', to='records.casealarm')),
            ],
        ),
        migrations.CreateModel(
            name='CaseLabel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(max_length=40)),
                ('added_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='labels', to='records.case')),
            ],
        ),
        migrations.CreateModel(
            name='CaseNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('note', 'note'), ('assign', 'assign'), ('hold', 'hold'), ('escalate', 'escalate'), ('hand_back', 'hand_back'), ('reroute', 'reroute')], max_length=20)),
                ('text', jaga.store.sealed_text.SealedTextField()),
                ('at', models.DateTimeField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notes', to='records.case')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='case',
            name='cluster',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='cases', to='records.cluster'),
        ),
        migrations.CreateModel(
            name='ClusterKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.BigIntegerField()),
                ('cluster', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='keys', to='records.cluster')),
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
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='contact_details', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('dismiss', 'dismiss'), ('preserve', 'preserve'), ('restrict', 'restrict'), ('redact', 'redact'), ('close', 'close'), ('refer', 'refer'), ('restore', 'restore')], max_length=20)),
                ('legal_basis', models.CharField(blank=True, max_length=60)),
                ('ground', models.CharField(choices=[('illegal_content', 'illegal_content'), ('incompatible_content', 'incompatible_content')], default=jaga.core.terms.cases.Ground['ILLEGAL_CONTENT'], max_length=40)),
                ('facts', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('rooms', models.JSONField(default=list)),
                ('ends_at', models.DateTimeField(null=True)),
                ('automated_detection', models.BooleanField(default=False)),
                ('policy_hash', models.CharField(max_length=64)),
                ('provisional', models.BooleanField(db_default=False, default=False)),
                ('adjudicated', models.BooleanField(default=False)),
                ('decided_at', models.DateTimeField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='records.case')),
                ('decided_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decided', to=settings.AUTH_USER_MODEL)),
                ('overturns', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='overturned_by', to='records.decision')),
                ('seconded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='seconded', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='appeal',
            name='decision',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='appeal', to='records.decision'),
        ),
        migrations.CreateModel(
            name='Action',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('preserve', 'preserve'), ('restrict', 'restrict'), ('redact', 'redact'), ('close', 'close'), ('restore', 'restore')], max_length=20)),
                ('sequence', models.PositiveSmallIntegerField(default=1)),
                ('state', models.CharField(choices=[('pending', 'pending'), ('waiting', 'waiting'), ('done', 'done'), ('stuck', 'stuck'), ('ended', 'ended')], default=jaga.core.terms.cases.ActionState['PENDING'], max_length=20)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField()),
                ('finished_at', models.DateTimeField(null=True)),
                ('rest', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='actions', to='records.appealrest')),
                ('decision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='actions', to='records.decision')),
            ],
        ),
        migrations.CreateModel(
            name='Disclosure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('folder', models.CharField(max_length=200)),
                ('manifest_sha256', models.CharField(max_length=64)),
                ('made_at', models.DateTimeField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disclosures', to='records.case')),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disclosures', to=settings.AUTH_USER_MODEL)),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disclosures', to='records.authorityrequest')),
            ],
        ),
        migrations.CreateModel(
            name='DisclosureRecall',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('decision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recalls', to='records.decision')),
                ('disclosure', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recalls', to='records.disclosure')),
            ],
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fields', models.JSONField()),
                ('saved_at', models.DateTimeField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='drafts', to='records.case')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Epoch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField(unique=True)),
                ('began_at', models.DateTimeField()),
                ('size', models.BigIntegerField()),
                ('last_at', models.DateTimeField(null=True)),
                ('proven', models.BigIntegerField()),
                ('numbers', models.JSONField()),
                ('reason', models.TextField()),
                ('note', models.TextField()),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ErasedKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('case', 'case'), ('report', 'report'), ('appeal', 'appeal'), ('training', 'training')], max_length=20)),
                ('number', models.BigIntegerField()),
                ('rule', models.CharField(max_length=60)),
                ('at', models.DateTimeField()),
                ('done_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('done_at__isnull', True)), fields=['id'], name='records_erasure_open')],
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['case', 'report', 'appeal', 'training'])), name='records_erasedkey_kind_is_a_term'), models.UniqueConstraint(fields=('kind', 'number'), name='records_erased_once'), models.CheckConstraint(condition=models.Q(('rule', ''), _negated=True), name='records_erased_by_a_rule')],
            },
        ),
        migrations.CreateModel(
            name='Evidence',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('screenshot', 'screenshot'), ('link', 'link'), ('letter', 'letter'), ('text', 'text'), ('profile', 'profile'), ('messages', 'messages'), ('media', 'media'), ('page', 'page')], max_length=20)),
                ('name', models.CharField(max_length=200)),
                ('media_type', models.CharField(max_length=100)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.PositiveBigIntegerField()),
                ('sealed_at', models.DateTimeField()),
                ('sealed_by', models.CharField(max_length=80)),
                ('appeal', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='pictures', to='records.appeal')),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='records.case')),
            ],
        ),
        migrations.CreateModel(
            name='Exposure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('severity', models.SmallIntegerField(default=jaga.core.terms.cases.Severity['LOW'])),
                ('seconds', models.PositiveIntegerField(default=0)),
                ('at', models.DateTimeField()),
                ('beaten_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='exposures', to='records.case')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exposures', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='FactorExemption',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('exempted_at', models.DateTimeField()),
                ('exempted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='factor_exemption', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='FactorTries',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('device', models.CharField(blank=True, max_length=32)),
                ('wrong', models.PositiveIntegerField(default=0)),
                ('closed_until', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='factor_tries', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='GoldenCase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('dismiss', 'dismiss'), ('preserve', 'preserve'), ('restrict', 'restrict'), ('redact', 'redact'), ('close', 'close'), ('refer', 'refer'), ('restore', 'restore')], max_length=20)),
                ('reasons', jaga.store.sealed_text.SealedTextField()),
                ('marked_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('training', models.BooleanField(db_default=False, default=False)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='golden', to='records.case')),
                ('marked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('withdrawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='BlindReview',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('drawn_at', models.DateTimeField()),
                ('taken_at', models.DateTimeField(null=True)),
                ('kind', models.CharField(choices=[('dismiss', 'dismiss'), ('preserve', 'preserve'), ('restrict', 'restrict'), ('redact', 'redact'), ('close', 'close'), ('refer', 'refer'), ('restore', 'restore')], max_length=20, null=True)),
                ('reasons', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('judged_at', models.DateTimeField(null=True)),
                ('agrees', models.BooleanField(null=True)),
                ('seen_at', models.DateTimeField(null=True)),
                ('note', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='blind_reviews', to=settings.AUTH_USER_MODEL)),
                ('seen_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='blind_reviews', to='records.case')),
                ('golden', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='blind_reviews', to='records.goldencase')),
            ],
        ),
        migrations.CreateModel(
            name='GuessCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.BinaryField(max_length=32, unique=True)),
                ('kind', models.CharField(choices=[('address', 'address'), ('network', 'network'), ('name', 'name'), ('device', 'device'), ('turn', 'turn')], max_length=10)),
                ('used_until', models.DateTimeField(db_index=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['address', 'network', 'name', 'device', 'turn'])), name='records_guesscount_kind_is_a_term')],
            },
        ),
        migrations.CreateModel(
            name='HashList',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100)),
                ('source', models.CharField(max_length=200)),
                ('category', models.CharField(max_length=60)),
                ('version', models.CharField(max_length=64)),
                ('size', models.PositiveIntegerField()),
                ('hashes', models.BinaryField()),
                ('imported_at', models.DateTimeField()),
                ('compared_at', models.DateTimeField(null=True)),
                ('removed_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('removed_at__isnull', True)), fields=('name',), name='records_hashlist_once'), models.CheckConstraint(condition=models.Q(models.Q(('hashes__length', django.db.models.expressions.CombinedExpression(models.F('size'), '*', models.Value(32))), ('removed_at__isnull', True), ('size__gt', 0)), models.Q(('hashes__length', 0), ('removed_at__isnull', False)), _connector='OR'), name='records_hashlist_whole_or_removed')],
            },
        ),
        migrations.CreateModel(
            name='Hearing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_at', models.DateTimeField()),
                ('days', models.PositiveSmallIntegerField()),
                ('code_hash', models.BinaryField(max_length=32, unique=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(null=True)),
                ('stuck_at', models.DateTimeField(null=True)),
                ('why', models.CharField(blank=True, max_length=200)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('answer_until', models.DateTimeField(null=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='hearing', to='records.case')),
            ],
        ),
        migrations.CreateModel(
            name='HearingAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', jaga.store.sealed_text.SealedTextField()),
                ('written_at', models.DateTimeField()),
                ('hearing', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='records.hearing')),
            ],
        ),
        migrations.CreateModel(
            name='HeldRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.CharField(choices=[('not_signed', 'not_signed'), ('wrong_signature', 'wrong_signature'), ('stale_signature', 'stale_signature'), ('no_signing_key', 'no_signing_key'), ('revoked_signing_key', 'revoked_signing_key'), ('replayed_message', 'replayed_message'), ('replayed_number', 'replayed_number'), ('changed_letter', 'changed_letter'), ('wrong_agency', 'wrong_agency'), ('not_in_standing', 'not_in_standing'), ('unknown_sender', 'unknown_sender')], max_length=30)),
                ('address', models.CharField(max_length=60)),
                ('claimed', models.JSONField(default=dict)),
                ('network_key', models.BinaryField(max_length=32, null=True)),
                ('body_sha256', models.CharField(max_length=64)),
                ('body_size', models.PositiveIntegerField()),
                ('signed_headers', models.JSONField(default=dict)),
                ('received_at', models.DateTimeField()),
                ('state', models.CharField(choices=[('held', 'held'), ('released', 'released'), ('rejected', 'rejected')], default=jaga.core.terms.outside.HeldState['HELD'], max_length=20)),
                ('called_back_at', models.DateTimeField(null=True)),
                ('call_back', models.TextField(blank=True)),
                ('decided_at', models.DateTimeField(null=True)),
                ('why', models.TextField(blank=True)),
                ('called_back_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('officer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='HolderCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('in_person', 'in_person'), ('post', 'post'), ('body', 'body')], max_length=20)),
                ('service', models.CharField(blank=True, max_length=60)),
                ('how', jaga.store.sealed_text.SealedTextField()),
                ('explanation', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('gives_data', models.BooleanField(default=False)),
                ('gives_access', models.BooleanField(default=False)),
                ('on_page', models.BooleanField(default=False)),
                ('checked_at', models.DateTimeField()),
                ('released_at', models.DateTimeField(null=True)),
                ('refused_at', models.DateTimeField(null=True)),
                ('why', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('handed_at', models.DateTimeField(null=True)),
                ('checked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holder_checks', to='records.decision')),
                ('refused_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('released_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Installation',
            fields=[
                ('id', models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ('host_kind', models.CharField(choices=[('operator', 'operator'), ('authority', 'authority')], default=jaga.core.terms.people.HostKind['OPERATOR'], max_length=20)),
                ('practice', models.BooleanField()),
                ('created_at', models.DateTimeField()),
                ('mark', models.CharField(blank=True, db_default='', default='', max_length=32)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='records_installation_is_one'), models.CheckConstraint(condition=models.Q(('host_kind__in', ['operator', 'authority'])), name='records_installation_host_kind_is_a_term')],
            },
        ),
        migrations.CreateModel(
            name='LearntModel',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('category', models.CharField(max_length=60)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.PositiveIntegerField()),
                ('features', models.CharField(max_length=20)),
                ('policy_hash', models.CharField(max_length=64)),
                ('learnt_until', models.DateTimeField()),
                ('positives', models.PositiveIntegerField()),
                ('negatives', models.PositiveIntegerField()),
                ('metrics', models.JSONField()),
                ('better', models.BooleanField()),
                ('state', models.CharField(choices=[('proposed', 'proposed'), ('approved', 'approved'), ('rejected', 'rejected'), ('retired', 'retired')], default=jaga.core.terms.reports.ModelState['PROPOSED'], max_length=20)),
                ('proposed_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('reason', models.TextField(blank=True)),
                ('compared_with', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.learntmodel')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('proposed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Lease',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('fence', models.PositiveIntegerField()),
                ('taken_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('released_at', models.DateTimeField(null=True)),
                ('reason', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='leases', to='records.case')),
                ('holder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='leases', to=settings.AUTH_USER_MODEL)),
                ('took_over', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='taken_over_by', to='records.lease')),
            ],
        ),
        migrations.CreateModel(
            name='LedgerEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('verb', models.CharField(max_length=60)),
                ('actor', models.CharField(max_length=80)),
                ('case_ref', models.BigIntegerField(null=True)),
                ('payload', models.JSONField(default=dict)),
                ('entry_hash', models.CharField(max_length=64)),
                ('seq', models.BigIntegerField(null=True, unique=True)),
                ('previous', models.CharField(max_length=64, null=True)),
                ('hash', models.CharField(max_length=64, null=True)),
                ('rows', models.JSONField(db_default=models.Value([], models.JSONField()), default=list)),
                ('mac', models.CharField(db_default='', max_length=64)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('seq__isnull', True)), fields=['id'], name='records_ledger_unlinked'), models.Index(fields=['case_ref'], name='records_ledger_case'), models.Index(condition=models.Q(('verb', 'hold_letters')), fields=['id'], name='records_ledger_held_letters'), models.Index(condition=models.Q(('verb', 'refuse_rows')), fields=['id'], name='records_ledger_refused_rows'), models.Index(condition=models.Q(('verb__in', ['hold_figures', 'release_figures'])), fields=['id'], name='records_ledger_held_figures')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('hash__isnull', True), ('previous__isnull', True), ('seq__isnull', True)), models.Q(('hash__isnull', False), ('previous__isnull', False), ('seq__isnull', False)), _connector='OR'), name='records_ledger_linked_whole_or_not')],
            },
        ),
        migrations.CreateModel(
            name='AccessLogSeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('first', models.BigIntegerField(unique=True)),
                ('last', models.BigIntegerField(unique=True)),
                ('count', models.PositiveBigIntegerField()),
                ('sha256', models.CharField(max_length=64)),
                ('sealed_at', models.DateTimeField()),
                ('entry', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.ledgerentry')),
            ],
        ),
        migrations.CreateModel(
            name='AccessLogErasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.CharField(max_length=60)),
                ('count', models.PositiveBigIntegerField()),
                ('at', models.DateTimeField()),
                ('seal', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='erasure', to='records.accesslogseal')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.ledgerentry')),
            ],
        ),
        migrations.CreateModel(
            name='LedgerFault',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry_ref', models.BigIntegerField(null=True, unique=True)),
                ('reason', models.CharField(choices=[('unreadable', 'unreadable'), ('number', 'number'), ('verb', 'verb'), ('hash', 'hash'), ('mac', 'mac'), ('unsigned_head', 'unsigned_head')], max_length=20)),
                ('found_at', models.DateTimeField()),
                ('acknowledged_at', models.DateTimeField(null=True)),
                ('note', models.TextField(blank=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('reason__in', ['unreadable', 'number', 'verb', 'hash', 'mac', 'unsigned_head'])), name='records_ledgerfault_reason_is_a_term')],
            },
        ),
        migrations.CreateModel(
            name='LegalHold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField()),
                ('asked_at', models.DateTimeField()),
                ('confirm_until', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_why', models.TextField(blank=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='legal_holds', to='records.case')),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('extends', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='extensions', to='records.legalhold')),
                ('owner', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='LocatorVersion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('locator', models.CharField(max_length=500)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='locators', to='records.authorityrequest')),
            ],
        ),
        migrations.CreateModel(
            name='LostCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hash', models.BinaryField(max_length=32, unique=True)),
                ('epoch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='records.epoch')),
            ],
        ),
        migrations.CreateModel(
            name='LshBand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.BinaryField(max_length=32)),
                ('indicator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bands', to='records.accountindicator')),
            ],
        ),
        migrations.CreateModel(
            name='Measured',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('dimension', models.CharField(choices=[('all', 'all'), ('category', 'category'), ('language', 'language'), ('reviewer', 'reviewer')], max_length=20)),
                ('key', models.CharField(blank=True, max_length=60)),
                ('units', models.PositiveIntegerField()),
                ('pairs', models.PositiveIntegerField()),
                ('alike', models.PositiveIntegerField()),
                ('alpha', models.FloatField(null=True)),
                ('low', models.FloatField(null=True)),
                ('high', models.FloatField(null=True)),
                ('counted_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('dimension__in', ['all', 'category', 'language', 'reviewer'])), name='records_measured_dimension_is_a_term'), models.UniqueConstraint(fields=('dimension', 'key'), name='records_measured_once'), models.CheckConstraint(condition=models.Q(('alpha__isnull', True), models.Q(('alpha__lte', 1), ('high__gte', models.F('alpha')), ('low__lte', models.F('alpha'))), _connector='OR'), name='records_measured_in_order')],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asks_for', models.CharField(choices=[('preserve', 'preserve'), ('restrict', 'restrict'), ('redact', 'redact'), ('close', 'close'), ('restore', 'restore'), ('data', 'data')], max_length=20)),
                ('category', models.CharField(max_length=60)),
                ('legal_basis', models.CharField(blank=True, max_length=60)),
                ('facts', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('data_wanted', models.JSONField(default=dict)),
                ('urgent', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('sent', 'sent'), ('received', 'received'), ('asked_back', 'asked_back'), ('answered', 'answered'), ('withdrawn', 'withdrawn')], default=jaga.core.terms.outside.NoticeState['SENT'], max_length=20)),
                ('created_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('received_at', models.DateTimeField(null=True)),
                ('receipt_proof', models.CharField(blank=True, max_length=200)),
                ('due_at', models.DateTimeField(null=True)),
                ('left', models.DurationField(null=True)),
                ('answer', models.CharField(blank=True, choices=[('done', 'done'), ('already', 'already'), ('refused', 'refused'), ('invalid_locator', 'invalid_locator'), ('wrong_screenshot', 'wrong_screenshot')], max_length=20)),
                ('answer_text', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('answered_at', models.DateTimeField(null=True)),
                ('action', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notice', to='records.action')),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='records.case')),
                ('received_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='NoticeEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_operator', models.BooleanField()),
                ('kind', models.CharField(max_length=20)),
                ('text', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('proof', models.CharField(blank=True, max_length=200)),
                ('at', models.DateTimeField()),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='records.notice')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Objection',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', jaga.store.sealed_text.SealedTextField()),
                ('state', models.CharField(choices=[('open', 'open'), ('accepted', 'accepted'), ('rejected', 'rejected')], default=jaga.core.terms.outside.ObjectionState['OPEN'], max_length=20)),
                ('filed_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('reasons', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('filed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('notice', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='objection', to='records.notice')),
            ],
        ),
        migrations.CreateModel(
            name='ObservedHash',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('native', models.BinaryField(max_length=32)),
                ('content', models.BinaryField(max_length=32)),
                ('origin', models.BinaryField(max_length=32)),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['at'], name='records_observed_expiry'), models.Index(fields=['origin'], name='records_observed_origin')],
                'constraints': [models.UniqueConstraint(fields=('native', 'content'), name='records_observed_once')],
            },
        ),
        migrations.CreateModel(
            name='OfficerKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('prefix', models.CharField(max_length=12)),
                ('key_hash', models.BinaryField(max_length=32, unique=True)),
                ('created_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('scopes', models.JSONField(default=list)),
                ('label', models.CharField(blank=True, max_length=80)),
                ('per_minute', models.PositiveIntegerField(default=600)),
                ('per_day', models.PositiveIntegerField(default=20000)),
                ('last_used_at', models.DateTimeField(null=True)),
                ('officer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='keys', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='KeyUse',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('used', models.PositiveBigIntegerField()),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uses', to='records.officerkey')),
            ],
        ),
        migrations.CreateModel(
            name='IdempotencyRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name_hash', models.BinaryField(max_length=32)),
                ('call_hash', models.BinaryField(max_length=32)),
                ('status', models.PositiveSmallIntegerField()),
                ('headers', models.JSONField(default=dict)),
                ('sealed', models.BinaryField()),
                ('at', models.DateTimeField()),
                ('key', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='idempotency_records', to='records.officerkey')),
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
                ('called_back_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='registration', to=settings.AUTH_USER_MODEL)),
                ('registered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('suspended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='OperatorLetter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stage', models.CharField(choices=[('clarification', 'clarification'), ('order', 'order'), ('warning_1', 'warning_1'), ('warning_2', 'warning_2'), ('warning_3', 'warning_3')], max_length=20)),
                ('number', models.CharField(max_length=120, unique=True)),
                ('body_id', jaga.store.sealed_text.SealedTextField()),
                ('body_en', jaga.store.sealed_text.SealedTextField()),
                ('pdf_sha256', models.CharField(max_length=64)),
                ('prepared_at', models.DateTimeField()),
                ('released_at', models.DateTimeField(null=True)),
                ('opened_at', models.DateTimeField(null=True)),
                ('dropped_at', models.DateTimeField(null=True)),
                ('notice', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='escalation_letters', to='records.notice')),
                ('prepared_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('released_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Order',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
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
                ('message_id', models.CharField(blank=True, max_length=200)),
                ('signed_at', models.DateTimeField(null=True)),
                ('signature', models.CharField(blank=True, max_length=2000)),
                ('body_sha256', models.CharField(blank=True, max_length=64)),
                ('filed_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('withdrawn_why', models.TextField(blank=True)),
                ('held', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='order', to='records.heldrequest')),
                ('officer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='authorityrequest',
            name='order',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='records.order'),
        ),
        migrations.CreateModel(
            name='Organisation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=200, unique=True)),
                ('kind', models.CharField(choices=[('operator', 'operator'), ('ministry', 'ministry'), ('police', 'police'), ('agency', 'agency'), ('flagger', 'flagger')], max_length=20)),
                ('practice', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['operator', 'ministry', 'police', 'agency', 'flagger'])), name='records_organisation_kind_is_a_term')],
            },
        ),
        migrations.AddField(
            model_name='order',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='orders', to='records.organisation'),
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
                ('organisation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='profile', to='records.organisation')),
            ],
        ),
        migrations.AddField(
            model_name='notice',
            name='operator',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='records.organisation'),
        ),
        migrations.AddField(
            model_name='heldrequest',
            name='organisation',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.organisation'),
        ),
        migrations.CreateModel(
            name='FlaggerSuspension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('began_at', models.DateTimeField()),
                ('why', models.TextField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('why_ended', models.TextField(blank=True)),
                ('began_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='flagger_suspensions', to='records.organisation')),
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
                ('organisation', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='flagger', to='records.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sender_key', models.CharField(max_length=40)),
                ('channel', models.CharField(choices=[('public', 'public'), ('ministry', 'ministry'), ('police', 'police'), ('agency', 'agency'), ('watch', 'watch'), ('flagger', 'flagger'), ('app', 'app')], max_length=20)),
                ('name', models.CharField(max_length=120)),
                ('sha256', models.CharField(max_length=64)),
                ('size', models.PositiveBigIntegerField()),
                ('platform', models.CharField(blank=True, max_length=60)),
                ('category', models.CharField(blank=True, max_length=60)),
                ('starts_itself', models.BooleanField(default=False)),
                ('state', models.CharField(choices=[('received', 'received'), ('ready', 'ready'), ('running', 'running'), ('done', 'done'), ('cancelled', 'cancelled'), ('failed', 'failed')], default=jaga.core.terms.reports.BatchState['RECEIVED'], max_length=20)),
                ('format', models.CharField(blank=True, choices=[('csv', 'csv'), ('xlsx', 'xlsx'), ('jsonl', 'jsonl'), ('xarf', 'xarf')], max_length=20)),
                ('encoding', models.CharField(blank=True, max_length=20)),
                ('ignored', models.JSONField(default=list)),
                ('notes', models.JSONField(db_default=[], default=list)),
                ('sample', models.JSONField(default=list)),
                ('rows_read', models.PositiveIntegerField(default=0)),
                ('good', models.PositiveIntegerField(default=0)),
                ('double', models.PositiveIntegerField(default=0)),
                ('refused', models.PositiveIntegerField(default=0)),
                ('filed', models.PositiveIntegerField(default=0)),
                ('done_to', models.PositiveIntegerField(default=0)),
                ('tries', models.PositiveIntegerField(default=0)),
                ('why', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField()),
                ('validated_at', models.DateTimeField(null=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('file_deleted_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='batches', to=settings.AUTH_USER_MODEL)),
                ('key', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='batches', to='records.officerkey')),
                ('organisation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='records.organisation')),
            ],
        ),
        migrations.AddField(
            model_name='authorityrequest',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='requests', to='records.organisation'),
        ),
        migrations.AddField(
            model_name='person',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='people', to='records.organisation'),
        ),
        migrations.CreateModel(
            name='Outcome',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.CharField(choices=[('observe', 'observe'), ('preserve', 'preserve'), ('restrict', 'restrict'), ('deliver', 'deliver'), ('redact', 'redact'), ('close', 'close'), ('restore', 'restore'), ('ask', 'ask')], max_length=20)),
                ('kind', models.CharField(choices=[('done', 'done'), ('already', 'already'), ('refused', 'refused'), ('unknown', 'unknown'), ('impossible', 'impossible')], max_length=20)),
                ('detail', models.TextField(blank=True)),
                ('readings', models.JSONField(default=list)),
                ('at', models.DateTimeField()),
                ('action', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='outcomes', to='records.action')),
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
                ('address', models.EmailField(blank=True, db_default='', default='', max_length=254)),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='PendingDecision',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('both', models.BooleanField()),
                ('adjudicated', models.BooleanField()),
                ('made_at', models.DateTimeField()),
                ('undo_until', models.DateTimeField()),
                ('reading', models.PositiveIntegerField(db_default=0, default=0)),
                ('undo', models.PositiveIntegerField(db_default=0, default=0)),
                ('ended_at', models.DateTimeField(null=True)),
                ('end', models.CharField(blank=True, choices=[('committed', 'committed'), ('undone', 'undone'), ('heard', 'heard'), ('victim', 'victim'), ('not_allowed', 'not_allowed'), ('lapsed', 'lapsed'), ('appealed', 'appealed')], max_length=20)),
                ('reason', models.CharField(blank=True, choices=[('mistake', 'mistake'), ('second_thought', 'second_thought'), ('new_fact', 'new_fact'), ('other', 'other')], max_length=20)),
                ('note', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pending_decisions', to='records.case')),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='decision',
            name='awaits',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='held', to='records.pendingdecision'),
        ),
        migrations.CreateModel(
            name='PendingYouthAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('made_at', models.DateTimeField()),
                ('undo_until', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('undone', models.BooleanField(default=False)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pending_youth_answers', to='records.case')),
                ('evidence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pending_youth_answers', to='records.evidence')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pending_youth_answers', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='PersonClearance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('clearance', models.CharField(choices=[('child_safety', 'child_safety')], max_length=20)),
                ('reason', models.TextField()),
                ('given_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('why_ended', models.TextField(db_default='', default='')),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('given_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='clearances', to=settings.AUTH_USER_MODEL)),
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
                ('assigned_to', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decision', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='person_requests', to='records.decision')),
            ],
        ),
        migrations.CreateModel(
            name='PersonAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('granted', models.BooleanField()),
                ('ground', models.CharField(blank=True, choices=[('open_case', 'open_case'), ('appeal_window', 'appeal_window'), ('strike', 'strike'), ('legal_hold', 'legal_hold'), ('authority_request', 'authority_request'), ('not_proven', 'not_proven'), ('rights_of_others', 'rights_of_others'), ('unfounded', 'unfounded')], max_length=20)),
                ('until', models.DateTimeField(null=True)),
                ('text', jaga.store.sealed_text.BoxedTextField()),
                ('note', jaga.store.sealed_text.BoxedTextField(blank=True)),
                ('way', models.CharField(choices=[('paper', 'paper'), ('page', 'page')], max_length=20)),
                ('without_recipients', models.BooleanField(default=False)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('drafted_at', models.DateTimeField()),
                ('released_at', models.DateTimeField(null=True)),
                ('returned_at', models.DateTimeField(null=True)),
                ('why', jaga.store.sealed_text.BoxedTextField(blank=True)),
                ('handed_at', models.DateTimeField(null=True)),
                ('drafted_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('handed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('released_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('returned_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='records.personrequest')),
            ],
        ),
        migrations.CreateModel(
            name='PersonRole',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('reviewer', 'reviewer'), ('supervisor', 'supervisor'), ('officer', 'officer'), ('contact', 'contact'), ('auditor', 'auditor'), ('administrator', 'administrator'), ('flagger', 'flagger'), ('policy', 'policy')], max_length=20)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='roles', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='PersonSearch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text_hash', models.BinaryField(max_length=32)),
                ('reason', models.TextField()),
                ('asked_at', models.DateTimeField()),
                ('permitted_at', models.DateTimeField(null=True)),
                ('carried_out_at', models.DateTimeField(null=True)),
                ('found', models.PositiveIntegerField(null=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('permitted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='PersonSkill',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('skill', models.CharField(max_length=60)),
                ('given_at', models.DateTimeField()),
                ('given_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='skills', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='PictureHash',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hashes', models.BinaryField(max_length=256)),
                ('quality', models.PositiveSmallIntegerField(default=0)),
                ('problem', models.CharField(blank=True, choices=[('no_picture', 'no_picture'), ('broken', 'broken'), ('too_large', 'too_large'), ('too_small', 'too_small'), ('moving', 'moving'), ('too_much_work', 'too_much_work')], max_length=20)),
                ('at', models.DateTimeField()),
                ('evidence', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='picture_hash', to='records.evidence')),
            ],
        ),
        migrations.CreateModel(
            name='PictureMatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('bits', models.PositiveSmallIntegerField()),
                ('turned', models.PositiveSmallIntegerField()),
                ('at', models.DateTimeField()),
                ('earlier', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='later_matches', to='records.picturehash')),
                ('hash_list', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='matches', to='records.hashlist')),
                ('picture', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='matches', to='records.picturehash')),
            ],
        ),
        migrations.CreateModel(
            name='PictureOpening',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='picture_openings', to='records.case')),
                ('evidence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='openings', to='records.evidence')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='picture_openings', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='PictureToHash',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('evidence', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='to_hash', to='records.evidence')),
            ],
        ),
        migrations.CreateModel(
            name='Platform',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(max_length=60, unique=True)),
                ('display_name', models.CharField(max_length=120)),
                ('adapter', models.CharField(max_length=40)),
                ('server_name', models.CharField(blank=True, max_length=200)),
                ('capabilities', models.JSONField(default=dict)),
                ('stable_id', models.CharField(blank=True, max_length=200)),
                ('named_like', models.CharField(blank=True, max_length=40)),
                ('by_notice', models.BooleanField(default=False)),
                ('hook_keys', models.JSONField(default=list)),
                ('concurrency', models.PositiveSmallIntegerField(default=4)),
                ('watched', models.BooleanField(default=False)),
                ('practice', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField()),
                ('operator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='platforms', to='records.organisation')),
            ],
        ),
        migrations.AddField(
            model_name='personrequest',
            name='platform',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.platform'),
        ),
        migrations.AddField(
            model_name='notice',
            name='platform',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='records.platform'),
        ),
        migrations.CreateModel(
            name='InAppCursor',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cursor', models.TextField()),
                ('read_at', models.DateTimeField()),
                ('platform', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='in_app_cursor', to='records.platform')),
            ],
        ),
        migrations.AddField(
            model_name='backlog',
            name='platform',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='backlogs', to='records.platform'),
        ),
        migrations.CreateModel(
            name='AccountLookup',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.BinaryField(max_length=32)),
                ('reason', models.TextField()),
                ('asked_at', models.DateTimeField()),
                ('permitted_at', models.DateTimeField(null=True)),
                ('carried_out_at', models.DateTimeField(null=True)),
                ('found', models.PositiveIntegerField(null=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('permitted_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('platform', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.platform')),
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
                ('platform', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='health', to='records.platform')),
            ],
        ),
        migrations.CreateModel(
            name='PlatformTaskHealth',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('task', models.CharField(choices=[('rooms', 'rooms'), ('reports', 'reports'), ('names', 'names'), ('checks', 'checks'), ('actions', 'actions')], max_length=20)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('faults', models.PositiveIntegerField(default=0)),
                ('not_kept', models.PositiveIntegerField(default=0)),
                ('retry_at', models.DateTimeField(null=True)),
                ('last_failed_at', models.DateTimeField(null=True)),
                ('why', models.CharField(blank=True, max_length=200)),
                ('platform', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='task_health', to='records.platform')),
            ],
        ),
        migrations.CreateModel(
            name='Pledge',
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
                ('operator', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pledges', to='records.organisation')),
                ('recorded_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='PolicyQuestion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('category', models.CharField(max_length=60)),
                ('text', jaga.store.sealed_text.SealedTextField()),
                ('asked_at', models.DateTimeField()),
                ('answer', jaga.store.sealed_text.SealedTextField(blank=True, db_default='', default='')),
                ('answered_at', models.DateTimeField(null=True)),
                ('answered_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='policy_questions', to='records.case')),
            ],
        ),
        migrations.CreateModel(
            name='Preferences',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('keys_on', models.BooleanField(default=True)),
                ('theme', models.CharField(choices=[('auto', 'auto'), ('light', 'light'), ('dark', 'dark')], default=jaga.core.terms.people.Theme['AUTO'], max_length=10)),
                ('greyscale', models.BooleanField(default=True)),
                ('blur', models.BooleanField(default=True)),
                ('time_zone', models.CharField(default='Asia/Jakarta', max_length=60)),
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='preferences', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Preservation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('lapses_at', models.DateTimeField()),
                ('agreed_at', models.DateTimeField(null=True)),
                ('lapsed_at', models.DateTimeField(null=True)),
                ('agreed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decision', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='preservation', to='records.decision')),
            ],
        ),
        migrations.CreateModel(
            name='HeadTimestamp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stamp', models.BinaryField()),
                ('stamped_at', models.DateTimeField()),
                ('received_at', models.DateTimeField()),
                ('head', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='timestamp', to='records.publishedhead')),
            ],
        ),
        migrations.CreateModel(
            name='HeadCosignature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('witness', models.CharField(max_length=300)),
                ('line', models.TextField()),
                ('cosigned_at', models.DateTimeField()),
                ('received_at', models.DateTimeField()),
                ('head', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cosignatures', to='records.publishedhead')),
            ],
        ),
        migrations.AddField(
            model_name='publishedhead',
            name='log',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='heads', to='records.publishedlog'),
        ),
        migrations.CreateModel(
            name='PublishedPeriod',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('day', 'day'), ('month', 'month')], max_length=5)),
                ('first_day', models.DateField()),
                ('closed_at', models.DateTimeField()),
                ('content', models.JSONField()),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['day', 'month'])), name='records_publishedperiod_kind_is_a_term'), models.UniqueConstraint(fields=('kind', 'first_day'), name='records_period_is_published_once')],
            },
        ),
        migrations.CreateModel(
            name='ReasonsAsked',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('asked_at', models.DateTimeField()),
                ('shown_from', models.DateTimeField()),
                ('kept_at', models.DateTimeField(null=True)),
                ('decision', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='reasons_asked', to='records.decision')),
            ],
        ),
        migrations.CreateModel(
            name='ReceivedHook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hook_id', models.CharField(max_length=200)),
                ('received_at', models.DateTimeField()),
                ('platform', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.platform')),
            ],
        ),
        migrations.CreateModel(
            name='Referral',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('drafted', 'drafted'), ('addressed', 'addressed'), ('sent', 'sent'), ('acknowledged', 'acknowledged'), ('finished', 'finished'), ('returned', 'returned'), ('retracted', 'retracted')], default=jaga.core.referrals.ReferralState['DRAFTED'], max_length=20)),
                ('urgent', models.BooleanField()),
                ('receiver', models.CharField(blank=True, max_length=60)),
                ('name_id', models.CharField(blank=True, max_length=200)),
                ('name_en', models.CharField(blank=True, max_length=200)),
                ('way', models.CharField(blank=True, choices=[('officer', 'officer'), ('mail', 'mail'), ('by_hand', 'by_hand')], max_length=20)),
                ('contact', models.CharField(blank=True, max_length=200)),
                ('address', models.EmailField(blank=True, max_length=254)),
                ('danger', models.CharField(blank=True, choices=[('life', 'life'), ('child', 'child'), ('forced', 'forced'), ('harm', 'harm')], max_length=20)),
                ('sealed', models.BinaryField(null=True)),
                ('link_hash', models.BinaryField(max_length=32, null=True, unique=True)),
                ('wrong_codes', models.PositiveSmallIntegerField(default=0)),
                ('made_at', models.DateTimeField()),
                ('addressed_at', models.DateTimeField(null=True)),
                ('due_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('reminded', models.PositiveSmallIntegerField(default=0)),
                ('acknowledged_at', models.DateTimeField(null=True)),
                ('acknowledged_by', models.CharField(blank=True, choices=[('link', 'link'), ('officer', 'officer'), ('recorded', 'recorded')], max_length=20)),
                ('taken_by', models.CharField(blank=True, max_length=200)),
                ('their_number', models.CharField(blank=True, max_length=100)),
                ('outcome', models.CharField(blank=True, choices=[('taken_up', 'taken_up'), ('passed_on', 'passed_on'), ('not_theirs', 'not_theirs'), ('no_answer', 'no_answer'), ('not_reached', 'not_reached')], max_length=20)),
                ('outcome_at', models.DateTimeField(null=True)),
                ('note', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('at_once', models.BooleanField(default=False)),
                ('reviewed_at', models.DateTimeField(null=True)),
                ('rightly', models.BooleanField(null=True)),
                ('review_reasons', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('mistake_told_at', models.DateTimeField(null=True)),
                ('acknowledged_person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('addressed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='referrals', to='records.case')),
                ('decision', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='referrals', to='records.decision')),
                ('follows', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followed_by', to='records.referral')),
                ('organisation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='referrals', to='records.organisation')),
                ('reviewed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='casealarm',
            name='referral',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='alarms', to='records.referral'),
        ),
        migrations.CreateModel(
            name='Report',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key_number', models.BigIntegerField(default=jaga.store.key_numbers.next_report_number)),
                ('channel', models.CharField(choices=[('public', 'public'), ('ministry', 'ministry'), ('police', 'police'), ('agency', 'agency'), ('watch', 'watch'), ('flagger', 'flagger'), ('app', 'app')], max_length=20)),
                ('form', models.CharField(choices=[('report', 'report'), ('notice', 'notice'), ('request', 'request'), ('order', 'order'), ('observation', 'observation')], max_length=20)),
                ('category', models.CharField(max_length=60)),
                ('text', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('excerpt', jaga.store.sealed_text.SealedTextField(blank=True, db_default='', default='')),
                ('published', jaga.store.sealed_text.SealedTextField(blank=True, db_default='', default='')),
                ('place', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('language', models.CharField(choices=[('id', 'id'), ('en', 'en')], default=jaga.core.terms.people.Language['INDONESIAN'], max_length=2)),
                ('conduct_on', models.DateField()),
                ('received_at', models.DateTimeField()),
                ('due_at', models.DateTimeField()),
                ('urgent', models.BooleanField(default=False)),
                ('source_key', models.BinaryField(max_length=32)),
                ('receipt_hash', models.BinaryField(max_length=32, null=True, unique=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('set_aside_at', models.DateTimeField(null=True)),
                ('origin_ref', models.CharField(blank=True, max_length=300)),
                ('priority', models.SmallIntegerField(default=jaga.core.terms.reports.FilingPriority['ORDINARY'])),
                ('route', models.CharField(choices=[('ordinary', 'ordinary'), ('victim', 'victim')], default=jaga.core.terms.reports.ReportRoute['ORDINARY'], max_length=20)),
                ('capacity', models.CharField(blank=True, choices=[('pictured', 'pictured'), ('guardian', 'guardian'), ('parent', 'parent'), ('platform', 'platform'), ('authority', 'authority')], db_default='', default='', max_length=20)),
                ('reference', models.CharField(blank=True, max_length=120)),
                ('called_as', models.CharField(blank=True, max_length=300)),
                ('handle_looked_up_at', models.DateTimeField(null=True)),
                ('network_key', models.BinaryField(max_length=32, null=True)),
                ('contact_key', models.BinaryField(max_length=32, null=True)),
                ('filed_at', models.DateTimeField(null=True)),
                ('source_weight', models.FloatField(null=True)),
                ('source_reason', models.CharField(blank=True, choices=[('new', 'new'), ('same_sender', 'same_sender'), ('same_network', 'same_network'), ('same_words', 'same_words'), ('burst', 'burst'), ('bad_faith', 'bad_faith'), ('withdrawn', 'withdrawn'), ('set_aside', 'set_aside')], max_length=20)),
                ('screened_by', models.CharField(blank=True, max_length=80)),
                ('file_after', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='records.case')),
                ('officer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='records.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='QuoteConsent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sentence', jaga.store.sealed_text.SealedTextField()),
                ('asked_at', models.DateTimeField()),
                ('agreed', models.BooleanField(null=True)),
                ('answered_at', models.DateTimeField(null=True)),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('used_at', models.DateTimeField(null=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='consents', to='records.report')),
            ],
        ),
        migrations.AddField(
            model_name='personrequest',
            name='report',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='person_requests', to='records.report'),
        ),
        migrations.CreateModel(
            name='Letter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(max_length=60)),
                ('language', models.CharField(choices=[('id', 'id'), ('en', 'en')], max_length=2)),
                ('body', jaga.store.sealed_text.SealedTextField()),
                ('sent_at', models.DateTimeField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='records.case')),
                ('report', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='records.report')),
            ],
        ),
        migrations.CreateModel(
            name='IndicatorScan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('report', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='indicator_scan', to='records.report')),
            ],
        ),
        migrations.CreateModel(
            name='InAppImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('own_id', models.CharField(max_length=200)),
                ('seen_at', models.DateTimeField()),
                ('platform', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='in_app_imports', to='records.platform')),
                ('report', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='in_app', to='records.report')),
            ],
        ),
        migrations.AddField(
            model_name='evidence',
            name='report',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='evidence', to='records.report'),
        ),
        migrations.CreateModel(
            name='EmergencyHold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', jaga.store.sealed_text.SealedTextField()),
                ('made_at', models.DateTimeField()),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('held', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='emergencies', to='records.heldrequest')),
                ('report', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='emergency', to='records.report')),
            ],
        ),
        migrations.CreateModel(
            name='DecisionPause',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('resumed_at', models.DateTimeField(null=True)),
                ('why', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('resumed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('pending', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='waits', to='records.pendingdecision')),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.report')),
            ],
        ),
        migrations.AddField(
            model_name='cluster',
            name='report',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='cluster_led', to='records.report'),
        ),
        migrations.CreateModel(
            name='BatchRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveIntegerField()),
                ('repeats', models.PositiveIntegerField(null=True)),
                ('errors', models.JSONField(default=list)),
                ('batch', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='records.batch')),
                ('report', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='batch_row', to='records.report')),
            ],
        ),
        migrations.CreateModel(
            name='BadFaith',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reasons', jaga.store.sealed_text.SealedTextField()),
                ('at', models.DateTimeField()),
                ('expires_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('judged_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('withdrawn_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bad_faith', to='records.report')),
            ],
        ),
        migrations.AddField(
            model_name='authorityrequest',
            name='report',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='request', to='records.report'),
        ),
        migrations.AddField(
            model_name='accountindicator',
            name='report',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='indicators', to='records.report'),
        ),
        migrations.CreateModel(
            name='ReporterIdentity',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sealed', models.BinaryField()),
                ('shared', models.BooleanField(default=False)),
                ('report', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='identity', to='records.report')),
            ],
        ),
        migrations.CreateModel(
            name='ReporterSetAside',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reasons', jaga.store.sealed_text.SealedTextField()),
                ('at', models.DateTimeField()),
                ('undo_until', models.DateTimeField()),
                ('undone_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.report')),
                ('undone_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='ReportMessage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('from_us', models.BooleanField()),
                ('kind', models.CharField(choices=[('question', 'question'), ('answer', 'answer'), ('evidence', 'evidence'), ('withdrawal', 'withdrawal'), ('note', 'note'), ('invalid_locator', 'invalid_locator'), ('wrong_screenshot', 'wrong_screenshot'), ('other', 'other')], max_length=20)),
                ('text', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('at', models.DateTimeField()),
                ('read_at', models.DateTimeField(null=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='records.report')),
            ],
        ),
        migrations.CreateModel(
            name='RestoredAccess',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sealed', models.BinaryField()),
                ('created_at', models.DateTimeField()),
                ('decision', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='restored_access', to='records.decision')),
            ],
        ),
        migrations.CreateModel(
            name='RetentionClock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seen_at', models.DateTimeField()),
                ('planned_since', models.DateTimeField(null=True)),
                ('anchor_at', models.DateTimeField(null=True)),
                ('anchor_boot', models.CharField(blank=True, max_length=40)),
                ('anchor_up', models.FloatField(default=0)),
                ('doubted_at', models.DateTimeField(null=True)),
                ('confirmed_at', models.DateTimeField(null=True)),
                ('confirmed_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='RetentionErasure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('reporter_identity', 'reporter_identity'), ('report_texts', 'report_texts'), ('pictures', 'pictures'), ('decision', 'decision'), ('appeal', 'appeal'), ('indicators', 'indicators'), ('training', 'training'), ('exports', 'exports'), ('access_log', 'access_log')], max_length=20)),
                ('rule', models.CharField(max_length=60)),
                ('policy_hash', models.CharField(max_length=64)),
                ('due_on', models.DateField()),
                ('at', models.DateTimeField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='erasures', to='records.case')),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.ledgerentry')),
            ],
        ),
        migrations.CreateModel(
            name='FileToDelete',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('folder', models.CharField(blank=True, max_length=200)),
                ('failed_at', models.DateTimeField(null=True)),
                ('failure', models.CharField(blank=True, max_length=200)),
                ('erasure', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='files', to='records.retentionerasure')),
            ],
        ),
        migrations.CreateModel(
            name='RetentionPostponement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('reason', models.TextField()),
                ('ends_at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='postponements', to='records.case')),
            ],
        ),
        migrations.CreateModel(
            name='RowBinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('entry', models.BigIntegerField()),
                ('place', models.IntegerField()),
                ('part', models.CharField(max_length=40)),
                ('number', models.BigIntegerField()),
                ('salt', models.BinaryField(max_length=16, null=True)),
                ('gone', models.BooleanField(default=False)),
            ],
            options={
                'indexes': [models.Index(fields=['part', 'number'], name='records_rowbinding_row')],
            },
        ),
        migrations.CreateModel(
            name='RuleSuspension',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('rule', models.CharField(max_length=160)),
                ('category', models.CharField(max_length=60)),
                ('alarm_only', models.BooleanField()),
                ('judged', models.PositiveIntegerField()),
                ('right', models.PositiveIntegerField()),
                ('upper', models.FloatField()),
                ('line', models.FloatField()),
                ('policy_hash', models.CharField(max_length=64)),
                ('suspended_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('why', models.TextField(blank=True)),
                ('ended_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='SampledText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week', models.DateField()),
                ('kind', models.CharField(choices=[('public_rooms', 'public_rooms'), ('mastodon', 'mastodon'), ('atproto', 'atproto'), ('web', 'web'), ('file', 'file'), ('stream', 'stream'), ('backlog', 'backlog')], max_length=20)),
                ('rule', models.CharField(blank=True, max_length=160)),
                ('category', models.CharField(blank=True, max_length=60)),
                ('ticket', models.FloatField()),
                ('drawn_at', models.DateTimeField()),
                ('outcome', models.CharField(blank=True, max_length=60, null=True)),
                ('settled_at', models.DateTimeField(null=True)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['public_rooms', 'mastodon', 'atproto', 'web', 'file', 'stream', 'backlog'])), name='records_sampledtext_kind_is_a_term'), models.UniqueConstraint(fields=('week', 'kind', 'rule', 'ticket'), name='records_sampled_once'), models.CheckConstraint(condition=models.Q(models.Q(('outcome__isnull', True), ('settled_at__isnull', True)), models.Q(('outcome__isnull', False), ('settled_at__isnull', False)), _connector='OR'), name='records_sampled_has_outcome')],
            },
        ),
        migrations.CreateModel(
            name='SampleJudgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('taken_at', models.DateTimeField()),
                ('answer', models.CharField(blank=True, max_length=60, null=True)),
                ('judged_at', models.DateTimeField(null=True)),
                ('left_at', models.DateTimeField(null=True)),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('text', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='judgements', to='records.sampledtext')),
            ],
        ),
        migrations.CreateModel(
            name='ScreenedCount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('week', models.DateField()),
                ('kind', models.CharField(choices=[('public_rooms', 'public_rooms'), ('mastodon', 'mastodon'), ('atproto', 'atproto'), ('web', 'web'), ('file', 'file'), ('stream', 'stream'), ('backlog', 'backlog')], max_length=20)),
                ('rule', models.CharField(blank=True, max_length=160)),
                ('category', models.CharField(blank=True, max_length=60)),
                ('number', models.PositiveIntegerField(default=0)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('kind__in', ['public_rooms', 'mastodon', 'atproto', 'web', 'file', 'stream', 'backlog'])), name='records_screenedcount_kind_is_a_term'), models.UniqueConstraint(fields=('week', 'kind', 'rule', 'category'), name='records_screened_counted_once'), models.CheckConstraint(condition=models.Q(models.Q(('category', ''), ('rule', '')), models.Q(models.Q(('rule', ''), _negated=True), models.Q(('category', ''), _negated=True)), _connector='OR'), name='records_screened_rule_has_category')],
            },
        ),
        migrations.CreateModel(
            name='SearchText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('words', jaga.cases.models.cases.Words()),
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='search_text', to='records.case')),
            ],
        ),
        migrations.CreateModel(
            name='SentForm',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name_hash', models.BinaryField(max_length=32, unique=True)),
                ('content_hash', models.BinaryField(max_length=32)),
                ('sender_hash', models.BinaryField(max_length=32)),
                ('sealed', models.BinaryField()),
                ('lasting', models.BooleanField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['at'], name='records_sent_form_at'), models.Index(fields=['sender_hash', '-id'], name='records_sent_form_last')],
            },
        ),
        migrations.CreateModel(
            name='SetAsideReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('held', models.BooleanField()),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.report')),
                ('set_aside', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='records.reportersetaside')),
            ],
        ),
        migrations.CreateModel(
            name='SetAsideValue',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('message', 'message'), ('report', 'report'), ('room', 'room'), ('cursor', 'cursor')], max_length=20)),
                ('why', models.CharField(max_length=200)),
                ('digest', models.BinaryField(max_length=32)),
                ('size', models.PositiveIntegerField()),
                ('sealed', models.BinaryField()),
                ('times', models.PositiveIntegerField(default=1)),
                ('first_seen_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('settled_at', models.DateTimeField(null=True)),
                ('platform', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='set_aside', to='records.platform')),
                ('settled_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Signal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('source', models.CharField(max_length=40)),
                ('version', models.CharField(max_length=80)),
                ('category', models.CharField(max_length=60)),
                ('weight', models.FloatField()),
                ('msgid', models.TextField()),
                ('params', models.JSONField(default=dict)),
                ('text_kind', models.CharField(choices=[('words', 'words'), ('excerpt', 'excerpt'), ('published', 'published')], db_default=jaga.core.terms.reports.TextKind['PUBLISHED'], default=jaga.core.terms.reports.TextKind['PUBLISHED'], max_length=20)),
                ('start', models.IntegerField()),
                ('end', models.IntegerField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='signals', to='records.case')),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='signals', to='records.report')),
            ],
        ),
        migrations.CreateModel(
            name='SignedOnce',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('message_id', models.CharField(max_length=200)),
                ('taken_at', models.DateTimeField()),
                ('officer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='SigningKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_key', models.CharField(max_length=60, unique=True)),
                ('note', models.CharField(blank=True, max_length=120)),
                ('created_at', models.DateTimeField()),
                ('revoked_at', models.DateTimeField(null=True)),
                ('officer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='signing_keys', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='order',
            name='signing_key',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.signingkey'),
        ),
        migrations.CreateModel(
            name='Skip',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('until', models.DateTimeField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='records.case')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='SourceKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.BinaryField(max_length=16)),
                ('expires_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='source_keys', to='records.case')),
            ],
        ),
        migrations.CreateModel(
            name='Statement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('body_id', jaga.store.sealed_text.SealedTextField()),
                ('body_en', jaga.store.sealed_text.SealedTextField()),
                ('appeal_hash', models.BinaryField(max_length=32, unique=True)),
                ('created_at', models.DateTimeField()),
                ('dated_at', models.DateTimeField(null=True)),
                ('delivered_at', models.DateTimeField(null=True)),
                ('opened_at', models.DateTimeField(null=True)),
                ('appeal_days', models.PositiveSmallIntegerField()),
                ('appeal_until', models.DateTimeField()),
                ('decision', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='statement', to='records.decision')),
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
        ),
        migrations.CreateModel(
            name='Subject',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('account', 'account'), ('message', 'message'), ('room', 'room')], default=jaga.core.terms.reports.SubjectKind['ACCOUNT'], max_length=20)),
                ('account_id', models.CharField(max_length=300)),
                ('handle', models.CharField(blank=True, max_length=300)),
                ('first_seen_at', models.DateTimeField()),
                ('sought_at', models.DateTimeField(null=True)),
                ('absent', models.BooleanField(db_default=False, default=False)),
                ('since', models.DateTimeField(null=True)),
                ('platform', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='subjects', to='records.platform')),
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
                ('decision', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='strike', to='records.decision')),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='strikes', to='records.subject')),
            ],
        ),
        migrations.AddField(
            model_name='report',
            name='subject',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='records.subject'),
        ),
        migrations.CreateModel(
            name='PersonCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('has_letter', 'has_letter'), ('known_contact', 'known_contact'), ('identity_paper', 'identity_paper'), ('helper_vouches', 'helper_vouches')], max_length=20)),
                ('note', jaga.store.sealed_text.BoxedTextField()),
                ('checked_at', models.DateTimeField()),
                ('checked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='checks', to='records.personrequest')),
                ('subject', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='person_checks', to='records.subject')),
            ],
        ),
        migrations.AddField(
            model_name='notice',
            name='subject',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='records.subject'),
        ),
        migrations.CreateModel(
            name='LinkedAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', jaga.store.sealed_text.SealedTextField()),
                ('added_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('handle_looked_up_at', models.DateTimeField(null=True)),
                ('added_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='linked', to='records.case')),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='linked_to', to='records.subject')),
            ],
        ),
        migrations.AddField(
            model_name='evidence',
            name='linked_subject',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.subject'),
        ),
        migrations.AddField(
            model_name='decision',
            name='subject',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='decisions', to='records.subject'),
        ),
        migrations.CreateModel(
            name='CorrectionNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', jaga.store.sealed_text.BoxedTextField()),
                ('at', models.DateTimeField()),
                ('request', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='correction', to='records.personrequest')),
                ('report', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='records.report')),
                ('subject', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='records.subject')),
            ],
        ),
        migrations.AddField(
            model_name='case',
            name='subject',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cases', to='records.subject'),
        ),
        migrations.AddField(
            model_name='banevasionmatch',
            name='earlier_subject',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='later_matches', to='records.subject'),
        ),
        migrations.AddField(
            model_name='banevasionmatch',
            name='subject',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='ban_evasion_matches', to='records.subject'),
        ),
        migrations.AddField(
            model_name='accountindicator',
            name='subject',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='indicators', to='records.subject'),
        ),
        migrations.CreateModel(
            name='Tally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=40)),
                ('key', models.CharField(blank=True, max_length=120)),
                ('number', models.BigIntegerField()),
                ('counted_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('name', 'key'), name='records_tally_once')],
            },
        ),
        migrations.CreateModel(
            name='TrainingAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('dismiss', 'dismiss'), ('preserve', 'preserve'), ('restrict', 'restrict'), ('redact', 'redact'), ('close', 'close'), ('refer', 'refer'), ('restore', 'restore')], max_length=20)),
                ('reasons', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('at', models.DateTimeField()),
                ('agrees', models.BooleanField()),
                ('golden', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='training_answers', to='records.goldencase')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='training_answers', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='TurnKey',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.BinaryField(max_length=16)),
                ('own', models.BooleanField(default=False)),
                ('at', models.DateTimeField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='turn_keys', to='records.case')),
            ],
        ),
        migrations.CreateModel(
            name='Verification',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('result', models.CharField(choices=[('confirmed', 'confirmed'), ('contradicted', 'contradicted'), ('unreachable', 'unreachable')], max_length=20)),
                ('observed', models.CharField(max_length=20)),
                ('readings', models.JSONField(default=list)),
                ('at', models.DateTimeField()),
                ('action', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='verifications', to='records.action')),
                ('checked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='VictimTurn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('none', 'none'), ('proposed', 'proposed'), ('confirmed', 'confirmed'), ('lifted', 'lifted')], max_length=20)),
                ('cause', models.CharField(choices=[('words', 'words'), ('picture', 'picture'), ('youth', 'youth'), ('moved', 'moved'), ('account', 'account'), ('votes', 'votes')], max_length=20)),
                ('at', models.DateTimeField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='victim_turns', to='records.case')),
                ('report', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.report')),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='victim_turns', to='records.subject')),
            ],
        ),
        migrations.CreateModel(
            name='Vote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('dismiss', 'dismiss'), ('preserve', 'preserve'), ('restrict', 'restrict'), ('redact', 'redact'), ('close', 'close'), ('refer', 'refer'), ('restore', 'restore')], max_length=20)),
                ('legal_basis', models.CharField(blank=True, max_length=60)),
                ('ground', models.CharField(choices=[('illegal_content', 'illegal_content'), ('incompatible_content', 'incompatible_content')], default=jaga.core.terms.cases.Ground['ILLEGAL_CONTENT'], max_length=40)),
                ('facts', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('rooms', models.JSONField(default=list)),
                ('accounts', models.JSONField(default=list)),
                ('restrict_days', models.PositiveSmallIntegerField(null=True)),
                ('elements', models.JSONField(default=list)),
                ('victim', models.CharField(blank=True, choices=[('confirm', 'confirm'), ('lift', 'lift')], db_default='', default='', max_length=20)),
                ('policy_hash', models.CharField(max_length=64)),
                ('cast_at', models.DateTimeField()),
                ('round', models.PositiveSmallIntegerField(db_default=1, default=1)),
                ('why', jaga.store.sealed_text.SealedTextField(blank=True, db_default='', default='')),
                ('as_prepared', models.BooleanField(db_default=False, default=False)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='records.case')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='votes', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddField(
            model_name='pendingdecision',
            name='other',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.vote'),
        ),
        migrations.AddField(
            model_name='pendingdecision',
            name='vote',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.vote'),
        ),
        migrations.CreateModel(
            name='VoteWithdrawal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('why', models.CharField(blank=True, choices=[('inactive', 'inactive'), ('role', 'role'), ('clearance', 'clearance'), ('conflict', 'conflict'), ('release', 'release'), ('other_vote', 'other_vote'), ('taken_back', 'taken_back')], db_default='', default='', max_length=20)),
                ('at', models.DateTimeField()),
                ('pending', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='withdrawals', to='records.pendingdecision')),
                ('vote', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='withdrawal', to='records.vote')),
            ],
        ),
        migrations.CreateModel(
            name='WatchProgress',
            fields=[
                ('watch', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='progress', serialize=False, to='records.watch')),
                ('cursor', models.TextField(blank=True)),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('reading', 'reading'), ('unreachable', 'unreachable'), ('refused', 'refused'), ('faulty', 'faulty'), ('went_back', 'went_back'), ('repeating', 'repeating'), ('stalled', 'stalled'), ('budget_used', 'budget_used')], default=jaga.core.terms.reports.SourceState['WAITING'], max_length=20)),
                ('source_version', models.CharField(blank=True, max_length=100)),
                ('begun_at', models.DateTimeField(null=True)),
                ('read_at', models.DateTimeField(null=True)),
                ('new_at', models.DateTimeField(null=True)),
                ('failed_at', models.DateTimeField(null=True)),
                ('why', models.CharField(blank=True, max_length=200)),
                ('failures', models.PositiveIntegerField(default=0)),
                ('repeats', models.PositiveIntegerField(default=0)),
                ('retry_at', models.DateTimeField(null=True)),
                ('lag', models.DurationField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name='watch',
            name='ended_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='watch',
            name='platform',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='watches', to='records.platform'),
        ),
        migrations.AddField(
            model_name='watch',
            name='proposed_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='watch',
            name='started_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.CreateModel(
            name='FlaggedText',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('seen_at', models.DateTimeField()),
                ('rule', models.CharField(max_length=160)),
                ('category', models.CharField(max_length=60)),
                ('account', models.BigIntegerField()),
                ('contacts', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('words', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), size=None)),
                ('same_words', models.BigIntegerField(null=True)),
                ('case', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='records.case')),
                ('report', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='records.report')),
                ('watch', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='records.watch')),
            ],
        ),
        migrations.AddField(
            model_name='backlog',
            name='watch',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='backlogs', to='records.watch'),
        ),
        migrations.CreateModel(
            name='WatchDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('observed', models.PositiveIntegerField(default=0)),
                ('edits', models.PositiveIntegerField(default=0)),
                ('flagged', models.PositiveIntegerField(default=0)),
                ('filed', models.PositiveIntegerField(default=0)),
                ('repeated', models.PositiveIntegerField(default=0)),
                ('opted_out', models.PositiveIntegerField(default=0)),
                ('deleted', models.PositiveIntegerField(default=0)),
                ('over_budget', models.PositiveIntegerField(default=0)),
                ('set_aside', models.PositiveIntegerField(default=0)),
                ('watch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='days', to='records.watch')),
            ],
        ),
        migrations.CreateModel(
            name='WatchFinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('native', models.BinaryField(max_length=32)),
                ('content', models.BinaryField(max_length=32)),
                ('account', models.BinaryField(max_length=32)),
                ('category', models.CharField(max_length=60)),
                ('kind', models.CharField(choices=[('new', 'new'), ('edit', 'edit')], max_length=10)),
                ('sealed', models.BinaryField(null=True)),
                ('seen_at', models.DateTimeField()),
                ('same_words', models.BigIntegerField(null=True)),
                ('report', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='finding', to='records.report')),
                ('watch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='records.watch')),
            ],
        ),
        migrations.CreateModel(
            name='WatchCapture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('rendered', 'rendered'), ('page_only', 'page_only'), ('text_only', 'text_only')], default=jaga.core.terms.reports.CaptureState['WAITING'], max_length=20)),
                ('sealed', models.BinaryField(null=True)),
                ('found_at', models.DateTimeField()),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('ended_at', models.DateTimeField(null=True)),
                ('why', models.CharField(blank=True, max_length=200)),
                ('finding', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='capture', to='records.watchfinding')),
            ],
        ),
        migrations.CreateModel(
            name='WatchMedia',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('address', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('state', models.CharField(choices=[('named', 'named'), ('asked', 'asked'), ('kept', 'kept'), ('unavailable', 'unavailable')], default=jaga.core.terms.reports.MediaState['NAMED'], max_length=20)),
                ('asked_at', models.DateTimeField(null=True)),
                ('reason', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('ended_at', models.DateTimeField(null=True)),
                ('why', models.CharField(blank=True, max_length=200)),
                ('asked_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='media', to='records.report')),
            ],
        ),
        migrations.CreateModel(
            name='WatchOptOut',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('account', models.BinaryField(max_length=32, unique=True)),
                ('noted_at', models.DateTimeField()),
                ('taken_back_at', models.DateTimeField(null=True)),
                ('taken_back_why', models.TextField(blank=True)),
                ('taken_back_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='WatchPush',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveBigIntegerField()),
                ('hook_id', models.CharField(max_length=200)),
                ('digest', models.CharField(max_length=64)),
                ('format', models.CharField(choices=[('lines', 'lines'), ('arrow', 'arrow')], max_length=10)),
                ('rows', models.PositiveIntegerField()),
                ('received_at', models.DateTimeField()),
                ('sealed', models.BinaryField(null=True)),
                ('watch', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pushes', to='records.watch')),
            ],
        ),
        migrations.CreateModel(
            name='WatchSample',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('native', models.BinaryField(max_length=32)),
                ('kind', models.CharField(choices=[('public_rooms', 'public_rooms'), ('mastodon', 'mastodon'), ('atproto', 'atproto'), ('web', 'web'), ('file', 'file'), ('stream', 'stream'), ('backlog', 'backlog')], max_length=20)),
                ('sealed', models.BinaryField()),
                ('at', models.DateTimeField()),
                ('week', models.DateField(null=True)),
                ('rule', models.CharField(blank=True, max_length=160)),
                ('category', models.CharField(blank=True, max_length=60)),
                ('ticket', models.FloatField(null=True)),
                ('drawn', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='words', to='records.sampledtext')),
            ],
        ),
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('url', models.CharField(max_length=500)),
                ('events', models.JSONField(default=list)),
                ('sealed_key', models.BinaryField()),
                ('public_key', models.CharField(max_length=80)),
                ('created_at', models.DateTimeField()),
                ('disabled_at', models.DateTimeField(null=True)),
                ('disabled_why', models.CharField(blank=True, max_length=20)),
                ('holder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='webhook_endpoints', to=settings.AUTH_USER_MODEL)),
                ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='webhook_endpoints', to='records.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('hook_id', models.CharField(max_length=60, unique=True)),
                ('event', models.CharField(choices=[('report.filed', 'report.filed'), ('report.decided', 'report.decided'), ('report.verified', 'report.verified'), ('request.filed', 'request.filed'), ('request.decided', 'request.decided'), ('request.verified', 'request.verified'), ('clarification.asked', 'clarification.asked'), ('endpoint.test', 'endpoint.test')], max_length=30)),
                ('body', models.TextField()),
                ('state', models.CharField(choices=[('waiting', 'waiting'), ('delivered', 'delivered'), ('dead', 'dead')], default=jaga.core.terms.outside.DeliveryState['WAITING'], max_length=20)),
                ('created_at', models.DateTimeField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(null=True)),
                ('failure', models.CharField(blank=True, max_length=60)),
                ('report', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='webhook_deliveries', to='records.report')),
                ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='records.webhookendpoint')),
            ],
        ),
        migrations.CreateModel(
            name='WorkingCopy',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state', models.CharField(choices=[('made', 'made'), ('not_drawn', 'not_drawn')], max_length=20)),
                ('sha256', models.CharField(blank=True, max_length=64)),
                ('width', models.PositiveIntegerField(default=0)),
                ('height', models.PositiveIntegerField(default=0)),
                ('made_at', models.DateTimeField()),
                ('evidence', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='working_copy', to='records.evidence')),
            ],
        ),
        migrations.CreateModel(
            name='YouthCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('answer', models.CharField(choices=[('no_sign', 'no_sign'), ('may_be_minor', 'may_be_minor')], max_length=20)),
                ('at', models.DateTimeField()),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='youth_checks', to='records.case')),
                ('evidence', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='youth_checks', to='records.evidence')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='youth_checks', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='AppealNews',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('second', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField()),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField()),
                ('delivered_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('why', models.CharField(blank=True, max_length=60)),
                ('appeal', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='news', to='records.appeal')),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('delivered_at__isnull', True), ('ended_at__isnull', True)), fields=['next_attempt_at'], name='records_news_wait')],
                'constraints': [models.UniqueConstraint(fields=('appeal', 'second'), name='records_appeal_news_once'), models.CheckConstraint(condition=models.Q(('delivered_at__isnull', True), ('ended_at__isnull', True), _connector='OR'), name='records_news_end_once')],
            },
        ),
        migrations.CreateModel(
            name='AppealReply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', jaga.store.sealed_text.SealedTextField()),
                ('filed_at', models.DateTimeField()),
                ('due_at', models.DateTimeField(null=True)),
                ('state', models.CharField(choices=[('open', 'open'), ('upheld', 'upheld'), ('overturned', 'overturned')], default=jaga.core.terms.cases.AppealState['OPEN'], max_length=20)),
                ('decided_at', models.DateTimeField(null=True)),
                ('reasons', jaga.store.sealed_text.SealedTextField(blank=True)),
                ('appeal', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='reply', to='records.appeal')),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('text', ''), ('text__startswith', 'k1:'), _connector='OR'), name='records_appealreply_text_sealed'), models.CheckConstraint(condition=models.Q(('reasons', ''), ('reasons__startswith', 'k1:'), _connector='OR'), name='records_appealreply_reasons_sealed'), models.CheckConstraint(condition=models.Q(('state__in', ['open', 'upheld', 'overturned'])), name='records_appealreply_state_is_a_term'), models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('reasons', ''), ('state', jaga.core.terms.cases.AppealState['OPEN'])), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), ('due_at__isnull', False), models.Q(('state', jaga.core.terms.cases.AppealState['OPEN']), _negated=True), models.Q(('reasons', ''), _negated=True)), _connector='OR'), name='records_answered_reply_names_who_and_why')],
            },
        ),
        migrations.AddConstraint(
            model_name='appealrest',
            constraint=models.CheckConstraint(condition=models.Q(('reasons', ''), ('reasons__startswith', 'k1:'), _connector='OR'), name='records_appealrest_reasons_sealed'),
        ),
        migrations.AddConstraint(
            model_name='appealrest',
            constraint=models.CheckConstraint(condition=models.Q(('reasons', ''), _negated=True), name='records_a_rest_has_reasons'),
        ),
        migrations.AddConstraint(
            model_name='appealrest',
            constraint=models.CheckConstraint(condition=models.Q(('rests', True), ('ended_at__isnull', True), _connector='OR'), name='records_only_a_rest_ends'),
        ),
        migrations.AddIndex(
            model_name='backlogblock',
            index=models.Index(condition=models.Q(('done_at__isnull', True), ('poisoned_at__isnull', True)), fields=['backlog', 'number'], name='records_backlog_block_open'),
        ),
        migrations.AddConstraint(
            model_name='backlogblock',
            constraint=models.UniqueConstraint(fields=('backlog', 'number'), name='records_backlog_block_once'),
        ),
        migrations.AddConstraint(
            model_name='backlogblock',
            constraint=models.CheckConstraint(condition=models.Q(('done_at__isnull', True), ('poisoned_at__isnull', True), _connector='OR'), name='records_backlog_block_done_or_poison'),
        ),
        migrations.AddConstraint(
            model_name='backlogblock',
            constraint=models.CheckConstraint(condition=models.Q(('done_at__isnull', True), models.Q(('output_hash__regex', '^[0-9a-f]{64}$'), ('root__regex', '^[0-9a-f]{64}$')), _connector='OR'), name='records_backlog_block_done_with_hashes'),
        ),
        migrations.AddConstraint(
            model_name='backlogblock',
            constraint=models.CheckConstraint(condition=models.Q(('flagged', django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(django.db.models.expressions.CombinedExpression(models.F('unusable'), '+', models.F('repeated')), '+', models.F('filed')), '+', models.F('waiting'))), ('rows_read__gte', models.F('flagged'))), name='records_backlog_block_adds_up'),
        ),
        migrations.AddConstraint(
            model_name='banevasionverdict',
            constraint=models.UniqueConstraint(fields=('match', 'person'), name='records_ban_evasion_judged_once_each'),
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
        migrations.AddIndex(
            model_name='retentiondue',
            index=models.Index(condition=models.Q(('look_on__isnull', False)), fields=['look_on', 'case'], name='records_retention_look'),
        ),
        migrations.AddIndex(
            model_name='retentiondue',
            index=models.Index(condition=models.Q(('due_on__isnull', False)), fields=['due_on', 'case'], name='records_retention_planned'),
        ),
        migrations.AddConstraint(
            model_name='breachscope',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['person', 'page', 'case', 'key'])), name='records_breachscope_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='breachscope',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('case__isnull', True), ('key', ''), ('kind', jaga.core.terms.privacy.BreachScopeKind['PERSON']), ('page', ''), ('person__isnull', False)), models.Q(('case__isnull', False), ('key', ''), ('kind', jaga.core.terms.privacy.BreachScopeKind['CASE']), ('page', ''), ('person__isnull', True)), models.Q(('case__isnull', True), ('key', ''), ('kind', jaga.core.terms.privacy.BreachScopeKind['PAGE']), ('page__in', ['case', 'history', 'identity', 'picture', 'letter', 'appeal', 'search', 'graph', 'export', 'notice', 'order', 'report', 'batch', 'request', 'privacy', 'earlier', 'watch', 'sample', 'query', 'campaign']), ('person__isnull', True)), models.Q(('case__isnull', True), ('kind', jaga.core.terms.privacy.BreachScopeKind['KEY']), ('page', ''), ('person__isnull', True), models.Q(('key', ''), _negated=True)), _connector='OR'), name='records_breach_scope_names_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='breachscope',
            constraint=models.UniqueConstraint(fields=('breach', 'kind', 'person', 'case', 'page', 'key'), name='records_breach_scope_once', nulls_distinct=False),
        ),
        migrations.AddIndex(
            model_name='alarm',
            index=models.Index(condition=models.Q(('acknowledged_at__isnull', True)), fields=['at'], name='records_alarm_waiting'),
        ),
        migrations.AddIndex(
            model_name='alarm',
            index=models.Index(condition=models.Q(('mailed_at__isnull', True)), fields=['id'], name='records_alarm_unmailed'),
        ),
        migrations.AddConstraint(
            model_name='alarm',
            constraint=models.UniqueConstraint(condition=models.Q(('acknowledged_at__isnull', True)), fields=('case', 'person'), name='records_alarm_waits_once'),
        ),
        migrations.AddConstraint(
            model_name='alarm',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('acknowledged_at__isnull', True), ('acknowledged_by__isnull', True), ('note', '')), models.Q(('acknowledged_at__isnull', False), models.Q(('acknowledged_by', models.F('person')), _negated=True), models.Q(('note', ''), _negated=True)), _connector='OR'), name='records_alarm_acknowledged_by_another'),
        ),
        migrations.AddIndex(
            model_name='accessevent',
            index=models.Index(fields=['person', '-at'], name='records_access_event_person'),
        ),
        migrations.AddIndex(
            model_name='accessevent',
            index=models.Index(condition=models.Q(('case__isnull', False)), fields=['case', '-at'], name='records_access_event_case'),
        ),
        migrations.AddConstraint(
            model_name='accessevent',
            constraint=models.CheckConstraint(condition=models.Q(('what__in', ['case', 'history', 'identity', 'picture', 'letter', 'appeal', 'search', 'graph', 'export', 'notice', 'order', 'report', 'batch', 'request', 'privacy', 'earlier', 'watch', 'sample', 'query', 'campaign'])), name='records_accessevent_what_is_a_term'),
        ),
        migrations.AddIndex(
            model_name='alarmmessage',
            index=models.Index(condition=models.Q(('dropped_at__isnull', True), ('sent_at__isnull', True)), fields=['way', 'next_attempt_at'], name='records_alarm_message_waits'),
        ),
        migrations.AddConstraint(
            model_name='alarmmessage',
            constraint=models.CheckConstraint(condition=models.Q(('way__in', ['mail', 'webhook'])), name='records_alarmmessage_way_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='alarmmessage',
            constraint=models.CheckConstraint(condition=models.Q(('language__in', ['id', 'en'])), name='records_alarmmessage_language_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='alarmmessage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('address', ''), ('person__isnull', True), ('way', jaga.core.terms.cases.AlarmWay['WEBHOOK'])), models.Q(('way', jaga.core.terms.cases.AlarmWay['MAIL']), models.Q(('address', ''), _negated=True)), _connector='OR'), name='records_alarm_mail_has_an_address'),
        ),
        migrations.AddConstraint(
            model_name='alarmmessage',
            constraint=models.CheckConstraint(condition=models.Q(('sent_at__isnull', True), ('dropped_at__isnull', True), _connector='OR'), name='records_alarm_message_ends_once'),
        ),
        migrations.AddIndex(
            model_name='caselabel',
            index=models.Index(condition=models.Q(('withdrawn_at__isnull', True)), fields=['label', 'case'], name='records_label_find'),
        ),
        migrations.AddConstraint(
            model_name='caselabel',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('case', 'label'), name='records_label_once'),
        ),
        migrations.AddConstraint(
            model_name='caselabel',
            constraint=models.CheckConstraint(condition=models.Q(('label__regex', '^[a-z0-9][a-z0-9-]{0,39}$')), name='records_label_is_a_word'),
        ),
        migrations.AddConstraint(
            model_name='casenote',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), ('text__startswith', 'k1:'), _connector='OR'), name='records_casenote_text_sealed'),
        ),
        migrations.AddConstraint(
            model_name='casenote',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['note', 'assign', 'hold', 'escalate', 'hand_back', 'reroute'])), name='records_casenote_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='casenote',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='records_note_says_something'),
        ),
        migrations.AddIndex(
            model_name='clusterkey',
            index=models.Index(fields=['key', 'cluster'], name='records_cluster_by_key'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), ('text__startswith', 'k1:'), _connector='OR'), name='records_appeal_text_sealed'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(('reasons', ''), ('reasons__startswith', 'k1:'), _connector='OR'), name='records_appeal_reasons_sealed'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(('check_note', ''), ('check_note__startswith', 'k1:'), _connector='OR'), name='records_appeal_check_note_sealed'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(('question', ''), ('question__startswith', 'k1:'), _connector='OR'), name='records_appeal_question_sealed'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'upheld', 'overturned'])), name='records_appeal_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(('state', jaga.core.terms.cases.AppealState['OPEN']), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), models.Q(('reasons', ''), _negated=True)), _connector='OR'), name='records_decided_appeal_names_who_and_why'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(('way__in', ['code', 'letter', 'in_person', 'helper'])), name='records_appeal_way_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(('identity_check__in', ['', 'has_letter', 'known_contact', 'identity_paper', 'helper_vouches'])), name='records_appeal_identity_check_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('check_note', ''), ('helper', ''), ('identity_check', ''), ('received_on__isnull', True), ('recorded_by__isnull', True), ('way', jaga.core.terms.cases.AppealWay['CODE'])), models.Q(('received_on__isnull', False), ('recorded_by__isnull', False), models.Q(('way', jaga.core.terms.cases.AppealWay['CODE']), _negated=True), models.Q(('identity_check', ''), _negated=True), models.Q(('check_note', ''), _negated=True)), _connector='OR'), name='records_appeal_on_paper_was_checked'),
        ),
        migrations.AddConstraint(
            model_name='appeal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('asked_at__isnull', True), ('asked_by__isnull', True), ('question', '')), models.Q(('asked_at__isnull', False), ('asked_by__isnull', False), models.Q(('question', ''), _negated=True)), _connector='OR'), name='records_appeal_question_names_who'),
        ),
        migrations.AddIndex(
            model_name='action',
            index=models.Index(condition=models.Q(('state__in', ['pending', 'waiting', 'stuck'])), fields=['created_at'], name='records_action_open'),
        ),
        migrations.AddConstraint(
            model_name='action',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['preserve', 'restrict', 'redact', 'close', 'restore'])), name='records_action_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='action',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'waiting', 'done', 'stuck', 'ended'])), name='records_action_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='action',
            constraint=models.UniqueConstraint(condition=models.Q(('rest__isnull', True)), fields=('decision', 'kind'), name='records_action_once_per_decision'),
        ),
        migrations.AddConstraint(
            model_name='action',
            constraint=models.UniqueConstraint(condition=models.Q(('rest__isnull', False)), fields=('rest', 'kind'), name='records_action_once_per_rest'),
        ),
        migrations.AddConstraint(
            model_name='action',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['pending', 'waiting', 'stuck']), ('finished_at__isnull', False), _connector='OR'), name='records_action_done_has_its_time'),
        ),
        migrations.AddConstraint(
            model_name='disclosurerecall',
            constraint=models.UniqueConstraint(fields=('disclosure', 'decision'), name='records_recalled_once'),
        ),
        migrations.AddIndex(
            model_name='draft',
            index=models.Index(fields=['saved_at'], name='records_draft_saved'),
        ),
        migrations.AddConstraint(
            model_name='draft',
            constraint=models.UniqueConstraint(fields=('case', 'person'), name='records_one_draft_each'),
        ),
        migrations.AddIndex(
            model_name='exposure',
            index=models.Index(fields=['person', '-at'], name='records_exposure_person'),
        ),
        migrations.AddConstraint(
            model_name='exposure',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('person',), name='records_one_open_exposure'),
        ),
        migrations.AddConstraint(
            model_name='factortries',
            constraint=models.UniqueConstraint(fields=('person', 'device'), name='records_tries_of_a_device_once'),
        ),
        migrations.AddConstraint(
            model_name='goldencase',
            constraint=models.CheckConstraint(condition=models.Q(('reasons', ''), ('reasons__startswith', 'k1:'), _connector='OR'), name='records_goldencase_reasons_sealed'),
        ),
        migrations.AddConstraint(
            model_name='goldencase',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['dismiss', 'preserve', 'restrict', 'redact', 'close', 'refer', 'restore'])), name='records_goldencase_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='goldencase',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('case',), name='records_golden_once'),
        ),
        migrations.AddConstraint(
            model_name='goldencase',
            constraint=models.CheckConstraint(condition=models.Q(('reasons', ''), _negated=True), name='records_golden_says_why'),
        ),
        migrations.AddConstraint(
            model_name='goldencase',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_by__isnull', True)), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False)), _connector='OR'), name='records_golden_withdrawn_by_somebody'),
        ),
        migrations.AddIndex(
            model_name='blindreview',
            index=models.Index(condition=models.Q(('judged_at__isnull', True)), fields=['taken_at', 'drawn_at'], name='records_blind_review_open'),
        ),
        migrations.AddIndex(
            model_name='blindreview',
            index=models.Index(condition=models.Q(('judged_at__isnull', False)), fields=['judged_at'], name='records_blind_review_done'),
        ),
        migrations.AddConstraint(
            model_name='blindreview',
            constraint=models.CheckConstraint(condition=models.Q(('reasons', ''), ('reasons__startswith', 'k1:'), _connector='OR'), name='records_blindreview_reasons_sealed'),
        ),
        migrations.AddConstraint(
            model_name='blindreview',
            constraint=models.CheckConstraint(condition=models.Q(('note', ''), ('note__startswith', 'k1:'), _connector='OR'), name='records_blindreview_note_sealed'),
        ),
        migrations.AddConstraint(
            model_name='blindreview',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['dismiss', 'preserve', 'restrict', 'redact', 'close', 'refer', 'restore'])), name='records_blindreview_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='blindreview',
            constraint=models.UniqueConstraint(condition=models.Q(('golden__isnull', True)), fields=('case',), name='records_drawn_once'),
        ),
        migrations.AddConstraint(
            model_name='blindreview',
            constraint=models.UniqueConstraint(fields=('case', 'person'), name='records_blind_review_once_by_each'),
        ),
        migrations.AddConstraint(
            model_name='blindreview',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('agrees__isnull', True), ('judged_at__isnull', True), ('kind__isnull', True)), models.Q(('agrees__isnull', False), ('judged_at__isnull', False), ('kind__isnull', False), ('person__isnull', False), ('taken_at__isnull', False)), _connector='OR'), name='records_blind_review_whole'),
        ),
        migrations.AddConstraint(
            model_name='blindreview',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('seen_at__isnull', True), ('seen_by__isnull', True)), models.Q(('agrees', False), ('seen_at__isnull', False), ('seen_by__isnull', False), models.Q(('seen_by', models.F('person')), _negated=True), models.Q(('note', ''), _negated=True)), _connector='OR'), name='records_difference_seen_by_another'),
        ),
        migrations.AddIndex(
            model_name='hearing',
            index=models.Index(condition=models.Q(('delivered_at__isnull', True), ('stuck_at__isnull', True)), fields=['asked_at'], name='records_hearing_to_deliver'),
        ),
        migrations.AddConstraint(
            model_name='hearing',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer_until__isnull', True), ('delivered_at__isnull', True)), models.Q(('answer_until__gte', django.db.models.expressions.CombinedExpression(models.F('delivered_at'), '+', models.Value(datetime.timedelta(days=14)))), ('delivered_at__gte', models.F('asked_at')), ('next_attempt_at__isnull', True), ('stuck_at__isnull', True)), _connector='OR'), name='records_hearing_lasts_long_enough'),
        ),
        migrations.AddConstraint(
            model_name='hearinganswer',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), ('text__startswith', 'k1:'), _connector='OR'), name='records_hearinganswer_text_sealed'),
        ),
        migrations.AddConstraint(
            model_name='hearinganswer',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='records_hearing_answer_says_something'),
        ),
        migrations.AddIndex(
            model_name='holdercheck',
            index=models.Index(condition=models.Q(('refused_at__isnull', True), ('released_at__isnull', True)), fields=['checked_at'], name='records_reasons_to_release'),
        ),
        migrations.AddConstraint(
            model_name='holdercheck',
            constraint=models.CheckConstraint(condition=models.Q(('how', ''), ('how__startswith', 'k1:'), _connector='OR'), name='records_holdercheck_how_sealed'),
        ),
        migrations.AddConstraint(
            model_name='holdercheck',
            constraint=models.CheckConstraint(condition=models.Q(('explanation', ''), ('explanation__startswith', 'k1:'), _connector='OR'), name='records_holdercheck_explanation_sealed'),
        ),
        migrations.AddConstraint(
            model_name='holdercheck',
            constraint=models.CheckConstraint(condition=models.Q(('why', ''), ('why__startswith', 'k1:'), _connector='OR'), name='records_holdercheck_why_sealed'),
        ),
        migrations.AddConstraint(
            model_name='holdercheck',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['in_person', 'post', 'body'])), name='records_holdercheck_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='holdercheck',
            constraint=models.CheckConstraint(condition=models.Q(('how', ''), _negated=True), name='records_holder_check_says_how'),
        ),
        migrations.AddConstraint(
            model_name='holdercheck',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', jaga.core.terms.cases.HolderCheckKind['BODY']), models.Q(('service', ''), _negated=True)), models.Q(models.Q(('kind', jaga.core.terms.cases.HolderCheckKind['BODY']), _negated=True), ('service', '')), _connector='OR'), name='records_holder_check_names_its_body'),
        ),
        migrations.AddConstraint(
            model_name='holdercheck',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('released_at__isnull', True), ('released_by__isnull', True)), models.Q(('released_at__isnull', False), ('released_by__isnull', False), models.Q(('released_by', models.F('checked_by')), _negated=True)), _connector='OR'), name='records_reasons_released_by_a_second'),
        ),
        migrations.AddConstraint(
            model_name='holdercheck',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('refused_at__isnull', True), ('refused_by__isnull', True), ('why', '')), models.Q(('refused_at__isnull', False), ('refused_by__isnull', False), ('released_at__isnull', True), models.Q(('why', ''), _negated=True)), _connector='OR'), name='records_reasons_refused_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='holdercheck',
            constraint=models.CheckConstraint(condition=models.Q(('handed_at__isnull', True), models.Q(('handed_at__gte', models.F('released_at')), ('released_at__isnull', False)), _connector='OR'), name='records_reasons_handed_over_after_their_release'),
        ),
        migrations.AddConstraint(
            model_name='holdercheck',
            constraint=models.CheckConstraint(condition=models.Q(('on_page', False), ('gives_access', False), _connector='OR'), name='records_no_access_on_the_page'),
        ),
        migrations.AddConstraint(
            model_name='learntmodel',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'approved', 'rejected', 'retired'])), name='records_learntmodel_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='learntmodel',
            constraint=models.UniqueConstraint(fields=('category', 'sha256'), name='records_model_learnt_once'),
        ),
        migrations.AddConstraint(
            model_name='learntmodel',
            constraint=models.UniqueConstraint(condition=models.Q(('state', jaga.core.terms.reports.ModelState['APPROVED'])), fields=('category',), name='records_one_model_in_use'),
        ),
        migrations.AddConstraint(
            model_name='learntmodel',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at__isnull', True), ('decided_by__isnull', True), ('state', jaga.core.terms.reports.ModelState['PROPOSED'])), models.Q(models.Q(('state', jaga.core.terms.reports.ModelState['PROPOSED']), _negated=True), ('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='records_model_decided_by_a_person'),
        ),
        migrations.AddConstraint(
            model_name='learntmodel',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', jaga.core.terms.reports.ModelState['APPROVED']), _negated=True), ('proposed_by__isnull', True), models.Q(('decided_by', models.F('proposed_by')), _negated=True), _connector='OR'), name='records_model_approved_by_another'),
        ),
        migrations.AddConstraint(
            model_name='learntmodel',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', jaga.core.terms.reports.ModelState['REJECTED']), _negated=True), models.Q(('reason', ''), _negated=True), _connector='OR'), name='records_model_refused_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='learntmodel',
            constraint=models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='records_model_has_a_hash'),
        ),
        migrations.AddConstraint(
            model_name='lease',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), ('reason__startswith', 'k1:'), _connector='OR'), name='records_lease_reason_sealed'),
        ),
        migrations.AddConstraint(
            model_name='lease',
            constraint=models.UniqueConstraint(condition=models.Q(('released_at__isnull', True)), fields=('case',), name='records_one_active_lease'),
        ),
        migrations.AddConstraint(
            model_name='lease',
            constraint=models.UniqueConstraint(fields=('case', 'fence'), name='records_lease_fence_grows'),
        ),
        migrations.AddConstraint(
            model_name='lease',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reason', ''), ('took_over__isnull', True)), models.Q(('took_over__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='records_lease_taken_over_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='accesslogseal',
            constraint=models.CheckConstraint(condition=models.Q(('last__gte', models.F('first'))), name='records_access_log_seal_in_order'),
        ),
        migrations.AddIndex(
            model_name='legalhold',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['case', 'ends_at'], name='records_hold_of_case'),
        ),
        migrations.AddConstraint(
            model_name='legalhold',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='records_hold_says_why'),
        ),
        migrations.AddConstraint(
            model_name='legalhold',
            constraint=models.CheckConstraint(condition=models.Q(('confirm_until__gt', models.F('asked_at')), ('ends_at__gt', models.F('asked_at')), ('ends_at__lte', django.db.models.expressions.CombinedExpression(models.F('asked_at'), '+', models.Value(datetime.timedelta(days=366))))), name='records_hold_is_bounded'),
        ),
        migrations.AddConstraint(
            model_name='legalhold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at__isnull', True), ('confirmed_by__isnull', True)), models.Q(('confirmed_at__isnull', False), ('confirmed_at__lte', models.F('confirm_until')), models.Q(('confirmed_by', models.F('asked_by')), _negated=True)), _connector='OR'), name='records_hold_confirmed_by_another'),
        ),
        migrations.AddConstraint(
            model_name='legalhold',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by__isnull', True), ('ended_why', '')), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False), models.Q(('ended_why', ''), _negated=True)), _connector='OR'), name='records_hold_ends_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='legalhold',
            constraint=models.UniqueConstraint(condition=models.Q(('confirmed_at__isnull', True)), fields=('case', 'asked_by'), name='records_hold_asked_once_unconfirmed'),
        ),
        migrations.AddConstraint(
            model_name='locatorversion',
            constraint=models.CheckConstraint(condition=models.Q(('locator', ''), _negated=True), name='records_locator_not_empty'),
        ),
        migrations.AddIndex(
            model_name='lshband',
            index=models.Index(fields=['key', 'id'], name='records_indicator_band_left_by'),
        ),
        migrations.AddConstraint(
            model_name='noticeentry',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), ('text__startswith', 'k1:'), _connector='OR'), name='records_noticeentry_text_sealed'),
        ),
        migrations.AddConstraint(
            model_name='objection',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), ('text__startswith', 'k1:'), _connector='OR'), name='records_objection_text_sealed'),
        ),
        migrations.AddConstraint(
            model_name='objection',
            constraint=models.CheckConstraint(condition=models.Q(('reasons', ''), ('reasons__startswith', 'k1:'), _connector='OR'), name='records_objection_reasons_sealed'),
        ),
        migrations.AddConstraint(
            model_name='objection',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'accepted', 'rejected'])), name='records_objection_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='objection',
            constraint=models.CheckConstraint(condition=models.Q(('state', jaga.core.terms.outside.ObjectionState['OPEN']), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False), models.Q(('reasons', ''), _negated=True)), _connector='OR'), name='records_decided_objection_names_who_and_why'),
        ),
        migrations.AddConstraint(
            model_name='officerkey',
            constraint=models.CheckConstraint(condition=models.Q(('scopes__contained_by', ['reports:write', 'reports:read', 'requests:write', 'requests:read', 'batches:write', 'webhooks:manage'])), name='records_key_opens_known_scopes'),
        ),
        migrations.AddConstraint(
            model_name='keyuse',
            constraint=models.UniqueConstraint(fields=('key', 'day'), name='records_key_use_once_a_day'),
        ),
        migrations.AddIndex(
            model_name='idempotencyrecord',
            index=models.Index(fields=['at'], name='records_idempotency_at'),
        ),
        migrations.AddConstraint(
            model_name='idempotencyrecord',
            constraint=models.UniqueConstraint(fields=('key', 'name_hash'), name='records_idempotency_once'),
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
        migrations.AddConstraint(
            model_name='operatorletter',
            constraint=models.CheckConstraint(condition=models.Q(('body_id', ''), ('body_id__startswith', 'k1:'), _connector='OR'), name='records_operatorletter_body_id_sealed'),
        ),
        migrations.AddConstraint(
            model_name='operatorletter',
            constraint=models.CheckConstraint(condition=models.Q(('body_en', ''), ('body_en__startswith', 'k1:'), _connector='OR'), name='records_operatorletter_body_en_sealed'),
        ),
        migrations.AddConstraint(
            model_name='operatorletter',
            constraint=models.CheckConstraint(condition=models.Q(('stage__in', ['clarification', 'order', 'warning_1', 'warning_2', 'warning_3'])), name='records_operatorletter_stage_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='operatorletter',
            constraint=models.UniqueConstraint(condition=models.Q(('dropped_at__isnull', True), models.Q(('stage', jaga.core.terms.outside.EscalationStage['CLARIFICATION']), _negated=True)), fields=('notice', 'stage'), name='records_escalation_letter_once'),
        ),
        migrations.AddConstraint(
            model_name='operatorletter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('released_at__isnull', True), ('released_by__isnull', True)), models.Q(('dropped_at__isnull', True), ('released_at__isnull', False), ('released_by__isnull', False)), _connector='OR'), name='records_letter_released_by_a_person'),
        ),
        migrations.AddIndex(
            model_name='heldrequest',
            index=models.Index(condition=models.Q(('network_key__isnull', False)), fields=['network_key', 'received_at'], name='records_held_network'),
        ),
        migrations.AddConstraint(
            model_name='heldrequest',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['not_signed', 'wrong_signature', 'stale_signature', 'no_signing_key', 'revoked_signing_key', 'replayed_message', 'replayed_number', 'changed_letter', 'wrong_agency', 'not_in_standing', 'unknown_sender'])), name='records_heldrequest_reason_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='heldrequest',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['held', 'released', 'rejected'])), name='records_heldrequest_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='heldrequest',
            constraint=models.CheckConstraint(condition=models.Q(('state', jaga.core.terms.outside.HeldState['HELD']), models.Q(('decided_at__isnull', False), ('decided_by__isnull', False)), _connector='OR'), name='records_held_decision_names_who'),
        ),
        migrations.AddConstraint(
            model_name='heldrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', jaga.core.terms.outside.HeldState['RELEASED']), _negated=True), models.Q(('called_back_at__isnull', False), ('called_back_by__isnull', False), ('officer__isnull', False), models.Q(('call_back', ''), _negated=True)), _connector='OR'), name='records_released_after_a_call_back'),
        ),
        migrations.AddConstraint(
            model_name='heldrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', jaga.core.terms.outside.HeldState['REJECTED']), _negated=True), models.Q(('why', ''), _negated=True), _connector='OR'), name='records_rejected_says_why'),
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
            model_name='flaggerprofile',
            constraint=models.CheckConstraint(condition=models.Q(('awarded_by', ''), _negated=True), name='records_flagger_named_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='flaggerprofile',
            constraint=models.CheckConstraint(condition=models.Q(('valid_until__gte', models.F('awarded_on'))), name='records_flagger_ends'),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(condition=models.Q(('state__in', [jaga.core.terms.reports.BatchState['RECEIVED'], jaga.core.terms.reports.BatchState['RUNNING']])), fields=['id'], name='records_batch_open'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(('channel__in', ['public', 'ministry', 'police', 'agency', 'watch', 'flagger', 'app'])), name='records_batch_channel_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['received', 'ready', 'running', 'done', 'cancelled', 'failed'])), name='records_batch_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='records_batch_hash_is_sha256'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(('filed__lte', models.F('good'))), name='records_batch_files_good_rows_only'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', jaga.core.terms.reports.BatchState['FAILED']), _negated=True), models.Q(('why', {}), _negated=True), _connector='OR'), name='records_batch_failed_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.UniqueConstraint(fields=('sender_key', 'sha256'), name='records_batch_once'),
        ),
        migrations.AddConstraint(
            model_name='person',
            constraint=models.CheckConstraint(condition=models.Q(('language__in', ['id', 'en'])), name='records_person_language_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='outcome',
            constraint=models.CheckConstraint(condition=models.Q(('step__in', ['observe', 'preserve', 'restrict', 'deliver', 'redact', 'close', 'restore', 'ask'])), name='records_outcome_step_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='outcome',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['done', 'already', 'refused', 'unknown', 'impossible'])), name='records_outcome_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='outcome',
            constraint=models.UniqueConstraint(condition=models.Q(('kind__in', [jaga.core.terms.cases.OutcomeKind['DONE'], jaga.core.terms.cases.OutcomeKind['ALREADY']])), fields=('action', 'step'), name='records_step_succeeds_once'),
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
            model_name='outgoingmail',
            constraint=models.CheckConstraint(condition=models.Q(('person__isnull', False), models.Q(('address', ''), _negated=True), _connector='OR'), name='records_mail_goes_somewhere'),
        ),
        migrations.AddConstraint(
            model_name='pendingyouthanswer',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('evidence', 'case'), name='records_youth_answer_pending_once'),
        ),
        migrations.AddConstraint(
            model_name='pendingyouthanswer',
            constraint=models.CheckConstraint(condition=models.Q(('undone', False), ('ended_at__isnull', False), _connector='OR'), name='records_youth_answer_undone_has_ended'),
        ),
        migrations.AddConstraint(
            model_name='personclearance',
            constraint=models.CheckConstraint(condition=models.Q(('clearance__in', ['child_safety'])), name='records_personclearance_clearance_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='personclearance',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('person', 'clearance'), name='records_one_clearance_in_force'),
        ),
        migrations.AddConstraint(
            model_name='personclearance',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='records_clearance_says_why'),
        ),
        migrations.AddConstraint(
            model_name='personclearance',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('given_at'))), name='records_clearance_runs_forward'),
        ),
        migrations.AddConstraint(
            model_name='personclearance',
            constraint=models.CheckConstraint(condition=models.Q(('given_by', models.F('person')), _negated=True), name='records_clearance_of_another'),
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
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('handed_at__isnull', True), ('handed_by__isnull', True)), models.Q(('handed_at__gte', models.F('released_at')), ('handed_by__isnull', False), ('released_at__isnull', False), ('way', jaga.core.terms.privacy.AnswerWay['PAPER'])), _connector='OR'), name='records_person_answer_handed_over_after_release'),
        ),
        migrations.AddConstraint(
            model_name='personanswer',
            constraint=models.UniqueConstraint(condition=models.Q(('returned_at__isnull', True)), fields=('request',), name='records_one_answer_waits_or_is_released'),
        ),
        migrations.AddConstraint(
            model_name='personrole',
            constraint=models.UniqueConstraint(fields=('person', 'role'), name='records_role_held_once'),
        ),
        migrations.AddConstraint(
            model_name='personrole',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['reviewer', 'supervisor', 'officer', 'contact', 'auditor', 'administrator', 'flagger', 'policy'])), name='records_personrole_role_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='personsearch',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='records_person_search_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='personsearch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('permitted_at__isnull', True), ('permitted_by__isnull', True)), models.Q(('permitted_at__isnull', False), ('permitted_by__isnull', False), models.Q(('permitted_by', models.F('asked_by')), _negated=True)), _connector='OR'), name='records_person_search_takes_two'),
        ),
        migrations.AddConstraint(
            model_name='personsearch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('carried_out_at__isnull', True), ('found__isnull', True)), models.Q(('carried_out_at__isnull', False), ('found__isnull', False), ('permitted_at__isnull', False)), _connector='OR'), name='records_person_search_permitted_first'),
        ),
        migrations.AddConstraint(
            model_name='personskill',
            constraint=models.UniqueConstraint(fields=('person', 'skill'), name='records_skill_held_once'),
        ),
        migrations.AddConstraint(
            model_name='picturehash',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('hashes__length', 256), ('problem', ''), ('quality__lte', 100)), models.Q(('hashes__length', 0), ('problem__in', ['no_picture', 'broken', 'too_large', 'too_small', 'moving', 'too_much_work']), ('quality', 0)), _connector='OR'), name='records_picturehash_or_problem'),
        ),
        migrations.AddConstraint(
            model_name='picturematch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('earlier__isnull', True), ('hash_list__isnull', False)), models.Q(('earlier__isnull', False), ('earlier__lt', models.F('picture')), ('hash_list__isnull', True)), _connector='OR'), name='records_picturematch_with_one_other'),
        ),
        migrations.AddConstraint(
            model_name='picturematch',
            constraint=models.CheckConstraint(condition=models.Q(('bits__lte', 31), ('turned__lte', 7)), name='records_picturematch_is_near'),
        ),
        migrations.AddConstraint(
            model_name='picturematch',
            constraint=models.UniqueConstraint(fields=('picture', 'hash_list'), name='records_picturematch_list_once'),
        ),
        migrations.AddConstraint(
            model_name='picturematch',
            constraint=models.UniqueConstraint(fields=('picture', 'earlier'), name='records_picturematch_picture_once'),
        ),
        migrations.AddIndex(
            model_name='pictureopening',
            index=models.Index(fields=['person', 'evidence', 'at'], name='records_picture_opened'),
        ),
        migrations.AddConstraint(
            model_name='accountlookup',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='records_lookup_has_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='accountlookup',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('permitted_at__isnull', True), ('permitted_by__isnull', True)), models.Q(('permitted_at__isnull', False), ('permitted_by__isnull', False), models.Q(('permitted_by', models.F('asked_by')), _negated=True)), _connector='OR'), name='records_lookup_takes_two'),
        ),
        migrations.AddConstraint(
            model_name='accountlookup',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('carried_out_at__isnull', True), ('found__isnull', True)), models.Q(('carried_out_at__isnull', False), ('found__isnull', False), ('permitted_at__isnull', False)), _connector='OR'), name='records_lookup_permitted_first'),
        ),
        migrations.AddConstraint(
            model_name='platformtaskhealth',
            constraint=models.UniqueConstraint(fields=('platform', 'task'), name='records_task_health_once'),
        ),
        migrations.AddConstraint(
            model_name='platformtaskhealth',
            constraint=models.CheckConstraint(condition=models.Q(('task__in', ['rooms', 'reports', 'names', 'checks', 'actions'])), name='records_platformtaskhealth_task_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='pledge',
            constraint=models.CheckConstraint(condition=models.Q(('hours__gt', 0), ('hours_urgent__gt', 0), ('hours_urgent__lte', models.F('hours'))), name='records_pledge_has_its_clock'),
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
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), ('text__startswith', 'k1:'), _connector='OR'), name='records_policyquestion_text_sealed'),
        ),
        migrations.AddConstraint(
            model_name='policyquestion',
            constraint=models.CheckConstraint(condition=models.Q(('answer', ''), ('answer__startswith', 'k1:'), _connector='OR'), name='records_policyquestion_answer_sealed'),
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
        migrations.AddConstraint(
            model_name='preferences',
            constraint=models.CheckConstraint(condition=models.Q(('theme__in', ['auto', 'light', 'dark'])), name='records_preferences_theme_is_a_term'),
        ),
        migrations.AddIndex(
            model_name='preservation',
            index=models.Index(condition=models.Q(('agreed_at__isnull', True), ('lapsed_at__isnull', True)), fields=['lapses_at'], name='records_preservation_open'),
        ),
        migrations.AddConstraint(
            model_name='preservation',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('agreed_at__isnull', True), ('agreed_by__isnull', True)), models.Q(('agreed_at__isnull', False), ('agreed_by__isnull', False), ('lapsed_at__isnull', True)), _connector='OR'), name='records_preservation_ends_once'),
        ),
        migrations.AddConstraint(
            model_name='preservation',
            constraint=models.CheckConstraint(condition=models.Q(('lapsed_at__isnull', True), ('lapsed_at__gte', models.F('lapses_at')), _connector='OR'), name='records_preservation_lapses_at_its_time'),
        ),
        migrations.AddConstraint(
            model_name='headcosignature',
            constraint=models.UniqueConstraint(fields=('head', 'witness'), name='records_one_cosignature_each'),
        ),
        migrations.AddIndex(
            model_name='publishedhead',
            index=models.Index(fields=['log', 'last_seq'], name='records_head_of_an_entry'),
        ),
        migrations.AddConstraint(
            model_name='publishedhead',
            constraint=models.UniqueConstraint(fields=('log', 'size'), name='records_one_head_of_a_size'),
        ),
        migrations.AddConstraint(
            model_name='publishedhead',
            constraint=models.UniqueConstraint(fields=('log', 'due_at'), name='records_one_head_an_hour'),
        ),
        migrations.AddConstraint(
            model_name='receivedhook',
            constraint=models.UniqueConstraint(fields=('platform', 'hook_id'), name='records_hook_once'),
        ),
        migrations.AddIndex(
            model_name='referral',
            index=models.Index(condition=models.Q(('state__in', [jaga.core.referrals.ReferralState['DRAFTED'], jaga.core.referrals.ReferralState['ADDRESSED'], jaga.core.referrals.ReferralState['SENT']])), fields=['due_at'], name='records_referral_waits'),
        ),
        migrations.AddIndex(
            model_name='referral',
            index=models.Index(condition=models.Q(('at_once', True), ('reviewed_at__isnull', True)), fields=['made_at'], name='records_referral_unreviewed'),
        ),
        migrations.AddIndex(
            model_name='referral',
            index=models.Index(fields=['made_at'], name='records_referral_made'),
        ),
        migrations.AddConstraint(
            model_name='referral',
            constraint=models.CheckConstraint(condition=models.Q(('note', ''), ('note__startswith', 'k1:'), _connector='OR'), name='records_referral_note_sealed'),
        ),
        migrations.AddConstraint(
            model_name='referral',
            constraint=models.CheckConstraint(condition=models.Q(('review_reasons', ''), ('review_reasons__startswith', 'k1:'), _connector='OR'), name='records_referral_review_reasons_sealed'),
        ),
        migrations.AddConstraint(
            model_name='referral',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['drafted', 'addressed', 'sent', 'acknowledged', 'finished', 'returned', 'retracted'])), name='records_referral_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='referral',
            constraint=models.CheckConstraint(condition=models.Q(('way__in', ['', 'officer', 'mail', 'by_hand'])), name='records_referral_way_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='referral',
            constraint=models.CheckConstraint(condition=models.Q(('danger__in', ['', 'life', 'child', 'forced', 'harm'])), name='records_referral_danger_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='referral',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['', 'taken_up', 'passed_on', 'not_theirs', 'no_answer', 'not_reached'])), name='records_referral_outcome_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='referral',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('addressed_by__isnull', False), ('at_once', True), ('danger__in', ['life', 'child'])), models.Q(('at_once', False), models.Q(('decision__isnull', False), ('follows__isnull', False), _connector='OR')), _connector='OR'), name='records_referral_rests_on_people'),
        ),
        migrations.AddConstraint(
            model_name='referral',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['addressed', 'sent', 'acknowledged']), _negated=True), models.Q(('addressed_at__isnull', False), ('addressed_by__isnull', False), ('sealed__isnull', False), models.Q(('receiver', ''), _negated=True), models.Q(('way', ''), _negated=True), models.Q(('danger', ''), _negated=True)), _connector='OR'), name='records_referral_under_way_has_a_message'),
        ),
        migrations.AddConstraint(
            model_name='referral',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('acknowledged_at__isnull', True), ('acknowledged_by', ''), models.Q(('state__in', ['acknowledged', 'finished']), _negated=True)), models.Q(('acknowledged_at__isnull', False), ('acknowledged_by__in', ['link', 'officer', 'recorded'])), _connector='OR'), name='records_referral_confirmed_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='referral',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('outcome', ''), ('outcome_at__isnull', True), models.Q(('state__in', [jaga.core.referrals.ReferralState['FINISHED'], jaga.core.referrals.ReferralState['RETURNED']]), _negated=True)), models.Q(('outcome_at__isnull', False), models.Q(('outcome', ''), _negated=True), ('state__in', [jaga.core.referrals.ReferralState['FINISHED'], jaga.core.referrals.ReferralState['RETURNED']])), _connector='OR'), name='records_referral_ends_with_an_outcome'),
        ),
        migrations.AddConstraint(
            model_name='referral',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reviewed_at__isnull', True), ('reviewed_by__isnull', True), ('rightly__isnull', True)), models.Q(('at_once', True), ('reviewed_at__isnull', False), ('reviewed_by__isnull', False), ('rightly__isnull', False), models.Q(('reviewed_by', models.F('addressed_by')), _negated=True)), _connector='OR'), name='records_referral_reviewed_by_a_second'),
        ),
        migrations.AddConstraint(
            model_name='referral',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('rightly', False), _negated=True), models.Q(('review_reasons', ''), _negated=True), _connector='OR'), name='records_referral_found_wrong_with_reasons'),
        ),
        migrations.AddConstraint(
            model_name='referral',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', jaga.core.referrals.ReferralState['RETRACTED']), _negated=True), ('rightly', False), ('follows__isnull', False), _connector='OR'), name='records_referral_retracted_after_a_review'),
        ),
        migrations.AddConstraint(
            model_name='referral',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['addressed', 'sent', 'acknowledged'])), fields=('case', 'receiver'), name='records_referral_once_to_each'),
        ),
        migrations.AddIndex(
            model_name='casealarm',
            index=models.Index(condition=models.Q(('mailed_at__isnull', True)), fields=['id'], name='records_case_alarm_unmailed'),
        ),
        migrations.AddConstraint(
            model_name='casealarm',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['returned', 'under_way', 'half_time', 'last_quarter', 'appeal_overdue', 'referral_waits', 'referral_overdue', 'referral_unreviewed', 'restriction_review'])), name='records_casealarm_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='casealarm',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', [jaga.core.terms.cases.CaseAlarmKind['RETURNED'], jaga.core.terms.cases.CaseAlarmKind['UNDER_WAY']]), ('why__in', ['inactive', 'role', 'clearance', 'conflict', 'release', 'other_vote', 'taken_back'])), models.Q(('person__isnull', True), ('why', ''), models.Q(('kind__in', [jaga.core.terms.cases.CaseAlarmKind['RETURNED'], jaga.core.terms.cases.CaseAlarmKind['UNDER_WAY']]), _negated=True)), _connector='OR'), name='records_case_alarm_of_a_lapse_says_why'),
        ),
        migrations.AddConstraint(
            model_name='casealarm',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('appeal__isnull', False), ('kind', jaga.core.terms.cases.CaseAlarmKind['APPEAL_OVERDUE'])), models.Q(('appeal__isnull', True), models.Q(('kind', jaga.core.terms.cases.CaseAlarmKind['APPEAL_OVERDUE']), _negated=True)), _connector='OR'), name='records_case_alarm_names_its_appeal'),
        ),
        migrations.AddConstraint(
            model_name='casealarm',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', [jaga.core.terms.cases.CaseAlarmKind['REFERRAL_WAITS'], jaga.core.terms.cases.CaseAlarmKind['REFERRAL_OVERDUE'], jaga.core.terms.cases.CaseAlarmKind['REFERRAL_UNREVIEWED']]), ('referral__isnull', False)), models.Q(('referral__isnull', True), models.Q(('kind__in', [jaga.core.terms.cases.CaseAlarmKind['REFERRAL_WAITS'], jaga.core.terms.cases.CaseAlarmKind['REFERRAL_OVERDUE'], jaga.core.terms.cases.CaseAlarmKind['REFERRAL_UNREVIEWED']]), _negated=True)), _connector='OR'), name='records_case_alarm_names_its_referral'),
        ),
        migrations.AddConstraint(
            model_name='casealarm',
            constraint=models.UniqueConstraint(condition=models.Q(('referral__isnull', False)), fields=('referral', 'kind'), name='records_referral_alarms_once'),
        ),
        migrations.AddConstraint(
            model_name='casealarm',
            constraint=models.UniqueConstraint(condition=models.Q(('acknowledged_at__isnull', True), ('kind__in', [jaga.core.terms.cases.CaseAlarmKind['RETURNED'], jaga.core.terms.cases.CaseAlarmKind['UNDER_WAY']])), fields=('case', 'kind'), name='records_case_alarm_waits_once'),
        ),
        migrations.AddConstraint(
            model_name='casealarm',
            constraint=models.UniqueConstraint(condition=models.Q(('kind__in', [jaga.core.terms.cases.CaseAlarmKind['HALF_TIME'], jaga.core.terms.cases.CaseAlarmKind['LAST_QUARTER']])), fields=('case', 'kind'), name='records_case_clock_alarms_once'),
        ),
        migrations.AddConstraint(
            model_name='casealarm',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', jaga.core.terms.cases.CaseAlarmKind['RESTRICTION_REVIEW'])), fields=('case',), name='records_restriction_reviewed_once'),
        ),
        migrations.AddConstraint(
            model_name='casealarm',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('acknowledged_at__isnull', True), ('acknowledged_by__isnull', True)), models.Q(('acknowledged_at__isnull', False), ('acknowledged_by__isnull', False)), _connector='OR'), name='records_case_alarm_acknowledged_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='quoteconsent',
            constraint=models.CheckConstraint(condition=models.Q(('sentence', ''), ('sentence__startswith', 'k1:'), _connector='OR'), name='records_quoteconsent_sentence_sealed'),
        ),
        migrations.AddConstraint(
            model_name='quoteconsent',
            constraint=models.UniqueConstraint(fields=('report', 'sentence'), name='records_consent_asked_once'),
        ),
        migrations.AddConstraint(
            model_name='quoteconsent',
            constraint=models.CheckConstraint(condition=models.Q(('sentence', ''), _negated=True), name='records_consent_is_to_a_sentence'),
        ),
        migrations.AddConstraint(
            model_name='quoteconsent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('agreed__isnull', True), ('answered_at__isnull', True)), models.Q(('agreed__isnull', False), ('answered_at__isnull', False)), _connector='OR'), name='records_consent_answered_at_a_moment'),
        ),
        migrations.AddConstraint(
            model_name='quoteconsent',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('used_at__isnull', True), ('withdrawn_at__isnull', True)), models.Q(('agreed', True), ('used_at__isnull', True)), models.Q(('agreed', True), ('withdrawn_at__isnull', True)), _connector='OR'), name='records_consent_used_or_withdrawn_once_given'),
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
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decision__isnull', True), ('proof', jaga.core.terms.privacy.PersonProof['NONE']), ('report__isnull', True)), models.Q(('decision__isnull', True), ('proof', jaga.core.terms.privacy.PersonProof['RECEIPT']), ('report__isnull', False)), models.Q(('decision__isnull', False), ('proof', jaga.core.terms.privacy.PersonProof['APPEAL_CODE']), ('report__isnull', True)), _connector='OR'), name='records_person_request_came_with_one_thing'),
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
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(('body', ''), ('body__startswith', 'k1:'), _connector='OR'), name='records_letter_body_sealed'),
        ),
        migrations.AddConstraint(
            model_name='letter',
            constraint=models.CheckConstraint(condition=models.Q(('language__in', ['id', 'en'])), name='records_letter_language_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='inappimport',
            constraint=models.UniqueConstraint(fields=('platform', 'own_id'), name='records_in_app_import_once'),
        ),
        migrations.AddConstraint(
            model_name='emergencyhold',
            constraint=models.CheckConstraint(condition=models.Q(('why', ''), ('why__startswith', 'k1:'), _connector='OR'), name='records_emergencyhold_why_sealed'),
        ),
        migrations.AddConstraint(
            model_name='emergencyhold',
            constraint=models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='records_emergency_says_why'),
        ),
        migrations.AddConstraint(
            model_name='decisionpause',
            constraint=models.CheckConstraint(condition=models.Q(('why', ''), ('why__startswith', 'k1:'), _connector='OR'), name='records_decisionpause_why_sealed'),
        ),
        migrations.AddConstraint(
            model_name='decisionpause',
            constraint=models.UniqueConstraint(condition=models.Q(('resumed_at__isnull', True)), fields=('pending',), name='records_pending_waits_once'),
        ),
        migrations.AddConstraint(
            model_name='decisionpause',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('resumed_at__isnull', True), ('resumed_by__isnull', True), ('why', '')), models.Q(('resumed_at__isnull', False), ('resumed_by__isnull', False), models.Q(('why', ''), _negated=True)), _connector='OR'), name='records_resumed_by_somebody_with_reasons'),
        ),
        migrations.AddIndex(
            model_name='batchrow',
            index=models.Index(condition=models.Q(('errors', []), _negated=True), fields=['batch', 'number'], name='records_batch_row_refused'),
        ),
        migrations.AddConstraint(
            model_name='batchrow',
            constraint=models.UniqueConstraint(fields=('batch', 'number'), name='records_batch_row_ends_once'),
        ),
        migrations.AddConstraint(
            model_name='batchrow',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('errors', []), ('repeats__isnull', True), ('report__isnull', False)), models.Q(('errors', []), ('repeats__isnull', False), ('report__isnull', True)), models.Q(('repeats__isnull', True), ('report__isnull', True), models.Q(('errors', []), _negated=True)), _connector='OR'), name='records_batch_row_has_one_end'),
        ),
        migrations.AddConstraint(
            model_name='badfaith',
            constraint=models.CheckConstraint(condition=models.Q(('reasons', ''), ('reasons__startswith', 'k1:'), _connector='OR'), name='records_badfaith_reasons_sealed'),
        ),
        migrations.AddConstraint(
            model_name='badfaith',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('report',), name='records_bad_faith_once'),
        ),
        migrations.AddConstraint(
            model_name='badfaith',
            constraint=models.CheckConstraint(condition=models.Q(('reasons', ''), _negated=True), name='records_bad_faith_says_why'),
        ),
        migrations.AddConstraint(
            model_name='badfaith',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('at'))), name='records_bad_faith_expires'),
        ),
        migrations.AddConstraint(
            model_name='badfaith',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('withdrawn_at__isnull', True), ('withdrawn_by__isnull', True)), models.Q(('withdrawn_at__isnull', False), ('withdrawn_by__isnull', False)), _connector='OR'), name='records_bad_faith_withdrawn_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='authorityrequest',
            constraint=models.CheckConstraint(condition=models.Q(('legal_analysis', ''), ('legal_analysis__startswith', 'k1:'), _connector='OR'), name='records_authorityrequest_legal_analysis_sealed'),
        ),
        migrations.AddConstraint(
            model_name='authorityrequest',
            constraint=models.CheckConstraint(condition=models.Q(('urgent_reason', ''), ('urgent_reason__startswith', 'k1:'), _connector='OR'), name='records_authorityrequest_urgent_reason_sealed'),
        ),
        migrations.AddConstraint(
            model_name='authorityrequest',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('letter_number', ''), _negated=True), models.Q(('legal_basis', ''), _negated=True), models.Q(('legal_analysis', ''), _negated=True), models.Q(('locator', ''), _negated=True)), name='records_request_is_complete'),
        ),
        migrations.AddConstraint(
            model_name='reportersetaside',
            constraint=models.CheckConstraint(condition=models.Q(('reasons', ''), ('reasons__startswith', 'k1:'), _connector='OR'), name='records_reportersetaside_reasons_sealed'),
        ),
        migrations.AddConstraint(
            model_name='reportersetaside',
            constraint=models.CheckConstraint(condition=models.Q(('reasons', ''), _negated=True), name='records_set_aside_says_why'),
        ),
        migrations.AddConstraint(
            model_name='reportersetaside',
            constraint=models.CheckConstraint(condition=models.Q(('undo_until__gt', models.F('at'))), name='records_set_aside_can_be_undone'),
        ),
        migrations.AddConstraint(
            model_name='reportersetaside',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('undone_at__isnull', True), ('undone_by__isnull', True)), models.Q(('undone_at__isnull', False), ('undone_at__lte', models.F('undo_until')), ('undone_by__isnull', False)), _connector='OR'), name='records_set_aside_undone_in_time_by_somebody'),
        ),
        migrations.AddIndex(
            model_name='reportmessage',
            index=models.Index(condition=models.Q(('from_us', False), ('read_at__isnull', True)), fields=['report'], name='records_message_unread'),
        ),
        migrations.AddConstraint(
            model_name='reportmessage',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), ('text__startswith', 'k1:'), _connector='OR'), name='records_reportmessage_text_sealed'),
        ),
        migrations.AddConstraint(
            model_name='reportmessage',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['question', 'answer', 'evidence', 'withdrawal', 'note', 'invalid_locator', 'wrong_screenshot', 'other'])), name='records_reportmessage_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='reportmessage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('from_us', True), ('kind__in', (jaga.core.terms.reports.MessageKind['ANSWER'], jaga.core.terms.reports.MessageKind['EVIDENCE'], jaga.core.terms.reports.MessageKind['WITHDRAWAL'])), _negated=True), models.Q(('from_us', False), ('kind__in', (jaga.core.terms.reports.MessageKind['QUESTION'], jaga.core.terms.reports.MessageKind['NOTE'])), _negated=True)), name='records_message_kind_fits_its_side'),
        ),
        migrations.AddConstraint(
            model_name='reportmessage',
            constraint=models.CheckConstraint(condition=models.Q(('from_us', False), ('by__isnull', False), _connector='OR'), name='records_message_of_the_team_names_who'),
        ),
        migrations.AddConstraint(
            model_name='reportmessage',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('text', ''), _negated=True), ('kind__in', [jaga.core.terms.reports.MessageKind['WITHDRAWAL'], jaga.core.terms.reports.MessageKind['EVIDENCE']]), _connector='OR'), name='records_message_says_something'),
        ),
        migrations.AddConstraint(
            model_name='reportmessage',
            constraint=models.CheckConstraint(condition=models.Q(('read_at__isnull', True), ('read_at__gte', models.F('at')), _connector='OR'), name='records_message_read_after_it_was_written'),
        ),
        migrations.AddConstraint(
            model_name='retentionclock',
            constraint=models.CheckConstraint(condition=models.Q(('pk', 1)), name='records_one_retention_clock'),
        ),
        migrations.AddConstraint(
            model_name='retentionclock',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at__isnull', True), ('confirmed_by__isnull', True)), models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False)), _connector='OR'), name='records_clock_confirmed_by_somebody'),
        ),
        migrations.AddConstraint(
            model_name='retentionerasure',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['reporter_identity', 'report_texts', 'pictures', 'decision', 'appeal', 'indicators', 'training', 'exports'])), name='records_erasure_is_of_a_case'),
        ),
        migrations.AddConstraint(
            model_name='retentionerasure',
            constraint=models.UniqueConstraint(fields=('case', 'kind'), name='records_erased_once_by_kind'),
        ),
        migrations.AddConstraint(
            model_name='retentionerasure',
            constraint=models.CheckConstraint(condition=models.Q(('rule', ''), _negated=True), name='records_erasure_names_its_rule'),
        ),
        migrations.AddConstraint(
            model_name='retentionerasure',
            constraint=models.CheckConstraint(condition=models.Q(('policy_hash__regex', '^[0-9a-f]{64}$')), name='records_erasure_names_its_policy'),
        ),
        migrations.AddConstraint(
            model_name='filetodelete',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('sha256', ''), models.Q(('folder', ''), _negated=True)), models.Q(('folder', ''), models.Q(('sha256', ''), _negated=True)), _connector='OR'), name='records_file_to_delete_is_one'),
        ),
        migrations.AddConstraint(
            model_name='retentionpostponement',
            constraint=models.UniqueConstraint(fields=('case', 'by'), name='records_postponed_once_by_each'),
        ),
        migrations.AddConstraint(
            model_name='retentionpostponement',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='records_postponement_says_why'),
        ),
        migrations.AddConstraint(
            model_name='retentionpostponement',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('at')), ('ends_at__lte', django.db.models.expressions.CombinedExpression(models.F('at'), '+', models.Value(datetime.timedelta(days=180))))), name='records_postponement_is_bounded'),
        ),
        migrations.AddConstraint(
            model_name='rulesuspension',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('rule',), name='records_rule_suspended_once'),
        ),
        migrations.AddConstraint(
            model_name='rulesuspension',
            constraint=models.CheckConstraint(condition=models.Q(('judged__gte', 30), ('right__lte', models.F('judged')), ('upper__lt', models.F('line')), models.Q(('rule', ''), _negated=True)), name='records_suspension_has_grounds'),
        ),
        migrations.AddConstraint(
            model_name='rulesuspension',
            constraint=models.CheckConstraint(condition=models.Q(('alarm_only', True), models.Q(('category__in', ['child_protection', 'trafficking']), _negated=True), _connector='OR'), name='records_victims_are_not_lost'),
        ),
        migrations.AddConstraint(
            model_name='rulesuspension',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by__isnull', True), ('why', '')), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False), models.Q(('why', ''), _negated=True)), _connector='OR'), name='records_suspension_ended_by_a_person'),
        ),
        migrations.AddIndex(
            model_name='samplejudgement',
            index=models.Index(condition=models.Q(('judged_at__isnull', True), ('left_at__isnull', True)), fields=['person'], name='records_sample_held'),
        ),
        migrations.AddConstraint(
            model_name='samplejudgement',
            constraint=models.UniqueConstraint(fields=('text', 'person'), name='records_sample_judged_once'),
        ),
        migrations.AddConstraint(
            model_name='samplejudgement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('answer__isnull', True), ('judged_at__isnull', True)), models.Q(('answer__isnull', False), ('judged_at__isnull', False)), _connector='OR'), name='records_sample_judgement_has_an_answer'),
        ),
        migrations.AddConstraint(
            model_name='samplejudgement',
            constraint=models.CheckConstraint(condition=models.Q(('judged_at__isnull', True), ('left_at__isnull', True), _connector='OR'), name='records_sample_judged_or_left'),
        ),
        migrations.AddConstraint(
            model_name='setasidereport',
            constraint=models.UniqueConstraint(fields=('set_aside', 'report'), name='records_set_aside_report_once'),
        ),
        migrations.AddIndex(
            model_name='setasidevalue',
            index=models.Index(condition=models.Q(('settled_at__isnull', True)), fields=['platform'], name='records_set_aside_open'),
        ),
        migrations.AddConstraint(
            model_name='setasidevalue',
            constraint=models.UniqueConstraint(fields=('platform', 'kind', 'digest'), name='records_set_aside_once'),
        ),
        migrations.AddConstraint(
            model_name='setasidevalue',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['message', 'report', 'room', 'cursor'])), name='records_setasidevalue_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='setasidevalue',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('settled_at__isnull', True), ('settled_by__isnull', True)), models.Q(('sealed', b''), ('settled_at__isnull', False), ('settled_by__isnull', False)), _connector='OR'), name='records_set_aside_settled_whole'),
        ),
        migrations.AddConstraint(
            model_name='signal',
            constraint=models.CheckConstraint(condition=models.Q(('text_kind__in', ['words', 'excerpt', 'published'])), name='records_signal_text_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='signal',
            constraint=models.CheckConstraint(condition=models.Q(('end__gt', models.F('start')), ('start__gte', 0)), name='records_signal_has_a_span'),
        ),
        migrations.AddConstraint(
            model_name='signedonce',
            constraint=models.UniqueConstraint(fields=('officer', 'message_id'), name='records_signed_message_once'),
        ),
        migrations.AddConstraint(
            model_name='signingkey',
            constraint=models.CheckConstraint(condition=models.Q(('public_key__startswith', 'whpk_')), name='records_signing_key_is_public'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('form__in', ['report', 'notice', 'request', 'order', 'observation'])), name='records_order_form_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('proof__in', ['signature', 'step_up', 'call_back', 'earlier'])), name='records_order_proof_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.UniqueConstraint(fields=('organisation', 'number_key', 'copy'), name='records_letter_number_once'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('proof', jaga.core.terms.outside.ProofKind['SIGNATURE']), ('signed_at__isnull', False), ('signing_key__isnull', False), models.Q(('message_id', ''), _negated=True), models.Q(('signature', ''), _negated=True)), models.Q(('held__isnull', False), ('proof', jaga.core.terms.outside.ProofKind['CALL_BACK'])), ('proof__in', [jaga.core.terms.outside.ProofKind['STEP_UP'], jaga.core.terms.outside.ProofKind['EARLIER']]), _connector='OR'), name='records_order_says_its_proof'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('copy', 1), ('proof__in', [jaga.core.terms.outside.ProofKind['CALL_BACK'], jaga.core.terms.outside.ProofKind['EARLIER']]), _connector='OR'), name='records_number_again_only_called_back'),
        ),
        migrations.AddConstraint(
            model_name='order',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn_at__isnull', True), models.Q(('withdrawn_why', ''), _negated=True), _connector='OR'), name='records_withdrawal_says_why'),
        ),
        migrations.AddConstraint(
            model_name='skip',
            constraint=models.UniqueConstraint(fields=('person', 'case'), name='records_skipped_once'),
        ),
        migrations.AddIndex(
            model_name='sourcekey',
            index=models.Index(condition=models.Q(('expires_at__isnull', False)), fields=['expires_at'], name='records_source_key_expires'),
        ),
        migrations.AddConstraint(
            model_name='sourcekey',
            constraint=models.UniqueConstraint(fields=('case', 'key'), name='records_source_key_once'),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.CheckConstraint(condition=models.Q(('body_id', ''), ('body_id__startswith', 'k1:'), _connector='OR'), name='records_statement_body_id_sealed'),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.CheckConstraint(condition=models.Q(('body_en', ''), ('body_en__startswith', 'k1:'), _connector='OR'), name='records_statement_body_en_sealed'),
        ),
        migrations.AddConstraint(
            model_name='statement',
            constraint=models.CheckConstraint(condition=models.Q(('appeal_days__gte', 184)), name='records_half_a_year_for_an_appeal'),
        ),
        migrations.AddConstraint(
            model_name='releaseadoption',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['bootstrap', 'adoption', 'return', 'emergency'])), name='records_releaseadoption_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='releaseadoption',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['proposed', 'in_force', 'replaced', 'refused', 'lapsed'])), name='records_releaseadoption_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='releaseadoption',
            constraint=models.UniqueConstraint(condition=models.Q(('state', jaga.core.terms.outside.AdoptionState['IN_FORCE'])), fields=('state',), name='records_one_release_in_force'),
        ),
        migrations.AddConstraint(
            model_name='releaseadoption',
            constraint=models.UniqueConstraint(condition=models.Q(('state', jaga.core.terms.outside.AdoptionState['PROPOSED'])), fields=('state',), name='records_one_release_proposed'),
        ),
        migrations.AddConstraint(
            model_name='releaseadoption',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', jaga.core.terms.outside.AdoptionKind['BOOTSTRAP'])), fields=('kind',), name='records_one_bootstrap'),
        ),
        migrations.AddConstraint(
            model_name='releaseadoption',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('confirm_until__isnull', True), ('kind', jaga.core.terms.outside.AdoptionKind['BOOTSTRAP']), ('proposed_by__isnull', True)), models.Q(models.Q(('kind', jaga.core.terms.outside.AdoptionKind['BOOTSTRAP']), _negated=True), ('before__isnull', False), ('confirm_until__isnull', False), ('proposed_by__isnull', False)), _connector='OR'), name='records_adoption_proposed_by_a_person'),
        ),
        migrations.AddConstraint(
            model_name='releaseadoption',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('confirmed_at__isnull', True), ('confirmed_by__isnull', True)), models.Q(models.Q(models.Q(('confirmed_at__isnull', False), ('confirmed_by__isnull', False), ('kind__in', (jaga.core.terms.outside.AdoptionKind['RETURN'], jaga.core.terms.outside.AdoptionKind['EMERGENCY']))), models.Q(('confirmed_at__isnull', False), ('confirmed_at__lte', models.F('confirm_until')), ('confirmed_by__isnull', False), ('kind', jaga.core.terms.outside.AdoptionKind['ADOPTION'])), _connector='OR'), models.Q(('confirmed_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='records_adoption_confirmed_by_another'),
        ),
        migrations.AddConstraint(
            model_name='releaseadoption',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', jaga.core.terms.outside.AdoptionKind['ADOPTION']), ('state__in', (jaga.core.terms.outside.AdoptionState['IN_FORCE'], jaga.core.terms.outside.AdoptionState['REPLACED'])), _negated=True), ('confirmed_by__isnull', False), _connector='OR'), name='records_adoption_takes_two'),
        ),
        migrations.AddConstraint(
            model_name='releaseadoption',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('in_force_at__isnull', True), ('replaced_at__isnull', True), ('state', jaga.core.terms.outside.AdoptionState['PROPOSED'])), models.Q(('ended_at__isnull', True), ('in_force_at__isnull', False), ('replaced_at__isnull', True), ('state', jaga.core.terms.outside.AdoptionState['IN_FORCE'])), models.Q(('ended_at__isnull', True), ('in_force_at__isnull', False), ('replaced_at__isnull', False), ('state', jaga.core.terms.outside.AdoptionState['REPLACED'])), models.Q(('ended_at__isnull', False), ('in_force_at__isnull', True), ('replaced_at__isnull', True), ('state__in', (jaga.core.terms.outside.AdoptionState['REFUSED'], jaga.core.terms.outside.AdoptionState['LAPSED']))), _connector='OR'), name='records_adoption_has_its_times'),
        ),
        migrations.AddConstraint(
            model_name='releaseadoption',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', jaga.core.terms.outside.AdoptionState['REFUSED']), _negated=True), models.Q(('ended_by__isnull', False), models.Q(('note', ''), _negated=True)), _connector='OR'), name='records_adoption_refused_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='releaseadoption',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), _negated=True), name='records_adoption_has_a_reason'),
        ),
        migrations.AddIndex(
            model_name='subject',
            index=models.Index(condition=models.Q(('handle', ''), _negated=True), fields=['handle'], name='records_subject_called'),
        ),
        migrations.AddConstraint(
            model_name='subject',
            constraint=models.UniqueConstraint(fields=('platform', 'kind', 'account_id'), name='records_subject_once'),
        ),
        migrations.AddConstraint(
            model_name='subject',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['account', 'message', 'room'])), name='records_subject_kind_is_a_term'),
        ),
        migrations.AddIndex(
            model_name='strike',
            index=models.Index(condition=models.Q(('withdrawn_at__isnull', True)), fields=['subject', 'expires_at'], name='records_strike_counts'),
        ),
        migrations.AddConstraint(
            model_name='strike',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('given_at'))), name='records_strike_expires'),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(fields=['key_number'], name='records_report_key_number'),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(condition=models.Q(('case__isnull', True)), fields=['priority', 'id'], name='records_report_waiting'),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(condition=models.Q(('case__isnull', False), ('source_weight__isnull', True)), fields=['case'], name='records_report_unscored'),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(condition=models.Q(('handle_looked_up_at__isnull', True), models.Q(('called_as', ''), _negated=True)), fields=['case'], name='records_report_handle_waits'),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(condition=models.Q(('network_key__isnull', False)), fields=['received_at'], name='records_report_network'),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(condition=models.Q(('contact_key__isnull', False)), fields=['contact_key'], name='records_report_contact'),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(condition=models.Q(('priority', jaga.core.terms.reports.FilingPriority['URGENT'])), fields=['due_at'], name='records_report_urgent'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), ('text__startswith', 'k1:'), _connector='OR'), name='records_report_text_sealed'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(('excerpt', ''), ('excerpt__startswith', 'k1:'), _connector='OR'), name='records_report_excerpt_sealed'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(('published', ''), ('published__startswith', 'k1:'), _connector='OR'), name='records_report_published_sealed'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(('place', ''), ('place__startswith', 'k1:'), _connector='OR'), name='records_report_place_sealed'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(('channel__in', ['public', 'ministry', 'police', 'agency', 'watch', 'flagger', 'app'])), name='records_report_channel_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(('form__in', ['report', 'notice', 'request', 'order', 'observation'])), name='records_report_form_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(('language__in', ['id', 'en'])), name='records_report_language_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(('route__in', ['ordinary', 'victim'])), name='records_report_route_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(('priority__in', [0, 1, 2])), name='records_report_priority_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('category', 'intimate_pictures'), _negated=True), ('capacity__in', ['authority', 'guardian', 'pictured']), _connector='OR'), name='records_report_intimate_pictures_by_whom'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('category', 'underage_account'), _negated=True), ('capacity__in', ['authority', 'guardian', 'parent', 'platform']), _connector='OR'), name='records_report_underage_account_by_whom'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('case__isnull', True), ('filed_at__isnull', True)), models.Q(('case__isnull', False), ('filed_at__isnull', False)), _connector='OR'), name='records_report_filed_has_its_case'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(('source_weight__isnull', True), models.Q(('source_weight__gte', 0), ('source_weight__lte', 1)), _connector='OR'), name='records_source_weight_is_a_share'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('form__in', [jaga.core.terms.reports.ReportForm['REQUEST'], jaga.core.terms.reports.ReportForm['ORDER']]), _negated=True), models.Q(('officer__isnull', False), ('organisation__isnull', False)), _connector='OR'), name='records_request_names_its_officer'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('form', jaga.core.terms.reports.ReportForm['OBSERVATION']), _negated=True), models.Q(('excerpt', ''), ('text', '')), models.Q(('excerpt', ''), ('published', '')), _connector='OR'), name='records_observation_has_no_reporters_words'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.UniqueConstraint(condition=models.Q(('form', jaga.core.terms.reports.ReportForm['OBSERVATION'])), fields=('subject', 'origin_ref'), name='records_observation_once'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.UniqueConstraint(condition=models.Q(('form__in', [jaga.core.terms.reports.ReportForm['REQUEST'], jaga.core.terms.reports.ReportForm['ORDER']])), fields=('organisation', 'subject', 'category', 'origin_ref'), name='records_request_number_once'),
        ),
        migrations.AddConstraint(
            model_name='personcheck',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['has_letter', 'known_contact', 'identity_paper', 'helper_vouches'])), name='records_personcheck_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='personcheck',
            constraint=models.CheckConstraint(condition=models.Q(('note', ''), _negated=True), name='records_person_check_says_how'),
        ),
        migrations.AddIndex(
            model_name='notice',
            index=models.Index(condition=models.Q(('state__in', (jaga.core.terms.outside.NoticeState['ANSWERED'], jaga.core.terms.outside.NoticeState['WITHDRAWN'])), _negated=True), fields=['operator', 'due_at'], name='records_notice_open'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('facts', ''), ('facts__startswith', 'k1:'), _connector='OR'), name='records_notice_facts_sealed'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(('answer_text', ''), ('answer_text__startswith', 'k1:'), _connector='OR'), name='records_notice_answer_text_sealed'),
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
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', jaga.core.terms.outside.NoticeState['ANSWERED']), _negated=True), models.Q(('answered_at__isnull', False), models.Q(('answer', ''), _negated=True)), _connector='OR'), name='records_notice_answer_has_its_time'),
        ),
        migrations.AddConstraint(
            model_name='notice',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('action__isnull', True), ('asks_for', 'data')), models.Q(models.Q(('asks_for', 'data'), _negated=True), ('action__isnull', False)), _connector='OR'), name='records_notice_for_data_or_an_action'),
        ),
        migrations.AddConstraint(
            model_name='linkedaccount',
            constraint=models.CheckConstraint(condition=models.Q(('why', ''), ('why__startswith', 'k1:'), _connector='OR'), name='records_linkedaccount_why_sealed'),
        ),
        migrations.AddConstraint(
            model_name='linkedaccount',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('case', 'subject'), name='records_linked_once'),
        ),
        migrations.AddConstraint(
            model_name='linkedaccount',
            constraint=models.CheckConstraint(condition=models.Q(('why', ''), _negated=True), name='records_link_says_why'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['screenshot', 'link', 'letter', 'text', 'profile', 'messages', 'media', 'page'])), name='records_evidence_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='records_evidence_hash_is_sha256'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.UniqueConstraint(fields=('case', 'sha256', 'kind', 'name'), name='records_evidence_once'),
        ),
        migrations.AddConstraint(
            model_name='evidence',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('appeal__isnull', True), ('linked_subject__isnull', True)), models.Q(('report__isnull', True), models.Q(('appeal__isnull', True), ('linked_subject__isnull', True), _connector='OR')), _connector='OR'), name='records_evidence_has_one_origin'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['decided_at'], name='records_decision_at'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('facts', ''), ('facts__startswith', 'k1:'), _connector='OR'), name='records_decision_facts_sealed'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['dismiss', 'preserve', 'restrict', 'redact', 'close', 'refer', 'restore'])), name='records_decision_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('ground__in', ['illegal_content', 'incompatible_content'])), name='records_decision_ground_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('seconded_by__isnull', True), models.Q(('seconded_by', models.F('decided_by')), _negated=True), _connector='OR'), name='records_second_vote_by_another_person'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['close', 'redact']), _negated=True), ('seconded_by__isnull', False), _connector='OR'), name='records_nobody_closes_alone'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('awaits__isnull', True), ('provisional', False)), models.Q(('adjudicated', False), ('ends_at__isnull', False), ('kind', jaga.core.terms.cases.DecisionKind['RESTRICT']), ('provisional', True), models.Q(models.Q(('awaits__isnull', True), ('seconded_by__isnull', True)), models.Q(('awaits__isnull', False), ('seconded_by__isnull', False)), _connector='OR')), _connector='OR'), name='records_only_a_restriction_is_provisional'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.UniqueConstraint(condition=models.Q(('awaits__isnull', True), ('provisional', True)), fields=('case',), name='records_restricted_alone_once'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.UniqueConstraint(condition=models.Q(('awaits__isnull', False)), fields=('awaits', 'subject'), name='records_restricted_once_before_a_closure'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', jaga.core.terms.cases.DecisionKind['RESTORE']), ('overturns__isnull', False)), models.Q(models.Q(('kind', jaga.core.terms.cases.DecisionKind['RESTORE']), _negated=True), ('overturns__isnull', True)), _connector='OR'), name='records_restore_overturns'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__isnull', True), models.Q(('ends_at__gt', models.F('decided_at')), ('kind', jaga.core.terms.cases.DecisionKind['RESTRICT'])), _connector='OR'), name='records_only_a_restriction_ends_by_itself'),
        ),
        migrations.AddConstraint(
            model_name='decision',
            constraint=models.CheckConstraint(condition=models.Q(('policy_hash__regex', '^[0-9a-f]{64}$')), name='records_decision_names_its_policy'),
        ),
        migrations.AddConstraint(
            model_name='correctionnote',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('report__isnull', False), ('subject__isnull', True)), models.Q(('report__isnull', True), ('subject__isnull', False)), _connector='OR'), name='records_correction_of_one_thing'),
        ),
        migrations.AddConstraint(
            model_name='correctionnote',
            constraint=models.CheckConstraint(condition=models.Q(('text', ''), _negated=True), name='records_correction_says_something'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('state__in', [jaga.core.cases.CaseState['IN_REVIEW'], jaga.core.cases.CaseState['SECOND_VOTE'], jaga.core.cases.CaseState['ADJUDICATION']])), fields=['rank_at', 'id'], name='records_queue'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['key_number'], name='records_case_key_number'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(fields=['opened_at'], name='records_case_opened'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('repeats__isnull', False)), fields=['opened_at'], name='records_case_repeat'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('state__in', [jaga.core.cases.CaseState['IN_REVIEW'], jaga.core.cases.CaseState['SECOND_VOTE'], jaga.core.cases.CaseState['ADJUDICATION']])), fields=['opened_at'], name='records_case_waiting_since'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('state', jaga.core.cases.CaseState['RESOLVED']), _negated=True), fields=['category', 'state', 'due_at', 'opened_at'], name='records_case_unfinished'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('state__in', [jaga.core.cases.CaseState['IN_REVIEW'], jaga.core.cases.CaseState['SECOND_VOTE'], jaga.core.cases.CaseState['ADJUDICATION']]), _negated=True), fields=['-opened_at', '-id'], name='records_case_not_waiting'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('state__in', [jaga.core.cases.CaseState['IN_REVIEW'], jaga.core.cases.CaseState['SECOND_VOTE'], jaga.core.cases.CaseState['ADJUDICATION'], jaga.core.cases.CaseState['RESOLVED']]), _negated=True), fields=['-opened_at', '-id'], name='records_case_moving'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('state__in', [jaga.core.cases.CaseState['SECOND_VOTE'], jaga.core.cases.CaseState['ADJUDICATION'], jaga.core.cases.CaseState['COMMITTING']])), fields=['id'], name='records_case_voted_undecided'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('escalated_at__isnull', True), ('snoozed_until__isnull', True), ('state__in', ['in_review', 'second_vote', 'adjudication'])), fields=['queue', 'rank_at', 'id'], name='records_queue_of'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('escalated_at__isnull', True), ('snoozed_until__isnull', True), ('state__in', ['in_review', 'second_vote', 'adjudication']), ('cluster__isnull', True)), fields=['queue', 'rank_at', 'id'], name='records_queue_alone'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('escalated_at__isnull', True), ('snoozed_until__isnull', True), ('state__in', ['in_review', 'second_vote', 'adjudication']), ('apart', True)), fields=['queue', 'rank_at', 'id'], name='records_queue_apart'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('escalated_at__isnull', True), ('snoozed_until__isnull', True), ('state__in', ['in_review', 'second_vote', 'adjudication'])), fields=['queue', 'channel', 'rank_at', 'id'], name='records_queue_channel'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('escalated_at__isnull', True), ('snoozed_until__isnull', True), ('state__in', ['in_review', 'second_vote', 'adjudication'])), fields=['queue', 'category', 'rank_at', 'id'], name='records_queue_category'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('escalated_at__isnull', True), ('snoozed_until__isnull', True), ('state__in', ['in_review', 'second_vote', 'adjudication'])), fields=['queue', 'language', 'rank_at', 'id'], name='records_queue_language'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('escalated_at__isnull', True), ('snoozed_until__isnull', True), ('state__in', ['in_review', 'second_vote', 'adjudication']), ('severity__gte', 3)), fields=['queue', 'rank_at', 'id'], name='records_queue_severe'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('escalated_at__isnull', False), ('state__in', ['in_review', 'second_vote', 'adjudication'])), fields=['rank_at', 'id'], name='records_escalated'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('assigned_to__isnull', False), ('state__in', ['in_review', 'second_vote', 'adjudication'])), fields=['assigned_to', 'rank_at'], name='records_assigned'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('snoozed_until__isnull', False)), fields=['snoozed_until'], name='records_snoozed'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('escalated_at__isnull', True), ('snoozed_until__isnull', True), ('state__in', ['in_review', 'second_vote', 'adjudication']), ('cluster__isnull', False)), fields=['cluster', 'rank_at', 'id'], name='records_cluster_waiting'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('cluster__isnull', False)), fields=['cluster', 'subject'], name='records_cluster_of'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('canary', True)), fields=['id'], name='records_canary_cases'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(models.Q(('clearance', ''), _negated=True), ('victim_first', True), _connector='OR'), fields=['id'], include=('clearance', 'victim_first'), name='records_case_not_for_all'),
        ),
        migrations.AddIndex(
            model_name='case',
            index=models.Index(condition=models.Q(('state__in', ['received', 'in_review', 'second_vote', 'adjudication']), models.Q(('urgent', True), ('victim_first', True), _connector='OR')), fields=['due_at'], name='records_case_urgent_waiting'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('snooze_reason', ''), ('snooze_reason__startswith', 'k1:'), _connector='OR'), name='records_case_snooze_reason_sealed'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['received', 'in_review', 'second_vote', 'adjudication', 'committing', 'acting', 'restoring', 'resolved'])), name='records_case_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('victim_state__in', ['none', 'proposed', 'confirmed', 'lifted'])), name='records_case_victim_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('victim_first', True), ('victim_state__in', ['proposed', 'confirmed'])), models.Q(('victim_first', False), models.Q(('victim_state__in', ['proposed', 'confirmed']), _negated=True)), _connector='OR'), name='records_case_victim_first_as_its_state_says'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['received', 'in_review', 'second_vote', 'adjudication', 'committing'])), fields=('subject', 'category'), name='records_one_open_case_per_subject_and_category'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('due_at__gt', models.F('opened_at'))), name='records_case_due_after_opening'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('resolved_at__isnull', False), ('state', jaga.core.cases.CaseState['RESOLVED'])), models.Q(('state', jaga.core.cases.CaseState['RESOLVED']), _negated=True), _connector='OR'), name='records_case_resolved_has_its_time'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('clearance__in', ['', 'child_safety'])), name='records_case_clearance_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('snoozed_until__isnull', True), ('snoozed_until__lte', models.F('due_at')), _connector='OR'), name='records_snooze_ends_before_the_deadline'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('snoozed_until__isnull', True), models.Q(('snooze_reason', ''), _negated=True), _connector='OR'), name='records_snooze_says_why'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(condition=models.Q(('canary', False), ('state', jaga.core.cases.CaseState['RESOLVED']), _connector='OR'), name='records_canary_is_never_worked_on'),
        ),
        migrations.AddConstraint(
            model_name='banevasionmatch',
            constraint=models.CheckConstraint(condition=models.Q(('likelihood__in', ['likely', 'possible'])), name='records_banevasionmatch_likelihood_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='banevasionmatch',
            constraint=models.CheckConstraint(condition=models.Q(('subject', models.F('earlier_subject')), _negated=True), name='records_ban_evasion_is_of_another_account'),
        ),
        migrations.AddConstraint(
            model_name='banevasionmatch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('evidence', []), _negated=True), models.Q(('kinds', []), _negated=True)), name='records_ban_evasion_has_evidence'),
        ),
        migrations.AddConstraint(
            model_name='banevasionmatch',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn_at__isnull', True), ('withdrawn_at__gte', models.F('found_at')), _connector='OR'), name='records_ban_evasion_withdrawn_later'),
        ),
        migrations.AddConstraint(
            model_name='banevasionmatch',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('case', 'earlier_subject'), name='records_ban_evasion_once'),
        ),
        migrations.AddIndex(
            model_name='accountindicator',
            index=models.Index(fields=['key', 'id'], name='records_indicator_left_by'),
        ),
        migrations.AddIndex(
            model_name='accountindicator',
            index=models.Index(condition=models.Q(('kind', jaga.core.terms.reports.IndicatorKind['CONTACT'])), fields=['seen_at'], name='records_indicator_contacts'),
        ),
        migrations.AddConstraint(
            model_name='accountindicator',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['contact', 'text', 'image', 'handle'])), name='records_accountindicator_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='accountindicator',
            constraint=models.UniqueConstraint(fields=('subject', 'kind', 'key'), name='records_indicator_once'),
        ),
        migrations.AddConstraint(
            model_name='accountindicator',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('end', 0), ('start', 0)), models.Q(('end__gt', models.F('start')), ('report__isnull', False)), _connector='OR'), name='records_indicator_has_a_span_in_a_report'),
        ),
        migrations.AddConstraint(
            model_name='traininganswer',
            constraint=models.CheckConstraint(condition=models.Q(('reasons', ''), ('reasons__startswith', 'k1:'), _connector='OR'), name='records_traininganswer_reasons_sealed'),
        ),
        migrations.AddConstraint(
            model_name='traininganswer',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['dismiss', 'preserve', 'restrict', 'redact', 'close', 'refer', 'restore'])), name='records_traininganswer_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='traininganswer',
            constraint=models.UniqueConstraint(fields=('golden', 'person'), name='records_trained_once'),
        ),
        migrations.AddConstraint(
            model_name='traininganswer',
            constraint=models.CheckConstraint(condition=models.Q(('kind', jaga.core.terms.cases.DecisionKind['DISMISS']), models.Q(('reasons', ''), _negated=True), _connector='OR'), name='records_training_says_why'),
        ),
        migrations.AddIndex(
            model_name='turnkey',
            index=models.Index(fields=['key', 'case'], name='records_turnkey_before'),
        ),
        migrations.AddConstraint(
            model_name='verification',
            constraint=models.CheckConstraint(condition=models.Q(('result__in', ['confirmed', 'contradicted', 'unreachable'])), name='records_verification_result_is_a_term'),
        ),
        migrations.AddIndex(
            model_name='victimturn',
            index=models.Index(condition=models.Q(('state__in', ['confirmed', 'lifted'])), fields=['subject', '-id'], name='records_victim_found_of'),
        ),
        migrations.AddConstraint(
            model_name='victimturn',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['none', 'proposed', 'confirmed', 'lifted'])), name='records_victimturn_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='victimturn',
            constraint=models.CheckConstraint(condition=models.Q(('cause__in', ['words', 'picture', 'youth', 'moved', 'account', 'votes'])), name='records_victimturn_cause_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='victimturn',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'none'), _negated=True), name='records_victim_turn_leads_somewhere'),
        ),
        migrations.AddConstraint(
            model_name='victimturn',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cause', 'votes'), ('state__in', ['confirmed', 'lifted'])), models.Q(('state', 'proposed'), models.Q(('cause', 'votes'), _negated=True)), _connector='OR'), name='records_people_alone_confirm_and_lift'),
        ),
        migrations.AddIndex(
            model_name='vote',
            index=models.Index(fields=['person', '-cast_at'], name='records_vote_by_person'),
        ),
        migrations.AddConstraint(
            model_name='vote',
            constraint=models.CheckConstraint(condition=models.Q(('facts', ''), ('facts__startswith', 'k1:'), _connector='OR'), name='records_vote_facts_sealed'),
        ),
        migrations.AddConstraint(
            model_name='vote',
            constraint=models.CheckConstraint(condition=models.Q(('why', ''), ('why__startswith', 'k1:'), _connector='OR'), name='records_vote_why_sealed'),
        ),
        migrations.AddConstraint(
            model_name='vote',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['dismiss', 'preserve', 'restrict', 'redact', 'close', 'refer', 'restore'])), name='records_vote_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='vote',
            constraint=models.CheckConstraint(condition=models.Q(('ground__in', ['illegal_content', 'incompatible_content'])), name='records_vote_ground_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='vote',
            constraint=models.CheckConstraint(condition=models.Q(('victim__in', ['', 'confirm', 'lift'])), name='records_vote_victim_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='vote',
            constraint=models.UniqueConstraint(fields=('case', 'person', 'round'), name='records_one_vote_per_person_and_case'),
        ),
        migrations.AddConstraint(
            model_name='vote',
            constraint=models.CheckConstraint(condition=models.Q(('restrict_days__isnull', True), ('kind', jaga.core.terms.cases.DecisionKind['RESTRICT']), _connector='OR'), name='records_only_a_restriction_has_days'),
        ),
        migrations.AddIndex(
            model_name='pendingdecision',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['undo_until'], name='records_pending_waits'),
        ),
        migrations.AddConstraint(
            model_name='pendingdecision',
            constraint=models.CheckConstraint(condition=models.Q(('note', ''), ('note__startswith', 'k1:'), _connector='OR'), name='records_pendingdecision_note_sealed'),
        ),
        migrations.AddConstraint(
            model_name='pendingdecision',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('case',), name='records_one_pending_decision'),
        ),
        migrations.AddConstraint(
            model_name='pendingdecision',
            constraint=models.CheckConstraint(condition=models.Q(('end__in', ['', 'committed', 'undone', 'heard', 'victim', 'not_allowed', 'lapsed', 'appealed'])), name='records_pending_end_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='pendingdecision',
            constraint=models.CheckConstraint(condition=models.Q(('reason__in', ['', 'mistake', 'second_thought', 'new_fact', 'other'])), name='records_undo_reason_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='pendingdecision',
            constraint=models.CheckConstraint(condition=models.Q(('undo_until__gte', models.F('made_at'))), name='records_pending_after_agreeing'),
        ),
        migrations.AddConstraint(
            model_name='pendingdecision',
            constraint=models.CheckConstraint(condition=models.Q(('other__isnull', True), models.Q(('vote', models.F('other')), _negated=True), _connector='OR'), name='records_pending_rests_on_two_votes'),
        ),
        migrations.AddConstraint(
            model_name='pendingdecision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('end', ''), ('ended_at__isnull', True)), models.Q(('ended_at__isnull', False), models.Q(('end', ''), _negated=True)), _connector='OR'), name='records_pending_ends_once_and_says_how'),
        ),
        migrations.AddConstraint(
            model_name='pendingdecision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('end', jaga.core.terms.cases.PendingEnd['COMMITTED']), _negated=True), ('ended_at__gte', models.F('undo_until')), _connector='OR'), name='records_pending_not_before_its_time'),
        ),
        migrations.AddConstraint(
            model_name='pendingdecision',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('end', jaga.core.terms.cases.PendingEnd['UNDONE']), ('ended_by__isnull', False), models.Q(('reason', ''), _negated=True)), models.Q(models.Q(('end', jaga.core.terms.cases.PendingEnd['UNDONE']), _negated=True), ('ended_by__isnull', True), ('reason', '')), _connector='OR'), name='records_undone_by_somebody_for_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='votewithdrawal',
            constraint=models.CheckConstraint(condition=models.Q(('why__in', ['', 'inactive', 'role', 'clearance', 'conflict', 'release', 'other_vote', 'taken_back'])), name='records_withdrawal_why_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='votewithdrawal',
            constraint=models.CheckConstraint(condition=models.Q(('pending__isnull', False), models.Q(('why', ''), _negated=True), _connector='OR'), name='records_vote_withdrawn_for_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='watchprogress',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'reading', 'unreachable', 'refused', 'faulty', 'went_back', 'repeating', 'stalled', 'budget_used'])), name='records_watchprogress_state_is_a_term'),
        ),
        migrations.AddIndex(
            model_name='watch',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['ends_at'], name='records_watch_not_ended'),
        ),
        migrations.AddConstraint(
            model_name='watch',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['public_rooms', 'mastodon', 'atproto', 'web', 'file', 'stream', 'backlog'])), name='records_watch_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='watch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('purpose', ''), _negated=True), models.Q(('legal_basis', ''), _negated=True)), name='records_watch_says_what_for'),
        ),
        migrations.AddConstraint(
            model_name='watch',
            constraint=models.CheckConstraint(condition=models.Q(('policy_hash__regex', '^[0-9a-f]{64}$')), name='records_watch_names_its_policy'),
        ),
        migrations.AddConstraint(
            model_name='watch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('token_file', ''), ('token_owner', '')), models.Q(models.Q(('token_file', ''), _negated=True), models.Q(('token_owner', ''), _negated=True)), _connector='OR'), name='records_watch_names_its_token'),
        ),
        migrations.AddConstraint(
            model_name='watch',
            constraint=models.CheckConstraint(condition=models.Q(('budget__gte', 1), ('budget__lte', 1000000)), name='records_watch_has_a_budget'),
        ),
        migrations.AddConstraint(
            model_name='watch',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('proposed_at')), ('ends_at__lte', django.db.models.expressions.CombinedExpression(models.F('proposed_at'), '+', models.Value(datetime.timedelta(days=90)))), ('start_until__gt', models.F('proposed_at'))), name='records_watch_is_bounded'),
        ),
        migrations.AddConstraint(
            model_name='watch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('started_at__isnull', True), ('started_by__isnull', True)), models.Q(('started_at__isnull', False), ('started_at__lte', models.F('start_until')), models.Q(('started_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='records_watch_started_by_another'),
        ),
        migrations.AddConstraint(
            model_name='watch',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('ended_by__isnull', True), ('ended_why', '')), models.Q(('ended_at__isnull', False), ('ended_by__isnull', False), models.Q(('ended_why', ''), _negated=True)), models.Q(('ended_at__gte', models.F('ends_at')), ('ended_by__isnull', True), ('ended_why', '')), models.Q(('ended_at__gte', models.F('start_until')), ('ended_by__isnull', True), ('ended_why', ''), ('started_at__isnull', True)), _connector='OR'), name='records_watch_ends_by_a_person_or_its_day'),
        ),
        migrations.AddConstraint(
            model_name='backlog',
            constraint=models.CheckConstraint(condition=models.Q(('sha256__regex', '^[0-9a-f]{64}$')), name='records_backlog_hash_is_sha256'),
        ),
        migrations.AddConstraint(
            model_name='backlog',
            constraint=models.UniqueConstraint(fields=('platform', 'sha256', 'columns', 'policy_hash', 'engine'), name='records_backlog_once'),
        ),
        migrations.AddConstraint(
            model_name='backlog',
            constraint=models.CheckConstraint(condition=models.Q(('finished_at__isnull', True), models.Q(('receipt', ''), _negated=True), _connector='XOR'), name='records_backlog_finished_with_receipt'),
        ),
        migrations.AddConstraint(
            model_name='watchday',
            constraint=models.UniqueConstraint(fields=('watch', 'day'), name='records_watch_day_once'),
        ),
        migrations.AddIndex(
            model_name='watchfinding',
            index=models.Index(condition=models.Q(('report__isnull', True)), fields=['account'], name='records_finding_account'),
        ),
        migrations.AddIndex(
            model_name='watchfinding',
            index=models.Index(condition=models.Q(('report__isnull', True)), fields=['seen_at'], name='records_finding_expiry'),
        ),
        migrations.AddIndex(
            model_name='watchfinding',
            index=models.Index(condition=models.Q(('content__gt', b''), ('report__isnull', False)), fields=['seen_at'], name='records_finding_codes'),
        ),
        migrations.AddIndex(
            model_name='watchfinding',
            index=models.Index(condition=models.Q(('same_words__isnull', False)), fields=['same_words'], name='records_finding_waits'),
        ),
        migrations.AddConstraint(
            model_name='watchfinding',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['new', 'edit'])), name='records_watchfinding_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='watchfinding',
            constraint=models.CheckConstraint(condition=models.Q(('report__isnull', True), ('same_words__isnull', True), _connector='OR'), name='records_finding_waits_without_a_case'),
        ),
        migrations.AddConstraint(
            model_name='watchfinding',
            constraint=models.UniqueConstraint(fields=('native', 'content'), name='records_found_once'),
        ),
        migrations.AddConstraint(
            model_name='watchfinding',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('report__isnull', True), ('sealed__isnull', False)), models.Q(('report__isnull', False), ('sealed__isnull', True)), _connector='OR'), name='records_finding_is_kept_in_one_place'),
        ),
        migrations.AddIndex(
            model_name='watchcapture',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['found_at'], name='records_capture_waiting'),
        ),
        migrations.AddConstraint(
            model_name='watchcapture',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'rendered', 'page_only', 'text_only'])), name='records_watchcapture_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='watchcapture',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', True), ('sealed__isnull', False), ('state', jaga.core.terms.reports.CaptureState['WAITING'])), models.Q(models.Q(('state', jaga.core.terms.reports.CaptureState['WAITING']), _negated=True), ('ended_at__isnull', False), ('sealed__isnull', True)), _connector='OR'), name='records_capture_has_an_address_while_it_waits'),
        ),
        migrations.AddIndex(
            model_name='watchmedia',
            index=models.Index(condition=models.Q(('state', jaga.core.terms.reports.MediaState['ASKED'])), fields=['asked_at'], name='records_media_waiting'),
        ),
        migrations.AddConstraint(
            model_name='watchmedia',
            constraint=models.CheckConstraint(condition=models.Q(('address', ''), ('address__startswith', 'k1:'), _connector='OR'), name='records_watchmedia_address_sealed'),
        ),
        migrations.AddConstraint(
            model_name='watchmedia',
            constraint=models.CheckConstraint(condition=models.Q(('reason', ''), ('reason__startswith', 'k1:'), _connector='OR'), name='records_watchmedia_reason_sealed'),
        ),
        migrations.AddConstraint(
            model_name='watchmedia',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['named', 'asked', 'kept', 'unavailable'])), name='records_watchmedia_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='watchmedia',
            constraint=models.UniqueConstraint(fields=('report', 'number'), name='records_media_numbered_once'),
        ),
        migrations.AddConstraint(
            model_name='watchmedia',
            constraint=models.CheckConstraint(condition=models.Q(('sha256', ''), ('sha256__regex', '^[0-9a-f]{64}$'), _connector='OR'), name='records_media_hash_is_sha256'),
        ),
        migrations.AddConstraint(
            model_name='watchmedia',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('asked_at__isnull', True), ('asked_by__isnull', True), ('reason', '')), models.Q(('asked_at__isnull', False), ('asked_by__isnull', False), models.Q(('reason', ''), _negated=True)), _connector='OR'), name='records_media_asked_for_by_a_person'),
        ),
        migrations.AddConstraint(
            model_name='watchmedia',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('asked_by__isnull', True), ('ended_at__isnull', True), ('state', jaga.core.terms.reports.MediaState['NAMED'])), models.Q(('asked_by__isnull', False), ('ended_at__isnull', True), ('state', jaga.core.terms.reports.MediaState['ASKED'])), models.Q(('asked_by__isnull', False), ('ended_at__isnull', False), ('state', jaga.core.terms.reports.MediaState['KEPT'])), models.Q(('ended_at__isnull', False), ('state', jaga.core.terms.reports.MediaState['UNAVAILABLE'])), _connector='OR'), name='records_media_states'),
        ),
        migrations.AddConstraint(
            model_name='watchoptout',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('taken_back_by__isnull', True), ('taken_back_why', '')), models.Q(('taken_back_at__isnull', False), ('taken_back_by__isnull', False), models.Q(('taken_back_why', ''), _negated=True)), _connector='OR'), name='records_opt_out_taken_back_with_a_reason'),
        ),
        migrations.AddIndex(
            model_name='watchpush',
            index=models.Index(fields=['received_at'], name='records_push_expiry'),
        ),
        migrations.AddConstraint(
            model_name='watchpush',
            constraint=models.CheckConstraint(condition=models.Q(('format__in', ['lines', 'arrow'])), name='records_watchpush_format_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='watchpush',
            constraint=models.UniqueConstraint(fields=('watch', 'number'), name='records_push_numbered_once'),
        ),
        migrations.AddConstraint(
            model_name='watchpush',
            constraint=models.UniqueConstraint(fields=('watch', 'hook_id'), name='records_push_taken_once'),
        ),
        migrations.AddConstraint(
            model_name='watchpush',
            constraint=models.CheckConstraint(condition=models.Q(('digest__regex', '^[0-9a-f]{64}$')), name='records_push_has_its_digest'),
        ),
        migrations.AddIndex(
            model_name='watchsample',
            index=models.Index(fields=['native'], name='records_sample_native'),
        ),
        migrations.AddIndex(
            model_name='watchsample',
            index=models.Index(fields=['at'], name='records_sample_expiry'),
        ),
        migrations.AddIndex(
            model_name='watchsample',
            index=models.Index(fields=['week', 'kind', 'rule', 'ticket'], name='records_sample_draw'),
        ),
        migrations.AddConstraint(
            model_name='watchsample',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['public_rooms', 'mastodon', 'atproto', 'web', 'file', 'stream', 'backlog'])), name='records_watchsample_kind_is_a_term'),
        ),
        migrations.AddIndex(
            model_name='webhookendpoint',
            index=models.Index(condition=models.Q(('disabled_at__isnull', True)), fields=['holder'], name='records_webhook_in_use'),
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.CheckConstraint(condition=models.Q(('events__contained_by', ['report.filed', 'report.decided', 'report.verified', 'request.filed', 'request.decided', 'request.verified', 'clarification.asked', 'endpoint.test'])), name='records_webhook_of_known_events'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('state', jaga.core.terms.outside.DeliveryState['WAITING'])), fields=['next_attempt_at'], name='records_webhook_due'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.CheckConstraint(condition=models.Q(('event__in', ['report.filed', 'report.decided', 'report.verified', 'request.filed', 'request.decided', 'request.verified', 'clarification.asked', 'endpoint.test'])), name='records_webhookdelivery_event_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['waiting', 'delivered', 'dead'])), name='records_webhookdelivery_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='workingcopy',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['made', 'not_drawn'])), name='records_workingcopy_state_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='workingcopy',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('height__gt', 0), ('height__lte', 1600), ('sha256__regex', '^[0-9a-f]{64}$'), ('state', jaga.core.terms.reports.CopyState['MADE']), ('width__gt', 0), ('width__lte', 1600)), models.Q(models.Q(('state', jaga.core.terms.reports.CopyState['MADE']), _negated=True), ('height', 0), ('sha256', ''), ('width', 0)), _connector='OR'), name='records_copy_is_small_or_nothing'),
        ),
        migrations.AddConstraint(
            model_name='youthcheck',
            constraint=models.CheckConstraint(condition=models.Q(('answer__in', ['no_sign', 'may_be_minor'])), name='records_youthcheck_answer_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='youthcheck',
            constraint=models.UniqueConstraint(fields=('evidence', 'case', 'answer'), name='records_youth_answered_once'),
        ),
    ]), migrations.RunSQL(guards(), WITHOUT_GUARDS)]
