"""Probes for public functions of `jaga.records.access` that lead to a case, and reasons why the others need none.

A probe gets the ids of `closed_world` and an actor, and returns something truthy if it found a restricted case.
"""

from collections.abc import Callable
from typing import Any

from tests.factories import PNG
from tests.watching import LOUD, running

from jaga.casework.cases.evidence import seal
from jaga.casework.watch.flagged_texts import Flagged, keep_for_queries
from jaga.core.actors import HOLDER, Actor
from jaga.core.clock import now
from jaga.core.terms.alarms import LAPSE_ALARMS
from jaga.core.terms.cases import AccessKind, EvidenceKind
from jaga.core.terms.people import Clearance
from jaga.core.terms.reports import IdentityReason
from jaga.core.terms.screening import CopyState, YouthAnswer
from jaga.policy import load_release
from jaga.policy.local_time import today
from jaga.records import vault
from jaga.records.access import referrals
from jaga.records.access.actions import case_alarms
from jaga.records.access.actions.stuck import access_stuck_action, list_contradicted, list_stuck, stuck_actions
from jaga.records.access.appeals import pictures, reasons_in_person
from jaga.records.access.appeals.appeals import access_appeal, appeals_waiting, list_appeals
from jaga.records.access.authorities import held_requests
from jaga.records.access.authorities.disclosures import access_disclosure, export_requests, list_export_requests
from jaga.records.access.cases import earlier, gate, other_cases, strikes
from jaga.records.access.decisions import pending, preservation
from jaga.records.access.operations import calendar
from jaga.records.access.operations.work_counts import count_work
from jaga.records.access.operators import escalation, notices
from jaga.records.access.privacy import holds, retention
from jaga.records.access.quality import blind_review
from jaga.records.access.queue import policy_questions, queue, row_texts, search, shift_handover, waiting
from jaga.records.access.queue.search import SearchQuery
from jaga.records.access.reporting import (
    held_letters,
    independent_sources,
    mailbox,
    reopened_matters,
    reporter_identity,
    row_refusals,
    set_aside,
)
from jaga.records.access.screening import (
    at_a_glance,
    ban_evasion,
    campaigns,
    near_duplicates,
    picture_matches,
)
from jaga.records.access.watch import queries
from jaga.records.models import AccessEvent, Appeal, Case, PictureOpening, Report, WorkingCopy, YouthCheck

Probe = Callable[[Any, Actor], Any]


def _case(number: int) -> Case:
    return Case.objects.get(pk=number)


def _lists(at: Any, me: Actor) -> list[object]:
    lists = notices.list_operator_notices(actor=me)
    return [row for rows in vars(lists).values() if isinstance(rows, tuple) for row in rows]


def _referrals(at: Any, me: Actor) -> list[object]:
    rows_of = vars(referrals.list_referrals(actor=me)).values()
    return [row for rows in rows_of if isinstance(rows, tuple) for row in rows]


def _calendar(at: Any, me: Actor) -> bool:
    seen = repr(calendar.see_calendar(actor=me))
    named = [f"{at.number} ·" in seen, at.letter_number in seen, _case(at.resolved).reference in seen]
    assert all(named) or not any(named), named
    return any(named)


def _queue(at: Any, me: Actor) -> list[int]:
    rows = queue.list_queue(queue.QueueFilter(), actor=me).rows
    return [row.case_id for row in rows if row.case_id not in at.open]


def _next(at: Any, me: Actor) -> bool:
    """With the open cases restricted too, only restricted cases are left."""
    Case.objects.filter(pk__in=at.open).update(clearance=Clearance.CHILD_SAFETY)
    return queue.next_in_queue(actor=me) is not None


def _row_texts(at: Any, me: Actor) -> object:
    """Restricted cases are victim-first and list no text, so the open ones are restricted for this."""
    Case.objects.filter(pk__in=at.open).update(clearance=Clearance.CHILD_SAFETY)
    return row_texts.texts_of_rows(list(at.open), actor=me)


def _among(at: Any, me: Actor) -> bool:
    Case.objects.filter(pk__in=at.open).update(clearance=Clearance.CHILD_SAFETY)
    return queue.next_among((), but=0, lighter_only=False, actor=me) is not None


def _repeat(at: Any, me: Actor) -> bool:
    """A case may repeat one that needs a clearance, although it needs none itself."""
    case = _case(at.same_account)
    case.repeats_id = at.waiting
    return reopened_matters.repeat_of(case, actor=me) is not None


