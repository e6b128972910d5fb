"""Files what waited for people to judge the same words of other accounts."""

from jaga.casework.watch.waiting_texts import file_judged_words
from jaga.core.actors import SYSTEM


def file_waiting_texts() -> int:
    """File what need not wait any longer; returns how many texts became observations of cases."""
    return file_judged_words(actor=SYSTEM)
