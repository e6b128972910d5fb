"""The adapter for platforms that our own people work on by hand: they get the notice as a checklist and tick it off.

For an operator whose platform has no interface yet. What they did is their answer, and somebody looks afterwards.
"""

from jaga.core.clock import now
from jaga.core.platforms import (
    Account,
    AccountObservation,
    Capabilities,
    Handover,
    NoticeToOperator,
    RouteObservation,
)
from jaga.core.terms import AccountState, ActionKind
from jaga.platforms.kit.asking import address, asked_for, capabilities, no_credentials
from jaga.platforms.kit.checks import Check
from jaga.platforms.kit.configuration import PlatformConfiguration


class ManualAdapter:
    """`NoticePort` for a checklist. See `jaga.core.platforms`."""

    def __init__(self, configuration: PlatformConfiguration, actions: tuple[ActionKind, ...]) -> None:
        self._configuration = configuration
        self._actions = actions

    def capabilities(self) -> Capabilities:
        return capabilities("manual", self._actions, looks=False)

    def check(self) -> tuple[Check, ...]:
        """What the block says; whether our people can work there is theirs to try."""
        return address(self._configuration), no_credentials(self._configuration)

    def send(self, notice: NoticeToOperator) -> Handover:
        """The checklist lies in the console by being on record: nobody has taken it up yet."""
        return Handover(received=False, readings=(RouteObservation("checklist", "waits for one of our people"),))

    def observe(self, account: Account) -> AccountObservation:
        """UNKNOWN: no route leads there, so a person looks."""
        return AccountObservation(AccountState.UNKNOWN, (RouteObservation("checklist", "a person has to look"),), now())


CREDENTIALS: dict[str, str] = {}
OPTIONS = {"actions": "What its people can be asked for, with commas between."}


def from_configuration(configuration: PlatformConfiguration) -> ManualAdapter:
    """`base_url` is where our people sign in. Option: `actions`, what they can be asked for."""
    return ManualAdapter(configuration, asked_for(configuration))
