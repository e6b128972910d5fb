"""The optional proof of work of the form: a challenge that we signed, for a while, for one report.

Only devices with JavaScript do it, unasked, while the reporter types. Without it a report goes a slower lane, and
arrives all the same.
"""

import secrets

from django.core import signing

from jaga.casework.work import spend_challenge
from jaga.core.work import is_enough

VALID_SECONDS = 2 * 3600
_SALT = "jaga.web.public.work"
_LONGEST = 120


def new_challenge() -> str:
    """A challenge of this moment. Nothing is stored until it is spent."""
    return signing.dumps(secrets.token_urlsafe(9), salt=_SALT)


def is_proven(challenge: str, answer: str) -> bool:
    """Whether the answer proves work on a challenge of ours that is neither old nor spent; it is spent hereby."""
    if not answer or len(challenge) > _LONGEST or not is_enough(challenge, answer):
        return False
    try:
        signing.loads(challenge, salt=_SALT, max_age=VALID_SECONDS)
    except signing.BadSignature:
        return False
    return spend_challenge(challenge, VALID_SECONDS)
