"""The sample that people judge: drawn by lot, judged blind by two, and rules that stop by it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from tests.roles import acting_as
from tests.sampling import LATER, MONDAY, NEXT, judge_all, judges, watched_week, watching
from tests.watching import LOUD, pair, seen

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Report
from jaga.core.actors import SYSTEM
from jaga.core.clock import frozen
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.observations import Deletion, ObservedBatch
from jaga.policy.release import load_release
from jaga.quality.models import Exposure
from jaga.queue.verbs.leases import RotationDue, count_text_exposure
from jaga.reporting.verbs.monitoring import flags_again
from jaga.store.models import LedgerEntry
from jaga.watch.models.kept import WatchSample
from jaga.watch.models.watches import RuleSuspension, SampledText, SampleJudgement, ScreenedCount
from jaga.watch.reads.people_sample import (
    access_sampled_text,
    count_texts_for,
    judged_parts,
    measures_of,
    rule_measures,
    sample_weeks,
)
from jaga.watch.verbs import people_sample, reading
from jaga.watch.verbs import people_sample as rule_suspensions
from jaga.watch.verbs import watches as expiry
from jaga.watch.verbs.people_sample import NO_OFFENCE, SampleSettled

CALM = "Sepeda masih ada? Bisa nego."
CATEGORY = "prostitution_advertising"
ONE_RULE = "Main slot gacor di sini"  # Flagged by one rule alone.
pytestmark = pytest.mark.usefixtures("world")


def test_the_smallest_tickets_of_each_part_are_drawn_once_and_the_same_every_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Counts hold all texts; candidates that were not flagged stay for their days; nothing is drawn in its own week."""
    quota = load_release().screening.sampled_flagged
    texts = [f"{LOUD} {at}" for at in range(quota + 5)] + [f"{CALM} {at}" for at in range(60)]
    watched_week(monkeypatch, texts)
    flagged = SampledText.objects.exclude(rule="")
    assert flagged.count() == quota
    assert {one.category for one in flagged} == {CATEGORY}
    assert SampledText.objects.filter(rule="").count() == load_release().screening.sampled_unflagged
    assert sum(ScreenedCount.objects.values_list("number", flat=True)) == len(texts)
    tickets = sorted(WatchSample.objects.filter(rule="").values_list("ticket", flat=True))
    drawn = sorted(SampledText.objects.filter(rule="").values_list("ticket", flat=True))
    assert drawn == tickets[: len(drawn)]
    entry = LedgerEntry.objects.get(verb="draw_people_sample")
    with frozen(NEXT + timedelta(days=1)):
        assert people_sample.draw_sample(actor=SYSTEM) == 0
    assert entry.payload["texts"] == len(drawn) + quota


def test_two_people_settle_a_text_without_knowing_of_its_flag_and_its_words_are_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody gets the same text twice, and a third one gets nothing that two agree on."""
    watched_week(monkeypatch, [LOUD, CALM])
    one, other, third = judges()
    with frozen(LATER):
        number = people_sample.take_text(actor=one)
        assert number == people_sample.take_text(actor=one)
        shown = access_sampled_text(number or 0, actor=one)
        assert shown.words in (LOUD, CALM)
        assert set(vars(shown)) == {"judgement_id", "words", "until"}
        with pytest.raises(NotFound):
            access_sampled_text(number or 0, actor=other)
        with pytest.raises(InvalidInput):
            people_sample.judge_text(number or 0, "politics", actor=one)
        with pytest.raises(NotPermitted):
            people_sample.take_text(actor=pair("obrolan")[1])
    assert judge_all([one, other], CATEGORY) == 4
    assert SampledText.objects.filter(outcome=CATEGORY).count() == 2
    with frozen(LATER):
        assert count_texts_for(third) == 0
        assert expiry.forget_samples() == 2
        (week,) = sample_weeks(actor=third)
        assert (week.drawn, week.settled, week.waiting, week.lapsed) == (2, 2, 0, 0)
    assert not Case.objects.exclude(reports__form="observation").exists()


def test_a_disagreement_goes_to_a_third_whose_answer_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until then nothing is settled, and the database settles nothing with one answer."""
    watched_week(monkeypatch, [LOUD])
    one, other, third = judges()
    judge_all([one], CATEGORY)
    text = SampledText.objects.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        SampledText.objects.filter(pk=text.pk).update(outcome=CATEGORY, settled_at=LATER)
    judge_all([other], NO_OFFENCE)
    text.refresh_from_db()
    assert text.settled_at is None
    with frozen(LATER):
        assert count_texts_for(one) == count_texts_for(other) == 0
    judge_all([third], NO_OFFENCE)
    text.refresh_from_db()
    assert text.outcome == NO_OFFENCE
    with pytest.raises(IntegrityError), transaction.atomic():
        SampleJudgement.objects.filter(text=text).update(answer=CATEGORY)


