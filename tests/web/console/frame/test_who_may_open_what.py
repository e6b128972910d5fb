"""Every console route × every role × nobody. A route that is missing here fails the test."""

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client
from tests.casework.operator_world import asked, make_operator
from tests.factories import World, decided_closure, in_review, new_request, resolved_closure
from tests.web.console.conftest import Staff
from tests.web.weight import overweight

from jaga.actions.verbs import attempts
from jaga.app.console.urls import urlpatterns
from jaga.appeals.verbs import appeals
from jaga.authorities.verbs import disclosures
from jaga.authorities.verbs import orders as requests
from jaga.cases.models.decisions import Action, Decision
from jaga.cases.models.reports import AuthorityRequest
from jaga.core.actors import CLI, HOLDER, SYSTEM, Actor
from jaga.core.terms.cases import OutcomeKind
from jaga.core.terms.outside import EscalationStage
from jaga.core.terms.people import OrganisationKind, Role
from jaga.core.terms.reports import Danger
from jaga.operators.verbs import escalation
from jaga.people.models import Organisation, PersonRole
from jaga.people.verbs.people import create_organisation
from jaga.referrals.verbs import referrals
from jaga.store.codes import appeal_code
from jaga.store.kernel.ledger import append

R, S, ADMIN, AUDIT = Role.REVIEWER, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR
C, OFFICER = Role.CONTACT, Role.OFFICER
VOTERS = {R, S}
EVERYONE = set(Role)
FLAG = Role.FLAGGER
_A_PICTURE = {"Sec-Fetch-Dest": "image"}
SENDERS = {S, ADMIN, Role.OFFICER, FLAG}

