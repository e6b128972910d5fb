"""Finds or creates the row of a reported account (`Subject`), and validates accounts named in reports.

Maps the category column of uploaded files to policy categories: by key, label or a common synonym.

Only whole words match, and only if all parts mean the same category; nothing is guessed. Categories that concern
children match their own names only. A text that shares a word with the name of an urgent category is never mapped to
another one.

Handles that can be reassigned: what a report called the account, and whether its owner was looked up since.

Handle and lookup result are also sealed as evidence of the report, so that the owner at that time can be proven later.

The values that every channel shares: a new report, and what its sender gets back.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from django.db.models import QuerySet

from jaga.cases.models.cases import Case, Platform, Subject
from jaga.cases.models.reports import Report
from jaga.cases.reads.case_view import takes_case
from jaga.cases.verbs.evidence import Upload, seal
from jaga.core.actors import Actor
from jaga.core.canonical import canonical_json
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.core.locators import is_account_of, is_stable, parse_account
from jaga.core.platforms import Account
from jaga.core.terms.cases import EvidenceKind, Severity
from jaga.core.terms.people import Language
from jaga.core.terms.reports import Channel, ReporterCapacity, ReportForm, ReportRoute, SubjectKind
from jaga.policy.release import PolicyRelease, default_language, load_release
from jaga.store.bulk import as_json, ask_prepared
from jaga.store.kernel.ledger import promise_of
from jaga.store.kernel.validation import check_text

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
    `reporting.verbs.handle_resolution` looks up the current owner before the report counts. Pass `by_handle=False`
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


_WORDS: Mapping[str, str] = {
    "gambling": "judi, judi online, judi daring, judi slot, judi bola, judol, slot, slot online, togel, "
    "perjudian online, perjudian daring, konten perjudian, situs judi, promosi judi, online gambling",
    "fraud": "penipuan online, penipuan daring, tipu, scam, phishing, investasi bodong, investasi ilegal, "
    "konten penipuan",
    "prostitution_advertising": "prostitusi, prostitusi online, prostitusi daring, open bo, iklan prostitusi online, "
    "konten prostitusi, prostitution",
    "pornography": "porno, konten pornografi, konten porno, asusila, konten asusila, pornografi dewasa",
    "trafficking": "tppo, perdagangan manusia, tindak pidana perdagangan orang, trafficking",
    "extortion": "pemerasan online, pengancaman, pemerasan dan pengancaman, sekstorsi, sextortion, blackmail",
    "violence": "konten kekerasan",
    "defamation": "pencemaran nama baik, fitnah dan pencemaran nama baik",
    "intellectual_property": "hki, haki, hak cipta, pelanggaran hak cipta, pelanggaran kekayaan intelektual, copyright",
    "false_news": "hoaks, hoax, berita palsu, disinformasi, misinformasi",
    "terrorism": "terorisme, radikalisme, terorisme/radikalisme, konten radikal, ekstremisme, terrorism",
    "sara": "ujaran kebencian, sara/ujaran kebencian, hate speech",
    "other": "lain-lain, lain lain, dll",
}
_SEPARATORS = re.compile(r"[\s_\-]+")
_PARTS = re.compile(r"[/;,&+|]|\bdan\b|\band\b")


class CategoryWords:
    """The known words of one policy release. Categories that it lacks match nothing."""

    def __init__(self, release: PolicyRelease) -> None:
        self._keys: dict[str, str] = {}
        for key, words in _WORDS.items():
            if key in release.by_key:
                self._keys.update({_plain(word): key for word in words.split(",")})
        for category in release.categories:
            self._keys.update(
                {_plain(name): category.key for name in (category.label.id, category.label.en, category.key)}
            )

        self._urgent = {
            word
            for category in release.categories
            if category.victim_first or category.severity >= Severity.CRITICAL
            for label in (category.label.id, category.label.en)
            for word in _plain(label).split()
            if len(word) > 3
        }

    def may_be_urgent(self, written: str) -> bool:
        """Whether an unmatched text might mean a category that must not wait."""
        return bool(self._urgent & set(_PARTS.sub(" ", _plain(written)).split()))

    def key_for(self, written: str) -> str | None:
        """The key of the category that the text means; None if it means none or several."""
        whole = self._keys.get(_plain(written))
        if whole is not None:
            return whole
        meant = {self._keys.get(_plain(part)) for part in _PARTS.split(written.casefold()) if part.strip()}
        return meant.pop() if len(meant) == 1 else None


def _plain(written: str) -> str:
    folded = unicodedata.normalize("NFKC", written).casefold().strip(" .:*\"'")
    return _SEPARATORS.sub(" ", folded)


def handle_file(report_id: int) -> str:
    """The name of the evidence that holds the handle which a report named."""
    return f"report-{report_id}-handle.txt"


def keep_name(case: Case, report: Report, account_id: str, *, actor: Actor) -> None:
    """Seal the handle that a report named, unless the account id is stable. Runs in the transaction of the filing."""
    if not is_stable(report.subject.platform.stable_id, account_id):
        report.called_as = account_id
        report.save(update_fields=["called_as"])
        seal(
            case,
            report,
            EvidenceKind.LINK,
            handle_file(report.pk),
            account_id.encode(),
            media="text/plain",
            actor=actor,
        )


def keep_identity(report: Report, asked: Account, found: Account | None, *, actor: Actor) -> None:
    """Seal the result of a lookup, after which the report no longer waits. Call it before moving the report."""
    report.handle_looked_up_at = now()
    report.save(update_fields=["handle_looked_up_at"])
    resolved = {
        "name": asked.account_id,
        "account": found.account_id if found else None,
        "its_name": found.handle if found else None,
        "looked_up_at": report.handle_looked_up_at,
    }
    seal(
        report.in_case,
        report,
        EvidenceKind.LINK,
        f"report-{report.pk}-identity.json",
        canonical_json(resolved),
        media="application/json",
        actor=actor,
    )


def unresolved(reports: QuerySet[Report]) -> QuerySet[Report]:
    """Reports whose handle was not looked up yet."""
    return reports.filter(handle_looked_up_at__isnull=True, case__isnull=False).exclude(called_as="")


def resolved(reports: QuerySet[Report]) -> QuerySet[Report]:
    """Reports whose handle was looked up."""
    return reports.filter(handle_looked_up_at__isnull=False)


def called(subject: Subject) -> str:
    """The handle that the subject is known by or last had, else its account id."""
    stable = is_stable(subject.platform.stable_id, subject.account_id)
    return subject.handle if stable and subject.handle else subject.account_id


@takes_case
def is_account_settled(case: Case) -> bool:
    """As `is_resolved`, of the account that a case is about."""
    return is_resolved(case.subject)


def is_resolved(subject: Subject) -> bool:
    """Whether the account is identified and none of its open reports waits for a lookup."""
    if not subject.platform.stable_id:
        return True
    stable = is_stable(subject.platform.stable_id, subject.account_id)
    return stable and not unresolved(Report.objects.filter(subject=subject, case__state__in=JOINABLE_STATES)).exists()


@dataclass(frozen=True)
class NewReport:
    """A report as submitted.

    Only platform, account and category are required.

    With name, contact, screenshot, text and good faith it is a notice (MR5 art. 15(2)), otherwise a report, which is
    handled as well. `source` (a contact or network) identifies the sender when independent sources are counted.
    """

    platform: str
    account: str
    category: str
    source: str = field(repr=False)
    text: str = ""  # the sender's own words
    excerpt: str = ""  # what the account published according to the sender: a claim
    # what the account published, as given by its platform or seen by us; no reporting channel sets it
    published: str = ""
    links: tuple[str, ...] = ()
    screenshots: tuple[Upload, ...] = field(default=(), repr=False)
    name: str = field(default="", repr=False)
    contact: str = field(default="", repr=False)
    good_faith: bool = False
    conduct_on: date | None = None
    language: Language = field(default_factory=default_language)
    network: str = field(default="", repr=False)  # stored only as a keyed hash
    route: ReportRoute = ReportRoute.ORDINARY
    share_identity: bool = False  # agencies may learn the reporter's identity
    device_hashes: tuple[str, ...] = ()  # SHA-256 of pictures that stayed on the reporter's device
    picked: tuple[str, ...] = field(default=(), repr=False)  # chat lines that the reporter selected
    lets_pass: bool = False  # from a file of our own: all other reports are filed first
    channel: Channel = Channel.PUBLIC
    organisation_id: int | None = None
    officer_id: int | None = None
    reference: str = ""  # the sender's own reference
    # for categories that only certain people may report (`people.verbs.people`)
    capacity: ReporterCapacity | None = None

    @property
    def has_files(self) -> bool:
        """Whether the report has content that is only stored as evidence, so that it must be filed at once."""
        return bool(self.screenshots or self.picked or self.device_hashes)


@dataclass(frozen=True)
class AcceptedReport:
    """What the sender of an accepted report gets: receipt (once), deadline, and signed promise of the ledger.

    Returned only after the commit. The case is created later; whoever has the receipt may know its number.
    """

    report_id: int
    form: ReportForm
    due_at: datetime
    receipt: str = field(repr=False)
    entry_id: int = field(repr=False)
    entry_hash: str = field(repr=False)
    entered_at: datetime = field(repr=False)

    @cached_property
    def ledger_promise(self) -> str:
        """The signed promise that this report's ledger entry will be linked."""
        return promise_of(self.entry_id, self.entry_hash, self.entered_at)


@dataclass(frozen=True)
class FiledReport:
    """What the sender gets where report and case are created in one commit."""

    report_id: int
    case_id: int
    case_reference: str
    due_at: datetime
    form: ReportForm
    receipt: str = field(repr=False)
    ledger_promise: str = field(repr=False)
