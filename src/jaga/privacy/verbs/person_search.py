"""`jaga privacy find`: where a person's data is. One person asks, another permits it, and it runs once.

The access log is deleted by whole sealed ranges. Their seals stay: how many entries there were, and their hash.

Files that are deleted after the commit that says so. A killed process leaves a row, and the next sweep goes on.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q

from jaga.appeals.models import Disclosure
from jaga.cases.models.reports import Evidence
from jaga.cases.reads.reports import is_deleted, is_lapsed
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound
from jaga.core.terms.people import Role
from jaga.core.terms.privacy import DataKind
from jaga.people.models import Person
from jaga.policy.local_time import start_of_day
from jaga.policy.release import PolicyRelease
from jaga.privacy.models import AccessLogErasure, FileToDelete, PersonSearch, RetentionErasure
from jaga.privacy.reads.own_data import FoundPlace, search_everywhere
from jaga.quality.models import AccessEvent, AccessLogSeal
from jaga.store import vault
from jaga.store.codes import person_search_hash
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_verification import note_file, reason_of
from jaga.store.kernel.validation import required_text
from jaga.store.key_store.tree import Erased

ACCESS_LOG_MOST_AT_ONCE = 5000


def forget_access_log(release: PolicyRelease, day: date) -> int:
    """Delete entries of sealed ranges that ended before the period of the release; returns how many.

    First the deletion of the range is recorded, then its entries go, a portion at each call.
    """
    first = AccessEvent.objects.order_by("pk").values_list("pk", flat=True).first()
    going = (
        AccessLogErasure.objects.filter(seal__first__lte=first, seal__last__gte=first)
        .values_list("seal", flat=True)
        .first()
        if first
        else None
    )
    if going is not None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT records_forget_access_log(%s, %s)", [going, ACCESS_LOG_MOST_AT_ONCE])
            return int(cursor.fetchone()[0])
    rule = release.retention.access_log_rule(day)
    if rule is None:
        return 0
    before = start_of_day(day - timedelta(days=rule.days))
    # No entry of a range is younger than its seal.
    seal = AccessLogSeal.objects.filter(erasure__isnull=True, sealed_at__lt=before).order_by("first").first()
    if seal is None:
        return 0
    with transaction.atomic():
        entry = append(
            "forget_access_log",
            {"rule": rule.key, "days": rule.days, "seal": seal.pk, "entries": seal.count, "policy": release.hash},
            actor=SYSTEM,
            case_id=None,
        )
        AccessLogErasure.objects.create(seal=seal, rule=rule.key, count=seal.count, at=now(), entry=entry)
    return 1


log = structlog.get_logger("jaga.retention")
FILES_MOST_AT_ONCE = 200
_TRY_AGAIN = timedelta(hours=1)
UNRECORDED_KEPT = timedelta(days=7)
"""An export that no record names was never handed over: whoever made it did not get that far. After a restore there is
this much time to copy those that are newer than the backup."""
_EXPORT = re.compile(r"K\d+-\d+-\d{8}T\d{12}")  # as `authorities.verbs.disclosures` names them


def delete_files(most: int = FILES_MOST_AT_ONCE) -> int:
    """Delete the files that erasure left for after its commit (`FileToDelete`); returns how many are done with.

    A file that something else of the same case or report still needs stays. One that cannot be deleted is noted, and
    tried again an hour later; the others go on.
    """
    waiting = FileToDelete.objects.filter(Q(failed_at__isnull=True) | Q(failed_at__lte=now() - _TRY_AGAIN))
    done = 0
    for row in waiting.select_related("erasure__case").order_by(F("failed_at").asc(nulls_first=True), "pk")[:most]:
        try:
            with transaction.atomic():
                if row.folder:
                    delete_export(row.folder)
                else:
                    _delete_original(row)
                FileToDelete.objects.filter(pk=row.pk).delete()
        except Exception as fault:  # noqa: BLE001 - noted and shown; whatever it is, the other files do not wait
            note_file(row, fault)
        else:
            done += 1
    return done


def _delete_original(row: FileToDelete) -> None:
    """Delete a content of this case for each owner of whom no row of the case still needs it."""
    case = row.erasure.case
    here = Evidence.objects.filter(Q(report__case=case) | Q(report__isnull=True, case=case))
    named = here.filter(Q(sha256=row.sha256) | Q(working_copy__sha256=row.sha256)).select_related("report", "case")
    needed = {one.key_owner() for one in named.exclude(is_deleted()).exclude(is_lapsed())}
    for owner in {one.key_owner() for one in named} - needed:
        with suppress(Erased):  # Then no copy of it can be read, and `vault.sweep_erased` deletes this one.
            vault.erase(row.sha256, owner)


def delete_export(folder: str) -> None:
    """Delete the folder of an export. Renamed first, so that a half-deleted one is never taken for an export; what a
    kill left is swept as `exchange.package.sweep_partial` sweeps half-written ones.
    """
    exports = Path(settings.HOME) / "exports"
    name = Path(folder).name  # Never a path.
    if not name or name != folder:
        return
    going = exports / f".{name}.deleted"
    with suppress(FileNotFoundError):
        (exports / name).rename(going)
    if going.exists():
        shutil.rmtree(going)


def unrecorded_exports() -> Iterator[str]:
    """Folders of exports that no record names, when they have lain long enough: a kill before the record was made."""
    exports = Path(settings.HOME) / "exports"
    before = (now() - UNRECORDED_KEPT).timestamp()
    names = {
        path.name
        for path in exports.glob("K*")
        if _EXPORT.fullmatch(path.name) and not path.is_symlink() and path.stat().st_mtime < before
    }
    yield from sorted(names - set(Disclosure.objects.filter(folder__in=names).values_list("folder", flat=True)))


def delete_unrecorded_exports() -> int:
    """Delete those; returns how many. One that cannot be deleted is logged, and tried again the next day."""
    done = 0
    for name in unrecorded_exports():
        try:
            delete_export(name)
        except OSError as fault:
            log.error("export_not_deleted", folder=name, reason=reason_of(fault))
        else:
            log.warning("unrecorded_export_deleted", folder=name)
            done += 1
    return done


def exports_after_erasure() -> Iterator[tuple[Disclosure, RetentionErasure]]:
    """Exports whose folders are still there and that were made after those of their case were deleted."""
    here = {path.name for path in (Path(settings.HOME) / "exports").glob("K*")}
    here -= set(FileToDelete.objects.filter(folder__in=here).values_list("folder", flat=True))
    gone = {
        row.case_id: row
        for row in RetentionErasure.objects.filter(kind=DataKind.EXPORTS, case__disclosures__folder__in=here).distinct()
    }
    for made in Disclosure.objects.filter(folder__in=here, case__in=gone).order_by("pk"):
        yield made, gone[made.case_id]


WHO = (Role.SUPERVISOR, Role.ADMINISTRATOR)
SHORTEST_TEXT, LONGEST_TEXT, LONGEST_REASON = 4, 300, 300
PERMITTED_HOURS = 24


class OwnSearch(Conflict):
    """Somebody would permit their own search."""

    code = "own_search"
    sentence = N_("You asked for this search yourself.")
    remedy = N_("Somebody else must permit it.")


class SearchNotPermitted(Conflict):
    """Nobody permitted the search, or too long ago; or it was carried out, or is for another text."""

    code = "search_not_permitted"
    sentence = N_("This search is not permitted: %(why)s.")
    remedy = N_(
        "Ask for a new one with jaga privacy find --by NAME --reason WHY, and let somebody else permit it in "
        "the console."
    )


@transaction.atomic
def ask_person_search(text: str, by: str, reason: str, *, actor: Actor) -> int:
    """Ask for a search for this text, in the name of a supervisor or administrator; returns its number.

    A name on the command line proves nothing, so this alone searches nothing.

    Raises InvalidInput (`text`, `reason`, `by`).
    """
    hashed = person_search_hash(_text(text))
    reason = required_text(
        "reason",
        " ".join(reason.split()),
        least=1,
        most=LONGEST_REASON,
        needed=N_("Say why, without naming the person."),
    )
    person = Person.objects.filter(username=by, is_active=True, roles__role__in=WHO).first()
    if person is None:
        raise InvalidInput(FieldError("by", "unknown", N_("No supervisor or administrator has this username.")))
    row = PersonSearch.objects.create(text_hash=hashed, reason=reason, asked_by=person, asked_at=now())
    append(
        "ask_person_search", {"search": row.pk, "text": hashed.hex(), "person": person.pk}, actor=actor, case_id=None
    )
    return row.pk


@transaction.atomic
def permit_person_search(search_id: int, *, actor: Actor) -> None:
    """Permit somebody else's search, for a day. Raises NotPermitted, NotFound, OwnSearch, SearchNotPermitted."""
    person = actor.require(*WHO)
    row = _locked(search_id)
    if row.asked_by_id == person:
        raise OwnSearch
    if row.permitted_at is not None or row.carried_out_at is not None:
        raise SearchNotPermitted(why=N_("it was permitted before"))
    row.permitted_by_id, row.permitted_at = person, now()
    row.save(update_fields=["permitted_by", "permitted_at"])
    append("permit_person_search", {"search": row.pk}, actor=actor, case_id=None)


