"""The fence of a lease as pages carry it: keyed, so that its number does not tell how often the case was held before.

A number above one would hint at a first vote. Fencing itself stays the verb's: here the token only becomes a fence.
"""

from django.utils.crypto import constant_time_compare, salted_hmac

from jaga.core.actors import Actor
from jaga.records.access.cases.gate import LeaseView

NO_FENCE = 0  # the first lease has the fence 1, so this one is never valid


def lease_token(case_id: int, fence: int, actor: Actor) -> str:
    """What the decision form carries instead of the fence."""
    return salted_hmac("jaga.console.lease", f"{case_id}:{fence}:{actor.person_id}").hexdigest()


def fence_of(token: str, case_id: int, lease: LeaseView | None, actor: Actor) -> int:
    """The fence that the token stands for, if it is the current lease's; else one that the verb refuses."""
    if lease and lease.mine and constant_time_compare(token, lease_token(case_id, lease.fence, actor)):
        return lease.fence
    return NO_FENCE
