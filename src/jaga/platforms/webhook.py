"""Adapter for platforms with their own software: signed messages in both directions (Standard Webhooks).

Jaga signs each notice; the platform answers at once or later. A message signed with the platform's key is its
statement, an unsigned one proves nothing, and a wrong signature is rejected. `docs/webhooks.md` specifies the messages.
"""

import secrets
from urllib.parse import quote

from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.platforms import (
    Account,
    AccountObservation,
    Capabilities,
    Handover,
    NoticeToOperator,
    PlatformUnreachable,
    RouteObservation,
)
from jaga.core.standard_webhooks import (
    ID,
    SIGNATURE,
    TIMESTAMP,
    ForgedHook,
    HookKeyInvalid,
    MalformedHook,
    PrivateKey,
    Received,
    SigningKey,
    StaleHook,
    VerifyingKey,
    WebhookPublicKey,
    notice_body,
    notice_id,
    ping_body,
    read_account_state,
    read_pong,
    read_reply,
    sign,
    signing_key,
    state_body,
    verify,
    verifying_key,
)
from jaga.core.terms.cases import AccountState, ActionKind
from jaga.platforms.kit.configuration import BlockIncomplete, PlatformConfiguration, credential
from jaga.platforms.kit.guard import Check
from jaga.platforms.kit.http import (
    CredentialsRefused,
    Http,
    RawAnswer,
    asked_for,
    capabilities,
    is_address,
    is_protected,
)

LARGEST_ANSWER = 256 * 1024
_NOT_BELIEVED = (MalformedHook, ForgedHook, StaleHook)


class AnswerForged(PlatformUnreachable):
    """An answer has a wrong signature, is stale or is about something else. It was ignored."""

    code = "platform_answer_forged"
    sentence = N_("The chat platform's answer is not signed as agreed, so nothing in it was believed.")
    remedy = N_(
        "Run `jaga platform check` for this platform; it says what is wrong. If it passes there, somebody on "
        "the way changed the answer: tell the operator."
    )


