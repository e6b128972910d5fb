"""Watches are proposed by one person and started by another; a person stops one at once, and it ends by itself.

What watches keep of reports and accounts that were erased goes with them.

The same public text can be in a report, in the sample that people judge, and among the flagged texts that no case took:
each copy has a period of its own, but nobody who was erased waits for it.

What watches keep is deleted when its days are over, in portions, however much it is.

Accounts that ask not to be read: the mark is kept as a keyed hash, and an account can take it back.

Then its texts are looked at from that moment on; what it published before stays unread.
"""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

from django.db import connection, transaction
from django.db.models import Q

from jaga.cases.models.cases import Platform
from jaga.cases.models.reports import Report
from jaga.cases.verbs.accounts import platforms_of
from jaga.core.actors import SYSTEM, Actor
from jaga.core.canonical import canonical_json
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.observations import problems
from jaga.core.terms.people import Role
from jaga.core.terms.reports import CaptureState, MediaState, ReportForm, SourceKind
from jaga.policy.limits import (
    LONGEST_WATCH_DAYS,
    MOST_WATCHED_A_DAY,
    START_WATCH_HOURS,
    WATCH_FOUND_DAYS,
    WATCH_HASH_DAYS,
    WATCH_SAMPLE_DAYS,
)
from jaga.policy.local_time import day_of, end_of_day_of_local_time, today
from jaga.policy.models import LegalBasis
from jaga.policy.release import PolicyRelease, load_release
from jaga.store.codes import account_key, observed_key
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import lock_people
from jaga.store.kernel.validation import check_required, check_text, required_text
from jaga.store.reads import clock_in_doubt
from jaga.watch.models.kept import WatchCapture, WatchFinding, WatchMedia, WatchOptOut, WatchSample
from jaga.watch.models.watches import Watch, WatchProgress
from jaga.watch.verbs.lookups import (
    LEAST_REASON,
    MAX_ACCOUNT,
    MAX_REASON,
    WHO,
    forget_flagged_accounts,
    forget_flagged_reports,
    keep_days_ready,
    names_account,
)
from jaga.watch.verbs.pushes import PUSHES_KEPT, forget_pushes

ERASED = "its report was erased"
# The row stays: it says how many cases a watch led to. A text that nobody is looking for has no code.
_FORGET_CODES = """
UPDATE records_watchfinding SET native = sha256(uuid_send(gen_random_uuid())), content = '', account = ''
WHERE id IN (SELECT id FROM records_watchfinding WHERE report_id IS NOT NULL AND content > '' AND {which}
             ORDER BY seen_at LIMIT %s)"""


def forget_reports(reports: Collection[int]) -> None:
    """Delete what is kept of these reports' public texts outside their keys, in the caller's transaction.

    A capture that waits is ended: the page of an erased report is not fetched again. Nor are its pictures, whose
    addresses went with its key.
    """
    forget_flagged_reports(reports)
    found = WatchFinding.objects.filter(report__in=reports)
    WatchSample.objects.filter(native__in=[bytes(one) for one in found.values_list("native", flat=True)]).delete()
    of_files = Report.objects.filter(pk__in=reports, form=ReportForm.OBSERVATION, origin_ref__startswith="text:")
    WatchSample.objects.filter(
        native__in=[
            observed_key(platform, origin)
            for platform, origin in of_files.values_list("subject__platform__name", "origin_ref")
        ]
    ).delete()
    WatchCapture.objects.filter(finding__report__in=reports, ended_at__isnull=True).update(
        state=CaptureState.TEXT_ONLY, why=ERASED, sealed=None, ended_at=now()
    )
    WatchMedia.objects.filter(report__in=reports, ended_at__isnull=True).update(
        state=MediaState.UNAVAILABLE, why=ERASED, ended_at=now()
    )
    _forget_codes("report_id = ANY(%s)", list(reports), len(reports))


def forget_codes_of_cases(before: datetime, most: int) -> int:
    """Forget the codes of text and account of observations that a case took before this moment; returns how many."""
    return _forget_codes("seen_at < %s", before, most)


def forget_accounts(accounts: Collection[bytes]) -> None:
    """Delete what is kept of these accounts (`account_key`) and no case took, in the caller's transaction."""
    found = WatchFinding.objects.filter(account__in=list(accounts), report__isnull=True)
    WatchSample.objects.filter(native__in=[bytes(one) for one in found.values_list("native", flat=True)]).delete()
    found.delete()
    forget_flagged_accounts(accounts)


def _forget_codes(which: str, value: datetime | list[int], most: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_FORGET_CODES.format(which=which), [value, most])
        return int(cursor.rowcount)


