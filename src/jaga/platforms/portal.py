"""Adapter for closed platforms: the notice waits in Jaga's portal until the operator's contact person opens it.

Nothing is sent to the platform. Receipt is proved only when a contact person opens the notice.
"""

from jaga.core.clock import now
from jaga.core.platforms import Account, AccountObservation, Capabilities, Handover, NoticeToOperator, RouteObservation
from jaga.core.terms.cases import AccountState, ActionKind
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.kit.guard import Check
from jaga.platforms.kit.http import address, asked_for, capabilities, no_credentials


class PortalAdapter:
    """`NoticePort` without a connection to the platform. See `jaga.core.platforms`."""

    def __init__(self, configuration: PlatformConfiguration, actions: tuple[ActionKind, ...]) -> None:
        self._configuration = configuration
        self._actions = actions

    def capabilities(self) -> Capabilities:
        return capabilities("portal", self._actions, observable=False)

    def check(self) -> tuple[Check, ...]:
        """Check the configuration. Whether the operator has a contact person who can sign in is not checked here."""
        return address(self._configuration), no_credentials(self._configuration)

    def send(self, notice: NoticeToOperator) -> Handover:
        """The notice appears in the portal; nobody has received it yet."""
        return Handover(received=False, readings=(RouteObservation("portal", "waits for a contact person"),))

    def observe(self, account: Account) -> AccountObservation:
        """UNKNOWN: no observation route exists, so a person must verify."""
        return AccountObservation(AccountState.UNKNOWN, (RouteObservation("portal", "a person has to look"),), now())


CREDENTIALS: dict[str, str] = {}
OPTIONS = {"actions": "What its people can be asked for, with commas between."}


def from_configuration(configuration: PlatformConfiguration) -> PortalAdapter:
    """`base_url` is the platform's address. Option: `actions`, what its staff can be asked for."""
    return PortalAdapter(configuration, asked_for(configuration))
