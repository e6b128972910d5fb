"""Probes for public functions of `jaga.records.access` that lead to a case, and reasons why the others need none.

A probe gets the ids of `closed_world` and an actor, and returns something truthy if it found a restricted case.
"""

from collections.abc import Callable
from typing import Any

from tests.factories import PNG
from tests.watching import LOUD, running

from jaga.actions import reads as case_alarms
from jaga.actions.reads import access_stuck_action, list_contradicted, list_stuck, stuck_actions
from jaga.appeals.models import Appeal
from jaga.appeals.reads import statement as pictures
from jaga.appeals.reads import statement as reasons_in_person
from jaga.appeals.reads.appeals import access_appeal, appeals_waiting, list_appeals
from jaga.authorities.reads import held_requests
from jaga.authorities.reads.held_requests import access_disclosure, export_requests, list_export_requests
from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Report
from jaga.cases.reads import decisions as strikes
from jaga.cases.reads import gate
from jaga.cases.reads import history as earlier
from jaga.cases.reads import history as other_cases
from jaga.cases.verbs.evidence import seal
from jaga.core.actors import HOLDER, Actor
from jaga.core.clock import now
from jaga.core.terms.cases import LAPSE_ALARMS, AccessKind, EvidenceKind
from jaga.core.terms.people import Clearance
from jaga.core.terms.reports import CopyState, IdentityReason, YouthAnswer
from jaga.decisions import reads as pending
from jaga.decisions import reads as preservation
from jaga.figures.reads import calendar
from jaga.figures.reads.work_counts import count_work
from jaga.operators.reads import escalation, notices
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.privacy.reads import retention
from jaga.privacy.reads import retention as holds
from jaga.quality.models import AccessEvent
from jaga.quality.reads import blind_review
from jaga.queue.reads import queue, search, waiting
from jaga.queue.reads import queue as row_texts
from jaga.queue.reads import routing as policy_questions
from jaga.queue.reads.search import SearchQuery
from jaga.referrals import reads as referrals
from jaga.reporting.reads import mailbox, reopened_matters, reporter_identity, set_aside
from jaga.reporting.reads import mailbox as held_letters
from jaga.reporting.reads import mailbox as row_refusals
from jaga.reporting.reads import set_aside as independent_sources
from jaga.signals.models import PictureOpening, WorkingCopy, YouthCheck
from jaga.signals.reads import at_a_glance, ban_evasion, campaigns
from jaga.signals.reads import campaigns as near_duplicates
from jaga.signals.reads import pictures as picture_matches
from jaga.store import vault
from jaga.watch.reads import queries
from jaga.watch.verbs.lookups import Flagged, keep_for_queries

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
    "watch.reads.queries.run_watch_query": _queried,
    "appeals.reads.statement.access_appeal_copy": _appeal_copy,
    "figures.reads.calendar.see_calendar": _calendar,
    "signals.reads.campaigns.list_campaigns": lambda at, me: campaigns.list_campaigns(30, actor=me),
    "signals.reads.campaigns.access_campaign": lambda at, me: campaigns.access_campaign(
        campaigns.CampaignKind.TEXT, at.cluster, actor=me
    ),
    "signals.reads.campaigns.access_cluster": lambda at, me: near_duplicates.access_cluster(at.cluster, actor=me),
    "signals.reads.campaigns.has_copies": lambda at, me: near_duplicates.has_copies(_case(at.beside), actor=me),
    "privacy.reads.retention.list_holds": lambda at, me: holds.list_holds(actor=me).holding,
    "privacy.reads.retention.access_hold": lambda at, me: holds.access_hold(at.hold, actor=me),
    "privacy.reads.retention.holds_to_confirm": lambda at, me: holds.holds_to_confirm(me).exists(),
    "privacy.reads.retention.holds_of": lambda at, me: holds.holds_of(Case.objects.get(pk=at.resolved), actor=me),
    "privacy.reads.retention.see_retention": lambda at, me: retention.see_retention(actor=me).cases,
    "decisions.reads.list_preservations": lambda at, me: preservation.list_preservations(actor=me),
    "decisions.reads.list_pending": lambda at, me: pending.list_pending(actor=me),
    "decisions.reads.pending_shown": lambda at, me: list(pending.pending_shown(me)),
    "decisions.reads.last_action_of": lambda at, me: pending.last_action_of(me),
    "cases.reads.gate.access_case": lambda at, me: gate.access_case(at.waiting, actor=me),
    "cases.reads.gate.access_case_to_read": lambda at, me: gate.access_case_to_read(at.waiting, actor=me),
    "cases.reads.gate.access_open_case": lambda at, me: gate.access_open_case(at.waiting, actor=me),
    "cases.reads.gate.access_case_history": lambda at, me: gate.access_case_history(at.waiting, actor=me),
    "cases.reads.history.others_of": lambda at, me: other_cases.others_of(_case(at.same_account), actor=me),
    "appeals.reads.appeals.appeals_waiting": lambda at, me: list(appeals_waiting(me)),
    "authorities.reads.held_requests.export_requests": lambda at, me: list(export_requests(me)),
    "actions.reads.stuck_actions": lambda at, me: list(stuck_actions(me)),
    "figures.reads.work_counts.count_work": _work,
    "appeals.reads.appeals.list_appeals": lambda at, me: list_appeals(actor=me).rows,
    "appeals.reads.appeals.access_appeal": lambda at, me: access_appeal(at.appeal, actor=me),
    "authorities.reads.held_requests.list_export_requests": lambda at, me: list_export_requests(actor=me),
    "authorities.reads.held_requests.access_disclosure": lambda at, me: access_disclosure(at.disclosure, actor=me),
    "actions.reads.list_stuck": lambda at, me: list_stuck(actor=me),
    "actions.reads.list_contradicted": lambda at, me: list_contradicted(actor=me),
    "reporting.reads.mailbox.list_held_letters": lambda at, me: held_letters.list_held_letters(actor=me),
    "reporting.reads.mailbox.access_held_letters": lambda at, me: held_letters.access_held_letters(
        at.held_letters, actor=me
    ),
    "reporting.reads.mailbox.list_refusals": lambda at, me: row_refusals.list_refusals(actor=me),
    "actions.reads.access_stuck_action": lambda at, me: access_stuck_action(at.stuck, actor=me),
    "reporting.reads.mailbox.access_report_in": lambda at, me: mailbox.access_report_in(
        at.waiting, at.report, actor=me
    ),
    "queue.reads.routing.questions_of": lambda at, me: policy_questions.questions_of(_case(at.waiting), actor=me),
    "queue.reads.routing.list_policy_questions": lambda at, me: (
        policy_questions.list_policy_questions(actor=me).waiting
    ),
    "queue.reads.routing.access_policy_question": lambda at, me: policy_questions.access_policy_question(
        at.question, actor=me
    ),
    "queue.reads.queue.list_queue": _queue,
    "queue.reads.queue.texts_of_rows": _row_texts,
    "queue.reads.queue.list_ticked": lambda at, me: queue.list_ticked([at.waiting], actor=me),
    "queue.reads.queue.list_skipped": lambda at, me: queue.list_skipped(actor=me),
    "queue.reads.queue.next_in_queue": _next,
    "queue.reads.queue.next_among": _among,
    "queue.reads.queue.list_own_votes": lambda at, me: queue.list_own_votes(actor=me),
    "cases.reads.history.access_earlier": _earlier,
    "cases.reads.history.earlier_of": lambda at, me: (
        earlier.earlier_of(_case(at.same_account), actor=me).strikes.strikes
    ),
    "cases.reads.decisions.strikes_of": lambda at, me: strikes.strikes_of(_case(at.same_account), actor=me).strikes,
    "signals.reads.ban_evasion.access_ban_evasion_match": lambda at, me: ban_evasion.access_ban_evasion_match(
        at.closed_resemblance, case_id=at.waiting, actor=me
    ),
    "signals.reads.ban_evasion.matches_of": lambda at, me: ban_evasion.matches_of(_case(at.beside), actor=me),
    "reporting.reads.set_aside.access_mark": lambda at, me: independent_sources.access_mark(
        at.mark, case_id=at.waiting, actor=me
    ),
    "reporting.reads.set_aside.access_reported": lambda at, me: independent_sources.access_reported(
        at.report, case_id=at.waiting, actor=me
    ),
    "reporting.reads.set_aside.access_senders_reports": lambda at, me: (
        set_aside.access_senders_reports(at.report, case_id=at.waiting, actor=me).rows
    ),
    "reporting.reads.set_aside.senders_reports": lambda at, me: (
        set_aside.senders_reports(Report.objects.get(pk=at.report), actor=me).rows
    ),
    "reporting.reads.set_aside.list_set_aside": lambda at, me: set_aside.list_set_aside(actor=me),
    "reporting.reads.set_aside.access_set_aside": lambda at, me: set_aside.access_set_aside(at.set_aside, actor=me),
    "signals.reads.at_a_glance.at_a_glance": lambda at, me: (
        at_a_glance.at_a_glance(_case(at.same_account), actor=me).over_time.all
        > Report.objects.filter(case=at.same_account).count()
    ),
    "reporting.reads.reporter_identity.access_identity": lambda at, me: reporter_identity.access_identity(
        at.report, IdentityReason.DANGER, actor=me
    ),
    "appeals.reads.statement.in_person_of": lambda at, me: reasons_in_person.in_person_of(
        _case(at.resolved), at.decision, actor=me
    ),
    "appeals.reads.statement.checks_to_release": lambda at, me: reasons_in_person.checks_to_release(actor=me),
    "operators.reads.escalation.list_letters": lambda at, me: escalation.list_letters(at.notice, actor=me),
    "operators.reads.escalation.access_escalation_notice": lambda at, me: escalation.access_escalation_notice(
        at.notice, actor=me
    ),
    "operators.reads.escalation.access_letter": lambda at, me: escalation.access_letter(at.letter, actor=me),
    "operators.reads.escalation.access_letter_file": lambda at, me: escalation.access_letter_file(at.letter, actor=me),
    "operators.reads.notices.list_operator_notices": _lists,
    "operators.reads.notices.list_of_actions": lambda at, me: notices.list_of_actions((at.notice_action,), actor=me),
    "operators.reads.notices.access_operator_notice": lambda at, me: notices.access_operator_notice(
        at.notice, actor=me
    ),
    "operators.reads.notices.access_data_case": lambda at, me: notices.access_data_case(at.waiting, actor=me),
    "signals.reads.pictures.matches_of": lambda at, me: [
        one
        for matches in picture_matches.matches_of(_case(at.beside), [at.pictures[1].evidence_id], actor=me).values()
        for one in matches
    ],
    "quality.reads.blind_review.open_to": lambda at, me: blind_review.open_to(me).exists(),
    "quality.reads.blind_review.untaken": lambda at, me: blind_review.untaken(me).exists(),
    "quality.reads.blind_review.begun_by": lambda at, me: blind_review.begun_by(me).exists(),
    "quality.reads.blind_review.has_next": lambda at, me: blind_review.has_next(me),
    "quality.reads.blind_review.golden_for": lambda at, me: blind_review.golden_for(me).exists(),
    "quality.reads.blind_review.access_task": lambda at, me: blind_review.access_task(at.task, actor=me),
    "quality.reads.blind_review.list_differences": lambda at, me: blind_review.list_differences(actor=me),
    "quality.reads.blind_review.list_golden": lambda at, me: blind_review.list_golden(actor=me),
    "authorities.reads.held_requests.list_held": lambda at, me: [
        row.cases for row in held_requests.list_held(actor=me)[0] if row.cases
    ],
    "authorities.reads.held_requests.access_held": lambda at, me: held_requests.access_held(at.held, actor=me).cases,
    "referrals.reads.list_referrals": _referrals,
    "referrals.reads.referral_duties": lambda at, me: referrals.referral_duties(me).exists(),
    "referrals.reads.access_referral": lambda at, me: referrals.access_referral(at.referral, actor=me),
    "reporting.reads.reopened_matters.repeat_of": _repeat,
    "queue.reads.search.search_cases": lambda at, me: (
        search.search_cases(SearchQuery(number=at.waiting), actor=me).rows
    ),
    "queue.reads.waiting.count_waiting": _counted,
    "actions.reads.case_alarms": lambda at, me: case_alarms.case_alarms(me, LAPSE_ALARMS).exists(),
    "actions.reads.list_case_alarms": lambda at, me: case_alarms.list_case_alarms(actor=me),
}

