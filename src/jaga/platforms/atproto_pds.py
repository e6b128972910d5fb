"""Adapter for a PDS, the account server of the AT Protocol (Bluesky), as its administrator.

Tested with 0.4.217.

Closing is a *takedown*: the account can no longer sign in, write or be read; nothing is deleted. The procedure returns
200 even for nonexistent accounts and announces them to the whole network, so an observation always comes first.
"""

from jaga.core.errors import N_
from jaga.core.locators import DID
from jaga.core.platforms import (
    Account,
    AccountObservation,
    Capabilities,
    Capability,
    Material,
    NotReadable,
    PublicFeed,
    RouteObservation,
    StepResult,
)
from jaga.core.terms.cases import AccountState, OutcomeKind, Step
from jaga.platforms.atproto.accounts import (
    CLOSED_BY_HOLDER,
    CLOSED_BY_OTHERS,
    NO_HOLD,
    NO_MAIL,
    NO_ROOMS,
    NOT_TAKEN,
    NOT_WATCHED,
    TAKEN_DOWN,
    Accounts,
    Inspection,
    from_public,
    from_repository,
    guard,
    protected,
    version_check,
)
from jaga.platforms.atproto.session import NOBODY, Xrpc, is_did, summary_of
from jaga.platforms.kit.configuration import PlatformConfiguration, credential
from jaga.platforms.kit.guard import Check
from jaga.platforms.kit.http import SECONDS, CredentialsRefused, Http
from jaga.platforms.kit.steps import LOST_DEVICES, LastObservation, bring_to, cannot_start, impossible

REF = "jaga"  # The note on Jaga's takedowns; every administrator can read it, so it holds no case data.
OLDEST = (0, 4, 100)
_REPO, _BLOB = "com.atproto.admin.defs#repoRef", "com.atproto.admin.defs#repoBlobRef"
_EMPTY_BLOB = "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"  # The hash of empty content.

CAPABILITIES = Capabilities(
    "atproto_pds",
    {
        Step.OBSERVE: Capability(True),
        Step.PRESERVE: Capability(True, note=N_("The profile and the newest 500 posts. Of pictures only the hashes.")),
        Step.RESTRICT: Capability(False, note=NO_HOLD),
        Step.DELIVER: Capability(False, note=NO_MAIL),
        Step.REDACT: Capability(False, note=NO_ROOMS),
        Step.CLOSE: Capability(True, lost_on_undo=(LOST_DEVICES,)),
        Step.RESTORE: Capability(True),
    },
    stable_id=DID,
)


