from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0039_texts_under_other_ids'),
    ]

    operations = [
        migrations.RenameModel(old_name='RoundFault', new_name='PeriodicTaskFault'),
    ]
