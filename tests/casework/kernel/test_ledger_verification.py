"""The daily verification of the ledger, and the note of its result."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from jaga.casework.kernel import ledger_verification
from jaga.casework.kernel.ledger_verification import verify_ledger
from jaga.ledger.verify import VerificationReport
from jaga.records.access.cases.history import VERIFIED
from jaga.records.models import Tally


@pytest.mark.django_db(transaction=True)
def test_workers_that_verify_at_once_all_note_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two workers that were started together: neither round fails, and one note stays."""
    together = Barrier(4)

    def verified(**given: object) -> VerificationReport:
        report = verify_ledger()
        together.wait(30)
        return report

    def noted(_: int) -> bool:
        try:
            return ledger_verification.verify_and_note().ok
        finally:
            connection.close()

    monkeypatch.setattr(ledger_verification, "verify_ledger", verified)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(noted, range(4))) == [True] * 4
    assert set(Tally.objects.filter(name=VERIFIED).values_list("key", flat=True)) == {
        "entries", "problems", "rows", "row_faults"}
