"""Requests of persons and breaches in words, for the public pages and the console."""

from collections.abc import Mapping
from datetime import datetime

from jaga.core.errors import N_
from jaga.core.terms.appeals import IdentityCheck
from jaga.core.terms.breaches import BreachGroup, BreachScopeKind
from jaga.core.terms.person_requests import (
    AnswerWay,
    PersonProof,
    PersonRequestKind,
    PersonRequestState,
    RefusalGround,
)
from jaga.policy.privacy.data_protection import DataProtection

KINDS: Mapping[PersonRequestKind, str] = {
    PersonRequestKind.ACCESS: N_("See my data"),
    PersonRequestKind.CORRECTION: N_("Have something corrected"),
    PersonRequestKind.ERASURE: N_("Have my data erased"),
    PersonRequestKind.OBJECTION: N_("Object to the use of my data"),
}
"""As the person who asks reads them."""
ASKED: Mapping[PersonRequestKind, str] = {
    PersonRequestKind.ACCESS: N_("wants to see the data"),
    PersonRequestKind.CORRECTION: N_("wants a correction"),
    PersonRequestKind.ERASURE: N_("wants the data erased"),
    PersonRequestKind.OBJECTION: N_("objects"),
}
PROOFS: Mapping[PersonProof, str] = {
    PersonProof.NONE: N_("without a code"),
    PersonProof.RECEIPT: N_("with a receipt"),
    PersonProof.APPEAL_CODE: N_("with a letter's code"),
}
CHECKS: Mapping[IdentityCheck, str] = {
    IdentityCheck.HAS_LETTER: N_("They brought or enclosed our letter about the account"),
    IdentityCheck.KNOWN_CONTACT: N_("I reached them at an address or number that was known before they asked"),
    IdentityCheck.IDENTITY_PAPER: N_("Their identity paper fits what the operator knows of the account's holder"),
    IdentityCheck.HELPER_VOUCHES: N_("A helper whom I name below checked it and signed for it"),
}
STATES: Mapping[PersonRequestState, str] = {
    PersonRequestState.TO_CHECK: N_("check who asks"),
    PersonRequestState.IN_WORK: N_("to be answered"),
    PersonRequestState.TO_RELEASE: N_("waits for a release"),
    PersonRequestState.ANSWERED: N_("answered"),
    PersonRequestState.REFUSED: N_("refused"),
}
WAYS: Mapping[AnswerWay, str] = {
    AnswerWay.PAPER: N_("on paper, by whoever checked the person"),
    AnswerWay.PAGE: N_("on the page of the request's code"),
}
GROUNDS: Mapping[RefusalGround, str] = {
    RefusalGround.OPEN_CASE: N_("People still work on a case in which the data are needed."),
    RefusalGround.APPEAL_WINDOW: N_("The decision can still be appealed, or an appeal waits for its answer."),
    RefusalGround.STRIKE: N_("A decision on the account still counts."),
    RefusalGround.LEGAL_HOLD: N_("The data must be kept for proceedings."),
    RefusalGround.AUTHORITY_REQUEST: N_("An authority asked for the data to be kept or examined."),
    RefusalGround.NOT_PROVEN: N_("We could not check that the data are about the person who asks."),
    RefusalGround.RIGHTS_OF_OTHERS: N_("The answer would touch the rights of other people."),
    RefusalGround.UNFOUNDED: N_("The law gives no right to what was asked."),
}
_TELLS_OF_OTHERS = (RefusalGround.OPEN_CASE, RefusalGround.LEGAL_HOLD, RefusalGround.AUTHORITY_REQUEST)
_NEEDED = N_("The data are still needed for what the law demands. We cannot say more about it.")


def refusal_told(ground: RefusalGround | None, until: datetime | None, protection: DataProtection) -> dict[str, object]:
    """What a refused person reads: `ground_words`, `citation`, `until`.

    That a case is open, or that an authority asked, would tell an accused that somebody reported or inquires: such
    grounds read alike, without an end (ADR 0087).
    """
    if ground is None:
        return {"ground_words": "", "citation": None, "until": None}
    if ground in _TELLS_OF_OTHERS:
        return {"ground_words": _NEEDED, "citation": protection.refusal(RefusalGround.OPEN_CASE), "until": None}
    return {"ground_words": GROUNDS[ground], "citation": protection.refusal(ground), "until": until}


SCOPES: Mapping[BreachScopeKind, str] = {
    BreachScopeKind.PERSON: N_("a staff member's account"),
    BreachScopeKind.PAGE: N_("a kind of page"),
    BreachScopeKind.CASE: N_("a case"),
    BreachScopeKind.KEY: N_("a key, or a copy of the database"),
}
GROUPS: Mapping[BreachGroup, str] = {
    BreachGroup.AUTHORITY: N_("The data protection authority"),
    BreachGroup.REPORTERS_NAMED: N_("Reporters who gave a contact"),
    BreachGroup.REPORTERS: N_("Reporters without a contact"),
    BreachGroup.HOLDERS: N_("Account holders who got our letter"),
    BreachGroup.HOLDERS_UNREACHED: N_("Account holders whom no letter reached"),
}
CHANNELS: Mapping[BreachGroup, str] = {
    BreachGroup.AUTHORITY: N_("Send the notice to the authority."),
    BreachGroup.REPORTERS_NAMED: N_("A supervisor opens each contact on the case page, with a reason, and calls."),
    BreachGroup.REPORTERS: N_("Write into the mailbox of each report: it is read with the receipt."),
    BreachGroup.HOLDERS: N_("Write to the account on its app, or through the operator. Say nothing of the case."),
    BreachGroup.HOLDERS_UNREACHED: N_("Ask the operator to pass it on; otherwise publish a notice that names nobody."),
}
"""How each group can be told."""
