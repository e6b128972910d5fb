"""Hash lists of known pictures: importing and removing them. A list contains hashes, never pictures."""

from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction

from jaga.casework.kernel.jobs import COMPARE_LIST, promise
from jaga.casework.kernel.ledger import enter
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput, NotFound
from jaga.policy import load_release
from jaga.policy.limits import UNSOUGHT_CATEGORIES
from jaga.records.models import HashList

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
    known = _live(name)
    if known and (known.version, known.category, known.source) == (version, new.category, new.source):
        return known
    if known:
        _remove(known, actor)
    made = HashList.objects.create(name=name, source=new.source, category=new.category, version=version,
                                   size=len(new.hashes) // 32, hashes=new.hashes, imported_at=now())
    enter("import_hash_list", {"list": made.pk, "name": made.name, "source": made.source, "category": made.category,
                               "version": version, "size": made.size}, actor=actor, case_id=None)
    promise_comparing(made.pk)
    return made


def promise_comparing(list_id: int) -> None:
    """Defer the comparison of stored pictures with a list."""
    promise(COMPARE_LIST, lock=COMPARING, list_id=list_id)


def uncompared_lists() -> list[int]:
    """Ids of lists in use that were not yet compared with all older pictures."""
    return list(HashList.objects.filter(removed_at__isnull=True, compared_at__isnull=True).order_by("pk")
                .values_list("pk", flat=True))


@transaction.atomic
def remove_hash_list(name: str, *, actor: Actor) -> HashList:
    """Take a list out of use and erase its hashes. Matches found by it are kept. Raises NotFound."""
    known = _live(name) or _live(name.strip())
    if known is None:
        raise NotFound
    _remove(known, actor)
    return known


def _live(name: str) -> HashList | None:
    return HashList.objects.select_for_update().filter(name=name, removed_at__isnull=True).first()


def _remove(known: HashList, actor: Actor) -> None:
    HashList.objects.filter(pk=known.pk).update(removed_at=now(), hashes=b"")
    enter("remove_hash_list", {"list": known.pk, "name": known.name, "version": known.version}, actor=actor,
          case_id=None)


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
