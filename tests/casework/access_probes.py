"""How each public function of `jaga.records.access` that leads to a case is asked, and why the others need not be.

A probe gets the numbers of `closed_world` and an actor, and returns something truthy where it found a closed case.
"""

from collections.abc import Callable
from typing import Any

from tests.factories import PNG

from jaga.casework.evidence import seal
from jaga.core.actors import HOLDER, Actor
from jaga.core.clock import now
from jaga.core.terms import Clearance, CopyState, EvidenceKind, IdentityReason, YouthAnswer
from jaga.records import vault
from jaga.records.access import (
    appeal_pictures,
    calendar,
    case_alarms,
    clusters,
    commits,
    console,
    console_case,
    console_duties,
    console_mailbox,
    console_queue,
    console_strikes,
    console_traces,
    console_voices,
    graph,
    identities,
    in_person,
    ladder,
    operator_notices,
    picture_matches,
    preservations,
    quality,
    quarantine,
    referrals,
    repeats,
    search,
    shifts,
    waiting,
)
from jaga.records.access.search import SearchQuery
from jaga.records.models import Appeal, Case, PictureOpening, WorkingCopy, YouthCheck

Probe = Callable[[Any, Actor], Any]


def _case(number: int) -> Case:
    return Case.objects.get(pk=number)


def _lists(at: Any, me: Actor) -> list[object]:
    lists = operator_notices.list_operator_notices(actor=me)
    return [row for rows in vars(lists).values() for row in rows]


def _referrals(at: Any, me: Actor) -> list[object]:
    return [row for rows in vars(referrals.list_referrals(actor=me)).values() for row in rows]


def _calendar(at: Any, me: Actor) -> bool:
    seen = repr(calendar.see_calendar(actor=me))
    named = [f"{at.number} ·" in seen, at.letter_number in seen, _case(at.resolved).reference in seen]
    assert all(named) or not any(named), named
    return any(named)


def _queue(at: Any, me: Actor) -> list[int]:
    rows = console_queue.list_queue(console_queue.Wanted(), actor=me).rows
    return [row.case_id for row in rows if row.case_id not in at.open]


def _next(at: Any, me: Actor) -> bool:
    """With the open cases closed as well, only closed ones are left."""
    Case.objects.filter(pk__in=at.open).update(clearance=Clearance.CHILD_SAFETY)
    return console_queue.next_in_queue(actor=me) is not None


def _among(at: Any, me: Actor) -> bool:
    Case.objects.filter(pk__in=at.open).update(clearance=Clearance.CHILD_SAFETY)
    return console_queue.next_among((), but=0, lighter_only=False, actor=me) is not None


def _repeat(at: Any, me: Actor) -> bool:
    """What a case repeats may need a clearance that the case itself does not."""
    case = _case(at.same_account)
    case.repeats_id = at.waiting
    return repeats.repeat_of(case, actor=me) is not None


def _counted(at: Any, me: Actor) -> bool:
    return waiting.count_waiting(waiting.waiting_for(me)).number > len(at.open)


def _appeal_copy(at: Any, me: Actor) -> bytes:
    """Of a picture that this person has opened: that takes rows which no other probe needs."""
    case = Appeal.objects.get(pk=at.appeal).decision.case
    Case.objects.filter(pk=case.pk).update(victim_first=False, victim_state="none")
    picture = seal(case, None, EvidenceKind.SCREENSHOT, f"appeal-{at.appeal}-first-1", PNG, media="image/png",
                   actor=HOLDER)
    YouthCheck.objects.create(case=case, evidence=picture, person_id=me.person_id or 0, answer=YouthAnswer.NO_SIGN,
                              at=now())
    WorkingCopy.objects.create(evidence=picture, state=CopyState.MADE, sha256=vault.seal(b"drawn"), width=1, height=1,
                               made_at=now())
    PictureOpening.objects.create(case=case, evidence=picture, person_id=me.person_id or 0, at=now())
    return appeal_pictures.access_appeal_copy(at.appeal, picture.pk, actor=me)


