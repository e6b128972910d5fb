"""Watches are proposed by one person and started by another; a person stops one at once, and it ends by itself."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q

from jaga.casework.cases.accounts import platforms_of
from jaga.casework.kernel.eligibility import lock_people
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import check_required, check_text, required_text
from jaga.core.actors import SYSTEM, Actor
from jaga.core.canonical import canonical_json
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.observations.settings import problems
from jaga.core.terms.people import Role
from jaga.core.terms.watch import SourceKind
from jaga.policy import PolicyRelease, load_release
from jaga.policy.limits import LONGEST_WATCH_DAYS, MOST_WATCHED_A_DAY, START_WATCH_HOURS
from jaga.policy.local_time import day_of, end_of_day, today
from jaga.policy.models import LegalBasis
from jaga.records.models import Platform, Watch, WatchProgress

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
        start_until=min(moment + timedelta(hours=START_WATCH_HOURS), end_of_day(new.until)),
        ends_at=end_of_day(new.until),
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
