"""Journeys c and i: what a police request must contain, and the sealed export that a complete one can lead to."""

import base64
import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.journeys.installation import Installation, jaga, until
from tests.journeys.people import CATEGORY, Cast, with_code_app

from jaga.policy.local_time import today
from jaga_practice import world
from jaga_practice.chat import ChatAccount
from jaga_practice.officers import LETTER, RequestRefused
from jaga_practice.pictures import stripes

pytestmark = pytest.mark.synapse
REQUIRED = ("letter_number", "letter_date", "legal_basis", "legal_analysis", "locator", "screenshots", "letter")
TABLES = ("report", "case", "subject", "evidence", "authorityrequest", "ledgerentry")


def request_on(account: ChatAccount) -> dict[str, Any]:
    """All fields of MR5 art. 16(4) except picture and letter, which the officer adds."""
    return {
        "platform": world.PLATFORM,
        "account": account.user_id,
        "category": CATEGORY,
        "letter_number": f"B/{account.user_id}/2026",
        "letter_date": today().isoformat(),
        "legal_basis": "kuhp_407",
        "legal_analysis": "Unsur penawaran di muka umum terpenuhi.",
        "locator": account.user_id,
    }


def counts(installation: Installation) -> dict[str, int]:
    """How many rows each table has that a request would change."""
    return {table: installation.one(f"SELECT count(*) FROM records_{table}") for table in TABLES}


def refused_fields(installation: Installation, body: dict[str, Any]) -> list[str]:
    """The fields that the API refuses in this body."""
    held, raw = installation.world.officer_keys[world.POLICE], json.dumps(body).encode()
    answer = httpx.post(
        f"{installation.base_url}/api/v1/requests",
        content=raw,
        timeout=10,
        headers={"Authorization": f"Bearer {held.key}", "Content-Type": "application/json", **held.headers(raw)},
    )
    assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    return [error["field"] for error in answer.json()["errors"]]


def test_an_incomplete_request_is_refused_field_by_field_and_leaves_nothing(
    installation: Installation,
    cast: Cast,
) -> None:
    """Each missing field is named, alone or with all others; no row is stored. The same request, complete, is
    accepted.
    """
    account = installation.newcomer("bukti")
    whole, before = request_on(account), counts(installation)
    sent = {**whole, "screenshots": [base64.b64encode(stripes()).decode()], "letter": base64.b64encode(LETTER).decode()}
    for name in REQUIRED:
        assert refused_fields(installation, {key: value for key, value in sent.items() if key != name}) == [name]
    assert set(refused_fields(installation, {key: sent[key] for key in sent if key not in REQUIRED})) == set(REQUIRED)
    later = (today() + timedelta(days=2)).isoformat()
    assert refused_fields(installation, {**sent, "letter_date": later}) == ["letter_date"]
    assert counts(installation) == before

    filed = cast.police.request(stripes(), **whole)
    after = counts(installation)
    assert {table: after[table] - before[table] for table in TABLES if table != "ledgerentry"} == {
        "report": 1,
        "case": 1,
        "subject": 1,
        "evidence": 2,
        "authorityrequest": 1,
    }
    assert cast.police.show(filed["report_id"])["case_reference"] == filed["case_reference"]
    with pytest.raises(RequestRefused):
        cast.ministry.show(filed["report_id"])


def test_a_sealed_export_verifies_until_any_byte_of_it_is_another(
    installation: Installation,
    cast: Cast,
    tmp_path: Path,
) -> None:
    """A court order opens the content; after one changed byte, in each file in turn, the verifier refuses the whole."""
    account = installation.newcomer("segel")
    filed = cast.police.request(stripes(), **request_on(account), wants_export=True, court_order="12/Pen.Pid/2026")
    case_id = int(filed["case_reference"][1:])
    until("the case in the queue", lambda: cast.staff["sinta"].reviewer.sees(filed["case_reference"]))
    cast.close(case_id)
    until("the closure", lambda: installation.is_resolved(case_id))
    number = installation.one("SELECT id FROM records_authorityrequest WHERE report_id = %s", filed["report_id"])
    supervisor, address = cast.staff[world.SUPERVISOR], "/console/exports/"
    with_code_app(supervisor.visitor)
    supervisor.visitor.send(supervisor.open(address), address, {"request": str(number)})
    [sealed] = (installation.home / "exports").glob(f"{filed['case_reference']}-*")
    key = tmp_path / "key.pem"
    shown = jaga(installation.environment, "ledger", "key")
    assert (shown.returncode, shown.stderr) == (0, "")
    key.write_text(shown.stdout.partition("fingerprint")[0])

    whole = jaga(installation.environment, "export", "verify", str(sealed), "--key", str(key))
    assert (whole.returncode, whole.stderr) == (0, ""), whole.stdout
    files = sorted(path.relative_to(sealed) for path in sealed.rglob("*") if path.is_file())
    assert sum(path.parts[0] == "evidence" for path in files) >= 3  # the case, the request's picture, what was kept
    for changed in files:
        copy = tmp_path / "copy"
        shutil.copytree(sealed, copy)
        content = bytearray((copy / changed).read_bytes())
        content[len(content) // 2] ^= 1
        (copy / changed).write_bytes(content)
        verdict = jaga(installation.environment, "export", "verify", str(copy))
        assert verdict.returncode == 1, changed
        assert "Traceback" not in verdict.stderr
        shutil.rmtree(copy)
