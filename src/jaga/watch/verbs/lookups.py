"""Looking up an account without a case: one person asks with a reason, another permits it, and it runs once.

Flagged observations as rows for queries: hashes alone, a partition for each day, dropped after some days.

What a case took can be searched by its words and contacts, as keyed hashes. What no case took cannot: otherwise a query
would be a look-up of an account by one person.

Reads a query over what watches flagged, as typed or from an address, and saves it under a name.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import connection, transaction

from jaga.cases.models.cases import Case
from jaga.cases.verbs.accounts import platforms_of
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.foreign import LARGEST_NUMBER
from jaga.core.locators import fold
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Role
from jaga.core.terms.reports import SourceKind
from jaga.policy.limits import WATCH_FOUND_DAYS
from jaga.policy.local_time import today
from jaga.policy.release import PolicyRelease, load_release
from jaga.screening.copies.nearness import contacts_of
from jaga.signals.reads.at_a_glance import never_indicators
from jaga.store.codes import account_key, indicator_key, short_key, word_numbers, words_in
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import lock_people
from jaga.store.kernel.validation import check_required
from jaga.store.reads import log_access
from jaga.watch.models.kept import AccountLookup, FlaggedText
from jaga.watch.reads.lookups import FoundText, found_texts
from jaga.watch.reads.queries import TopOf, WatchQuery, may_look_into_cases, queried_watches

DAYS_AHEAD = 3
"""Partitions that are made before their day, so that no reading has to make one."""


@dataclass(frozen=True)
class Flagged:
    """A flagged text with the rule's key, its category, and the account's keyed hash; and the report and case that took
    it, or None. `same_words` is None for what a case of its own takes in any event.
    """

    text: str
    rule: str
    category: str
    account: bytes
    report_id: int | None = None
    case_id: int | None = None
    same_words: int | None = None


def keep_for_queries(watch_id: int, flagged: Sequence[Flagged], release: PolicyRelease) -> None:
    """Store a row for each flagged text, in the caller's transaction."""
    if not flagged:
        return
    day, moment = today(), now()
    _make_day(day.isoformat())
    cases = {one.case_id for one in flagged if one.case_id}
    protected = set(Case.objects.filter(pk__in=cases, victim_first=True).values_list("pk", flat=True))
    listed = never_indicators(release)
    rows = []
    for one in flagged:
        searched = one.case_id is not None and one.case_id not in protected
        rows.append(
            FlaggedText(
                day=day,
                seen_at=moment,
                watch_id=watch_id,
                rule=one.rule,
                category=one.category,
                account=short_key(one.account),
                report_id=one.report_id,
                case_id=one.case_id,
                contacts=contact_keys(one.text, listed) if searched else [],
                words=word_numbers(fold(one.text)) if searched else [],
                same_words=one.same_words if searched else None,
            )
        )
    FlaggedText.objects.bulk_create(rows)


def contact_keys(text: str, listed: Collection[str]) -> list[int]:
    """The short keys of the contacts in a text that ban evasion stores, so without those of the warning list."""
    found = {one.value for one in contacts_of(text)}.difference(listed)
    return [short_key(indicator_key(value)) for value in sorted(found)]


def keep_days_ready() -> int:
    """Make the partitions of the next days and drop those whose days are over; returns how many were dropped.

    A day that somebody is reading stays until the next run.
    """
    first = today()
    for ahead in range(DAYS_AHEAD):
        _make_day((first + timedelta(days=ahead)).isoformat())
    with connection.cursor() as cursor:
        # The rows of a day go before its last moment is that long ago.
        cursor.execute("SELECT records_forget_flaggedtext(%s::date)", [first - timedelta(days=WATCH_FOUND_DAYS - 1)])
        return int(cursor.fetchone()[0])


def forget_flagged_accounts(accounts: Collection[bytes]) -> None:
    """Delete the rows of these accounts that no case took: they ask not to be read."""
    FlaggedText.objects.filter(account__in=map(short_key, accounts), case__isnull=True).delete()


def forget_row_without_case(watch_id: int, account: bytes, rule: str) -> None:
    """Delete the row of a text that no case took and that one takes now: it gets a row of its case."""
    row = (
        FlaggedText.objects.filter(account=short_key(account), case__isnull=True, watch=watch_id, rule=rule)
        .order_by("day", "pk")
        .first()
    )
    if row is not None:
        FlaggedText.objects.filter(day=row.day, pk=row.pk).delete()


def forget_flagged_reports(reports: Collection[int]) -> None:
    """Delete the rows of these reports, since their texts were erased."""
    FlaggedText.objects.filter(report__in=reports).delete()


