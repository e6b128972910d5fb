"""Adopting a policy release: one person proposes it, another confirms within a day, and the ledger says so.

Going back to a release that was in force takes one supervisor with reasons, at once: a bad release harms people while
a second is looked for. Another supervisor confirms it; if nobody does within a day, that is an alarm. The same holds
for an emergency: the release in force cannot be loaded, so nothing answers and nobody could confirm another.
"""

from datetime import timedelta

from django.db import transaction

from jaga.casework.kernel.eligibility import Act, lapsed, lock_people
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.policy_in_force import (
    AdoptedUnreadable,
    StoredReleaseDamaged,
    as_stored,
    load_stored,
    require_same_jurisdiction,
)
from jaga.casework.kernel.validation import required_text
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, NotFound, NotPermitted
from jaga.core.lifecycles import ADOPTION
from jaga.core.terms.people import Role
from jaga.core.terms.policy import AdoptionKind, AdoptionState
from jaga.policy import PolicyRelease
from jaga.policy.release import release_of
from jaga.records.models import ReleaseAdoption, StoredRelease
from jaga.records.models.kernel.policy_releases import CONFIRMED_LATER

DECIDERS = (Role.SUPERVISOR, Role.ADMINISTRATOR)
BACKERS = (Role.SUPERVISOR,)
CONFIRM_WITHIN = timedelta(days=1)
MAX_REASON = 1000
_WHY = N_("Say why, in a sentence.")
_FIRST = "The first start of this installation."


class AlreadyInForce(Conflict):
    """The release is in force."""

    code = "release_in_force"
    sentence = N_("This release is in force already.")
    remedy = N_("Choose another one.")


class AnotherProposed(Conflict):
    """One release waits for its second person."""

    code = "release_proposed"
    sentence = N_("Another release waits to be confirmed.")
    remedy = N_("Confirm or refuse that one first, under “Policy releases” in the console.")


class NothingInForce(Conflict):
    """The installation was never started."""

    code = "no_release_in_force"
    sentence = N_("No release is in force yet: the first start adopts one.")
    remedy = N_("Run `jaga run` or `jaga migrate` once.")


class OwnProposal(NotPermitted):
    """Whoever proposed a release or went back to one does not confirm it."""

    code = "own_release"
    sentence = N_("You proposed this release, so somebody else confirms it.")
    remedy = N_("Ask another supervisor or administrator.")


class TooLate(Conflict):
    """The day in which a second person can confirm is over."""

    code = "release_lapsed"
    sentence = N_("Nobody confirmed this release within a day, so it has lapsed.")
    remedy = N_("Propose it again: jaga policy adopt.")


class ProposerGone(Conflict):
    """The proposer has left or lost the role since."""

    code = "release_proposer_gone"
    sentence = N_("Whoever proposed this release has left or lost the role since.")
    remedy = N_("Refuse it, and propose it again.")


class ReleaseOutdated(Conflict):
    """Another release came into force since the difference was shown."""

    code = "release_outdated"
    sentence = N_("Another release came into force since this one was proposed, so the difference is another.")
    remedy = N_("Refuse it, and propose it again.")


class NeverInForce(Conflict):
    """One goes back only to a release that two people adopted, or the first one."""

    code = "release_never_in_force"
    sentence = N_("This release was never in force, so one cannot go back to it.")
    remedy = N_("Propose it: jaga policy adopt.")


class StillReadable(Conflict):
    """The release in force can be loaded, so there is no emergency."""

    code = "release_still_readable"
    sentence = N_("The release in force can be loaded, so two people decide about another one.")
    remedy = N_(
        "Propose it: jaga policy adopt. If the release in force does harm, a supervisor goes back to an "
        "earlier one under “Policy releases” in the console."
    )


@transaction.atomic
def adopt_first_release(files: dict[str, bytes], *, actor: Actor) -> ReleaseAdoption | None:
    """At the first start, adopt the release in these files as *bootstrap*. None if one was adopted before.

    Raises NotPermitted, PolicyError.
    """
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted
    if ReleaseAdoption.objects.exists():
        return None
    moment, stored = now(), _store(release_of(files, "the folder of the release"), files)
    row = ReleaseAdoption.objects.create(
        kind=AdoptionKind.BOOTSTRAP,
        state=AdoptionState.IN_FORCE,
        release=stored,
        reason=_FIRST,
        proposed_at=moment,
        in_force_at=moment,
    )
    _append("bootstrap_release", row, actor)
    return row