# name → (method, address, who may open it). Anything but a refusal counts as opening.
MATRIX: dict[str, tuple[str, str, set[Role]]] = {
    "home": ("get", "/console/", EVERYONE),
    "second-factor": ("get", "/console/second-factor/", EVERYONE),
    "confirm": ("get", "/console/confirm/", EVERYONE),
    "factors": ("get", "/console/factors/", EVERYONE),
    "preferences": ("get", "/console/preferences/", EVERYONE),
    "add-totp": ("post", "/console/factors/app/", EVERYONE),
    "add-passkey": ("post", "/console/factors/passkey/", EVERYONE),
    "recovery-codes": ("get", "/console/factors/codes/", EVERYONE),
    "new-codes": ("post", "/console/factors/codes/new/", EVERYONE),
    "sessions": ("get", "/console/sessions/", EVERYONE),
    "remove-factor": ("post", "/console/factors/remove/", EVERYONE),
    "roster": ("get", "/console/roster/", {ADMIN}),  # and whoever keeps one: test_roster
    "invite-officer": ("post", "/console/roster/{organisation}/invite/", {ADMIN}),
    "officer": ("get", "/console/roster/people/{person}/", {ADMIN}),
    "call-back": ("post", "/console/roster/people/{person}/call-back/", {ADMIN}),
    "renew-officer": ("post", "/console/roster/people/{person}/renew/", {ADMIN}),
    "suspend-officer": ("post", "/console/roster/people/{person}/suspend/", {ADMIN}),
    "lift-suspension": ("post", "/console/roster/people/{person}/lift/", {ADMIN}),
    "keeper": ("post", "/console/roster/people/{person}/keeper/", {ADMIN}),
    "invite-officer-again": ("post", "/console/roster/people/{person}/invite-again/", {ADMIN}),
    "remove-officer": ("post", "/console/roster/people/{person}/remove/", {ADMIN}),
    "colleague": ("post", "/console/roster/own/{person}/", {ADMIN}),
    "flaggers": ("get", "/console/flaggers/", {S, ADMIN, AUDIT}),
    "flagger": ("get", "/console/flaggers/{flagger}/", {S, ADMIN, AUDIT}),
    "suspend-flagger": ("post", "/console/flaggers/{flagger}/suspend/", {S, ADMIN}),
    "lift-flagger": ("post", "/console/flaggers/{flagger}/lift/", {S, ADMIN}),
    "flags": ("get", "/console/flags/", {FLAG}),
    "flag": ("get", "/console/flags/new/", {FLAG}),
    "queue": ("get", "/console/queue/", VOTERS),
    "help": ("get", "/console/help/", EVERYONE),
    "training": ("get", "/console/training/", VOTERS),
    "training-case": ("get", "/console/training/1/", VOTERS),
    "policy-questions": ("get", "/console/policy-questions/", {*VOTERS, Role.POLICY}),
    "answer-policy": ("post", "/console/policy-questions/1/answer/", {Role.POLICY}),
    "ask-policy": ("post", "/console/cases/{reference}/ask-policy/", VOTERS),
    "ticked": ("get", "/console/queue/ticked/", VOTERS),
    "search": ("get", "/console/search/?q=bo", VOTERS),
    "palette": ("get", "/console/palette/?q=bo", EVERYONE),
    "team": ("get", "/console/team/", {S, ADMIN}),
    "set-skills": ("post", "/console/team/{person}/skills/", {S}),
    "give-clearance": ("post", "/console/team/{person}/clearance/", {S, ADMIN}),
    "end-clearance": ("post", "/console/team/clearances/1/end/", {S, ADMIN}),
    "assign": ("post", "/console/cases/{reference}/assign/", VOTERS),
    "unassign": ("post", "/console/cases/{reference}/unassign/", VOTERS),
    "snooze": ("post", "/console/cases/{reference}/snooze/", VOTERS),
    "ask-holder": ("post", "/console/cases/{reference}/ask-holder/", VOTERS),
    "unsnooze": ("post", "/console/cases/{reference}/lift/", VOTERS),
    "escalate": ("post", "/console/cases/{reference}/escalate/", VOTERS),
    "return-case": ("post", "/console/cases/{reference}/return/", {S}),
    "skip": ("post", "/console/cases/{reference}/skip/", VOTERS),
    "unskip": ("post", "/console/cases/{reference}/unskip/", VOTERS),
    "reroute": ("post", "/console/cases/{reference}/reroute/", VOTERS),
    "record-public-words": ("post", "/console/cases/{reference}/public-words/", VOTERS),
    "add-note": ("post", "/console/cases/{reference}/notes/", VOTERS),
    "votes": ("get", "/console/votes/", VOTERS),
    "pending": ("get", "/console/pending/", VOTERS),
    "undo": ("post", "/console/cases/{reference}/undo/", {S}),  # and its voters: test_pending
    "agree-to-preserve": ("post", "/console/preservations/1/agree/", VOTERS),
    "resume": ("post", "/console/cases/{reference}/resume/", {S}),
    "find": ("get", "/console/cases/?number={reference}", {R, S, AUDIT}),
    "case": ("get", "/console/cases/{reference}/", VOTERS),
    "take": ("post", "/console/cases/{reference}/take/", VOTERS),
    "hand-back": ("post", "/console/cases/{reference}/hand-back/", VOTERS),
    "lease": ("get", "/console/cases/{reference}/lease/", VOTERS),
    "draft": ("post", "/console/cases/{reference}/draft/", VOTERS),
    "take-over": ("post", "/console/cases/{reference}/take-over/", {S}),
    "decide": ("post", "/console/cases/{reference}/decide/", VOTERS),
    "preview": ("post", "/console/cases/{reference}/preview/", VOTERS),
    "voted": ("get", "/console/cases/{reference}/voted/", VOTERS),
    "ask": ("post", "/console/cases/{reference}/reports/1/ask/", VOTERS),
    "ask-consent": ("post", "/console/cases/{reference}/reports/1/consent/", VOTERS),
    "ask-officer": ("post", "/console/cases/{reference}/reports/1/ask-officer/", VOTERS),
    "read-messages": ("post", "/console/cases/{reference}/messages/read/", VOTERS),
    "history": ("get", "/console/cases/{reference}/history/", {R, S, AUDIT}),
    "link-account": ("post", "/console/cases/{reference}/accounts/", VOTERS),
    "unlink-account": ("post", "/console/cases/{reference}/accounts/1/remove/", VOTERS),
    "hand-over": ("post", "/console/cases/{reference}/decisions/1/letter/", {S}),
    "in-person": ("get", "/console/cases/{reference}/decisions/1/in-person/", VOTERS),
    "in-person-release": ("post", "/console/cases/{reference}/decisions/1/in-person/1/release/", {S}),
    "in-person-hand-over": ("post", "/console/cases/{reference}/decisions/1/in-person/1/hand-over/", VOTERS),
    "decide-match": ("post", "/console/cases/{reference}/matches/1/", VOTERS),
    "youth-check": ("post", "/console/cases/{reference}/youth-check/", VOTERS),
    "undo-youth-check": ("post", "/console/cases/{reference}/youth-check/undo/", VOTERS),
    "case-media": ("get", "/console/cases/{reference}/media/", VOTERS),
    "ask-media": ("post", "/console/cases/{reference}/media/ask/", VOTERS),
    "pictures": ("get", "/console/cases/{reference}/pictures/", VOTERS),
    "picture": ("get", "/console/cases/{reference}/pictures/1/", VOTERS),
    "open-picture": ("post", "/console/cases/{reference}/pictures/1/open/", VOTERS),
    "case-letter": ("post", "/console/cases/{reference}/letters/1/", VOTERS),
    "open-identity": ("post", "/console/cases/{reference}/reports/1/identity/", {S}),
    "sources": ("get", "/console/cases/{reference}/sources/", VOTERS),
    "mark-bad-faith": ("post", "/console/cases/{reference}/sources/reports/1/", VOTERS),
    "senders-reports": ("get", "/console/cases/{reference}/sources/reports/1/sender/", {S}),
    "set-reports-aside": ("post", "/console/cases/{reference}/sources/reports/1/set-aside/", {S}),
    "reports-set-aside": ("get", "/console/reports-set-aside/", {S}),
    "undo-set-aside": ("post", "/console/reports-set-aside/1/undo/", {S}),
    "withdraw-bad-faith": ("post", "/console/cases/{reference}/sources/marks/1/withdraw/", {S}),
    "earlier": ("get", "/console/cases/{reference}/earlier/", VOTERS),
    "labels": ("post", "/console/cases/{reference}/labels/", VOTERS),
    "postpone-retention": ("post", "/console/cases/{reference}/postpone/", VOTERS),
    "retention": ("get", "/console/retention/", {S, AUDIT}),
    "confirm-clock": ("post", "/console/retention/clock/", {S}),
    "legal-holds": ("get", "/console/legal-holds/", {S, ADMIN, AUDIT}),
    "confirm-legal-hold": ("post", "/console/legal-holds/1/confirm/", {S, ADMIN}),
    "end-legal-hold": ("post", "/console/legal-holds/1/end/", {S, ADMIN}),
    "watches": ("get", "/console/watches/", {S, ADMIN, AUDIT}),
    "watch-new": ("get", "/console/watches/new/", {S, ADMIN}),
    "campaigns": ("get", "/console/campaigns/", VOTERS),
    "campaign": ("get", "/console/campaigns/text/1/", VOTERS),
    "watch-query": ("get", "/console/watch-query/", {S, ADMIN, AUDIT}),
    "watch": ("get", "/console/watches/1/", {S, ADMIN, AUDIT}),
    "start-watch": ("post", "/console/watches/1/start/", {S, ADMIN}),
    "stop-watch": ("post", "/console/watches/1/stop/", {S, ADMIN}),
    "take-opt-out-back": ("post", "/console/account-lookups/read-again/", {S, ADMIN}),
    "go-on-watch": ("post", "/console/watches/1/go-on/", {S, ADMIN}),
    "sample": ("get", "/console/sample/", VOTERS),
    "take-sampled-text": ("post", "/console/sample/take/", VOTERS),
    "sampled-text": ("get", "/console/sample/1/", VOTERS),
    "leave-sampled-text": ("post", "/console/sample/1/leave/", VOTERS),
    "rules": ("get", "/console/rules/", {R, S, ADMIN, AUDIT, Role.POLICY}),
    "switch-rule-on": ("post", "/console/rules/1/switch-on/", {S, Role.POLICY}),
    "account-lookups": ("get", "/console/account-lookups/", {S, ADMIN, AUDIT}),
    "permit-account-lookup": ("post", "/console/account-lookups/1/permit/", {S, ADMIN}),
    "look-up-account": ("post", "/console/account-lookups/1/look-up/", {S, ADMIN}),
    "cluster": ("get", "/console/queue/copies/1/", VOTERS),
    "batches": ("get", "/console/batches/", SENDERS),
    "batch": ("get", "/console/batches/1/", SENDERS),
    "start-batch": ("post", "/console/batches/1/start/", SENDERS),
    "cancel-batch": ("post", "/console/batches/1/cancel/", SENDERS),
    "refused-rows": ("get", "/console/batches/1/refused.csv", SENDERS),
    "batch-reports": ("get", "/console/batches/1/reports.csv", SENDERS),
    "appeals": ("get", "/console/appeals/", VOTERS),
    "appeal": ("get", "/console/appeals/{appeal}/", VOTERS),
    "appeal-new": ("get", "/console/appeals/new/", VOTERS),
    "appeal-ask": ("post", "/console/appeals/{appeal}/ask/", VOTERS),
    "appeal-rest": ("post", "/console/appeals/{appeal}/rest/", {S}),
    "appeal-receipt": ("get", "/console/appeals/{appeal}/receipt/", VOTERS),
    "appeal-check": ("post", "/console/appeals/{appeal}/check/", VOTERS),
    "appeal-open-picture": ("post", "/console/appeals/{appeal}/pictures/1/open/", VOTERS),
    "appeal-words": ("post", "/console/appeals/{appeal}/words/", VOTERS),
    "appeal-picture": ("get", "/console/appeals/{appeal}/pictures/1/", VOTERS),
    "referrals": ("get", "/console/referrals/", VOTERS),
    "referral": ("get", "/console/referrals/{referral}/", VOTERS),
    "refer-at-once": ("get", "/console/cases/{reference}/refer/", VOTERS),
    "received": ("get", "/console/received/", {OFFICER}),
    "received-referral": ("get", "/console/received/{referral}/", {OFFICER}),
    "exports": ("get", "/console/exports/", {S}),
    "export-made": ("get", "/console/exports/{disclosure}/", {S}),
    "platform-faults": ("get", "/console/platforms/", {S, ADMIN}),
    "set-aside": ("get", "/console/platforms/set-aside/1/", {S}),
    "settle-set-aside": ("post", "/console/platforms/obrolan/settle/", {S}),
    "read-anew": ("post", "/console/platforms/obrolan/read-anew/", {S}),
    "stuck": ("get", "/console/stuck/", {S}),
    "retry": ("post", "/console/stuck/{action}/retry/", {S}),
    "send-held": ("post", "/console/stuck/letters/{hold}/send/", {S}),
    "retry-all": ("post", "/console/stuck/platforms/obrolan/retry/", {S}),
    "end": ("post", "/console/stuck/{action}/end/", {S}),
    "notices": ("get", "/console/notices/", {C}),
    "notice": ("get", "/console/notices/{notice}/", {C}),
    "open-notice": ("post", "/console/notices/{notice}/open/", {C}),
    "answer-notice": ("post", "/console/notices/{notice}/answer/", {C}),
    "notice-picture": ("get", "/console/notices/{notice}/pictures/1/", {C}),
    "open-notice-picture": ("post", "/console/notices/{notice}/pictures/1/open/", {C}),
    "object-to-notice": ("post", "/console/notices/{notice}/objection/", {C}),
    "operator-notices": ("get", "/console/operator-notices/", VOTERS),
    "operator-notice": ("get", "/console/operator-notices/{notice}/", VOTERS),
    "clarify-notice": ("post", "/console/operator-notices/{notice}/clarify/", VOTERS),
    "ask-again": ("post", "/console/operator-notices/{notice}/ask-again/", {S}),
    "withdraw-notice": ("post", "/console/operator-notices/{notice}/withdraw/", {S}),
    "record-check": ("post", "/console/operator-notices/{notice}/check/", VOTERS),
    "decide-objection": ("post", "/console/operator-notices/{notice}/objection/", VOTERS),
    "tick": ("post", "/console/operator-notices/{notice}/tick/", VOTERS),
    "answer-by-hand": ("post", "/console/operator-notices/{notice}/answer/", VOTERS),
    "prepare-letter": ("post", "/console/operator-notices/{notice}/escalation/warning_1/", {S}),
    "letter": ("get", "/console/operator-notices/letters/{letter}/", VOTERS),
    "release-letter": ("post", "/console/operator-notices/letters/{letter}/release/", {S}),
    "drop-letter": ("post", "/console/operator-notices/letters/{letter}/drop/", {S}),
    "letter-served": ("post", "/console/operator-notices/letters/{letter}/served/", {S}),
    "letter-pdf": ("get", "/console/operator-notices/letters/{letter}/pdf/", VOTERS),
    "open-letter": ("post", "/console/notices/letters/{letter}/open/", {C}),
    "opened-letter-pdf": ("get", "/console/notices/letters/{letter}/pdf/", {C}),
    "ask-for-data": ("get", "/console/cases/{reference}/data/", set()),  # nobody in an operator's installation
    "api-keys": ("get", "/console/api-keys/", {ADMIN}),
    "revoke-api-key": ("post", "/console/api-keys/1/revoke/", {ADMIN}),
    "webhooks": ("get", "/console/webhooks/", {ADMIN}),
    "disable-webhook": ("post", "/console/webhooks/1/disable/", {ADMIN}),
    "redeliver-webhook": ("post", "/console/webhooks/deliveries/1/redeliver/", {ADMIN}),
    "operators": ("get", "/console/operators/", {S, ADMIN, AUDIT}),
    "operator": ("get", "/console/operators/{operator}/", {S, ADMIN, AUDIT}),
    "describe-operator": ("post", "/console/operators/{operator}/describe/", {S, ADMIN}),
    "record-pledge": ("post", "/console/operators/{operator}/pledges/", {S, ADMIN}),
    "end-pledge": ("post", "/console/operators/{operator}/pledges/1/end/", {S, ADMIN}),
    "appoint-contact": ("post", "/console/operators/{operator}/contacts/", {S, ADMIN}),
    "dismiss-contact": ("post", "/console/operators/{operator}/contacts/1/dismiss/", {S, ADMIN}),
    "orders": ("get", "/console/orders/", {OFFICER}),
    "new-order": ("get", "/console/orders/new/", {OFFICER}),
    "order": ("get", "/console/orders/1/", {OFFICER}),
    "order-csv": ("get", "/console/orders/1/csv/", {OFFICER}),
    "withdraw-order": ("post", "/console/orders/1/withdraw/", {OFFICER}),
    "answer-order": ("post", "/console/orders/1/accounts/1/answer/", {OFFICER}),
    "signing-keys": ("get", "/console/signing-keys/", {OFFICER}),
    "revoke-signing-key": ("post", "/console/signing-keys/1/revoke/", {OFFICER}),
    "held-requests": ("get", "/console/held-requests/", {S}),
    "held": ("get", "/console/held-requests/1/", {S}),
    "held-call-back": ("post", "/console/held-requests/1/call-back/", {S}),
    "release-held": ("post", "/console/held-requests/1/release/", {S}),
    "reject-held": ("post", "/console/held-requests/1/reject/", {S}),
    "preserve-held": ("post", "/console/held-requests/1/accounts/1/preserve/", {S}),
    "calendar": ("get", "/console/calendar/", {S, ADMIN}),
    "overview": ("get", "/console/overview/", {S, ADMIN}),
    "dashboard": ("get", "/console/dashboard/", {S, ADMIN, AUDIT}),
    "exact-figures": ("get", "/console/dashboard/figures.csv", {S, ADMIN, AUDIT}),
    "exact-operators": ("get", "/console/dashboard/operators.csv", {S, ADMIN, AUDIT}),
    "quality": ("get", "/console/quality/", {R, S, AUDIT}),
    "take-again": ("post", "/console/quality/take/", VOTERS),
    "blind-review": ("get", "/console/quality/1/", VOTERS),
    "leave-again": ("post", "/console/quality/1/leave/", VOTERS),
    "note-difference": ("post", "/console/quality/1/note/", {S}),
    "mark-golden": ("post", "/console/quality/golden/", {S}),
    "withdraw-golden": ("post", "/console/quality/golden/1/withdraw/", {S}),
    "backtests": ("get", "/console/backtests/", {ADMIN}),
    "backtest": ("get", "/console/backtests/0123456789abcdef/", {ADMIN}),
    "models": ("get", "/console/models/", {S, ADMIN, AUDIT}),
    "decide-model": ("post", "/console/models/1/decide/", {S, ADMIN}),
    "policy-releases": ("get", "/console/policy/", {S, ADMIN, AUDIT}),
    "decide-release": ("post", "/console/policy/1/decide/", {S, ADMIN}),
    "ledger": ("get", "/console/ledger/", {AUDIT}),
    "access-log": ("get", "/console/access-log/", EVERYONE),
    "alarms": ("get", "/console/alarms/", {S, ADMIN}),
    "acknowledge-case-alarms": ("post", "/console/alarms/cases/", {S}),
    "alarm-address": ("post", "/console/alarms/address/", {S, ADMIN}),
    "acknowledge-alarm": ("post", "/console/alarms/1/acknowledge/", {S, ADMIN}),
    "canary-cases": ("get", "/console/canary-cases/", {ADMIN}),
    "person-searches": ("get", "/console/person-searches/", {S, ADMIN, AUDIT}),
    "permit-person-search": ("post", "/console/person-searches/1/permit/", {S, ADMIN}),
    "wellness": ("get", "/console/wellness/", VOTERS),
    "exposure-beat": ("post", "/console/cases/{reference}/exposure/", VOTERS),
    "person-requests": ("get", "/console/person-requests/", VOTERS),
    "person-request": ("get", "/console/person-requests/1/", VOTERS),
    "person-request-take": ("post", "/console/person-requests/1/take/", VOTERS),
    "person-request-check": ("post", "/console/person-requests/1/check/", VOTERS),
    "person-request-answer": ("post", "/console/person-requests/1/answer/", VOTERS),
    "person-request-release": ("post", "/console/person-requests/1/release/", {S}),
    "person-request-hand-over": ("post", "/console/person-requests/1/hand-over/", VOTERS),
    "breaches": ("get", "/console/breaches/", {S, ADMIN}),
    "breach-new": ("get", "/console/breaches/new/", {S, ADMIN}),
    "breach": ("get", "/console/breaches/1/", {S, ADMIN}),
    "breach-scope": ("post", "/console/breaches/1/scope/", {S, ADMIN}),
    "breach-concerned": ("post", "/console/breaches/1/concerned/", {S}),
    "breach-notice": ("post", "/console/breaches/1/notice/", {S, ADMIN}),
    "breach-close": ("post", "/console/breaches/1/close/", {S, ADMIN}),
}
OPEN_TO_ALL = {"sign-in", "sign-out", "invitation"}  # tested in test_sign_in, test_invitation


