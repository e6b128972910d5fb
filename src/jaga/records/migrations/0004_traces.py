"""Traces that accounts leave, and resemblances to accounts that people decided against."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0003_operators'),
    ]

    operations = [
        migrations.CreateModel(
            name='Resemblance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('likelihood', models.CharField(choices=[('likely', 'likely'), ('possible', 'possible')], max_length=20)),
                ('kinds', models.JSONField(default=list)),
                ('evidence', models.JSONField(default=list)),
                ('found_at', models.DateTimeField()),
                ('withdrawn_at', models.DateTimeField(null=True)),
                ('case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='resemblances', to='records.case')),
                ('earlier_case', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='resembled_by', to='records.case')),
                ('earlier_subject', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='resembled_by', to='records.subject')),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='resemblances', to='records.subject')),
            ],
        ),
        migrations.CreateModel(
            name='ResemblanceJudgement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('same_holder', models.BooleanField()),
                ('at', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='resemblances_judged', to=settings.AUTH_USER_MODEL)),
                ('resemblance', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='judgements', to='records.resemblance')),
            ],
        ),
        migrations.CreateModel(
            name='Trace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('contact', 'contact'), ('text', 'text'), ('image', 'image'), ('handle', 'handle')], max_length=20)),
                ('key', models.BinaryField(max_length=32)),
                ('masked', models.CharField(blank=True, max_length=120)),
                ('start', models.PositiveIntegerField(default=0)),
                ('end', models.PositiveIntegerField(default=0)),
                ('seen_at', models.DateTimeField()),
                ('report', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='traces', to='records.report')),
                ('subject', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='traces', to='records.subject')),
            ],
        ),
        migrations.CreateModel(
            name='TraceBand',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.BinaryField(max_length=32)),
                ('trace', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='bands', to='records.trace')),
            ],
        ),
        migrations.CreateModel(
            name='TracedReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('report', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='traced', to='records.report')),
            ],
        ),
        migrations.AddConstraint(
            model_name='resemblance',
            constraint=models.CheckConstraint(condition=models.Q(('likelihood__in', ['likely', 'possible'])), name='records_resemblance_likelihood_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='resemblance',
            constraint=models.CheckConstraint(condition=models.Q(('subject', models.F('earlier_subject')), _negated=True), name='records_resemblance_is_of_another_account'),
        ),
        migrations.AddConstraint(
            model_name='resemblance',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('evidence', []), _negated=True), models.Q(('kinds', []), _negated=True)), name='records_resemblance_has_evidence'),
        ),
        migrations.AddConstraint(
            model_name='resemblance',
            constraint=models.CheckConstraint(condition=models.Q(('withdrawn_at__isnull', True), ('withdrawn_at__gte', models.F('found_at')), _connector='OR'), name='records_resemblance_withdrawn_later'),
        ),
        migrations.AddConstraint(
            model_name='resemblance',
            constraint=models.UniqueConstraint(condition=models.Q(('withdrawn_at__isnull', True)), fields=('case', 'earlier_subject'), name='records_resemblance_once'),
        ),
        migrations.AddConstraint(
            model_name='resemblancejudgement',
            constraint=models.UniqueConstraint(fields=('resemblance', 'person'), name='records_resemblance_judged_once_each'),
        ),
        migrations.AddIndex(
            model_name='trace',
            index=models.Index(fields=['key'], name='records_trace_key'),
        ),
        migrations.AddConstraint(
            model_name='trace',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['contact', 'text', 'image', 'handle'])), name='records_trace_kind_is_a_term'),
        ),
        migrations.AddConstraint(
            model_name='trace',
            constraint=models.UniqueConstraint(fields=('subject', 'kind', 'key'), name='records_trace_once'),
        ),
        migrations.AddConstraint(
            model_name='trace',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('end', 0), ('start', 0)), models.Q(('end__gt', models.F('start')), ('report__isnull', False)), _connector='OR'), name='records_trace_has_a_span_in_a_report'),
        ),
        migrations.AddIndex(
            model_name='traceband',
            index=models.Index(fields=['key'], name='records_trace_band_key'),
        ),
    ]
