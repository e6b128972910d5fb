"""Groups of fields that share purpose, lawful ground, retention and what erasure does. Each field is in one group.

`retention` names a kind of data of `retention.yaml` (`core.terms.retention.DataKind`), a sweep (`sweeps.SWEEPS`) or a
`Lasting`. `special` marks data that needs more care: sexual life, crime, children, victims, and who reported.
Titles and purposes are read by everybody (the page *Privacy*), so they are in plain words.
"""

from dataclasses import dataclass

from jaga.core.errors import N_
from jaga.core.inventory import Concerned as Who
from jaga.core.inventory import ErasureEffect as Erasure
from jaga.core.inventory import Lasting, SeenBy
from jaga.core.inventory import LawfulGround as Ground


@dataclass(frozen=True)
class FieldGroup:
    """What is true of all fields of the group."""

    key: str
    about: tuple[Who, ...]
    title: str
    purpose: str
    ground: Ground
    retention: str
    erasure: Erasure
    readers: tuple[SeenBy, ...]
    special: bool = False


_TEAM = (SeenBy.REVIEWERS, SeenBy.SUPERVISORS)
_LEADERS = (SeenBy.SUPERVISORS, SeenBy.AUDITORS)

_GROUPS = (
    # Of reporters, holders and people who are named.
    FieldGroup("report_words", (Who.REPORTER, Who.HOLDER, Who.NAMED), N_("What was written in a report"),
               N_("So that people can read what happened and decide."), Ground.LEGAL_OBLIGATION, "report_texts",
               Erasure.KEY_DESTROYED, _TEAM, special=True),
    FieldGroup("report_names", (Who.REPORTER, Who.HOLDER), N_("The name that a reporter used for an account, and a "
                                                              "sender's own number"),
               N_("To look up the right account, and so that senders find their report again."),
               Ground.LEGAL_OBLIGATION, "report_texts", Erasure.EMPTIED, _TEAM),
    FieldGroup("report_facts", (Who.REPORTER, Who.HOLDER), N_("What a report is about, and when it came"),
               N_("To keep the deadlines, count reports and find the right case."), Ground.LEGAL_OBLIGATION,
               Lasting.INSTALLATION, Erasure.KEPT_PROOF, _TEAM),
    FieldGroup("reporter_identity", (Who.REPORTER,), N_("Name and contact of a reporter"),
               N_("To ask back or pass it on, but only if the reporter gave it and agreed."), Ground.CONSENT,
               "reporter_identity", Erasure.KEY_DESTROYED, (SeenBy.SUPERVISORS,), special=True),
    FieldGroup("reporter_codes", (Who.REPORTER,), N_("Codes computed from contacts"),
               N_("So that many reports of one sender count as one."), Ground.LEGITIMATE_INTEREST,
               "reporter_identity", Erasure.EMPTIED, (SeenBy.MACHINES,)),
    FieldGroup("network_codes", (Who.REPORTER,), N_("A code computed from the network"),
               N_("So that one sender does not count as many. It shows no address."), Ground.LEGITIMATE_INTEREST,
               "networks", Erasure.EXPIRES, (SeenBy.MACHINES,)),
    FieldGroup("access_codes", (Who.REPORTER, Who.HOLDER), N_("Codes computed from report numbers and letter codes"),
               N_("To recognise whoever has the number or the code, without storing it."), Ground.LEGITIMATE_INTEREST,
               Lasting.INSTALLATION, Erasure.KEPT_CODE, (SeenBy.MACHINES,)),
    FieldGroup("mailbox_words", (Who.REPORTER, Who.HOLDER, Who.NAMED), N_("Messages between a reporter and us"),
               N_("To ask what is unclear and to tell the reporter what came of it."), Ground.LEGAL_OBLIGATION,
               "report_texts", Erasure.KEY_DESTROYED, _TEAM, special=True),
    FieldGroup("pictures", (Who.HOLDER, Who.NAMED), N_("Pictures that were sent, and their codes"),
               N_("As evidence, and to find copies of a picture."), Ground.LEGAL_OBLIGATION, "pictures",
               Erasure.KEY_DESTROYED, _TEAM, special=True),
    FieldGroup("account", (Who.HOLDER,), N_("The reported account: its name and number in the chat app"),
               N_("To know which account a report means, and to act on no other."), Ground.LEGAL_OBLIGATION,
               Lasting.ACCOUNT_CASES, Erasure.KEPT_PROOF, (*_TEAM, SeenBy.OPERATOR)),
    FieldGroup("case_facts", (Who.HOLDER,), N_("State of a case: its category, deadlines and queue"),
               N_("So that each case is decided in time by people who may."), Ground.LEGAL_OBLIGATION,
               Lasting.INSTALLATION, Erasure.KEPT_PROOF, _TEAM),
    FieldGroup("victim_marks", (Who.HOLDER, Who.NAMED), N_("That somebody in a case may be a victim or a child"),
               N_("To protect that person: nothing is shown, closed or sent that could harm."), Ground.VITAL_INTEREST,
               Lasting.INSTALLATION, Erasure.KEPT_PROOF, _TEAM, special=True),
    FieldGroup("signals", (Who.HOLDER,), N_("What programs found in texts"),
               N_("To put cases in order and mark words for the people who read them."), Ground.LEGITIMATE_INTEREST,
               "report_texts", Erasure.ROW_DELETED, _TEAM),
    FieldGroup("indicators", (Who.HOLDER, Who.NAMED), N_("Codes and contacts by which accounts are compared"),
               N_("To notice that a closed account has come back, and to join copies."), Ground.LEGITIMATE_INTEREST,
               "indicators", Erasure.ROW_DELETED, _TEAM, special=True),
    FieldGroup("search_words", (Who.HOLDER, Who.NAMED), N_("An index of the words of cases"),
               N_("So that the team can find a case."), Ground.LEGITIMATE_INTEREST, "report_texts",
               Erasure.EMPTIED, _TEAM, special=True),
    FieldGroup("decision_words", (Who.HOLDER, Who.NAMED), N_("Reasons of decisions, letters and notes"),
               N_("To explain a decision and to examine it in an appeal."), Ground.LEGAL_OBLIGATION, "decision",
               Erasure.KEY_DESTROYED, (*_TEAM, SeenBy.AUDITORS), special=True),
    FieldGroup("decision_facts", (Who.HOLDER,), N_("What was decided, by which rule, and what was done"),
               N_("To prove later what was decided and done, and to publish figures."), Ground.LEGAL_OBLIGATION,
               Lasting.INSTALLATION, Erasure.KEPT_PROOF, (*_TEAM, SeenBy.AUDITORS)),
    FieldGroup("appeal_words", (Who.HOLDER, Who.NAMED), N_("What was written in an appeal or an answer"),
               N_("So that somebody else can examine the decision."), Ground.LEGAL_OBLIGATION, "appeal",
               Erasure.KEY_DESTROYED, (SeenBy.REVIEWERS, SeenBy.SUPERVISORS), special=True),
    FieldGroup("identity_checks", (Who.HOLDER,), N_("How somebody was checked who came in person"),
               N_("So that reasons are given only to the person whom they concern."), Ground.LEGAL_OBLIGATION,
               "appeal", Erasure.KEPT_PROOF, (SeenBy.SUPERVISORS,), special=True),
    FieldGroup("restored_access", (Who.HOLDER,), N_("A new password for a restored account, encrypted"),
               N_("So that only the holder collects it."), Ground.LEGAL_OBLIGATION, "restored_access",
               Erasure.ROW_DELETED, (SeenBy.OWNER,), special=True),
    FieldGroup("platform_answers", (Who.HOLDER,), N_("What a chat app answered about an account"),
               N_("To check that a measure was really carried out."), Ground.LEGAL_OBLIGATION,
               "decision", Erasure.KEPT_PROOF, _TEAM),
    FieldGroup("training_words", (Who.HOLDER,), N_("Reasons in exercises and blind reviews"),
               N_("To check how alike people decide, and to train new ones."), Ground.LEGITIMATE_INTEREST, "training",
               Erasure.KEY_DESTROYED, (SeenBy.REVIEWERS, *_LEADERS), special=True),
    FieldGroup("labels", (Who.HOLDER,), N_("Labels, exercises and blind reviews"),
               N_("To check the quality of decisions."), Ground.LEGITIMATE_INTEREST, "training",
               Erasure.ROW_DELETED, (SeenBy.REVIEWERS, *_LEADERS)),
    # What leaves the house, and what authorities and operators send.
    FieldGroup("request_words", (Who.HOLDER, Who.NAMED, Who.OFFICER), N_("Requests of authorities: their words"),
               N_("To check a request, answer it and count it publicly."), Ground.LEGAL_OBLIGATION, "decision",
               Erasure.KEY_DESTROYED, (SeenBy.REVIEWERS, *_LEADERS), special=True),
    FieldGroup("request_facts", (Who.OFFICER,), N_("Requests of authorities: number, date, signature"),
               N_("To prove which authority asked, and that nobody forged it."), Ground.LEGAL_OBLIGATION,
               Lasting.INSTALLATION, Erasure.KEPT_PROOF, (SeenBy.REVIEWERS, *_LEADERS)),
    FieldGroup("referrals", (Who.HOLDER, Who.NAMED), N_("Cases that were referred to an office that helps"),
               N_("To protect somebody who may be in danger."), Ground.VITAL_INTEREST, "decision",
               Erasure.RECALLED, _TEAM, special=True),
    FieldGroup("exports", (Who.HOLDER, Who.NAMED), N_("Sealed copies of evidence for an authority"),
               N_("To hand over what a lawful request may have."), Ground.LEGAL_OBLIGATION, "exports",
               Erasure.RECALLED, (SeenBy.SUPERVISORS,), special=True),
    FieldGroup("notice_words", (Who.HOLDER, Who.NAMED), N_("Notices and letters to the chat app's operator"),
               N_("To ask the operator to act, with reasons."), Ground.LEGAL_OBLIGATION, "decision",
               Erasure.KEY_DESTROYED, (*_TEAM, SeenBy.OPERATOR), special=True),
    FieldGroup("batches", (Who.HOLDER, Who.NAMED), N_("Files of many reports: what was refused"),
               N_("So that the sender can correct the lines that were refused."), Ground.LEGAL_OBLIGATION,
               "report_texts", Erasure.EMPTIED, (SeenBy.SUPERVISORS,)),
    FieldGroup("foreign_values", (Who.HOLDER, Who.NAMED), N_("Values of a chat app that could not be used, encrypted"),
               N_("To find out what is wrong and take them in later."), Ground.LEGITIMATE_INTEREST, "set_aside_values",
               Erasure.ROW_DELETED, (SeenBy.ADMINISTRATORS,)),
    FieldGroup("sender_messages", (Who.OFFICER, Who.HOLDER), N_("Messages to the software of an authority or flagger"),
               N_("To tell senders what came of their reports."), Ground.CONTRACT, "webhook_deliveries",
               Erasure.EXPIRES, (SeenBy.OWNER,)),
    # Of officers and the team.
    FieldGroup("people", (Who.OFFICER, Who.TEAM), N_("Name and user name"),
               N_("So that everybody who decides or reports here is known."), Ground.CONTRACT, Lasting.MEMBERSHIP,
               Erasure.KEPT_ACCOUNTABLE, (SeenBy.ADMINISTRATORS, *_LEADERS)),
    FieldGroup("contacts", (Who.OFFICER, Who.TEAM), N_("E-mail address and telephone number for work"),
               N_("To send alarms, notices and letters."), Ground.CONTRACT, Lasting.AGREEMENT, Erasure.ROW_DELETED,
               (SeenBy.ADMINISTRATORS, SeenBy.SUPERVISORS)),
    FieldGroup("sign_in_secrets", (Who.OFFICER, Who.TEAM), N_("Password and second factor, as codes or encrypted"),
               N_("So that nobody else can sign in."), Ground.CONTRACT, Lasting.MEMBERSHIP, Erasure.ROW_DELETED,
               (SeenBy.MACHINES,)),
    FieldGroup("sessions", (Who.OFFICER, Who.TEAM), N_("Where somebody is signed in"),
               N_("To end a session, and to show devices to their owner."), Ground.CONTRACT, "sessions",
               Erasure.EXPIRES, (SeenBy.OWNER,)),
    FieldGroup("guesses", (Who.REPORTER, Who.HOLDER, Who.TEAM), N_("Codes that count wrong attempts"),
               N_("So that nobody can guess numbers, codes or passwords."), Ground.LEGITIMATE_INTEREST, "guesses",
               Erasure.EXPIRES, (SeenBy.MACHINES,)),
    FieldGroup("repeats", (Who.REPORTER, Who.HOLDER, Who.OFFICER, Who.TEAM), N_("Codes of forms that were just sent"),
               N_("So that a form that is sent twice stores once."), Ground.LEGITIMATE_INTEREST, "sent_forms",
               Erasure.EXPIRES, (SeenBy.MACHINES,)),
    FieldGroup("api_repeats", (Who.OFFICER,), N_("Codes and answers of calls by programs, encrypted"),
               N_("So that a call that is repeated stores once."), Ground.LEGITIMATE_INTEREST, "idempotency",
               Erasure.EXPIRES, (SeenBy.MACHINES,)),
    FieldGroup("preferences", (Who.TEAM,), N_("Settings of the console"),
               N_("So that people can work as suits them."), Ground.CONTRACT, Lasting.MEMBERSHIP, Erasure.ROW_DELETED,
               (SeenBy.OWNER,)),
    FieldGroup("first_days", (Who.TEAM,), N_("The first days of somebody in a role"),
               N_("To show explanations at the beginning, and not for ever."), Ground.CONTRACT, "visits",
               Erasure.EXPIRES, (SeenBy.OWNER,)),
    FieldGroup("quotas", (Who.OFFICER,), N_("How often a program called us on a day"),
               N_("So that one program does not slow down all others."), Ground.CONTRACT, "quotas",
               Erasure.EXPIRES, (SeenBy.ADMINISTRATORS,)),
    FieldGroup("drafts", (Who.TEAM, Who.HOLDER), N_("Drafts that were not sent"),
               N_("So that work is not lost."), Ground.CONTRACT, "drafts", Erasure.EXPIRES,
               (SeenBy.OWNER,), special=True),
    FieldGroup("presence", (Who.TEAM,), N_("Who has a case open"), N_("So that work is not done twice."),
               Ground.CONTRACT, "presence", Erasure.EXPIRES, _TEAM),
    FieldGroup("acts", (Who.OFFICER, Who.TEAM), N_("Who did what, and when"),
               N_("Decisions about people must have somebody who answers for them."), Ground.LEGAL_OBLIGATION,
               Lasting.INSTALLATION, Erasure.KEPT_ACCOUNTABLE, _LEADERS),
    FieldGroup("rights", (Who.OFFICER, Who.TEAM), N_("Roles, skills, permissions and keys of programs"),
               N_("So that people and programs can do only what they may."), Ground.CONTRACT, Lasting.MEMBERSHIP,
               Erasure.KEPT_ACCOUNTABLE, (SeenBy.ADMINISTRATORS, *_LEADERS)),
    FieldGroup("notes_on_work", (Who.TEAM,), N_("Notes of the team: handovers, questions, saved searches, phrases"),
               N_("So that a shift can take over from another."), Ground.CONTRACT, Lasting.MEMBERSHIP,
               Erasure.KEPT_ACCOUNTABLE, _TEAM),
    FieldGroup("access_log", (Who.TEAM,), N_("Who opened which page about people"),
               N_("So that curiosity leaves a trace, and a breach can be examined."), Ground.LEGAL_OBLIGATION,
               "access_log", Erasure.ROW_DELETED, (SeenBy.AUDITORS,)),
    FieldGroup("exposure", (Who.TEAM,), N_("How long somebody looked at disturbing material"),
               N_("To protect the team: nobody sees too much of it in a shift."), Ground.LEGITIMATE_INTEREST,
               "exposure", Erasure.EXPIRES, (SeenBy.OWNER, SeenBy.SUPERVISORS), special=True),
    FieldGroup("mail", (Who.OFFICER, Who.TEAM), N_("Mails to the team and to operators"),
               N_("To tell people about alarms and letters."), Ground.CONTRACT, "mail", Erasure.EMPTIED,
               (SeenBy.MACHINES,)),
    FieldGroup("organisations", (Who.OFFICER,), N_("Organisations that work with this installation"),
               N_("To know who may report or ask, and to publish figures about them."), Ground.LEGAL_OBLIGATION,
               Lasting.AGREEMENT, Erasure.KEPT_ACCOUNTABLE, (SeenBy.EVERYBODY,)),
    # Proof, and what is about nobody.
    FieldGroup("ledger", (Who.OFFICER, Who.TEAM), N_("The ledger: which step was taken, by whom, when"),
               N_("So that nobody can change or hide a step later. It holds numbers and codes, no words of reports."),
               Ground.LEGAL_OBLIGATION, Lasting.INSTALLATION, Erasure.KEPT_PROOF,
               (SeenBy.AUDITORS, SeenBy.SUPERVISORS)),
    FieldGroup("jobs", (Who.NOBODY,), N_("Work of programs: numbers of cases"),
               N_("So that no work is lost when a machine stops."), Ground.NONE, "jobs", Erasure.EXPIRES,
               (SeenBy.ADMINISTRATORS,)),
    FieldGroup("figures", (Who.NOBODY,), N_("Rounded figures and counts"),
               N_("To show everybody what was done."), Ground.NONE, Lasting.INSTALLATION, Erasure.KEPT_NO_PERSON,
               (SeenBy.EVERYBODY,)),
    FieldGroup("set_up", (Who.NOBODY,), N_("Settings of the installation"), N_("So that it works."), Ground.NONE,
               Lasting.INSTALLATION, Erasure.KEPT_NO_PERSON, (SeenBy.ADMINISTRATORS,)),
    FieldGroup("technical", (Who.NOBODY,), N_("Numbers, links and counters"),
               N_("To join records. They are kept as long as the record that they belong to."), Ground.NONE,
               Lasting.ROW, Erasure.KEPT_NO_PERSON, (SeenBy.MACHINES,)),
)

GROUPS = {group.key: group for group in _GROUPS}
TECHNICAL = "technical"
