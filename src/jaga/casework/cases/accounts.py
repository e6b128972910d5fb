"""Finds or creates the row of a reported account (`Subject`), and validates accounts named in reports."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from jaga.casework.kernel.validation import check_text
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.core.locators import is_account_of, is_stable, parse_account
from jaga.core.terms.reports import SubjectKind
from jaga.policy import load_release
from jaga.records.bulk import as_json, ask_prepared
from jaga.records.models import Platform, Subject

_READ = ("id", "name", "display_name", "adapter", "server_name", "stable_id", "named_like")
_PLATFORMS = f"SELECT {', '.join(_READ)} FROM records_platform WHERE name = ANY(%s::text[])"  # noqa: S608 - our own
PLATFORMS_JSON = (
    f"SELECT coalesce(json_agg(json_build_array({', '.join(_READ)})), '[]')"  # noqa: S608 - our own
    " FROM records_platform WHERE name = ANY(%s::text[])"
)
"""The platforms of these names as one value, for `as_platforms`; for a statement that asks something else too."""
_Key = tuple[int, str]
ACCOUNTS = """
named AS MATERIALIZED (
    SELECT n.place, n.platform_id, n.account_id, n.handle, coalesce(n.known, (
        SELECT s.id FROM records_subject s
        WHERE s.platform_id = n.platform_id AND s.kind = 'account' AND s.account_id = n.account_id)) AS number
    FROM json_to_recordset(%(accounts)s::json)
        AS n(place integer, platform_id bigint, account_id text, handle text, known bigint)
), made AS (
    INSERT INTO records_subject (platform_id, kind, account_id, handle, first_seen_at)
    SELECT platform_id, 'account', account_id, handle, %(moment)s::timestamptz FROM named WHERE number IS NULL
    ORDER BY platform_id, account_id ON CONFLICT DO NOTHING RETURNING id, platform_id, account_id
), accounts AS (
    SELECT place, number FROM named WHERE number IS NOT NULL
    UNION ALL SELECT n.place, m.id FROM made m JOIN named n USING (platform_id, account_id)
)"""
"""Two CTEs that resolve `accounts(place, number)`: existing accounts, and those inserted now.

