"""Account state on a PDS: the administrator's view, the public status, and whether posts are served.

Sign-in is not evidence: a PDS answers "taken down" only to someone who knows the password.

Refusals and settings shared by the AT Protocol adapters.

Preserves what an account showed publicly: its profile record and newest posts, verbatim.

Pictures are not copied; a record names each by its SHA-256.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from jaga.core.canonical import canonical_json
from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.foreign import plausible
from jaga.core.platforms import Account, AccountObservation, Material, RouteObservation, StepResult
from jaga.core.terms.cases import AccountState, OutcomeKind
from jaga.platforms.atproto.car import records
from jaga.platforms.atproto.session import HANDLE, Xrpc, error_of, is_did, not_understood, summary_of
from jaga.platforms.kit.configuration import BlockIncomplete, PlatformConfiguration
from jaga.platforms.kit.guard import Check
from jaga.platforms.kit.steps import RUNS_THE_SERVER

ACTIVE, MISSING, TAKEN_DOWN, DEACTIVATED = "active", "missing", "takendown", "deactivated"
BY_HOLDER = "deactivated by its holder"
POSTS = "app.bsky.feed.post"


@dataclass(frozen=True)
class AdminView:
    """The PDS administrator's view. `ref` is the note of whoever took the account down."""

    taken_down: bool
    ref: str
    deactivated: bool

    @property
    def words(self) -> str:
        flags = ((self.taken_down, TAKEN_DOWN), (self.deactivated, BY_HOLDER))
        return ", ".join(word for flag, word in flags if flag) or ACTIVE


@dataclass(frozen=True)
class Inspection:
    """One observation with the administrator's view; `info` if it was requested."""

    observation: AccountObservation
    view: AdminView | None
    info: Mapping[str, object] | None = None


class PublicAccounts:
    """Observes accounts of one PDS as the public sees them."""

    def __init__(self, public: Xrpc) -> None:
        self._public = public

    def status(self, did: str) -> str:
        """`active`, `takendown`, `deactivated`, `missing`, or another status of the server."""
        answer = self._public.query("com.atproto.sync.getRepoStatus", {"did": did})
        if answer.status == 400 and error_of(answer) == "RepoNotFound":
            return MISSING
        active, status = answer.body.get("active"), answer.body.get("status")
        if not answer.ok or answer.body.get("did") != did or not isinstance(active, bool):
            raise not_understood(f"status: {summary_of(answer)}")
        return ACTIVE if active else status if isinstance(status, str) else "inactive"

    def out_of_sight(self, did: str) -> str:
        """The status of an account whose records were not listed. Raises PlatformFault for an active one."""
        status = self.status(did)
        if status == ACTIVE:
            raise not_understood("the records of an active account")
        return status

    def posts(self, did: str) -> str:
        """Whether the account's public posts are served to anyone: `shown` or `withheld`."""
        answer = self._public.query("com.atproto.repo.listRecords", {"repo": did, "collection": POSTS, "limit": "1"})
        if answer.ok and isinstance(answer.body.get("records"), list):
            return "shown"
        if answer.status == 400:
            return "withheld"
        raise not_understood(f"posts: {summary_of(answer)}")

    def did_of(self, handle: str) -> str | None:
        """The DID this handle resolves to now, or None. A taken-down account is not found by its handle."""
        answer = self._public.query("com.atproto.identity.resolveHandle", {"handle": handle})
        if answer.status == 400:
            return None
        did = answer.body.get("did")
        if not answer.ok or not isinstance(did, str) or not is_did(did):
            raise not_understood(f"handle: {summary_of(answer)}")
        return did

    def about_name(self, name: str) -> tuple[RouteObservation, ...]:
        """Readings for an address that is not a DID: whose handle it is now, so that a person can supply the DID."""
        no_did = RouteObservation("address", "no DID")
        handle = name.removeprefix("@").lower()
        if not HANDLE.fullmatch(handle):
            return (no_did,)
        did = self._public.query("com.atproto.identity.resolveHandle", {"handle": handle}).body.get("did")
        return (
            (no_did, RouteObservation("that handle's DID now", did))
            if isinstance(did, str) and is_did(did)
            else (no_did,)
        )


