"""Challenges of the proof of work are spent once, whichever process is asked."""

import hashlib
from datetime import timedelta

from django.db import IntegrityError, transaction

from jaga.core.clock import now
from jaga.records.models import SpentChallenge

TIDY_AT_MOST = 100


def spend_challenge(challenge: str, valid_seconds: int) -> bool:
    """Spend it; False where it was spent before. What expired long since is forgotten on the way.

    The row says nothing about the report or its sender. No ledger entry, since nothing was accepted or decided.
    """
    moment = now()
    spent = SpentChallenge(digest=hashlib.sha256(challenge.encode()).digest(),
                           expires_at=moment + timedelta(seconds=2 * valid_seconds))
    try:
        with transaction.atomic():
            spent.save(force_insert=True)
            expired = SpentChallenge.objects.filter(expires_at__lt=moment).select_for_update(skip_locked=True)
            SpentChallenge.objects.filter(pk__in=[row.pk for row in expired[:TIDY_AT_MOST]]).delete()
    except IntegrityError:
        return False
    return True
