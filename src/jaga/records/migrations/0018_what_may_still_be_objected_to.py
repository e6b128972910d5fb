"""Ended holds and answered appeals still bind; failures of deletions; the first day of plans; the clock's anchor."""

import re
from pathlib import Path

from django.conf import settings
from django.db import migrations, models

from jaga.records.operations_together import OperationsTogether

_HERE = Path(__file__).parent
_GUARD = (_HERE / "guards_0018" / "erasure.sql").read_text()
_BEFORE = re.search(r"CREATE (FUNCTION records_erasure_guard\(\).*?END \$\$;\n)",
                    (_HERE / "guards_0012" / "retention.sql").read_text(), re.DOTALL)
assert _BEFORE
_PLANNED = """
UPDATE records_retentionclock SET planned_since = (SELECT min(day)::timestamptz FROM records_retentionsweep)"""
_FAILURES = [
    migrations.AddField(model_name=model, name=name, field=field)
    for model in ("filetodelete", "retentiondue")
    for name, field in (("failed_at", models.DateTimeField(null=True)),
                        ("failure", models.CharField(blank=True, max_length=200)))
]


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0016_the_published_log'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        OperationsTogether([
            *_FAILURES,
            migrations.AddField(
                model_name='retentionclock', name='planned_since', field=models.DateTimeField(null=True)),
            migrations.AddField(model_name='retentionclock', name='anchor_at', field=models.DateTimeField(null=True)),
            migrations.AddField(
                model_name='retentionclock', name='anchor_boot', field=models.CharField(blank=True, max_length=40)),
            migrations.AddField(model_name='retentionclock', name='anchor_up', field=models.FloatField(default=0)),
            migrations.AddConstraint(model_name='legalhold', constraint=models.UniqueConstraint(
                condition=models.Q(('confirmed_at__isnull', True)), fields=('case', 'asked_by'),
                name='records_hold_asked_once_unconfirmed')),
        ]),
        migrations.RunSQL(_PLANNED, migrations.RunSQL.noop),
        migrations.RunSQL(_GUARD, f"CREATE OR REPLACE {_BEFORE[1]}"),
    ]
