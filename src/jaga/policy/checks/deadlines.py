"""Checks of `deadlines.yaml`: no clock is longer than the law allows, and none is missing."""

from collections.abc import Iterable, Iterator

from jaga.core.errors import N_
from jaga.core.terms.reports import Channel
from jaga.policy import limits
from jaga.policy.checks.category_keys import category_keys, unknown_category
from jaga.policy.models import ChannelClock, Deadlines
from jaga.policy.problems import ReleaseProblem, fill
from jaga.policy.reading import PartialRelease, ReleaseFile


def check_deadlines(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """Deadlines are no longer than the law allows, for every channel; what the law calls urgent is urgent."""
    if (part := draft.deadlines) is None:
        return
    deadlines = part.value
    for field, clocks, longest in (
        ("standard", deadlines.standard, limits.LONGEST_HOURS),
        ("urgent", deadlines.urgent, limits.LONGEST_URGENT_HOURS),
    ):
        for place, what, remedy in _clock_faults(clocks, longest):
            yield part.document.problem((field, *place), what, remedy)
    for place, what, remedy in _span_faults(deadlines):
        yield part.document.problem(place, what, remedy)
    for field, given, longest in (
        ("hours", deadlines.operator.hours, limits.LONGEST_HOURS),
        ("hours_urgent", deadlines.operator.hours_urgent, limits.LONGEST_URGENT_HOURS),
        ("data_days", deadlines.operator.data_days, limits.LONGEST_DATA_DAYS),
    ):
        if given > longest:
            yield part.document.problem(
                ("operator", field),
                fill(N_("%(given)s is longer than the law allows"), given=given),
                fill(N_("At most %(longest)s."), longest=longest),
            )
    yield from _answer_faults(part)
    always = {urgent.category for urgent in deadlines.urgent_categories if urgent.when == "always"}
    for key in sorted(limits.URGENT_BY_LAW - always):
        yield part.document.problem(
            ("urgent_categories",),
            fill(N_("`%(key)s` must always be urgent"), key=key),
            N_("Add it with `when: always` (MR5 art. 14(3))."),
        )
    if draft.categories is None:
        return
    for index, urgent in enumerate(deadlines.urgent_categories):
        if urgent.category not in category_keys(draft):
            yield unknown_category(part.document, ("urgent_categories", index, "category"), urgent.category)


def _answer_faults(part: ReleaseFile[Deadlines]) -> Iterator[ReleaseProblem]:
    """Holders are asked exactly in the categories where the code waits for an answer, with at least its days."""
    given = [one.category for one in part.value.answer_first]
    for index, one in enumerate(part.value.answer_first):
        least = limits.ANSWER_FIRST.get(one.category)
        if least is None or one.category in given[:index]:
            yield part.document.problem(
                ("answer_first", index),
                fill(N_("`%(category)s` is listed twice, or waits for no answer"), category=one.category),
                fill(
                    N_("Remove it: only %(categories)s is expected here, once."),
                    categories=", ".join(sorted(limits.ANSWER_FIRST)),
                ),
            )
        elif one.days < least:
            yield part.document.problem(
                ("answer_first", index, "days"),
                fill(N_("%(days)s days are too few for the account holder to answer"), days=one.days),
                fill(N_("At least %(least)s."), least=least),
            )
    for key in sorted(limits.ANSWER_FIRST.keys() - set(given)):
        yield part.document.problem(
            ("answer_first",),
            fill(N_("the account holder's days to answer are missing for `%(key)s`"), key=key),
            fill(N_("Add it with at least %(value)s days."), value=limits.ANSWER_FIRST[key]),
        )


def _clock_faults(clocks: Iterable[ChannelClock], longest: int) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    seen: set[Channel] = set()
    for index, clock in enumerate(clocks):
        if clock.hours > longest:
            yield (
                (index, "hours"),
                fill(
                    N_("%(hours)s h for `%(channel)s` is longer than the law allows"),
                    hours=clock.hours,
                    channel=clock.channel,
                ),
                fill(N_("At most %(longest)s h."), longest=longest),
            )
        if clock.channel in seen:
            yield (index, "channel"), fill(N_("`%(channel)s` is listed twice"), channel=clock.channel), N_("Keep one.")
        seen.add(clock.channel)
    for channel in Channel:
        if channel not in seen:
            yield (), fill(N_("the channel `%(channel)s` has no deadline"), channel=channel), N_("Add one.")


def _span_faults(deadlines: Deadlines) -> Iterator[tuple[tuple[str, ...], str, str]]:
    for name in ("first_triage", "appeal_decision", "restoration"):
        if not getattr(deadlines, name).span:
            yield (name,), fill(N_("`%(name)s` has no duration"), name=name), N_("Give `hours` or `minutes`.")
    if deadlines.restoration.span.total_seconds() > limits.LONGEST_RESTORATION_HOURS * 3600:
        yield (
            ("restoration", "hours"),
            N_("restoring takes longer than the law allows"),
            fill(
                N_("At most %(longest_restoration_hours)s h (MR5 art. 20)."),
                longest_restoration_hours=limits.LONGEST_RESTORATION_HOURS,
            ),
        )