def test_every_route_is_in_the_matrix() -> None:
    """A new page must be added here."""
    routes = [route for package in urlpatterns for route in package.url_patterns]
    assert {route.name for route in routes} == set(MATRIX) | OPEN_TO_ALL


@pytest.fixture
def addresses(world: World) -> dict[str, object]:
    """An object for each parameter that an address can have."""
    filed = requests.file_request(new_request(wants_export=True), actor=world.officer)
    made = disclosures.make_export(AuthorityRequest.objects.get(report_id=filed.report_id).pk, actor=world.supervisor)
    closed = resolved_closure(world, account="@tutup:localhost")
    appeal = appeals.file_appeal(appeal_code(Decision.objects.get(case_id=closed).pk), "Itu bukan saya.", actor=HOLDER)
    stuck = Action.objects.get(decision__case_id=decided_closure(world, account="@macet:localhost"))
    attempts.mark_stuck(stuck.pk, OutcomeKind.REFUSED, actor=SYSTEM)
    case_id = in_review(account="@antre:localhost")
    notice = asked(world, make_operator())
    letter = escalation.prepare_letter(notice.pk, EscalationStage.ORDER, actor=world.supervisor)
    referral = referrals.refer_at_once(
        case_id,
        referrals.NewReferral("sapa_129", Danger.LIFE, "Mungkin ada orang yang ditahan."),
        actor=world.reviewers[0],
    )
    hold = append("hold_letters", {"decision": 1, "part": "report", "number": 1}, actor=SYSTEM, case_id=case_id)
    return {
        "hold": hold.pk,
        "action": stuck.pk,
        "reference": f"K{case_id:06d}",
        "appeal": appeal.pk,
        "disclosure": made.disclosure_id,
        "notice": notice.number,
        "letter": letter,
        "referral": f"R{referral:06d}",
        "operator": Organisation.objects.get(name="Operator Contoh").pk,
        "organisation": world.minister.organisation_id,
        "person": world.minister.person_id,
        "flagger": create_organisation("Pelapor Contoh", OrganisationKind.FLAGGER, actor=CLI).pk,
    }


