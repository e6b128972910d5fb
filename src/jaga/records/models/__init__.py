"""Every table, by subject. Invariants stand here as constraints, and in `migrations/guards/*.sql` as triggers."""

from jaga.records.models.actions import Action, Letter, Outcome, Statement, Verification
from jaga.records.models.alarm_messages import AlarmMessage
from jaga.records.models.api import KeptAnswer, KeyUse, WebhookDelivery, WebhookEndpoint
from jaga.records.models.appeals import (
    Appeal,
    AppealNews,
    AppealReply,
    AppealRest,
    Disclosure,
    DisclosureRecall,
    RestoredAccess,
)
from jaga.records.models.batches import Batch, BatchRow
from jaga.records.models.cases import Case, Lease, LinkedAccount, Signal, TurnKey
from jaga.records.models.clusters import Cluster, ClusterKey
from jaga.records.models.commits import CaseAlarm, CommitWait, PendingCommit, VoteWithdrawal
from jaga.records.models.consents import QuoteConsent
from jaga.records.models.decisions import Decision, Preservation, Vote
from jaga.records.models.foreign import PlatformTaskHealth, RoundFault, SetAsideValue
from jaga.records.models.forms import SentForm
from jaga.records.models.guesses import GuessCount
from jaga.records.models.hashes import HashList, PictureHash, PictureMatch, PictureToHash
from jaga.records.models.hearings import Hearing, HearingAnswer
from jaga.records.models.in_app import InAppCursor, InAppSeen
from jaga.records.models.installation import Epoch, Installation, KeyFingerprint, LostCode
from jaga.records.models.labels import CaseLabel
from jaga.records.models.learnt import LearntModel
from jaga.records.models.looks import Alarm, AlarmAddress, Exposure, Look, LookSeal
from jaga.records.models.mailbox import ReportMessage
from jaga.records.models.notices import Notice, NoticeEntry, Objection, OperatorLetter, SeenHook
from jaga.records.models.officers import (
    FactorExemption,
    FactorTries,
    FlaggerProfile,
    FlaggerSuspension,
    OfficerRegistration,
)
from jaga.records.models.operators import Commitment, ContactDetails, OperatorProfile, OutgoingMail, PlatformHealth
from jaga.records.models.orders import EmergencyHold, HeldRequest, LocatorVersion, Order, SignedOnce, SigningKey
from jaga.records.models.organisations import OfficerKey, Organisation, Person, PersonRole
from jaga.records.models.pictures import PictureOpening, WorkingCopy, YouthCheck
from jaga.records.models.platforms import Platform, Subject, WatchCursor
from jaga.records.models.preferences import Draft, Preferences, Presence
from jaga.records.models.proof import LedgerCheckpoint, LedgerEntry, LedgerFault
from jaga.records.models.published import PublishedPeriod
from jaga.records.models.quality import GoldenCase, Measured, Rejudgement, Tally
from jaga.records.models.reasons import HolderCheck, ReasonsAsked
from jaga.records.models.referrals import Referral
from jaga.records.models.reports import AuthorityRequest, Evidence, Report, ReporterIdentity
from jaga.records.models.routing import (
    CaseNote,
    HandedCase,
    PersonClearance,
    PersonSkill,
    SavedView,
    ShiftHandover,
    Skip,
)
from jaga.records.models.search import SearchStale, SearchText
from jaga.records.models.strikes import Strike
from jaga.records.models.traces import Resemblance, ResemblanceJudgement, Trace, TraceBand, TracedReport
from jaga.records.models.victims import VictimTurn
from jaga.records.models.voices import BadFaith, VoiceKey

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
