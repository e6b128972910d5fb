"""When the file of a batch was deleted, because its days were over."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0012_retention_and_legal_holds'),
    ]

    operations = [
        migrations.AddField(
            model_name='batch',
            name='file_deleted_at',
            field=models.DateTimeField(null=True),
        ),
    ]
