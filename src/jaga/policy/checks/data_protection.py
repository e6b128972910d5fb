"""Checks of data-protection.yaml."""

from collections.abc import Iterator, Sequence

from jaga.core.errors import N_
from jaga.policy.privacy.data_protection import BASES, RIGHTS, DataProtection
from jaga.policy.problems import ReleaseProblem, told
from jaga.policy.reading import PartialRelease, ReleaseFile


def check_data_protection(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """Each ground once, each right once, and none is missing."""
    if (part := draft.data_protection) is None:
        return
    for field, wanted, keys in (("bases", BASES, [one.key for one in part.value.bases]),
                                ("rights", RIGHTS, [one.key for one in part.value.rights])):
        yield from _listed(part, field, wanted, keys)
    if part.value.verified and part.value.read != "gazette":
        yield part.document.problem(("verified",),
                                    N_("the law is marked as verified, but its official text was not read"),
                                    N_("Write `verified: false`, or `read: gazette` once you have read it."))


def _listed(part: ReleaseFile[DataProtection], field: str, wanted: Sequence[str],
            keys: Sequence[str]) -> Iterator[ReleaseProblem]:
    for index, key in enumerate(keys):
        if key in keys[:index]:
            yield part.document.problem((field, index, "key"), told(N_("`%(key)s` is listed twice"), key=key),
                                        N_("Keep one."))
    for key in wanted:
        if key not in keys:
            yield part.document.problem((field,), told(N_("`%(key)s` is missing"), key=key),
                                        N_("Add it: the privacy page names it."))
