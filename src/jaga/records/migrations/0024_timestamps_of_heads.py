"""Time stamps of published heads, by an authority outside (RFC 3161). They are never edited."""

import django.db.models.deletion
from django.db import migrations, models

_GUARD = """
CREATE TRIGGER records_headtimestamp_append_only BEFORE UPDATE OR DELETE ON records_headtimestamp
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
"""
_REMOVE = "DROP TRIGGER IF EXISTS records_headtimestamp_append_only ON records_headtimestamp"


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0023_backlogs'),
    ]

    operations = [
        migrations.CreateModel(
            name='HeadTimestamp',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stamp', models.BinaryField()),
                ('stamped_at', models.DateTimeField()),
                ('received_at', models.DateTimeField()),
                ('head', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='timestamp', to='records.publishedhead')),
            ],
        ),
        migrations.RunSQL(_GUARD, _REMOVE),
    ]
