"""Wording of terms on pages. The policy's own terms (categories, legal bases) come from the release."""

from datetime import date

from babel.dates import format_date
from django.utils.translation import gettext, ngettext

from jaga.cases.reads.case_view import CaseStage
from jaga.core.errors import N_
from jaga.core.files import PictureProblem
from jaga.core.terms.cases import (
    AccessKind,
    ActionKind,
    ActionState,
    AppealState,
    AppealWay,
    DecisionKind,
    EvidenceKind,
    Ground,
    HolderCheckKind,
    IdentityCheck,
    Lapse,
    NoteKind,
    OutcomeKind,
    PlatformTask,
    SetAsideKind,
    Severity,
    Step,
    UndoReason,
    VerificationResult,
    VictimSay,
    VictimState,
)
from jaga.core.terms.outside import (
    AdoptionKind,
    AdoptionState,
    HeldState,
    Invariant,
    ProofKind,
    RefusedAct,
    RowFaultKind,
)
from jaga.core.terms.people import KeyScope
from jaga.core.terms.reports import (
    CaptureState,
    Channel,
    IdentityReason,
    IndicatorKind,
    Likelihood,
    MediaState,
    MessageKind,
    ModelState,
    ReporterCapacity,
    ReportForm,
    SourceReason,
    TextKind,
)
from jaga.policy.models import LegalBasis
from jaga.policy.problems import UnknownTerm
from jaga.policy.release import PolicyRelease, jurisdiction
from jaga.reporting.reads.set_aside import AsideState, Hindrance
from jaga.signals.reads.pictures import PictureState
from jaga.web import words as privacy_words
from jaga.web import words as referral_words
from jaga.web.errors import language
from jaga.web.frame.notice_words import NOTICE_WORDS

DECISIONS = {
    DecisionKind.DISMISS: N_("No action"),
    DecisionKind.PRESERVE: N_("Preserve evidence"),
    DecisionKind.RESTRICT: N_("Restrict the account"),
    DecisionKind.REFER: N_("Refer to those who help"),
    DecisionKind.REDACT: N_("Remove messages in public rooms"),
    DecisionKind.CLOSE: N_("Close the account"),
    DecisionKind.RESTORE: N_("Restore the account"),
}
CHOICES = {
    DecisionKind.DISMISS: N_("No action"),
    DecisionKind.PRESERVE: N_("Preserve"),
    DecisionKind.RESTRICT: N_("Restrict"),
    DecisionKind.REFER: N_("Refer"),
    DecisionKind.CLOSE: N_("Close"),
}
"""The same in a word or two, where all of them stand in one row."""
DECISION_HINTS = {
    DecisionKind.DISMISS: N_("Nothing here is prohibited, or it cannot be made out. The account stays as it is."),
    DecisionKind.PRESERVE: N_("Seal what is public, change nothing on the platform."),
    DecisionKind.RESTRICT: N_("The holder can read but not send. Can be undone."),
    DecisionKind.REFER: N_("Hand it to those who can help; you choose to whom afterwards. The account stays open."),
    DecisionKind.CLOSE: N_("The holder reads your reasons first, then the account is closed. Its contents are kept."),
}
ORDER = (DecisionKind.DISMISS, DecisionKind.PRESERVE, DecisionKind.RESTRICT, DecisionKind.REFER, DecisionKind.CLOSE)
"""Dismissal first, then what can be undone, closure last."""

