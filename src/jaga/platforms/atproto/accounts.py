"""Account state on a PDS: the administrator's view, the public status, and whether posts are served.

Sign-in is not evidence: a PDS answers "taken down" only to someone who knows the password.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from jaga.core.clock import now
from jaga.core.foreign import plausible
from jaga.core.platforms import Account, AccountObservation, RouteObservation
from jaga.core.terms.actions import AccountState
from jaga.platforms.atproto.xrpc import HANDLE, Xrpc, error_of, is_did, not_understood, summary_of

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
