"""Checks of `deadlines.yaml`: no clock is longer than the law allows, and none is missing.

Checks of the receivers of referrals.

Checks of routing.yaml: keys exist, every rule is reachable, children's cases stay restricted.
"""

from collections.abc import Iterable, Iterator

from jaga.core.errors import N_
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Clearance
from jaga.core.terms.reports import Channel, ReferralWay
from jaga.policy import limits
from jaga.policy.checks.jurisdiction import category_keys, unknown_category
from jaga.policy.models import ChannelClock, Deadlines, Receivers, ReferralReceiver
from jaga.policy.problems import ReleaseProblem, fill
from jaga.policy.reading import PartialRelease, ReleaseFile
from jaga.policy.routing import Routing, When, covers


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


def check_receivers(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """Keys are unique, each referable category has a receiver, and no time limit is too long."""
    if (part := draft.receivers) is None:
        return
    for field, longest in (
        ("address_hours", limits.LONGEST_ADDRESS_HOURS),
        ("review_hours", limits.LONGEST_REVIEW_HOURS),
    ):
        if getattr(part.value, field) > longest:
            yield part.document.problem(
                (field,),
                fill(N_("`%(field)s` is too long"), field=field),
                fill(N_("At most %(longest)s h."), longest=longest),
            )
    referable = _referable(draft)
    seen: set[str] = set()
    for index, receiver in enumerate(part.value.receivers):
        place = ("receivers", index)
        if receiver.key in seen:
            yield part.document.problem(
                (*place, "key"), fill(N_("`%(key)s` is listed twice"), key=receiver.key), N_("Keep one.")
            )
        seen.add(receiver.key)
        for path, what, remedy in _faults(receiver):
            yield part.document.problem((*place, *path), what, remedy)
        for at, category in enumerate(receiver.categories):
            if referable is not None and category not in referable:
                yield part.document.problem(
                    (*place, "categories", at),
                    fill(N_("`%(category)s` cannot be referred"), category=category),
                    N_("Use a category whose ladder in enforcement.yaml allows `refer`."),
                )
    for category, urgency in _without(part.value, referable or frozenset()):
        yield part.document.problem(
            ("receivers",),
            fill(N_("no receiver accepts `%(urgency)s` cases of `%(category)s`"), category=category, urgency=urgency),
            N_("Add the category to a receiver, or remove `refer` from its ladder in enforcement.yaml."),
        )


def _referable(draft: PartialRelease) -> frozenset[str] | None:
    """The categories that can be referred; None if the file could not be read."""
    if draft.enforcement is None:
        return None
    return frozenset(one.category for one in draft.enforcement.value.ladders if DecisionKind.REFER in one.allowed)


def _faults(receiver: ReferralReceiver) -> Iterator[tuple[tuple[str, ...], str, str]]:
    if receiver.acknowledge_hours > limits.LONGEST_ACKNOWLEDGE_HOURS:
        yield (
            ("acknowledge_hours",),
            fill(N_("`%(key)s` has too many hours to confirm receipt"), key=receiver.key),
            (
                fill(
                    N_("At most %(longest_acknowledge_hours)s h."),
                    longest_acknowledge_hours=limits.LONGEST_ACKNOWLEDGE_HOURS,
                )
            ),
        )
    officers = receiver.way is ReferralWay.OFFICER
    if officers and (receiver.authority is None or not receiver.authority.is_authority):
        yield (
            (),
            fill(N_("`%(key)s` is reached by officers but names no authority"), key=receiver.key),
            N_("Add the authority, for example `authority: police`."),
        )
    if not officers and receiver.authority is not None:
        yield (
            ("authority",),
            fill(N_("`%(key)s` names an authority but is not reached by officers"), key=receiver.key),
            N_("Remove `authority`, or write `way: officer`."),
        )
    if not receiver.verified and receiver.note is None:
        yield (
            (),
            fill(N_("`%(key)s` is not verified and has no note"), key=receiver.key),
            N_("Write in `note` what is uncertain."),
        )


def _without(file: Receivers, referable: frozenset[str]) -> Iterator[tuple[str, str]]:
    for category in sorted(referable):
        for urgent, word in ((True, "urgent"), (False, "ordinary")):
            if not any(one.accepts(category, urgent=urgent) for one in file.receivers):
                yield category, word


_Fault = tuple[tuple[str | int, ...], str, str]


def check_routing(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """Keys are unique and exist, no rule is shadowed, and cases that need a clearance get a queue with one."""
    if (part := draft.routing) is None:
        return
    for place, what, remedy in (*_key_faults(part.value), *_rule_faults(part.value), *_closed_faults(part.value)):
        yield part.document.problem(place, what, remedy)
    if draft.categories is None:
        return
    categories = {category.key for category in draft.categories.value.categories}
    for index, rule in enumerate(part.value.rules):
        for at, key in enumerate(rule.when.category):
            if key not in categories:
                yield part.document.problem(
                    ("rules", index, "when", "category", at),
                    fill(N_("there is no category `%(key)s`"), key=key),
                    N_("Use a key of categories.yaml."),
                )


def _key_faults(routing: Routing) -> Iterator[_Fault]:
    for field, listed in (("skills", routing.skills), ("queues", routing.queues)):
        keys = [one.key for one in listed]
        for index, key in enumerate(keys):
            if key in keys[:index]:
                yield (field, index, "key"), fill(N_("`%(key)s` is listed twice"), key=key), N_("Keep one.")
    skills, queues = {one.key for one in routing.skills}, {one.key: one for one in routing.queues}
    for index, queue in enumerate(routing.queues):
        if queue.skill is not None and queue.skill not in skills:
            yield (
                ("queues", index, "skill"),
                fill(N_("there is no skill `%(skill)s`"), skill=queue.skill),
                N_("Add it to `skills`, or correct it."),
            )
    if routing.default not in queues:
        yield (
            ("default",),
            fill(N_("there is no queue `%(default)s`"), default=routing.default),
            N_("Use the key of a queue in the list."),
        )
    elif queues[routing.default].clearance or queues[routing.default].skill:
        yield (
            ("default",),
            fill(N_("the default queue `%(default)s` is not open to everybody"), default=routing.default),
            N_("Use a queue that needs no skill and no clearance."),
        )
    reached = {rule.queue for rule in routing.rules} | {routing.default}
    for index, queue in enumerate(routing.queues):
        if queue.key not in reached:
            yield (
                ("queues", index, "key"),
                fill(N_("no rule leads to `%(key)s`"), key=queue.key),
                N_("Add a rule, or remove the queue."),
            )


def _rule_faults(routing: Routing) -> Iterator[_Fault]:
    queues = {queue.key for queue in routing.queues}
    for index, rule in enumerate(routing.rules):
        if rule.queue not in queues:
            yield (
                ("rules", index, "queue"),
                fill(N_("there is no queue `%(queue)s`"), queue=rule.queue),
                N_("Use the key of a queue in the list."),
            )
        if rule.when == When():
            yield (
                ("rules", index, "when"),
                N_("the rule has no condition"),
                (N_("Name its queue as `default` instead.")),
            )
        elif any(covers(earlier.when, rule.when) for earlier in routing.rules[:index]):
            yield (
                ("rules", index, "when"),
                N_("a rule before this one takes all of its cases"),
                N_("Move this rule up, or remove it."),
            )


def _closed_faults(routing: Routing) -> Iterator[_Fault]:
    """Every rule that may match these categories must lead to a queue with a clearance.

    Only a rule that names the category and no other condition is certain to match all its cases.
    """
    cleared = {queue.key for queue in routing.queues if queue.clearance is Clearance.CHILD_SAFETY}
    for key in sorted(limits.CLEARED_CATEGORIES):
        for index, rule in enumerate(routing.rules):
            if rule.when.category and key not in rule.when.category:
                continue
            if rule.queue not in cleared:
                yield (
                    ("rules", index),
                    fill(N_("this rule would show `%(key)s` to people without a clearance"), key=key),
                    (
                        fill(
                            N_("Put the rule for `%(key)s` before it, into a queue with `clearance: child_safety`."),
                            key=key,
                        )
                    ),
                )
                break
            if covers(rule.when, When(category=(key,))):
                break
        else:
            yield (
                ("rules",),
                fill(N_("no rule brings every case of `%(key)s` into a queue with a clearance"), key=key),
                (N_("Add a rule that has no other condition.")),
            )