class WebhookAdapter:
    """`NoticePort` over signed HTTP messages. See `jaga.core.platforms`."""

    def __init__(
        self,
        *,
        name: str,
        url: str,
        signing: tuple[SigningKey, ...],
        answering: tuple[VerifyingKey, ...],
        actions: tuple[ActionKind, ...],
        profile_url: str = "",
        state_url: str = "",
        seconds: float = 10.0,
    ) -> None:
        self._name = name
        self._url = url
        self._signing = signing
        self._answering = answering
        self._actions = actions
        self._profile_url = profile_url
        self._state_url = state_url
        self._http = Http("", seconds=seconds)

    def capabilities(self) -> Capabilities:
        return capabilities("webhook", self._actions, observable=bool(self._profile_url))

    def send(self, notice: NoticeToOperator) -> Handover:
        """POST the notice.

        Its number is the id, so the platform recognises repeats; a correction has its own id.

        A signed receipt or answer proves that the platform has it; an unsigned 2xx only that something accepted it.
        Raises PlatformUnreachable, AnswerForged.
        """
        answer = self._post(self._url, notice_id(notice), notice_body(notice))
        if answer.status in (401, 403):
            raise CredentialsRefused(why=f"POST: HTTP {answer.status}")
        if not answer.ok:
            raise PlatformUnreachable(why=f"POST: HTTP {answer.status}")
        if not _claims_a_signature(answer):
            return Handover(
                received=False, readings=(RouteObservation("webhook", f"HTTP {answer.status}, not signed"),)
            )
        try:
            reply = read_reply(self._verified(answer))
        except _NOT_BELIEVED as refused:
            raise AnswerForged(why=refused.code) from refused
        if reply.number != notice.number:
            raise AnswerForged(why="the answer is about another notice")
        if isinstance(reply, Received):
            return Handover(received=True, readings=(RouteObservation("webhook", "signed receipt"),))
        return Handover(True, reply, (RouteObservation("webhook", f"signed answer: {reply.kind}"),))

    def observe(self, account: Account) -> AccountObservation:
        """The public profile, and the platform software's statement if it can be queried.

        Only the profile distinguishes active from closed; the platform's statement alone proves nothing. UNKNOWN
        without a clear profile, or if the two contradict each other.
        """
        if not self._profile_url or account.account_id in ("", ".", ".."):
            return AccountObservation(AccountState.UNKNOWN, (RouteObservation("profile", "no profile_url"),), now())
        observed, shown = self._observe_profile(account)
        readings = [shown]
        if self._state_url:
            stated, reading = self._ask_state(account)
            readings.append(reading)
            observed = _judge(observed, stated)
        return AccountObservation(observed, tuple(readings), now())

    def check(self) -> tuple[Check, ...]:
        """Check encryption, a test message that requires a signed answer, and both observation routes.

        Read-only.

        Without encryption nothing is sent.
        """
        encryption = self._check_encryption()
        if not encryption.ok:
            return (encryption,)
        checks = [encryption, self._check_ping()]
        nobody = Account(self._name, f"jaga-check-{secrets.token_hex(8)}")
        if self._profile_url:
            checks.append(self._check_profile(nobody))
        if self._state_url:
            checks.append(self._check_state(nobody))
        return tuple(checks)

    def _post(self, url: str, id_: str, body: bytes) -> RawAnswer:
        headers = {"Content-Type": "application/json", **sign(self._signing, id_, now(), body)}
        return self._http.raw("POST", url, content=body, headers=headers, largest=LARGEST_ANSWER)

    def _verified(self, answer: RawAnswer) -> bytes:
        return verify(self._answering, answer.headers, answer.content, now=now()).body

    def _observe_profile(self, account: Account) -> tuple[AccountState, RouteObservation]:
        url = self._profile_url.replace("{account}", quote(account.account_id, safe=""))
        status = self._http.raw("GET", url).status
        state = {200: AccountState.ACTIVE, 404: AccountState.CLOSED, 410: AccountState.CLOSED}.get(status)
        return state or AccountState.UNKNOWN, RouteObservation("profile", f"HTTP {status}")

    def _ask_state(self, account: Account) -> tuple[AccountState, RouteObservation]:
        answer = self._post(self._state_url, f"state_{secrets.token_hex(12)}", state_body(account))
        if not answer.ok:
            return AccountState.UNKNOWN, RouteObservation("state", f"HTTP {answer.status}")
        try:
            state = read_account_state(self._verified(answer), account)
        except _NOT_BELIEVED as refused:
            raise AnswerForged(why=refused.code) from refused
        return state, RouteObservation("state", f"signed: {state}")

    def _check_encryption(self) -> Check:
        plain = [url for url in (self._url, self._profile_url, self._state_url) if url and not is_protected(url)]
        return Check(
            "encryption",
            not plain,
            "Every address is encrypted or on this machine."
            if not plain
            else f"{', '.join(plain)}: use https://, or everybody on the way can read the notices.",
        )

    def _check_ping(self) -> Check:
        challenge = secrets.token_hex(16)
        answer = self._post(self._url, f"ping_{challenge}", ping_body(self._name, challenge))
        try:
            if answer.ok:
                read_pong(self._verified(answer), challenge)
        except _NOT_BELIEVED as refused:
            signed = _claims_a_signature(answer)
            return Check(
                "ping",
                False,
                _why(refused)
                if signed
                else "The platform takes our message but does not sign its answer, so it proves no receipt.",
            )
        if answer.status in (401, 403):
            return Check(
                "ping",
                False,
                f"The platform refuses our signature (HTTP {answer.status}). "
                f"It must know {self._shown_keys()}, and its clock must be right.",
            )
        return Check(
            "ping",
            answer.ok,
            "The platform knows our signature, and we know its own."
            if answer.ok
            else f"base_url answers HTTP {answer.status} to a signed jaga.ping.v1; it must answer 200.",
        )

    def _check_profile(self, nobody: Account) -> Check:
        state, reading = self._observe_profile(nobody)
        good = state is AccountState.CLOSED
        return Check(
            "profile",
            good,
            "profile_url says so when an account does not exist."
            if good
            else f"profile_url answers {reading.answer} for an account that nobody has; it must answer 404 or 410, "
            f"or it cannot show that an account is closed.",
        )

    def _check_state(self, nobody: Account) -> Check:
        try:
            state, reading = self._ask_state(nobody)
        except AnswerForged as forged:
            return Check("state", False, f"state_url: the answer is not signed as agreed ({forged.params['why']}).")
        good = state is AccountState.MISSING
        return Check(
            "state",
            good,
            "state_url answers signed, and knows who is not there."
            if good
            else f"state_url says “{reading.answer}” of an account that nobody has; it must say missing.",
        )

    def _shown_keys(self) -> str:
        shown = [key.public.text() for key in self._signing if isinstance(key, PrivateKey)]
        return " or ".join(shown) or "the shared secret whsec_…"