WATCHERS = (Role.SUPERVISOR, Role.ADMINISTRATOR)
LEAST_WORDS, MAX_PURPOSE, MAX_WHY, MAX_OWNER = 10, 1000, 1000, 200
ENDED_AT_ONCE = 100


class OwnWatch(NotPermitted):
    """Whoever proposed a watch does not start it."""

    code = "own_watch"
    sentence = N_("You proposed this watch, so somebody else starts it.")
    remedy = N_("Ask another supervisor or administrator.")


class WatchOver(Conflict):
    """The watch was started, withdrawn, stopped or ended before."""

    code = "watch_over"
    sentence = N_("This watch has moved on, so this step is no longer possible.")
    remedy = N_("Look at its page to see where it stands. If it is still needed, propose a new one.")


@dataclass(frozen=True)
class NewWatch:
    """What somebody proposes. `surfaces` are the lines of the scope, `until` is the last day."""

    platform: str
    kind: SourceKind | None
    legal_basis: str
    purpose: str
    budget: int | None
    until: date | None
    url: str = ""
    surfaces: tuple[str, ...] = ()
    token_file: str = ""
    token_owner: str = ""


def usable_bases(release: PolicyRelease) -> tuple[LegalBasis, ...]:
    """The legal bases that a watch may name today: those in force that forbid something."""
    return tuple(one for one in release.legal_bases if one.covers(today()) and not one.only_in_requests)


@transaction.atomic
def propose_watch(new: NewWatch, *, actor: Actor) -> Watch:
    """Propose a watch. Nothing is read before a second person starts it, within `limits.START_WATCH_HOURS`.

    It lasts at most `limits.LONGEST_WATCH_DAYS`. Raises NotPermitted, InvalidInput.
    """
    person = actor.require(*WATCHERS)
    release = load_release()
    platform = platforms_of([new.platform]).get(new.platform)
    basis = next((one for one in usable_bases(release) if one.key == new.legal_basis), None)
    if errors := [*_wrong_source(new, platform), *_wrong_terms(new, basis)]:
        raise InvalidInput(*errors)
    assert platform
    assert new.kind
    assert basis
    assert new.until
    assert new.budget is not None
    moment = now()
    row = Watch.objects.create(
        platform=platform,
        kind=new.kind,
        url=new.url.strip(),
        surfaces=list(new.surfaces),
        token_file=new.token_file,
        token_owner=new.token_owner.strip(),
        legal_basis=basis.key,
        legal_citation=basis.citation[:300],
        policy_hash=release.hash,
        purpose=new.purpose.strip(),
        budget=new.budget,
        proposed_by_id=person,
        proposed_at=moment,
        start_until=min(moment + timedelta(hours=START_WATCH_HOURS), end_of_day_of_local_time(new.until)),
        ends_at=end_of_day_of_local_time(new.until),
    )
    append(
        "propose_watch",
        {
            "watch": row.pk,
            "platform": platform.pk,
            "kind": new.kind.value,
            "basis": basis.key,
            "budget": row.budget,
            "until": new.until.isoformat(),
            "policy": release.hash,
            "terms": terms_hash(row),
        },
        actor=actor,
        case_id=None,
    )
    return row


def terms_hash(row: Watch) -> str:
    """SHA-256 (hex) of all that two people agree on, for the ledger."""
    return hashlib.sha256(
        canonical_json(
            {
                "platform": row.platform_id,
                "kind": row.kind,
                "url": row.url,
                "surfaces": row.surfaces,
                "token_file": row.token_file,
                "token_owner": row.token_owner,
                "basis": row.legal_basis,
                "purpose": row.purpose,
                "budget": row.budget,
                "ends_at": row.ends_at.isoformat(),
            }
        )
    ).hexdigest()


def _wrong_source(new: NewWatch, platform: Platform | None) -> list[FieldError]:
    errors: list[FieldError] = []
    if platform is None:
        errors.append(FieldError("platform", "unknown", N_("Choose an app from the list.")))
    if new.kind is None:
        return [*errors, FieldError("kind", "missing", N_("Choose what is read."))]
    errors += check_text("url", new.url, 2000)
    errors += problems(new.kind, new.url.strip(), new.surfaces, new.token_file)
    if new.kind is SourceKind.PUBLIC_ROOMS and platform is not None and not platform.watched:
        errors.append(
            FieldError(
                "platform",
                "not_watched",
                N_(
                    "The public rooms of this app may not be watched yet: an administrator permits it with jaga admin "
                    "platform"
                    " %(name)s --watch."
                ),
                {"name": platform.name},
            )
        )
    if new.kind is SourceKind.STREAM and platform is not None and not platform.hook_keys:
        errors.append(
            FieldError(
                "platform",
                "no_key",
                N_(
                    "This app has no key for signed batches: an administrator adds its public one with jaga admin "
                    "platform"
                    " %(name)s --key."
                ),
                {"name": platform.name},
            )
        )
    if new.token_file:
        errors += check_required(
            "token_owner",
            new.token_owner,
            most=MAX_OWNER,
            needed=N_("Say whose token it is: it must be the operator's own."),
        )
    elif new.token_owner.strip():
        errors.append(FieldError("token_owner", "surplus", N_("There is no token. Leave this empty.")))
    return errors


