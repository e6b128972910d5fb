"""The second table of permissions: each route with an object, for somebody with the role but without a right to the
object.

A case in a closed queue is only for people with its clearance; notices belong to their operator, orders to their
officer, files to their sender, views to their maker. Each new route with an object must say here whose its objects are.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from tests.casework.operator_world import asked, make_operator
from tests.factories import CATEGORY, PLATFORM, World, in_review, new_request
from tests.web.console.conftest import Staff
from tests.web.console.frame.test_who_may_open_what import MATRIX

from jaga.authorities.models import Order, SigningKey
from jaga.authorities.verbs import orders as requests
from jaga.batches.verbs.batches import NewBatch, submit_batch
from jaga.cases.models.cases import Case
from jaga.core.actors import CLI, SYSTEM, Actor
from jaga.core.standard_webhooks import PrivateKey
from jaga.core.terms.outside import EscalationStage
from jaga.core.terms.people import Clearance, Role
from jaga.core.terms.reports import Danger
from jaga.operators.verbs import escalation
from jaga.people.verbs.api_keys import register_signing_key
from jaga.quality.models import AccessEvent, Alarm
from jaga.quality.verbs.canary_cases import NewCanaryCase, make_canary
from jaga.referrals.verbs import referrals, replies

Open = Callable[[Actor], Client]
OF_A_CASE = {name for name, (_, address, _) in MATRIX.items() if "{reference}" in address}
OWNED = {
    "notice": "notice",
    "open-notice": "notice",
    "answer-notice": "notice",
    "object-to-notice": "notice",
    "notice-picture": "notice",
    "open-notice-picture": "notice",
    "open-letter": "letter",
    "opened-letter-pdf": "letter",
    "order": "order",
    "order-csv": "order",
    "withdraw-order": "order",
    "answer-order": "order",
    "revoke-signing-key": "signing_key",
    "batch": "batch",
    "start-batch": "batch",
    "cancel-batch": "batch",
    "refused-rows": "batch",
    "batch-reports": "batch",
    "received-referral": "referral",
}
"""Routes whose object belongs to one person or organisation, and which of them below it is."""
OF_THE_HOUSE = {
    "confirm-legal-hold",
    "end-legal-hold",
    "watch",
    "start-watch",
    "stop-watch",
    "go-on-watch",
    "permit-account-lookup",
    "look-up-account",
    "sampled-text",
    "leave-sampled-text",
    "switch-rule-on",
    "acknowledge-alarm",
    "agree-to-preserve",
    "answer-by-hand",
    "answer-policy",
    "appeal",
    "appeal-ask",
    "appeal-check",
    "appeal-open-picture",
    "appeal-picture",
    "appeal-receipt",
    "appeal-rest",
    "appeal-words",
    "appoint-contact",
    "ask-again",
    "blind-review",
    "breach",
    "breach-close",
    "breach-concerned",
    "breach-scope",
    "breach-notice",
    "call-back",
    "campaign",
    "clarify-notice",
    "cluster",
    "colleague",
    "decide-model",
    "decide-objection",
    "decide-release",
    "describe-operator",
    "disable-webhook",
    "dismiss-contact",
    "drop-letter",
    "end",
    "end-clearance",
    "end-pledge",
    "export-made",
    "flagger",
    "give-clearance",
    "held",
    "held-call-back",
    "invite-officer",
    "invite-officer-again",
    "keeper",
    "leave-again",
    "letter",
    "letter-pdf",
    "letter-served",
    "lift-flagger",
    "lift-suspension",
    "note-difference",
    "officer",
    "operator",
    "operator-notice",
    "permit-person-search",
    "person-request",
    "person-request-answer",
    "person-request-check",
    "person-request-hand-over",
    "person-request-release",
    "person-request-take",
    "prepare-letter",
    "preserve-held",
    "record-check",
    "record-pledge",
    "redeliver-webhook",
    "referral",
    "reject-held",
    "release-held",
    "release-letter",
    "remove-officer",
    "renew-officer",
    "retry",
    "revoke-api-key",
    "send-held",
    "set-aside",
    "set-skills",
    "suspend-flagger",
    "suspend-officer",
    "tick",
    "training-case",
    "undo-set-aside",
    "withdraw-golden",
    "withdraw-notice",
}
"""The house's own work: everybody with the role may open any of them."""
SIGNS_OF_LIFE = {"lease", "draft", "exposure-beat"}
"""What an open case page sends by itself. It shows nothing of the case, so it leaves no look; opening the page did."""


def names_an_object(address: str) -> bool:
    """Whether the address has a number or name as a parameter."""
    return "{" in address or any(part.isdigit() for part in address.split("/"))


