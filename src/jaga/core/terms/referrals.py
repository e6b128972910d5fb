"""Terms of referrals to authorities and helpers. `core.referrals` has their states."""

from enum import StrEnum


class ReferralWay(StrEnum):
    """How a referral reaches its receiver."""

    OFFICER = "officer"  # on the page of registered officers
    MAIL = "mail"  # a mail with number and link; the code is told by telephone
    BY_HAND = "by_hand"  # our staff call or hand it over, and record who took it


class Danger(StrEnum):
    """The danger that a referral names. Only LIFE and CHILD let one person refer at once."""

    LIFE = "life"  # somebody may die or be badly hurt
    CHILD = "child"  # a child is or may be hurt
    FORCED = "forced"  # somebody is held, sold or forced
    HARM = "harm"  # another harm to a person


AT_ONCE_DANGERS = (Danger.LIFE, Danger.CHILD)


class ReferralProof(StrEnum):
    """How receipt of a referral was proven."""

    LINK = "link"  # opened by the mailed link with the code
    OFFICER = "officer"  # confirmed by an officer on their page
    RECORDED = "recorded"  # our staff recorded a call or hand-over


class ReferralOutcome(StrEnum):
    """Outcome of a referral."""

    TAKEN_UP = "taken_up"
    PASSED_ON = "passed_on"  # the receiver passed it to another office
    NOT_THEIRS = "not_theirs"  # returned; people choose another receiver
    NO_ANSWER = "no_answer"  # returned, not confirmed in time
    NOT_REACHED = "not_reached"  # returned, could not be sent, e.g. the receiver left the release

    @property
    def comes_back(self) -> bool:
        """Whether people must choose another receiver."""
        return self in (ReferralOutcome.NOT_THEIRS, ReferralOutcome.NO_ANSWER, ReferralOutcome.NOT_REACHED)
