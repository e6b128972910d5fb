"""Explains a screening to people: sentences as msgids with what fills them, to be translated by whoever shows them."""

from collections.abc import Mapping

from jaga.core.errors import N_
from jaga.screening.screen import Screened

NOTHING_FOUND = N_("The word list found nothing in the text; a person reads it all the same.")
VICTIM_FIRST = N_("Something in the text points to a victim: look after that person first.")


def explain(screened: Screened) -> list[tuple[str, Mapping[str, object]]]:
    """One sentence for each signal, the strongest first; before them the victim-first one where it applies."""
    sentences: list[tuple[str, Mapping[str, object]]] = [(VICTIM_FIRST, {})] if screened.victim_first else []
    ordered = sorted(screened.signals, key=lambda signal: (-signal.weight, signal.start))
    sentences += [(signal.msgid, signal.params) for signal in ordered]
    return sentences or [(NOTHING_FOUND, {})]
