"""Risks to people, with what is done about each and what remains: docs/threat-model.md as data, for the assessment.

Every group and place that needs more care (`special`) has at least one. `proof` names a file that holds the measure or
tests it. Levels are judgements before and after the measures; whoever signs the assessment examines them.
"""

from dataclasses import dataclass
from enum import IntEnum

from jaga.core.errors import N_
from jaga.core.inventory import DataSubject as Who


class RiskLevel(IntEnum):
    """How bad it would be, by how likely it is."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


@dataclass(frozen=True)
class Risk:
    """Something that could harm somebody."""

    key: str
    happens: str
    harmed: tuple[Who, ...]
    concerns: tuple[str, ...]  # keys of groups and places
    before: RiskLevel
    measures: tuple[str, ...]
    remains: str
    after: RiskLevel
    proof: tuple[str, ...]


_LOW, _MEDIUM, _HIGH = RiskLevel

RISKS = (
    Risk(
        "reporter_found",
        N_("An account holder or an official finds out who reported, and takes revenge."),
        (Who.REPORTER,),
        ("reporter_identity", "report_words", "mailbox_words", "unsent_uploads"),
        _HIGH,
        (
            N_("Nobody needs to give a name. Names and contacts are encrypted, and every opening is in the ledger."),
            N_("Network addresses are neither stored nor logged."),
            N_("Facts, notices and letters are refused if they repeat words, a number or the day of a report."),
            N_("A test invents reporters, uses every channel and searches tables, files, logs and pages for them."),
        ),
        N_("A report with details that only one person knows points to its author."),
        _MEDIUM,
        ("tests/journeys/test_canaries.py", "tests/app/test_logs.py"),
    ),
    Risk(
        "victim_shown",
        N_("A victim or a child is shown, named or punished for what others did with the account."),
        (Who.NAMED, Who.HOLDER),
        ("victim_marks", "pictures", "evidence_files", "report_words", "identity_words"),
        _HIGH,
        (
            N_("In such a case no picture is accepted or shown, and the account is not closed."),
            N_("Programs only propose that somebody is a victim; people confirm it, and two decide."),
            N_("Pages and letters of such cases look like those of all others."),
            N_("Reasons are given in person, after a check that a second person releases."),
        ),
        N_("A text or a picture of somebody about whom nothing hints at a victim is seen by those who decide."),
        _MEDIUM,
        ("tests/casework/screening/test_pictures.py", "docs/runbooks/reasons-in-person.md"),
    ),
    Risk(
        "wrong_asker",
        N_("Somebody asks for another person's data, with that person's phone or in that person's name."),
        (Who.HOLDER, Who.REPORTER),
        ("person_requests", "identity_checks"),
        _HIGH,
        (
            N_("A code shows only what its own page shows. For everything else a named person checks who asks."),
            N_("A second person releases each answer; where somebody may be a victim it is given on paper only."),
            N_("An answer contains nothing of reports: a test compares one report with nine."),
        ),
        N_("A forged paper that deceives the person who checks."),
        _MEDIUM,
        ("tests/casework/privacy/test_person_requests.py", "docs/runbooks/person-request.md"),
    ),
    Risk(
        "wrong_closure",
        N_("An account is closed wrongly, by a mistake, by false reports or by a program."),
        (Who.HOLDER,),
        ("decision_words", "appeal_words", "indicators", "search_words"),
        _HIGH,
        (
            N_("Programs decide nothing. A closure takes two people who judge separately, and a time to undo it."),
            N_("The holder gets the reasons and can appeal; somebody else decides."),
            N_("Part of all decisions is judged again, and the rates of mistakes are published."),
        ),
        N_("Two people can make the same mistake. What the chat app does not restore cannot be restored."),
        _MEDIUM,
        ("tests/casework/decisions/test_voting.py", "tests/casework/appeals/test_appeals.py"),
    ),
    Risk(
        "watched",
        N_("A watch reads people who did nothing, or keeps what they wrote."),
        (Who.HOLDER, Who.NAMED),
        ("watch_findings", "watch_samples", "watch_pushes"),
        _MEDIUM,
        (
            N_("Two people start a watch, with scope, law, budget and end; the public sees that it runs."),
            N_(
                "Only what everybody can read is read. Of texts that are not marked only counts, codes and a small "
                "sample "
                "without names remain, for days."
            ),
            N_(
                "Marked texts are encrypted and deleted after 30 days unless people take them into a case. To look up "
                "an "
                "account without a case takes two people."
            ),
            N_("A text that its author deletes is deleted here, and who asks not to be read is not read."),
        ),
        N_("A program marks a harmless text, and one person reads it once."),
        _LOW,
        ("tests/casework/watch/test_watches.py", "tests/casework/watch/test_reading.py"),
    ),
    Risk(
        "curious_staff",
        N_("Somebody of the team looks up a neighbour, a partner or a celebrity."),
        (Who.HOLDER, Who.NAMED, Who.REPORTER),
        ("report_words", "decision_words", "appeal_words", "training_words", "drafts", "search_words"),
        _MEDIUM,
        (
            N_("Each opened page about people is logged, and the log is sealed daily in the ledger."),
            N_("Invented cases raise an alarm when somebody opens one."),
            N_("Restricted queues are open only to people with the permission."),
        ),
        N_("A single look at one real case by somebody who may open it is logged, but nobody asks why."),
        _LOW,
        ("tests/casework/quality/test_canary_cases.py", "tests/web/console/quality/test_access_log.py"),
    ),
    Risk(
        "stolen_copy",
        N_("Somebody steals a copy of the database or of a backup."),
        (Who.REPORTER, Who.HOLDER, Who.NAMED),
        (
            "reporter_identity",
            "report_words",
            "mailbox_words",
            "decision_words",
            "appeal_words",
            "notice_words",
            "pictures",
            "evidence_files",
            "other_files",
            "batch_files",
            "backups",
            "search_words",
            "restored_access",
            "batches",
        ),
        _HIGH,
        (
            N_("Numbers, codes and keys of programs are stored as keyed hashes, names and passwords encrypted."),
            N_("Keys are in files outside the database and outside its backups."),
            N_("Periods end, and what is erased cannot be read once the backups before it are gone."),
        ),
        N_("Names of reported accounts and words of orders are readable. With the keys, all that was not erased is."),
        _MEDIUM,
        ("tests/records/test_inventory.py", "docs/operations.md"),
    ),
    Risk(
        "kept_too_long",
        N_("Data is kept although nobody needs it any more, and is used for something else."),
        (Who.REPORTER, Who.HOLDER, Who.NAMED, Who.TEAM),
        (
            "report_words",
            "indicators",
            "pictures",
            "exposure",
            "training_words",
            "request_words",
            "unsent_uploads",
            "batches",
            "other_files",
            "request_letters",
        ),
        _MEDIUM,
        (
            N_("Each field has a period; the release sets it, and a job deletes when it is over."),
            N_("A field without purpose and period cannot be added: the check of the program fails."),
            N_("Keeping longer takes a reason and an end, and a legal hold two people."),
        ),
        N_("What was decided stays as proof, without words. Orders of authorities stay as they came."),
        _MEDIUM,
        ("tests/records/test_inventory.py",),
    ),
    Risk(
        "forged_request",
        N_("Somebody pretends to be an authority, and gets data or a measure."),
        (Who.HOLDER, Who.NAMED),
        ("request_words", "request_letters", "export_files", "disclosures", "other_files"),
        _HIGH,
        (
            N_("A request is signed by a registered officer, or held until somebody has telephoned the authority."),
            N_("An export takes a second factor and the court's order where the law wants one."),
            N_("Each export is sealed, numbered in the ledger and counted in public."),
        ),
        N_("Both keys of an officer stolen at once, until one is revoked. What was handed over cannot be unread."),
        _MEDIUM,
        ("tests/casework/authorities/test_held_requests.py", "docs/orders.md"),
    ),
    Risk(
        "wrong_referral",
        N_("A referral sends the police to somebody who needs no help, or others read its mail."),
        (Who.HOLDER, Who.NAMED),
        ("referrals", "referral_messages", "referral_mails"),
        _HIGH,
        (
            N_("A referral takes two people; one alone only in danger, and a second examines it within a day."),
            N_("The mail holds a number and a link. The code is told by telephone; ten wrong codes lock it."),
            N_("The message names neither the reporter nor the case."),
        ),
        N_("What was read cannot be unread."),
        _MEDIUM,
        ("tests/casework/referrals/test_referrals.py",),
    ),
    Risk(
        "operator_learns",
        N_("A chat app's operator learns more than it needs, for instance who reported."),
        (Who.REPORTER, Who.HOLDER, Who.NAMED),
        ("notice_words", "operator_notices"),
        _MEDIUM,
        (
            N_("A notice holds the account, the measure and reasons that were checked for words of reports."),
            N_("Contact persons see only notices to their own platforms."),
        ),
        N_("A paraphrase can still point to somebody."),
        _LOW,
        ("tests/casework/operators/test_notices.py",),
    ),
    Risk(
        "team_harmed",
        N_("People of the team are harmed by what they must look at, or are watched at their work."),
        (Who.TEAM,),
        ("exposure",),
        _MEDIUM,
        (
            N_("A limit for each shift; pictures are first shown grey and blurred."),
            N_("Supervisors see minutes, not cases, skips or reasons. Figures of single people are not published."),
        ),
        N_("Somebody who wants to see more than is good for them can do so."),
        _LOW,
        ("tests/casework/queue/test_exposure_limits.py",),
    ),
)
