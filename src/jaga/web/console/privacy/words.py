"""The words for terms of retention."""

from collections.abc import Mapping

from jaga.core.errors import N_
from jaga.core.terms.retention import BindingReason, HoldState

BINDINGS: Mapping[BindingReason, str] = {
    BindingReason.OPEN_CASE: N_("the case, or one that continues it, is open"),
    BindingReason.OPEN_ACTION: N_("an action has no end yet"),
    BindingReason.OPEN_APPEAL: N_("an appeal waits for its answer"),
    BindingReason.APPEAL_WINDOW: N_("the holder can still appeal or go to a court"),
    BindingReason.OPEN_REQUEST: N_("a person's request about their data is open"),
    BindingReason.AUTHORITY: N_("an authority or an operator has not been answered, or has not answered"),
    BindingReason.REFERRAL: N_("a referral is under way"),
    BindingReason.RECHECK: N_("the account or the decision is looked at again"),
    BindingReason.RESTRICTION: N_("the restriction has not ended"),
    BindingReason.STRIKE: N_("a strike still counts"),
    BindingReason.LEGAL_HOLD: N_("a legal hold"),
    BindingReason.HOLD_ENDED: N_("a legal hold was just ended, and somebody may object"),
    BindingReason.POSTPONED: N_("a person postponed it"),
}
STATES: Mapping[HoldState, str] = {
    HoldState.ASKED: N_("waits for a second person"),
    HoldState.IN_FORCE: N_("in force"),
    HoldState.REFUSED: N_("refused"),
    HoldState.LAPSED: N_("nobody confirmed it in time"),
    HoldState.ENDED: N_("ended early"),
    HoldState.OVER: N_("its day has passed"),
}
