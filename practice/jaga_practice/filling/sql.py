"""SQL statements of `jaga practice fill`: one chunk of invented cases, table by table, from the profiles.

Randomness comes from `hashint8extended(number, seed + which)`, so that a seed always gives the same cases. Constraints
and triggers stay active.
"""

PREPARE = """
CREATE TEMP TABLE fill_profile (
    p int PRIMARY KEY, category text, channel text, form text, language text, platform_id bigint, severity smallint,
    victim_first boolean, urgent boolean, queue text, clearance text, hours int, said text, place text, score float8,
    outcome text, seconded boolean, first_vote text, basis text, elements jsonb, words tsvector, place_words tsvector);
CREATE TEMP TABLE fill_signal (
    p int, source text, version text, category text, weight float8, msgid text, params jsonb, starts int, ends int);
CREATE TEMP TABLE fill_contact (k int PRIMARY KEY, said text, key bytea, masked text, words tsvector);
CREATE TEMP TABLE fill_number (j int PRIMARY KEY, words tsvector);
CREATE AGGREGATE pg_temp.joined(tsvector) (SFUNC = tsvector_concat, STYPE = tsvector);
CREATE FUNCTION pg_temp.u(number bigint, which bigint) RETURNS float8 LANGUAGE sql IMMUTABLE AS
    'SELECT (hashint8extended($1, $2) & 2147483647)::float8 / 2147483648';
"""

# One row for each case. Cases whose number ends in 7, 8 or 9 share accounts with others of their ten, so most accounts
# have one case and some several. Waiting cases have their own account.
CHUNK = """
CREATE TEMP TABLE fill_now ON COMMIT DROP AS
WITH drawn AS (
    SELECT n, pg_temp.u(n, %(seed)s) AS state_u, pg_temp.u(n, %(seed)s + 1) AS age_u,
        floor(pg_temp.u(n, %(seed)s + 2) * %(profiles)s)::int AS p, pg_temp.u(n, %(seed)s + 3) AS reports_u,
        pg_temp.u(n, %(seed)s + 4) AS contact_u, pg_temp.u(n, %(seed)s + 5) AS lag_u,
        floor(pg_temp.u(n, %(seed)s + 6) * %(people)s)::int AS first_voter, pg_temp.u(n, %(seed)s + 7) AS name_u
    FROM generate_series(%(start)s::bigint, %(end)s::bigint - 1) n
), placed AS (
    SELECT d.*, state_u < %(waiting)s AS waits,
        (n - %(start)s) %% 10 >= 7 AND state_u >= %(waiting)s AS again,
        CASE WHEN reports_u < 0.72 THEN 1 WHEN reports_u < 0.90 THEN 2 WHEN reports_u < 0.97 THEN 4
             WHEN reports_u < 0.995 THEN 8 ELSE 25 END AS reports
    FROM drawn d
)
SELECT n, p.p, nextval(pg_get_serial_sequence('records_case', 'id')) AS case_id,
    CASE WHEN NOT again THEN nextval(pg_get_serial_sequence('records_subject', 'id')) END AS subject_id,
    (n - %(start)s) / 10 AS ten, floor(name_u * 7)::int AS of_ten, (n - %(start)s) %% 10 AS in_ten, again, waits,
    CASE WHEN NOT waits THEN 'resolved'
         WHEN state_u < %(waiting)s * 0.78 OR (NOT pr.seconded AND pr.first_vote = 'dismiss') THEN 'in_review'
         WHEN state_u < %(waiting)s * 0.97 THEN 'second_vote' ELSE 'adjudication' END AS state,
    moment.opened_at, moment.opened_at + make_interval(hours => pr.hours) AS due_at,
    CASE WHEN NOT waits THEN moment.opened_at + interval '30 hours' * power(lag_u, 1.6) + interval '15 minutes' END
        AS decided_at,
    reports, greatest(1, ceil(reports * 0.7))::int AS sources,
    -- Few contacts are in very many reports: the k-th about as often as 1/k.
    CASE WHEN contact_u < 0.35
         THEN least(%(contacts)s - 1, floor(exp(contact_u / 0.35 * ln(%(contacts)s))))::int END AS k,
    first_voter, (first_voter + 1 + floor(lag_u * (%(people)s - 1))::int) %% %(people)s AS second_voter, name_u
FROM placed p JOIN fill_profile pr USING (p)
CROSS JOIN LATERAL (SELECT CASE
    WHEN waits AND age_u < 0.97 THEN %(now)s - make_interval(hours => pr.hours) * power(age_u / 0.97, 1.3)
    WHEN waits THEN %(now)s - make_interval(hours => pr.hours) * (1 + (age_u - 0.97) * 20)
    ELSE %(first)s + (%(last)s - %(first)s) * (n::float8 / %(cases)s) END AS opened_at) moment;
UPDATE fill_now again SET subject_id = own.subject_id FROM fill_now own
    WHERE again.again AND own.ten = again.ten AND own.in_ten = again.of_ten;
"""