def test_each_role_opens_exactly_its_own_pages(
    addresses: dict[str, object], staff: Staff, browser_of: Callable[[Actor], Client]
) -> None:
    """Other roles get 403, whatever object the address names. No page is heavier than an old phone's network bears.

    A refusal is asked for as a picture, which has no frame around it: the frame is most of the work, and one role's
    refusals are seen in it.
    """
    wrong: list[tuple[Role, str, int]] = []
    weights: dict[str, int] = {}
    for role, actor in staff.by_role.items():
        client = browser_of(actor)
        for name, (method, address, allowed) in MATRIX.items():
            framed = role in allowed or role is FLAG
            answer = getattr(client, method)(address.format(**addresses), headers=None if framed else _A_PICTURE)
            opened = answer.status_code != 403
            if opened != (role in allowed) or answer.status_code >= 500:
                wrong.append((role, name, answer.status_code))
            if opened and name not in weights:
                weights[name] = overweight(answer)
            cache.clear()
    assert wrong == []
    assert {name: weight for name, weight in weights.items() if weight} == {}


def test_each_page_opens_for_one_of_its_roles_and_for_no_other(
    addresses: dict[str, object], staff: Staff, browser_of: Callable[[Actor], Client]
) -> None:
    """A sample of the test above: each page for one role that may open it and one that may not, which take turns."""
    browsers = {role: browser_of(actor) for role, actor in staff.by_role.items()}
    wrong: list[tuple[Role, str, int]] = []
    for number, (name, (method, address, allowed)) in enumerate(MATRIX.items()):
        for may in (True, False):
            roles = [role for role in browsers if (role in allowed) is may]
            if not roles:
                continue
            role = roles[number % len(roles)]
            answer = getattr(browsers[role], method)(address.format(**addresses), headers=None if may else _A_PICTURE)
            if (answer.status_code != 403) is not may or answer.status_code >= 500:
                wrong.append((role, name, answer.status_code))
            cache.clear()
    assert wrong == []