@transaction.atomic
def propose_release(files: dict[str, bytes], reason: str, *, actor: Actor) -> ReleaseAdoption:
    """Store a sound release and put it before a second person. Nothing uses it yet.

    Raises NotPermitted, PolicyError (nothing is stored), InvalidInput, NothingInForce, AlreadyInForce,
    OtherJurisdiction, AnotherProposed.
    """
    person = actor.require(*DECIDERS)
    reason = required_text("reason", reason, most=MAX_REASON, needed=_WHY)
    release = release_of(files, "the folder")
    lock_people(person)
    lapse_proposals(actor=SYSTEM)
    current = _in_force()
    if current.release.hash == release.hash:
        raise AlreadyInForce
    require_same_jurisdiction(release.jurisdiction)
    if ReleaseAdoption.objects.filter(state=AdoptionState.PROPOSED).exists():
        raise AnotherProposed
    moment = now()
    row = ReleaseAdoption.objects.create(
        kind=AdoptionKind.ADOPTION,
        state=AdoptionState.PROPOSED,
        release=_store(release, files),
        before_id=current.release_id,
        reason=reason,
        proposed_by_id=person,
        proposed_at=moment,
        confirm_until=moment + CONFIRM_WITHIN,
    )
    _append("propose_release", row, actor)
    return row


@transaction.atomic
def confirm_release(adoption_id: int, *, actor: Actor) -> ReleaseAdoption:
    """Put a proposed release into force, as the second person. Every process follows within seconds.

    Raises NotPermitted, OwnProposal, NotFound, TooLate, ProposerGone, ReleaseOutdated, AdoptedUnreadable.
    """
    person = actor.require(*DECIDERS)
    proposer = ReleaseAdoption.objects.filter(pk=adoption_id).values_list("proposed_by_id", flat=True).first()
    lock_people(person, proposer)
    current = _in_force()
    row = _proposed(adoption_id)
    if row.proposed_by_id is None or row.proposed_by_id == person:
        raise OwnProposal
    moment = now()
    if row.confirm_until is None or moment > row.confirm_until:
        raise TooLate
    if lapsed(Act(row.proposed_by_id, frozenset(DECIDERS))):
        raise ProposerGone
    if row.before_id != current.release_id:
        raise ReleaseOutdated
    load_stored(row.release)
    _replace(current)
    row.state = ADOPTION.to(row.state, AdoptionState.IN_FORCE)
    row.confirmed_by_id, row.confirmed_at, row.in_force_at = person, moment, moment
    row.save(update_fields=["state", "confirmed_by", "confirmed_at", "in_force_at"])
    _append("adopt_release", row, actor)
    return row


@transaction.atomic
def refuse_release(adoption_id: int, note: str, *, actor: Actor) -> None:
    """Refuse a proposed release, or take back one's own. Final. Raises NotPermitted, NotFound, InvalidInput."""
    person = actor.require(*DECIDERS)
    lock_people(person)
    row = _proposed(adoption_id)
    row.note = required_text("note", note, most=MAX_REASON, needed=_WHY)
    row.state = ADOPTION.to(row.state, AdoptionState.REFUSED)
    row.ended_by_id, row.ended_at = person, now()
    row.save(update_fields=["state", "ended_by", "ended_at", "note"])
    _append("refuse_release", row, actor)


@transaction.atomic
def go_back_to_release(release_hash: str, reason: str, *, actor: Actor) -> ReleaseAdoption:
    """Put a release that was in force before into force again, at once. Another supervisor confirms within a day.

    Raises NotPermitted, InvalidInput, NotFound, NeverInForce, AlreadyInForce, AdoptedUnreadable.
    """
    person = actor.require(*BACKERS)
    reason = required_text("reason", reason, most=MAX_REASON, needed=_WHY)
    lock_people(person)
    current = _in_force()
    stored = StoredRelease.objects.filter(hash=release_hash).first()
    if stored is None:
        raise NotFound
    if stored.pk == current.release_id:
        raise AlreadyInForce
    if not ReleaseAdoption.objects.filter(release=stored, in_force_at__isnull=False).exists():
        raise NeverInForce
    row = _put_in_force_alone(AdoptionKind.RETURN, stored, current, reason, person)
    _append("go_back_to_release", row, actor)
    return row


@transaction.atomic
def replace_unreadable_release(files: dict[str, bytes], reason: str, *, actor: Actor) -> ReleaseAdoption:
    """Put a release into force at once because the one in force cannot be loaded. Another person confirms within a day.

    Raises NotPermitted, PolicyError, InvalidInput, NothingInForce, StillReadable, OtherJurisdiction,
    StoredReleaseDamaged (these files are stored, but changed there: nothing can use that hash any more).
    """
    person = actor.require(*DECIDERS)
    reason = required_text("reason", reason, most=MAX_REASON, needed=_WHY)
    release = release_of(files, "the folder")
    lock_people(person)
    current = _in_force()
    try:
        load_stored(current.release)
    except AdoptedUnreadable:
        require_same_jurisdiction(release.jurisdiction)
    except StoredReleaseDamaged:
        pass  # Nothing there can be trusted, neither where it applies.
    else:
        raise StillReadable
    stored = _store(release, files)
    row = _put_in_force_alone(AdoptionKind.EMERGENCY, stored, current, reason, person)
    _append("replace_unreadable_release", row, actor)
    return row


