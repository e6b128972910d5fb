r"""Bound rows: which columns of which tables a ledger entry commits to, and how a row is written as text for its hash.

A *part* is a fixed list of columns of one table. A verb's entry contains, for each row that the verb added, the salted
SHA-256 of the row's part; `records_rowbinding` says which part of which row that is, and has the salt. Whoever edits a
bound column later cannot make the hash fit (ADR 0092).

The text of a row is, for example, `vote\n17\n`, then for each column that is not NULL, in the order below,
`kind=5:close\n`: name, length in bytes, value. Moments are RFC 3339 in UTC with microseconds, days ISO 8601, bytes
hexadecimal; everything else is the database's own text. A column that is NULL is left out.

**A part never changes once an installation has it.** A new column of a table gets a part of its own (`vote.reason`),
or a place among those that change.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from hashlib import sha256
from types import MappingProxyType

from django.apps import apps
from django.db import models

from jaga.core.canonical import rfc3339

ROW_DOMAIN = b"jaga.row.v1\n"
GONE_DOMAIN = b"jaga.gone.v1\n"
NOTED = "jaga.rows"
"""The setting of a transaction in which a trigger notes the rows that were added to bound tables."""

# Part, then its columns, then after `|` the table's columns that change or are cleared, and so are not bound. A part
# with a dot is of columns that are set later: an entry names it by itself (`append(rows=…)`). A part behind `~` is of
# columns that change: the entry of each verb that changes one commits to all of them as they are then.
_PARTS = """
report            key_number channel form category text excerpt published place language conduct_on received_at due_at
                  urgent organisation_id officer_id priority route capacity
                  | source_key receipt_hash origin_ref reference called_as
                  handle_looked_up_at network_key contact_key filed_at source_weight source_reason screened_by
                  file_after
~report.now       case_id subject_id withdrawn_at set_aside_at |
reportmessage     report_id from_us kind text by_id at | read_at
evidence          case_id report_id linked_subject_id appeal_id kind name media_type sha256 size sealed_at sealed_by |
case              key_number opened_at canary
                  | channel severity conduct_on reopens_id repeats_id reports_count sources_count score turn own_words
                  apart flagged rank_at routed_by language cluster_id
~case.now         subject_id category state victim_first victim_state reports_moved_to_id resolved_at |
~case.work        queue queue_fixed clearance assigned_to_id snoozed_until snoozed_by_id snooze_reason escalated_at
                  due_at urgent decided_at met_at |
~subject.now      platform_id kind account_id handle | first_seen_at sought_at absent since
casenote          case_id person_id kind text at |
vote              case_id person_id kind legal_basis ground facts rooms accounts restrict_days elements victim
                  policy_hash cast_at round why as_prepared |
votewithdrawal    vote_id pending_id why at |
victimturn        case_id subject_id state cause report_id at |
pendingdecision   case_id vote_id other_id both adjudicated made_at undo_until reading undo | reason note
~pendingdecision.now  ended_at end ended_by_id |
decision          case_id subject_id kind legal_basis ground facts rooms ends_at automated_detection policy_hash
                  decided_by_id seconded_by_id provisional awaits_id adjudicated overturns_id decided_at |
preservation      decision_id lapses_at | agreed_by_id agreed_at lapsed_at
action            decision_id rest_id kind sequence created_at | attempts next_attempt_at
~action.now       state finished_at |
outcome           action_id step kind detail readings at |
verification      action_id result observed readings checked_by_id at |
statement         decision_id body_id body_en appeal_hash created_at appeal_days |
~statement.now    dated_at delivered_at opened_at appeal_until |
letter            case_id report_id key language body sent_at |
strike            subject_id decision_id category given_at expires_at | withdrawn_at
appeal            text filed_at due_at way received_on recorded_by_id helper identity_check check_note
                  | decision_id question asked_by_id asked_at
appeal.answer     state decided_by_id decided_at reasons |
appealreply       appeal_id text filed_at | due_at
appealreply.answer  state decided_by_id decided_at reasons |
appealrest        appeal_id rests reasons decided_by_id decided_at | ended_at
hearing           case_id asked_by_id asked_at days code_hash | attempts next_attempt_at stuck_at why
~hearing.now      delivered_at answer_until |
hearinganswer     hearing_id text written_at |
holdercheck       decision_id kind service how explanation gives_data gives_access on_page checked_by_id checked_at
                  | why
