"""What a server says about the accounts of a batch: their handles, and whether they ask not to be read."""

from jaga.core.observations.source import SourceUnreachable
from jaga.platforms.atproto.xrpc import HANDLE
from jaga.sources.atproto.records import PROFILES, asks_for_signed_in
from jaga.sources.kit.asking import NOT_OFFERED, HttpReader


class AccountProfiles:
    """For one reading. A relay or Jetstream has no repositories to ask: then it knows neither, and asks no more."""

    def __init__(self, asking: HttpReader | None) -> None:
        self._asking = asking
        self._known: dict[str, tuple[str, bool]] = {}

    def about(self, account: str) -> tuple[str, bool]:
        """The handle, or ""; and whether its profile asks that only people who signed in see it.

        Raises SourceUnreachable if the server fails: an account that cannot be asked is not read on a guess.
        """
        if account not in self._known:
            self._known[account] = self._ask(account)
        return self._known[account]

    def _ask(self, account: str) -> tuple[str, bool]:
        if self._asking is None:
            return "", False
        profile = self._asking.get(
            "/xrpc/com.atproto.repo.getRecord", {"repo": account, "collection": PROFILES, "rkey": "self"}
        )
        if profile.status in {404, NOT_OFFERED}:  # a relay
            self._asking = None
            return "", False
        if profile.status not in {200, 400}:  # 400: no profile
            raise SourceUnreachable(why=f"getRecord: HTTP {profile.status}")
        value = profile.value.get("value") if isinstance(profile.value, dict) else None
        asks = isinstance(value, dict) and asks_for_signed_in(value)
        described = self._asking.get("/xrpc/com.atproto.repo.describeRepo", {"repo": account}).value
        handle = described.get("handle") if isinstance(described, dict) else None
        return handle if isinstance(handle, str) and HANDLE.fullmatch(handle) else "", asks
