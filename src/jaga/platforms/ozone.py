"""Adapter for Ozone, the AT Protocol's moderation service, as one of its moderators.

Tested with 0.1.169.

Ozone records a takedown and has the PDS carry it out; it gives up after ten attempts and then reports "taken down" for
an open account. The PDS's public answer is therefore decisive; if Ozone's view contradicts it, the state is *unknown*
and staff are notified.
"""

import time
from collections.abc import Callable

from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.locators import DID
from jaga.core.platforms import (
    Account,
    AccountObservation,
    Capabilities,
    Capability,
    InAppFeed,
    Material,
    NotReadable,
    PublicFeed,
    RouteObservation,
    StepResult,
)
from jaga.core.terms.cases import AccountState, OutcomeKind, Step
from jaga.platforms.atproto.accounts import (
    ACTIVE,
    BY_HOLDER,
    CLOSED_BY_HOLDER,
    CLOSED_BY_OTHERS,
    DEACTIVATED,
    MISSING,
    NO_HOLD,
    NO_MAIL,
    NO_ROOMS,
    NOT_TAKEN,
    NOT_WATCHED,
    TAKEN_DOWN,
    PublicAccounts,
    from_public,
    guard,
    protected,
    version_check,
    with_posts,
    with_reading,
)
from jaga.platforms.atproto.reports import read_reports
from jaga.platforms.atproto.session import NOBODY, ModeratorSession, Xrpc, is_did, not_understood, summary_of
from jaga.platforms.kit.configuration import BlockIncomplete, PlatformConfiguration, credential
from jaga.platforms.kit.guard import Check
from jaga.platforms.kit.http import SECONDS, CredentialsRefused, Http, JsonReply
from jaga.platforms.kit.steps import LOST_DEVICES, NOTHING_TO_DO, bring_to, cannot_start, impossible

OLDEST = (0, 1, 100)
PUSHED_SECONDS = 3.0  # Ozone carries a takedown out in some 20 ms after answering.
WITHHELD = "withheld"  # For a hidden account.
_DEFS = "tools.ozone.moderation.defs#"
_TAKEDOWN, _REVERSAL = f"{_DEFS}modEventTakedown", f"{_DEFS}modEventReverseTakedown"
_EMIT = "tools.ozone.moderation.emitEvent"
_STATUSES, _EVENTS = "tools.ozone.moderation.queryStatuses", "tools.ozone.moderation.queryEvents"
_SETTINGS = "tools.ozone.server.getConfig"

CAPABILITIES = Capabilities(
    "ozone",
    {
        Step.OBSERVE: Capability(True),
        Step.PRESERVE: Capability(
            True, note=N_("The profile and the newest 500 posts, before the closure only. Of pictures only the hashes.")
        ),
        Step.RESTRICT: Capability(False, note=NO_HOLD),
        Step.DELIVER: Capability(False, note=NO_MAIL),
        Step.REDACT: Capability(False, note=NO_ROOMS),
        Step.CLOSE: Capability(True, lost_on_undo=(LOST_DEVICES,)),
        Step.RESTORE: Capability(True),
    },
    stable_id=DID,
)