@pytest.mark.parametrize("name", MATRIX)
def test_nobody_is_asked_to_sign_in_first(name: str, db: None, client: Client) -> None:
    """Without a session every page redirects to the sign-in, and none reveals whether the number exists."""
    method, address, _ = MATRIX[name]
    answer = getattr(client, method)(
        address.format(
            reference="K000001",
            appeal=1,
            disclosure=1,
            action=1,
            hold=1,
            notice="P000001",
            letter=1,
            operator=1,
            organisation=1,
            person=1,
            flagger=1,
            referral="R000001",
        )
    )
    assert answer.status_code == 302
    assert answer["Location"].startswith("/console/sign-in/")


@pytest.mark.parametrize(
    "address",
    [
        "/console/cases/K999999/",
        "/console/cases/K999999999999999999/",
        "/console/cases/?number=K9%00",
        "/console/cases/?number=abc",
        "/console/appeals/99999999999999999999999/",
        "/console/exports/999999/",
        "/console/queue/?after=nonsense&category=x&channel=y",
        "/console/queue/?after=2026-01-01T00:00:00.000000Z~-1",
    ],
)
def test_odd_addresses_are_answered_without_a_fault(
    address: str, staff: Staff, browser_of: Callable[[Actor], Client]
) -> None:
    """An unknown number gets 404 (a NUL 400); a broken filter is ignored."""
    answer = browser_of(staff.by_role[S]).get(address)
    assert answer.status_code == (200 if "queue" in address else 400 if "%00" in address else 404)


def test_a_role_that_was_taken_away_opens_nothing(
    world: World, staff: Staff, browser_of: Callable[[Actor], Client]
) -> None:
    """Roles are read at each request, not at sign-in."""
    client = browser_of(staff.by_role[R])
    assert client.get("/console/queue/").status_code == 200
    PersonRole.objects.filter(person_id=staff.by_role[R].person_id).delete()
    assert client.get("/console/queue/").status_code == 403


def test_pages_are_not_kept_by_caches(staff: Staff, browser_of: Callable[[Actor], Client]) -> None:
    """Case pages are not stored in the cache of a shared computer."""
    assert browser_of(staff.by_role[R]).get("/console/queue/")["Cache-Control"] == "no-store"
