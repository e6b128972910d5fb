"""One letter for every restriction: it tells somebody who controls a victim nothing that others do not get."""

from datetime import timedelta

import pytest
from tests.factories import World, decided_closure, in_review, observed, the_action, vote

from jaga.actions.verbs import verification
from jaga.actions.verbs.attempts import holder_text, open_tasks
from jaga.appeals.models import RestoredAccess
from jaga.appeals.reads.appeals import access_appeal
from jaga.appeals.reads.statement import access_statement
from jaga.appeals.verbs import appeals
from jaga.appeals.verbs.reasons import ask_for_reasons
from jaga.cases.models.cases import Case, Platform
from jaga.cases.models.decisions import Decision
from jaga.cases.verbs.letters import say_day, say_moment
from jaga.core.actors import HOLDER, SYSTEM
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import AccountState, DecisionKind
from jaga.core.terms.people import Language
from jaga.core.terms.reports import ReporterCapacity
from jaga.policy.limits import ACTIONABLE_CATEGORIES, INTIMATE_PICTURES, UNDERAGE_ACCOUNT
from jaga.store.codes import appeal_code, seal_secret

GIVEN_AWAY = (
    "paspor",
    "korban",
    "victim",
    "perdagangan",
    "traffick",
    "21/2007",
    "laporan",
    "report",
    "melanggar",
    "against the law",
    "fakta",
    "facts",
    "judi",
    "gambl",
    "pasal",
)


def restricted(world: World, category: str, account: str) -> Decision:
    """Two people (or one, if the policy allows it) decide to restrict the account for a month."""
    capacity = ReporterCapacity.PICTURED if category == INTIMATE_PICTURES else None
    case_id = in_review(category=category, account=account, text="Tolong diperiksa.", capacity=capacity)
    for reviewer in world.reviewers[:2]:
        if vote(case_id, DecisionKind.RESTRICT, reviewer, restrict_days=30).decision_ids:
            break
    return Decision.objects.get(case_id=case_id)


def masked(decision: Decision) -> str:
    """The letter without number, dates, code and app."""
    assert decision.ends_at
    text, _ = holder_text(the_action(decision.case_id).pk)
    until = decision.statement.appeal_until - timedelta(days=30)
    own = [decision.case.reference, appeal_code(decision.pk), decision.subject.platform.display_name]
    own += [say_moment(moment, language) for moment in (decision.decided_at, decision.ends_at) for language in Language]
    own += [say_day(until, language) for language in Language]
    for value in sorted(set(own), key=len, reverse=True):  # 31 December before 1 December, which is a part of it
        assert value in text
        text = text.replace(value, "…")
    return text


def test_a_gambling_and_a_victim_first_letter_differ_in_number_date_code_and_app_only(world: World) -> None:
    """In all categories with measures no letter says what it is about or how it was found."""
    letters = set()
    for number, category in enumerate(sorted(ACTIONABLE_CATEGORIES - {UNDERAGE_ACCOUNT})):
        Platform.objects.update(display_name=f"Obrolan {number}")
        with frozen(now() + timedelta(hours=number)):
            letters.add(masked(restricted(world, category, f"@akun-{number}:localhost")))
    (letter,) = letters
    for word in GIVEN_AWAY:
        assert word not in letter.lower(), word


def test_the_letter_says_what_until_when_where_and_who_helps(world: World) -> None:
    """In both languages and short, for closures too; with the same helplines for everybody."""
    case_id = decided_closure(world)
    text, key = holder_text(the_action(case_id).pk)
    decision = Decision.objects.get()
    for part in (
        "Akun Anda ditutup.",
        "Your account is closed.",
        "kecuali banding",
        "unless your appeal",
        "/appeal/",
        appeal_code(decision.pk),
        decision.case.reference,
        "Operator Contoh",
        "Obrolan Contoh",
        "110",
        "129",
        "sama untuk semua akun",
        "reads the same",
    ):
        assert part in text, part
    assert len(text) < 2200
    assert str(decision.pk) in key


@pytest.mark.parametrize("found_later", [False, True])
def test_a_victim_first_code_opens_what_was_done_and_an_appeal_and_nothing_else(
    world: World,
    found_later: bool,
) -> None:
    """Proposed or confirmed, and after the decision too: no reasons, no quotations, no account, no new password."""
    decision = restricted(world, "gambling" if found_later else "trafficking", "@mawar:localhost")
    if found_later:
        Case.objects.update(victim_first=True, victim_state="proposed")
    code = appeal_code(decision.pk)
    appeals.file_appeal(code, "Tolong, saya ditahan di mess dekat pelabuhan.", actor=HOLDER)
    held = access_statement(code)
    assert (held.reasons_kept, held.body_id, held.body_en, held.account, held.has_access) == (True, "", "", "", False)
    assert held.appeal is not None
    assert (held.appeal.text, held.appeal.reasons) == ("", "")
    for task in open_tasks(decision.case_id):
        verification.record_verification(task.action_id, observed(AccountState.RESTRICTED), actor=SYSTEM)
    appeal = decision.appeal
    assert access_appeal(appeal.pk, actor=world.reviewers[2]).reasons_kept
    appeals.decide_appeal(appeal.pk, overturn=True, reasons="Laporan itu keliru.", actor=world.reviewers[2])
    RestoredAccess.objects.create(
        decision=Decision.objects.get(overturns=decision), sealed=seal_secret("sandi"), created_at=now()
    )
    held = access_statement(code)
    assert held.appeal is not None
    assert (held.appeal.reasons, held.has_access) == ("", False)
    assert appeals.take_access(code, actor=HOLDER) is None
    assert RestoredAccess.objects.count() == 1


def test_outside_victim_first_the_code_opens_every_reason(world: World) -> None:
    """After a request, the holder in any other category reads facts, legal basis and how it was found."""
    code = appeal_code(restricted(world, "gambling", "@mawar:localhost").pk)
    assert access_statement(code).reasons_kept
    ask_for_reasons(code, actor=HOLDER)
    held = access_statement(code)
    assert not held.reasons_kept
    assert "Fakta: Iklan jasa terlihat" in held.body_id
    assert "laporan masyarakat" in held.body_id