def _make_day(day: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT records_flaggedtext_day(%s::date)", [day])


WHO = (Role.SUPERVISOR, Role.ADMINISTRATOR)
LEAST_REASON, MAX_REASON, MAX_ACCOUNT = 10, 300, 300
PERMITTED_HOURS = 24


class OwnLookup(NotPermitted):
    """Somebody would permit their own look-up."""

    code = "own_lookup"
    sentence = N_("You asked for this look-up yourself.")
    remedy = N_("Another supervisor or administrator must permit it.")


class LookupNotPermitted(Conflict):
    """Nobody permitted the look-up, or too long ago; or it was carried out, or is for another account."""

    code = "lookup_not_permitted"
    sentence = N_("This look-up is not permitted: %(why)s.")
    remedy = N_("Ask for a new one, and let somebody else permit it.")


@transaction.atomic
def ask_account_lookup(platform: str, account: str, reason: str, *, actor: Actor) -> AccountLookup:
    """Ask to look up an account by its id on the platform. Searches nothing yet. Raises NotPermitted, InvalidInput."""
    person = actor.require(*WHO)
    row = platforms_of([platform]).get(platform)
    account = account.strip()
    errors = [
        *check_required("account", account, most=MAX_ACCOUNT, needed=N_("Write the account's id on the app.")),
        *check_required(
            "reason",
            reason,
            least=LEAST_REASON,
            most=MAX_REASON,
            needed=N_("Say why in a sentence of at least %(least)s characters, without naming the person."),
        ),
        *names_account(account, reason),
    ]
    if row is None:
        errors.append(FieldError("platform", "unknown", N_("Choose an app from the list.")))
    if errors or row is None:
        raise InvalidInput(*errors)
    asked = AccountLookup.objects.create(
        platform=row, account=account_key(row.name, account), reason=reason.strip(), asked_by_id=person, asked_at=now()
    )
    append(
        "ask_account_lookup",
        {"lookup": asked.pk, "platform": row.pk, "account": bytes(asked.account).hex()},
        actor=actor,
        case_id=None,
    )
    log_access(None, AccessKind.WATCH, actor=actor)
    return asked


@transaction.atomic
def permit_account_lookup(lookup_id: int, *, actor: Actor) -> None:
    """Permit somebody else's look-up, for a day. Raises NotPermitted, NotFound, OwnLookup, LookupNotPermitted."""
    person = actor.require(*WHO)
    lock_people(person)
    row = _locked(lookup_id)
    if row.asked_by_id == person:
        raise OwnLookup
    if row.permitted_at is not None:
        raise LookupNotPermitted(why=N_("it was permitted before"))
    row.permitted_by_id, row.permitted_at = person, now()
    row.save(update_fields=["permitted_by", "permitted_at"])
    append("permit_account_lookup", {"lookup": row.pk}, actor=actor, case_id=None)
    log_access(None, AccessKind.WATCH, actor=actor)


@transaction.atomic
def look_up_account(lookup_id: int, account: str, *, actor: Actor) -> tuple[FoundText, ...]:
    """Carry out a permitted look-up, once, by whoever asked; the account is typed again, since it is not stored.

    Returns the flagged texts of the account that no case took. In the access log and the ledger. Raises NotPermitted,
    NotFound, LookupNotPermitted.
    """
    person = actor.require(*WHO)
    row = _locked(lookup_id)
    if row.asked_by_id != person:
        raise LookupNotPermitted(why=N_("only whoever asked carries it out"))
    if bytes(row.account) != account_key(row.platform.name, account.strip()):
        raise LookupNotPermitted(why=N_("it is for another account"))
    if row.carried_out_at is not None:
        raise LookupNotPermitted(why=N_("it was carried out before"))
    if row.permitted_at is None:
        raise LookupNotPermitted(why=N_("nobody has permitted it yet"))
    if row.permitted_at < now() - timedelta(hours=PERMITTED_HOURS):
        raise LookupNotPermitted(why=N_("it was permitted more than a day ago"))
    found = found_texts(bytes(row.account))
    row.carried_out_at, row.found = now(), len(found)
    row.save(update_fields=["carried_out_at", "found"])
    append("look_up_account", {"lookup": row.pk, "found": len(found)}, actor=actor, case_id=None)
    log_access(None, AccessKind.WATCH, actor=actor)
    return found


def names_account(account: str, reason: str) -> list[FieldError]:
    """An error if the reason, which is kept, names the account, which is not: whole, or its name without the server."""
    name = account.lstrip("@").partition(":")[0]
    if any(word and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", reason, re.IGNORECASE) for word in (account, name)):
        return [FieldError("reason", "names_account", N_("Leave the account's name out: it is not stored."))]
    return []


def _locked(lookup_id: int) -> AccountLookup:
    row = AccountLookup.objects.select_for_update(of=("self",)).select_related("platform").filter(pk=lookup_id).first()
    if row is None:
        raise NotFound
    return row


FIELDS = ("days", "since", "until", "platform", "kind", "watch", "rule", "category", "words", "case", "contact", "top")
FIRST_DAYS = 7
"""The days of a query that names none."""
LONGEST_WORDS, MOST_WORDS = 100, 8
_RULE = re.compile(r"[a-z0-9_:.\-]{1,160}")
# An account's name or a way to reach somebody: a sign of one, or as many digits as a telephone number.
_SOMEBODY = re.compile(r"[@:/\\]|\w\.\w|(?:\d[\s.\-()]*){7,}")


def read_watch_query(asked: Mapping[str, str], *, actor: Actor) -> WatchQuery:
    """The query with these fields; missing and empty ones do not limit it. `days` are the last ones, for saved queries;
    without any day it is of the last seven.

    Raises NotPermitted; InvalidInput, also for a name of an account: two people look that up
    (`watch.verbs.lookups`).
    """
    given = {name: asked.get(name, "").strip() for name in FIELDS}
    errors: list[FieldError] = []
    until = _day("until", given["until"], errors) or today()
    days = min(_number("days", given["days"], errors) or FIRST_DAYS, WATCH_FOUND_DAYS)
    oldest = today() - timedelta(days=WATCH_FOUND_DAYS - 1)
    first = _day("since", given["since"], errors)
    if first is None:  # the first days of the calendar have none so many days before them
        first = max(until - timedelta(days=days - 1), oldest) if until > oldest else until
    if first < oldest or until > today():
        errors.append(
            FieldError(
                "since" if first < oldest else "until",
                "not_kept",
                N_("Flagged texts are kept for %(days)s days: choose days from %(oldest)s to today."),
                {"days": WATCH_FOUND_DAYS, "oldest": oldest.isoformat()},
            )
        )
    elif first > until:
        errors.append(FieldError("since", "reversed", N_("The first day is after the last one.")))
    numbers = {name: _number(name, given[name], errors) for name in ("watch", "case", "contact")}
    watches = queried_watches(actor=actor)
    if given["platform"] and given["platform"] not in {one.platform_name for one in watches}:
        errors.append(FieldError("platform", "unknown", N_("No watch reads that app. Choose one from the list.")))
    if numbers["watch"] is not None and numbers["watch"] not in {one.watch_id for one in watches}:
        errors.append(FieldError("watch", "unknown", N_("There is no such watch. Choose one from the list.")))
    kind = _kind(given["kind"], errors)
    if given["category"] and given["category"] not in {one.key for one in load_release().categories}:
        errors.append(FieldError("category", "unknown", N_("There is no such category. Choose one from the list.")))
    if given["rule"] and not _RULE.fullmatch(given["rule"]):
        errors.append(FieldError("rule", "unknown", N_("There is no such rule. Choose one from the list.")))
    errors.extend(_about_words(given["words"], actor))
    if given["top"] not in set(TopOf):
        errors.append(FieldError("top", "unknown", N_("There is no such list. Choose one.")))
    if errors:
        raise InvalidInput(*errors)
    return WatchQuery(
        first,
        until,
        given["platform"],
        kind,
        numbers["watch"],
        given["rule"],
        given["category"],
        tuple(words_in(fold(given["words"]))),
        numbers["case"],
        numbers["contact"],
        TopOf(given["top"]),
    )


def _day(name: str, text: str, errors: list[FieldError]) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        errors.append(FieldError(name, "not_a_day", N_("This is not a day. Write it as 2026-03-20.")))
        return None


def _number(name: str, text: str, errors: list[FieldError]) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdecimal() and int(text[:20]) <= LARGEST_NUMBER:
        return int(text)
    errors.append(FieldError(name, "unknown", N_("This is not a number from a list. Choose one there.")))
    return None


def _kind(text: str, errors: list[FieldError]) -> SourceKind | None:
    try:
        return SourceKind(text) if text else None
    except ValueError:
        errors.append(FieldError("kind", "unknown", N_("There is no such source. Choose one from the list.")))
        return None


def _about_words(text: str, actor: Actor) -> Iterator[FieldError]:
    if not text:
        return
    if not may_look_into_cases(actor):
        yield FieldError("words", "not_permitted", N_("Only people who may open cases can search for words."))
    elif len(text) > LONGEST_WORDS or len(words_in(fold(text))) > MOST_WORDS:
        yield FieldError(
            "words",
            "too_many",
            N_("At most %(words)s words, %(letters)s letters together."),
            {"words": MOST_WORDS, "letters": LONGEST_WORDS},
        )
    elif _SOMEBODY.search(text):
        yield FieldError(
            "words",
            "an_account",
            N_(
                "Accounts, numbers and links are not searched here. An account with"
                " a case is found by search; one without needs a look-up by two"
                " people."
            ),
        )
    elif not words_in(fold(text)):
        yield FieldError("words", "no_word", N_("There is no word in it."))
