"""The same words of many accounts: a few get a case, the others wait for what people decide about these."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from tests.factories import PLATFORM, World, vote
from tests.roles import acting_as
from tests.watching import pair, permitted, running, seen, take_in

from jaga.app.screening import take_in as file_reading
from jaga.app.screening.block_findings import Columns
from jaga.cases.models.cases import Case, Platform
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Evidence, Report
from jaga.core.actors import SYSTEM
from jaga.core.clock import frozen, now
from jaga.core.errors import NotFound
from jaga.core.observations import NamedMedia, Observation
from jaga.core.terms.cases import DecisionKind
from jaga.policy.release import load_release
from jaga.reporting.verbs.backlogs import give_back, is_open, progress_of, take_block
from jaga.signals.verbs.triage import triage_case
from jaga.store.grants import Part
from jaga.store.kernel.ledger_verification import verify_ledger
from jaga.store.kernel.sequencer import link_entries
from jaga.watch.jobs import file_waiting_texts
from jaga.watch.models.kept import FlaggedText, WatchFinding, WatchMedia
from jaga.watch.models.watches import WatchDay
from jaga.watch.verbs import waiting_texts
from jaga.watch.verbs import watches as expiry
from jaga.watch.verbs.watches import note_opt_outs, stop_watch

SITE = "main slot gacor di BOLAMAS88, depo 10rb langsung maxwin"
CASES, DAYS = load_release().screening.shared_words_cases or 0, load_release().screening.shared_words_days


def spread(accounts: Sequence[int], text: str = SITE, **changes: object) -> int:
    """Let these accounts publish it, each with another emoji and number at its end; how many were filed at once."""
    return len(
        take_in(
            PLATFORM,
            [
                seen(
                    f"{text} {'🔥' * (number % 3)}{number}",
                    f"${text[:9]}{number}",
                    f"@akun{number}:localhost",
                    **changes,
                )
                for number in accounts
            ],
        )
    )


def decide(kind: DecisionKind, world: World, most: int = CASES) -> None:
    """What people decide about the first cases, as far as it takes one or two of them."""
    for number in Case.objects.order_by("pk").values_list("pk", flat=True)[:most]:
        triage_case(number, actor=SYSTEM)
        for reviewer in world.reviewers[:2]:
            if not Decision.objects.filter(case=number).exists():
                vote(number, kind, reviewer)


def waiting() -> int:
    return WatchFinding.objects.filter(same_words__isnull=False).count()


def test_further_accounts_wait_and_get_their_cases_when_people_acted(
    world: World,
    database_roles: Mapping[Part, str],
) -> None:
    """As they were seen: text, place, account and pictures; counted, and found by its words in queries from then on."""
    picture = (NamedMedia("https://localhost/gambar.png"),)
    assert spread(range(CASES + 2), media=picture) == CASES
    assert spread([CASES + 5]) == 0
    assert len(take_in(PLATFORM, [seen(f"{SITE}!!", "$lagi", "@akun0:localhost")])) == 1, "it joins the open case"
    assert (waiting(), Case.objects.count(), WatchDay.objects.get().filed) == (3, CASES, CASES + 1)
    assert FlaggedText.objects.filter(case__isnull=True, words=[], same_words__isnull=True).count() == 3
    assert file_waiting_texts() == 0, "nobody has judged them"
    decide(DecisionKind.RESTRICT, world, most=1)
    with acting_as("worker"):
        assert file_waiting_texts() == 3
    assert (waiting(), Case.objects.count(), Evidence.objects.filter(kind="text").count()) == (0, CASES + 3, CASES + 4)
    late = Report.objects.select_related("subject", "finding").get(subject__account_id=f"@akun{CASES}:localhost")
    assert (late.published.startswith(SITE), late.place, late.finding.sealed) == (True, "Nongkrong", None)
    assert WatchMedia.objects.filter(report=late).count() == 1
    assert WatchDay.objects.get().filed == CASES + 4
    assert not FlaggedText.objects.filter(case__isnull=True).exists()
    assert spread([20, 21, 22]) == 3, "the words are known as an offence"
    assert file_waiting_texts() == 0
    while link_entries():
        pass
    assert verify_ledger().problems == ()


def test_of_words_that_people_dismissed_each_time_nothing_is_filed(world: World) -> None:
    """While one of the cases is undecided they wait; then they are findings without a case, and go with their days."""
    spread(range(CASES + 2))
    decide(DecisionKind.DISMISS, world, most=CASES - 1)
    assert (file_waiting_texts(), waiting()) == (0, 2)
    decide(DecisionKind.DISMISS, world)
    assert (file_waiting_texts(), waiting(), spread([30, 31])) == (0, 0, 0)
    assert file_waiting_texts() == 0
    with frozen(now() + timedelta(days=DAYS + 1)):
        assert file_waiting_texts() == 0
    assert Case.objects.count() == CASES
    with frozen(now() + timedelta(days=31)):
        expiry.forget_findings()
    assert not WatchFinding.objects.filter(report__isnull=True).exists()


def test_a_text_that_cannot_be_filed_holds_up_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again in the next round, and the rest of its portion is filed one by one."""
    spread(range(CASES + 3))
    decide(DecisionKind.RESTRICT, world, most=1)
    file = waiting_texts.file_flagged

    def refuses(platform: Platform, found: Sequence[tuple[Observation, str]], *more: Any, **others: Any) -> Any:
        if any(one.account_id == f"@akun{CASES + 1}:localhost" for one, _ in found):
            raise NotFound
        return file(platform, found, *more, **others)

    monkeypatch.setattr(waiting_texts, "file_flagged", refuses)
    assert (file_waiting_texts(), waiting()) == (2, 1)
    assert (file_waiting_texts(), waiting()) == (0, 1)
    monkeypatch.setattr(waiting_texts, "file_flagged", file)
    assert (file_waiting_texts(), waiting()) == (1, 0)


