"""Requests of persons and breaches in words, for the public pages and the console.

Wording of referrals, for the console, the officers' page and the page behind a mail's link.

The words for kinds of data and endings of cases, on public pages and in the console.

The words for rules, sources and weeks by which the sample that people judge is counted.
"""

from collections.abc import Mapping
from datetime import date, datetime

from babel.dates import format_date
from django.utils.translation import gettext

from jaga.core.errors import N_
from jaga.core.observations import FORMS
from jaga.core.referrals import ReferralState
from jaga.core.terms.cases import IdentityCheck
from jaga.core.terms.privacy import (
    AnswerWay,
    BreachGroup,
    BreachScopeKind,
    CaseEnding,
    DataKind,
    PersonProof,
    PersonRequestKind,
    PersonRequestState,
    RefusalGround,
)
from jaga.core.terms.reports import Danger, ReferralOutcome, ReferralProof, ReferralWay, SourceKind
from jaga.policy.privacy import DataProtection
from jaga.policy.problems import UnknownTerm
from jaga.policy.release import PolicyRelease
from jaga.reporting.verbs.monitoring import RETURNS, WORDS
from jaga.web.errors import language

PRIVACY_WORDS_KINDS: Mapping[PersonRequestKind, str] = {
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
PRIVACY_WORDS_PROOFS: Mapping[PersonProof, str] = {
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
PRIVACY_WORDS_STATES: Mapping[PersonRequestState, str] = {
    PersonRequestState.TO_CHECK: N_("check who asks"),
    PersonRequestState.IN_WORK: N_("to be answered"),
    PersonRequestState.TO_RELEASE: N_("waits for a release"),
    PersonRequestState.ANSWERED: N_("answered"),
    PersonRequestState.REFUSED: N_("refused"),
}
PRIVACY_WORDS_WAYS: Mapping[AnswerWay, str] = {
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


REFERRAL_WORDS_STATES = {
    ReferralState.DRAFTED: N_("waits for a receiver"),
    ReferralState.ADDRESSED: N_("on its way"),
    ReferralState.SENT: N_("sent, not confirmed"),
    ReferralState.ACKNOWLEDGED: N_("confirmed by the receiver"),
    ReferralState.FINISHED: N_("taken up"),
    ReferralState.RETURNED: N_("came back"),
    ReferralState.RETRACTED: N_("taken back"),
}
REFERRAL_WORDS_WAYS = {
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
REFERRAL_WORDS_PROOFS = {
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


RETENTION_WORDS_KINDS: Mapping[DataKind, str] = {
    DataKind.REPORTER_IDENTITY: N_("Names and contacts of reporters"),
    DataKind.REPORT_TEXTS: N_("What reporters wrote, and letters to them"),
    DataKind.PICTURES: N_("Pictures and other evidence"),
    DataKind.DECISION: N_("The words of votes and decisions"),
    DataKind.APPEAL: N_("The words of appeals and answers"),
    DataKind.INDICATORS: N_("Codes and contacts by which accounts are compared"),
    DataKind.TRAINING: N_("Labels, golden cases and blind reviews"),
    DataKind.EXPORTS: N_("Exports for authorities"),
    DataKind.ACCESS_LOG: N_("Who opened what"),
}
ENDINGS: Mapping[CaseEnding, str] = {
    CaseEnding.DISMISSED: N_("dismissed"),
    CaseEnding.MEASURE: N_("decided with a measure that stands"),
    CaseEnding.REVERSED: N_("overturned on appeal"),
    CaseEnding.REFERRED: N_("referred to those who help"),
    CaseEnding.PRESERVED: N_("preserved for authorities"),
    CaseEnding.MERGED: N_("merged into another case"),
    CaseEnding.WITHDRAWN: N_("withdrawn by every reporter"),
}


def rule_words(rule: str, category: str, release: PolicyRelease) -> str:
    """A rule by the policy's reason for it, with its category; word lists and likely returns by their category.

    Its key is for those who write rules: a rule that the release no longer has is called by it.
    """
    try:
        label = release.category(category).label.say(language())
    except UnknownTerm:  # of an earlier release
        label = category
    if rule.startswith(WORDS):
        return gettext("Word list: %(category)s") % {"category": label}
    if rule.startswith(RETURNS):
        return gettext("Likely return: %(category)s") % {"category": label}
    reason = next((one.reason.say(language()) for one in release.screening_rules if one.key == rule), rule)
    return f"{reason} ({label})"


def source_words(kind: SourceKind) -> str:
    """What reads."""
    return gettext(FORMS[kind].label)


def week_words(monday: str) -> str:
    """A week by its Monday."""
    day = format_date(date.fromisoformat(monday), "d MMMM y", locale=language().value)
    return gettext("Week from %(day)s") % {"day": day}
