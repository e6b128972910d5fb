"""The sequencer links every verb that can have an entry: a missing verb would be a refused step in production."""

from jaga.ledger.verbs import VERBS
from jaga.proofs.console.fixed_sentences import FIXED
from jaga.proofs.console.ledger import _FILLED


def test_every_verb_that_the_console_can_say_is_linked() -> None:
    """The console's sentences name the verbs of whole subjects; one that only they have was forgotten here."""
    assert {*FIXED, *_FILLED} - VERBS == set()