def carry_out_person_search(
    search_id: int, text: str, progress: Callable[[str, int], None], *, actor: Actor
) -> list[FoundPlace]:
    """Carry out a permitted search, once; returns the places, never the text. Raises NotFound, SearchNotPermitted."""
    with transaction.atomic():
        _permitted(_locked(search_id), text)
    found = list(search_everywhere(text, progress))
    with transaction.atomic():
        row = _locked(search_id)
        _permitted(row, text)
        row.carried_out_at, row.found = now(), len(found)
        row.save(update_fields=["carried_out_at", "found"])
        append(
            "search_person",
            {"search": row.pk, "text": bytes(row.text_hash).hex(), "found": len(found)},
            actor=actor,
            case_id=None,
        )
    return found


def _permitted(row: PersonSearch, text: str) -> None:
    if bytes(row.text_hash) != person_search_hash(_text(text)):
        raise SearchNotPermitted(why=N_("it is for another text"))
    if row.carried_out_at is not None:
        raise SearchNotPermitted(why=N_("it was carried out before"))
    if row.permitted_at is None:
        raise SearchNotPermitted(why=N_("nobody has permitted it yet"))
    if row.permitted_at < now() - timedelta(hours=PERMITTED_HOURS):
        raise SearchNotPermitted(why=N_("it was permitted more than a day ago"))


def _text(text: str) -> str:
    text = " ".join(text.split())
    if not SHORTEST_TEXT <= len(text) <= LONGEST_TEXT:
        raise InvalidInput(
            FieldError(
                "text",
                "length",
                N_("Give between %(least)s and %(most)s characters."),
                {"least": SHORTEST_TEXT, "most": LONGEST_TEXT},
            )
        )
    return text


def _locked(search_id: int) -> PersonSearch:
    row = PersonSearch.objects.select_for_update(of=("self",)).filter(pk=search_id).first()
    if row is None:
        raise NotFound
    return row