KEY_SCOPES = {
    KeyScope.REPORTS_WRITE: N_("send reports"),
    KeyScope.REPORTS_READ: N_("follow its own reports"),
    KeyScope.REQUESTS_WRITE: N_("send requests and orders"),
    KeyScope.REQUESTS_READ: N_("follow its own requests"),
    KeyScope.BATCHES_WRITE: N_("send files of many reports"),
    KeyScope.WEBHOOKS_MANAGE: N_("register addresses for webhooks"),
}
_CONSENTS = {
    "asked": N_("asked, no answer yet"),
    "yes": N_("may be quoted"),
    "no": N_("may not be quoted"),
    "withdrawn": N_("consent taken back"),
    "used": N_("quoted with consent"),
}
_TEXTS = {
    TextKind.PUBLISHED: N_("What the account published, as it was seen"),
    TextKind.WORDS: N_("What the sender of the report wrote"),
    TextKind.EXCERPT: N_("What the account published, as the sender says; nobody has seen it there yet"),
}
_SEVERITIES = {
    Severity.LOW: N_("low"),
    Severity.MODERATE: N_("moderate"),
    Severity.HIGH: N_("high"),
    Severity.CRITICAL: N_("critical"),
}
_CHANNELS = {
    Channel.PUBLIC: N_("public"),
    Channel.MINISTRY: N_("ministry"),
    Channel.POLICE: N_("police"),
    Channel.AGENCY: N_("agency"),
    Channel.WATCH: N_("own watch"),
    Channel.FLAGGER: N_("trusted flagger"),
    Channel.APP: N_("in the app"),
}
_CAPACITIES = {
    ReporterCapacity.PICTURED: N_("says: the person in the picture"),
    ReporterCapacity.GUARDIAN: N_("says: a guardian"),
    ReporterCapacity.PARENT: N_("says: a parent"),
    ReporterCapacity.PLATFORM: N_("the platform's operator"),
    ReporterCapacity.AUTHORITY: N_("an authority"),
}
_FORMS = {
    ReportForm.REPORT: N_("report"),
    ReportForm.NOTICE: N_("formal notice"),
    ReportForm.REQUEST: N_("formal request"),
    ReportForm.ORDER: N_("the ministry's order"),
    ReportForm.OBSERVATION: N_("observation of public content"),
}
_EVIDENCE = {
    EvidenceKind.SCREENSHOT: N_("screenshot"),
    EvidenceKind.LINK: N_("links"),
    EvidenceKind.LETTER: N_("letter"),
    EvidenceKind.TEXT: N_("text"),
    EvidenceKind.PROFILE: N_("profile"),
    EvidenceKind.MESSAGES: N_("public messages"),
    EvidenceKind.MEDIA: N_("hashes of public media"),
    EvidenceKind.PAGE: N_("archived page"),
}
_CAPTURES = {
    CaptureState.WAITING: N_("is being captured"),
    CaptureState.RENDERED: N_("page and picture"),
    CaptureState.PAGE_ONLY: N_("page, without a picture"),
    CaptureState.TEXT_ONLY: N_("text only"),
}
_MEDIA = {
    MediaState.NAMED: N_("named by the source"),
    MediaState.ASKED: N_("is being copied"),
    MediaState.KEPT: N_("among the pictures of the case"),
    MediaState.UNAVAILABLE: N_("not available"),
}
_STAGES = {
    CaseStage.NEW: N_("being sorted"),
    CaseStage.REVIEW: N_("waits for a vote"),
    CaseStage.SUPERVISOR: N_("with a supervisor"),
    CaseStage.COMMITTING: N_("can still be undone"),
    CaseStage.ACTING: N_("being carried out"),
    CaseStage.RESTORING: N_("being restored"),
    CaseStage.RESOLVED: N_("finished"),
}
_ACTIONS = {
    ActionKind.PRESERVE: N_("Preserve evidence"),
    ActionKind.RESTRICT: N_("Restrict the account"),
    ActionKind.REDACT: N_("Remove messages in public rooms"),
    ActionKind.CLOSE: N_("Close the account"),
    ActionKind.RESTORE: N_("Restore the account"),
}
_ACTION_STATES = {
    ActionState.PENDING: N_("under way"),
    ActionState.WAITING: N_("with the operator"),
    ActionState.DONE: N_("done"),
    ActionState.STUCK: N_("stuck"),
    ActionState.ENDED: N_("ended without effect"),
}
_STEPS = {
    Step.OBSERVE: N_("check the account"),
    Step.PRESERVE: N_("seal what is public"),
    Step.RESTRICT: N_("hold the account"),
    Step.DELIVER: N_("deliver the letter"),
    Step.REDACT: N_("remove the messages"),
    Step.CLOSE: N_("close the account"),
    Step.RESTORE: N_("restore the account"),
    Step.ASK: N_("ask the operator"),
}
_OUTCOMES = {
    OutcomeKind.DONE: N_("done"),
    OutcomeKind.ALREADY: N_("was so already"),
    OutcomeKind.REFUSED: N_("refused"),
    OutcomeKind.UNKNOWN: N_("no usable answer"),
    OutcomeKind.IMPOSSIBLE: N_("not possible there"),
}
_PLATFORM_TASKS = {
    PlatformTask.ROOMS: N_("Public rooms"),
    PlatformTask.REPORTS: N_("Reports from the app"),
    PlatformTask.NAMES: N_("Names"),
    PlatformTask.CHECKS: N_("Later checks"),
    PlatformTask.ACTIONS: N_("Actions"),
}
_SET_ASIDE = {
    SetAsideKind.MESSAGE: N_("message"),
    SetAsideKind.REPORT: N_("report"),
    SetAsideKind.ROOM: N_("room"),
    SetAsideKind.CURSOR: N_("place to read on from"),
}
_RESULTS = {
    VerificationResult.CONFIRMED: N_("confirmed"),
    VerificationResult.CONTRADICTED: N_("contradicted"),
    VerificationResult.UNREACHABLE: N_("not reachable"),
}
_OBSERVED = {
    "active": N_("active"),
    "restricted": N_("restricted"),
    "closed": N_("closed"),
    "missing": N_("missing"),
    "unknown": N_("unknown"),
}
_REFUSED = {
    RefusedAct.EXPORT: N_("the export for the police was refused"),
    RefusedAct.LETTER: N_("a letter was not handed over"),
    RefusedAct.RECEIPT: N_("a letter is not shown to a reporter"),
}
_LANGUAGES = {"id": N_("Indonesian"), "en": N_("English")}
_SOURCE_REASONS = {
    SourceReason.NEW: N_("an independent source"),
    SourceReason.SAME_SENDER: N_("the same contact or organisation as before"),
    SourceReason.SAME_NETWORK: N_("the same network as before"),
    SourceReason.SAME_WORDS: N_("nearly the same words as before"),
    SourceReason.BURST: N_("one of many within an hour"),
    SourceReason.BAD_FAITH: N_("counts for less after reports in bad faith"),
    SourceReason.WITHDRAWN: N_("taken back by its reporter"),
    SourceReason.SET_ASIDE: N_("set aside with all reports of its sender"),
}
_LIKELIHOODS = {Likelihood.LIKELY: N_("likely the same holder"), Likelihood.POSSIBLE: N_("possibly the same holder")}
_INDICATORS = {
    IndicatorKind.CONTACT: N_("same contact"),
    IndicatorKind.TEXT: N_("nearly the same text"),
    IndicatorKind.IMAGE: N_("same picture"),
    IndicatorKind.HANDLE: N_("name of the same pattern"),
}
_APPEALS = {
    AppealState.OPEN: N_("open"),
    AppealState.UPHELD: N_("upheld"),
    AppealState.OVERTURNED: N_("overturned"),
}
APPEAL_WAYS = {
    AppealWay.LETTER.value: N_("by letter"),
    AppealWay.IN_PERSON.value: N_("in person"),
    AppealWay.HELPER.value: N_("through legal aid or another helper"),
}
IDENTITY_CHECKS = {
    IdentityCheck.HAS_LETTER.value: N_("They brought or enclosed our letter about the account"),
    IdentityCheck.KNOWN_CONTACT.value: N_(
        "I reached them at an address or number that the operator knew before the report"
    ),
    IdentityCheck.IDENTITY_PAPER.value: N_("Their identity paper fits what the operator knows of the account's holder"),
    IdentityCheck.HELPER_VOUCHES.value: N_("The helper named above checked it and signed for it"),
}
GROUNDS = {
    Ground.ILLEGAL_CONTENT: N_("It is against the law"),
    Ground.INCOMPATIBLE_CONTENT: N_("It is against the service's terms"),
}
_MESSAGES = {
    MessageKind.QUESTION: N_("question"),
    MessageKind.ANSWER: N_("answer"),
    MessageKind.EVIDENCE: N_("added"),
    MessageKind.WITHDRAWAL: N_("withdrawn"),
    MessageKind.NOTE: N_("note"),
    MessageKind.INVALID_LOCATOR: N_("the account cannot be found"),
    MessageKind.WRONG_SCREENSHOT: N_("the picture shows another account"),
    MessageKind.OTHER: N_("correction"),
}
_PICTURES = {
    PictureState.CLOSED: N_("closed to everyone"),
    PictureState.TO_CHECK: N_("closed until the question is answered"),
    PictureState.BEING_DRAWN: N_("a copy is being drawn; reload in a few seconds"),
    PictureState.NOT_DRAWN: N_("could not be drawn: the file is broken, too large, or no picture"),
    PictureState.READY: N_("can be opened"),
    PictureState.OPEN: N_("open"),
}
_IDENTITY_REASONS = {
    IdentityReason.DANGER: N_("somebody is in danger"),
    IdentityReason.LEGAL_DUTY: N_("a law or a court obliges us"),
    IdentityReason.AGREED: N_("the reporter agreed that agencies learn it"),
    IdentityReason.ASKED_FOR: N_("the reporter asked to be contacted"),
}
_PROOFS = {
    ProofKind.SIGNATURE: N_("signed with the officer's key"),
    ProofKind.STEP_UP: N_("second factor in the console"),
    ProofKind.CALL_BACK: N_("held at first, released after a call-back"),
    ProofKind.EARLIER: N_("key alone, before letters were signed"),
}
_HELD_STATES = {
    HeldState.HELD: N_("held"),
    HeldState.RELEASED: N_("released"),
    HeldState.REJECTED: N_("rejected"),
}
_OUTSIDE_STATES = {
    "received": N_("received"),
    "in_review": N_("people judge it"),
    "acting": N_("being carried out"),
    "restoring": N_("being restored"),
    "resolved": N_("finished"),
}
_ACTORS = {
    "public": N_("A reporter"),
    "system": N_("Jaga"),
    "holder": N_("The account holder"),
    "cli": N_("The server's shell"),
}
_PICTURE_PROBLEMS = {
    PictureProblem.NO_PICTURE: N_("it is not a picture"),
    PictureProblem.BROKEN: N_("it is damaged"),
    PictureProblem.TOO_LARGE: N_("it is too large"),
    PictureProblem.TOO_SMALL: N_("it is too small"),
    PictureProblem.MOVING: N_("it moves"),
    PictureProblem.TOO_MUCH_WORK: N_("it was too much work"),
}
_LOOKED_AT = {
    AccessKind.CASE: N_("case"),
    AccessKind.HISTORY: N_("history of a case"),
    AccessKind.IDENTITY: N_("who reported"),
    AccessKind.PICTURE: N_("picture"),
    AccessKind.LETTER: N_("letter"),
    AccessKind.APPEAL: N_("appeal"),
    AccessKind.SEARCH: N_("search"),
    AccessKind.GRAPH: N_("linked accounts"),
    AccessKind.EXPORT: N_("export"),
    AccessKind.NOTICE: N_("notice to an operator"),
    AccessKind.ORDER: N_("order or request"),
    AccessKind.REPORT: N_("own reports"),
    AccessKind.BATCH: N_("file of reports"),
    AccessKind.PRIVACY: N_("somebody's own data, or a breach"),
    AccessKind.REQUEST: N_("held request"),
    AccessKind.EARLIER: N_("earlier decisions about the account"),
    AccessKind.WATCH: N_("look-up of an account without a case"),
    AccessKind.SAMPLE: N_("text of the sample to judge"),
    AccessKind.QUERY: N_("query over flagged texts"),
    AccessKind.CAMPAIGN: N_("campaign"),
}
_LAPSES = {
    Lapse.INACTIVE: N_("no longer has access"),
    Lapse.ROLE: N_("no longer holds the role that it takes"),
    Lapse.CLEARANCE: N_("no longer has the clearance that it takes"),
    Lapse.CONFLICT: N_("asked for it on behalf of an authority"),
    Lapse.RELEASE: N_("another policy release is in force since"),
    Lapse.OTHER_VOTE: N_("another vote on it no longer counts"),
    Lapse.TAKEN_BACK: N_("took the vote back within seconds"),
}
_OWN_LAPSES = {
    Lapse.INACTIVE: N_("withdrawn: your access had ended; people judge anew"),
    Lapse.ROLE: N_("withdrawn: you no longer hold the role that it takes; others judge anew"),
    Lapse.CLEARANCE: N_("withdrawn: you no longer have the clearance that the case needs; others judge it anew"),
    Lapse.CONFLICT: N_("withdrawn: you asked for it on behalf of an authority; others judge anew"),
    Lapse.RELEASE: N_("withdrawn: the rules have changed since; please judge the case again"),
    Lapse.OTHER_VOTE: N_("withdrawn: another vote on it no longer counts; please judge the case again"),
    Lapse.TAKEN_BACK: N_("taken back; you can judge the case again"),
}
"""What a voter reads when their vote was withdrawn."""
_UNDO_REASONS = {
    UndoReason.MISTAKE: N_("a mistake: wrong key or wrong account"),
    UndoReason.SECOND_THOUGHT: N_("on second thought, judged otherwise"),
    UndoReason.NEW_FACT: N_("something new came to light"),
    UndoReason.OTHER: N_("another reason"),
}
_VICTIM_STATES = {
    VictimState.NONE: N_("no victim known"),
    VictimState.PROPOSED: N_("possible victim: proposed"),
    VictimState.CONFIRMED: N_("possible victim: confirmed"),
    VictimState.LIFTED: N_("possible victim: lifted"),
}
_VICTIM_SAYS = {
    VictimSay.CONFIRM: N_("somebody may be a victim"),
    VictimSay.LIFT: N_("nobody is a victim"),
}
_HOLDER_CHECKS = {
    HolderCheckKind.IN_PERSON: N_("in person, alone, with a paper that names them"),
    HolderCheckKind.POST: N_("by post, to an address that was known before the report"),
    HolderCheckKind.BODY: N_("through a helpline or legal aid body of the policy release"),
}
_NOTES = {
    NoteKind.NOTE: N_("note"),
    NoteKind.ASSIGN: N_("assigned"),
    NoteKind.HOLD: N_("set aside"),
    NoteKind.ESCALATE: N_("escalated"),
    NoteKind.HAND_BACK: N_("handed back"),
    NoteKind.REROUTE: N_("moved"),
}
_MODEL_STATES = {
    ModelState.PROPOSED: N_("proposed"),
    ModelState.APPROVED: N_("in use"),
    ModelState.REJECTED: N_("refused"),
    ModelState.RETIRED: N_("out of use"),
}
_ADOPTIONS = {
    AdoptionKind.BOOTSTRAP: N_("first release"),
    AdoptionKind.ADOPTION: N_("new release"),
    AdoptionKind.RETURN: N_("earlier release"),
    AdoptionKind.EMERGENCY: N_("emergency"),
}
_ADOPTION_STATES = {
    AdoptionState.PROPOSED: N_("proposed"),
    AdoptionState.IN_FORCE: N_("in force"),
    AdoptionState.REPLACED: N_("replaced"),
    AdoptionState.REFUSED: N_("refused"),
    AdoptionState.LAPSED: N_("lapsed"),
}
_ASIDE_STATES = {
    AsideState.TAKEN: N_("would count as no source; other people report here too"),
    AsideState.WHOLE: N_("would leave the queue for now"),
    AsideState.VICTIM: N_("keeps its place: somebody may be in danger"),
    AsideState.PENDING: N_("keeps its place: two people have agreed already"),
    AsideState.DECIDED: N_("decided"),
}
_HINDRANCES = {
    Hindrance.NOBODY: N_("The report came without a contact, so its sender cannot be recognised."),
    Hindrance.DANGER: N_(
        "The sender may be somebody who needs help. Judge the reports one by one, those first in which"
        " somebody may be a victim."
    ),
    Hindrance.MARKS: N_("People must first find reports of this sender in two dismissed cases to be abusive."),
    Hindrance.ALONE: N_("All findings of abuse are your own. Another person has to look too."),
    Hindrance.NOTHING: N_("No report of this sender waits."),
}
_ROW_FAULTS = {
    RowFaultKind.EDITED: N_("edited past Jaga"),
    RowFaultKind.MISSING: N_("deleted past Jaga"),
    RowFaultKind.BACK: N_("there again after it was deleted"),
    RowFaultKind.UNBOUND: N_("without an entry in the ledger"),
    RowFaultKind.FORGED: N_("said to be of an entry that does not contain it"),
    RowFaultKind.SALT: N_("cannot be checked, since its salt is missing"),
    RowFaultKind.UNNAMED: N_("entry whose rows are no longer known"),
}
_INVARIANTS = {
    Invariant.DECISION_HAS_ITS_GROUNDS: N_(
        "Each decision names its release and its law, and each measure has a statement of reasons"
    ),
    Invariant.CLOSED_CASE_HAS_ITS_OUTCOME: N_(
        "In each closed case every action was seen to work, or was ended with a reason"
    ),
    Invariant.REPORT_IS_IN_A_CASE: N_("Each report is in a case within an hour"),
    Invariant.NOTHING_IS_PAST_ITS_PERIOD: N_("Nothing is kept longer than its period"),
}
_BY_KIND: dict[str, dict[str, str]] = {
    "referral_state": {term.value: msgid for term, msgid in referral_words.REFERRAL_WORDS_STATES.items()},
    "referral_way": {term.value: msgid for term, msgid in referral_words.REFERRAL_WORDS_WAYS.items()},
    "referral_outcome": {term.value: msgid for term, msgid in referral_words.OUTCOMES.items()},
    "referral_proof": {term.value: msgid for term, msgid in referral_words.REFERRAL_WORDS_PROOFS.items()},
    "danger": {term.value: msgid for term, msgid in referral_words.DANGERS.items()},
    **{
        kind: {term.value: msgid for term, msgid in words.items()}
        for kind, words in (
            ("person_request", privacy_words.ASKED),
            ("person_proof", privacy_words.PRIVACY_WORDS_PROOFS),
            ("person_check", privacy_words.CHECKS),
            ("person_state", privacy_words.PRIVACY_WORDS_STATES),
            ("answer_way", privacy_words.PRIVACY_WORDS_WAYS),
            ("refusal_ground", privacy_words.GROUNDS),
            ("breach_scope", privacy_words.SCOPES),
            ("breach_group", privacy_words.GROUPS),
            ("breach_channel", privacy_words.CHANNELS),
        )
    },
    "victim_state": {term.value: msgid for term, msgid in _VICTIM_STATES.items()},
    "victim_say": {term.value: msgid for term, msgid in _VICTIM_SAYS.items()},
    "holder_check": {term.value: msgid for term, msgid in _HOLDER_CHECKS.items()},
    "note": {term.value: msgid for term, msgid in _NOTES.items()},
    "set_aside_state": {term.value: msgid for term, msgid in _ASIDE_STATES.items()},
    "set_aside_hindrance": {term.value: msgid for term, msgid in _HINDRANCES.items()},
    "lapse": {term.value: msgid for term, msgid in _LAPSES.items()},
    "own_lapse": {term.value: msgid for term, msgid in _OWN_LAPSES.items()},
    "undo_reason": {term.value: msgid for term, msgid in _UNDO_REASONS.items()},
    "access_kind": {term.value: msgid for term, msgid in _LOOKED_AT.items()},
    "decision": {term.value: msgid for term, msgid in DECISIONS.items()},
    "choice": {term.value: msgid for term, msgid in CHOICES.items()},
    "severity": {str(term.value): msgid for term, msgid in _SEVERITIES.items()},
    "channel": {term.value: msgid for term, msgid in _CHANNELS.items()},
    "form": {term.value: msgid for term, msgid in _FORMS.items()},
    "capacity": {term.value: msgid for term, msgid in _CAPACITIES.items()},
    "evidence": {term.value: msgid for term, msgid in _EVIDENCE.items()},
    "media": {term.value: msgid for term, msgid in _MEDIA.items()},
    "captures": {term.value: msgid for term, msgid in _CAPTURES.items()},
    "stage": {term.value: msgid for term, msgid in _STAGES.items()},
    "action": {term.value: msgid for term, msgid in _ACTIONS.items()},
    "platform_task": {term.value: msgid for term, msgid in _PLATFORM_TASKS.items()},
    "set_aside": {term.value: msgid for term, msgid in _SET_ASIDE.items()},
    "action_state": {term.value: msgid for term, msgid in _ACTION_STATES.items()},
    "step": {term.value: msgid for term, msgid in _STEPS.items()},
    "outcome": {term.value: msgid for term, msgid in _OUTCOMES.items()},
    "result": {term.value: msgid for term, msgid in _RESULTS.items()},
    "observed": _OBSERVED,
    "refused": {term.value: msgid for term, msgid in _REFUSED.items()},
    "language": _LANGUAGES,
    "source_reason": {term.value: msgid for term, msgid in _SOURCE_REASONS.items()},
    "likelihood": {term.value: msgid for term, msgid in _LIKELIHOODS.items()},
    "indicator": {term.value: msgid for term, msgid in _INDICATORS.items()},
    "appeal_way": APPEAL_WAYS,
    "identity_check": IDENTITY_CHECKS,
    "appeal": {term.value: msgid for term, msgid in _APPEALS.items()},
    "adoption": {term.value: msgid for term, msgid in _ADOPTIONS.items()},
    "adoption_state": {term.value: msgid for term, msgid in _ADOPTION_STATES.items()},
    "model_state": {term.value: msgid for term, msgid in _MODEL_STATES.items()},
    "ground": {term.value: msgid for term, msgid in GROUNDS.items()},
    "message": {term.value: msgid for term, msgid in _MESSAGES.items()},
    "picture_problem": {term.value: msgid for term, msgid in _PICTURE_PROBLEMS.items()},
    "picture": {term.value: msgid for term, msgid in _PICTURES.items()},
    "identity_reason": {term.value: msgid for term, msgid in _IDENTITY_REASONS.items()},
    "proof": {term.value: msgid for term, msgid in _PROOFS.items()},
    "invariant": {term.value: msgid for term, msgid in _INVARIANTS.items()},
    "row_fault": {term.value: msgid for term, msgid in _ROW_FAULTS.items()},
    "held_state": {term.value: msgid for term, msgid in _HELD_STATES.items()},
    "outside_state": _OUTSIDE_STATES,
    "consent": _CONSENTS,
    "text_kind": {term.value: msgid for term, msgid in _TEXTS.items()},
    "actor": _ACTORS,
    **NOTICE_WORDS,
}


