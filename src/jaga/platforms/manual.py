"""Adapter for platforms where Jaga's own staff work manually: they receive the notice as a checklist.

For an operator whose platform has no interface yet. Ticking it off is their answer, and someone verifies afterwards.
"""

from jaga.core.clock import now
from jaga.core.platforms import Account, AccountObservation, Capabilities, Handover, NoticeToOperator, RouteObservation
from jaga.core.terms.cases import AccountState, ActionKind
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.kit.guard import Check
from jaga.platforms.kit.http import address, asked_for, capabilities, no_credentials


class ManualAdapter:
    """`NoticePort` for a checklist. See `jaga.core.platforms`."""

    def __init__(self, configuration: PlatformConfiguration, actions: tuple[ActionKind, ...]) -> None:
        self._configuration = configuration
        self._actions = actions

    def capabilities(self) -> Capabilities:
        return capabilities("manual", self._actions, observable=False)

    def check(self) -> tuple[Check, ...]:
        """Check the configuration; staff must try their own access."""
        return address(self._configuration), no_credentials(self._configuration)

    def send(self, notice: NoticeToOperator) -> Handover:
        """The checklist appears in the console; nobody has taken it yet."""
        return Handover(received=False, readings=(RouteObservation("checklist", "waits for one of our people"),))

    def observe(self, account: Account) -> AccountObservation:
        """UNKNOWN: no observation route exists, so a person must verify."""
        return AccountObservation(AccountState.UNKNOWN, (RouteObservation("checklist", "a person has to look"),), now())


CREDENTIALS: dict[str, str] = {}
OPTIONS = {"actions": "What its people can be asked for, with commas between."}


def from_configuration(configuration: PlatformConfiguration) -> ManualAdapter:
    """`base_url` is where staff sign in. Option: `actions`, what they can be asked for."""
    return ManualAdapter(configuration, asked_for(configuration))
