"""In two categories only certain people can report, on every channel; nothing searches for them, no picture is
accepted.
"""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.factories import ACCOUNT, PNG, World, in_review, new_request, report, vote

from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case, Platform
from jaga.cases.models.reports import Report
from jaga.cases.verbs.evidence import Upload
from jaga.core.actors import CLI, PUBLIC, SYSTEM
from jaga.core.clock import now
from jaga.core.errors import InvalidInput
from jaga.core.platforms import InAppReport
from jaga.core.terms.cases import DecisionKind, Severity
from jaga.core.terms.people import OrganisationKind
from jaga.core.terms.reports import Channel, ReporterCapacity, ReportRoute
from jaga.decisions.verbs import voting
from jaga.decisions.verbs.interim_orders import may_restrict_at_once
from jaga.decisions.verbs.permitted import needs_second_person
from jaga.people.verbs.people import WHO_MAY, create_organisation
from jaga.policy import release
from jaga.policy.limits import INTIMATE_PICTURES, UNDERAGE_ACCOUNT, WHO_MAY_REPORT
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.reporting.verbs import handle_resolution as in_app
from jaga.reporting.verbs import mailbox
from jaga.reporting.verbs.monitoring import _flag
from jaga.screening.text.signals import Screened, TextSignal
from jaga.signals.verbs import image_hashes as hash_lists
from jaga.signals.verbs import model_training

C = ReporterCapacity
MAY = [(category, capacity) for category, who in WHO_MAY_REPORT.items() for capacity in sorted(who)]


def refused(**changes: Any) -> dict[str, str]:
    """The codes of the refusals of a report, by field; asserts that nothing was stored."""
    before = Report.objects.count()
    with pytest.raises(InvalidInput) as info:
        report(**changes)
    assert Report.objects.count() == before
    return {error.field: error.code for error in info.value.errors}


def closed_to_all_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    """A release that names no platform as high-risk."""
    now_in_force = load_release()
    categories = tuple(replace(one, only_on=()) if one.only_on is not None else one for one in now_in_force.categories)
    changed = replace(now_in_force, categories=categories)
    monkeypatch.setattr(release, "_shipped", lambda: changed)


@pytest.mark.parametrize("category", sorted(WHO_MAY_REPORT))
@pytest.mark.parametrize("said", [None, *C])
def test_the_form_takes_the_word_of_those_alone_who_may_say_it(world: World, category: str, said: C | None) -> None:
    """The person pictured, a guardian, a parent; nobody becomes an authority or a platform by claiming it."""
    may = said in WHO_MAY_REPORT[category] - {C.AUTHORITY, C.PLATFORM}
    if may:
        assert Report.objects.get(pk=report(category=category, capacity=said).report_id).capacity == said
    else:
        assert refused(category=category, capacity=said) == {"capacity": "not_yours_to_report"}


@pytest.mark.parametrize("category", sorted(WHO_MAY_REPORT))
def test_what_is_told_says_who_may_and_what_to_do(category: str) -> None:
    """The refusal says who may report and what others can do."""
    assert "guardian" in WHO_MAY[category]
    assert "tell" in WHO_MAY[category]


@pytest.mark.parametrize("category", sorted(WHO_MAY_REPORT))
def test_an_authority_is_one_by_its_own_door(world: World, category: str) -> None:
    """Its order needs a locator, and is refused with a picture."""
    basis = load_release().legal_bases_for(category, today(), OrganisationKind.MINISTRY)[0].key
    order = new_request(OrganisationKind.MINISTRY, category=category, legal_basis=basis, screenshots=())
    with pytest.raises(InvalidInput) as info:
        requests.file_request(replace(order, screenshots=(Upload(PNG),)), actor=world.minister)
    assert [(error.field, error.code) for error in info.value.errors] == [("screenshots", "not_here")]
    filed = requests.file_request(order, actor=world.minister)
    assert Report.objects.get(pk=filed.report_id).capacity == C.AUTHORITY


