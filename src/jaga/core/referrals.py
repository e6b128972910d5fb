"""The state machine of a referral.

Only `referrals.verbs.referrals` writes its state, by this table.

Clocks remind and raise alarms but cause no transition. A referral is acknowledged only by the receiver's own
confirmation, or by one that our staff recorded after speaking with them; reporters are told only then.
"""

from enum import StrEnum
from types import MappingProxyType

from jaga.core.errors import IllegalTransition


class ReferralState(StrEnum):
    """The state of a referral."""

    DRAFTED = "drafted"  # decided; the receiver is not chosen yet
    ADDRESSED = "addressed"  # the message is sealed, to be sent by the worker or by hand
    SENT = "sent"  # on the officers' page, or accepted by the mail server; not confirmed
    ACKNOWLEDGED = "acknowledged"  # the receiver has confirmed it
    FINISHED = "finished"  # taken up, or passed to another office
    RETURNED = "returned"  # came back; a new referral follows
    RETRACTED = "retracted"  # a second person found it wrong


class ReferralVerb(StrEnum):
    """The transitions of a referral."""

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

TRANSITIONS: MappingProxyType[tuple[ReferralState, ReferralVerb], ReferralState] = MappingProxyType(
    {
        # A person chose the receiver and wrote the message.
        (_S.DRAFTED, _V.ADDRESS): _S.ADDRESSED,
        # Shown on the officers' page, or accepted by the mail server.
        (_S.ADDRESSED, _V.SEND): _S.SENT,
        # Handed over by hand and recorded, or confirmed by telephone before the mail was sent.
        (_S.ADDRESSED, _V.CONFIRM): _S.ACKNOWLEDGED,
        (_S.SENT, _V.CONFIRM): _S.ACKNOWLEDGED,
        # The receiver reported the outcome.
        (_S.ACKNOWLEDGED, _V.FINISH): _S.FINISHED,
        # Not responsible, no answer, or not reachable: people choose another receiver.
        (_S.ADDRESSED, _V.RETURN): _S.RETURNED,
        (_S.SENT, _V.RETURN): _S.RETURNED,
        (_S.ACKNOWLEDGED, _V.RETURN): _S.RETURNED,
        # Made by one person and found wrong by the second, with the referrals that followed it. One that has ended
        # keeps its end; the receiver is told.
        (_S.DRAFTED, _V.RETRACT): _S.RETRACTED,
        (_S.ADDRESSED, _V.RETRACT): _S.RETRACTED,
        (_S.SENT, _V.RETRACT): _S.RETRACTED,
        (_S.ACKNOWLEDGED, _V.RETRACT): _S.RETRACTED,
    }
)


def referral_number(number: int) -> str:
    """The referral number that people use; its own series, so that it reveals no case."""
    return f"R{number:06d}"


def next_referral_state(state: ReferralState, verb: ReferralVerb) -> ReferralState:
    """The state that `verb` leads to from `state`. Raises IllegalTransition."""
    try:
        return TRANSITIONS[state, verb]
    except KeyError:
        raise IllegalTransition from None