~holdercheck.now  released_by_id released_at refused_by_id refused_at handed_at |
decisionpause     pending_id report_id at | why
~decisionpause.now  resumed_by_id resumed_at |
referral          case_id follows_id made_at
                  | sealed link_hash wrong_codes reminded taken_by their_number note at_once review_reasons
~referral.now     decision_id state urgent receiver name_id name_en way contact address organisation_id danger
                  addressed_by_id addressed_at due_at sent_at acknowledged_at acknowledged_by acknowledged_person_id
                  outcome outcome_at reviewed_by_id reviewed_at rightly mistake_told_at |
badfaith          report_id judged_by_id reasons at expires_at | withdrawn_at withdrawn_by_id
reportersetaside  report_id by_id reasons at undo_until | undone_at undone_by_id
setasidereport    set_aside_id report_id held |
quoteconsent      report_id sentence asked_by_id asked_at | agreed answered_at withdrawn_at used_at
goldencase        case_id kind reasons marked_by_id marked_at training | withdrawn_by_id withdrawn_at
traininganswer    golden_id person_id kind reasons at agrees |
youthcheck        case_id evidence_id person_id answer at |
pendingyouthanswer  case_id evidence_id person_id made_at undo_until | ended_at undone
pictureopening    case_id evidence_id person_id at |
person            username organisation_id created_at | password last_login display_name language
~person.now       is_active |
personrole        person_id role |
personclearance   person_id clearance reason given_by_id given_at expires_at | ended_at ended_by_id why_ended
organisation      name kind practice created_at |
signingkey        officer_id public_key note created_at | revoked_at
flaggersuspension  organisation_id began_at began_by_id why | ended_at ended_by_id why_ended
personrequest     kind proof report_id decision_id platform_id code_hash language received_at due_at | sealed
~personrequest.now  state assigned_to_id assigned_at ended_at |
personcheck       request_id kind note subject_id checked_by_id checked_at |
personanswer      request_id granted ground until text note way without_recipients sha256 drafted_by_id drafted_at | why
~personanswer.now  released_by_id released_at returned_by_id returned_at handed_by_id handed_at |
correctionnote    request_id subject_id report_id text at |
personsearch      text_hash reason asked_by_id asked_at | found
~personsearch.now  permitted_by_id permitted_at carried_out_at |
breach            what data measures advice found_at began_at stopped_at due_at drill declared_by_id declared_at
                  | lessons
~breach.now       closed_by_id closed_at |
breachscope       breach_id kind person_id case_id page key added_by_id added_at |
breachnotice      breach_id group people sent how recorded_by_id recorded_at |
authorityrequest  report_id order_id organisation_id letter_number letter_date legal_basis legal_analysis locator
                  wants_export court_order urgent_reason |
order             organisation_id officer_id form letter_number number_key copy letter_date letter_sha256
                  content_sha256 legal_basis legal_analysis urgent urgent_reason wants_export court_order proof
                  signing_key_id message_id signed_at signature body_sha256 held_id filed_at
                  | withdrawn_at withdrawn_why
heldrequest       reason claimed body_sha256 body_size received_at
                  | address officer_id organisation_id network_key signed_headers call_back why
~heldrequest.now  state called_back_by_id called_back_at decided_by_id decided_at |
locatorversion    request_id locator by_id at |
notice            operator_id platform_id case_id subject_id action_id asks_for category legal_basis facts data_wanted
                  urgent created_at
                  | left answer_text
~notice.now       state sent_at received_at received_by_id receipt_proof due_at answer answered_at answered_by_id |
noticeentry       notice_id person_id from_operator kind text proof at |
objection         notice_id text filed_by_id filed_at | reasons
~objection.now    state decided_by_id decided_at |
operatorletter    notice_id stage number body_id body_en pdf_sha256 prepared_by_id prepared_at |
~operatorletter.now  released_by_id released_at opened_at dropped_at |
emergencyhold     held_id report_id why made_by_id made_at |
disclosure        case_id request_id made_by_id folder manifest_sha256 made_at |
disclosurerecall  disclosure_id decision_id at |
legalhold         case_id extends_id owner_id reason asked_by_id asked_at confirm_until ends_at
                  | ended_why
