"""Forms that store once, however often they are sent."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]
    operations = [
        migrations.CreateModel("SentForm", fields=[
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("name_hash", models.BinaryField(max_length=32, unique=True)),
            ("content_hash", models.BinaryField(max_length=32)),
            ("sender_hash", models.BinaryField(max_length=32)),
            ("sealed", models.BinaryField()),
            ("lasting", models.BooleanField()),
            ("at", models.DateTimeField()),
        ], options={"indexes": [
            models.Index(fields=["at"], name="records_sent_form_at"),
            models.Index(fields=["sender_hash", "-id"], name="records_sent_form_last"),
        ]}),
    ]
