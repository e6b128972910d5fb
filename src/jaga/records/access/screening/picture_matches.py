"""Matches of a case's pictures with hash lists and with pictures of other cases the actor may see."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from jaga.core.actors import Actor
from jaga.policy import load_release
from jaga.records.access.base.clearance import visible_to
from jaga.records.models import Case, PictureMatch

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
