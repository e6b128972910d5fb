"""Draws the weekly sample that people judge, and stops rules that were wrong too often by it."""

from jaga.casework.watch.people_sample import draw_sample
from jaga.casework.watch.rule_suspensions import suspend_wrong_rules
from jaga.core.actors import SYSTEM


def keep_people_sample() -> int:
    """Draw the weeks that are over, then look at the rules; returns how many texts were drawn and rules stopped."""
    return draw_sample(actor=SYSTEM) + suspend_wrong_rules(actor=SYSTEM)
