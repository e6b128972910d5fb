"""Ordinary reports are filed by two tasks at the same time: each account belongs to one of them."""

from functools import partial
from typing import Any

import pytest
from tests.factories import new_report

from jaga.app.worker import _periodic_tasks
from jaga.cases.models.reports import Report
from jaga.core.actors import PUBLIC
from jaga.reporting.jobs import SHARES, file_others
from jaga.reporting.verbs.intake import accept_report


@pytest.mark.usefixtures("world")
def test_each_account_is_filed_by_one_of_them_and_all_by_both() -> None:
    """All reports of an account by the same one, so that the two never wait for each other's cases."""
    for number in range(5):
        for words in ("open BO", "DP dulu"):
            accept_report(new_report(account=f"@iklan{number}:localhost", text=words), actor=PUBLIC)
    wanted = {
        share: set(
            Report.objects.extra(where=["subject_id %% %s = %s"], params=[SHARES, share]).values_list("pk", flat=True)
        )
        for share in range(SHARES)
    }
    assert {len(numbers) for numbers in wanted.values()} == {4, 6}
    filed = set[int]()
    for share, numbers in wanted.items():
        assert file_others(share) == len(numbers)
        filed |= numbers
        assert set(Report.objects.exclude(case=None).values_list("pk", flat=True)) == filed
    assert file_others() == 0


@pytest.mark.usefixtures("world")
def test_without_a_share_all_are_filed() -> None:
    """Also of accounts whose numbers follow each other."""
    for number in range(3):
        accept_report(new_report(account=f"@iklan{number}:localhost"), actor=PUBLIC)
    assert file_others() == 3


def test_the_worker_has_a_task_for_each_share() -> None:
    """Otherwise some accounts would never be filed."""
    nothing: Any = None
    tasks = [getattr(task, "func", None) for _, task in _periodic_tasks(nothing).values()]
    works = [cell.cell_contents for task in tasks for cell in getattr(task, "__closure__", None) or ()]
    shares = [work.args for work in works if isinstance(work, partial) and work.func is file_others]
    assert shares == [(share,) for share in range(SHARES)]