def answer_keys(configuration: PlatformConfiguration) -> tuple[str, ...]:
    """The public keys (`whpk_…`) of the platform's own messages, for the web server, which holds no secret.

    Empty if the platform has only a shared secret: it can then answer at once but not call back. Raises
    BlockIncomplete.
    """
    return tuple(key.text() for key in _answering(configuration) if isinstance(key, WebhookPublicKey))


def public_keys(configuration: PlatformConfiguration) -> tuple[str, ...]:
    """Jaga's public keys for the platform. Raises BlockIncomplete."""
    return tuple(key.public.text() for key in _signing(configuration) if isinstance(key, PrivateKey))


CREDENTIALS = {"signing_key": "whsk_… or whsec_…; two with a space between while one is replaced."}
OPTIONS = {
    "answer_keys": "The platform's public keys (whpk_…), with spaces between.",
    "actions": "What its people can be asked for, with commas between.",
    "profile_url": "A public profile, with {account} in it.",
    "state_url": "Where the platform says an account's state.",
}


def from_configuration(configuration: PlatformConfiguration) -> WebhookAdapter:
    """`base_url` is where notices are sent.

    Credential: `signing_key`, whsk_… or whsec_…, two separated by a space during a rotation. Options: `answer_keys`
    (whpk_…; optional with a shared secret), `actions`, `profile_url` with {account} in it, `state_url`. Raises
    BlockIncomplete.
    """
    profile_url, state_url = (configuration.options.get(name, "") for name in ("profile_url", "state_url"))
    if profile_url and not (
        is_address(profile_url) and "{account}" in profile_url.partition("://")[2].partition("/")[2]
    ):
        raise _incomplete(configuration, "options.profile_url", "an http(s) address with {account} behind the host")
    if state_url and not (is_address(state_url) and profile_url):
        raise _incomplete(configuration, "options.state_url", "an http(s) address, beside a profile_url")
    if not is_address(configuration.base_url):
        raise _incomplete(configuration, "base_url", "an http(s) address")
    return WebhookAdapter(
        name=configuration.name,
        url=configuration.base_url,
        signing=_signing(configuration),
        answering=_answering(configuration),
        actions=asked_for(configuration),
        profile_url=profile_url,
        state_url=state_url,
    )


def _signing(configuration: PlatformConfiguration) -> tuple[SigningKey, ...]:
    try:
        keys = tuple(signing_key(text) for text in credential(configuration, "signing_key").split())
    except HookKeyInvalid as wrong:
        raise _incomplete(configuration, "credentials.signing_key", str(wrong.params["why"])) from None
    if keys:
        return keys
    raise _incomplete(configuration, "credentials.signing_key", "there is none")


def _answering(configuration: PlatformConfiguration) -> tuple[VerifyingKey, ...]:
    field = "options.answer_keys"
    texts = configuration.options.get("answer_keys", "").split()
    shared = tuple(key for key in _signing(configuration) if not isinstance(key, PrivateKey))
    try:
        keys = tuple(verifying_key(text) for text in texts)
    except HookKeyInvalid as wrong:
        raise _incomplete(configuration, field, str(wrong.params["why"])) from None
    if not all(isinstance(key, WebhookPublicKey) for key in keys):
        raise _incomplete(configuration, field, "public keys (whpk_…) only: options are not sealed")
    if keys or shared:
        return keys or shared
    raise _incomplete(configuration, field, "the platform's public key (whpk_…)")


def _incomplete(configuration: PlatformConfiguration, field: str, why: str) -> BlockIncomplete:
    return BlockIncomplete(platform=configuration.name, field=field, why=why)


def _claims_a_signature(answer: RawAnswer) -> bool:
    return any(name in answer.headers for name in (ID, TIMESTAMP, SIGNATURE))


def _judge(observed: AccountState, stated: AccountState) -> AccountState:
    """The profile's state, refined by the platform's statement where compatible."""
    fits = {
        AccountState.ACTIVE: (AccountState.ACTIVE, AccountState.RESTRICTED),
        AccountState.CLOSED: (AccountState.CLOSED, AccountState.MISSING),
    }.get(observed, ())
    if stated is AccountState.UNKNOWN:
        return observed
    return stated if stated in fits else AccountState.UNKNOWN


def _why(refused: MalformedHook | ForgedHook | StaleHook) -> str:
    match refused:
        case StaleHook():
            return f"The platform's clock is {refused.params['seconds']} seconds away from ours."
        case ForgedHook():
            return "The answer's signature fits none of options.answer_keys, or the answer was changed on its way."
        case _:
            return f"The answer cannot be used: {refused.english()}"
