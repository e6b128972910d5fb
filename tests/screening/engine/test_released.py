"""The engine of the policy release agrees with the reference definitions for texts of every kind."""

import os
import random
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from tests.examples import example_count

from jaga.policy.release import load_release
from jaga.policy.screening_rules import ScreeningRule
from jaga.screening.engine.engine import screen_table
from jaga.screening.engine.released import engine_of
from jaga.screening.engine.screen import reference_of_ruled, screen_texts
from jaga.screening.rules.rules import TextContext
from jaga.screening.text.signals import Screened

RELEASE = load_release()
_WORDS = sorted(
    {
        *(word for rule in RELEASE.screening_rules for word in " ".join(rule.matches).split()),
        *(entry.phrase for entry in RELEASE.lexicon),
        "0812-3456-7890",
        "dan",
        "t.me/namaku",
        "250k",
        "x",
    }
)
_ABOUT = st.builds(
    TextContext,
    st.sampled_from([None, "synapse"]),
    st.sampled_from([None, "name", "message"]),
    st.sampled_from([None, 0.5, 400.0]),
    st.sampled_from([None, 1, 50]),
    st.sampled_from([None, 0, 2]),
)


def told(one: Screened) -> object:
    """What is compared: everything except the last bits of the score."""
    return one.signals, round(one.score, 9), one.victim_first


@given(st.lists(st.tuples(st.lists(st.sampled_from(_WORDS), max_size=12), _ABOUT), min_size=1, max_size=4))
@settings(max_examples=example_count(12), deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_the_engine_says_what_is_defined(drawn: list[tuple[list[str], TextContext]]) -> None:
    """Lexicon and rules together: signals with their places, score and branch."""
    texts, abouts = [" ".join(words) for words, _ in drawn], [about for _, about in drawn]
    found = screen_texts(texts, RELEASE, abouts, filtered=False)
    assert [*map(told, found)] == [*map(told, reference_of_ruled(texts, RELEASE, abouts))]


@pytest.mark.parametrize("rule", RELEASE.screening_rules, ids=lambda rule: rule.key)
def test_each_rules_examples(rule: ScreeningRule) -> None:
    """Each rule's examples, as they are written in the policy."""
    texts = [*rule.matches, *rule.passes]
    assert [*map(told, screen_texts(texts, RELEASE, filtered=False))] == [
        *map(told, reference_of_ruled(texts, RELEASE))
    ]


def test_threads_share_it() -> None:
    """Each thread gets the results of its own texts, though all share one scanner."""
    chance = random.Random(6)
    texts = [" ".join(chance.choices(_WORDS, k=8)) for _ in range(60)]
    alone = [*map(told, screen_texts(texts, RELEASE))]
    with ThreadPoolExecutor(4) as threads:
        for found in threads.map(lambda _: screen_texts(texts, RELEASE), range(12)):
            assert [*map(told, found)] == alone


def test_a_table_has_contacts_and_signatures() -> None:
    """One value per text; a very short text has no signature, and a repeated number is found once."""
    table = pa.table({"text": ["wa 0812-3456-7890 atau 081234567890 sekarang juga ya", "halo", None]})
    found = screen_table(table, engine_of(RELEASE))
    assert found["contacts"].to_pylist() == [["tel:+6281234567890"], [], []]
    assert [one is None for one in found["signature"].to_pylist()] == [False, True, True]


def test_what_grows_does_not_hide_what_is_disguised() -> None:
    """A fraction is longer when folded than written, and this must not hide the bytes that styled letters lose."""
    texts = [
        "𝐌𝐚𝐰𝐚𝐫 " + "½" * 15 + " 77 gacor maxwin, ada promo hari ini",
        "𝐌𝐚𝐰𝐚𝐫𝟕𝟕 " + "½" * 20 + " terbaik, menang terus",
    ]
    assert [*map(told, screen_texts(texts, RELEASE, filtered=False))] == [
        *map(told, reference_of_ruled(texts, RELEASE))
    ]


def test_a_web_process_does_without_the_engines_libraries() -> None:
    """numba, pyarrow and hyperscan are used by workers only: a web form must not wait for them or use their memory."""
    code = (
        "import django, sys; django.setup(); import jaga.app.wsgi, jaga.app.urls; "
        "print([name for name in ('numba', 'pyarrow', 'hyperscan') if name in sys.modules])"
    )
    made = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "jaga.app.settings"},
    )
    assert made.stdout.strip() == "[]"