class OzoneAdapter:
    """The platform interface for Ozone. See `jaga.core.platforms.PlatformPort`."""

    def __init__(
        self,
        *,
        base_url: str,
        service_did: str,
        pds_url: str,
        moderator: str,
        password: str,
        sign_in_url: str = "",
        protected: frozenset[str] = frozenset(),
        seconds: float = SECONDS,
    ) -> None:
        self._ozone = Xrpc(Http(base_url, seconds=seconds))
        self._pds = Xrpc(Http(pds_url, seconds=seconds))
        self._accounts = PublicAccounts(self._pds)
        signs_in = Xrpc(Http(sign_in_url, seconds=seconds)) if sign_in_url else self._pds
        self._session = ModeratorSession(signs_in, moderator, password, service_did)
        self._protected = protected | {service_did}

    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def check(self) -> tuple[Check, ...]:
        """Check version, sign-in, role, a request Ozone must refuse, and the PDS. Read-only."""
        checks = [version_check(self._ozone, "Ozone", OLDEST), version_check(self._pds, "PDS", (0, 4, 100))]
        try:
            me = self._session.did()
        except CredentialsRefused:
            return (*checks, Check("credentials", False, "The moderator cannot sign in. Make a new app password."))
        checks.append(Check("credentials", True, f"The moderator is {me}."))
        try:
            viewer = self._ask(_SETTINGS, {}).body.get("viewer")
            role = str(viewer.get("role") if isinstance(viewer, dict) else "none").rpartition("#")[2]
            # Nobody has this DID, so there is nothing to lift: the request passes Ozone's permission check and ends
            # there.
            answer = self._emit(_REVERSAL, NOBODY)
        except CredentialsRefused as error:
            return (
                *checks,
                Check(
                    "rights",
                    False,
                    "Ozone does not accept the moderator as one with the right to take "
                    f"accounts down, or server_name is another Ozone's ({error.params.get('why')}).",
                ),
            )
        refused = answer.status == 400 and _says(answer, "not taken down")
        return (
            *checks,
            Check(
                "rights",
                refused,
                f"The moderator may take accounts down ({role})."
                if refused
                else f"An order that must be refused is answered by {summary_of(answer)}.",
            ),
        )

    def identify(self, account: Account) -> Account | None:
        """Resolve by the PDS's public answers. See `jaga.core.platforms.Identifies`."""
        name = account.account_id
        did = name if is_did(name) else self._accounts.did_of(name)
        if did is None or self._accounts.status(did) == MISSING:
            return None
        handle = self._handle(did)
        return Account(account.platform, did, "" if handle == WITHHELD else handle)

    def observe(self, account: Account) -> AccountObservation:
        """The PDS's public status, whether posts are served, and Ozone's own view."""
        did = account.account_id
        if not is_did(did):
            return AccountObservation(AccountState.MISSING, self._accounts.about_name(did), now())
        observation = self._inspect(did)
        if observation.state is AccountState.MISSING:
            return observation
        if observation.state is AccountState.CLOSED:
            return with_posts(self._accounts, did, observation)
        return with_reading(observation, RouteObservation("handle", self._handle(did)))

    def preserve(self, account: Account) -> tuple[Material, ...]:
        """Profile and newest posts as the public sees them; empty for a hidden account."""
        did = account.account_id
        if not is_did(did):
            return ()
        materials = from_public(self._pds, did, {"handle": self._handle(did)})
        if not materials:
            self._accounts.out_of_sight(did)
        return materials

    def restrict(self, account: Account) -> StepResult:
        return impossible()

    def deliver(self, account: Account, text: str, key: str) -> StepResult:
        return impossible(NO_MAIL)

    def redact(self, account: Account, rooms: tuple[str, ...]) -> StepResult:
        return impossible()

    def close(self, account: Account) -> StepResult:
        """Have the account taken down. One already closed by anyone is left alone: ALREADY."""
        did = account.account_id

        def act() -> StepResult | None:
            answer = self._emit(_TAKEDOWN, did)
            if answer.status == 400 and _says(answer, "already taken down"):
                observation = self._inspect(did)  # Someone else was faster since the first observation.
                if observation.state is AccountState.CLOSED:
                    return StepResult(OutcomeKind.ALREADY, NOTHING_TO_DO, observation.readings)
                return None
            return _refusal(answer)

        return self._guarded(did) or bring_to(AccountState.CLOSED, lambda: self._inspect(did), act)

    def restore(self, account: Account) -> StepResult:
        """Lift the takedown by Jaga's moderator; the holder signs in with the old password."""
        did = account.account_id
        if refusal := self._guarded(did):
            return refusal
        before = self._inspect(did)
        if _readings(before) == {"public": TAKEN_DOWN, "ozone": ACTIVE}:
            self._settle(did, ACTIVE)  # Lifted just now, perhaps by an earlier call whose answer was lost.
            before = self._inspect(did)
        if obstacle := cannot_start(before) or self._not_ours(did, before):
            return obstacle

        def act() -> StepResult | None:
            refusal = _refusal(self._emit(_REVERSAL, did))
            self._settle(did, ACTIVE)
            return refusal

        return bring_to(AccountState.ACTIVE, lambda: self._inspect(did), act, before=before)

    def read_reports(self, cursor: str | None) -> InAppFeed:
        """In-app reports. See `jaga.core.platforms.PassesReports`."""
        return read_reports(self._ask, self._pds, cursor)

    def read_public(self, cursor: str | None) -> PublicFeed:
        """Always raises NotReadable: an empty feed would look like silence."""
        raise NotReadable(NOT_WATCHED, why="no reader for posts")

    def _inspect(self, did: str) -> AccountObservation:
        status = self._accounts.status(did)
        view = self._view(did)
        if (status, view) == (ACTIVE, TAKEN_DOWN):
            status = self._settle(did, TAKEN_DOWN)
        readings = (
            RouteObservation("public", BY_HOLDER if status == DEACTIVATED else status),
            RouteObservation("ozone", view),
        )
        return AccountObservation(_judge(status, view), readings, now())

    def _settle(self, did: str, expected: str) -> str:
        """The public status once it matches Ozone's record, or after the maximum reasonable delay."""
        until, pause = time.monotonic() + PUSHED_SECONDS, 0.01
        while (status := self._accounts.status(did)) != expected and time.monotonic() < until:
            time.sleep(pause)
            pause = min(0.25, pause * 1.5)
        return status

    def _guarded(self, did: str) -> StepResult | None:
        return guard(did, self._protected | {self._session.did()}, self._accounts)

    def _not_ours(self, did: str, before: AccountObservation) -> StepResult | None:
        """Why Jaga may not reopen an account: it did not close it."""
        readings = _readings(before)
        if before.state is not AccountState.CLOSED:
            return None
        if readings["public"] == BY_HOLDER:
            return StepResult(OutcomeKind.REFUSED, CLOSED_BY_HOLDER, before.readings)
        ours = readings["ozone"] == TAKEN_DOWN and self._last_takedown_by(did) == self._session.did()
        return None if ours else StepResult(OutcomeKind.REFUSED, CLOSED_BY_OTHERS, before.readings)

    def _view(self, did: str) -> str:
        """`takendown`, or `active` if Ozone has no takedown on the account."""
        answer = self._ask(_STATUSES, {"subject": did, "includeMuted": "true", "limit": "1"})
        statuses = answer.body.get("subjectStatuses")
        if not answer.ok or not isinstance(statuses, list):
            raise not_understood(f"Ozone's view: {summary_of(answer)}")
        return TAKEN_DOWN if any(isinstance(s, dict) and s.get("takendown") is True for s in statuses) else ACTIVE

    def _last_takedown_by(self, did: str) -> str:
        answer = self._ask(_EVENTS, {"subject": did, "types": _TAKEDOWN, "sortDirection": "desc", "limit": "1"})
        events = answer.body.get("events")
        if not answer.ok or not isinstance(events, list):
            raise not_understood(f"Ozone's events: {summary_of(answer)}")
        return str(events[0].get("createdBy")) if events and isinstance(events[0], dict) else ""

    def _handle(self, did: str) -> str:
        answer = self._pds.query("com.atproto.repo.describeRepo", {"repo": did})
        handle = answer.body.get("handle")
        return handle if answer.ok and isinstance(handle, str) else WITHHELD

    def _emit(self, kind: str, did: str) -> JsonReply:
        # No comment or reason: every moderator reads the log, and it may become public.
        body: dict[str, object] = {
            "event": {"$type": kind},
            "createdBy": self._session.did(),
            "modTool": {"name": "jaga"},
            "subject": {"$type": "com.atproto.admin.defs#repoRef", "did": did},
        }
        return self._passed(lambda token: self._ozone.order(_EMIT, body, token), _EMIT)

    def _ask(self, method: str, params: dict[str, str]) -> JsonReply:
        return self._passed(lambda token: self._ozone.query(method, params, token), method)

    def _passed(self, call: Callable[[str], JsonReply], method: str) -> JsonReply:
        """Call with a service token; retry once with a new one if it is refused, which has no effect.

        Raises CredentialsRefused if the new one is refused as well.
        """
        try:
            return call(self._session.pass_for(method))
        except CredentialsRefused:
            self._session.forget()
            return call(self._session.pass_for(method))