def _counted(at: Any, me: Actor) -> bool:
    return waiting.count_waiting(waiting.waiting_for(me)).number > len(at.open)


def _work(at: Any, me: Actor) -> bool:
    """More than the open cases, and something in each other list of cases that are not open."""
    counts = count_work(me)
    closed = {"appeals", "exports", "operator-notices", "pending", "stuck"}
    return counts["queue"].number > len(at.open) or bool(closed & set(counts))


def _appeal_copy(at: Any, me: Actor) -> bytes:
    """The copy of a picture that this person has opened; it needs rows that no other probe needs."""
    appeal = Appeal.objects.get(pk=at.appeal)
    case = appeal.decision.case
    Case.objects.filter(pk=case.pk).update(victim_first=False, victim_state="none")
    picture = seal(
        case,
        None,
        EvidenceKind.SCREENSHOT,
        f"appeal-{at.appeal}-first-1",
        PNG,
        media="image/png",
        appeal=appeal,
        actor=HOLDER,
    )
    YouthCheck.objects.create(
        case=case, evidence=picture, person_id=me.person_id or 0, answer=YouthAnswer.NO_SIGN, at=now()
    )
    drawn = vault.seal(b"drawn", picture.key_owner())
    WorkingCopy.objects.create(evidence=picture, state=CopyState.MADE, sha256=drawn, width=1, height=1, made_at=now())
    PictureOpening.objects.create(case=case, evidence=picture, person_id=me.person_id or 0, at=now())
    return pictures.access_appeal_copy(at.appeal, picture.pk, actor=me)


def _earlier(at: Any, me: Actor) -> object:
    """Earlier decisions open to whoever has opened the case."""
    AccessEvent.objects.create(person_id=me.person_id or 0, case_id=at.waiting, what=AccessKind.CASE, at=now())
    return earlier.access_earlier(at.waiting, actor=me)


def _queried(at: Any, me: Actor) -> object:
    """A restricted case took a flagged text."""
    keep_for_queries(
        running(), [Flagged(LOUD, "words:fraud", "fraud", bytes(32), at.report, at.waiting)], load_release()
    )
    return queries.run_watch_query(queries.WatchQuery(today(), today()), actor=me).texts