def _wrong_terms(new: NewWatch, basis: LegalBasis | None) -> list[FieldError]:
    errors = check_required(
        "purpose",
        new.purpose,
        least=LEAST_WORDS,
        most=MAX_PURPOSE,
        needed=N_("Say what for in a sentence of at least %(least)s characters."),
    )
    if basis is None:
        errors.append(FieldError("legal_basis", "unknown", N_("Choose a legal basis from the list.")))
    if new.budget is None or not 1 <= new.budget <= MOST_WATCHED_A_DAY:
        errors.append(
            FieldError("budget", "out_of_bounds", N_("Give a number from 1 to %(most)s."), {"most": MOST_WATCHED_A_DAY})
        )
    last = day_of(now() + timedelta(days=LONGEST_WATCH_DAYS)) - timedelta(days=1)
    if new.until is None:
        errors.append(FieldError("until", "missing", N_("Choose the last day.")))
    elif not today() <= new.until <= last:
        errors.append(
            FieldError(
                "until",
                "out_of_bounds",
                N_("Choose a day from today to %(last)s. If a watch is still needed then, two people start a new one."),
                {"last": last.isoformat()},
            )
        )
    return errors


@transaction.atomic
def start_watch(watch_id: int, *, actor: Actor) -> None:
    """Start a proposed watch, as the second person. Raises NotPermitted, NotFound, OwnWatch, WatchOver."""
    person = actor.require(*WATCHERS)
    lock_people(person)
    row = locked_watch(watch_id)
    if row.proposed_by_id == person:
        raise OwnWatch
    moment = now()
    if row.started_at or row.ended_at or row.start_until < moment or row.ends_at <= moment:
        raise WatchOver
    row.started_by_id, row.started_at = person, moment
    row.save(update_fields=["started_by", "started_at"])
    WatchProgress.objects.create(watch=row)
    append("start_watch", {"watch": row.pk, "terms": terms_hash(row)}, actor=actor, case_id=None)


@transaction.atomic
def stop_watch(watch_id: int, why: str, *, actor: Actor) -> None:
    """Stop a running watch, or withdraw a proposed one, at once, with a reason. One person is enough. Irreversible.

    What it found stays as long as its period. Raises NotPermitted, NotFound, InvalidInput, WatchOver.
    """
    person = actor.require(*WATCHERS)
    row = locked_watch(watch_id)
    why = required_text(
        "why",
        why,
        least=LEAST_WORDS,
        most=MAX_WHY,
        needed=N_("Say why in a sentence of at least %(least)s characters."),
    )
    if row.ended_at:
        raise WatchOver
    row.ended_by_id, row.ended_at, row.ended_why = person, now(), why
    row.save(update_fields=["ended_by", "ended_at", "ended_why"])
    append("stop_watch" if row.started_at else "withdraw_watch", {"watch": row.pk}, actor=actor, case_id=None)


def end_watches() -> int:
    """End watches whose last day is over, and proposals that nobody started in time; returns how many. Periodic
    task.
    """
    moment = now()
    over = Q(ends_at__lte=moment) | Q(started_at__isnull=True, start_until__lte=moment)
    done = 0
    for number in (
        Watch.objects.filter(over, ended_at__isnull=True).order_by("pk").values_list("pk", flat=True)[:ENDED_AT_ONCE]
    ):
        with transaction.atomic():
            row = Watch.objects.select_for_update(of=("self",)).filter(over, pk=number, ended_at__isnull=True).first()
            if row is None:
                continue
            row.ended_at = moment
            row.save(update_fields=["ended_at"])
            append("end_watch" if row.started_at else "lapse_watch", {"watch": row.pk}, actor=SYSTEM, case_id=None)
            done += 1
    return done


def locked_watch(watch_id: int) -> Watch:
    """The watch with its platform, locked until the commit. Raises NotFound."""
    row = Watch.objects.select_for_update(of=("self",)).select_related("platform").filter(pk=watch_id).first()
    if row is None:
        raise NotFound
    return row


