"""A changed rule is tested on judged cases; only the ledger changes."""

from pathlib import Path

import pytest
from tests.casework.screening.test_account_context import ALL, released
from tests.factories import World, in_review, report, resolved_closure, vote

from jaga.cases.models.cases import Case, Signal
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI, SYSTEM
from jaga.core.errors import NotPermitted
from jaga.core.terms.cases import DecisionKind
from jaga.policy.release import load_release
from jaga.policy.trial import release_with
from jaga.signals.verbs import backtest, triage
from jaga.signals.verbs.account_context import contexts_of_reports
from jaga.store.models import LedgerEntry

RULE = """category: prostitution_advertising
branch: none
rules:
  - key: mine
    weight: 0.9
    mode: {mode}
    when: {{phrase: kata sandi}}
    reason: {{id: alasan, en: reason}}
    matches: [kata sandi]
    passes: [halo]
"""


def written(folder: Path, mode: str = "live") -> Path:
    file = folder / "mine.yaml"
    file.write_text(RULE.format(mode=mode))
    return file


def three_cases(world: World) -> tuple[int, int, int]:
    """One closed, one dismissed, one undecided, each with the word; the shipped list does not contain it."""
    closed = resolved_closure(world, account="@satu:localhost", published="kata sandi satu")
    dismissed = in_review(account="@dua:localhost", published="kata sandi dua", source="b")
    vote(dismissed, DecisionKind.DISMISS, world.reviewers[0])
    waiting = in_review(account="@tiga:localhost", published="kata sandi tiga", source="c")
    return closed, dismissed, waiting


def test_a_new_rule_is_measured_against_what_people_decided(world: World, tmp_path: Path) -> None:
    """Newly flagged texts with their words, precision and recall with intervals, and an entry in the ledger."""
    three_cases(world)
    before = list(Case.objects.order_by("pk").values_list("score", "rank_at")), Signal.objects.count()
    found = backtest.backtest(release_with(written(tmp_path)), days=1, actor=CLI)
    assert (found.cases, found.judged_for, found.judged_against) == (3, 1, 1)
    assert (found.newly_flagged, found.no_longer_flagged, found.before.flagged) == (3, 0, 0)
    assert found.after.precision is not None
    assert found.after.recall is not None
    assert found.after.precision[:3] == (1, 2, 0.5)
    assert found.after.recall[:3] == (1, 1, 1.0)
    assert found.after.precision.low < 0.5 < found.after.precision.high
    assert {example.judged for example in found.newly} == {True, False, None}
    assert {example.words for example in found.newly} == {("“kata sandi”",)}
    assert (list(Case.objects.order_by("pk").values_list("score", "rank_at")), Signal.objects.count()) == before
    entry = LedgerEntry.objects.get(verb="backtest_rules")
    assert (entry.actor, entry.payload["cases"], entry.case_ref) == ("cli", 3, None)
    assert "kata sandi" not in str(entry.payload)


def test_a_file_without_a_rule_flags_less(world: World, tmp_path: Path) -> None:
    """Texts that are no longer flagged are shown as well."""
    in_review(published="minat wa, open bo area kota")
    empty = tmp_path / "prostitution-advertising.yaml"
    empty.write_text(RULE.format(mode="live"))
    found = backtest.backtest(release_with(empty), days=1, actor=CLI)
    assert (found.newly_flagged, found.no_longer_flagged) == (0, 1)
    assert found.no_longer[0].before > found.no_longer[0].after
    assert "“open bo”" in found.no_longer[0].words[0]


def test_words_of_a_victim_first_case_stay_closed(world: World, tmp_path: Path) -> None:
    """The case counts, but its words are not printed."""
    Case.objects.filter(pk=in_review(published="kata sandi")).update(victim_first=True, victim_state="proposed")
    found = backtest.backtest(release_with(written(tmp_path)), days=1, actor=CLI)
    assert [example.words for example in found.newly] == [()]


def test_older_cases_are_left_out(world: World, tmp_path: Path) -> None:
    """Only the given period is read."""
    in_review(published="kata sandi")
    Report.objects.update(received_at="2020-01-01T00:00:00Z")
    assert backtest.backtest(release_with(written(tmp_path)), days=1, actor=CLI).cases == 0


def test_only_an_administrator_may_try(world: World, tmp_path: Path) -> None:
    """Reviewers see the cases of their queues, not all texts at once."""
    with pytest.raises(NotPermitted):
        backtest.backtest(release_with(written(tmp_path)), days=1, actor=world.reviewers[0])
    with pytest.raises(NotPermitted):
        backtest.shadow_counts(days=1, actor=world.supervisor)
    assert not LedgerEntry.objects.filter(verb__in=["backtest_rules", "count_shadow_rules"]).exists()


def test_a_shadow_rule_only_counts(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It produces neither signal nor priority; its count and people's decisions are shown."""
    release = release_with(written(tmp_path, "shadow"))
    monkeypatch.setattr(triage, "load_release", lambda: release)
    monkeypatch.setattr(backtest, "load_release", lambda: release)
    three_cases(world)
    assert not Signal.objects.exists()
    assert set(Case.objects.values_list("score", flat=True)) == {0.0}
    (one,) = backtest.shadow_counts(days=1, actor=CLI)
    assert (one.key, one.texts, one.cases, one.judged_for, one.judged_against) == ("mine", 3, 3, 1, 1)
    assert LedgerEntry.objects.filter(verb="count_shadow_rules").count() == 1


def test_rules_know_the_place_and_what_was_decided_before(world: World) -> None:
    """Platform, surface and decisions in force on the same account; nothing about the reporter."""
    resolved_closure(world, published="open bo, minat wa")
    report(published="lagi", source="b")
    triage.triage_case(Report.objects.latest("pk").in_case.pk, actor=SYSTEM)
    rows = list(Report.objects.select_related("subject__platform").order_by("pk"))
    first, *_, last = contexts_of_reports(rows, released(*ALL)).values()
    assert (last.platform, last.surface, last.decided) == (world.platform, "message", 1)
    assert first.age_days is None


def test_a_rules_signal_is_kept_with_all_its_places(world: World) -> None:
    """So the page can mark every word of it."""
    case_id = in_review(published="malam kak, open BO area kota, minat wa")
    signal = Signal.objects.get(case=case_id, source="rule", params__rule="offered_by_its_name")
    places = [tuple(map(int, one.split("-"))) for one in signal.params["places"].split()]
    assert len(places) > 1
    assert (signal.start, signal.end) == places[0]
    assert signal.version == load_release().hash
