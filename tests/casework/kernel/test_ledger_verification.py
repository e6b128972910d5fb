"""The daily verification of the ledger, and the note of its result."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection
from tests.factories import World, in_review

from jaga.cases.reads.history import VERIFIED
from jaga.ledger.verify import VerificationReport
from jaga.quality.models import Tally
from jaga.store.kernel import ledger_verification, row_verification
from jaga.store.kernel import sequencer as ledger_rows
from jaga.store.kernel.ledger_verification import verify_daily, verify_ledger
from jaga.store.kernel.sequencer import link_entries


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
        "entries",
        "problems",
        "rows",
        "row_faults",
    }


def test_a_large_ledger_is_verified_in_parts(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each round reads one part and goes on where the last one ended; the result is that of a whole verification."""
    for name, value in ((ledger_rows, "AT_ONCE"), (row_verification, "_A_PART")):
        monkeypatch.setattr(name, value, 3)
    monkeypatch.setattr(ledger_verification, "SECONDS", -1.0)
    for number in range(2):
        in_review(account=f"@akun{number}:localhost")
    linked = link_entries()
    while more := link_entries():
        linked += more
    assert verify_ledger().head.size == linked
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; ALTER TABLE records_report DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE records_report SET conduct_on = conduct_on - 1"
            " WHERE id = (SELECT max(id) FROM records_report);"
            " ALTER TABLE records_report ENABLE TRIGGER USER"
        )
    rounds = 1
    while not verify_daily():
        assert not Tally.objects.filter(name=VERIFIED).exists()
        rounds += 1
    assert rounds > linked // 3
    noted = dict(Tally.objects.filter(name=VERIFIED).values_list("key", "number"))
    assert (noted["entries"], noted["problems"], noted["row_faults"]) == (linked, 0, 1)
