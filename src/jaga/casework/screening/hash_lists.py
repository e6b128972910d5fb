"""Hash lists of known pictures: importing and removing them. A list contains hashes, never pictures."""

from dataclasses import dataclass
from hashlib import sha256

from django.db import transaction

from jaga.casework.kernel.jobs import COMPARE_LIST, defer
from jaga.casework.kernel.ledger import append
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
