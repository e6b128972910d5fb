"""One line of the queue: what the case is about, and why it stands where it stands."""

import re
from collections.abc import Callable
from datetime import timedelta

from django.test import Client
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st
from tests.factories import World, in_review, report

from jaga.cases.models.cases import Case, Subject
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.terms.cases import Severity
from jaga.core.terms.people import Language
from jaga.core.terms.reports import TextKind
from jaga.quality.models import Exposure
from jaga.queue.reads.queue import list_queue, texts_of_rows
from jaga.queue.reads.waiting import QueueFilter
from jaga.signals.verbs import triage
from jaga.web.frame.notice_words import moved
from jaga.web.frame.sections import LINE, beginning

Browser = Callable[[Actor], Client]
ADVERT = "open BO, nego, tarif jelas"


@given(st.text(max_size=300), st.lists(st.tuples(st.integers(0, 320), st.integers(0, 320)), max_size=6))
def test_a_line_holds_eighty_characters_and_a_hit_if_there_is_one(text: str, spans: list[tuple[int, int]]) -> None:
    """Any text, any spans: never longer, never a character that turns the direction, and a hit is always in sight."""
    pieces = beginning(text, spans)
    shown = "".join(one.text for one in pieces)
    assert len(shown) <= LINE + 4
    assert not re.search("[\u202a-\u202e\u2066-\u2069\n\r]", shown)
    hits = [(start, min(end, len(text))) for start, end in spans if start < min(end, len(text))]
    assert any(one.marked for one in pieces) == bool(hits)


def test_a_text_begins_at_its_beginning_and_a_late_hit_is_shown_with_what_is_before_it() -> None:
    """The first eighty characters; only where no hit is in them, the part around the first hit."""
    early = beginning(f"{ADVERT} {'x' * 90}", [(0, 7), (3, 9)])
    assert [(one.text, one.marked) for one in early[:2]] == [("open BO, ", True)] or early[0].marked
    assert "".join(one.text for one in early) == f"{ADVERT} {'x' * 53} …"
    late = beginning("x" * 200 + "hit" + "y" * 10, [(200, 203)])
    assert [(one.text, one.marked) for one in late] == [
        ("… ", False),
        ("x" * 20, False),
        ("hit", True),
        ("y" * 10, False),
    ]


def test_hours_are_short_and_signed() -> None:
    """Towards the front is minus; whole hours have no decimals."""
    with override("en"):
        assert [moved(timedelta(hours=h), places=1) for h in (-12, -9.51, 0, 24, 20)] == [
            "−12 h",
            "−9.5 h",
            "±0 h",
            "+24 h",
            "+20 h",
        ]


def test_a_row_says_what_a_case_is_about_and_each_term_that_moved_it(world: World, browser_of: Browser) -> None:
    """The published text with the strongest finding, marked; score and harm with their hours, which make the order."""
    case_id = in_review(published=ADVERT)
    report(text="Saya melihatnya juga di ruang lain.", source="198.51.100.7", network="198.51.100.7")
    triage.triage_case(case_id, actor=SYSTEM)
    case = Case.objects.get(pk=case_id)
    page = browser_of(world.reviewers[0]).get("/console/queue/").content.decode()
    row = page[page.index('<li class="queue__row') :].partition("</li>")[0]
    assert re.sub("<[^>]+>", "", row[row.index('<bdi lang="id"') :]).startswith(ADVERT)
    assert "<mark>" in row
    assert case.score > 0
    for words in (f"Severity {case.severity} of 4", "2 independent sources", f"signs: {case.score:.2f} of 1"):
        assert words in row
    with override("en"):
        assert moved(case.rank_at - case.due_at) in row


def test_long_and_turned_names_stay_in_their_line(world: World, browser_of: Browser) -> None:
    """Two hundred characters are there in full; characters that turn the direction are shown by a sign."""
    case_id = in_review()
    name = "@" + "n" * 190 + "\u202e:localhost"
    Subject.objects.filter(pk=Case.objects.get(pk=case_id).subject_id).update(account_id=name)
    page = browser_of(world.reviewers[0]).get("/console/queue/").content.decode()
    assert f"<bdi>{name.replace(chr(0x202E), chr(0x21C4))}</bdi>" in page
    assert "\u202e" not in page


def test_no_text_is_listed_of_a_possible_victim_or_to_somebody_due_for_lighter_cases(world: World) -> None:
    """Victim-first cases show none; severe ones none while a rotation lasts."""
    me = world.reviewers[0]
    hidden = in_review(account="@korban:localhost", category="trafficking", text=ADVERT, published=ADVERT)
    severe, light = in_review(account="@berat:localhost", published=ADVERT), in_review(text="Dia menipu saya.")
    Case.objects.filter(pk=severe).update(severity=Severity.CRITICAL)
    rows = {row.case_id: row.text for row in list_queue(QueueFilter(), texts=True, actor=me).rows}
    assert rows[hidden] is None
    assert rows[severe] is not None
    assert rows[light] is not None
    assert (rows[light].kind, rows[light].language, rows[light].text) == (
        TextKind.WORDS,
        Language.INDONESIAN,
        "Dia menipu saya.",
    )
    Exposure.objects.create(
        case_id=severe, person_id=me.person_id, severity=Severity.CRITICAL, seconds=36_000, at=now()
    )
    assert set(texts_of_rows([hidden, severe, light], actor=me)) == {light}
