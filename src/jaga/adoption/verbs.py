"""Each process works under the adopted release, which it loads from the database by its hash, and says which it is.

A folder is only ever an offer: an edit in place changes nothing here, and is reported. A release that was adopted but
cannot be loaded stops everything that rests on rules (`policy.adoption.in_force.refuse`).

Adopting a policy release: one person proposes it, another confirms within a day, and the ledger says so.

Going back to a release that was in force takes one supervisor with reasons, at once: a bad release harms people while
a second is looked for. Another supervisor confirms it; if nobody does within a day, that is an alarm. The same holds
for an emergency: the release in force cannot be loaded, so nothing answers and nobody could confirm another.
"""

import json
import os
import socket
import time
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import transaction

from jaga.core.actors import SYSTEM, Actor
from jaga.core.canonical import canonical_json
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, JagaError, NotFound, NotPermitted
from jaga.core.lifecycles import ADOPTION
from jaga.core.terms.outside import AdoptionKind, AdoptionState
from jaga.core.terms.people import Role
from jaga.policy import in_force
from jaga.policy.models import Jurisdiction
from jaga.policy.problems import PolicyError
from jaga.policy.reading import content_hash
from jaga.policy.release import PolicyRelease, jurisdiction_in, release_files, release_of
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import Act, lapsed, lock_people
from jaga.store.kernel.validation import required_text
from jaga.store.models import CONFIRMED_LATER, Installation, ReleaseAdoption, ReleaseInUse, StoredRelease

log = structlog.get_logger("jaga.policy")
SAY_EVERY = 20.0
"""Seconds between two times that a process says which release it works under."""
GONE_AFTER = timedelta(minutes=2)


class StoredReleaseDamaged(JagaError):
    """The stored files are not those that were adopted."""

    code = "policy_release_damaged"
    status = 503
    sentence = N_("The stored policy release %(hash)s does not fit its hash, so it is not used.")
    remedy = N_(
        "Somebody changed the database itself, so restore it from a backup. If that takes too long, put "
        "another release into force: jaga policy emergency. docs/runbooks/policy-release.md has the steps."
    )


class AdoptedUnreadable(JagaError):
    """This version of the program cannot load the adopted release."""

    code = "policy_release_unreadable"
    status = 503
    sentence = N_("This version of Jaga cannot load the policy release in force (%(hash)s): %(why)s")
    remedy = N_(
        "Start the version before this one, adopt a release that both can load (jaga policy check tells), and "
        "update then. If that is not possible, put another release into force: jaga policy emergency. "
        "docs/runbooks/policy-release.md has the steps."
    )


class NothingAdopted(JagaError):
    """A real installation whose policy release was never recorded."""

    code = "policy_not_adopted"
    status = 503
    sentence = N_("No policy release was adopted here yet.")
    remedy = N_("Run `jaga run` or `jaga migrate` once: the first start adopts the release of JAGA_POLICY, on record.")


class OtherJurisdiction(JagaError):
    """A release for another place than that of this installation."""

    code = "policy_other_jurisdiction"
    status = 409
    sentence = N_("This installation works under the law of %(here)s, and this release is for %(there)s.")
    remedy = N_("Name a release for the same place (JAGA_POLICY, JAGA_RELEASE). Another place is another installation.")


@dataclass
class _Report:
    """What this process said last, and when; the release that it could not load, and why."""

    at: float = 0.0
    hash: str = ""
    folder: str = ""
    unusable: str = ""
    why: JagaError | None = None


_reported = _Report()


def hash_in_force() -> str:
    """The hash of the adopted release; empty before the first one."""
    return (
        ReleaseAdoption.objects.filter(state=AdoptionState.IN_FORCE).values_list("release__hash", flat=True).first()
        or ""
    )


def as_stored(files: dict[str, bytes]) -> str:
    """The files of a valid release in the form of `StoredRelease.files`."""
    return canonical_json({name: content.decode() for name, content in files.items()}).decode()