def word(term: object, kind: str) -> str:
    """The term in the reader's language; an unknown term (of an old entry) is shown unchanged.

    The jurisdiction may call a kind of authorities otherwise.
    """
    value = str(getattr(term, "value", term))
    if kind == "channel" and (named := jurisdiction().authorities.get(value)):
        return named.one.say(language())
    if kind == "form" and value == ReportForm.ORDER and jurisdiction().authorities.get("ministry"):
        return gettext("an authority's order")
    msgid = _BY_KIND[kind].get(value)
    return gettext(msgid) if msgid else value


def category_label(key: str, release: PolicyRelease) -> str:
    """The category's name, or its key if the release no longer has it."""
    try:
        return release.category(key).label.say(language())
    except UnknownTerm:
        return key


def basis_label(key: str, release: PolicyRelease) -> str:
    """The legal basis as cited; its key if the release no longer has it, empty if there is none."""
    if not key:
        return ""
    try:
        basis = release.legal_basis(key)
    except UnknownTerm:
        return key
    return f"{basis.citation} ({basis.title.say(language())})"


def basis_choice(basis: LegalBasis) -> str:
    """A legal basis where one is chosen; its days come first, since a narrow list shows no more."""
    sentence = f"{basis_days(basis)}: {basis.citation}, {basis.title.say(language())}"
    return sentence if basis.verified else f"{sentence} ({gettext('not verified')})"


def basis_days(basis: LegalBasis) -> str:
    """The days of conduct for which a legal basis was or is in force."""
    first = _short_day(basis.valid_from)
    if basis.valid_until is None:
        return gettext("since %(day)s") % {"day": first}
    return gettext("%(first)s to %(last)s") % {"first": first, "last": _short_day(basis.valid_until)}


def _short_day(day: date) -> str:
    return format_date(day, "d MMM y", locale=language().value)


def source_count(reports: int, sources: int) -> str:
    """`3 reports, about 2 independent`: the second number is an estimate (`screening.copies.independent_sources`)."""
    reports_words = ngettext("%(count)s report", "%(count)s reports", reports) % {"count": reports}
    sources_words = ngettext("about %(count)s independent", "about %(count)s independent", sources) % {"count": sources}
    return f"{reports_words}, {sources_words}"


def size(count: int) -> str:
    """A human-readable file size."""
    if count < 1024:
        return f"{count} B"
    return f"{count / 1024:.0f} kB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MB"
