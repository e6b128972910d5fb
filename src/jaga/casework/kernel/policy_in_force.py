"""Each process works under the adopted release, which it loads from the database by its hash, and says which it is.

A folder is only ever an offer: an edit in place changes nothing here, and is reported. A release that was adopted but
cannot be loaded stops everything that rests on rules (`policy.adoption.in_force.refuse`).
"""

import json
import os
import socket
import time
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.db import transaction

from jaga.core.canonical import canonical_json
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.core.terms.policy import AdoptionState
from jaga.policy import PolicyError, PolicyRelease
from jaga.policy.adoption import in_force
from jaga.policy.jurisdiction import jurisdiction_in
from jaga.policy.models import Jurisdiction
from jaga.policy.reading import content_hash
from jaga.policy.release import release_files, release_of
from jaga.records.models import Installation, ReleaseAdoption, ReleaseInUse, StoredRelease

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
