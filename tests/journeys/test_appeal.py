"""Journey g: a closed account appeals with the code from the chat, and works again."""

import pytest
from tests.journeys.installation import Installation, until
from tests.journeys.people import FRAUD, Cast, code_on
from tests.journeys.test_police_request import request_on

from jaga_practice import reporters
from jaga_practice.chat import ChatAccount
from jaga_practice.pictures import stripes

pytestmark = pytest.mark.synapse


def test_an_overturned_closure_gives_the_account_back_and_everybody_is_told(
    installation: Installation,
    cast: Cast,
) -> None:
    """No voter decides the appeal. The holder signs in with the page's password and writes; all are told again."""
    account, base = installation.newcomer("toko"), installation.base_url
    phone = account.phone()
    receipts = [cast.report(account, "fraud", "Saya curiga.", contact=f"{name}@contoh.example") for name in "ab"]
    order = cast.ministry.request(stripes(), **request_on(account) | {"category": "fraud", "legal_basis": "kuhp_492"})
    case_id = cast.case_of(receipts[0])
    cast.close(case_id, FRAUD)
    until("the closure", lambda: installation.is_resolved(case_id))
    assert not account.can_sign_in()
    code = code_on(phone)
    reporters.appeal(base, code, "Ini toko sungguhan, tolong periksa lagi.")

    number = installation.one(
        "SELECT a.id FROM records_appeal a JOIN records_decision d ON d.id = a.decision_id WHERE d.case_id = %s",
        case_id,
    )
    address = f"/console/appeals/{number}/"
    for name in ("sinta", "bayu"):
        page = cast.staff[name].open(address)
        assert 'name="result"' not in page.html
        assert "403" in cast.staff[name].refused(page, address, result="overturn", reasons="Saya berubah pikiran.")
    tirta = cast.staff["tirta"]
    tirta.visitor.send(tirta.open(address), address, {"result": "overturn", "reasons": "Tidak ada yang ditipu."})
    password = until("the new password", lambda: reporters.new_password(base, code))
    until("the restoration", lambda: installation.is_resolved(case_id))
    assert reporters.new_password(base, code) == ""

    assert not account.can_sign_in()
    name = account.user_id[1:].partition(":")[0]
    back = ChatAccount.sign_in(installation.synapse, name, password, "Toko")
    room = installation.world.rooms["pasar-yogya"]
    back.join(room)
    assert back.say(room, "Toko buka lagi.")
    for receipt in receipts:
        assert cast.follow(receipt).html.count('class="letter"') == 2
    assert [letter["key"] for letter in cast.ministry.show(order["report_id"])["letters"]] == [
        "officer_decision",
        "officer_restore",
    ]
