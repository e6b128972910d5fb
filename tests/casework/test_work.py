"""Challenges of the proof of work."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection

from jaga.casework.work import spend_challenge
from jaga.core.clock import now
from jaga.records.models import SpentChallenge


@pytest.mark.django_db(transaction=True)
def test_one_of_many_at_once_spends_a_challenge() -> None:
    """Whichever thread or process is asked: the database decides."""

    def spend(_: int) -> bool:
        try:
            return spend_challenge("satu", 60)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(spend, range(6))) == 1


def test_what_expired_is_forgotten_and_what_may_come_again_is_not(db: None) -> None:
    """The table stays as small as the last hours; a challenge that is still valid cannot be spent twice."""
    assert spend_challenge("lama", 60)
    assert spend_challenge("baru", 60)
    SpentChallenge.objects.filter(pk=SpentChallenge.objects.earliest("pk").pk).update(
        expires_at=now() - timedelta(seconds=1))
    assert spend_challenge("lain", 60)
    assert SpentChallenge.objects.count() == 2
    assert not spend_challenge("baru", 60)