PROBES: dict[str, Probe] = {
    "watch.queries.run_watch_query": _queried,
    "appeals.pictures.access_appeal_copy": _appeal_copy,
    "operations.calendar.see_calendar": _calendar,
    "screening.campaigns.list_campaigns": lambda at, me: campaigns.list_campaigns(30, actor=me),
    "screening.campaigns.access_campaign": lambda at, me: campaigns.access_campaign(
        campaigns.CampaignKind.TEXT, at.cluster, actor=me
    ),
    "screening.near_duplicates.access_cluster": lambda at, me: near_duplicates.access_cluster(at.cluster, actor=me),
    "screening.near_duplicates.has_copies": lambda at, me: near_duplicates.has_copies(_case(at.beside), actor=me),
    "privacy.holds.list_holds": lambda at, me: holds.list_holds(actor=me).holding,
    "privacy.holds.access_hold": lambda at, me: holds.access_hold(at.hold, actor=me),
    "privacy.holds.holds_to_confirm": lambda at, me: holds.holds_to_confirm(me).exists(),
    "privacy.holds.holds_of": lambda at, me: holds.holds_of(Case.objects.get(pk=at.resolved), actor=me),
    "privacy.retention.see_retention": lambda at, me: retention.see_retention(actor=me).cases,
    "decisions.preservation.list_preservations": lambda at, me: preservation.list_preservations(actor=me),
    "decisions.pending.list_pending": lambda at, me: pending.list_pending(actor=me),
    "decisions.pending.pending_shown": lambda at, me: list(pending.pending_shown(me)),
    "decisions.pending.last_action_of": lambda at, me: pending.last_action_of(me),
    "cases.gate.access_case": lambda at, me: gate.access_case(at.waiting, actor=me),
    "cases.gate.access_case_to_read": lambda at, me: gate.access_case_to_read(at.waiting, actor=me),
    "cases.gate.access_open_case": lambda at, me: gate.access_open_case(at.waiting, actor=me),
    "cases.gate.access_case_history": lambda at, me: gate.access_case_history(at.waiting, actor=me),
    "cases.other_cases.others_of": lambda at, me: other_cases.others_of(_case(at.same_account), actor=me),
    "appeals.appeals.appeals_waiting": lambda at, me: list(appeals_waiting(me)),
    "authorities.disclosures.export_requests": lambda at, me: list(export_requests(me)),
    "actions.stuck.stuck_actions": lambda at, me: list(stuck_actions(me)),
    "operations.work_counts.count_work": _work,
    "appeals.appeals.list_appeals": lambda at, me: list_appeals(actor=me).rows,
    "appeals.appeals.access_appeal": lambda at, me: access_appeal(at.appeal, actor=me),
    "authorities.disclosures.list_export_requests": lambda at, me: list_export_requests(actor=me),
    "authorities.disclosures.access_disclosure": lambda at, me: access_disclosure(at.disclosure, actor=me),
    "actions.stuck.list_stuck": lambda at, me: list_stuck(actor=me),
    "actions.stuck.list_contradicted": lambda at, me: list_contradicted(actor=me),
    "reporting.held_letters.list_held_letters": lambda at, me: held_letters.list_held_letters(actor=me),
    "reporting.held_letters.access_held_letters": lambda at, me: held_letters.access_held_letters(
        at.held_letters, actor=me
    ),
    "reporting.row_refusals.list_refusals": lambda at, me: row_refusals.list_refusals(actor=me),
    "actions.stuck.access_stuck_action": lambda at, me: access_stuck_action(at.stuck, actor=me),
    "reporting.mailbox.access_report_in": lambda at, me: mailbox.access_report_in(at.waiting, at.report, actor=me),
    "queue.policy_questions.questions_of": lambda at, me: policy_questions.questions_of(_case(at.waiting), actor=me),
    "queue.policy_questions.list_policy_questions": lambda at, me: (
        policy_questions.list_policy_questions(actor=me).waiting
    ),
    "queue.policy_questions.access_policy_question": lambda at, me: policy_questions.access_policy_question(
        at.question, actor=me
    ),
    "queue.queue.list_queue": _queue,
    "queue.row_texts.texts_of_rows": _row_texts,
    "queue.queue.list_ticked": lambda at, me: queue.list_ticked([at.waiting], actor=me),
    "queue.queue.list_skipped": lambda at, me: queue.list_skipped(actor=me),
    "queue.queue.next_in_queue": _next,
    "queue.queue.next_among": _among,
    "queue.queue.list_own_votes": lambda at, me: queue.list_own_votes(actor=me),
    "cases.earlier.access_earlier": _earlier,
    "cases.earlier.earlier_of": lambda at, me: earlier.earlier_of(_case(at.same_account), actor=me).strikes.strikes,
    "cases.strikes.strikes_of": lambda at, me: strikes.strikes_of(_case(at.same_account), actor=me).strikes,
    "screening.ban_evasion.access_ban_evasion_match": lambda at, me: ban_evasion.access_ban_evasion_match(
        at.closed_resemblance, case_id=at.waiting, actor=me
    ),
    "screening.ban_evasion.matches_of": lambda at, me: ban_evasion.matches_of(_case(at.beside), actor=me),
    "reporting.independent_sources.access_mark": lambda at, me: independent_sources.access_mark(
        at.mark, case_id=at.waiting, actor=me
    ),
    "reporting.independent_sources.access_reported": lambda at, me: independent_sources.access_reported(
        at.report, case_id=at.waiting, actor=me
    ),
    "reporting.set_aside.access_senders_reports": lambda at, me: (
        set_aside.access_senders_reports(at.report, case_id=at.waiting, actor=me).rows
    ),
    "reporting.set_aside.senders_reports": lambda at, me: (
        set_aside.senders_reports(Report.objects.get(pk=at.report), actor=me).rows
    ),
    "reporting.set_aside.list_set_aside": lambda at, me: set_aside.list_set_aside(actor=me),
    "reporting.set_aside.access_set_aside": lambda at, me: set_aside.access_set_aside(at.set_aside, actor=me),
    "screening.at_a_glance.at_a_glance": lambda at, me: (
        at_a_glance.at_a_glance(_case(at.same_account), actor=me).over_time.all
        > Report.objects.filter(case=at.same_account).count()
    ),
    "reporting.reporter_identity.access_identity": lambda at, me: reporter_identity.access_identity(
        at.report, IdentityReason.DANGER, actor=me
    ),
    "appeals.reasons_in_person.in_person_of": lambda at, me: reasons_in_person.in_person_of(
        _case(at.resolved), at.decision, actor=me
    ),
    "appeals.reasons_in_person.checks_to_release": lambda at, me: reasons_in_person.checks_to_release(actor=me),
    "operators.escalation.list_letters": lambda at, me: escalation.list_letters(at.notice, actor=me),
    "operators.escalation.access_escalation_notice": lambda at, me: escalation.access_escalation_notice(
        at.notice, actor=me
    ),
    "operators.escalation.access_letter": lambda at, me: escalation.access_letter(at.letter, actor=me),
    "operators.escalation.access_letter_file": lambda at, me: escalation.access_letter_file(at.letter, actor=me),
    "operators.notices.list_operator_notices": _lists,
    "operators.notices.list_of_actions": lambda at, me: notices.list_of_actions((at.notice_action,), actor=me),
    "operators.notices.access_operator_notice": lambda at, me: notices.access_operator_notice(at.notice, actor=me),
    "operators.notices.access_data_case": lambda at, me: notices.access_data_case(at.waiting, actor=me),
    "screening.picture_matches.matches_of": lambda at, me: [
        one
        for matches in picture_matches.matches_of(_case(at.beside), [at.pictures[1].evidence_id], actor=me).values()
        for one in matches
    ],
    "quality.blind_review.open_to": lambda at, me: blind_review.open_to(me).exists(),
    "quality.blind_review.untaken": lambda at, me: blind_review.untaken(me).exists(),
    "quality.blind_review.begun_by": lambda at, me: blind_review.begun_by(me).exists(),
    "quality.blind_review.has_next": lambda at, me: blind_review.has_next(me),
    "quality.blind_review.golden_for": lambda at, me: blind_review.golden_for(me).exists(),
    "quality.blind_review.access_task": lambda at, me: blind_review.access_task(at.task, actor=me),
    "quality.blind_review.list_differences": lambda at, me: blind_review.list_differences(actor=me),
    "quality.blind_review.list_golden": lambda at, me: blind_review.list_golden(actor=me),
    "authorities.held_requests.list_held": lambda at, me: [
        row.cases for row in held_requests.list_held(actor=me)[0] if row.cases
    ],
    "authorities.held_requests.access_held": lambda at, me: held_requests.access_held(at.held, actor=me).cases,
    "referrals.list_referrals": _referrals,
    "referrals.referral_duties": lambda at, me: referrals.referral_duties(me).exists(),
    "referrals.access_referral": lambda at, me: referrals.access_referral(at.referral, actor=me),
    "reporting.reopened_matters.repeat_of": _repeat,
    "queue.search.search_cases": lambda at, me: search.search_cases(SearchQuery(number=at.waiting), actor=me).rows,
    "queue.shift_handover.list_cards": lambda at, me: [
        card for card in shift_handover.list_cards(actor=me) if card.cases
    ],
    "queue.waiting.count_waiting": _counted,
    "actions.case_alarms.case_alarms": lambda at, me: case_alarms.case_alarms(me, LAPSE_ALARMS).exists(),
    "actions.case_alarms.list_case_alarms": lambda at, me: case_alarms.list_case_alarms(actor=me),
}