SUBJECTS = """
INSERT INTO records_subject (id, platform_id, kind, account_id, handle, first_seen_at)
SELECT f.subject_id, pr.platform_id, 'account',
    (%(names)s::text[])[1 + floor(pg_temp.u(n, %(seed)s + 8) * 20)::int] || '_'
    || (%(more)s::text[])[1 + floor(pg_temp.u(n, %(seed)s + 9) * 20)::int] || n, '', f.opened_at
FROM fill_now f JOIN fill_profile pr USING (p) WHERE NOT f.again
"""

CASES = {
    "id": "f.case_id",
    "key_number": "%(case_key)s",
    "subject_id": "f.subject_id",
    "category": "pr.category",
    "state": "f.state",
    "channel": "pr.channel",
    "severity": "pr.severity",
    "victim_first": "pr.victim_first",
    "victim_state": "CASE WHEN pr.victim_first THEN 'proposed' ELSE 'none' END",
    "urgent": "pr.urgent",
    "conduct_on": "f.opened_at::date",
    "opened_at": "f.opened_at",
    "due_at": "f.due_at",
    "reports_count": "f.reports",
    "sources_count": "f.sources",
    "score": "pr.score",
    "flagged": "false",
    "rank_at": "f.due_at - interval '6 hours' * (ln(pr.severity * least(12, f.sources) * (1 + pr.score)) / ln(2))",
    "queue": "pr.queue",
    "routed_by": "%(policy)s",
    "clearance": "pr.clearance",
    "language": "pr.language",
    "decided_at": "f.decided_at",
    "resolved_at": "f.decided_at",
}

REPORTED = """
CREATE TEMP TABLE fill_report ON COMMIT DROP AS
SELECT f.n, j, f.p, nextval(pg_get_serial_sequence('records_report', 'id')) AS id, f.case_id, f.subject_id, f.k,
    f.sources,
    least(f.opened_at + (coalesce(f.decided_at, %(now)s) - f.opened_at) * ((j - 1)::float8 / f.reports), %(now)s) AS at,
    f.due_at
FROM fill_now f CROSS JOIN LATERAL generate_series(1, f.reports) j
"""

# The first report of a case and every observation hold published text, the others a reporter's words.
SAID = """
SELECT r.id, r.j = 1 OR pr.form = 'observation',
    pr.said || CASE WHEN r.j > 1 THEN ' (' || r.j || ')' ELSE '' END || coalesce(' WA ' || c.said, ''),
    CASE WHEN pr.channel = 'watch' THEN pr.place ELSE '' END
FROM fill_report r JOIN fill_now f ON f.n = r.n JOIN fill_profile pr ON pr.p = r.p
LEFT JOIN fill_contact c ON c.k = r.k
"""
SEALED = "CREATE TEMP TABLE fill_text (id bigint PRIMARY KEY, said text, published text, place text) ON COMMIT DROP"
REPORTS = {
    "id": "r.id",
    "key_number": "%(report_key)s",
    "case_id": "r.case_id",
    "subject_id": "r.subject_id",
    "channel": "pr.channel",
    "form": "pr.form",
    "category": "pr.category",
    "text": "t.said",
    "published": "t.published",
    "place": "t.place",
    "language": "pr.language",
    "conduct_on": "r.at::date",
    "received_at": "r.at",
    "due_at": "r.due_at + (r.at - f.opened_at)",
    "urgent": "pr.urgent",
    "source_key": "sha256(('latihan ' || r.n || ' ' || least(r.j, r.sources))::bytea)",
    "origin_ref": "CASE WHEN pr.channel = 'watch' THEN 'latihan-' || r.n || '-' || r.j ELSE '' END",
    "filed_at": "r.at",
    "source_weight": "(r.j <= r.sources)::int",
    "source_reason": "CASE WHEN r.j <= r.sources THEN 'new' ELSE 'same_sender' END",
    "screened_by": "%(policy)s",
}
REPORTS_FROM = (
    "fill_report r JOIN fill_now f ON f.n = r.n JOIN fill_profile pr ON pr.p = r.p JOIN fill_text t ON t.id = r.id"
)

SIGNALS = """
INSERT INTO records_signal (case_id, report_id, source, version, category, weight, msgid, params, start, "end")
SELECT r.case_id, r.id, s.source, s.version, s.category, s.weight, s.msgid, s.params, s.starts, s.ends
FROM fill_report r JOIN fill_signal s USING (p) WHERE r.j = 1;
INSERT INTO records_accountindicator (subject_id, report_id, kind, key, masked, start, "end", seen_at)
SELECT r.subject_id, r.id, 'contact', c.key, c.masked, length(pr.said) + 4, length(pr.said) + 4 + length(c.said), r.at
FROM fill_report r JOIN fill_contact c USING (k) JOIN fill_profile pr ON pr.p = r.p WHERE r.j = 1
ON CONFLICT DO NOTHING;
"""