def _put_in_force_alone(
    kind: AdoptionKind, stored: StoredRelease, current: ReleaseAdoption, reason: str, person: int
) -> ReleaseAdoption:
    """Put a release into force by one person, to be confirmed by another. Raises AdoptedUnreadable,
    StoredReleaseDamaged.
    """
    load_stored(stored)
    moment = now()
    _replace(current)
    return ReleaseAdoption.objects.create(
        kind=kind,
        state=AdoptionState.IN_FORCE,
        release=stored,
        before_id=current.release_id,
        reason=reason,
        proposed_by_id=person,
        proposed_at=moment,
        confirm_until=moment + CONFIRM_WITHIN,
        in_force_at=moment,
    )


@transaction.atomic
def confirm_going_back(adoption_id: int, *, actor: Actor) -> None:
    """Confirm, as a second person, what one put into force. Late is possible, and seen from the times.

    Going back is confirmed by a supervisor; an emergency by whoever may confirm a release.
    Raises NotPermitted, OwnProposal, NotFound.
    """
    person = actor.require(*DECIDERS)
    lock_people(person)
    row = (
        ReleaseAdoption.objects.select_for_update(of=("self",))
        .select_related("release", "before")
        .filter(pk=adoption_id, kind__in=CONFIRMED_LATER, state=AdoptionState.IN_FORCE, confirmed_by__isnull=True)
        .first()
    )
    if row is None:
        raise NotFound
    actor.require(*confirmers(AdoptionKind(row.kind)))
    if row.proposed_by_id == person:
        raise OwnProposal
    row.confirmed_by_id, row.confirmed_at = person, now()
    row.save(update_fields=["confirmed_by", "confirmed_at"])
    _append("confirm_going_back", row, actor)


@transaction.atomic
def lapse_proposals(*, actor: Actor) -> int:
    """End proposals that nobody confirmed within a day. Returns how many."""
    rows = ReleaseAdoption.objects.select_for_update(of=("self",)).filter(
        state=AdoptionState.PROPOSED, confirm_until__lt=now()
    )
    for row in rows:
        row.state = ADOPTION.to(row.state, AdoptionState.LAPSED)
        row.ended_at = now()
        row.save(update_fields=["state", "ended_at"])
        _append("release_lapsed", row, actor)
    return len(rows)


def confirmers(kind: AdoptionKind) -> tuple[Role, ...]:
    """Who confirms, as a second person, what came into force in this way."""
    return BACKERS if kind is AdoptionKind.RETURN else DECIDERS


def _store(release: PolicyRelease, files: dict[str, bytes]) -> StoredRelease:
    return StoredRelease.objects.get_or_create(
        hash=release.hash,
        defaults={
            "name": release.name,
            "version": release.version,
            "dated": release.dated,
            "files": as_stored(files),
            "stored_at": now(),
        },
    )[0]


def _in_force() -> ReleaseAdoption:
    """The adoption in force, locked: every change of the release takes this lock first. Raises NothingInForce."""
    for _ in range(2):  # Whoever waited for the lock finds the old row replaced, and looks once more.
        row = (
            ReleaseAdoption.objects.select_for_update(of=("self",))
            .select_related("release")
            .filter(state=AdoptionState.IN_FORCE)
            .first()
        )
        if row is not None:
            return row
    raise NothingInForce


def _proposed(adoption_id: int) -> ReleaseAdoption:
    row = (
        ReleaseAdoption.objects.select_for_update(of=("self",))
        .select_related("release")
        .filter(pk=adoption_id, state=AdoptionState.PROPOSED)
        .first()
    )
    if row is None:
        raise NotFound
    return row


def _replace(current: ReleaseAdoption) -> None:
    current.state = ADOPTION.to(current.state, AdoptionState.REPLACED)
    current.replaced_at = now()
    current.save(update_fields=["state", "replaced_at"])


def _append(verb: str, row: ReleaseAdoption, actor: Actor) -> None:
    append(
        verb,
        {"adoption": row.pk, "sha256": row.release.hash, "before": row.before.hash if row.before else ""},
        actor=actor,
        case_id=None,
    )