Rows are inserted in one order, so that two transactions that create the same accounts cannot deadlock. An account
inserted concurrently by another transaction is missing from the result and found by running the query again; locking it
would wait for that transaction. Each account is looked up by its own subquery, since a join planned while the table is
small would later read the whole table."""
_FIND = f"WITH {ACCOUNTS} SELECT place, number FROM accounts"  # noqa: S608 - our own


@dataclass(frozen=True)
class Named:
    """An account named in a report: its platform, the id parsed from the text, and the text as typed."""

    platform: Platform
    account_id: str
    handle: str

    @property
    def key(self) -> _Key:
        return self.platform.pk, self.account_id

    @property
    def shown_as(self) -> str:
        """The handle as typed if it differs from the id; else "". A link that contains the id is not a handle."""
        called = self.account_id not in self.handle or not self.platform.stable_id
        return self.handle[:300] if called else ""


def find_subject(platform: Platform, account_id: str, handle: str, *, by_handle: bool = True) -> Subject:
    """The account's row, created with its first report.

    A handle resolves to the account that last had it. That is a guess, since handles are reassigned;
    `casework.reporting.handle_resolution` looks up the current owner before the report counts. Pass `by_handle=False`
    where no lookup follows: the handle then gets its own row.
    """
    (number,) = find_subjects([Named(platform, account_id, handle)], by_handle=by_handle)
    subject = Subject.objects.get(pk=number)
    subject.platform = platform
    return subject


def find_subjects(named: Sequence[Named], *, by_handle: bool = True) -> list[int]:
    """`find_subject` for many accounts in few queries; returns their ids in the same order."""
    asked, places = accounts_of(named, by_handle=by_handle)
    wanted, numbers = set(places), dict[int, int]()
    while numbers.keys() < wanted:
        numbers |= dict(ask_prepared(_FIND, asked))
    return [numbers[place] for place in places]


def accounts_of(named: Sequence[Named], *, by_handle: bool = True) -> tuple[dict[str, object], list[int]]:
    """The parameters of `ACCOUNTS`, and for each account its place in them.

    `ACCOUNTS` may miss rows that are inserted concurrently. If the transaction goes on to use them, call
    `find_subjects` first.
    """
    handles = [one for one in named if by_handle and not is_stable(one.platform.stable_id, one.account_id)]
    found = _that_had_it(handles) if handles else {}
    once = {one.key: one for one in named}
    rows = [
        {
            "place": place,
            "platform_id": one.platform.pk,
            "account_id": one.account_id,
            "handle": one.shown_as,
            "known": found.get(key),
        }
        for place, (key, one) in enumerate(once.items())
    ]
    place_of = {key: place for place, key in enumerate(once)}
    return {"accounts": as_json(rows), "moment": now()}, [place_of[one.key] for one in named]


def _that_had_it(named: Sequence[Named]) -> dict[_Key, int]:
    patterns = {one.platform.pk: one.platform.stable_id for one in named}
    rows = Subject.objects.filter(
        kind=SubjectKind.ACCOUNT, platform__in=patterns, handle__in={one.account_id for one in named}
    ).order_by("pk")
    return {
        (row.platform_id, row.handle): row.pk for row in rows if is_stable(patterns[row.platform_id], row.account_id)
    }


def platforms_of(names: Iterable[str]) -> dict[str, Platform]:
    """Platforms by name; unknown names are left out. Only frequently used fields are loaded."""
    return as_platforms(ask_prepared(_PLATFORMS, [possible_names(names)]))


def possible_names(names: Iterable[str]) -> list[str]:
    """Those of these names that a platform can have, each once."""
    return sorted(name for name in set(names) if not check_text("platform", name, 60))


def as_platforms(rows: Iterable[Sequence[object]]) -> dict[str, Platform]:
    """The platforms of these rows by name."""
    return {platform.name: platform for platform in (Platform.from_db(None, _READ, row) for row in rows)}


def share_platforms(subjects: Iterable[Subject]) -> None:
    """Give accounts read in bulk their platforms: one object for all accounts of a platform, from one statement."""
    wanted = list(subjects)
    platforms = Platform.objects.in_bulk({subject.platform_id for subject in wanted})
    for subject in wanted:
        subject.platform = platforms[subject.platform_id]


def check_subject(platform_name: str, account: str, category: str, errors: list[FieldError]) -> tuple[Platform, str]:
    """The platform and the parsed account id. Raises InvalidInput with `errors` and its own findings."""
    platform = platforms_of([platform_name]).get(platform_name)
    account_id = check_account(platform, account, category, errors)
    if errors or platform is None or account_id is None:
        raise InvalidInput(*errors)
    return platform, account_id


def check_account(
    platform: Platform | None,
    account: str,
    category: str,
    errors: list[FieldError],
    *,
    own: bool = False,
) -> str | None:
    """The parsed account id, or None; problems with platform, account and category are added to `errors`.

    `own` means that the platform itself named the account: its id is then taken literally or not at all.
    """
    readable = platform and not check_text("account", account)
    account_id = None
    if platform and readable:
        account_id = (
            parse_account(platform.naming, platform.server_name, account)
            if not own
            else account
            if is_account_of(platform.naming, platform.server_name, account, platform.stable_id)
            else None
        )
    if platform is None:
        errors.append(FieldError("platform", "unknown", N_("Choose one of the chat platforms in the list.")))
    elif not account.strip():
        errors.append(FieldError("account", "missing", N_("Say which account it is.")))
    elif account_id is None:
        errors.append(
            FieldError(
                "account",
                "not_an_account",
                N_("This does not look like an account on %(platform)s. Copy its name or link."),
                {"platform": platform.display_name},
            )
        )
    if category not in load_release().by_key:
        errors.append(FieldError("category", "unknown", N_("Choose what happens from the list.")))
    return account_id
