"""All tables, by subject. Invariants are constraints here and triggers in `guards/*.sql`."""

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
from jaga.records.models.cases.platforms import Platform, Subject
from jaga.records.models.cases.reports import AuthorityRequest, Evidence, Report, ReporterIdentity
from jaga.records.models.cases.search import SearchStale, SearchText
from jaga.records.models.cases.strikes import Strike
from jaga.records.models.decisions.hearings import Hearing, HearingAnswer
from jaga.records.models.decisions.pending import CaseAlarm, DecisionPause, PendingDecision, VoteWithdrawal
from jaga.records.models.kernel.guess_limits import GuessCount
from jaga.records.models.kernel.installation import Epoch, Installation, KeyFingerprint, LostCode
from jaga.records.models.kernel.ledger import LedgerCheckpoint, LedgerEntry, LedgerFault, RowBinding
from jaga.records.models.kernel.policy_releases import ReleaseAdoption, ReleaseInUse, StoredRelease
from jaga.records.models.kernel.published import PublishedPeriod
from jaga.records.models.kernel.published_log import HeadCosignature, HeadTimestamp, PublishedHead, PublishedLog
from jaga.records.models.kernel.repeatable_forms import SentForm
from jaga.records.models.operators.notices import Notice, NoticeEntry, Objection, OperatorLetter, ReceivedHook
from jaga.records.models.operators.register import (
    ContactDetails,
    OperatorProfile,
    OutgoingMail,
    PlatformHealth,
    Pledge,
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
from jaga.records.models.privacy.breaches import Breach, BreachNotice, BreachScope
from jaga.records.models.privacy.erased_keys import ErasedKey
from jaga.records.models.privacy.person_requests import CorrectionNote, PersonAnswer, PersonCheck, PersonRequest
from jaga.records.models.privacy.person_searches import PersonSearch
from jaga.records.models.privacy.retention import (
    AccessLogErasure,
    FileToDelete,
    LegalHold,
    RetentionClock,
    RetentionDue,
    RetentionErasure,
    RetentionPostponement,
    RetentionSweep,
)
from jaga.records.models.quality.access_log import AccessEvent, AccessLogSeal, Alarm, AlarmAddress, Exposure
from jaga.records.models.quality.blind_review import BlindReview, GoldenCase, Measured, Tally
from jaga.records.models.quality.training import TrainingAnswer
from jaga.records.models.queue.drafts import Draft, Presence
from jaga.records.models.queue.policy_questions import PolicyQuestion
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
from jaga.records.models.reporting.in_app import InAppCursor, InAppImport
from jaga.records.models.reporting.independent_sources import BadFaith, SourceKey
from jaga.records.models.reporting.mailbox import ReportMessage
from jaga.records.models.reporting.quote_consents import QuoteConsent
from jaga.records.models.reporting.set_aside import ReporterSetAside, SetAsideReport
from jaga.records.models.reporting.unusable_values import PeriodicTaskFault, PlatformTaskHealth, SetAsideValue
from jaga.records.models.screening.ban_evasion import (
    NO_INDICATORS,
    AccountIndicator,
    BanEvasionMatch,
    BanEvasionVerdict,
    IndicatorScan,
    LshBand,
)
from jaga.records.models.screening.image_hashes import HashList, PictureHash, PictureMatch, PictureToHash
from jaga.records.models.screening.model_registry import LearntModel
from jaga.records.models.screening.near_duplicates import Cluster, ClusterKey
from jaga.records.models.screening.pictures import (
    PendingYouthAnswer,
    PictureOpening,
    WorkingCopy,
    YouthCheck,
)
from jaga.records.models.screening.victim_protection import VictimTurn
from jaga.records.models.watch.backlogs import Backlog, BacklogBlock
from jaga.records.models.watch.kept import (
    AccountLookup,
    FlaggedText,
    ObservedHash,
    WatchCapture,
    WatchFinding,
    WatchMedia,
    WatchOptOut,
    WatchPush,
    WatchSample,
)
from jaga.records.models.watch.people_sample import RuleSuspension, SampledText, SampleJudgement, ScreenedCount
from jaga.records.models.watch.watches import Watch, WatchDay, WatchProgress
from jaga.records.models.webhooks import IdempotencyRecord, KeyUse, WebhookDelivery, WebhookEndpoint

__all__ = [
    "NO_INDICATORS",
    "AccessEvent",
    "AccessLogErasure",
    "AccessLogSeal",
    "AccountIndicator",
    "AccountLookup",
    "Action",
    "Alarm",
    "AlarmAddress",
    "AlarmMessage",
    "Appeal",
    "AppealNews",
    "AppealReply",
    "AppealRest",
    "AuthorityRequest",
    "Backlog",
    "BacklogBlock",
    "BadFaith",
    "BanEvasionMatch",
    "BanEvasionVerdict",
    "Batch",
    "BatchRow",
    "BlindReview",
    "Breach",
    "BreachNotice",
    "BreachScope",
    "Case",
    "CaseAlarm",
    "CaseLabel",
    "CaseNote",
    "Cluster",
    "ClusterKey",
    "ContactDetails",
    "CorrectionNote",
    "Decision",
    "DecisionPause",
    "Disclosure",
    "DisclosureRecall",
    "Draft",
    "EmergencyHold",
    "Epoch",
    "ErasedKey",
    "Evidence",
    "Exposure",
    "FactorExemption",
    "FactorTries",
    "FileToDelete",
    "FlaggedText",
    "FlaggerProfile",
    "FlaggerSuspension",
    "GoldenCase",
    "GuessCount",
    "HandedCase",
    "HashList",
    "HeadCosignature",
    "HeadTimestamp",
    "Hearing",
    "HearingAnswer",
    "HeldRequest",
    "HolderCheck",
    "IdempotencyRecord",
    "InAppCursor",
    "InAppImport",
    "IndicatorScan",
    "Installation",
    "KeyFingerprint",
    "KeyUse",
    "LearntModel",
    "Lease",
    "LedgerCheckpoint",
    "LedgerEntry",
    "LedgerFault",
    "LegalHold",
    "Letter",
    "LinkedAccount",
    "LocatorVersion",
    "LostCode",
    "LshBand",
    "Measured",
    "Notice",
    "NoticeEntry",
    "Objection",
    "ObservedHash",
    "OfficerKey",
    "OfficerRegistration",
    "OperatorLetter",
    "OperatorProfile",
    "Order",
    "Organisation",
    "Outcome",
    "OutgoingMail",
    "PendingDecision",
    "PendingYouthAnswer",
    "PeriodicTaskFault",
    "Person",
    "PersonAnswer",
    "PersonCheck",
    "PersonClearance",
    "PersonRequest",
    "PersonRole",
    "PersonSearch",
    "PersonSkill",
    "PictureHash",
    "PictureMatch",
    "PictureOpening",
    "PictureToHash",
    "Platform",
    "PlatformHealth",
    "PlatformTaskHealth",
    "Pledge",
    "PolicyQuestion",
    "Preferences",
    "Presence",
    "Preservation",
    "PublishedHead",
    "PublishedLog",
    "PublishedPeriod",
    "QuoteConsent",
    "ReasonsAsked",
    "ReceivedHook",
    "Referral",
    "ReleaseAdoption",
    "ReleaseInUse",
    "Report",
    "ReportMessage",
    "ReporterIdentity",
    "ReporterSetAside",
    "RestoredAccess",
    "RetentionClock",
    "RetentionDue",
    "RetentionErasure",
    "RetentionPostponement",
    "RetentionSweep",
    "RowBinding",
    "RuleSuspension",
    "SampleJudgement",
    "SampledText",
    "SavedView",
    "ScreenedCount",
    "SearchStale",
    "SearchText",
    "SentForm",
    "SetAsideReport",
    "SetAsideValue",
    "ShiftHandover",
    "Signal",
    "SignedOnce",
    "SigningKey",
    "Skip",
    "SourceKey",
    "Statement",
    "StoredRelease",
    "Strike",
    "Subject",
    "Tally",
    "TrainingAnswer",
    "TurnKey",
    "Verification",
    "VictimTurn",
    "Vote",
    "VoteWithdrawal",
    "Watch",
    "WatchCapture",
    "WatchDay",
    "WatchFinding",
    "WatchMedia",
    "WatchOptOut",
    "WatchProgress",
    "WatchPush",
    "WatchSample",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WorkingCopy",
    "YouthCheck",
]
