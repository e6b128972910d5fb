"""What a stable id is on each platform, as its adapter declares it. Known until now for the AT Protocol only."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

DID = r"did:(plc:[a-z2-7]{24}|web:[A-Za-z0-9._%-]{1,200})"


def declare(apps: Apps, _: BaseDatabaseSchemaEditor) -> None:
    apps.get_model("records", "Platform").objects.filter(adapter__in=["atproto_pds", "ozone"]).update(stable_id=DID)


class Migration(migrations.Migration):
    dependencies = [("records", "0049_appeal_until")]

    operations = [
        migrations.AddField("platform", "stable_id", models.CharField(blank=True, default="", max_length=200),
                            preserve_default=False),
        migrations.AddField("platform", "named_like", models.CharField(blank=True, default="", max_length=40),
                            preserve_default=False),
        migrations.RunPython(declare, migrations.RunPython.noop),
    ]
