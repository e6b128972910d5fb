"""Perceptual hashes (PDQ) of pictures, and their matches with hash lists and pictures of other cases.

Hashing shows a picture to nobody, so it needs no youth check; a match with a child-protection list closes the pictures
before anybody can open one. Findings are for people and close no account. A picture sent by a reporter or officer is a
claim: its matches are shown and may close pictures, but neither add to the score nor link accounts. Imports numba, so
only workers and commands may import it.
"""

from collections.abc import Collection, Iterable

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from jaga.casework.cases.state import locked_case
from jaga.casework.kernel.jobs import defer_triage
from jaga.casework.kernel.ledger import append, append_changes
from jaga.casework.screening.ban_evasion import indicators_of_picture
from jaga.casework.screening.hash_index import Met, compare, near_list
from jaga.casework.screening.victim_protection import propose
from jaga.casework.withdrawals.pending_recall import halt_pending_decision
from jaga.core.actors import Actor
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now
from jaga.core.pictures import PictureProblem
from jaga.core.terms.cases import VictimCause
from jaga.core.terms.decisions import PendingEnd
from jaga.policy import load_release
from jaga.records.models import Case, Evidence, HashList, PictureHash, PictureMatch, PictureToHash, Report
from jaga.screening.images.pdq import GOOD_QUALITY, Pdq

LISTED = 0.9  # the score of a match with a list
MOST_SAME = 8  # earlier pictures recorded as matches
# advisory lock: of a picture and another picture or list processed concurrently, one sees the other
_ONE_AT_A_TIME = 1_701_727


def waiting_pictures(most: int, besides: Collection[int] = ()) -> list[Evidence]:
    """Pictures that wait to be hashed, oldest first, except those in `besides`."""
    first = PictureToHash.objects.order_by("pk").values_list("evidence_id", flat=True)[: most + len(besides)]
    numbers = [number for number in first if number not in besides][:most]
    rows = Evidence.objects.in_bulk(numbers)
    return [rows[number] for number in numbers]


@transaction.atomic
def forget_picture(evidence_id: int) -> None:
    """A picture that was erased before it was hashed waits no longer. Idempotent."""
    PictureToHash.objects.filter(evidence=evidence_id).delete()


@transaction.atomic
def record_hash(evidence_id: int, hashed: Pdq | PictureProblem, *, actor: Actor) -> PictureHash | None:
    """Store a picture's hashes and its matches with lists and with pictures of other cases.

    Idempotent.

    For a picture of the account itself, matches become account-linking indicators, and a list match raises the case in
    the queue. For any picture, a match with a list of a victim-first category makes the case victim-first and closes
    its pictures. Returns None if it was hashed before.
    """
    _wait_for_turn()  # before locking any case, so that nobody holds a case while waiting
    waiting = PictureToHash.objects.filter(evidence=evidence_id).select_related("evidence").first()
    if waiting is None:
        return None
    evidence = waiting.evidence
    waiting.delete()
    case = _locked_case_of(evidence, actor)
    if isinstance(hashed, PictureProblem):
        row = PictureHash.objects.create(evidence=evidence, problem=hashed, at=now())
        lists, same = [], []
    else:
        clear = hashed.quality >= GOOD_QUALITY  # plain pictures match every other plain picture
        met = compare(hashed.hashes) if clear else ((), ())
        row = PictureHash.objects.create(
            evidence=evidence, hashes=hashed.hashes.tobytes(), quality=hashed.quality, at=now()
        )
        of_holder = evidence.appeal_id is not None  # a holder's appeal picture links no accounts
        lists, same = _lists(row, met[0]), _same(row, case, met[1]) if clear and not of_holder else []
        if clear and not of_holder:
            _record_indicators(evidence, case, row, same)
    PictureMatch.objects.bulk_create([*lists, *same])
    append(
        "hash_picture",
        {
            "evidence": evidence.pk,
            "problem": row.problem,
            "quality": row.quality,
            "lists": [match.hash_list_id for match in lists],
            "same": len(same),
        },
        actor=actor,
        case_id=case.pk,
    )
    _heed(
        case,
        [match.hash_list for match in lists if match.hash_list],
        again=bool(same),
        published=evidence.report_id is None,
        actor=actor,
    )
    return row


