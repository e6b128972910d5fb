"""Hashes of the pictures that came in, and what they are the same as. Pictures are hashed, never shown for it.

It needs no youth check: nobody sees anything, and a hit on a child-protection body's list closes the pictures before
anybody can open one. What is found is a machine's finding for people; it closes no account and files no vote.
A picture that a reporter or officer sent is a claim: what it is the same as is shown, and may close the pictures to
protect people, but it scores nothing and ties the account to nobody.
For workers and commands only: it loads numba.
"""

from collections.abc import Collection, Iterable

from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from jaga.casework.cases.state import locked_case
from jaga.casework.kernel.jobs import promise_triage
from jaga.casework.kernel.ledger import enter
from jaga.casework.screening.ban_evasion import traces_of_picture
from jaga.casework.screening.hash_index import Met, compare, near_list
from jaga.casework.screening.victim_protection import propose
from jaga.casework.withdrawals.pending_recall import halt_commit
from jaga.core.actors import Actor
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now
from jaga.core.pictures import PictureProblem
from jaga.core.terms import CommitEnd, VictimCause
from jaga.policy import load_release
from jaga.records.models import Case, Evidence, HashList, PictureHash, PictureMatch, PictureToHash, Report
from jaga.screening.images.pdq import GOOD_QUALITY, Pdq

LISTED = 0.9  # what a hit on a list counts for in the queue, as a score of the word list
MOST_SAME = 8  # earlier pictures that one is said to be the same as, the first ones
_ONE_AT_A_TIME = 1_701_727  # advisory lock: of two pictures hashed at once, or a picture and a list, one sees the other


def waiting_pictures(most: int, besides: Collection[int] = ()) -> list[Evidence]:
    """Pictures whose hash waits to be made, the first first, without those `besides`."""
    first = PictureToHash.objects.order_by("pk").values_list("evidence_id", flat=True)[:most + len(besides)]
    numbers = [number for number in first if number not in besides][:most]
    rows = Evidence.objects.in_bulk(numbers)
    return [rows[number] for number in numbers]


@transaction.atomic
def record_hash(evidence_id: int, hashed: Pdq | PictureProblem, *, actor: Actor) -> PictureHash | None:
    """Keep a picture's hashes, and what it is the same as: known pictures of lists, earlier pictures of other cases.

    Of a picture of the account itself, what is the same becomes a trace of it, and one on a list moves the case up. Of
    any picture: where the list's category is a victim-first one the case takes that way and its pictures stay closed.
    None where it was hashed before; safe to repeat.
    """
    _wait_for_turn()  # before any case is held, as everywhere: nobody waits for it holding one
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
        clear = hashed.quality >= GOOD_QUALITY  # a plain picture is near to every other plain one
        met = compare(hashed.hashes) if clear else ((), ())
        row = PictureHash.objects.create(evidence=evidence, hashes=hashed.hashes.tobytes(), quality=hashed.quality,
                                         at=now())
        of_holder = evidence.appeal_id is not None  # nothing of it ties accounts
        lists, same = _lists(row, met[0]), _same(row, case, met[1]) if clear and not of_holder else []
        if clear and not of_holder:
            _leave_traces(evidence, case, row, same)
    PictureMatch.objects.bulk_create([*lists, *same])
    enter("hash_picture", {"evidence": evidence.pk, "problem": row.problem, "quality": row.quality,
                           "lists": [match.hash_list_id for match in lists], "same": len(same)},
          actor=actor, case_id=case.pk)
    _heed(case, [match.hash_list for match in lists if match.hash_list], again=bool(same),
          seen=evidence.report_id is None, actor=actor)
    return row


def _locked_case_of(evidence: Evidence, actor: Actor) -> Case:
    """The locked case in which a picture stands. Its report may be put into another case while this waits, and
    `evidence.report` is as it is behind the lock.
    """
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
    return [PictureMatch(picture=row, hash_list=known, bits=found[known.pk].bits, turned=found[known.pk].turned,
                         at=row.at) for known in HashList.objects.filter(pk__in=found).defer("hashes").order_by("pk")]


def _same(row: PictureHash, case: Case, met: Iterable[Met]) -> list[PictureMatch]:
    """Earlier pictures of other cases, the first few; a case's own copies say nothing new."""
    found = {one.number: one for one in met}
    place = Coalesce(F("evidence__report__case"), F("evidence__case"))
    earlier = PictureHash.objects.filter(pk__in=found).annotate(place=place).exclude(place=case.pk).filter(
        evidence__appeal__isnull=True).order_by("pk")
    return [PictureMatch(picture=row, earlier=one, bits=found[one.pk].bits, turned=found[one.pk].turned, at=row.at)
            for one in earlier[:MOST_SAME]]


def _leave_traces(evidence: Evidence, case: Case, row: PictureHash, same: Iterable[PictureMatch]) -> None:
    """Of a picture of the account itself. One that a reporter sent is a claim, and ties the account to nobody."""
    if evidence.report_id is not None:
        return
    known = [(bytes(match.earlier.hashes[:32]), match.bits) for match in same if match.earlier]
    traces_of_picture(case.subject, bytes(row.hashes[:32]), known)


def _heed(case: Case, lists: Iterable[HashList], *, again: bool, seen: bool, actor: Actor) -> None:
    """What the findings mean for a locked case: a place nearer to the front where the picture was `seen` to be the
    account's own, closed pictures, nothing else.

    A case that is being carried out, or is over, is not screened again; its pictures are closed all the same.
    """
    categories = [load_release().by_key.get(known.category) for known in lists]
    if any(category is not None and category.victim_first for category in categories) and not case.victim_first:
        propose([(case, VictimCause.PICTURE, None)], actor=actor)
        halt_commit(case, CommitEnd.VICTIM, actor=actor)
    if categories:
        case.score = max(case.score, LISTED if seen else 0.0)
        case.save(update_fields=["victim_state", "victim_first", "severity", "score"])
    if (categories or again) and case.state in JOINABLE_STATES:
        promise_triage(case.pk)


@transaction.atomic
def compare_with_list(list_id: int, after: int, most: int, *, actor: Actor) -> int | None:
    """Compare the next `most` pictures after number `after` with a list that came later than they did.

    Returns the last one's number, None where nothing is left. Safe to repeat.
    """
    _wait_for_turn()  # a picture that is being hashed now is either seen here, or sees the list
    known = HashList.objects.filter(pk=list_id, removed_at__isnull=True).first()
    rows = list(PictureHash.objects.filter(pk__gt=after, problem="", quality__gte=GOOD_QUALITY)
                .select_related("evidence").order_by("pk")[:most]) if known else []
    if known is None:
        return None
    if not rows:  # each later one is compared with every list while it is hashed
        HashList.objects.filter(pk=known.pk, compared_at__isnull=True).update(compared_at=now())
        return None
    near = near_list(bytes(known.hashes), [bytes(row.hashes) for row in rows])
    done = set(PictureMatch.objects.filter(hash_list=known, picture__in=rows).values_list("picture_id", flat=True))
    for row, found in zip(rows, near, strict=True):
        if found is None or row.pk in done:
            continue
        evidence = row.evidence
        case = _locked_case_of(evidence, actor)
        PictureMatch.objects.create(picture=row, hash_list=known, bits=found[0], turned=found[1], at=now())
        enter("find_on_list", {"evidence": evidence.pk, "list": known.pk}, actor=actor, case_id=case.pk)
        _heed(case, [known], again=False, seen=evidence.report_id is None, actor=actor)
    return rows[-1].pk

