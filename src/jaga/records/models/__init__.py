"""All tables, by subject. Invariants are constraints here and triggers in `migrations/guards/*.sql`."""

from jaga.records.models.actions.alarm_messages import AlarmMessage
from jaga.records.models.appeals.appeals import (
    Appeal,
    AppealNews,
    AppealReply,
    AppealRest,
    Disclosure,
    DisclosureRecall,
    RestoredAccess,
)
from jaga.records.models.appeals.reasons import HolderCheck, ReasonsAsked
from jaga.records.models.authorities import EmergencyHold, HeldRequest, LocatorVersion, Order, SignedOnce, SigningKey
from jaga.records.models.batches import Batch, BatchRow
from jaga.records.models.cases.actions import Action, Letter, Outcome, Statement, Verification
from jaga.records.models.cases.cases import Case, Lease, LinkedAccount, Signal, TurnKey
from jaga.records.models.cases.decisions import Decision, Preservation, Vote
from jaga.records.models.cases.labels import CaseLabel
from jaga.records.models.cases.platforms import Platform, Subject, WatchCursor
from jaga.records.models.cases.reports import AuthorityRequest, Evidence, Report, ReporterIdentity
from jaga.records.models.cases.search import SearchStale, SearchText
from jaga.records.models.cases.strikes import Strike
from jaga.records.models.decisions.hearings import Hearing, HearingAnswer
from jaga.records.models.decisions.pending import CaseAlarm, CommitWait, PendingCommit, VoteWithdrawal
from jaga.records.models.kernel.guess_limits import GuessCount
from jaga.records.models.kernel.installation import Epoch, Installation, KeyFingerprint, LostCode
from jaga.records.models.kernel.ledger import LedgerCheckpoint, LedgerEntry, LedgerFault
from jaga.records.models.kernel.published import PublishedPeriod
from jaga.records.models.kernel.repeatable_forms import SentForm
from jaga.records.models.operators.notices import Notice, NoticeEntry, Objection, OperatorLetter, SeenHook
from jaga.records.models.operators.register import (
    Commitment,
    ContactDetails,
    OperatorProfile,
    OutgoingMail,
    PlatformHealth,
)
from jaga.records.models.people.officers import (
    FactorExemption,
    FactorTries,
    FlaggerProfile,
    FlaggerSuspension,
    OfficerRegistration,
)
from jaga.records.models.people.organisations import OfficerKey, Organisation, Person, PersonRole
from jaga.records.models.people.preferences import Preferences
from jaga.records.models.quality.access_log import Alarm, AlarmAddress, Exposure, Look, LookSeal
from jaga.records.models.quality.blind_review import GoldenCase, Measured, Rejudgement, Tally
from jaga.records.models.queue.drafts import Draft, Presence
from jaga.records.models.queue.routing import (
    CaseNote,
    HandedCase,
    PersonClearance,
    PersonSkill,
    SavedView,
    ShiftHandover,
    Skip,
)
from jaga.records.models.referrals import Referral
from jaga.records.models.reporting.in_app import InAppCursor, InAppSeen
from jaga.records.models.reporting.independent_sources import BadFaith, VoiceKey
from jaga.records.models.reporting.mailbox import ReportMessage
from jaga.records.models.reporting.quote_consents import QuoteConsent
from jaga.records.models.reporting.unusable_values import PlatformTaskHealth, RoundFault, SetAsideValue
from jaga.records.models.screening.ban_evasion import Resemblance, ResemblanceJudgement, Trace, TraceBand, TracedReport
from jaga.records.models.screening.image_hashes import HashList, PictureHash, PictureMatch, PictureToHash
from jaga.records.models.screening.model_registry import LearntModel
from jaga.records.models.screening.near_duplicates import Cluster, ClusterKey
from jaga.records.models.screening.pictures import PictureOpening, WorkingCopy, YouthCheck
from jaga.records.models.screening.victim_protection import VictimTurn
from jaga.records.models.webhooks import KeptAnswer, KeyUse, WebhookDelivery, WebhookEndpoint

__all__ = [
    "Action", "Alarm", "AlarmAddress", "AlarmMessage", "Appeal", "AppealNews", "AppealReply", "AppealRest",
    "AuthorityRequest", "BadFaith", "Batch", "BatchRow", "Case", "CaseAlarm", "CaseLabel",
    "CaseNote", "Cluster", "ClusterKey", "CommitWait", "Commitment", "ContactDetails", "Decision", "Disclosure",
    "DisclosureRecall", "Draft", "EmergencyHold", "Epoch", "Evidence", "Exposure", "FactorExemption", "FactorTries",
    "FlaggerProfile", "FlaggerSuspension", "GoldenCase", "GuessCount", "HandedCase", "HashList", "Hearing",
    "HearingAnswer", "HeldRequest", "HolderCheck", "InAppCursor", "InAppSeen", "Installation", "KeptAnswer",
    "KeyFingerprint", "KeyUse", "LearntModel", "Lease", "LedgerCheckpoint", "LedgerEntry", "LedgerFault", "Letter",
    "LinkedAccount", "LocatorVersion", "Look", "LookSeal", "LostCode", "Measured", "Notice", "NoticeEntry", "Objection",
    "OfficerKey", "OfficerRegistration", "OperatorLetter", "OperatorProfile", "Order", "Organisation", "Outcome",
    "OutgoingMail", "PendingCommit", "Person", "PersonClearance", "PersonRole", "PersonSkill",
    "PictureHash", "PictureMatch", "PictureOpening", "PictureToHash", "Platform", "PlatformHealth",
    "PlatformTaskHealth", "Preferences", "Presence", "Preservation", "PublishedPeriod", "QuoteConsent",
    "ReasonsAsked", "Referral", "Rejudgement", "Report", "ReportMessage", "ReporterIdentity",
    "Resemblance", "ResemblanceJudgement", "RestoredAccess", "RoundFault", "SavedView", "SearchStale", "SearchText",
    "SeenHook", "SentForm", "SetAsideValue", "ShiftHandover", "Signal", "SignedOnce", "SigningKey", "Skip",
    "Statement", "Strike", "Subject", "Tally", "Trace", "TraceBand", "TracedReport", "TurnKey",
    "Verification", "VictimTurn", "VoiceKey", "Vote", "VoteWithdrawal", "WatchCursor", "WebhookDelivery",
    "WebhookEndpoint", "WorkingCopy", "YouthCheck",
]
