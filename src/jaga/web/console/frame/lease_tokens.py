"""Keyed lease tokens for pages, which hide how often the case was held before.

A fencing token above one would hint at a first vote. The action still does the fencing; here a token is only converted
back.
"""

from django.utils.crypto import constant_time_compare, salted_hmac

from jaga.core.actors import Actor
from jaga.records.access.cases.gate import LeaseView

NO_FENCE = 0  # The first lease has fence 1, so 0 is never valid.


def lease_token(case_id: int, fence: int, actor: Actor) -> str:
    """The token in the decision form in place of the fence."""
    return salted_hmac("jaga.console.lease", f"{case_id}:{fence}:{actor.person_id}").hexdigest()


def fence_of(token: str, case_id: int, lease: LeaseView | None, actor: Actor) -> int:
    """The fence of this token if it matches the current lease; otherwise one the action rejects."""
    if lease and lease.mine and constant_time_compare(token, lease_token(case_id, lease.fence, actor)):
        return lease.fence
    return NO_FENCE
