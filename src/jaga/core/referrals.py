"""The state machine of a referral. Only `casework.referrals.referrals` writes its state, and only along this table.

No clock moves one: a clock reminds and alarms. Only the receiver's own confirmation, or one that a person of ours
recorded after speaking with them, makes a referral acknowledged; before that nobody is told that it was passed on.
"""

from enum import StrEnum
from types import MappingProxyType

from jaga.core.errors import IllegalTransition


class ReferralState(StrEnum):
    """Where a referral stands."""

    DRAFTED = "drafted"  # people decided to refer; nobody has chosen the receiver yet
    ADDRESSED = "addressed"  # the message is sealed; the worker, or a person by hand, passes it on
    SENT = "sent"  # it lies in the officers' page, or the mail server has taken the mail; nobody has confirmed it
    ACKNOWLEDGED = "acknowledged"  # the receiver has it
    FINISHED = "finished"  # taken up, or passed to another office
    RETURNED = "returned"  # it came back; a new referral follows it
    RETRACTED = "retracted"  # a second person found that it should not have been made


class ReferralVerb(StrEnum):
    """What can happen to a referral."""

    ADDRESS = "address"
    SEND = "send"
    CONFIRM = "confirm"
    FINISH = "finish"
    RETURN = "return"
    RETRACT = "retract"


_S, _V = ReferralState, ReferralVerb
UNCONFIRMED = (_S.DRAFTED, _S.ADDRESSED, _S.SENT)
UNDER_WAY = (_S.ADDRESSED, _S.SENT, _S.ACKNOWLEDGED)
PASSED_ON = (_S.ACKNOWLEDGED, _S.FINISHED)

TRANSITIONS: MappingProxyType[tuple[ReferralState, ReferralVerb], ReferralState] = MappingProxyType({
    # A person chose who gets it, and wrote what they need to know.
    (_S.DRAFTED, _V.ADDRESS): _S.ADDRESSED,
    # The worker laid it into the officers' page, or the mail server took the mail.
    (_S.ADDRESSED, _V.SEND): _S.SENT,
    # By hand: whoever handed it over recorded who took it. Or somebody telephoned before the mail went out.
    (_S.ADDRESSED, _V.CONFIRM): _S.ACKNOWLEDGED,
    (_S.SENT, _V.CONFIRM): _S.ACKNOWLEDGED,
    # What the receiver made of it.
    (_S.ACKNOWLEDGED, _V.FINISH): _S.FINISHED,
    # Not theirs, no answer, or not to be reached: people choose another.
    (_S.ADDRESSED, _V.RETURN): _S.RETURNED,
    (_S.SENT, _V.RETURN): _S.RETURNED,
    (_S.ACKNOWLEDGED, _V.RETURN): _S.RETURNED,
    # Made at once by one person, and found wrong by the second. One that has ended keeps its end; the receiver is told.
    # What followed it goes with it.
    (_S.DRAFTED, _V.RETRACT): _S.RETRACTED,
    (_S.ADDRESSED, _V.RETRACT): _S.RETRACTED,
    (_S.SENT, _V.RETRACT): _S.RETRACTED,
    (_S.ACKNOWLEDGED, _V.RETRACT): _S.RETRACTED,
})


def referral_number(number: int) -> str:
    """The number of a referral as people write and say it: one of its own, so that it leads to no case."""
    return f"R{number:06d}"


def next_referral_state(state: ReferralState, verb: ReferralVerb) -> ReferralState:
    """The state that `verb` leads to from `state`. Raises IllegalTransition where there is no arrow."""
    try:
        return TRANSITIONS[state, verb]
    except KeyError:
        raise IllegalTransition from None
