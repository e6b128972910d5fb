"""The proof of a report by the API: for whoever sent it, once the head of its hour is out."""

import json

from tests.casework.ledger.conftest import Hour, folder, hour, passing  # noqa: F401 - fixtures
from tests.web.api.conftest import World
from tests.web.api.test_reports import a_report

from jaga.ledger.tlog.tree import parse_proof
from jaga.reporting.verbs.intake import receipt_proof
from jaga.store.kernel.sequencer import link_entries


def test_its_sender_gets_the_proof_and_nobody_else(world: World, hour: Hour) -> None:  # noqa: F811
    """Before the head is out it is said when to ask again; then it is the file that the receipt gets, too."""
    hour()
    sent = world.police.post("/reports", a_report(reference="P-9")).json()
    address = f"/reports/{sent['report_id']}/proof"
    link_entries()
    waiting = world.police.get(address)
    assert (waiting.status_code, waiting.json()["code"]) == (404, "not_published_yet")
    hour()
    answer = world.police.get(address)
    assert answer.status_code == 200, answer.content
    proof = answer.json()["proof"].encode()
    assert proof == receipt_proof(sent["report_id"])
    assert json.loads(parse_proof(proof).extra[32:])["payload"]["report"] == sent["report_id"]  # type: ignore[index]
    assert world.colleague.get(address).status_code == 404
    assert world.police.get("/reports/999999/proof").status_code == 404