def stored_files(stored: StoredRelease) -> dict[str, bytes]:
    """The files of a stored release. Raises StoredReleaseDamaged."""
    try:
        files = {str(name): str(text).encode() for name, text in json.loads(stored.files).items()}
    except (ValueError, AttributeError):
        raise StoredReleaseDamaged(hash=stored.hash[:16]) from None
    if content_hash(files) != stored.hash:
        raise StoredReleaseDamaged(hash=stored.hash[:16])
    return files


def load_stored(stored: StoredRelease) -> PolicyRelease:
    """The stored release. Raises StoredReleaseDamaged, AdoptedUnreadable."""
    try:
        return release_of(stored_files(stored), stored.hash)
    except PolicyError as error:
        raise AdoptedUnreadable(hash=stored.hash[:16], why=str(error.problems[0])) from error


def begin_under_release(part: str) -> None:
    """At the start of a process: load the adopted release, or refuse to start.

    Practice goes on under its folder where nothing was adopted yet. Raises NothingAdopted, StoredReleaseDamaged,
    AdoptedUnreadable.
    """
    follow_release(part)
    if not in_force.process_hash() and Installation.objects.filter(practice=False).exists():
        raise NothingAdopted


def follow_release(part: str) -> int:
    """Load the adopted release if it is another than this process's; say which it is. 1 if it changed.

    Call it about once a second. Raises StoredReleaseDamaged, AdoptedUnreadable: until another is adopted, nothing here
    rests on rules any more.
    """
    wanted, changed = hash_in_force(), 0
    if wanted and wanted == _reported.unusable and _reported.why:
        raise _reported.why.with_traceback(None)
    if wanted and wanted != in_force.process_hash():
        try:
            release = _take(wanted)
        except (StoredReleaseDamaged, AdoptedUnreadable):
            _report(part, wanted)
            raise
        log.info("policy_release_in_force", hash=wanted, version=release.version)
        changed = 1
    _report(part, wanted)
    return changed


def take_adopted() -> None:
    """For a command beside a running installation: work under the adopted release, if there is one.

    Raises StoredReleaseDamaged, AdoptedUnreadable.
    """
    wanted = hash_in_force()
    if wanted and wanted != in_force.process_hash():
        _take(wanted)


def require_same_jurisdiction(offered: Jurisdiction) -> None:
    """Deadlines and published figures rest on its days, so it never changes. Raises OtherJurisdiction."""
    stored = StoredRelease.objects.filter(adoptions__state=AdoptionState.IN_FORCE).first()
    here = jurisdiction_in(stored_files(stored)) if stored else None
    if here and here.code != offered.code:
        raise OtherJurisdiction(here=here.code, there=offered.code)


def _take(wanted: str) -> PolicyRelease:
    try:
        release = load_stored(StoredRelease.objects.get(hash=wanted))
    except (StoredReleaseDamaged, AdoptedUnreadable) as why:
        in_force.refuse()
        _reported.unusable, _reported.why, _reported.at = wanted, why, 0.0
        log.critical("policy_release_unusable", hash=wanted, error=why.code)
        raise
    _reported.unusable, _reported.why, _reported.at = "", None, 0.0
    in_force.put_in_force(release)
    return release


def _report(part: str, wanted: str) -> None:
    """Record which release this process works under and what its folder holds, every now and then."""
    moment = time.monotonic()
    if _reported.at and moment - _reported.at < SAY_EVERY and _reported.hash == wanted:
        return
    folder = folder_hash()
    if wanted and folder != wanted and (folder != _reported.folder or wanted != _reported.hash):
        log.warning("policy_folder_differs", folder=folder or "unreadable", in_force=wanted)
    _reported.at, _reported.hash, _reported.folder = moment, wanted, folder
    with transaction.atomic():
        ReleaseInUse.objects.update_or_create(
            process=process_name(part),
            defaults={"hash": in_force.process_hash(), "folder_hash": folder, "seen_at": now()},
        )
        ReleaseInUse.objects.filter(seen_at__lt=now() - GONE_AFTER).delete()


def folder_hash() -> str:
    """The hash of the folder that `JAGA_POLICY` names; empty if it cannot be read."""
    try:
        return content_hash(release_files())
    except (OSError, PolicyError):
        return ""


def process_name(part: str) -> str:
    """The part, machine and number of this process."""
    return f"{part} {socket.gethostname()[:80]} {os.getpid()}"


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
