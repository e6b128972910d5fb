"""Letters' numbers that look alike are one number: the keys of all orders are counted anew."""

from collections import defaultdict
from typing import Any, ClassVar

from django.db import migrations

from jaga.records.letter_numbers import number_key


def count_anew(apps: Any, schema_editor: Any) -> None:
    """Where letters of one organisation that were told apart are now one number, the first keeps it; the later ones
    keep their old keys, which no new letter can have. An order's other columns stay, and so does its guard.
    """
    orders = apps.get_model("records", "Order")
    taken: dict[tuple[int, str], str] = {}
    changed: dict[str, list[int]] = defaultdict(list)
    rows = orders.objects.order_by("pk").values_list("pk", "organisation_id", "letter_number", "number_key")
    for pk, organisation, number, before in rows.iterator():
        key = number_key(number)
        if taken.setdefault((organisation, key), before) == before:
            changed[key].append(pk)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("ALTER TABLE records_order DISABLE TRIGGER records_order_guard")
        for key, numbers in changed.items():
            cursor.execute("UPDATE records_order SET number_key = %s WHERE id = ANY(%s)", [key, numbers])
        cursor.execute("ALTER TABLE records_order ENABLE TRIGGER records_order_guard")


class Migration(migrations.Migration):
    """Data only."""

    dependencies: ClassVar = [("records", "0034_key_fingerprints")]
    operations: ClassVar = [migrations.RunPython(count_anew, migrations.RunPython.noop)]
