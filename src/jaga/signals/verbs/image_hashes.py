"""Perceptual hashes (PDQ) of pictures, and their matches with hash lists and pictures of other cases.

Hashing shows a picture to nobody, so it needs no youth check; a match with a child-protection list closes the pictures
before anybody can open one. Findings are for people and close no account. A picture sent by a reporter or officer is a
claim: its matches are shown and may close pictures, but neither add to the score nor link accounts. Imports numba, so
only workers and commands may import it.

Nearest-neighbour index of picture hashes in a worker's memory: hash lists in force, and pictures of all cases.

Before each comparison, new hashes are added. A million hashes take about 130 MB in each worker. Imports numba, so
only workers and commands may import it.

Hash lists of known pictures: importing and removing them. A list contains hashes, never pictures.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from threading import Lock

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Coalesce

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Evidence, Report
from jaga.cases.verbs.state import locked_case
from jaga.core.actors import Actor
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput, NotFound
from jaga.core.files import PictureProblem
from jaga.core.terms.cases import PendingEnd, VictimCause
from jaga.decisions.verbs.interim_restrictions import halt_pending_decision
from jaga.policy.limits import UNSOUGHT_CATEGORIES
from jaga.policy.release import load_release
from jaga.screening.images.nearest import BYTES, FARTHEST, Index, Near, brute_force, index
from jaga.screening.images.pdq import GOOD_QUALITY, Pdq
from jaga.signals.models import HashList, PictureHash, PictureMatch, PictureToHash
from jaga.signals.verbs.ban_evasion import indicators_of_picture
from jaga.signals.verbs.victim_protection import propose
from jaga.store.kernel.jobs import COMPARE_LIST, defer, defer_triage
from jaga.store.kernel.ledger import append, append_changes

Hashes = npt.NDArray[np.uint8]
_FEW = 4096  # pictures compared one by one before the index is rebuilt


@dataclass(frozen=True)
class Met:
    """A match: the id of a list or picture, the distance in bits, and which of the given orientations matched."""

    number: int
    bits: int
    turned: int


@dataclass
class Known:
    """The lists and pictures read so far."""

    lists: dict[int, Index] = field(default_factory=dict)
    indexed: Index | None = None
    numbers: list[int] = field(default_factory=list)
    later: list[bytes] = field(default_factory=list)  # not indexed yet; their ids are the last ones of `numbers`

    def read(self) -> None:
        """Read the hashes committed since the last call, and drop removed lists."""
        live = set(HashList.objects.filter(removed_at__isnull=True).values_list("pk", flat=True))
        for gone in self.lists.keys() - live:
            del self.lists[gone]
        for new in HashList.objects.filter(pk__in=live - self.lists.keys()):
            self.lists[new.pk] = index(as_rows(bytes(new.hashes)))
        since = self.numbers[-1] if self.numbers else 0
        fresh = PictureHash.objects.filter(pk__gt=since, problem="", quality__gte=GOOD_QUALITY).order_by("pk")
        for number, hashes in fresh.values_list("pk", "hashes").iterator():
            self.numbers.append(number)
            self.later.append(bytes(hashes[:BYTES]))
        if len(self.later) > _FEW + len(self.numbers) // 8:
            older = self.indexed.hashes if self.indexed else np.empty((0, BYTES), np.uint8)
            self.indexed, self.later = index(np.concatenate([older, as_rows(b"".join(self.later))])), []

    def on_lists(self, asked: Hashes) -> tuple[Met, ...]:
        """For each list, its nearest hash within range of any orientation."""
        found = ((number, _nearest(listed.search(asked))) for number, listed in self.lists.items())
        return tuple(Met(number, *near) for number, near in found if near)

    def pictures(self, asked: Hashes) -> tuple[Met, ...]:
        """All pictures within range of any orientation, each by its nearest one, by ascending id."""
        nearest: dict[int, Met] = {}
        for place, turned, bits in self._near(asked):
            number = self.numbers[place]
            if number not in nearest or bits < nearest[number].bits:
                nearest[number] = Met(number, bits, turned)
        return tuple(nearest[number] for number in sorted(nearest))

    def _near(self, asked: Hashes) -> Iterator[tuple[int, int, int]]:
        done = len(self.numbers) - len(self.later)
        near = [(0, self.indexed.search(asked))] if self.indexed else []
        near.append((done, brute_force(asked, as_rows(b"".join(self.later)))))
        for first, found in near:
            yield from zip((found.place + first).tolist(), found.query.tolist(), found.bits.tolist(), strict=True)


def as_rows(hashes: bytes) -> Hashes:
    """Concatenated hashes as rows of 32 bytes."""
    return np.frombuffer(hashes, np.uint8).reshape(-1, BYTES)


def _nearest(found: Near) -> tuple[int, int] | None:
    """Bits and orientation of the nearest hash; None without any."""
    if not len(found.bits):
        return None
    best = int(found.bits.argmin())
    return int(found.bits[best]), int(found.query[best])


_KNOWN, _READING = Known(), Lock()


def compare(asked: Hashes) -> tuple[tuple[Met, ...], tuple[Met, ...]]:
    """The lists and the earlier pictures that match a picture, given its eight hashes (rows of 32 bytes)."""
    with _READING:
        _KNOWN.read()
        return _KNOWN.on_lists(asked), _KNOWN.pictures(asked)


def near_list(list_hashes: bytes, pictures: Sequence[bytes]) -> list[tuple[int, int] | None]:
    """For each picture (eight hashes), bits and orientation of the nearest hash on a list; None if none is near."""
    asked = np.concatenate([as_rows(hashes) for hashes in pictures])
    found = index(as_rows(list_hashes)).search(asked, FARTHEST)
    best: dict[int, tuple[int, int]] = {}
    for query, bits in zip(found.query.tolist(), found.bits.tolist(), strict=True):
        place, turned = divmod(query, 8)
        best[place] = min(best.get(place, (bits, turned)), (bits, turned))
    return [best.get(place) for place in range(len(pictures))]


COMPARING = "hash-lists"  # lock of all comparisons with new lists


@dataclass(frozen=True)
class NewHashList:
    """A list to import: hashes of 32 bytes, sorted and unique."""

    name: str
    source: str
    category: str
    hashes: bytes


@transaction.atomic
def import_hash_list(new: NewHashList, *, actor: Actor) -> HashList:
    """Import a list, replacing the one of the same name, and defer its comparison with stored pictures.

    Idempotent.

    Raises InvalidInput.
    """
    _check(new)
    name, version = new.name.strip(), sha256(new.hashes).hexdigest()
    current = _live(name)
    if current and (current.version, current.category, current.source) == (version, new.category, new.source):
        return current
    if current:
        _remove(current, actor)
    made = HashList.objects.create(
        name=name,
        source=new.source,
        category=new.category,
        version=version,
        size=len(new.hashes) // 32,
        hashes=new.hashes,
        imported_at=now(),
    )
    append(
        "import_hash_list",
        {
            "list": made.pk,
            "name": made.name,
            "source": made.source,
            "category": made.category,
            "version": version,
            "size": made.size,
        },
        actor=actor,
        case_id=None,
    )
    defer_comparison(made.pk)
    return made


def defer_comparison(list_id: int) -> None:
    """Defer the comparison of stored pictures with a list."""
    defer(COMPARE_LIST, lock=COMPARING, list_id=list_id)


def uncompared_lists() -> list[int]:
    """Ids of lists in use that were not yet compared with all older pictures."""
    return list(
        HashList.objects.filter(removed_at__isnull=True, compared_at__isnull=True)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


@transaction.atomic
def remove_hash_list(name: str, *, actor: Actor) -> HashList:
    """Take a list out of use and erase its hashes. Matches found by it are kept. Raises NotFound."""
    current = _live(name) or _live(name.strip())
    if current is None:
        raise NotFound
    _remove(current, actor)
    return current


def _live(name: str) -> HashList | None:
    return HashList.objects.select_for_update().filter(name=name, removed_at__isnull=True).first()


def _remove(row: HashList, actor: Actor) -> None:
    HashList.objects.filter(pk=row.pk).update(removed_at=now(), hashes=b"")
    append("remove_hash_list", {"list": row.pk, "name": row.name, "version": row.version}, actor=actor, case_id=None)


def _check(new: NewHashList) -> None:
    errors = []
    if not 0 < len(new.name.strip()) <= 100:
        errors.append(FieldError("name", "missing", N_("Give the list a name of at most 100 characters.")))
    if len(new.source) > 200:
        errors.append(FieldError("source", "too_long", N_("Say in at most 200 characters where the list is from.")))
    if new.category not in load_release().by_key:
        errors.append(FieldError("category", "unknown", N_("This category is not in the policy.")))
    elif new.category in UNSOUGHT_CATEGORIES:
        errors.append(FieldError("category", "unsought", N_("Nobody looks for this category, so it takes no list.")))
    if not new.hashes or len(new.hashes) % 32:
        errors.append(FieldError("hashes", "missing", N_("The list has no hash.")))
    if errors:
        raise InvalidInput(*errors)


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
