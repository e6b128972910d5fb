"""The access log: each time a person sees personal data, the read functions record it with `log_access`.

This is the only write that the read functions make. An entry holds person, case, kind of page and time, never content.
`guards/quality.sql` raises an alarm for entries on a canary case.
"""

from collections.abc import Iterable
from datetime import timedelta

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms.cases import AccessKind
from jaga.records.bulk import ask_prepared
from jaga.records.models import Case

AGAIN_AFTER = timedelta(minutes=10)
"""Repeated access by one person to one thing within this time is one entry. Canary cases are exempt, and so is `EACH`:
every access counts."""
EACH = frozenset({AccessKind.WATCH, AccessKind.SAMPLE, AccessKind.QUERY})
"""Each step of a look-up of an account without a case is an entry of its own, each text of the sample, and each query
over what watches flagged."""

_LOOK = """
INSERT INTO records_accessevent (person_id, case_id, what, at)
SELECT %(person)s::bigint, seen.case_id, %(what)s::text, %(at)s::timestamptz
FROM unnest(%(cases)s::bigint[]) AS seen(case_id)
WHERE NOT EXISTS (SELECT 1 FROM records_accessevent earlier WHERE earlier.person_id = %(person)s
                  AND earlier.what = %(what)s::text AND earlier.case_id IS NOT DISTINCT FROM seen.case_id
                  AND earlier.at > %(since)s::timestamptz AND earlier.at <= %(at)s::timestamptz)
   OR %(each)s::boolean
   OR EXISTS (SELECT 1 FROM records_case canary WHERE canary.id = seen.case_id AND canary.canary)
RETURNING id
"""


def log_access(case: Case | int | None, what: AccessKind, *, actor: Actor) -> None:
    """Record that the actor saw something of the case; `case` is None for a list that spans cases."""
    log_access_to_all([case], what, actor=actor)


def log_access_to_all(cases: Iterable[Case | int | None], what: AccessKind, *, actor: Actor) -> None:
    """Record access to several cases in one statement. Only people are recorded, never machines."""
    if actor.person_id is None:
        return
    numbers = list(dict.fromkeys(case.pk if isinstance(case, Case) else case for case in cases))
    if not numbers:
        return
    moment = now()
    ask_prepared(
        _LOOK,
        {
            "person": actor.person_id,
            "what": what.value,
            "at": moment,
            "cases": numbers,
            "since": moment - AGAIN_AFTER,
            "each": what in EACH,
        },
    )
