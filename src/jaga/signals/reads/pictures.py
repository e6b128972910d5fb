"""Who may see which picture of a case, and the only access to its bytes: the working copy, and for letters the sealed
file as a download. The original of a picture is never served.

Matches of a case's pictures with hash lists and with pictures of other cases the actor may see.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from jaga.cases.models.cases import Case, Lease
from jaga.cases.models.reports import Evidence
from jaga.cases.reads.case_view import takes_case
from jaga.cases.reads.reports import originals_of
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError, NotFound
from jaga.core.terms.cases import AccessKind, EvidenceKind
from jaga.core.terms.people import Role
from jaga.core.terms.reports import CopyState, YouthAnswer
from jaga.policy.limits import WHO_MAY_REPORT
from jaga.policy.release import load_release
from jaga.signals.models import PendingYouthAnswer, PictureMatch, PictureOpening, WorkingCopy, YouthCheck
from jaga.store import vault
from jaga.store.reads import READERS, log_access, number_of, visible_to

MOST = 12  # Shown per picture.


@dataclass(frozen=True)
class PictureMatchView:
    """One match.

    With `list_name` it is from a hash list, with its category; otherwise from another case, whose number and reference
    are omitted where it or this case protects a possible victim.
    """

    bits: int
    turned: bool
    list_name: str = ""
    category: str = ""
    case_id: int | None = None
    reference: str = ""


def listed_signs() -> QuerySet[PictureMatch]:
    """Matches on a list of a victim-first category.

    They count like a person's sign of a minor: each follows its picture wherever the report goes, even after the list
    is removed.
    """
    protecting = [key for key, category in load_release().by_key.items() if category.victim_first]
    return PictureMatch.objects.filter(hash_list__category__in=protecting)


def matches_of(case: Case, evidence_ids: Collection[int], *, actor: Actor) -> dict[int, tuple[PictureMatchView, ...]]:
    """Matches by picture of a case already fetched with a permission check: lists first, then by similarity."""
    found: dict[int, list[PictureMatchView]] = defaultdict(list)
    listed = PictureMatch.objects.filter(picture__evidence__in=evidence_ids, hash_list__isnull=False)
    for evidence, bits, turned, name, category in listed.values_list(
        "picture__evidence", "bits", "turned", "hash_list__name", "hash_list__category"
    ):
        found[evidence].append(PictureMatchView(bits, turned > 0, name, category))
    pairs = (
        PictureMatch.objects.filter(
            Q(picture__evidence__in=evidence_ids) | Q(earlier__evidence__in=evidence_ids),
            earlier__isnull=False,
        )
        .annotate(
            later_case=Coalesce(F("picture__evidence__report__case"), F("picture__evidence__case")),
            earlier_case=Coalesce(F("earlier__evidence__report__case"), F("earlier__evidence__case")),
        )
        .order_by("bits", "pk")
        .values_list("picture__evidence", "earlier__evidence", "later_case", "earlier_case", "bits", "turned")
    )
    rows = list(pairs)
    numbers = {number for *_, later, earlier, _bits, _turned in rows for number in (later, earlier)}
    others = {other.pk: other for other in Case.objects.filter(visible_to(actor), pk__in=numbers)}
    for own, other_picture, later, earlier, bits, turned in rows:
        picture, other = (own, earlier) if own in evidence_ids else (other_picture, later)
        if other in others and other != case.pk:
            found[picture].append(_of_case(case, others[other], bits, turned > 0))
    return {evidence: tuple(matches[:MOST]) for evidence, matches in found.items()}


def _of_case(case: Case, other: Case, bits: int, turned: bool) -> PictureMatchView:
    if case.victim_first or other.victim_first:
        return PictureMatchView(bits, turned)
    return PictureMatchView(bits, turned, case_id=other.pk, reference=other.reference)


OPEN_FOR = timedelta(minutes=10)
DRAWABLE = ("image/png", "image/jpeg", "image/webp")


class PictureClosed(JagaError):
    """The picture is closed to the actor or to everyone."""

    code = "picture_closed"
    status = 409
    sentence = N_("This picture is closed.")
    remedy = N_(
        "It opens for whoever holds the case, after the question about minors was answered. In victim-first "
        "cases it stays closed to everyone."
    )


class PictureState(StrEnum):
    """The status of a picture for one viewer."""

    CLOSED = "closed"  # To everyone, permanently.
    TO_CHECK = "to_check"  # Nobody has answered the youth check for it.
    BEING_DRAWN = "being_drawn"
    NOT_DRAWN = "not_drawn"  # Broken, too large or not a picture.
    READY = "ready"  # Can be opened.
    OPEN = "open"  # Opened by the actor and still open.


@dataclass(frozen=True)
class RequestLetterView:
    """A sealed letter of a request: bytes, and the hash of what was sealed."""

    evidence_id: int
    size: int
    sha256: str


@dataclass(frozen=True)
class PictureView:
    """One picture by number and hash, with its status. `sha256` is the original's."""

    evidence_id: int
    sha256: str
    size: int
    state: PictureState
    width: int = 0
    height: int = 0
    open_until: datetime | None = None
    matches: tuple[PictureMatchView, ...] = ()


