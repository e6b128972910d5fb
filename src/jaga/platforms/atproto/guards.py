"""Refusals and settings shared by the AT Protocol adapters."""

from jaga.core.errors import N_
from jaga.core.platforms import RouteObservation, StepResult
from jaga.core.terms.actions import OutcomeKind
from jaga.platforms.atproto.accounts import PublicAccounts
from jaga.platforms.atproto.xrpc import Xrpc, is_did, summary_of
from jaga.platforms.kit.checks import Check
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.kit.options import BlockIncomplete
from jaga.platforms.kit.steps import RUNS_THE_SERVER

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
