"""Checks of the receivers of referrals."""

from collections.abc import Iterator

from jaga.core.errors import N_
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.referrals import ReferralWay
from jaga.policy import limits
from jaga.policy.models import Receivers, ReferralReceiver
from jaga.policy.problems import ReleaseProblem, fill
from jaga.policy.reading import PartialRelease


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