class Accounts:
    """Observes accounts of one PDS as administrator and as the public. Read-only."""

    def __init__(self, admin: Xrpc, public: Xrpc) -> None:
        self._admin = admin
        self.public = PublicAccounts(public)

    def observe(self, account_id: str) -> Inspection:
        """Observe by all routes; for an open account including its current handle.

        UNKNOWN if routes contradict each other.
        """
        inspected = self.inspect(account_id)
        if inspected.view is None:
            return inspected
        if inspected.observation.state is AccountState.CLOSED:
            return Inspection(with_posts(self.public, account_id, inspected.observation), inspected.view)
        info = self.info(account_id)
        handle = RouteObservation("handle", MISSING if info is None else str(info.get("handle")))
        return Inspection(with_reading(inspected.observation, handle), inspected.view, info)

    def inspect(self, did: str) -> Inspection:
        """Observe by the two routes each step needs: administrator and public."""
        if not is_did(did):
            return Inspection(self._no_did(did), None)
        view, status = self.admin_view(did), self.public.status(did)
        readings = (
            RouteObservation("admin", MISSING if view is None else view.words),
            RouteObservation("public", status),
        )
        return Inspection(AccountObservation(_judge(view, status), readings, now()), view)

    def admin_view(self, did: str) -> AdminView | None:
        """The account's flags, or None if this PDS has no such account."""
        answer = self._admin.query("com.atproto.admin.getSubjectStatus", {"did": did})
        if answer.status == 400 and error_of(answer) == "NotFound":
            return None
        takedown, deactivated = answer.body.get("takedown"), answer.body.get("deactivated")
        if not answer.ok or not isinstance(takedown, dict) or not isinstance(takedown.get("applied"), bool):
            raise not_understood(f"the administrator's view: {summary_of(answer)}")
        away = isinstance(deactivated, dict) and deactivated.get("applied") is True
        return AdminView(takedown["applied"], str(takedown.get("ref") or ""), away)

    def info(self, did: str) -> Mapping[str, object] | None:
        """Handle and creation day, without the e-mail address the server adds."""
        answer = self._admin.query("com.atproto.admin.getAccountInfo", {"did": did})
        if answer.status == 400 and error_of(answer) == "NotFound":
            return None
        if not answer.ok or answer.body.get("did") != did:
            raise not_understood(f"account: {summary_of(answer)}")
        return {name: answer.body.get(name) for name in ("handle", "indexedAt")}

    def identify(self, account: Account) -> Account | None:
        """See `jaga.core.platforms.Identifies`. None for an account of another server."""
        name = account.account_id
        did = name if is_did(name) else self.public.did_of(name)
        info = self.info(did) if did else None
        if not did or not info:
            return None
        handle = info["handle"] or ""
        if not isinstance(handle, str):
            raise not_understood("a handle that is no text")
        return Account(account.platform, did, handle, opened_at(info))

    def _no_did(self, account_id: str) -> AccountObservation:
        return AccountObservation(AccountState.MISSING, self.public.about_name(account_id), now())


def opened_at(info: Mapping[str, object]) -> datetime | None:
    """When the server created the account, according to its `indexedAt`; None if missing."""
    try:
        return plausible(datetime.fromisoformat(str(info.get("indexedAt"))))
    except ValueError:
        return None


def with_posts(public: PublicAccounts, did: str, closed: AccountObservation) -> AccountObservation:
    """The observation of a closed account; UNKNOWN if its posts are still served.

    Its handle is not queried: nobody can change it while the account is closed.
    """
    posts = public.posts(did)
    state = AccountState.UNKNOWN if posts == "shown" else closed.state
    return with_reading(AccountObservation(state, closed.readings, closed.at), RouteObservation("posts", posts))


def with_reading(observation: AccountObservation, reading: RouteObservation) -> AccountObservation:
    """The observation with one more reading."""
    return AccountObservation(observation.state, (*observation.readings, reading), observation.at)


def _judge(view: AdminView | None, status: str) -> AccountState:
    if view is None:
        return AccountState.MISSING if status == MISSING else AccountState.UNKNOWN
    expected = TAKEN_DOWN if view.taken_down else DEACTIVATED if view.deactivated else ACTIVE
    if status != expected:
        return AccountState.UNKNOWN
    return AccountState.ACTIVE if status == ACTIVE else AccountState.CLOSED


NOT_A_DID = N_("This name can pass to somebody else; the account's DID is needed. Nothing was changed.")
NOT_TAKEN = N_("The platform refused the step. Nothing was changed.")
NOT_WATCHED = N_("Public posts of this platform cannot be read.")
CLOSED_BY_HOLDER = N_("The holder has closed the account; only the holder can open it again.")
CLOSED_BY_OTHERS = N_("Somebody else has closed the account; it is theirs to open again.")
NO_HOLD = N_("The server cannot hold an account that still reads.")
NO_MAIL = N_("The server only knows e-mail, and says yes even where none can be sent.")
NO_ROOMS = N_("There are no rooms.")


def guard(account_id: str, protected: frozenset[str], accounts: PublicAccounts) -> StepResult | None:
    """Why nothing may be done: the address is not a DID, or the account runs the service."""
    if not is_did(account_id):
        return StepResult(OutcomeKind.REFUSED, NOT_A_DID, accounts.about_name(account_id))
    if account_id in protected:
        return StepResult(OutcomeKind.REFUSED, RUNS_THE_SERVER, (RouteObservation("address", "protected"),))
    return None


def protected(configuration: PlatformConfiguration) -> frozenset[str]:
    """The DIDs in the option `protected`, separated by spaces or commas. Raises BlockIncomplete for anything else."""
    words = configuration.options.get("protected", "").replace(",", " ").split()
    if wrong := next((word for word in words if not is_did(word)), None):
        raise BlockIncomplete(platform=configuration.name, field="options.protected", why=f"{wrong} is no DID")
    return frozenset(words)


def version_check(service: Xrpc, name: str, oldest: tuple[int, int, int]) -> Check:
    """Whether the service reports a recent enough version. One that reports none passes."""
    answer = service.http.call("GET", "/xrpc/_health")
    version = answer.body.get("version")
    if not answer.ok:
        return Check("version", False, f"No {name} answers at that address: {summary_of(answer)}.")
    numbers = str(version).split(".")
    if len(numbers) < 3 or not all(number.isdecimal() for number in numbers[:3]):
        return Check("version", True, f"{name} answers and does not say which version it is.")
    if tuple(int(number) for number in numbers[:3]) < oldest:
        least = ".".join(str(number) for number in oldest)
        return Check("version", False, f"{name} {version} is too old; Jaga needs {least} or later.")
    return Check("version", True, f"{name} {version}.")


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
