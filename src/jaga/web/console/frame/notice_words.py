"""Wording of notices to operators: requests, states, answers, dialogue entries."""

from jaga.core.errors import N_
from jaga.core.terms.operators import AnswerKind, EscalationStage, NoticeState, ObjectionState

ASKS = {
    "preserve": N_("Preserve evidence"),
    "restrict": N_("Restrict the account"),
    "redact": N_("Remove messages in public rooms"),
    "close": N_("Close the account"),
    "restore": N_("Restore the account"),
    "data": N_("Give data"),
}
STATES = {
    NoticeState.SENT: N_("not opened yet"),
    NoticeState.RECEIVED: N_("received"),
    NoticeState.ASKED_BACK: N_("question to us"),
    NoticeState.ANSWERED: N_("answered"),
    NoticeState.WITHDRAWN: N_("withdrawn"),
}
ANSWERS = {
    AnswerKind.DONE: N_("Done"),
    AnswerKind.ALREADY: N_("It was so already"),
    AnswerKind.REFUSED: N_("Refused"),
    AnswerKind.INVALID_LOCATOR: N_("The account cannot be found"),
    AnswerKind.WRONG_SCREENSHOT: N_("The picture shows another account"),
}
ANSWER_HINTS = {
    AnswerKind.DONE: N_("You did what was asked. We check the result afterwards."),
    AnswerKind.ALREADY: N_("Nothing was left to do."),
    AnswerKind.REFUSED: N_("You will not do it. Say why; a supervisor reads it."),
    AnswerKind.INVALID_LOCATOR: N_("Say what you looked for. The clock rests until we have corrected it."),
    AnswerKind.WRONG_SCREENSHOT: N_("Say what does not fit. The clock rests until we have corrected it."),
}
_TURNS = {
    "sent": N_("Sent"),
    "received": N_("Received"),
    "correction": N_("Correction"),
    "asked_again": N_("Asked again"),
    "withdrawn": N_("Withdrawn"),
    "objection": N_("Objection"),
    "objection_accepted": N_("Objection accepted"),
    "objection_rejected": N_("Objection rejected"),
    "did_observe": N_("Found the account"),
    "did_deliver": N_("Gave the holder the letter"),
    "did_restrict": N_("Restricted the account"),
    "did_redact": N_("Removed the messages"),
    "did_close": N_("Closed the account"),
    "letter_released": N_("Letter released"),
    "letter_opened": N_("Letter opened"),
    "letter_served": N_("Letter served on paper"),
    "did_restore": N_("Restored the account"),
    "did_preserve": N_("Preserved what is public"),
}
TICKS = {
    "observe": N_("Find the account in the app, by the exact name above."),
    "deliver": N_("Give the holder the letter below, and wait until it is delivered."),
    "restrict": N_("Restrict the account, so that the holder can read but not send."),
    "redact": N_("Remove the account's messages in the rooms named above, and only there."),
    "close": N_("Close the account. Delete nothing."),
    "restore": N_("Open the account again."),
    "preserve": N_("Save what is public of the account."),
}
OBJECTIONS = {
    ObjectionState.OPEN: N_("open"),
    ObjectionState.ACCEPTED: N_("accepted"),
    ObjectionState.REJECTED: N_("rejected"),
}
ACCOUNT_STATES = {
    "closed": N_("It is closed: it cannot be found or opened"),
    "restricted": N_("It is restricted: it is there, and cannot send"),
    "active": N_("It is active"),
    "missing": N_("There has never been such an account"),
    "unknown": N_("I could not see it"),
}
STAGES = {
    EscalationStage.CLARIFICATION: N_("Clarification"),
    EscalationStage.ORDER: N_("Order"),
    EscalationStage.WARNING_1: N_("First warning"),
    EscalationStage.WARNING_2: N_("Second warning"),
    EscalationStage.WARNING_3: N_("Third warning, the last"),
}
LADDER = {
    "possible": N_("may be prepared"),
    "not_yet": N_("not yet"),
    "prepared": N_("prepared, not released"),
    "released": N_("released, not opened yet"),
    "received": N_("received"),
}
NOTICE_WORDS: dict[str, dict[str, str]] = {
    "asks": ASKS,
    "notice_state": {term.value: msgid for term, msgid in STATES.items()},
    "answer": {term.value: msgid for term, msgid in ANSWERS.items()},
    "turn": {**{term.value: msgid for term, msgid in ANSWERS.items()}, **_TURNS},
    "escalation_stage": {term.value: msgid for term, msgid in STAGES.items()},
    "escalation_state": LADDER,
    "tick": TICKS,
    "objection": {term.value: msgid for term, msgid in OBJECTIONS.items()},
}
