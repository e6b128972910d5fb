"""The invented app Sahut in both practice worlds, whose software answers signed messages (`receiver`)."""

from contextlib import ExitStack
from datetime import date
from pathlib import Path

from jaga.app.services.supervisor import Child
from jaga.cases.reads.decisions import decisions_in_force
from jaga.core.terms.cases import AccountState, ActionState, DecisionKind
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga_practice import making
from jaga_practice.sahut import receiver

PLATFORM = "sahut"
ACCOUNTS = ("kopi.manis", "untung.terus", "kedai.rini")
OPERATOR = making.InventedOperator(
    name="Sahut (latihan)",
    legal_entity="PT Sahut Cepat Contoh",
    contacts=("mira",),
    website="https://sahut.example",
    promise="Perangkat lunak kami menjawab permintaan bertanda tangan digital dalam 24 jam.",
    source="Perjanjian teknis PT Sahut Cepat Contoh, 2 Juni 2026 (latihan)",
    scope="Aplikasi Sahut di Indonesia",
    made_on=date(2026, 6, 2),
    categories=("prostitution_advertising", "fraud", "extortion", "gambling"),
)


def open_sahut(parts: ExitStack, home: Path, base_url: str) -> Child:
    """Start Sahut's server, exchange keys and offer it to reporters; returns the process to watch."""
    running = receiver.start(parts, home, f"{base_url}/hooks/{PLATFORM}/", _states())
    configuration = PlatformConfiguration(
        PLATFORM,
        "webhook",
        f"{running.url}/",
        "sahut.example",
        credentials={"signing_key": running.jaga_key},
        options={
            "answer_keys": running.public_key,
            "profile_url": f"{running.url}/u/{{account}}",
            "state_url": f"{running.url}/state",
            "actions": "close, restore",
        },
    )
    making.platform(home, configuration, OPERATOR.name, making.make_operator(OPERATOR, home / "practice"))
    return running.child


def _states() -> dict[str, str]:
    """The states of its accounts before this start, by the decisions carried out."""
    held = decisions_in_force().filter(subject__platform__name=PLATFORM, actions__state=ActionState.DONE).order_by("pk")
    states = dict.fromkeys(ACCOUNTS, AccountState.ACTIVE.value)
    for account, kind in held.values_list("subject__account_id", "kind"):
        states[account] = (AccountState.CLOSED if kind == DecisionKind.CLOSE else AccountState.RESTRICTED).value
    return states
