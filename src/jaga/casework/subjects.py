"""The account that a report is about, as a row; it is made at its first report."""

from collections.abc import Sequence
from dataclasses import dataclass

from jaga.core.clock import now
from jaga.core.locators import BY_HANDLE, is_stable
from jaga.core.terms import SubjectKind
from jaga.records.bulk import ask_prepared
from jaga.records.models import Platform, Subject

_Key = tuple[int, str]
# Those that are known, and those that are made now, in one order: two that make the same accounts at once wait for each
# other, and never both for the other. What another made meanwhile is found when it is asked again. Each is looked up by
# a subquery of its own: a join that is planned while the table is small reads all of it later.
_FIND = """
WITH known AS MATERIALIZED (
    SELECT w.*, (SELECT s.id FROM records_subject s WHERE s.platform_id = w.platform_id AND s.kind = 'account'
                 AND s.account_id = w.account_id)
    FROM unnest(%s::bigint[], %s::text[], %s::text[]) AS w(platform_id, account_id, handle)
), made AS (
    INSERT INTO records_subject (platform_id, kind, account_id, handle, first_seen_at)
    SELECT platform_id, 'account', account_id, handle, %s::timestamptz FROM known WHERE id IS NULL
    ORDER BY platform_id, account_id ON CONFLICT DO NOTHING RETURNING id, platform_id, account_id
)
SELECT id, platform_id, account_id FROM known WHERE id IS NOT NULL
UNION ALL SELECT id, platform_id, account_id FROM made
"""


@dataclass(frozen=True)
class Named:
    """An account as a report named it: its platform, the id that was made out, and what was typed."""

    platform: Platform
    account_id: str
    handle: str

    @property
    def key(self) -> _Key:
        return self.platform.pk, self.account_id

    @property
    def shown_as(self) -> str:
        """What people call it, where that is not its id. An id in a link is not what people call it."""
        called = self.account_id not in self.handle or self.platform.adapter not in BY_HANDLE
        return self.handle[:300] if called else ""


def find_subject(platform: Platform, account_id: str, handle: str, *, by_handle: bool = True) -> Subject:
    """The subject, made at its first report.

    A handle leads to the account that last had it, which is a guess: it may be somebody else's since. So whose it is
    now is looked up for each report before it counts (`casework.identify`); where nobody looks it up, say
    `by_handle=False`, and the handle stands for itself until then.
    """
    (number,) = find_subjects([Named(platform, account_id, handle)], by_handle=by_handle)
    subject = Subject.objects.get(pk=number)
    subject.platform = platform
    return subject


def find_subjects(named: Sequence[Named], *, by_handle: bool = True) -> list[int]:
    """As `find_subject`, for many at once and in few statements: their numbers."""
    handles = [one for one in named if by_handle and not is_stable(one.platform.adapter, one.account_id)]
    found = _that_had_it(handles) if handles else {}
    while missing := {one.key: one for one in named if one.key not in found}:
        columns = [[platform for platform, _ in missing], [account_id for _, account_id in missing],
                   [one.shown_as for one in missing.values()]]
        found |= {(platform, account_id): number
                  for number, platform, account_id in ask_prepared(_FIND, [*columns, now()])}
    return [found[one.key] for one in named]


def _that_had_it(named: Sequence[Named]) -> dict[_Key, int]:
    adapters = {one.platform.pk: one.platform.adapter for one in named}
    rows = Subject.objects.filter(kind=SubjectKind.ACCOUNT, platform__in=adapters,
                                  handle__in={one.account_id for one in named}).order_by("pk")
    return {(row.platform_id, row.handle): row.pk for row in rows
            if is_stable(adapters[row.platform_id], row.account_id)}
