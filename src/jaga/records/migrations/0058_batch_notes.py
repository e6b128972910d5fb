"""What a person should know of how a file was read: which sheet, and where its names stand."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("records", "0053_quote_consents"),
    ]

    operations = [
        migrations.AddField(
            model_name="batch",
            name="notes",
            field=models.JSONField(db_default=[], default=list),
        ),
    ]