def test_without_a_judgement_all_get_their_cases_after_some_days(world: World) -> None:
    """After the end of the watch too; whoever asks not to be read has nothing that waits."""
    spread(range(CASES + 3))
    note_opt_outs(PLATFORM, [f"@akun{CASES}:localhost"])
    stop_watch(running(PLATFORM), "Tidak perlu lagi.", actor=pair(PLATFORM)[1])
    with frozen(now() + timedelta(days=DAYS, hours=-1)):
        assert file_waiting_texts() == 0
    with frozen(now() + timedelta(days=DAYS, hours=1)):
        assert file_waiting_texts() == 2
    assert not Case.objects.filter(subject__account_id=f"@akun{CASES}:localhost").exists()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("dicari ART 15 jt sebulan ke luar negeri, tanpa paspor bisa, berangkat besok, wa 0812-0000-1111", "victims"),
        ("open BO malam ini, wa 0812-0000-1{}", "another number"),
        ("open BO, https://wa.me/628120000{}", "another link"),
    ],
)
def test_what_never_waits(world: World, text: str, why: str) -> None:
    """Texts in which somebody may be a victim, and the same advert with another number to call."""
    found = [seen(text.format(100 + number), f"${number}", f"@akun{number}:localhost") for number in range(CASES + 2)]
    assert len(take_in(PLATFORM, found)) == CASES + 2, why
    assert waiting() == 0


def test_digits_in_the_address_of_a_picture_are_no_number_to_call(world: World) -> None:
    """Else each copy of a page that names its pictures by digits would be other words."""
    address = "https://situs.example/gambar/08/1234{}.jpg"
    assert spread(range(CASES + 2), f"{SITE} {address.format(5678)}") == CASES
    assert spread([60, 61], f"{SITE} {address.format(8765)}") == 0


def test_a_file_lets_the_same_words_wait_too(
    world: World,
    tmp_path: Path,
    database_roles: Mapping[Part, str],
) -> None:
    """Across blocks and files; their later reports are in the ledger, each by an entry of its own."""
    path = tmp_path / "arsip.jsonl"
    path.write_text(
        "\n".join(
            json.dumps({"id": f"m{number}", "account": f"@akun{number % 8}:localhost", "text": SITE})
            for number in range(10)
        )
    )
    backlog = file_reading.begin(path, permitted(path), Columns())
    while is_open(backlog) and (taken := take_block(backlog)) is not None:
        file_reading.do_block(path, backlog, taken, Columns())
        give_back(taken)
    done = progress_of(backlog)
    assert (done.flagged, done.filed, done.repeated, done.waiting) == (10, CASES, 2, 8 - CASES)
    decide(DecisionKind.RESTRICT, world, most=1)
    with acting_as("worker"):
        assert file_waiting_texts() == 8 - CASES
    assert sorted(Report.objects.values_list("reference", flat=True)) == [f"m{number}" for number in range(8)]
    assert file_waiting_texts() == 0
    while link_entries():
        pass
    assert verify_ledger().problems == ()


def test_no_row_says_words_of_an_account_without_a_case(world: World) -> None:
    """The database holds it, whatever a program does."""
    spread(range(CASES + 1))
    with connection.cursor() as cursor, pytest.raises(Exception, match="records_flagged_same_words_of_a_case"):
        cursor.execute("UPDATE records_flaggedtext SET same_words = 1 WHERE case_id IS NULL")