def test_a_platform_reports_by_its_own_key_and_about_its_own_accounts(world: World) -> None:
    """Another operator's key cannot report an account's age."""
    operator = Platform.objects.get(name=world.platform).operator_id
    other = create_organisation("Operator Lain", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    for organisation in (None, other.pk):
        assert refused(category=UNDERAGE_ACCOUNT, capacity=C.PLATFORM, organisation_id=organisation) == {
            "capacity": "not_yours_to_report"
        }
    filed = report(category=UNDERAGE_ACCOUNT, capacity=C.PLATFORM, organisation_id=operator)
    assert Report.objects.get(pk=filed.report_id).capacity == C.PLATFORM


@pytest.mark.parametrize(("category", "said"), MAY)
@pytest.mark.parametrize("channel", [Channel.FLAGGER, Channel.WATCH])
def test_neither_a_flagger_nor_a_watch_speaks_for_anybody(
    world: World, category: str, said: C, channel: Channel
) -> None:
    """Whatever capacity they claim."""
    assert refused(category=category, capacity=said, channel=channel) == {"capacity": "not_yours_to_report"}


@pytest.mark.parametrize("category", sorted(WHO_MAY_REPORT))
@pytest.mark.parametrize("given", [{"screenshots": (Upload(PNG),)}, {"device_hashes": ("0" * 64,)}])
def test_neither_a_picture_nor_its_fingerprint_is_taken(world: World, category: str, given: dict[str, Any]) -> None:
    """On no channel, even from those who may report."""
    assert refused(category=category, capacity=C.GUARDIAN, **given) == {next(iter(given)): "not_here"}


def test_no_picture_is_added_later_by_the_receipt(world: World) -> None:
    """The mailbox accepts words and links."""
    filed = report(category=INTIMATE_PICTURES, capacity=C.PICTURED)
    with pytest.raises(InvalidInput) as info:
        mailbox.add_evidence(filed.report_id, mailbox.NewEvidence(pictures=(Upload(PNG),)), actor=PUBLIC)
    assert [error.code for error in info.value.errors] == ["not_here"]


def test_under_age_is_reported_where_the_release_names_the_platform_alone(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Elsewhere it is refused on every channel; a case of an earlier release can only be dismissed."""
    case_id = in_review(category=UNDERAGE_ACCOUNT, capacity=C.PARENT)
    closed_to_all_platforms(monkeypatch)
    assert refused(category=UNDERAGE_ACCOUNT, capacity=C.PARENT, account="@lain:localhost") == {
        "category": "not_on_this_platform"
    }
    assert voting.allowed_decisions(Case.objects.get(pk=case_id), load_release()) == (DecisionKind.DISMISS,)


def test_what_a_button_inside_an_app_says_never_becomes_one_of_them(world: World) -> None:
    """An app's button cannot say who presses it, so such reports are filed under *other*, and none is lost."""
    seen = [
        InAppReport(str(number), ACCOUNT, "@pelapor:localhost", now(), reason=category, words="Tolong.")
        for number, category in enumerate(WHO_MAY_REPORT)
    ]
    assert in_app.take_reports(world.platform, seen, "1", actor=SYSTEM) == len(seen)
    assert set(Report.objects.values_list("category", flat=True)) == {"other"}


def test_nobody_looks_for_them(world: World) -> None:
    """No watch, no hash list, no trained model."""
    for category in WHO_MAY_REPORT:
        strong = TextSignal("rules", "0", category, 1.0, "sentence", 0, 1)
        assert _flag(Screened((strong,), 1.0, False), load_release()) is None
        with pytest.raises(InvalidInput):
            hash_lists.import_hash_list(hash_lists.NewHashList("daftar", "Badan Contoh", category, b""), actor=CLI)
        with pytest.raises(model_training.NoModelHere):
            model_training.learn_from_decisions(category, actor=world.supervisor)


def test_the_database_takes_no_report_that_nobody_may_make(world: World) -> None:
    """Even if a channel forgot to check."""
    filed = report(category=INTIMATE_PICTURES, capacity=C.PICTURED)
    for capacity in ("", "parent", "platform"):
        with pytest.raises(IntegrityError), transaction.atomic():
            Report.objects.filter(pk=filed.report_id).update(capacity=capacity)


def test_whoever_is_pictured_comes_first_and_two_people_decide_everything(world: World) -> None:
    """Four hours, the victims' queue; one person alone can neither restrict nor dismiss."""
    case = Case.objects.get(pk=in_review(category=INTIMATE_PICTURES, capacity=C.PICTURED, route=ReportRoute.VICTIM))
    assert (case.urgent, case.queue, case.severity, case.victim_first) == (True, "victims", Severity.HIGH, False)
    assert not may_restrict_at_once(case, load_release())
    first, second, _ = world.reviewers
    for kind in (DecisionKind.RESTRICT, DecisionKind.CLOSE, DecisionKind.DISMISS):
        assert needs_second_person(case, kind, load_release())
    assert not vote(case.pk, DecisionKind.RESTRICT, first, restrict_days=7).decision_ids
    assert vote(case.pk, DecisionKind.RESTRICT, second, restrict_days=7).decision_ids


def test_a_day_without_a_law_leaves_nothing_but_rejecting(world: World) -> None:
    """Nobody is judged by a law that did not exist yet."""
    case_id = in_review(category=INTIMATE_PICTURES, capacity=C.PICTURED, conduct_on=date(2005, 1, 1))
    assert voting.allowed_decisions(Case.objects.get(pk=case_id), load_release()) == (DecisionKind.DISMISS,)