VOTES = {
    "case_id": "v.case_id",
    "person_id": "v.person_id",
    "kind": "v.kind",
    "legal_basis": "v.basis",
    "facts": "%(vote_facts)s",
    "accounts": "jsonb_build_array(v.subject_id)",
    "policy_hash": "%(policy)s",
    "elements": "CASE WHEN v.kind = 'close' THEN v.elements ELSE '[]'::jsonb END",
    "cast_at": "v.at",
}
VOTES_FROM = """(
    SELECT f.case_id, f.subject_id, (%(voters)s::bigint[])[1 + f.first_voter] AS person_id, pr.basis, pr.elements,
        CASE WHEN f.waits THEN pr.first_vote ELSE pr.outcome END AS kind,
        coalesce(f.decided_at - interval '10 minutes', least(f.opened_at + interval '20 minutes', %(now)s)) AS at
    FROM fill_now f JOIN fill_profile pr USING (p) WHERE f.state <> 'in_review'
    UNION ALL
    SELECT f.case_id, f.subject_id, (%(voters)s::bigint[])[1 + f.second_voter], pr.basis, pr.elements,
        CASE WHEN f.waits THEN 'dismiss' ELSE pr.outcome END, coalesce(f.decided_at - interval '10 minutes', %(now)s)
    FROM fill_now f JOIN fill_profile pr USING (p)
    WHERE f.state = 'adjudication' OR f.state = 'resolved' AND pr.seconded) v"""

# Irreversible decisions waited ten minutes, as the database requires.
COMMITS = {
    "case_id": "f.case_id",
    "vote_id": "v.id",
    "other_id": "o.id",
    "both": "false",
    "adjudicated": "false",
    "made_at": "v.cast_at",
    "undo_until": "f.decided_at",
}
COMMITS_FROM = """fill_now f JOIN fill_profile pr USING (p)
JOIN records_vote v ON v.case_id = f.case_id AND v.person_id = (%(voters)s::bigint[])[1 + f.first_voter]
JOIN records_vote o ON o.case_id = f.case_id AND o.person_id = (%(voters)s::bigint[])[1 + f.second_voter]
WHERE f.state = 'resolved' AND pr.outcome = 'close'"""

COMMITTED = """
UPDATE records_pendingdecision p SET ended_at = f.decided_at, "end" = 'committed' FROM fill_now f
WHERE p.case_id = f.case_id AND f.state = 'resolved'
"""

DECISIONS = {
    "case_id": "f.case_id",
    "subject_id": "f.subject_id",
    "kind": "pr.outcome",
    "legal_basis": "pr.basis",
    "facts": "%(decision_facts)s",
    "policy_hash": "%(policy)s",
    "decided_by_id": "(%(voters)s::bigint[])[1 + f.first_voter]",
    "seconded_by_id": "CASE WHEN pr.seconded THEN (%(voters)s::bigint[])[1 + f.second_voter] END",
    "decided_at": "f.decided_at",
    "ends_at": "CASE WHEN pr.outcome = 'restrict' THEN f.decided_at + interval '7 days' END",
}
DECISIONS_FROM = "fill_now f JOIN fill_profile pr USING (p) WHERE f.state = 'resolved'"

LEASES = {
    "case_id": "f.case_id",
    "holder_id": "(%(voters)s::bigint[])[1 + f.first_voter]",
    "fence": "1",
    "taken_at": "f.decided_at - interval '13 minutes'",
    "expires_at": "f.decided_at + interval '2 minutes'",
    "released_at": "f.decided_at - interval '10 minutes'",
}
LEASES_FROM = "fill_now f WHERE f.state = 'resolved'"

NAMED = "CREATE TEMP TABLE fill_named (case_id bigint PRIMARY KEY, words tsvector) ON COMMIT DROP"
NAMES = """
SELECT f.case_id, s.account_id, pr.victim_first FROM fill_now f JOIN records_subject s ON s.id = f.subject_id
JOIN fill_profile pr USING (p)
"""

# The keyed words of the pool's texts in the order of `queue.verbs.search`. A test compares the two.
WORDS = """
ANALYZE fill_named;
DELETE FROM records_searchstale s USING fill_now f WHERE s.number = f.case_id;
INSERT INTO records_searchtext (case_id, words)
SELECT f.case_id, array_to_tsvector(
    ARRAY['=category:' || pr.category, '=channel:' || pr.channel, '=platform:' || pl.name]) || named.words
    || coalesce(said.words, '')
FROM fill_now f JOIN fill_profile pr USING (p) JOIN records_subject s ON s.id = f.subject_id
JOIN records_platform pl ON pl.id = s.platform_id
JOIN fill_named named USING (case_id)
LEFT JOIN (
    SELECT r.case_id, pg_temp.joined(said.words || coalesce(n.words, '') || coalesce(c.words, '') || said.place_words
                                     ORDER BY r.id) AS words
    FROM fill_report r JOIN fill_profile said USING (p) LEFT JOIN fill_number n USING (j)
    LEFT JOIN fill_contact c USING (k) WHERE NOT said.victim_first GROUP BY r.case_id) said USING (case_id)
"""