~legalhold.now    confirmed_by_id confirmed_at ended_by_id ended_at |
retentionpostponement  case_id by_id at reason ends_at |
retentionerasure  case_id kind rule policy_hash due_on at entry_id |
erasedkey         kind number rule at | done_at
watch             platform_id kind url surfaces token_file token_owner legal_basis legal_citation policy_hash purpose
                  budget ends_at proposed_by_id proposed_at start_until | ended_why
~watch.now        started_by_id started_at ended_by_id ended_at |
accountlookup     platform_id account reason asked_by_id asked_at | found
~accountlookup.now  permitted_by_id permitted_at carried_out_at |
rulesuspension    rule category alarm_only judged right policy_hash suspended_at | upper line why
~rulesuspension.now  ended_by_id ended_at |
sampledtext       week kind rule category drawn_at | ticket
~sampledtext.now  outcome settled_at |
samplejudgement.answer  text_id person_id answer judged_at | taken_at left_at
epoch             number began_at size last_at proven numbers by_id reason note |
platform          name created_at | capabilities
~platform.now     display_name operator_id adapter server_name stable_id named_like by_notice hook_keys concurrency
                  watched practice |
storedrelease     hash name version dated files stored_at |
learntmodel       category sha256 size features policy_hash learnt_until positives negatives metrics better
                  compared_with_id proposed_by_id proposed_at | reason
~learntmodel.now  state decided_by_id decided_at |
releaseadoption   kind release_id before_id reason proposed_by_id proposed_at confirm_until | note
~releaseadoption.now  state confirmed_by_id confirmed_at in_force_at replaced_at ended_by_id ended_at |
"""


@dataclass(frozen=True)
class Part:
    """Some columns of a table, in the order in which they are hashed.

    `changing` has the table's columns that no part binds. `later` tells that the columns are set after the row was
    added, by a verb that names the part. `followed` tells that they change, and that each entry of a transaction that
    changed them binds them anew; the last one counts.
    """

    name: str
    columns: tuple[str, ...]
    changing: tuple[str, ...]
    followed: bool = False

    @property
    def table(self) -> str:
        """The table's name in the database."""
        return f"records_{self.name.partition('.')[0]}"

    @property
    def later(self) -> bool:
        """Whether the row can exist without this binding."""
        return "." in self.name


def _read(text: str) -> Iterator[Part]:
    lines: list[str] = []
    for line in text.strip().splitlines():
        if line.startswith(" "):
            lines[-1] += line
        else:
            lines.append(line)
    for line in lines:
        bound, _, changing = line.partition("|")
        name, *columns = bound.split()
        yield Part(name.removeprefix("~"), tuple(columns), tuple(changing.split()), name.startswith("~"))


PARTS: Mapping[str, Part] = MappingProxyType({part.name: part for part in _read(_PARTS)})
"""By name."""

FOLLOWED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        part.name: tuple(one.name for one in PARTS.values() if one.followed and one.table == part.table)
        for part in PARTS.values()
        if not part.later
    }
)
"""By the part of new rows: the followed parts of the same table."""

MUST: Mapping[str, str] = MappingProxyType(
    {
        "action": "r.attempts > 0",  # the entry of its first attempt binds it at the latest
        "action.now": "(r.attempts > 0 OR r.state <> 'pending')",
        "report.now": "r.case_id IS NOT NULL",  # bound when it is filed
        "subject.now": "EXISTS (SELECT FROM records_case c WHERE c.subject_id = r.id)",
        "appeal.answer": "(r.decided_at IS NOT NULL OR r.state <> 'open')",
        "appealreply.answer": "(r.decided_at IS NOT NULL OR r.state <> 'open')",
        "samplejudgement.answer": "(r.judged_at IS NOT NULL OR r.answer IS NOT NULL)",
    }
)
"""By part: which rows `r` an entry must bind. Of other parts all, but none of those that are set later."""

