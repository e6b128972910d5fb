"""No log of a running installation holds what people sent: neither after ordinary steps nor after faults.

Beside `test_canaries.py`, which searches everything else. Here the real web server, workers and PostgreSQL write their
own log files, and the database is made to refuse rows with a message that quotes them.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.journeys.canaries import Canary, Place, canary, files, found
from tests.journeys.installation import Installation, until
from tests.journeys.people import CLOSE, Cast, code_on
from tests.journeys.test_police_request import request_on
from tests.services import HOME

from jaga_practice import reporters, world
from jaga_practice.pictures import stripes
from jaga_practice.visitor import PageRefused

pytestmark = pytest.mark.synapse
SERVERS_LOG = HOME / "log" / "postgres.log"
_REFUSAL = """CREATE FUNCTION planted_{0}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    RAISE EXCEPTION 'planted: %%', to_jsonb(NEW) USING DETAIL = to_jsonb(NEW)::text; END $$"""
_REFUSE = "CREATE TRIGGER planted_{0} BEFORE {1} ON records_{0} FOR EACH ROW EXECUTE FUNCTION planted_{0}()"


@contextmanager
def refused(installation: Installation, table: str, moment: str) -> Iterator[None]:
    """The database refuses such rows for the block, with an error that quotes them."""
    installation.rows(_REFUSAL.format(table))
    installation.rows(_REFUSE.format(table, moment))
    try:
        yield
    finally:
        installation.rows(f"DROP TRIGGER planted_{table} ON records_{table}")
        installation.rows(f"DROP FUNCTION planted_{table}()")


def _bad_visits(base_url: str, who: Canary) -> list[int]:
    """What visitors, guessers and broken programs send; the statuses that they get."""
    with httpx.Client(base_url=base_url, timeout=30, headers={"X-Forwarded-For": who.address}) as visitor:
        answers = [
            visitor.get(f"/{who.mail}/", params={"name": who.name}),
            visitor.get(f"/referral/{who.mail}/"),
            visitor.get("/", headers={"Host": who.mail.partition("@")[2]}),
            visitor.post("/report/", data={"text": who.name, "contact": who.mail}),  # no token against forgery
            visitor.post("/follow/", params={"from": who.mail}, data={"receipt": who.phone}),
            visitor.post("/console/sign-in/", data={"username": who.mail, "password": who.phone}),
            visitor.post("/api/v1/reports", content=f'{{"text": "{who.name}"'.encode(),
                         headers={"Authorization": f"Bearer jaga_{who.mail}"}),
            visitor.get("/report/", params={"category": f"{who.name}\0"}),
            visitor.request("BREW", f"/{who.mail}", content=who.name.encode()),
        ]
    return [answer.status_code for answer in answers]


def test_no_log_holds_what_people_sent(installation: Installation, cast: Cast) -> None:
    """Report, wrong sign-ins, order, closure and appeal; refused visits; a fault of ours in the web server, one in the
    worker, and a killed worker. The same search finds the canaries in the tables, so it can find them.
    """
    begin = SERVERS_LOG.stat().st_size
    who, holder, base = canary("reporter", 90), canary("holder", 91), installation.base_url
    account = installation.newcomer(holder.name.split()[0].lower())
    phone = account.phone()
    words = {"platform": world.PLATFORM, "account": account.user_id, "category": "prostitution_advertising",
             "text": f"Di kamar {who.name}, {who.phone}", "name": who.name, "contact": who.mail}
    with refused(installation, "report", "INSERT"), pytest.raises(PageRefused, match="500"):
        reporters.report(base, words)
    statuses = _bad_visits(base, who)
    assert {400, 401, 403, 404} <= set(statuses), statuses
    with refused(installation, "report", "UPDATE"):  # accepted, but the worker cannot file it
        receipt = reporters.report(base, words)
        until("the fault of the worker", lambda: b"report_not_filed" in (installation.home / "log" / "worker.log")
              .read_bytes() + (installation.home / "log" / "urgent.log").read_bytes())
        installation.kill_worker()
        installation.worker.start()
    cast.ministry.request(stripes(), **request_on(account) | {"legal_analysis": f"Menurut {who.name}, {who.mail}."})
    case_id = cast.case_of(receipt)
    cast.close(case_id, CLOSE)
    until("the closure", lambda: installation.is_resolved(case_id), 240)
    reporters.appeal(base, code_on(phone), f"Saya {holder.name}, {holder.phone}.")
    logs = list(files(installation.home / "log"))
    told = b"".join(place.content for place in logs)
    assert b"Internal Server Error: report/" in told
    with SERVERS_LOG.open("rb") as server:
        server.seek(begin)
        logs.append(Place("PostgreSQL's log", server.read()))
    assert found([who, holder], logs) == []
    kept = installation.rows("SELECT text FROM records_report WHERE case_id = %s", case_id)
    kept += installation.rows("SELECT handle, account_id FROM records_subject")
    assert found([who], [Place("tables", json.dumps(kept).encode())])
    assert Path(installation.home / "log" / "web.log").stat().st_size > 0
