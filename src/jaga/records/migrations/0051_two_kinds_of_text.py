"""What reporters wrote and what accounts were seen to publish stand in columns of their own.

Until now a report's `text` held either. Of observations it moves to `published`. What was found in reporters' words goes:
their signals but those of the victim-first way, their lines of copies, their traces and the resemblances that rest on
these; scores and ranks are made anew from what was seen.
"""

from typing import ClassVar

from django.db import migrations, models
from django.db.models import Q

_READ = """
CREATE OR REPLACE FUNCTION records_read_for_search(wanted bigint[]) RETURNS TABLE(number bigint, words tsvector)
LANGUAGE sql STABLE AS $$
    SELECT c.id, array_to_tsvector(
        ARRAY['=category:' || c.category, '=channel:' || c.channel, '=platform:' || p.name] || named.names)
        || coalesce(said.words, ''::tsvector)
    FROM records_case c
    JOIN records_subject s ON s.id = c.subject_id
    JOIN records_platform p ON p.id = s.platform_id
    CROSS JOIN LATERAL (
        SELECT array_agg(DISTINCT kind || ltrim(records_fold(called.name), '@')) AS names
        FROM (SELECT s.account_id UNION ALL SELECT s.handle
              UNION ALL SELECT unnest(ARRAY[o.account_id, o.handle]) FROM records_linkedaccount l
              JOIN records_subject o ON o.id = l.subject_id WHERE l.case_id = c.id AND l.withdrawn_at IS NULL
             ) AS called(name)
        -- Part of a name may point at a victim: such a case is found by the whole name only.
        CROSS JOIN unnest(CASE WHEN c.victim_first THEN ARRAY['=account:'] ELSE ARRAY['=account:', '=name:'] END) kind
        WHERE called.name <> '') named
    LEFT JOIN LATERAL (
        SELECT to_tsvector('simple', records_fold(left(string_agg(few.said, ' '), 20000))) AS words
        FROM (SELECT {said} AS said FROM records_report r WHERE r.case_id = c.id
              ORDER BY r.id LIMIT 50) few) said ON NOT c.victim_first
    WHERE c.id = ANY(wanted)
$$;
"""
_TRIGGER = """
DROP TRIGGER records_search_moved_report ON records_report;
CREATE TRIGGER records_search_moved_report AFTER UPDATE OF {columns} ON records_report
    FOR EACH ROW WHEN (NEW.case_id IS NOT NULL AND ({new}) IS DISTINCT FROM ({old}))
    EXECUTE FUNCTION records_report_is_stale();
"""
_NOW, _BEFORE = ("case_id", "text", "excerpt", "published", "place"), ("case_id", "text", "place")


def _search(columns: tuple[str, ...]) -> str:
    read = _READ.format(said=" || ' ' || ".join(f"r.{name}" for name in columns if name != "case_id"))
    return read + _TRIGGER.format(columns=", ".join(columns), new=", ".join(f"NEW.{name}" for name in columns),
                                  old=", ".join(f"OLD.{name}" for name in columns))


# Not the sentences of our own that say what a look at a closed account found.
SEEN = ("UPDATE records_report SET published = text, text = '' WHERE form = 'observation'"
        " AND origin_ref !~ '^(verification|second-look):';")
UNSEEN = "UPDATE records_report SET text = published, published = '' WHERE form = 'observation' AND published <> '';"
FORGET = """
UPDATE records_signal g SET text_kind = 'words' FROM records_report r WHERE r.id = g.report_id AND r.form <> 'observation';
DELETE FROM records_signal WHERE text_kind = 'words' AND category NOT IN ('child_protection', 'trafficking');
CREATE TEMP TABLE claimed ON COMMIT DROP AS
    SELECT l.id FROM records_cluster l JOIN records_report r ON r.id = l.report_id WHERE r.form <> 'observation';
UPDATE records_case SET cluster_id = NULL WHERE cluster_id IN (SELECT id FROM claimed);
DELETE FROM records_clusterkey WHERE cluster_id IN (SELECT id FROM claimed);
DELETE FROM records_cluster WHERE id IN (SELECT id FROM claimed);
CREATE TEMP TABLE claimed_traces ON COMMIT DROP AS
    SELECT t.id FROM records_trace t JOIN records_report r ON r.id = t.report_id WHERE r.form <> 'observation';
DELETE FROM records_traceband WHERE trace_id IN (SELECT id FROM claimed_traces);
DELETE FROM records_trace WHERE id IN (SELECT id FROM claimed_traces);
UPDATE records_resemblance o SET withdrawn_at = greatest(now(), found_at) WHERE withdrawn_at IS NULL AND EXISTS (
    SELECT 1 FROM jsonb_array_elements(o.evidence) pair, jsonb_array_elements_text(pair) one
    WHERE NOT EXISTS (SELECT 1 FROM records_trace t WHERE t.id = one::bigint));
UPDATE records_case c SET score = coalesce((
    SELECT max(one.score) FROM (
        SELECT least(1, 1 - exp(sum(ln(greatest(1 - g.weight, 1e-9))))) AS score FROM records_signal g
        WHERE g.case_id = c.id AND g.text_kind = 'published' GROUP BY g.report_id, g.version) one), 0)
    WHERE c.score <> 0 AND c.state IN ('received', 'in_review', 'second_vote', 'adjudication');
UPDATE records_case c SET rank_at = due_at - interval '6 hours' * (
        ln(severity * least(12, greatest(1, sources_count)) * (1 + score) * CASE WHEN flagged THEN 1.5 ELSE 1 END) / ln(2))
    WHERE state IN ('in_review', 'second_vote', 'adjudication');
"""


class Migration(migrations.Migration):
    """Columns, the search's reading of them, a rule, and what followed from claims."""

    dependencies: ClassVar = [("records", "0057_hearings")]
    operations: ClassVar = [
        migrations.AddField("report", "excerpt", models.TextField(blank=True, default="", db_default="")),
        migrations.AddField("report", "published", models.TextField(blank=True, default="", db_default="")),
        migrations.AddField("signal", "text_kind", models.CharField(
            max_length=20, choices=[("words", "words"), ("excerpt", "excerpt"), ("published", "published")],
            default="published", db_default="published")),
        migrations.AddConstraint("signal", models.CheckConstraint(
            condition=Q(text_kind__in=["words", "excerpt", "published"]), name="records_signal_text_kind_is_a_term")),
        migrations.RunSQL(_search(_NOW), _search(_BEFORE)),
        migrations.RunSQL(SEEN, UNSEEN),
        migrations.AddConstraint("report", models.CheckConstraint(
            condition=~Q(form="observation") | Q(text="", excerpt="") | Q(published="", excerpt=""),
            name="records_observation_has_no_reporters_words")),
        migrations.RunSQL(FORGET, migrations.RunSQL.noop),
    ]