# Tables of which no entry binds rows, by the reason.
_NOT_BOUND = """
It is the ledger itself, or belongs to it: publishedlog publishedhead headcosignature headtimestamp
  ledgerentry
  ledgercheckpoint ledgerfault rowbinding
Its entry contains the same, and each start compares it: keyfingerprint installation accesslogseal
Its entry contains the same, and no measure rests on it: blindreview banevasionverdict watchmedia
Seals of their own prove it (`quality.verbs.canary_cases`): accessevent accesslogerasure
It helps with work that is going on, and decides nothing: lease draft skip preferences
  exposure casealarm alarm alarmaddress alarmmessage alarmmessage_alarms policyquestion
It is deleted after some days, or with what it was for: turnkey sourcekey reporteridentity caselabel restoredaccess
  batchrow setasidevalue filetodelete guesscount factortries sentform idempotencyrecord keyuse signedonce outgoingmail
  webhookdelivery receivedhook appealnews lostcode personskill factorexemption observedhash watchsample watchfinding
  watchpush watchcapture flaggedtext
It is computed from other rows, and can be computed again: measured tally retentiondue retentionsweep retentionclock
  searchtext searchstale signal accountindicator lshband indicatorscan banevasionmatch cluster clusterkey picturetohash
  picturehash picturematch workingcopy
It says how far work has come: inappcursor inappimport watchprogress watchday platformhealth platformtaskhealth
  periodictaskfault releaseinuse batch backlog backlogblock screenedcount
It names accounts that `subject.now` binds, and is withdrawn again: linkedaccount
It is a setting of people or of the installation: webhookendpoint flaggerprofile operatorprofile contactdetails
  pledge officerkey officerregistration hashlist watchoptout
A page notes it, and no act: reasonsasked
It is public, so whoever kept a copy can compare it: publishedperiod
"""


def _reasons(text: str) -> Iterator[tuple[str, str]]:
    for line in text.strip().replace("\n  ", " ").splitlines():
        reason, _, tables = line.rpartition(": ")
        yield from ((table, reason) for table in tables.split())


NOT_BOUND: Mapping[str, str] = MappingProxyType(dict(_reasons(_NOT_BOUND)))
"""Why rows of a table are not bound, by the table's name without its prefix."""


def row_hash(part: str, number: int, salt: bytes, values: Mapping[str, object]) -> str:
    """The hash (hex) of a row by the values of its bound columns, as `hash_in_sql` computes it from the stored row.

    Texts, whole numbers, truth values, moments, days and bytes; raises TypeError for anything else.
    """
    text = [part.encode(), str(number).encode()]
    for column in PARTS[part].columns:
        value = values[column]
        if value is not None:
            written = _written(value)
            text.append(f"{column}={len(written)}:".encode() + written)
    return sha256(ROW_DOMAIN + salt + b"\n".join(text) + b"\n").hexdigest()


def gone_hash(part: str, number: int, salt: bytes) -> str:
    """The hash (hex) that an entry contains for a row that it says was deleted."""
    return sha256(GONE_DOMAIN + salt + f"{part}\n{number}\n".encode()).hexdigest()


def _written(value: object) -> bytes:
    if isinstance(value, str):
        return str(value).encode()
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, int):
        return str(int(value)).encode()
    if isinstance(value, datetime):
        return rfc3339(value).encode()
    if isinstance(value, date):
        return value.isoformat().encode()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex().encode()
    raise TypeError(f"a {type(value).__name__} in a bound row")


_SPELLED: Mapping[type[models.Field], Callable[[str], str]] = MappingProxyType(  # type: ignore[type-arg]
    {
        models.DateTimeField: lambda c: f"""to_char({c} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""",
        models.DateField: lambda c: f"to_char({c}, 'YYYY-MM-DD')",
        models.BinaryField: lambda c: f"encode({c}, 'hex')",
    }
)


