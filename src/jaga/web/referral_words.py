"""Wording of referrals, for the console, the officers' page and the page behind a mail's link."""

from jaga.core.errors import N_
from jaga.core.referrals import ReferralState
from jaga.core.terms.referrals import Danger, ReferralOutcome, ReferralProof, ReferralWay

STATES = {
    ReferralState.DRAFTED: N_("waits for a receiver"),
    ReferralState.ADDRESSED: N_("on its way"),
    ReferralState.SENT: N_("sent, not confirmed"),
    ReferralState.ACKNOWLEDGED: N_("confirmed by the receiver"),
    ReferralState.FINISHED: N_("taken up"),
    ReferralState.RETURNED: N_("came back"),
    ReferralState.RETRACTED: N_("taken back"),
}
WAYS = {
    ReferralWay.OFFICER: N_("registered officers read it on their page"),
    ReferralWay.MAIL: N_("by mail with a link; tell the code by telephone"),
    ReferralWay.BY_HAND: N_("by hand: call, or hand it over"),
}
DANGERS = {
    Danger.LIFE: N_("Somebody's life is in danger"),
    Danger.CHILD: N_("A child is in danger"),
    Danger.FORCED: N_("Somebody is held, sold or forced"),
    Danger.HARM: N_("Another harm to a person"),
}
OUTCOMES = {
    ReferralOutcome.TAKEN_UP: N_("taken up"),
    ReferralOutcome.PASSED_ON: N_("passed to another office"),
    ReferralOutcome.NOT_THEIRS: N_("not theirs to do"),
    ReferralOutcome.NO_ANSWER: N_("nobody answered in time"),
    ReferralOutcome.NOT_REACHED: N_("could not be sent"),
}
PROOFS = {
    ReferralProof.LINK: N_("by the mail's link"),
    ReferralProof.OFFICER: N_("by an officer, on their page"),
    ReferralProof.RECORDED: N_("recorded by one of ours after a call"),
}
OWN_OUTCOMES = {
    ReferralOutcome.TAKEN_UP: N_("We have taken it up"),
    ReferralOutcome.PASSED_ON: N_("We passed it to another office"),
    ReferralOutcome.NOT_THEIRS: N_("It is not ours to do"),
}
"""A receiver's description of itself."""
