"""Factors are django-allauth's (`allauth.mfa`) from now on, and demanded of everybody who is not exempted."""

from django.db import migrations, models
from django.db.models import CASCADE, PROTECT


class Migration(migrations.Migration):
    dependencies = [("records", "0003_epochs")]
    operations = [
        migrations.DeleteModel("TotpSecret"),
        migrations.DeleteModel("Passkey"),
        migrations.DeleteModel("RecoveryCode"),
        migrations.DeleteModel("FactorDemand"),
        migrations.CreateModel("FactorExemption", [
            ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ("exempted_at", models.DateTimeField()),
            ("exempted_by", models.ForeignKey("records.person", null=True, on_delete=PROTECT, related_name="+")),
            ("person", models.OneToOneField("records.person", on_delete=CASCADE, related_name="factor_exemption")),
        ]),
    ]
