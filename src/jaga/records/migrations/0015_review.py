"""What the review page keeps: the elements of the rule that a voter ticked."""

from typing import ClassVar

from django.db import migrations, models

GUARD = """
CREATE FUNCTION records_vote_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.kind = 'close' AND jsonb_array_length(NEW.elements) = 0 THEN
        RAISE EXCEPTION 'jaga: a vote for a closure names the elements that it found' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER records_vote_guard BEFORE INSERT ON records_vote
    FOR EACH ROW EXECUTE FUNCTION records_vote_guard();
"""


class Migration(migrations.Migration):
    """A column, and a trigger on new rows alone: votes from before have none, and stand as they are."""

    dependencies: ClassVar = [("records", "0014_in_app")]
    operations: ClassVar = [
        migrations.AddField("vote", "elements", models.JSONField(default=list)),
        migrations.RunSQL(GUARD, "DROP FUNCTION records_vote_guard CASCADE;"),
    ]
