"""Checks of routing.yaml: keys exist, every rule is reachable, children's cases stay restricted."""

from collections.abc import Iterator

from jaga.core.errors import N_
from jaga.core.terms.people import Clearance
from jaga.policy import limits
from jaga.policy.problems import ReleaseProblem, fill
from jaga.policy.reading import PartialRelease
from jaga.policy.routing import Routing, When, covers

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