@takes_case
def is_closed(case: Case) -> bool:
    """Whether the case's pictures are closed to everyone: victim-first, a category without pictures, or an answered
    sign of a minor, also one that can still be undone.
    """
    if case.victim_first or case.category in WHO_MAY_REPORT:
        return True
    answered = YouthCheck.objects.filter(case=OuterRef("pk"), answer=YouthAnswer.MAY_BE_MINOR)
    pending = PendingYouthAnswer.objects.filter(case=OuterRef("pk"), ended_at__isnull=True)
    return Case.objects.filter(Exists(answered) | Exists(pending), pk=case.pk).exists()


@takes_case
def undoable_until(case: Case, *, actor: Actor) -> datetime | None:
    """Until when the actor can undo their answer that a minor may be in a picture; None if there is nothing to undo."""
    return (
        PendingYouthAnswer.objects.filter(
            case=case,
            person_id=number_of(actor),
            ended_at__isnull=True,
            undo_until__gt=now(),
        )
        .order_by("-undo_until")
        .values_list("undo_until", flat=True)
        .first()
    )


@takes_case
def is_answer_pending(case: Case) -> bool:
    """Whether somebody's answer about minors has not taken effect yet."""
    return PendingYouthAnswer.objects.filter(case=case, ended_at__isnull=True).exists()


def _pictures(case: Case) -> QuerySet[Evidence]:
    return originals_of([case]).filter(kind=EvidenceKind.SCREENSHOT, media_type__in=DRAWABLE)


def originals_to_check(case: Case, answer: YouthAnswer) -> QuerySet[Evidence]:
    """Pictures of the case without this answer to the youth check.

    The answer "no sign" is not asked for pictures matched by a protecting list.
    """
    return still_to_check(_pictures(case), case, answer)


def still_to_check(pictures: QuerySet[Evidence], case: Case, answer: YouthAnswer) -> QuerySet[Evidence]:
    """`originals_to_check` for given pictures in this case; none where they stay closed to everyone."""
    if is_closed(case):
        return pictures.none()
    given = YouthCheck.objects.filter(case=case, evidence=OuterRef("pk"), answer=answer)
    waiting = pictures.filter(~Exists(given))
    if answer is YouthAnswer.NO_SIGN:
        waiting = waiting.filter(~Exists(listed_signs().filter(picture__evidence=OuterRef("pk"))))
    return waiting


@takes_case
def pictures_of(case: Case, *, actor: Actor) -> tuple[PictureView, ...]:
    """The pictures of a case already fetched with a permission check, with their status for the actor."""
    return seen_pictures(case, list(_pictures(case)), actor=actor)


def seen_pictures(case: Case, rows: list[Evidence], *, actor: Actor) -> tuple[PictureView, ...]:
    """These pictures of the case with their status for the actor, and where else the same picture was found."""
    views = picture_states(case, rows, actor=actor)
    same = matches_of(case, [row.pk for row in rows], actor=actor) if rows else {}
    return tuple(replace(view, matches=same.get(view.evidence_id, ())) for view in views)


