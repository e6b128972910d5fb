"""The locators of an authority's request are deleted with its words."""

from pathlib import Path

from django.db import migrations

_GUARDS = (Path(__file__).parent / "guards_0033" / "locators.sql").read_text()
_BACK = """
DROP TRIGGER IF EXISTS records_locatorversion_edit_guard ON records_locatorversion;
DROP TRIGGER IF EXISTS records_locatorversion_guard ON records_locatorversion;
CREATE TRIGGER records_locatorversion_append_only BEFORE UPDATE OR DELETE ON records_locatorversion
    FOR EACH ROW EXECUTE FUNCTION records_append_only();
DROP TRIGGER IF EXISTS records_authorityrequest_edit_guard ON records_authorityrequest;
DROP FUNCTION IF EXISTS records_request_is_erased(bigint);
DROP FUNCTION IF EXISTS records_report_is_erased(bigint);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0032_what_erasure_reaches'),
    ]

    operations = [
        migrations.RunSQL(_GUARDS, _BACK),
    ]
