"""Every table, by subject. Invariants stand here as constraints, and in migration 0002 as triggers."""

from jaga.records.models.actions import Action, Letter, Outcome, Statement, Verification
from jaga.records.models.appeals import Appeal, Disclosure, DisclosureRecall, RestoredAccess
from jaga.records.models.cases import Case, Lease, LinkedAccount, Signal
from jaga.records.models.decisions import Decision, Vote
from jaga.records.models.installation import Installation
from jaga.records.models.notices import Notice, NoticeEntry, Objection, OperatorLetter, SeenHook
from jaga.records.models.operators import Commitment, ContactDetails, OperatorProfile, OutgoingMail, PlatformHealth
from jaga.records.models.organisations import OfficerKey, Organisation, Person, PersonRole
from jaga.records.models.platforms import Platform, Subject, WatchCursor
from jaga.records.models.proof import LedgerCheckpoint, LedgerEntry
from jaga.records.models.reports import AuthorityRequest, Evidence, Report, ReporterIdentity
from jaga.records.models.strikes import Strike
from jaga.records.models.traces import Resemblance, ResemblanceJudgement, Trace, TraceBand, TracedReport

__all__ = [
    "Action", "Appeal", "AuthorityRequest", "Case", "Commitment", "ContactDetails", "Decision", "Disclosure",
    "DisclosureRecall", "Evidence", "Installation", "Lease", "LedgerCheckpoint", "LedgerEntry", "Letter",
    "LinkedAccount", "Notice", "NoticeEntry", "Objection", "OfficerKey", "OperatorLetter", "OperatorProfile",
    "Organisation", "Outcome", "OutgoingMail", "Person", "PersonRole", "Platform", "PlatformHealth", "Report",
    "ReporterIdentity", "Resemblance", "ResemblanceJudgement", "RestoredAccess", "SeenHook", "Signal", "Statement",
    "Strike", "Subject", "Trace", "TraceBand", "TracedReport", "Verification", "Vote", "WatchCursor",
]
