"""Delivers hearing letters to account holders. Their time to answer starts with the observed delivery."""

import structlog

from jaga.core.actors import SYSTEM
from jaga.core.errors import JagaError
from jaga.core.terms.cases import AccountState, OutcomeKind, PlatformTask, Step
from jaga.decisions.verbs.hearings import LetterDelivery, letters_to_deliver, record_delivery, record_no_delivery
from jaga.platforms.kit.guard import can_act
from jaga.work.adapters import adapter_for, turn_on
from jaga.work.faults import contained, may_begin

log = structlog.get_logger("jaga.hearings")


def platforms_with_letters() -> list[str]:
    """Platforms with letters to deliver."""
    return sorted({one.account.platform for one in letters_to_deliver()})


def deliver_letters(only: str | None = None) -> int:
    """Deliver the due letters, on one platform or all; returns how many were delivered.

    An unavailable platform is left for the next run and costs the letter no attempt.
    """
    delivered = 0
    for letter in letters_to_deliver():
        platform = letter.account.platform
        if only not in (None, platform) or not may_begin(platform, PlatformTask.ACTIONS):
            continue
        with contained(platform, PlatformTask.ACTIONS), turn_on(letter.account) as turn:
            if turn is not None:
                delivered += _deliver(letter)
    return delivered


def _deliver(letter: LetterDelivery) -> bool:
    try:
        adapter = adapter_for(letter.account.platform)
    except JagaError as failed:  # for example a configuration error, which may be fixed by the next attempt
        record_no_delivery(letter.case_id, failed.code, final=False, actor=SYSTEM)
        return False
    if not (can_act(adapter) and adapter.capabilities().can(Step.DELIVER)):
        record_no_delivery(letter.case_id, "the platform delivers no letters", final=True, actor=SYSTEM)
        return False
    observation = adapter.observe(letter.account)
    # a holder who cannot read the letter was not asked
    if observation.state not in (AccountState.ACTIVE, AccountState.RESTRICTED):
        final = observation.state in (AccountState.MISSING, AccountState.CLOSED)
        record_no_delivery(letter.case_id, f"the account is {observation.state.value}", final=final, actor=SYSTEM)
        return False
    result = adapter.deliver(letter.account, letter.text, letter.key)
    if result.kind in (OutcomeKind.DONE, OutcomeKind.ALREADY):
        record_delivery(letter.case_id, actor=SYSTEM)
        log.info("holder_asked", case=letter.case_id)
        return True
    record_no_delivery(letter.case_id, result.detail, final=result.kind is not OutcomeKind.UNKNOWN, actor=SYSTEM)
    return False