_REASONS: dict[str, tuple[str, ...]] = {
    "Of watches: their settings and counts, which name no case.": (
        "watch.reads.watches.number_of",
        "watch.reads.watches.state_of",
        "watch.reads.watches.list_watches",
        "watch.reads.watches.access_watch",
        "watch.reads.watches.cases_of",
        "watch.reads.watches.waiting_of",
        "watch.reads.watches.watches_to_start",
        "watch.reads.watches.watchable_platforms",
        "watch.reads.watches.backlogs_of",
        "watch.reads.queries.queried_watches",
        "watch.reads.queries.may_look_into_cases",
    ),
    "Of texts without account and case; one flagged in a category with a clearance goes to those who hold it.": (
        "watch.reads.people_sample.texts_open_to",
        "watch.reads.people_sample.held_judgements",
        "watch.reads.people_sample.access_sampled_text",
        "watch.reads.people_sample.words_of",
        "watch.reads.people_sample.count_texts_for",
        "watch.reads.people_sample.own_judged_since",
    ),
    "Of the release: contacts that it lists.": ("signals.reads.at_a_glance.never_keys",),
    "Of rules: shares and counts, which name no case.": (
        "watch.reads.people_sample.answers",
        "watch.reads.people_sample.sample_weeks",
        "watch.reads.people_sample.rule_measures",
        "watch.reads.people_sample.judged_parts",
        "watch.reads.people_sample.closed_parts",
        "watch.reads.people_sample.measures_of",
        "watch.reads.people_sample.precision_of",
        "watch.reads.people_sample.open_suspensions",
        "watch.reads.people_sample.list_suspensions",
        "watch.reads.watches.rules_off",
    ),
    "The worker asks, to file what waited for a judgement of the same words; nobody is shown it.": (
        "watch.reads.people_sample.judged_words",
        "watch.reads.people_sample.accounts_with_cases",
        "watch.reads.people_sample.opened",
    ),
    "Of accounts without a case, by two people and a reason.": (
        "watch.reads.lookups.list_lookups",
        "watch.reads.lookups.lookups_to_permit",
        "watch.reads.lookups.found_texts",
    ),
    "A request about one's own data: whoever lacks the clearance of a case behind it is refused (its tests).": (
        "privacy.reads.person_requests.list_requests",  # numbers, kinds and clocks
        "privacy.reads.person_requests.access_request",
        "privacy.reads.person_requests.refuse_uncleared_request",
        "privacy.reads.person_requests.refuse_uncleared_account",
        "privacy.reads.person_requests.requests_waiting",
        "privacy.reads.person_requests.count_overdue_requests",
        "privacy.reads.person_requests.request_by_code",
        "privacy.reads.holder_data.cases_about",
        "privacy.reads.holder_data.holder_data",
        "privacy.reads.holder_data.is_victim_first",
        "privacy.reads.holder_data.hash_of",
        "privacy.reads.holder_data.as_document",
        "privacy.reads.own_data.own_report",
        "privacy.reads.own_data.own_letter",
    ),
    "A breach: numbers of people, and the cases that somebody named; its list asks the clearance (test_breaches).": (
        "privacy.reads.breaches.list_breaches",
        "privacy.reads.breaches.access_breach",
        "privacy.reads.breaches.open_breaches",
        "privacy.reads.breaches.count_overdue_breaches",
        "privacy.reads.holder_data.count_concerned",
        "privacy.reads.holder_data.is_everybody_recorded",
        "privacy.reads.holder_data.concerned_people",
    ),
    "Their own: what an authority asked, what a sender sent, what an operator was asked, what a reporter filed.": (
        "authorities.reads.orders.list_requests",
        "authorities.reads.orders.access_request",
        "authorities.reads.orders.list_referrals",
        "authorities.reads.orders.list_platforms",
        "batches.reads.sender_of",
        "batches.reads.access_own_batch",
        "batches.reads.own_batch",
        "batches.reads.list_batches",
        "batches.reads.access_batch",
        "batches.reads.list_bad_rows",
        "batches.reads.refused_rows",
        "batches.reads.results",
        "people.reads.trusted_flaggers.list_flags",
        "reporting.reads.followed_reports.access_report",
        "reporting.reads.followed_reports.access_visited",
        "reporting.reads.followed_reports.wrong_length",
        "operators.reads.escalation.list_released",
        "operators.reads.escalation.notices_with_new_letters",
        "operators.reads.escalation.access_released",
        "operators.reads.escalation.access_opened_file",
        "authorities.reads.orders.list_orders",
        "authorities.reads.orders.access_order",
        "authorities.reads.orders.access_account",
        "authorities.reads.orders.list_signing_keys",
        "authorities.reads.orders.kind_of",
        "operators.reads.portal.list_notices",
        "operators.reads.portal.notices_waiting",
        "operators.reads.portal.has_opened_any",
        "operators.reads.portal.access_notice",
        "operators.reads.portal.access_opened",
        "operators.reads.portal.access_picture_of_notice",
        "operators.reads.portal.access_copy_of_notice",
        "operators.reads.portal.pictures_of_notice",
        "operators.reads.portal.opened_copy",
        "operators.reads.portal.access_notice_picture",
        "decisions.reads.access_hearing",
        "appeals.reads.statement.access_statement",
        "appeals.reads.statement.may_write_again",
        "cases.reads.letters.newest_statement",
        "referrals.reads.list_received",
        "referrals.reads.received_waiting",
        "referrals.reads.access_received",
        "referrals.reads.find_by_link",
        "referrals.reads.open_by_link",
        "reporting.reads.followed_reports.list_sent",
        "reporting.reads.followed_reports.access_sent",
        "webhooks.reads.list_endpoints",
        "webhooks.reads.access_endpoint",
        "webhooks.reads.list_deliveries",
    ),
    "Only cases that need no clearance are used for training.": (
        "quality.reads.blind_review.training_for",
        "quality.reads.blind_review.training_progress",
        "quality.reads.blind_review.access_training",
    ),
    "Auditors read every entry of the ledger and every look, so that nobody works unseen.": (
        "cases.reads.history.list_entries",
        "cases.reads.history.people_called",
        "quality.reads.access_log.list_access_log",
        "quality.reads.access_log.name_of",
    ),
    "One's own looks, and what one did: no more than the number that one had.": (
        "quality.reads.access_log.list_own_access_log",
    ),
    "What is public, or the exact counts from which a closed period is made public once, rounded.": (
        "figures.reads.closed_counts.installed_on",
        "figures.reads.closed_counts.published",
        "figures.reads.closed_counts.without_victims",
        "figures.reads.closed_counts.victims",
        "figures.reads.closed_counts.by_day",
        "figures.reads.closed_counts.by_category",
        "figures.reads.closed_counts.by_channel",
        "figures.reads.closed_counts.by_region",
        "figures.reads.closed_counts.children",
        "figures.reads.closed_counts.late",
        "figures.reads.closed_counts.became",
        "figures.reads.closed_counts.times",
        "figures.reads.closed_counts.appeals",
        "figures.reads.closed_counts.restorations",
        "figures.reads.closed_counts.referrals",
        "figures.reads.closed_counts.requests",
        "figures.reads.closed_counts.flagged",
    ),
    "Numbers of the whole installation without any case's number or name, for its supervisors and auditors.": (
        "quality.reads.blind_review.judgements",
        "quality.reads.blind_review.checked_cases",
        "quality.reads.access_log.waiting_alarms",
        "quality.reads.access_log.guessing_seen",
        "quality.reads.access_log.names_guessed_at",
        "actions.reads.alarm_delivery",
        "actions.reads.see_alarm_delivery",
        "actions.reads.late_messages",
        "actions.reads.unaddressed_alarms",
        "cases.reads.history.count_ledger_faults",
        "store.reads.published_state",
        "store.reads.newest_head",
        "store.reads.count_broken_promises",
        "store.reads.is_head_late",
        "cases.reads.history.count_verified_differences",
        "cases.reads.history.counted_invariants",
        "store.reads.is_witnessing_late",
        "store.reads.newest_stamp",
        "store.reads.published_stamp",
        "store.reads.is_stamp_late",
        "proofs.reads.see_published_ledger",
        "store.reads.lost_promises",
        "store.reads.count_published_problems",
        "actions.reads.count_set_aside",
        "actions.reads.failing_periodic_tasks",
        "actions.reads.faulty_platforms",
        "watch.reads.watches.faulty_watches",
        "actions.reads.list_faulty",
        "figures.reads.work_counts.see_overview",
        "reporting.reads.mailbox.count_held_back",
        "reporting.reads.mailbox.see_held_back",
        "cases.reads.history.see_ledger_status",
        "figures.reads.dashboard.app_names",
        "figures.reads.dashboard.counted_since",
        "figures.reads.dashboard.see_numbers",
        "figures.reads.dashboard.count_all",
        "figures.reads.closed_counts.count_periods",
        "figures.reads.closed_counts.case_counts",
        "figures.reads.closed_counts.outcomes",
        "figures.reads.closed_counts.time_to_decision",
        "figures.reads.closed_counts.time_to_closure",
        "figures.reads.closed_counts.appeal_counts",
        "figures.reads.closed_counts.requests_by_authority",
        "figures.reads.health.condition",
        "figures.reads.measures.last_check",
        "figures.reads.measures.reported_done",
        "figures.reads.measures.measures",
        "figures.reads.measures.reopened",
        "figures.reads.measures.temporary",
        "figures.reads.measures.restorations",
        "figures.reads.operator_counts.public_operators",
        "figures.reads.operator_counts.ask_facts",
        "figures.reads.operator_counts.times",
        "figures.reads.operator_counts.objections",
        "figures.reads.operator_counts.letters",
        "figures.reads.operator_counts.restored",
        "figures.reads.operator_counts.reopened_by_operator",
        "operators.reads.notices.count_for_us",
        "operators.reads.notices.count_overdue",
        "operators.reads.notices.see_mail",
        "actions.reads.list_silent",
        "actions.reads.count_silent",
        "actions.reads.list_stuck_platforms",
        "quality.reads.blind_review.access_quality",
        "quality.reads.blind_review.agreements",
        "quality.reads.blind_review.unchanged_shares",
        "queue.reads.routing.unseen_queues",
    ),
    "People, organisations, platforms, keys and settings: there is no case in them.": (
        "actions.reads.alarm_recipients",
        "quality.reads.access_log.own_alarm_address",
        "cases.reads.letters.code_delivery_channels",
        "people.reads.roster.cookie_name",
        "people.reads.roster.device_of",
        "people.reads.roster.new_cookie",
        "people.reads.roster.one_name",
        "queue.reads.routing.exposure_of",
        "queue.reads.routing.list_loads",
        "queue.reads.routing.may_be_given",
        "people.reads.trusted_flaggers.trusts",
        "people.reads.trusted_flaggers.public_flaggers",
        "people.reads.trusted_flaggers.list_flaggers",
        "people.reads.trusted_flaggers.access_flagger",
        "webhooks.reads.keys_of",
        "webhooks.reads.all_keys_of",
        "people.reads.api_keys.holder_may",
        "people.reads.api_keys.officer_by_key",
        "people.reads.api_keys.in_time",
        "people.reads.api_keys.hand_out",
        "people.reads.api_keys.spend_at_once",
        "people.reads.api_keys.list_keys",
        "people.reads.api_keys.list_possible_holders",
        "signals.reads.model_registry.list_models",
        "adoption.reads.list_adoptions",
        "adoption.reads.stored_pair",
        "adoption.reads.release_alarms",
        "adoption.reads.see_release_alarms",
        "quality.reads.access_log.digest_of",
        "quality.reads.access_log.is_of_an_earlier_day",
        "quality.reads.access_log.list_seals",
        "store.reads.clock_in_doubt",
        "store.reads.one_page",
        "store.reads.once",
        "store.reads.current_user",
        "operators.reads.register.list_operators",
        "operators.reads.register.access_register_entry",
        "operators.reads.register.access_entry_to_change",
        "operators.reads.register.access_commitment_to_end",
        "operators.reads.register.access_contact_to_dismiss",
        "people.reads.roster.preferences_of",
        "store.reads.listed_platforms",
        "store.reads.host_name",
        "store.reads.is_an_authoritys",
        "queue.reads.routing.skilled_people",
        "queue.reads.routing.people_to_assign",
        "queue.reads.routing.queues_of",
        "queue.reads.routing.queues_in_use",
        "people.reads.roster.status_of",
        "people.reads.roster.registration_status",
        "people.reads.roster.keeps_roster",
        "people.reads.roster.list_rosters",
        "people.reads.roster.access_officer",
        "people.reads.roster.registration_for",
        "people.reads.roster.organisation_to_invite_to",
        "people.reads.roster.list_colleagues",
        "people.reads.roster.list_team",
        "webhooks.reads.list_all_endpoints",
        "webhooks.reads.list_dead",
        "store.reads.number_of",
        "cases.reads.gate.access_self",
        "decisions.reads.speaker_of",
        "people.reads.api_keys.lacks_room",
        "reporting.reads.followed_reports.changed_since",
    ),
    "Of no row that is here: what was lost with a restoration, and whether the database was put back.": (
        "store.reads.mark_path",
        "store.reads.is_put_back",
        "store.reads.lost_by_receipt",
        "store.reads.lost_by_number",
        "store.reads.lost_by_code",
        "store.reads.recent_loss",
        "store.reads.losses",
    ),
    "A decoy is nobody's case; its alarm must reach everybody who watches.": (
        "quality.reads.access_log.list_alarms",
        "quality.reads.access_log.list_canaries",
    ),
    "What was held is proven by nobody and in no case; whoever telephones must read it.": (
        "authorities.reads.held_requests.held_body",
    ),
    "Nothing of a case that needs any clearance, for anybody.": ("queue.reads.search.similar_names",),
    "Part of a query, or of a list of numbers, that was narrowed to what the reader may see by whoever calls it.": (
        "actions.reads.alarms_that_matter",
        "actions.reads.due_of",
        "actions.reads.contradicted_verifications",
        "reporting.reads.mailbox.entries_without_end",
        "reporting.reads.mailbox.pending_holds",
        "reporting.reads.mailbox.open_refusals",
        "reporting.reads.mailbox.as_held",
        "reporting.reads.mailbox.acknowledged_rows",
        "referrals.reads.wrong_and_untold",
        "referrals.reads.mail_key",
        "queue.reads.waiting.has_answers",
        "signals.reads.at_a_glance.over_time",
        "cases.reads.gate.counted_as",
        "queue.reads.queue.rows_of",
        "cases.reads.decisions.decisions_in_force",
        "cases.reads.decisions.matches_in_force",
        "cases.reads.decisions.only_announced",
        "cases.reads.decisions.lifting_actions",
        "cases.reads.reports.is_lapsed",
        "cases.reads.reports.is_deleted",
        "cases.reads.reports.stored_originals_of",
        "privacy.reads.bindings.facts_of",
        "privacy.reads.bindings.holding",
        "privacy.reads.retention.owners",
        "privacy.reads.retention.state_of",
        "privacy.reads.retention.retention_of",
        "appeals.reads.statement.given_back",
        "appeals.reads.statement.may_write_again",
        "decisions.reads.new_statements_of",
        "cases.reads.reports.originals_of",
        "signals.reads.pictures.listed_signs",
        "operators.reads.portal.with_all",
        "operators.reads.portal.sealed_notices",
        "queue.reads.search.found_ids",
        "queue.reads.waiting.waiting_for",
        "queue.reads.waiting.front",
        "queue.reads.waiting.counting",
        "queue.reads.waiting.count_apart",
        "operators.reads.notices.notices_for_us",
        "queue.reads.waiting.not_at_work",
        "batches.reads.open_batches",
        "quality.reads.blind_review.has_lost_texts",
        "batches.reads.state_of",
        "cases.reads.reports.newest_locator",
    ),
    "Asks the clearance itself, or is that question.": (
        "store.reads.clearances_in_force",
        "store.reads.clearances_of",
        "store.reads.may_see",
        "store.reads.refuse_uncleared",
        "store.reads.visible_to",
        "store.reads.cleared_people",
        "operators.reads.escalation.may_see_letters",
        "cases.reads.reports.recorded_words",
    ),
    "Writes down that somebody looked.": ("store.reads.log_access", "store.reads.log_access_to_all"),
    "The numbers of cases that were taken to judge again, and not what they are.": (
        "cases.reads.case_view.taken_for_blind_review",
        "cases.reads.case_view.refuse_blind",
    ),
    "For machines, which show it to nobody.": ("cases.reads.history.waiting_entries",),
    "Counts people, and names none and no case.": ("quality.reads.blind_review.people_not_named",),
    "A moment of a key's owner that whoever calls it fetched.": (
        "store.reads.erased_at",
        "store.reads.erased_last",
        "store.reads.erased_of",
    ),
    "Of accounts that whoever calls it fetched, it names some again, by the actor's own cases.": (
        "cases.reads.case_view.case_kept_back",
        "cases.reads.case_view.cases_kept_back",
        "cases.reads.case_view.kept_back",
        "cases.reads.case_view.refuse_unread",
        "cases.reads.case_view.refused_cases",
        "cases.reads.case_view.to_read_first",
    ),
    "A search for a person names tables and numbers and never a word; two people start it, on record.": (
        "privacy.reads.own_data.search_everywhere",
        "privacy.reads.person_requests.list_person_searches",
        "reporting.reads.reporter_identity.identities_with",
    ),
    "What a platform sent and could not be used is in no case yet; supervisors alone open it.": (
        "actions.reads.access_set_aside",
    ),
    "Of a report's number that came from the case, which whoever calls it fetched.": (
        "reporting.reads.reporter_identity.named_reports",
        "reporting.reads.mailbox.consents_of",
    ),
    "Parts of the queries behind the figures: they count, and name no case.": (
        "figures.reads.work_counts.account_restorations",
        "figures.reads.work_counts.action_in_force",
        "figures.reads.work_counts.counted_cases",
        "figures.reads.work_counts.decision_times",
        "figures.reads.work_counts.formal_requests",
        "figures.reads.work_counts.open_appeals",
        "figures.reads.work_counts.percentiles",
        "figures.reads.work_counts.restored_within",
        "figures.reads.work_counts.restoring",
        "figures.reads.work_counts.spread",
        "figures.reads.work_counts.took",
        "figures.reads.work_counts.with_outcome",
    ),
    "Of a case that was fetched through its gate, and of that case alone.": (
        "cases.reads.case_view.is_overdue",
        "cases.reads.gate.related_records",
        "cases.reads.case_view.row_of",
        "cases.reads.case_view.takes_case",
        "cases.reads.history.is_open",
        "cases.reads.gate.has_voted",
        "cases.reads.gate.saw_earlier",
        "cases.reads.gate.may_vote",
        "cases.reads.gate.current_lease",
        "cases.reads.decisions.votes_to_settle",
        "cases.reads.history.history_of",
        "queue.reads.queue.own_vote",
        "reporting.reads.set_aside.sources_in",
        "queue.reads.routing.anyone_else_for",
        "signals.reads.pictures.pictures_of",
        "signals.reads.pictures.seen_pictures",
        "signals.reads.pictures.undoable_until",
        "signals.reads.pictures.access_picture",
        "appeals.reads.statement.pictures_of_appeal",
        "referrals.reads.referrals_of",
        "signals.reads.pictures.picture_states",
        "signals.reads.pictures.access_opened_copy",
        "signals.reads.pictures.opened_file",
        "signals.reads.pictures.access_request_letter",
        "queue.reads.routing.draft_of",
        "queue.reads.routing.place_of",
    ),
}
NO_PROBE = {name: why for why, names in _REASONS.items() for name in names}
