"""Checks of data-protection.yaml."""

from collections.abc import Iterator, Sequence

from jaga.core.errors import N_
from jaga.core.terms.person_requests import RefusalGround
from jaga.policy import limits
from jaga.policy.privacy.data_protection import BASES, RIGHTS, DataProtection
from jaga.policy.problems import ReleaseProblem, fill
from jaga.policy.reading import PartialRelease, ReleaseFile


def check_data_protection(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """Each ground, right and reason to refuse once, none is missing, and no clock is longer than the law allows."""
    if (part := draft.data_protection) is None:
        return
    for field, wanted, keys in (
        ("bases", BASES, [one.key for one in part.value.bases]),
        ("rights", RIGHTS, [one.key for one in part.value.rights]),
    ):
        yield from _listed(part, field, "key", wanted, keys)
    yield from _listed(part, "refusals", "ground", tuple(RefusalGround), [one.ground for one in part.value.refusals])
    yield from _clocks(draft, part)
    if part.value.verified and part.value.read != "gazette":
        yield part.document.problem(
            ("verified",),
            N_("the law is marked as verified, but its official text was not read"),
            N_("Write `verified: false`, or `read: gazette` once you have read it."),
        )


def _clocks(draft: PartialRelease, part: ReleaseFile[DataProtection]) -> Iterator[ReleaseProblem]:
    code = draft.jurisdiction.value.code if draft.jurisdiction else ""
    longest = limits.LONGEST_PERSON_REQUEST_HOURS.get(code, limits.LONGEST_PERSON_REQUEST_HOURS_ELSEWHERE)
    for field, given, most in (
        ("answer", part.value.answer.hours, longest),
        ("breach", part.value.breach.hours, limits.LONGEST_BREACH_HOURS),
    ):
        if given > most:
            yield part.document.problem(
                (field, "hours"),
                fill(N_("%(given)s is longer than the law allows"), given=given),
                fill(N_("At most %(longest)s."), longest=most),
            )


def _listed(
    part: ReleaseFile[DataProtection], field: str, name: str, wanted: Sequence[str], keys: Sequence[str]
) -> Iterator[ReleaseProblem]:
    for index, key in enumerate(keys):
        if key in keys[:index]:
            yield part.document.problem(
                (field, index, name), fill(N_("`%(key)s` is listed twice"), key=key), N_("Keep one.")
            )
    for key in wanted:
        if key not in keys:
            yield part.document.problem(
                (field,), fill(N_("`%(key)s` is missing"), key=key), N_("Add it: the privacy page names it.")
            )