def _judge(status: str, view: str) -> AccountState:
    if status == MISSING:
        return AccountState.MISSING
    if status == TAKEN_DOWN:
        return AccountState.CLOSED
    if view == TAKEN_DOWN or status not in {ACTIVE, DEACTIVATED}:
        return AccountState.UNKNOWN  # Ozone says closed, but the account is not.
    return AccountState.ACTIVE if status == ACTIVE else AccountState.CLOSED


def _refusal(answer: JsonReply) -> StepResult | None:
    return (
        None
        if answer.ok
        else StepResult(OutcomeKind.REFUSED, NOT_TAKEN, (RouteObservation("step", summary_of(answer)),))
    )


def _readings(observation: AccountObservation) -> dict[str, str]:
    return {reading.route: reading.answer for reading in observation.readings}


def _says(answer: JsonReply, words: str) -> bool:
    return words in str(answer.body.get("message"))


CREDENTIALS = {"moderator": "Handle or DID of an account of its own, in Ozone's team.", "app_password": "Its password."}
OPTIONS = {
    "pds_url": "Where the accounts are.",
    "sign_in_url": "The moderator's own PDS, where that is another.",
    "protected": "DIDs that are never acted on, with commas between.",
}


def from_configuration(configuration: PlatformConfiguration) -> OzoneAdapter:
    """`base_url` is Ozone's, `server_name` its DID.

    Credentials: `moderator` (handle or DID) and `app_password`.

    Options: `pds_url`, the PDS of the accounts; `sign_in_url`, the moderator's own PDS if different; `protected`, DIDs
    never acted on.
    """
    if not is_did(configuration.server_name):
        raise BlockIncomplete(platform=configuration.name, field="server_name", why="it is the DID of Ozone")
    if not (pds_url := configuration.options.get("pds_url")):
        raise BlockIncomplete(platform=configuration.name, field="options.pds_url", why="there is none")
    return OzoneAdapter(
        base_url=configuration.base_url,
        service_did=configuration.server_name,
        pds_url=pds_url,
        moderator=credential(configuration, "moderator"),
        password=credential(configuration, "app_password"),
        sign_in_url=configuration.options.get("sign_in_url", ""),
        protected=protected(configuration),
    )
