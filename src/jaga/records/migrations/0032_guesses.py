"""Wrong passwords are counted by address, network, name and device; wrong codes for each device. The tables of
django-axes, which counted before, go: what they held was over within a quarter of an hour.
"""

from typing import ClassVar

from django.db import migrations, models

AXES = """
DROP TABLE IF EXISTS axes_accessattemptexpiration, axes_accessattempt, axes_accesslog, axes_accessfailurelog CASCADE;
DELETE FROM django_migrations WHERE app = 'axes';
"""


class Migration(migrations.Migration):
    """A table, a column, and the tables of another program that are not used any more."""

    dependencies: ClassVar = [("records", "0030_action_guard")]
    operations: ClassVar = [
        migrations.CreateModel(
            name="GuessCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.BinaryField(max_length=32, unique=True)),
                ("kind", models.CharField(choices=[("address", "address"), ("network", "network"), ("name", "name"), ("device", "device"), ("turn", "turn")], max_length=10)),
                ("used_until", models.DateTimeField(db_index=True)),
            ],
            options={"constraints": [models.CheckConstraint(condition=models.Q(("kind__in", ["address", "network", "name", "device", "turn"])), name="records_guesscount_kind_is_a_term")]},
        ),
        migrations.AddField("factortries", "device", models.CharField(blank=True, max_length=32, default=""), preserve_default=False),
        migrations.AlterField("factortries", "person", models.ForeignKey(on_delete=models.deletion.CASCADE, related_name="factor_tries", to="records.person")),
        migrations.AddConstraint("factortries", models.UniqueConstraint(fields=("person", "device"), name="records_tries_of_a_device_once")),
        migrations.RunSQL(AXES, migrations.RunSQL.noop),
    ]