def test_a_text_left_or_held_too_long_goes_to_somebody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not come back to who left it; and a text that its source deleted is nobody's any more."""
    watched_week(monkeypatch, [LOUD])
    one, other, third = judges()
    with frozen(LATER):
        people_sample.leave_text(people_sample.take_text(actor=one) or 0, actor=one)
        assert people_sample.take_text(actor=one) is None
        held = people_sample.take_text(actor=other) or 0
        assert people_sample.take_text(actor=third)
    with frozen(LATER + timedelta(hours=25)):
        with pytest.raises(SampleSettled):
            people_sample.judge_text(held, NO_OFFENCE, actor=other)
        again = people_sample.take_text(actor=other)
        assert again == held
        with frozen(MONDAY):
            reading.take_in(
                watching(), ObservedBatch((), "d", deletions=(Deletion(f"${MONDAY.date()}-0"),)), actor=SYSTEM
            )
        with pytest.raises(SampleSettled):
            people_sample.judge_text(held, NO_OFFENCE, actor=other)
        assert sample_weeks(actor=one)[0].lapsed == 1


def test_texts_count_as_severe_and_the_limits_of_cases_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever they say: a weight by content would tell what a program thinks of it."""
    watched_week(monkeypatch, [LOUD, CALM])
    (one,) = judges(1)
    wellness = load_release().wellness
    for minute in range(0, wellness.rotation.after_minutes + 10, 10):
        with frozen(LATER + timedelta(minutes=minute)):
            count_text_exposure(actor=one)
    assert set(Exposure.objects.values_list("case", "severity")) == {(None, wellness.severe_from)}
    with frozen(LATER + timedelta(minutes=wellness.rotation.after_minutes + 1)), pytest.raises(RotationDue):
        people_sample.take_text(actor=one)


def test_precision_and_recall_by_rule_source_and_week(monkeypatch: pytest.MonkeyPatch) -> None:
    """All flagged texts are offences, and so are the unflagged ones: half is found."""
    watched_week(monkeypatch, [f"{LOUD} {at}" for at in range(5)] + [f"{CALM} {at}" for at in range(5)])
    one, other, _ = judges()
    judge_all([one, other], CATEGORY)
    with frozen(LATER):
        found = rule_measures(actor=one)
    assert found.total.precision is not None
    assert found.total.precision.value == 1
    assert found.total.recall is not None
    assert found.total.recall.value == pytest.approx(0.5)
    assert [len(part) for part in (found.rules, found.sources, found.weeks)] == [1, 1, 1]
    assert found.rules[0].recall == found.total.recall
    with frozen(NEXT - timedelta(days=1)):  # a week counts once it is over
        assert judged_parts() == []
    assert measures_of([]).total.precision is None


def wrong_rule(monkeypatch: pytest.MonkeyPatch, weeks: int = 3) -> str:
    """People find 30 flagged texts of one rule harmless, ten in each of three weeks; returns the rule."""
    people = judges(2)
    for week in range(weeks):
        start = MONDAY + timedelta(weeks=week)
        watched_week(monkeypatch, [f"{ONE_RULE} {week}-{at}" for at in range(10)], start)
        for person in people:  # a shift each, so that nobody reaches their limit
            judge_all([person], NO_OFFENCE, start + timedelta(days=7, hours=1))
    return SampledText.objects.exclude(rule="").values_list("rule", flat=True).distinct().get()


def test_a_rule_with_thirty_wrong_judgements_makes_no_more_cases_until_a_person_switches_it_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """End to end: filed before, not filed while it is off, filed again after; and only later draws count again."""
    end = MONDAY + timedelta(weeks=3, hours=2)
    rule = wrong_rule(monkeypatch)
    before = Report.objects.count()
    with frozen(end):
        assert rule_suspensions.suspend_wrong_rules(actor=SYSTEM) == 1
        assert rule_suspensions.suspend_wrong_rules(actor=SYSTEM) == 0
        row = RuleSuspension.objects.get()
        assert (row.rule, row.judged, row.right, row.alarm_only) == (rule, 30, 0, False)
        number, supervisor = watching(), pair("obrolan")[0]
        reading.take_in(number, ObservedBatch((seen(f"{ONE_RULE} malam", "$off"),), "c"), actor=SYSTEM)
        assert Report.objects.count() == before
        flagged = dict.fromkeys([ONE_RULE, LOUD], "gambling")
        assert [*flags_again(flagged, load_release())] == [LOUD]  # what `jaga take-in` files
        with pytest.raises(InvalidInput):
            rule_suspensions.switch_rule_on(row.pk, "ya", actor=supervisor)
        with pytest.raises(NotPermitted):
            rule_suspensions.switch_rule_on(row.pk, "Aturan sudah diperbaiki.", actor=pair("obrolan")[1])
        rule_suspensions.switch_rule_on(row.pk, "Aturan sudah diperbaiki.", actor=supervisor)
        with pytest.raises(rule_suspensions.SwitchedOnAlready):
            rule_suspensions.switch_rule_on(row.pk, "Aturan sudah diperbaiki.", actor=supervisor)
        reading.take_in(number, ObservedBatch((seen(f"{ONE_RULE} malam", "$on"),), "c"), actor=SYSTEM)
        assert Report.objects.count() == before + 1
        assert rule_suspensions.suspend_wrong_rules(actor=SYSTEM) == 0
    assert list(
        LedgerEntry.objects.filter(verb__in=("suspend_rule", "switch_rule_on"))
        .order_by("pk")
        .values_list("verb", flat=True)
    ) == ["suspend_rule", "switch_rule_on"]


def test_a_rule_about_possible_victims_only_alarms(monkeypatch: pytest.MonkeyPatch) -> None:
    """It files on. Twenty judged texts are too few for any rule."""
    monkeypatch.setattr(rule_suspensions, "looks_for_victims", lambda *_: True)
    wrong_rule(monkeypatch)
    with frozen(MONDAY + timedelta(weeks=2, hours=2)):
        assert rule_suspensions.suspend_wrong_rules(actor=SYSTEM) == 0
    with frozen(MONDAY + timedelta(weeks=3, hours=2)):
        assert rule_suspensions.suspend_wrong_rules(actor=SYSTEM) == 1
        assert RuleSuspension.objects.get().alarm_only
        before = Report.objects.count()
        reading.take_in(watching(), ObservedBatch((seen(f"{ONE_RULE} malam", "$on"),), "c"), actor=SYSTEM)
        assert Report.objects.count() == before + 1


def test_the_database_keeps_rules_about_victims_on() -> None:
    """Whatever a program does."""
    known = {
        "rule": "words:trafficking",
        "category": "trafficking",
        "judged": 40,
        "right": 1,
        "upper": 0.1,
        "line": 0.5,
        "policy_hash": load_release().hash,
        "suspended_at": LATER,
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        RuleSuspension.objects.create(alarm_only=False, **known)
    RuleSuspension.objects.create(alarm_only=True, **known)
    assert rule_suspensions.looks_for_victims("words:trafficking", "trafficking", load_release())


def test_web_server_and_worker_each_do_their_part_with_their_own_rights(
    database_roles: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker takes in, draws, stops rules and deletes words; the web server judges and switches on."""
    people, supervisor = judges(2), pair("obrolan")[0]
    with frozen(MONDAY):
        watching()  # started by two people
    with acting_as("worker"):
        watched_week(monkeypatch, [ONE_RULE, CALM])
    with acting_as("web"):
        assert judge_all(people, NO_OFFENCE) == 4
    with acting_as("worker"), frozen(LATER):
        assert expiry.forget_samples() == 2
        assert rule_suspensions.suspend_wrong_rules(actor=SYSTEM) == 0
        row = RuleSuspension.objects.create(
            rule="signs_of_gambling",
            category="gambling",
            alarm_only=False,
            judged=30,
            right=0,
            upper=0.12,
            line=0.5,
            policy_hash=load_release().hash,
            suspended_at=LATER,
        )
    with acting_as("web"), frozen(LATER):
        rule_suspensions.switch_rule_on(row.pk, "Aturan sudah diperbaiki.", actor=supervisor)