PROBES: dict[str, Probe] = {
    "appeal_pictures.access_appeal_copy": _appeal_copy,
    "calendar.see_calendar": _calendar,
    "clusters.access_cluster": lambda at, me: clusters.access_cluster(at.cluster, actor=me),
    "clusters.has_copies": lambda at, me: clusters.has_copies(_case(at.beside), actor=me),
    "preservations.list_preservations": lambda at, me: preservations.list_preservations(actor=me),
    "commits.list_waiting": lambda at, me: commits.list_waiting(actor=me),
    "commits.last_action_of": lambda at, me: commits.last_action_of(me),
    "console.access_case": lambda at, me: console.access_case(at.waiting, actor=me),
    "console.access_open_case": lambda at, me: console.access_open_case(at.waiting, actor=me),
    "console.access_case_history": lambda at, me: console.access_case_history(at.waiting, actor=me),
    "console_case.others_of": lambda at, me: console_case.others_of(_case(at.same_account), actor=me),
    "console_duties.list_appeals": lambda at, me: console_duties.list_appeals(actor=me),
    "console_duties.access_appeal": lambda at, me: console_duties.access_appeal(at.appeal, actor=me),
    "console_duties.list_export_requests": lambda at, me: console_duties.list_export_requests(actor=me),
    "console_duties.access_disclosure": lambda at, me: console_duties.access_disclosure(at.disclosure, actor=me),
    "console_duties.list_stuck": lambda at, me: console_duties.list_stuck(actor=me),
    "console_duties.list_contradicted": lambda at, me: console_duties.list_contradicted(actor=me),
    "console_duties.access_stuck_action": lambda at, me: console_duties.access_stuck_action(at.stuck, actor=me),
    "console_mailbox.access_report_in": lambda at, me: console_mailbox.access_report_in(
        at.waiting, at.report, actor=me),
    "console_queue.list_queue": _queue,
    "console_queue.list_skipped": lambda at, me: console_queue.list_skipped(actor=me),
    "console_queue.next_in_queue": _next,
    "console_queue.next_among": _among,
    "console_queue.list_own_votes": lambda at, me: console_queue.list_own_votes(actor=me),
    "console_strikes.strikes_of": lambda at, me: console_strikes.strikes_of(
        _case(at.same_account), given=True, actor=me).strikes,
    "console_traces.access_resemblance": lambda at, me: console_traces.access_resemblance(
        at.closed_resemblance, case_id=at.waiting, actor=me),
    "console_traces.resemblances_of": lambda at, me: console_traces.resemblances_of(_case(at.beside), actor=me),
    "console_voices.access_mark": lambda at, me: console_voices.access_mark(at.mark, case_id=at.waiting, actor=me),
    "console_voices.access_reported": lambda at, me: console_voices.access_reported(
        at.report, case_id=at.waiting, actor=me),
    "graph.access_graph": lambda at, me: len(graph.access_graph(at.beside, steps=1, actor=me).nodes) > 1,
    "identities.access_identity": lambda at, me: identities.access_identity(
        at.report, IdentityReason.DANGER, actor=me),
    "in_person.in_person_of": lambda at, me: in_person.in_person_of(_case(at.resolved), at.decision, actor=me),
    "in_person.checks_to_release": lambda at, me: in_person.checks_to_release(actor=me),
    "ladder.list_letters": lambda at, me: ladder.list_letters(at.notice, actor=me),
    "ladder.access_ladder_notice": lambda at, me: ladder.access_ladder_notice(at.notice, actor=me),
    "ladder.access_letter": lambda at, me: ladder.access_letter(at.letter, actor=me),
    "ladder.access_letter_file": lambda at, me: ladder.access_letter_file(at.letter, actor=me),
    "operator_notices.list_operator_notices": _lists,
    "operator_notices.list_of_actions": lambda at, me: operator_notices.list_of_actions((at.notice_action,), actor=me),
    "operator_notices.access_operator_notice": lambda at, me: operator_notices.access_operator_notice(
        at.notice, actor=me),
    "operator_notices.access_data_case": lambda at, me: operator_notices.access_data_case(at.waiting, actor=me),
    "picture_matches.matches_of": lambda at, me: [one for matches in picture_matches.matches_of(
        _case(at.beside), [at.pictures[1].evidence_id], actor=me).values() for one in matches],
    "quality.open_to": lambda at, me: quality.open_to(me).exists(),
    "quality.golden_for": lambda at, me: quality.golden_for(me).exists(),
    "quality.access_task": lambda at, me: quality.access_task(at.task, actor=me),
    "quality.list_differences": lambda at, me: quality.list_differences(actor=me),
    "quality.list_golden": lambda at, me: quality.list_golden(actor=me),
    "quarantine.list_held": lambda at, me: [row.cases for row in quarantine.list_held(actor=me)[0] if row.cases],
    "quarantine.access_held": lambda at, me: quarantine.access_held(at.held, actor=me).cases,
    "referrals.list_referrals": _referrals,
    "referrals.count_referral_duties": lambda at, me: referrals.count_referral_duties(me),
    "referrals.access_referral": lambda at, me: referrals.access_referral(at.referral, actor=me),
    "repeats.repeat_of": _repeat,
    "search.search_cases": lambda at, me: search.search_cases(SearchQuery(number=at.waiting), actor=me).rows,
    "shifts.list_cards": lambda at, me: [card for card in shifts.list_cards(actor=me) if card.cases],
    "waiting.count_waiting": _counted,
    "case_alarms.count_case_alarms": lambda at, me: case_alarms.count_case_alarms(me),
    "case_alarms.list_case_alarms": lambda at, me: case_alarms.list_case_alarms(actor=me),
}