_REASONS: dict[str, tuple[str, ...]] = {
    "Of watches: their settings and counts, which name no case.": (
        "watch.watches.number_of",
        "watch.watches.state_of",
        "watch.watches.list_watches",
        "watch.watches.access_watch",
        "watch.watches.cases_of",
        "watch.watches.waiting_of",
        "watch.watches.watches_to_start",
        "watch.watches.watchable_platforms",
        "watch.backlogs.backlogs_of",
        "watch.queries.queried_watches",
        "watch.queries.may_look_into_cases",
    ),
    "Of texts without account and case; one flagged in a category with a clearance goes to those who hold it.": (
        "watch.people_sample.texts_open_to",
        "watch.people_sample.held_judgements",
        "watch.people_sample.access_sampled_text",
        "watch.people_sample.words_of",
        "watch.people_sample.count_texts_for",
        "watch.people_sample.own_judged_since",
    ),
    "Of the release: contacts that it lists.": ("screening.warning_list.never_keys",),
    "Of rules: shares and counts, which name no case.": (
        "watch.people_sample.answers",
        "watch.people_sample.sample_weeks",
        "watch.rule_measures.rule_measures",
        "watch.rule_measures.judged_parts",
        "watch.rule_measures.closed_parts",
        "watch.rule_measures.measures_of",
        "watch.rule_measures.precision_of",
        "watch.rule_measures.open_suspensions",
        "watch.rule_measures.list_suspensions",
        "watch.rules_off.rules_off",
    ),
    "The worker asks, to file what waited for a judgement of the same words; nobody is shown it.": (
        "watch.shared_words.judged_words",
        "watch.shared_words.accounts_with_cases",
        "watch.shared_words.opened",
    ),
    "Of accounts without a case, by two people and a reason.": (
        "watch.lookups.list_lookups",
        "watch.lookups.lookups_to_permit",
        "watch.lookups.found_texts",
    ),
    "A request about one's own data: whoever lacks the clearance of a case behind it is refused (its tests).": (
        "privacy.person_requests.list_requests",  # numbers, kinds and clocks
        "privacy.person_requests.access_request",
        "privacy.person_requests.refuse_uncleared_request",
        "privacy.person_requests.refuse_uncleared_account",
        "privacy.person_requests.requests_waiting",
        "privacy.person_requests.count_overdue_requests",
        "privacy.person_requests.request_by_code",
        "privacy.holder_data.cases_about",
        "privacy.holder_data.holder_data",
        "privacy.holder_data.is_victim_first",
        "privacy.holder_data.hash_of",
        "privacy.holder_data.as_document",
        "privacy.own_data.own_report",
        "privacy.own_data.own_letter",
    ),
    "A breach: numbers of people, and the cases that somebody named; its list asks the clearance (test_breaches).": (
        "privacy.breaches.list_breaches",
        "privacy.breaches.access_breach",
        "privacy.breaches.open_breaches",
        "privacy.breaches.count_overdue_breaches",
        "privacy.concerned.count_concerned",
        "privacy.concerned.is_everybody_recorded",
        "privacy.concerned.concerned_people",
    ),
    "Their own: what an authority asked, what a sender sent, what an operator was asked, what a reporter filed.": (
        "authorities.requests.list_requests",
        "authorities.requests.access_request",
        "authorities.requests.list_referrals",
        "authorities.requests.list_platforms",
        "batches.sender_of",
        "batches.access_own_batch",
        "batches.own_batch",
        "batches.list_batches",
        "batches.access_batch",
        "batches.list_bad_rows",
        "batches.refused_rows",
        "batches.results",
        "people.trusted_flaggers.list_flags",
        "reporting.followed_reports.access_report",
        "reporting.followed_reports.access_visited",
        "reporting.followed_reports.wrong_length",
        "operators.escalation.list_released",
        "operators.escalation.notices_with_new_letters",
        "operators.escalation.access_released",
        "operators.escalation.access_opened_file",
        "authorities.orders.list_orders",
        "authorities.orders.access_order",
        "authorities.orders.access_account",
        "authorities.orders.list_signing_keys",
        "authorities.orders.kind_of",
        "operators.portal.list_notices",
        "operators.portal.notices_waiting",
        "operators.portal.has_opened_any",
        "operators.portal.access_notice",
        "operators.portal.access_opened",
        "operators.portal.access_picture_of_notice",
        "operators.portal.access_copy_of_notice",
        "operators.notice_sources.pictures_of_notice",
        "operators.notice_sources.opened_copy",
        "operators.notice_sources.access_notice_picture",
        "decisions.hearings.access_hearing",
        "appeals.statement.access_statement",
        "appeals.statement.may_write_again",
        "cases.single_letter.newest_statement",
        "referrals.list_received",
        "referrals.received_waiting",
        "referrals.access_received",
        "referrals.find_by_link",
        "referrals.open_by_link",
        "reporting.sent_reports.list_sent",
        "reporting.sent_reports.access_sent",
        "webhooks.endpoints.list_endpoints",
        "webhooks.endpoints.access_endpoint",
        "webhooks.endpoints.list_deliveries",
    ),
    "Only cases that need no clearance are used for training.": (
        "quality.training.training_for",
        "quality.training.training_progress",
        "quality.training.access_training",
    ),
    "Auditors read every entry of the ledger and every look, so that nobody works unseen.": (
        "cases.history.list_entries",
        "cases.history.people_called",
        "quality.access_log_pages.list_access_log",
        "quality.access_log_pages.name_of",
    ),
    "One's own looks, and what one did: no more than the number that one had.": (
        "quality.access_log_pages.list_own_access_log",
    ),
    "What is public, or the exact counts from which a closed period is made public once, rounded.": (
        "operations.closed_counts.installed_on",
        "operations.closed_counts.published",
        "operations.closed_counts.without_victims",
        "operations.closed_counts.victims",
        "operations.closed_counts.by_day",
        "operations.closed_counts.by_category",
        "operations.closed_counts.by_channel",
        "operations.closed_counts.by_region",
        "operations.closed_counts.children",
        "operations.closed_counts.late",
        "operations.closed_counts.became",
        "operations.closed_counts.times",
        "operations.closed_counts.appeals",
        "operations.closed_counts.restorations",
        "operations.closed_counts.referrals",
        "operations.closed_counts.requests",
        "operations.closed_counts.flagged",
    ),
    "Numbers of the whole installation without any case's number or name, for its supervisors and auditors.": (
        "quality.agreement_units.judgements",
        "quality.agreement_units.checked_cases",
        "quality.canary_alarms.waiting_alarms",
        "quality.canary_alarms.guessing_seen",
        "quality.canary_alarms.names_guessed_at",
        "actions.alarm_messages.alarm_delivery",
        "actions.alarm_messages.see_alarm_delivery",
        "actions.alarm_messages.late_messages",
        "actions.alarm_messages.unaddressed_alarms",
        "cases.history.count_ledger_faults",
        "base.published_log.published_state",
        "base.published_log.newest_head",
        "base.published_log.count_broken_promises",
        "base.published_log.is_head_late",
        "cases.history.count_verified_differences",
        "cases.history.counted_invariants",
        "base.published_log.is_witnessing_late",
        "base.published_log.newest_stamp",
        "base.published_log.published_stamp",
        "base.published_log.is_stamp_late",
        "operations.published_ledger.see_published_ledger",
        "base.epochs.lost_promises",
        "base.published_log.count_published_problems",
        "actions.platform_health.count_set_aside",
        "actions.platform_health.failing_periodic_tasks",
        "actions.platform_health.faulty_platforms",
        "watch.watches.faulty_watches",
        "actions.platform_health.list_faulty",
        "operations.overview.see_overview",
        "reporting.row_refusals.count_held_back",
        "reporting.row_refusals.see_held_back",
        "cases.history.see_ledger_status",
        "operations.dashboard.app_names",
        "operations.dashboard.counted_since",
        "operations.dashboard.see_numbers",
        "operations.dashboard_counts.count_all",
        "operations.period_counts.count_periods",
        "operations.figures.case_counts",
        "operations.figures.outcomes",
        "operations.figures.time_to_decision",
        "operations.figures.time_to_closure",
        "operations.figures.appeal_counts",
        "operations.figures.requests_by_authority",
        "operations.health.condition",
        "operations.measures.last_check",
        "operations.measures.reported_done",
        "operations.measures.measures",
        "operations.measures.reopened",
        "operations.measures.temporary",
        "operations.measures.restorations",
        "operations.operator_counts.public_operators",
        "operations.operator_counts.ask_facts",
        "operations.operator_counts.times",
        "operations.operator_counts.objections",
        "operations.operator_counts.letters",
        "operations.operator_counts.restored",
        "operations.operator_counts.reopened_by_operator",
        "operators.notices.count_for_us",
        "operators.notices.count_overdue",
        "operators.notices.see_mail",
        "actions.platform_health.list_silent",
        "actions.platform_health.count_silent",
        "actions.platform_health.list_stuck_platforms",
        "quality.blind_review.access_quality",
        "quality.blind_review.agreements",
        "quality.prepared_sentences.unchanged_shares",
        "queue.queues.unseen_queues",
    ),
    "People, organisations, platforms, keys and settings: there is no case in them.": (
        "actions.alarm_messages.alarm_recipients",
        "quality.canary_alarms.own_alarm_address",
        "cases.code_delivery.code_delivery_channels",
        "people.devices.cookie_name",
        "people.devices.device_of",
        "people.devices.new_cookie",
        "people.devices.one_name",
        "queue.exposure.exposure_of",
        "queue.exposure.list_loads",
        "queue.exposure.may_be_given",
        "people.trusted_flaggers.trusts",
        "people.trusted_flaggers.public_flaggers",
        "people.trusted_flaggers.list_flaggers",
        "people.trusted_flaggers.access_flagger",
        "webhooks.platform_keys.keys_of",
        "webhooks.platform_keys.all_keys_of",
        "people.api_keys.holder_may",
        "people.api_keys.officer_by_key",
        "people.api_keys.in_time",
        "people.api_keys.hand_out",
        "people.api_keys.spend_at_once",
        "people.api_keys.list_keys",
        "people.api_keys.list_possible_holders",
        "screening.model_registry.list_models",
        "operations.policy_releases.list_adoptions",
        "operations.policy_releases.stored_pair",
        "operations.policy_releases.release_alarms",
        "operations.policy_releases.see_release_alarms",
        "quality.access_log_seals.digest_of",
        "quality.access_log_seals.is_of_an_earlier_day",
        "quality.access_log_seals.list_seals",
        "base.doubted_clock.clock_in_doubt",
        "base.request_cache.one_page",
        "base.request_cache.once",
        "base.current_user.current_user",
        "operators.register.list_operators",
        "operators.register.access_register_entry",
        "operators.register.access_entry_to_change",
        "operators.register.access_commitment_to_end",
        "operators.register.access_contact_to_dismiss",
        "people.preferences.preferences_of",
        "base.installation.listed_platforms",
        "base.installation.host_name",
        "base.installation.is_an_authoritys",
        "queue.queues.skilled_people",
        "queue.routing.people_to_assign",
        "queue.queues.queues_of",
        "queue.queues.queues_in_use",
        "people.roster.status_of",
        "people.roster.registration_status",
        "people.roster.keeps_roster",
        "people.roster.list_rosters",
        "people.roster.access_officer",
        "people.roster.registration_for",
        "people.roster.organisation_to_invite_to",
        "people.roster.list_colleagues",
        "people.skills_and_clearances.list_team",
        "queue.saved_views.list_views",
        "queue.saved_views.saved_for",
        "queue.saved_views.views_of",
        "webhooks.endpoints.list_all_endpoints",
        "webhooks.endpoints.list_dead",
        "base.current_user.number_of",
        "cases.gate.access_self",
        "decisions.pending.speaker_of",
        "people.api_keys.lacks_room",
        "reporting.news.changed_since",
    ),
    "Of no row that is here: what was lost with a restoration, and whether the database was put back.": (
        "base.epochs.mark_path",
        "base.epochs.is_put_back",
        "base.epochs.lost_by_receipt",
        "base.epochs.lost_by_number",
        "base.epochs.lost_by_code",
        "base.epochs.recent_loss",
        "base.epochs.losses",
    ),
    "A decoy is nobody's case; its alarm must reach everybody who watches.": (
        "quality.canary_alarms.list_alarms",
        "quality.canary_alarms.list_canaries",
    ),
    "What was held is proven by nobody and in no case; whoever telephones must read it.": (
        "authorities.held_requests.held_body",
    ),
    "Nothing of a case that needs any clearance, for anybody.": ("queue.search.similar_names",),
    "Part of a query, or of a list of numbers, that was narrowed to what the reader may see by whoever calls it.": (
        "actions.case_alarms.alarms_that_matter",
        "actions.case_alarms.due_of",
        "actions.stuck.contradicted_verifications",
        "reporting.held_letters.entries_without_end",
        "reporting.held_letters.pending_holds",
        "reporting.row_refusals.open_refusals",
        "reporting.held_letters.as_held",
        "reporting.held_letters.acknowledged_rows",
        "referrals.wrong_and_untold",
        "referrals.mail_key",
        "queue.waiting.has_answers",
        "screening.at_a_glance.over_time",
        "cases.report_lines.counted_as",
        "queue.queue.rows_of",
        "cases.in_force.decisions_in_force",
        "cases.in_force.matches_in_force",
        "cases.in_force.only_announced",
        "cases.in_force.lifting_actions",
        "cases.originals.is_lapsed",
        "cases.originals.is_deleted",
        "cases.originals.stored_originals_of",
        "privacy.bindings.facts_of",
        "privacy.bindings.holding",
        "privacy.holds.owners",
        "privacy.holds.state_of",
        "privacy.retention.retention_of",
        "appeals.statement.given_back",
        "appeals.statement.may_write_again",
        "decisions.pending.new_statements_of",
        "cases.originals.originals_of",
        "screening.picture_matches.listed_signs",
        "operators.portal.with_all",
        "operators.portal.sealed_notices",
        "queue.search_sql.found_ids",
        "queue.waiting.waiting_for",
        "queue.waiting.front",
        "queue.waiting.counting",
        "queue.waiting.count_apart",
        "queue.shift_handover.cards_untaken",
        "operators.notices.notices_for_us",
        "queue.waiting.not_at_work",
        "batches.open_batches",
        "quality.blind_review.has_lost_texts",
        "batches.state_of",
        "cases.reports.newest_locator",
    ),
    "Asks the clearance itself, or is that question.": (
        "base.clearance.clearances_in_force",
        "base.clearance.clearances_of",
        "base.clearance.may_see",
        "base.clearance.refuse_uncleared",
        "base.clearance.visible_to",
        "base.clearance.cleared_people",
        "operators.escalation.may_see_letters",
        "cases.public_words.recorded_words",
    ),
    "Writes down that somebody looked.": ("base.access_log.log_access", "base.access_log.log_access_to_all"),
    "The numbers of cases that were taken to judge again, and not what they are.": (
        "cases.blind.taken_for_blind_review",
        "cases.blind.refuse_blind",
    ),
    "For machines, which show it to nobody.": ("cases.history.waiting_entries",),
    "Counts people, and names none and no case.": ("quality.blind_review.people_not_named",),
    "A moment of a key's owner that whoever calls it fetched.": (
        "base.erased.erased_at",
        "base.erased.erased_last",
        "base.erased.erased_of",
    ),
    "Of accounts that whoever calls it fetched, it names some again, by the actor's own cases.": (
        "cases.kept_back.case_kept_back",
        "cases.kept_back.cases_kept_back",
        "cases.kept_back.kept_back",
        "cases.kept_back.refuse_unread",
        "cases.kept_back.refused_cases",
        "cases.kept_back.to_read_first",
    ),
    "A search for a person names tables and numbers and never a word; two people start it, on record.": (
        "privacy.everywhere.search_everywhere",
        "privacy.person_searches.list_person_searches",
        "reporting.reporter_identity.identities_with",
    ),
    "What a platform sent and could not be used is in no case yet; supervisors alone open it.": (
        "actions.platform_health.access_set_aside",
    ),
    "Of a report's number that came from the case, which whoever calls it fetched.": (
        "reporting.reporter_identity.named_reports",
        "reporting.mailbox.consents_of",
    ),
    "Parts of the queries behind the figures: they count, and name no case.": (
        "operations.definitions.account_restorations",
        "operations.definitions.action_in_force",
        "operations.definitions.counted_cases",
        "operations.definitions.decision_times",
        "operations.definitions.formal_requests",
        "operations.definitions.open_appeals",
        "operations.definitions.percentiles",
        "operations.definitions.restored_within",
        "operations.definitions.restoring",
        "operations.definitions.spread",
        "operations.definitions.took",
        "operations.definitions.with_outcome",
    ),
    "Of a case that was fetched through its gate, and of that case alone.": (
        "cases.deadlines.is_overdue",
        "cases.related_records.related_records",
        "cases.case_view.row_of",
        "cases.case_view.takes_case",
        "cases.earlier.is_open",
        "cases.gate.has_voted",
        "cases.gate.saw_earlier",
        "cases.gate.may_vote",
        "cases.gate.current_lease",
        "cases.decisions.votes_to_settle",
        "cases.history.history_of",
        "queue.queue.own_vote",
        "reporting.independent_sources.sources_in",
        "queue.exposure.anyone_else_for",
        "screening.pictures.pictures_of",
        "screening.pictures.seen_pictures",
        "screening.pictures.undoable_until",
        "screening.pictures.access_picture",
        "appeals.pictures.pictures_of_appeal",
        "referrals.referrals_of",
        "screening.pictures.picture_states",
        "screening.pictures.access_opened_copy",
        "screening.pictures.opened_file",
        "screening.pictures.access_request_letter",
        "queue.presence.watchers_of",
        "queue.presence.draft_of",
        "queue.routing.place_of",
    ),
}
NO_PROBE = {name: why for why, names in _REASONS.items() for name in names}
