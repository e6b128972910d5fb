"""The form asks for no proof of work, so there are no challenges to be spent (ADR 0067)."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("records", "0060_no_runs")]
    operations = [
        migrations.DeleteModel("SpentChallenge"),
    ]
