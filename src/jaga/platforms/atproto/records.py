"""Preserves what an account showed publicly: its profile record and newest posts, verbatim.

Pictures are not copied; a record names each by its SHA-256.
"""

from collections.abc import Mapping

from jaga.core.canonical import canonical_json
from jaga.core.platforms import Material
from jaga.platforms.atproto.accounts import POSTS
from jaga.platforms.atproto.car import records
from jaga.platforms.atproto.xrpc import Xrpc, not_understood, summary_of

NEWEST = 500
PROFILE = "app.bsky.actor.profile"
_PAGE = 100
_DEEPEST = 40
_LARGEST = 2**53 - 1

Record = tuple[str, str, object]  # Key, hash and value.


def from_public(public: Xrpc, did: str, about: Mapping[str, object]) -> tuple[Material, ...]:
    """What the public sees of an account; empty if it is hidden. `about` is added to the profile."""
    listed = _listed(public, did, POSTS)
    profile = None if listed is None else _listed(public, did, PROFILE)
    if listed is None or profile is None:
        return ()
    (posts, complete), (profiles, _) = listed, profile
    return _materials(did, about, profiles, posts, complete)


def from_repository(admin: Xrpc, did: str, about: Mapping[str, object]) -> tuple[Material, ...]:
    """The same for a taken-down account, public until then; only the server's administrator can still fetch it."""
    content = admin.fetch("com.atproto.sync.getRepo", {"did": did})
    if content is None:
        raise not_understood("no repository")
    posts = list(records(content, POSTS))
    readable = [record for record in posts[-NEWEST:] if record[2] is not None]
    return _materials(did, about, list(records(content, PROFILE)), readable, len(readable) == len(posts))


def _materials(
    did: str,
    about: Mapping[str, object],
    profiles: list[Record],
    posts: list[Record],
    complete: bool,
) -> tuple[Material, ...]:
    profile = next((value for key, _, value in profiles if key == "self"), None)
    messages = [_message(did, record) for record in sorted(posts, key=lambda record: record[0])]
    shown = {"account_id": did, **about, "profile": profile}
    kept = {"account_id": did, "complete": complete, "messages": messages}
    return (
        Material("profile.json", "application/json", canonical_json(storable(shown))),
        Material("messages.json", "application/json", canonical_json(storable(kept))),
    )


def _listed(public: Xrpc, did: str, collection: str) -> tuple[list[Record], bool] | None:
    """The newest records and whether they are complete; None if the account is hidden."""
    found: list[Record] = []
    params = {"repo": did, "collection": collection, "limit": str(_PAGE)}
    while True:
        answer = public.query("com.atproto.repo.listRecords", params)
        if answer.status == 400:
            return None
        page = answer.body.get("records")
        if not answer.ok or not isinstance(page, list):
            raise not_understood(f"records: {summary_of(answer)}")
        found += [_record(item) for item in page]
        cursor = answer.body.get("cursor")
        if len(page) < _PAGE or not isinstance(cursor, str) or cursor == params.get("cursor"):
            return found, True
        if len(found) >= NEWEST:
            return found[:NEWEST], False
        params["cursor"] = cursor


def _record(item: object) -> Record:
    if not isinstance(item, dict) or not isinstance(item.get("uri"), str):
        raise not_understood("a record without an address")
    return item["uri"].rpartition("/")[2], str(item.get("cid")), item.get("value")


def _message(did: str, record: Record) -> Mapping[str, object]:
    key, cid, value = record
    fields = value if isinstance(value, dict) else {}
    # `sent_at` is the author's claim, checked by nobody.
    return {
        "message_id": f"at://{did}/{POSTS}/{key}",
        "hash": cid,
        "sent_at": fields.get("createdAt"),
        "text": fields.get("text"),
        "record": value,
    }


def storable(value: object, depth: int = 0) -> object:
    """`value` in a form that can be hashed: records come from strangers, and an odd one must not stop the rest."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int) and abs(value) <= _LARGEST:
        return value
    if depth < _DEEPEST and isinstance(value, list):
        return [storable(item, depth + 1) for item in value]
    if depth < _DEEPEST and isinstance(value, dict):
        return {str(storable(str(key))): storable(item, depth + 1) for key, item in value.items()}
    return str(storable(str(value)[:1000]))