def _locked_case_of(evidence: Evidence, actor: Actor) -> Case:
    """The case of a picture, locked, and `evidence.report` reloaded, since a report can move while this waits."""
    if evidence.report_id is None:
        return locked_case(evidence.case_id, actor=actor)
    while True:
        place = Report.objects.values_list("case_id", flat=True).get(pk=evidence.report_id)
        case = locked_case(place or evidence.case_id, actor=actor)
        report = Report.objects.select_related("subject").get(pk=evidence.report_id)
        if report.case_id == place:
            evidence.report = report
            return case


def _wait_for_turn() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])


def _lists(row: PictureHash, met: Iterable[Met]) -> list[PictureMatch]:
    found = {one.number: one for one in met}
    return [
        PictureMatch(picture=row, hash_list=one, bits=found[one.pk].bits, turned=found[one.pk].turned, at=row.at)
        for one in HashList.objects.filter(pk__in=found).defer("hashes").order_by("pk")
    ]


def _same(row: PictureHash, case: Case, met: Iterable[Met]) -> list[PictureMatch]:
    """The first earlier matches from other cases."""
    found = {one.number: one for one in met}
    place = Coalesce(F("evidence__report__case"), F("evidence__case"))
    earlier = (
        PictureHash.objects.filter(pk__in=found)
        .annotate(place=place)
        .exclude(place=case.pk)
        .filter(evidence__appeal__isnull=True)
        .order_by("pk")
    )
    return [
        PictureMatch(picture=row, earlier=one, bits=found[one.pk].bits, turned=found[one.pk].turned, at=row.at)
        for one in earlier[:MOST_SAME]
    ]


def _record_indicators(evidence: Evidence, case: Case, row: PictureHash, same: Iterable[PictureMatch]) -> None:
    """Store indicators for a picture of the account itself; a reporter's picture is a claim and links nothing."""
    if evidence.report_id is not None:
        return
    earlier = [(bytes(match.earlier.hashes[:32]), match.bits) for match in same if match.earlier]
    indicators_of_picture(case.subject, bytes(row.hashes[:32]), earlier)


def _heed(case: Case, lists: Iterable[HashList], *, again: bool, published: bool, actor: Actor) -> None:
    """Apply matches to a locked case: a place nearer to the front if the picture was `published` on the account, and
    closed pictures.

    A case that is being carried out or resolved is not screened again, but its pictures are closed.
    """
    categories = [load_release().by_key.get(hash_list.category) for hash_list in lists]
    if any(category is not None and category.victim_first for category in categories) and not case.victim_first:
        propose([(case, VictimCause.PICTURE, None)], actor=actor)
        halt_pending_decision(case, PendingEnd.VICTIM, actor=actor)
    if categories:
        case.score = max(case.score, LISTED if published else 0.0)
        case.save(update_fields=["victim_state", "victim_first", "severity", "score"])
        append_changes(actor=actor, case_id=case.pk)
    if (categories or again) and case.state in JOINABLE_STATES:
        defer_triage(case.pk)


@transaction.atomic
def compare_with_list(list_id: int, after: int, most: int, *, actor: Actor) -> int | None:
    """Compare the next `most` pictures after id `after` with a newer list.

    Idempotent.

    Returns the id of the last one, or None if nothing is left.
    """
    _wait_for_turn()  # a picture being hashed now is either seen here or sees the list
    hash_list = HashList.objects.filter(pk=list_id, removed_at__isnull=True).first()
    rows = (
        list(
            PictureHash.objects.filter(pk__gt=after, problem="", quality__gte=GOOD_QUALITY)
            .select_related("evidence")
            .order_by("pk")[:most]
        )
        if hash_list
        else []
    )
    if hash_list is None:
        return None
    if not rows:  # later pictures are compared with every list when they are hashed
        HashList.objects.filter(pk=hash_list.pk, compared_at__isnull=True).update(compared_at=now())
        return None
    near = near_list(bytes(hash_list.hashes), [bytes(row.hashes) for row in rows])
    done = set(PictureMatch.objects.filter(hash_list=hash_list, picture__in=rows).values_list("picture_id", flat=True))
    for row, found in zip(rows, near, strict=True):
        if found is None or row.pk in done:
            continue
        evidence = row.evidence
        case = _locked_case_of(evidence, actor)
        PictureMatch.objects.create(picture=row, hash_list=hash_list, bits=found[0], turned=found[1], at=now())
        append("find_on_list", {"evidence": evidence.pk, "list": hash_list.pk}, actor=actor, case_id=case.pk)
        _heed(case, [hash_list], again=False, published=evidence.report_id is None, actor=actor)
    return rows[-1].pk
