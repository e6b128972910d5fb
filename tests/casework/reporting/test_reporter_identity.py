"""Reporters' identities: encrypted, opened in one place, each access recorded."""

import re

import pytest
from cryptography.fernet import InvalidToken
from django.db import DatabaseError, connection, transaction
from tests.docs.pages import ROOT
from tests.factories import World, new_request, report

from jaga.authorities.verbs import orders as requests
from jaga.cases.models.reports import Report, ReporterIdentity
from jaga.core.actors import CLI, PUBLIC, SYSTEM
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.terms.privacy import KeyOwner
from jaga.core.terms.reports import IdentityReason
from jaga.reporting.reads.reporter_identity import named_reports
from jaga.reporting.verbs.mailbox import open_identity
from jaga.store import codes
from jaga.store.key_store.store import Owner, seal
from jaga.store.models import LedgerEntry

WHO = {"name": "Ani Pelapor", "contact": "ani@contoh.test"}


def looks() -> list[dict[str, object]]:
    return list(LedgerEntry.objects.filter(verb="open_identity").order_by("pk").values_list("payload", flat=True))


def test_a_supervisor_looks_with_a_reason_and_the_ledger_says_so(world: World) -> None:
    """Each access is an entry with the report and the reason, and without a name."""
    filed = report(**WHO)
    for reason in (IdentityReason.DANGER, IdentityReason.LEGAL_DUTY):
        seen = open_identity(filed.report_id, reason, actor=world.supervisor)
        assert (seen.name, seen.contact, seen.case_id) == (*WHO.values(), filed.case_id)
    assert looks() == [{"report": filed.report_id, "why": why} for why in ("danger", "legal_duty")]
    assert "Ani" not in repr(seen)


def test_nobody_else_looks_and_refusals_leave_no_trace_of_a_name(world: World) -> None:
    """Reviewers, officers, programs and the shell get the same refusal, whether there is a name or not."""
    named, nameless = report(**WHO), report(account="@lain:localhost")
    for actor in (*world.reviewers, world.officer, world.minister, SYSTEM, PUBLIC, CLI):
        for filed in (named, nameless):
            with pytest.raises(NotPermitted):
                open_identity(filed.report_id, IdentityReason.DANGER, actor=actor)
    for number in (nameless.report_id, 10**6, 2**70):
        with pytest.raises(NotFound):
            open_identity(number, IdentityReason.DANGER, actor=world.supervisor)
    assert looks() == []


def test_agencies_learn_it_from_a_supervisor_where_the_reporter_agreed(world: World) -> None:
    """No officer opens it, even with the reporter's consent and a request of their own organisation in the case."""
    filed = report(**WHO)
    agreed = IdentityReason.AGREED
    requests.file_request(new_request(), actor=world.officer)
    with pytest.raises(InvalidInput):
        open_identity(filed.report_id, agreed, actor=world.supervisor)
    ReporterIdentity.objects.update(shared=True)
    for actor in (world.officer, world.minister):
        with pytest.raises(NotPermitted):
            open_identity(filed.report_id, agreed, actor=actor)
    assert open_identity(filed.report_id, agreed, actor=world.supervisor).name == WHO["name"]
    assert named_reports(filed.case_id) == {filed.report_id: True}


def test_the_table_holds_nothing_that_can_be_read(world: World) -> None:
    """Not the words, not their length, and not the same bytes twice; the database refuses plain text."""
    for number, name in enumerate(("A", "Nama Yang Sangat Panjang Sekali Untuk Seorang Pelapor")):
        report(name=name, contact="x", account=f"@p{number}:localhost")
    one, two = (bytes(sealed) for sealed in ReporterIdentity.objects.values_list("sealed", flat=True))
    assert len(one) == len(two)
    owner = Owner(KeyOwner.REPORT, 1)
    assert codes.seal_identity("A", "x", owner) != codes.seal_identity("A", "x", owner)
    for plain in (b"Ani Pelapor", b"gAAAA-Ani"):
        with pytest.raises(DatabaseError, match="is_sealed"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("UPDATE records_reporteridentity SET sealed = %s", [plain])


def test_the_key_is_one_of_its_own(world: World) -> None:
    """The key for platforms' passwords does not open names, and the other way round."""
    filed = report(**WHO)
    sealed = bytes(ReporterIdentity.objects.get(report=filed.report_id).sealed)
    with pytest.raises(InvalidToken):
        codes.open_secret(sealed)
    owner = Report.objects.get(pk=filed.report_id).key_owner()
    with pytest.raises(InvalidToken):
        codes.unseal_identity(seal(codes.seal_secret('["Ani", ""]').decode(), owner, codes.IDENTITY_COLUMN).encode())


def test_one_module_opens_and_one_verb_asks_it() -> None:
    """`codes.unseal_identity` is called only by the gate, and the gate only by the verb that writes an entry."""

    def callers(name: str) -> set[str]:
        source = ROOT / "src" / "jaga"
        return {
            path.relative_to(source).as_posix()
            for path in source.rglob("*.py")
            if re.search(rf"(?<!def ){name}\(", path.read_text())
        }

    assert callers("unseal_identity") == {"reporting/reads/reporter_identity.py"}
    assert callers("access_identity") == {"reporting/verbs/mailbox.py"}