HASHES_KEPT = timedelta(days=WATCH_HASH_DAYS)
SAMPLES_KEPT = timedelta(days=WATCH_SAMPLE_DAYS)
FINDINGS_KEPT = timedelta(days=WATCH_FOUND_DAYS)
MOST_AT_ONCE = 20_000
__all__ = ["FINDINGS_KEPT", "FORGETS", "HASHES_KEPT", "PUSHES_KEPT", "SAMPLES_KEPT", "forget_observed"]


def _delete(table: str, before: datetime, at: str = "at", only: str = "true") -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE id IN (SELECT id FROM {table} WHERE {at} < %s AND {only}"  # noqa: S608
            f" ORDER BY {at} LIMIT %s)",
            [before, MOST_AT_ONCE],
        )
        return int(cursor.rowcount)


def forget_hashes() -> int:
    """Keyed hashes of observed texts."""
    return _delete("records_observedhash", now() - HASHES_KEPT)


def forget_samples() -> int:
    """Texts of the sample: after their days, and as soon as people have settled them."""
    settled = "drawn_id IN (SELECT id FROM records_sampledtext WHERE settled_at IS NOT NULL)"
    return _delete("records_watchsample", now() - SAMPLES_KEPT) + _delete("records_watchsample", now(), only=settled)


def forget_findings() -> int:
    """Flagged observations that no case took; of the others the codes, and how the capture of their pages went; and
    whole days of the rows for queries, which are not counted. Nothing while the clock is in doubt: captures may wait.
    """
    if clock_in_doubt():
        return 0
    before = now() - FINDINGS_KEPT
    keep_days_ready()
    return (
        _delete("records_watchcapture", before, "found_at")
        + _delete("records_watchfinding", before, "seen_at", "report_id IS NULL")
        + forget_codes_of_cases(before, MOST_AT_ONCE)
    )


FORGETS: Mapping[str, Callable[[], int]] = MappingProxyType(
    {
        "watch_hashes": forget_hashes,
        "watch_samples": forget_samples,
        "watch_findings": forget_findings,
        "watch_pushes": forget_pushes,
    }
)
"""By the name of the period in `privacy.swept.SWEPT`."""


def forget_observed() -> int:
    """Delete a portion of each; returns how many rows. Periodic task."""
    return sum(forget() for forget in FORGETS.values())


NEVER = datetime.max.replace(tzinfo=UTC)


def note_opt_outs(platform: str, accounts: Sequence[str]) -> None:
    """Keep the marks, in the caller's transaction, and delete what is kept of these accounts and no case took."""
    if not accounts:
        return
    keys = sorted({account_key(platform, one) for one in accounts})
    WatchOptOut.objects.filter(account__in=keys, taken_back_at__isnull=False).update(
        noted_at=now(), taken_back_at=None, taken_back_by=None, taken_back_why=""
    )
    WatchOptOut.objects.bulk_create([WatchOptOut(account=key, noted_at=now()) for key in keys], ignore_conflicts=True)
    forget_accounts(keys)


def note_opt_ins(platform: str, accounts: Sequence[str]) -> None:
    """The source shows these accounts without a mark: those that had one are read from now on."""
    if accounts:
        WatchOptOut.objects.filter(
            account__in={account_key(platform, one) for one in accounts}, taken_back_at__isnull=True
        ).update(taken_back_at=now())


def unread_until(keys: Collection[bytes]) -> Mapping[bytes, datetime]:
    """Of those of these accounts that asked not to be read: until when. Texts from before that moment stay unread."""
    rows = WatchOptOut.objects.filter(account__in=keys).values_list("account", "taken_back_at")
    return {bytes(key): until or NEVER for key, until in rows}


@transaction.atomic
def take_opt_out_back(platform: str, account: str, reason: str, *, actor: Actor) -> None:
    """Let an account be read again from now on, because its holder asked this installation for it.

    If the account still bears its mark at the source, the next reading notes that again. Raises NotPermitted,
    InvalidInput, also for an account that is read.
    """
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
            needed=N_(
                "Say in a sentence of at least %(least)s characters how the holder asked, without naming the person."
            ),
        ),
        *names_account(account, reason),
    ]
    if row is None:
        errors.append(FieldError("platform", "unknown", N_("Choose an app from the list.")))
    if errors or row is None:
        raise InvalidInput(*errors)
    key = account_key(row.name, account)
    if not WatchOptOut.objects.filter(account=key, taken_back_at__isnull=True).update(
        taken_back_at=now(), taken_back_by=person, taken_back_why=reason.strip()
    ):
        raise InvalidInput(
            FieldError(
                "account", "not_opted_out", N_("This account does not ask not to be read. Check its id and the app.")
            )
        )
    append("take_opt_out_back", {"platform": row.pk, "account": key.hex()}, actor=actor, case_id=None)