@cache
def hash_in_sql(part: str, row: str, salt: str) -> str:
    """An SQL expression for the hash (hex) of the row with the alias `row`, with the salt in this expression."""
    one = PARTS[part]
    model = next(model for model in apps.get_models() if model._meta.db_table == one.table)
    fields = {field.column: field for field in model._meta.concrete_fields}
    text = [f"'{part}' || E'\\n' || {row}.id || E'\\n'"]
    for column in one.columns:
        spelled = next((how for kind, how in _SPELLED.items() if isinstance(fields[column], kind)), "{}::text".format)
        value = spelled(f'{row}."{column}"')
        text.append(f"coalesce('{column}=' || octet_length({value}) || ':' || {value} || E'\\n', '')")
    domain = ROW_DOMAIN.decode().replace("\n", "\\n")
    return (
        f"encode(sha256(convert_to(E'{domain}', 'UTF8') || {salt} || convert_to({' || '.join(text)}, 'UTF8')), 'hex')"
    )


def gone_in_sql(part: str, number: str, salt: str) -> str:
    """An SQL expression for `gone_hash`."""
    domain = GONE_DOMAIN.decode().replace("\n", "\\n")
    return (
        f"encode(sha256(convert_to(E'{domain}', 'UTF8') || {salt} ||"
        f" convert_to('{part}' || E'\\n' || {number} || E'\\n', 'UTF8')), 'hex')"
    )


_TRIGGERS = """
DO $$
DECLARE
    name text;
BEGIN
    IF to_regproc('records_note_rows') IS NULL THEN
        RETURN;
    END IF;
    FOR name IN SELECT t.relname FROM pg_class t WHERE t.relnamespace = current_schema()::regnamespace
        AND t.relname = ANY(ARRAY[{tables}]) AND NOT EXISTS (
            SELECT FROM pg_trigger g WHERE g.tgrelid = t.oid AND g.tgname = 'records_note_rows') LOOP
        EXECUTE format('CREATE TRIGGER records_note_rows AFTER INSERT ON %I REFERENCING NEW TABLE AS added'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION records_note_rows(%L)', name, substr(name, 9));
    END LOOP;
    IF to_regproc('records_note_account') IS NULL THEN
        RETURN;
    END IF;
    {followed}
END $$
"""
# A row is noted only if it was until now as its last entry says, or if this transaction has noted it: otherwise the
# entry would commit to what somebody had edited past Jaga.
_FOLLOW = """
    CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS $body$
    DECLARE
        noted text := coalesce(current_setting('{noted}', true), '');
        line text := '{part} ' || NEW.id || E'\\n';
        fits boolean;
    BEGIN
        IF noted = 'off' OR strpos(noted, line) = 1 OR strpos(noted, E'\\n' || line) > 0 THEN
            RETURN NULL;
        END IF;
        SELECT e.rows->>b.place IS NOT DISTINCT FROM {hash} INTO fits
            FROM records_rowbinding b LEFT JOIN records_ledgerentry e ON e.id = b.entry
            WHERE b.part = '{part}' AND b.number = OLD.id ORDER BY b.entry DESC LIMIT 1;
        IF FOUND AND NOT fits THEN
            RETURN NULL;
        END IF;
        PERFORM set_config('{noted}', noted || line, true);
        RETURN NULL;
    END $body$;
    DROP TRIGGER IF EXISTS {function} ON {table};
    CREATE TRIGGER {function} AFTER UPDATE OF {columns} ON {table} FOR EACH ROW
        WHEN ((OLD.{old}) IS DISTINCT FROM (NEW.{new})) EXECUTE FUNCTION {function}();
"""


def note_triggers() -> str:
    """A statement that gives each bound table the triggers that note its new and changed rows (`NOTED`). Idempotent."""
    tables = ", ".join(f"'{part.table}'" for part in PARTS.values() if not part.later)
    followed = "".join(_follow(part) for part in PARTS.values() if part.followed)
    return _TRIGGERS.format(tables=tables, followed=followed)


def _follow(part: Part) -> str:
    columns = [f'"{column}"' for column in part.columns]  # `end` is a word of SQL
    return _FOLLOW.format(
        part=part.name,
        table=part.table,
        noted=NOTED,
        function=f"records_note_{part.name.replace('.', '_')}",
        hash=hash_in_sql(part.name, "OLD", "b.salt"),
        columns=", ".join(columns),
        old=", OLD.".join(columns),
        new=", NEW.".join(columns),
    )