def picture_states(case: Case, rows: list[Evidence], *, actor: Actor) -> tuple[PictureView, ...]:
    """These pictures of the case with their status for the actor; nothing about other cases."""
    numbers = [row.pk for row in rows]
    checks = YouthCheck.objects.filter(evidence__in=numbers)
    signs = set(checks.filter(answer=YouthAnswer.MAY_BE_MINOR).values_list("evidence_id", flat=True))
    signs.update(listed_signs().filter(picture__evidence__in=numbers).values_list("picture__evidence", flat=True))
    checked = set(checks.filter(case=case, answer=YouthAnswer.NO_SIGN).values_list("evidence_id", flat=True))
    copies = {copy.evidence_id: copy for copy in WorkingCopy.objects.filter(evidence__in=numbers)}
    opened = dict(
        _openings(actor).filter(case=case, evidence__in=numbers).order_by("at").values_list("evidence_id", "at")
    )
    closed = is_closed(case)
    return tuple(
        _view(row, closed or row.pk in signs, row.pk in checked, copies.get(row.pk), opened.get(row.pk)) for row in rows
    )


def _view(row: Evidence, closed: bool, checked: bool, copy: WorkingCopy | None, opened: datetime | None) -> PictureView:
    if closed:
        return PictureView(row.pk, row.sha256, row.size, PictureState.CLOSED)
    if not checked:
        return PictureView(row.pk, row.sha256, row.size, PictureState.TO_CHECK)
    if copy is None:
        return PictureView(row.pk, row.sha256, row.size, PictureState.BEING_DRAWN)
    if copy.state != CopyState.MADE:
        return PictureView(row.pk, row.sha256, row.size, PictureState.NOT_DRAWN)
    state = PictureState.OPEN if opened else PictureState.READY
    return PictureView(
        row.pk, row.sha256, row.size, state, copy.width, copy.height, opened + OPEN_FOR if opened else None
    )


def _openings(actor: Actor) -> QuerySet[PictureOpening]:
    return PictureOpening.objects.filter(person_id=number_of(actor), at__gt=now() - OPEN_FOR)


def access_picture(case: Case, evidence_id: int, *, actor: Actor) -> PictureView:
    """One picture of the case, for whoever may open it.

    Raises NotPermitted, NotFound, and PictureClosed for anyone but the lease holder and supervisors.
    """
    person = actor.require(*READERS)
    picture = next((one for one in pictures_of(case, actor=actor) if one.evidence_id == evidence_id), None)
    if picture is None:
        raise NotFound
    log_access(case, AccessKind.PICTURE, actor=actor)
    holds = Lease.objects.filter(case=case, holder_id=person, released_at__isnull=True, expires_at__gt=now()).exists()
    if not holds and Role.SUPERVISOR not in actor.roles:
        raise PictureClosed
    return picture


def opened_file(evidence_id: int) -> bytes:
    """A picture's working copy. The caller has checked that it may be shown. Raises EvidenceDamaged, Erased."""
    copy = WorkingCopy.objects.select_related("evidence").get(evidence=evidence_id)
    return vault.unseal(copy.sha256, copy.key_owner())


@takes_case
def access_opened_copy(case: Case, evidence_id: int, *, actor: Actor) -> bytes:
    """The working copy of a picture the actor has opened.

    Raises NotPermitted, NotFound, PictureClosed, EvidenceDamaged.
    """
    if access_picture(case, evidence_id, actor=actor).state is not PictureState.OPEN:
        raise PictureClosed
    return opened_file(evidence_id)


@takes_case
def request_letters_of(case: Case) -> tuple[RequestLetterView, ...]:
    """Sealed letters of the authority requests in a case, for download; none in victim-first cases."""
    return (
        ()
        if is_closed(case)
        else tuple(RequestLetterView(*one) for one in _letters(case).values_list("pk", "size", "sha256"))
    )


def _letters(case: Case) -> QuerySet[Evidence]:
    papers = Q(kind=EvidenceKind.LETTER) | Q(kind=EvidenceKind.SCREENSHOT, media_type="application/pdf")
    return originals_of([case]).filter(papers, media_type="application/pdf", report__isnull=False)


def access_request_letter(case: Case, evidence_id: int, *, actor: Actor) -> Evidence:
    """The row of a request's letter (PDF). Raises NotPermitted, NotFound, and PictureClosed in victim-first cases."""
    actor.require(*READERS)
    row = _letters(case).filter(pk=evidence_id).first()
    if row is None:
        raise NotFound
    if is_closed(case):
        raise PictureClosed
    log_access(case, AccessKind.LETTER, actor=actor)
    return row
