"""Every table, by subject. Invariants stand here as constraints, and in migration 0002 as triggers."""

from jaga.records.models.actions import Action, Letter, Outcome, Statement, Verification
from jaga.records.models.appeals import Appeal, Disclosure, RestoredAccess
from jaga.records.models.cases import Case, Lease, Signal
from jaga.records.models.decisions import Decision, Vote
from jaga.records.models.installation import Installation
from jaga.records.models.organisations import OfficerKey, Organisation, Person, PersonRole
from jaga.records.models.platforms import Platform, Subject, WatchCursor
from jaga.records.models.proof import LedgerCheckpoint, LedgerEntry
from jaga.records.models.reports import AuthorityRequest, Evidence, Report, ReporterIdentity

__all__ = [
    "Action", "Appeal", "AuthorityRequest", "Case", "Decision", "Disclosure", "Evidence", "Installation", "Lease",
    "LedgerCheckpoint", "LedgerEntry", "Letter", "OfficerKey", "Organisation", "Outcome", "Person", "PersonRole",
    "Platform", "Report", "ReporterIdentity", "RestoredAccess", "Signal", "Statement", "Subject", "Verification",
    "Vote", "WatchCursor",
]
