"""Answers about minors in pictures, for the seconds in which they can be undone."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0003_prepared_facts'),
    ]

    operations = [
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
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pending_youth_answers', to='records.person')),
            ],
            options={
                'constraints': [models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('evidence', 'case'), name='records_youth_answer_pending_once'), models.CheckConstraint(condition=models.Q(('undone', False), ('ended_at__isnull', False), _connector='OR'), name='records_youth_answer_undone_has_ended')],
            },
        ),
    ]