_REASONS: dict[str, tuple[str, ...]] = {
    "Their own: what an authority asked, what a sender sent, what an operator was asked, what a reporter filed.": (
        "authority.list_requests", "authority.access_request", "authority.list_referrals", "authority.list_platforms",
        "batches.sender_of", "batches.access_own_batch", "batches.own_batch", "batches.list_batches",
        "batches.access_batch", "batches.list_bad_rows", "batches.refused_rows", "batches.results",
        "flaggers.list_flags", "followed.access_report", "followed.access_visited", "ladder.list_released",
        "ladder.notices_with_new_letters", "ladder.access_released", "ladder.access_opened_file", "orders.list_orders",
        "orders.access_order", "orders.access_account", "orders.list_signing_keys", "orders.kind_of",
        "portal.list_notices", "portal.has_opened_any", "portal.access_notice", "portal.access_opened",
        "hearings.access_hearing",
        "public.access_statement", "one_letter.newest_statement", "referrals.list_received",
        "referrals.access_received",
        "referrals.find_by_link", "referrals.open_by_link", "sent_reports.list_sent", "sent_reports.access_sent",
        "webhooks.list_endpoints",
        "webhooks.access_endpoint", "webhooks.list_deliveries"),
    "Auditors read every entry of the ledger and every look, so that nobody works unseen.": (
        "console_ledger.list_entries", "looks_list.list_looks", "looks_list.name_of"),
    "One's own looks, and what one did: no more than the number that one had.": ("looks_list.list_own_looks",),
    "What is public, or the exact counts from which a closed period is made public once, rounded.": (
        "closed_counts.installed_on", "closed_counts.published", "closed_counts.without_victims",
        "closed_counts.victims", "closed_counts.by_day", "closed_counts.by_category", "closed_counts.late",
        "closed_counts.became", "closed_counts.times", "closed_counts.appeals", "closed_counts.restorations",
        "closed_counts.referrals",
        "closed_counts.requests", "closed_counts.flagged"),
    "Numbers of the whole installation without any case's number or name, for its supervisors and auditors.": (
        "agreement_units.judgements", "agreement_units.checked_cases", "alarms.waiting_alarms",
        "alarms.guessing_seen", "alarms.names_guessed_at",
        "alarm_messages.alarm_delivery", "alarm_messages.see_alarm_delivery", "alarm_messages.alarms_not_heard",
        "console_ledger.count_ledger_faults", "platform_health.count_set_aside", "platform_health.failing_rounds",
        "platform_health.faulty_platforms", "platform_health.list_faulty",
        "console_duties.see_overview",
        "console_ledger.see_ledger_status", "dashboard.see_numbers", "dashboard_counts.count_all",
        "figures.case_counts", "figures.outcomes", "figures.time_to_decision", "figures.time_to_closure",
        "figures.appeal_counts", "figures.requests_by_authority", "health.condition", "measures.last_look",
        "measures.said_done", "measures.measures", "measures.reopened", "measures.temporary", "measures.restorations",
        "operator_counts.public_operators", "operator_counts.ask_facts", "operator_counts.times",
        "operator_counts.objections", "operator_counts.letters", "operator_counts.restored",
        "operator_counts.reopened_by_operator", "operator_notices.count_for_us", "operator_notices.count_overdue",
        "operator_notices.see_mail", "platform_health.list_silent", "platform_health.count_silent",
        "platform_health.list_stuck_platforms", "quality.access_quality", "quality.agreements",
        "queues.unseen_queues"),
    "People, organisations, platforms, keys and settings: there is no case in them.": (
        "alarm_messages.alarm_recipients",
        "alarms.own_alarm_address", "code_ways.code_ways", "devices.cookie_name", "devices.device_of",
        "devices.new_cookie", "devices.one_name", "exposure.exposure_of", "exposure.list_loads",
        "exposure.may_be_given", "flaggers.trusts", "flaggers.public_flaggers", "flaggers.list_flaggers",
        "flaggers.access_flagger", "hooks.keys_of", "keys.holder_may", "keys.officer_by_key", "keys.in_time",
        "keys.hand_out", "keys.spend_at_once", "keys.list_keys", "keys.list_possible_holders", "learnt.list_models",
        "look_seals.digest_of", "look_seals.is_of_an_earlier_day", "look_seals.list_seals", "once.one_page",
        "once.once", "oneself.oneself", "operators.list_operators", "operators.access_register_entry",
        "operators.access_entry_to_change", "operators.access_commitment_to_end", "operators.access_contact_to_dismiss",
        "preferences.preferences_of", "public.listed_platforms", "public.host_name", "public.is_an_authoritys",
        "queues.skilled_people", "queues.queues_of", "queues.queues_in_use", "roster.standing_of", "roster.standing",
        "roster.keeps_roster", "roster.list_rosters", "roster.access_officer", "roster.registration_for",
        "roster.organisation_to_invite_to", "roster.list_colleagues", "team.list_team", "views.list_views",
        "webhooks.list_all_endpoints", "webhooks.list_dead", "console.number_of", "console.access_self",
        "commits.speaker_of", "search_sql.quoted", "keys.lacks_room", "news.changed_since"),
    "Of no row that is here: what was lost with a restoration, and whether the database was put back.": (
        "epochs.mark_path", "epochs.is_put_back", "epochs.lost_by_receipt", "epochs.lost_by_number",
        "epochs.lost_by_code", "epochs.recent_loss", "epochs.losses"),
    "A decoy is nobody's case; its alarm must reach everybody who watches.": (
        "alarms.list_alarms", "alarms.list_decoys"),
    "What was held is proven by nobody and in no case; whoever telephones must read it.": ("quarantine.held_body",),
    "Nothing of a case that needs any clearance, for anybody.": ("search.similar_names",),
    "Part of a query, or of a list of numbers, that was narrowed to what the reader may see by whoever calls it.": (
        "case_alarms.alarms_that_matter", "case_alarms.due_of", "referrals.wrong_and_untold", "referrals.mail_key",
        "console_mailbox.has_answers", "console_queue.rows_of", "in_force.decisions_in_force",
        "in_force.standing_resemblances", "in_force.only_told", "in_force.lifting_actions", "originals.is_lapsed",
        "public.given_back", "commits.unheard_of", "originals.originals_of",
        "picture_matches.listed_signs",
        "portal.with_all", "portal.sealed_notices", "search_sql.found_ids", "waiting.waiting_for", "waiting.front",
        "waiting.not_at_work", "batches.open_batches", "batches.state_of", "console_case.newest_locator"),
    "Asks the clearance itself, or is that question.": (
        "clearance.clearances_in_force", "clearance.clearances_of", "clearance.may_see", "clearance.refuse_uncleared",
        "clearance.visible_to", "clearance.cleared_people", "ladder.may_see_letters", "public_words.recorded_words"),
    "Writes down that somebody looked.": ("looks.look", "looks.look_all"),
    "The numbers of cases that were taken to judge again, and not what they are.": (
        "blind.judged_blind", "blind.refuse_blind"),
    "For machines, which show it to nobody.": ("console_ledger.waiting_entries",),
    "What a platform sent and could not be used is in no case yet; supervisors alone open it.": (
        "platform_health.access_set_aside",),
    "Of a report's number that came from the case, which whoever calls it fetched.": (
        "identities.named_reports", "console_mailbox.consents_of"),
    "Of a case that was fetched through its gate, and of that case alone.": (
        "beside.beside", "console.has_voted", "console.may_vote", "console.current_lease",
        "console_case.votes_to_settle", "console_ledger.history_of", "console_queue.own_vote",
        "console_voices.voices_in", "exposure.anyone_else_for", "pictures.pictures_of", "pictures.seen_pictures",
        "pictures.access_picture", "appeal_pictures.pictures_of_appeal", "referrals.referrals_of",
        "pictures.access_opened_copy", "pictures.access_request_letter", "presence.watchers_of", "presence.draft_of",
        "routing.place_of"),
}
NO_PROBE = {name: why for why, names in _REASONS.items() for name in names}
