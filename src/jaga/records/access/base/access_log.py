"""Every look at personal data is kept: the gates call `look`, and `guards/quality.sql` alarms at a decoy's.

This is the one thing that gates write. It holds who, which case, what kind of page and when: no content, no words.
"""

from collections.abc import Iterable
from datetime import timedelta

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms import LookedAt
from jaga.records.bulk import ask_prepared
from jaga.records.models import Case

AGAIN_AFTER = timedelta(minutes=10)
"""The same person at the same thing within this long is one look: an open page that says so, a form sent three times.
At a decoy each one counts."""

_LOOK = """
INSERT INTO records_look (person_id, case_id, what, at)
SELECT %(person)s::bigint, seen.case_id, %(what)s::text, %(at)s::timestamptz
FROM unnest(%(cases)s::bigint[]) AS seen(case_id)
WHERE NOT EXISTS (SELECT 1 FROM records_look earlier WHERE earlier.person_id = %(person)s
                  AND earlier.what = %(what)s::text AND earlier.case_id IS NOT DISTINCT FROM seen.case_id
                  AND earlier.at > %(since)s::timestamptz AND earlier.at <= %(at)s::timestamptz)
   OR EXISTS (SELECT 1 FROM records_case decoy WHERE decoy.id = seen.case_id AND decoy.decoy)
RETURNING id
"""


def look(case: Case | int | None, what: LookedAt, *, actor: Actor) -> None:
    """Keep that this person saw something of the case; None for a list of no single case."""
    look_all([case], what, actor=actor)


def look_all(cases: Iterable[Case | int | None], what: LookedAt, *, actor: Actor) -> None:
    """The same for several cases at once, in one statement. Machines see nothing; only people leave looks."""
    if actor.person_id is None:
        return
    numbers = list(dict.fromkeys(case.pk if isinstance(case, Case) else case for case in cases))
    if not numbers:
        return
    moment = now()
    ask_prepared(_LOOK, {"person": actor.person_id, "what": what.value, "at": moment, "cases": numbers,
                         "since": moment - AGAIN_AFTER})