def test_each_route_with_an_object_says_whose_it_is() -> None:
    """A new route fails until its owner is declared here."""
    named = {name for name, (_, address, _) in MATRIX.items() if names_an_object(address)}
    assert named == OF_A_CASE | set(OWNED) | OF_THE_HOUSE
    assert not OF_THE_HOUSE & (OF_A_CASE | set(OWNED))


@pytest.fixture
def strangers(world: World, staff: Staff) -> dict[str, Any]:
    """One object of each kind, none of which belongs to anybody in `staff`."""
    notice = asked(world, make_operator())
    letter = escalation.prepare_letter(notice.pk, EscalationStage.ORDER, actor=world.supervisor)
    escalation.release_letter(letter, actor=world.supervisor)
    requests.file_request(new_request(), actor=world.officer)
    register_signing_key(PrivateKey.generate().public.text(), actor=world.officer)
    batch = submit_batch(
        NewBatch("laporan.csv", PLATFORM, CATEGORY), [b"akun,teks\n@satu:localhost,open BO\n"], actor=world.officer
    )
    referral = referrals.refer_at_once(
        in_review(account="@bahaya:localhost"),
        referrals.NewReferral(
            f"police_officers.{world.officer.organisation_id}", Danger.LIFE, "Mungkin ada orang yang ditahan."
        ),
        actor=world.reviewers[0],
    )
    replies.send_referral(referral, actor=SYSTEM)
    return {
        "notice": notice.number,
        "letter": letter,
        "order": Order.objects.get().pk,
        "signing_key": SigningKey.objects.get().pk,
        "batch": batch.batch_id,
        "referral": f"R{referral:06d}",
    }


def test_nobody_opens_what_belongs_to_others(strangers: dict[str, Any], staff: Staff, browser_of: Open) -> None:
    """With the role and a valid number of somebody else's object: 404."""
    wrong = []
    for role, actor in staff.by_role.items():
        client = browser_of(actor)
        for name, kind in OWNED.items():
            method, address, allowed = MATRIX[name]
            if role in allowed:
                filled = _with(address, strangers[kind])
                answer = getattr(client, method)(filled)
                if answer.status_code != 404:
                    wrong.append((role, name, filled, answer.status_code))
                cache.clear()
    assert wrong == []


def _with(address: str, number: object) -> str:
    """The address with the object's number as its first parameter."""
    parts = address.split("/")
    at = next(index for index, part in enumerate(parts) if part.startswith("{") or part.isdigit())
    return "/".join([*parts[:at], str(number), *parts[at + 1 :]])


def test_a_case_of_a_closed_queue_is_there_for_nobody_who_is_not_cleared(
    world: World, staff: Staff, browser_of: Open
) -> None:
    """No route that names the case finds it, and since it was not seen, no read is recorded. Auditors may read its
    history.
    """
    case_id = in_review()
    Case.objects.filter(pk=case_id).update(clearance=Clearance.CHILD_SAFETY)
    wrong = []
    for role in (Role.REVIEWER, Role.SUPERVISOR):
        client = browser_of(staff.by_role[role])
        for name in OF_A_CASE - {"find"}:
            method, address, allowed = MATRIX[name]
            if role in allowed:
                answer = getattr(client, method)(address.format(reference=f"K{case_id:06d}"))
                if answer.status_code != 404:
                    wrong.append((role, name, answer.status_code))
                cache.clear()
    assert wrong == []
    assert not AccessEvent.objects.filter(case=case_id).exists()
    assert browser_of(staff.by_role[Role.AUDITOR]).get(f"/console/cases/K{case_id:06d}/history/").status_code == 200


def test_a_canary_case_alarms_by_whichever_route_it_is_opened(world: World, staff: Staff, browser_of: Open) -> None:
    """A separate decoy for each case route, opened by somebody who may use the route."""
    clients = {role: browser_of(staff.by_role[role]) for role in (Role.SUPERVISOR, Role.REVIEWER)}
    silent = set()
    for number, name in enumerate(sorted(OF_A_CASE)):
        method, address, allowed = MATRIX[name]
        role = Role.SUPERVISOR if Role.SUPERVISOR in allowed else Role.REVIEWER
        if role not in allowed:
            continue
        made = make_canary(
            NewCanaryCase(PLATFORM, f"@umpan{number}:localhost", CATEGORY, "Laporan rekaan tentang akun ini."),
            actor=CLI,
        )
        getattr(clients[role], method)(address.format(reference=f"K{made:06d}"), follow=True)
        if not Alarm.objects.filter(case=made, person=staff.by_role[role].person_id).exists():
            silent.add(name)
        cache.clear()
    assert silent == SIGNS_OF_LIFE