class AtprotoPdsAdapter:
    """The platform interface for a PDS. See `jaga.core.platforms.PlatformPort`."""

    def __init__(
        self,
        *,
        base_url: str,
        admin_password: str,
        protected: frozenset[str] = frozenset(),
        seconds: float = SECONDS,
    ) -> None:
        self._admin = Xrpc(Http(base_url, auth=("admin", admin_password), seconds=seconds))
        self._public = Xrpc(Http(base_url, seconds=seconds))
        self._accounts = Accounts(self._admin, self._public)
        self._protected = protected
        self._last = LastObservation[Inspection]()

    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def check(self) -> tuple[Check, ...]:
        """Check version, administrator password and a no-op procedure. Read-only."""
        version = version_check(self._public, "PDS", OLDEST)
        try:
            opens = self._accounts.admin_view(NOBODY) is not None
            credentials = Check("credentials", not opens, "admin_password opens the administrator's view.")
            # Without `takedown` the call succeeds without effect; for a blob nothing is announced either.
            nothing = {"$type": _BLOB, "did": NOBODY, "cid": _EMPTY_BLOB}
            answer = self._admin.order("com.atproto.admin.updateSubjectStatus", {"subject": nothing})
        except CredentialsRefused:
            return version, Check(
                "credentials",
                False,
                "The server does not accept admin_password (PDS_ADMIN_PASSWORD). Put the right one into the block.",
            )
        rights = Check(
            "rights",
            answer.ok,
            "The server takes orders about accounts."
            if answer.ok
            else f"An order that changes nothing is answered by {summary_of(answer)}.",
        )
        return version, credentials, rights

    def identify(self, account: Account) -> Account | None:
        """Resolve by the server's own handle list. See `jaga.core.platforms.Identifies`."""
        return self._accounts.identify(account)

    def observe(self, account: Account) -> AccountObservation:
        """Administrator's view, public status, and whether a closed account's posts are served.

        For an open account also its current handle.
        """
        return self._seen(account)

    def preserve(self, account: Account) -> tuple[Material, ...]:
        """Profile and newest posts; empty if the holder has hidden the account."""
        did = account.account_id
        last = self._last.of(did)
        if not is_did(did) or (info := (last and last.info) or self._accounts.info(did)) is None:
            return ()
        about = {"handle": info["handle"], "created_at": info["indexedAt"]}
        if materials := from_public(self._public, did, about):
            return materials
        taken_down = self._accounts.public.out_of_sight(did) == TAKEN_DOWN
        return from_repository(self._admin, did, about) if taken_down else ()

    def restrict(self, account: Account) -> StepResult:
        return impossible()

    def deliver(self, account: Account, text: str, key: str) -> StepResult:
        return impossible(NO_MAIL)

    def redact(self, account: Account, rooms: tuple[str, ...]) -> StepResult:
        return impossible()

    def close(self, account: Account) -> StepResult:
        """Take the account down. One already closed, by its holder or someone else, is left alone: ALREADY."""
        if refusal := guard(account.account_id, self._protected, self._accounts.public):
            return refusal
        before = self._last.of(account.account_id) or self._accounts.inspect(account.account_id)
        return bring_to(
            AccountState.CLOSED,
            lambda: self._seen(account),
            lambda: self._takedown(account, True),
            before=before.observation,
            by_all_routes=True,
        )

    def restore(self, account: Account) -> StepResult:
        """Lift Jaga's takedown; the holder signs in with the old password. REFUSED for others' closures."""
        if refusal := guard(account.account_id, self._protected, self._accounts.public):
            return refusal
        before = self._accounts.inspect(account.account_id)
        if obstacle := cannot_start(before.observation) or _not_ours(before):
            return obstacle
        return bring_to(
            AccountState.ACTIVE,
            lambda: self._seen(account),
            lambda: self._takedown(account, False),
            before=before.observation,
        )

    def read_public(self, cursor: str | None) -> PublicFeed:
        """Always raises NotReadable: an empty feed would look like silence."""
        raise NotReadable(NOT_WATCHED, why="no reader for posts")

    def _seen(self, account: Account) -> AccountObservation:
        return self._last.keep(account.account_id, self._accounts.observe(account.account_id)).observation

    def _takedown(self, account: Account, applied: bool) -> StepResult | None:
        takedown = {"applied": True, "ref": REF} if applied else {"applied": False}
        self._last.forget()
        subject = {"$type": _REPO, "did": account.account_id}
        answer = self._admin.order("com.atproto.admin.updateSubjectStatus", {"subject": subject, "takedown": takedown})
        return (
            None
            if answer.ok
            else StepResult(OutcomeKind.REFUSED, NOT_TAKEN, (RouteObservation("step", summary_of(answer)),))
        )


def _not_ours(before: Inspection) -> StepResult | None:
    """Why Jaga may not reopen an account: it did not close it."""
    view = before.view
    if view is None or before.observation.state is not AccountState.CLOSED:
        return None
    if view.deactivated:
        return StepResult(OutcomeKind.REFUSED, CLOSED_BY_HOLDER, before.observation.readings)
    return None if view.ref == REF else StepResult(OutcomeKind.REFUSED, CLOSED_BY_OTHERS, before.observation.readings)


CREDENTIALS = {"admin_password": "PDS_ADMIN_PASSWORD of the server."}
OPTIONS = {"protected": "DIDs that are never acted on, with commas between."}


def from_configuration(configuration: PlatformConfiguration) -> AtprotoPdsAdapter:
    """`base_url` is the PDS. Credential: `admin_password`. Option: `protected`, DIDs never acted on."""
    return AtprotoPdsAdapter(
        base_url=configuration.base_url,
        admin_password=credential(configuration, "admin_password"),
        protected=protected(configuration),
    )
