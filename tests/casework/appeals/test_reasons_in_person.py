"""Reasons, data and access in a victim-first case: given once by a named person after a check and a second person's
release.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.factories import FACTS, World, carry_through, in_review, make_world, vote

from jaga.actions.reads import list_case_alarms
from jaga.appeals.models import HolderCheck, RestoredAccess
from jaga.appeals.reads.statement import checks_to_release, in_person_of
from jaga.appeals.verbs import appeals
from jaga.appeals.verbs.reasons import (
    CheckedYourself,
    CheckWaits,
    NewCheck,
    NothingReleased,
    NotInPerson,
    ask_for_reasons,
    check_holder,
    hand_over_reasons,
    open_released,
    refuse_reasons,
    release_reasons,
)
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.cases.reads.case_view import view_of
from jaga.cases.verbs import case_alarms
from jaga.core.actors import HOLDER
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.platforms import Capabilities, Capability
from jaga.core.terms.cases import CaseAlarmKind, DecisionKind, HelpReach, HolderCheckKind, Step, VictimSay
from jaga.core.terms.people import Language
from jaga.decisions.models import CaseAlarm
from jaga.desk.cases.forms import DecisionFormData, decision_form
from jaga.store.codes import appeal_code, seal_secret
from jaga.store.key_store.store import Sealed
from jaga.store.models import LedgerEntry

ID = Language.INDONESIAN
SAID = "Dia bilang paspornya ditahan di ruko dekat pelabuhan."
TOLD = "Akun ini dibatasi karena dipakai menawarkan orang. Anda dapat mengajukan banding."


def restricted(world: World, **changes: Any) -> Decision:
    """Two people confirmed a possible victim and restricted the account."""
    case_id = in_review(**{"text": SAID, "category": "trafficking", **changes})
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.RESTRICT, reviewer, victim=VictimSay.CONFIRM)
    return Decision.objects.get(case_id=case_id)


def new(**changes: Any) -> NewCheck:
    return NewCheck(
        **{
            "kind": HolderCheckKind.IN_PERSON,
            "how": "Bertemu sendirian di kantor, KTP dilihat.",
            "explanation": TOLD,
            **changes,
        }
    )


def faults(decision: Decision, world: World, **changes: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        check_holder(decision.pk, new(**changes), actor=world.reviewers[0])
    return {error.field: error.code for error in caught.value.errors}


def test_a_checked_holder_gets_what_a_second_person_released_once_on_paper(world: World) -> None:
    """The page is unchanged; the sheet has measure, law and the written text, and nothing of the report."""
    decision = restricted(world)
    check = check_holder(decision.pk, new(), actor=world.reviewers[2])
    with pytest.raises(NothingReleased):
        hand_over_reasons(check, ID, actor=world.reviewers[2])
    (waiting,) = checks_to_release(actor=world.supervisor)
    assert (waiting.check_id, waiting.explanation, waiting.mine) == (check, TOLD, False)
    release_reasons(check, actor=world.supervisor)
    assert checks_to_release(actor=world.supervisor) == ()
    with pytest.raises(NotPermitted):
        hand_over_reasons(check, ID, actor=world.supervisor)
    sheet = hand_over_reasons(check, ID, actor=world.reviewers[2])
    assert (sheet.explanation, sheet.account, sheet.measure) == (TOLD, "@mawar:localhost", "Akun Anda dibatasi.")
    assert sheet.law
    assert sheet.checked_by == "Tirta"
    for secret in (SAID, "paspor", "pelabuhan", "laporan", FACTS):
        assert secret not in repr(sheet), secret
    with pytest.raises(NothingReleased):
        hand_over_reasons(check, ID, actor=world.reviewers[2])
    assert open_released(appeal_code(decision.pk), ID, actor=HOLDER) is None
    verbs = list(LedgerEntry.objects.filter(case_ref=decision.case_id).order_by("id").values_list("verb", flat=True))
    assert verbs[-3:] == ["check_holder", "release_reasons", "hand_over_reasons"]
    (seen,) = in_person_of(Case.objects.get(), decision.pk, actor=world.reviewers[0]).checks
    assert seen.handed_at


def test_one_person_alone_gives_nothing(world: World) -> None:
    """Not even a supervisor can do both, by the verbs or by SQL."""
    decision = restricted(world)
    check = check_holder(decision.pk, new(), actor=world.supervisor)
    with pytest.raises(CheckedYourself):
        release_reasons(check, actor=world.supervisor)
    with pytest.raises(NotPermitted):
        release_reasons(check, actor=world.reviewers[0])
    for change in (
        {"released_by_id": world.supervisor.person_id, "released_at": now()},
        {"handed_at": now()},
        {"explanation": Sealed("k1:lain")},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            HolderCheck.objects.update(**change)


def test_what_is_told_repeats_nothing_of_a_report(world: World) -> None:
    """Words of a report, a body that the release does not list as verified, and empty checks are refused."""
    decision = restricted(world)
    assert faults(decision, world, explanation=f"Karena {SAID}") == {"explanation": "quotes_private"}
    assert faults(decision, world, how="KTP") == {"how": "missing"}
    assert faults(decision, world, explanation="") == {"explanation": "nothing"}
    body = HolderCheckKind.BODY
    assert faults(decision, world, kind=body) == {"service": "unknown"}
    assert faults(decision, world, kind=body, service="lpsk") == {"service": "unknown"}  # not verified
    assert faults(decision, world, service="sapa_129") == {"service": "unknown"}
    assert faults(decision, world, gives_access=True) == {"gives_access": "none"}
    check_holder(decision.pk, new(kind=body, service="sapa_129"), actor=world.reviewers[0])
    with pytest.raises(CheckWaits):
        check_holder(decision.pk, new(), actor=world.reviewers[0])


def test_a_refusal_and_a_week_end_it(world: World) -> None:
    """After a refusal or a week a new check is necessary."""
    decision = restricted(world)
    first = check_holder(decision.pk, new(), actor=world.reviewers[0])
    with pytest.raises(InvalidInput):
        refuse_reasons(first, "tidak", actor=world.supervisor)
    refuse_reasons(first, "Tidak jelas siapa yang datang.", actor=world.supervisor)
    with pytest.raises(NothingReleased):
        release_reasons(first, actor=world.supervisor)
    second = check_holder(decision.pk, new(), actor=world.reviewers[0])
    release_reasons(second, actor=world.supervisor)
    with frozen(now() + timedelta(days=8)):
        with pytest.raises(NothingReleased):
            hand_over_reasons(second, ID, actor=world.reviewers[0])
        check_holder(decision.pk, new(), actor=world.reviewers[0])


def test_a_new_password_is_handed_over_on_the_sheet_alone(world: World) -> None:
    """Never by the code or on the page; it is deleted when the sheet is opened. The appeal's answer is part of the
    data.
    """
    decision = restricted(world)
    code = appeal_code(decision.pk)
    carry_through(decision.case_id)
    appeals.file_appeal(code, "Tolong, saya tidak bisa masuk.", actor=HOLDER)
    appeals.decide_appeal(decision.appeal.pk, overturn=True, reasons="Pembatasan itu keliru.", actor=world.reviewers[2])
    RestoredAccess.objects.create(
        decision=Decision.objects.get(overturns=decision), sealed=seal_secret("sandi-baru"), created_at=now()
    )
    assert appeals.take_access(code, actor=HOLDER) is None
    assert faults(decision, world, gives_access=True, on_page=True) == {"on_page": "not_access"}
    check = check_holder(decision.pk, new(explanation="", gives_access=True, gives_data=True), actor=world.reviewers[0])
    release_reasons(check, actor=world.supervisor)
    sheet = hand_over_reasons(check, ID, actor=world.reviewers[0])
    assert (sheet.secret, sheet.explanation, sheet.law) == ("sandi-baru", "", "")
    assert (sheet.appeal_text, sheet.appeal_answer) == ("Tolong, saya tidak bisa masuk.", "Pembatasan itu keliru.")
    assert [one.what for one in sheet.data] == ["Akun Anda dibatasi."]
    assert not RestoredAccess.objects.exists()


def test_only_where_the_holder_wants_it_the_page_opens_once(world: World) -> None:
    """In that case nobody gets the sheet as well."""
    decision = restricted(world)
    code = appeal_code(decision.pk)
    check = check_holder(decision.pk, new(on_page=True), actor=world.reviewers[0])
    assert open_released(code, ID, actor=HOLDER) is None
    release_reasons(check, actor=world.supervisor)
    with pytest.raises(NothingReleased):
        hand_over_reasons(check, ID, actor=world.reviewers[0])
    sheet = open_released(code, ID, actor=HOLDER)
    assert sheet
    assert (sheet.explanation, sheet.secret) == (TOLD, "")
    assert open_released(code, ID, actor=HOLDER) is None


def test_elsewhere_the_page_gives_the_reasons(world: World) -> None:
    """In other cases reasons are given in person only if the holder wanted that."""
    case_id = in_review()
    vote(case_id, DecisionKind.RESTRICT, world.reviewers[0])
    decision = Decision.objects.get(case_id=case_id)
    with pytest.raises(NotInPerson):
        check_holder(decision.pk, new(), actor=world.reviewers[0])
    with pytest.raises(NotFound):
        check_holder(decision.pk + 1, new(), actor=world.reviewers[0])
    ask_for_reasons(appeal_code(decision.pk), actor=HOLDER)
    with pytest.raises(NotInPerson):
        check_holder(decision.pk, new(), actor=world.reviewers[0])


@pytest.mark.parametrize("days", [None, 90])
def test_a_restriction_of_a_possible_victim_has_an_end_within_thirty_days(world: World, days: int | None) -> None:
    """Enforced by the verbs and by the database, for proposed and confirmed victims."""
    case_id = in_review(text=SAID, category="trafficking")
    for say in (VictimSay.CONFIRM, None):
        with pytest.raises(InvalidInput):
            vote(case_id, DecisionKind.RESTRICT, world.reviewers[0], victim=say, restrict_days=days)
    decision = restricted(world, account="@lain:localhost")
    ends = decision.decided_at + timedelta(days=days) if days else None
    fields = {
        "case_id": decision.case_id,
        "subject_id": decision.subject_id,
        "kind": "restrict",
        "ends_at": ends,
        "policy_hash": decision.policy_hash,
        "decided_by_id": decision.decided_by_id,
        "seconded_by_id": decision.seconded_by_id,
        "decided_at": decision.decided_at,
    }
    with pytest.raises(IntegrityError, match="possible victim ends"), transaction.atomic():
        Decision.objects.create(**fields)


def test_half_of_its_time_somebody_is_reminded_once(world: World) -> None:
    """A supervisor sees the reminder in the console; it ends nothing, and disappears with the restriction."""
    decision = restricted(world)
    assert decision.ends_at
    assert case_alarms.raise_review_alarms() == 0
    half = decision.decided_at + (decision.ends_at - decision.decided_at) / 2
    with frozen(half + timedelta(minutes=1)):
        assert case_alarms.raise_review_alarms() == 1
        assert case_alarms.raise_review_alarms() == 0
        (seen,) = list_case_alarms(actor=world.supervisor)
        assert (seen.kind, seen.due_at, seen.case_id) == (
            CaseAlarmKind.RESTRICTION_REVIEW,
            decision.ends_at,
            decision.case_id,
        )
    with frozen(decision.ends_at + timedelta(minutes=1)):
        assert list_case_alarms(actor=world.supervisor) == ()
    assert CaseAlarm.objects.count() == 1


@pytest.mark.parametrize("reach", [HelpReach.NOTHING, HelpReach.READS, HelpReach.UNKNOWN])
def test_voters_are_told_whether_a_restricted_account_still_reaches_help(
    db: None,
    settings: Any,
    tmp_path: Any,
    reach: HelpReach,
) -> None:
    """As the adapter declares it; without a declaration it is unknown."""
    settings.JAGA_EVIDENCE = tmp_path
    steps = {step: Capability(True) for step in Step} | {Step.RESTRICT: Capability(True, help=reach)}
    make_world(Capabilities("synapse", steps))
    case = Case.objects.get(pk=in_review(text=SAID, category="trafficking"))
    (account,) = decision_form(view_of(case), DecisionFormData(), "").accounts
    assert account.account.help is reach
