"""When the file of a batch was deleted, because its days were over."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0013_requests_of_persons_and_breaches'),
    ]

    operations = [
        migrations.AddField(
            model_name='batch',
            name='file_deleted_at',
            field=models.DateTimeField(null=True),
        ),
    ]
