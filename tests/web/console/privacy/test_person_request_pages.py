"""The console's pages for requests of persons and for breaches: each step as people take it, and what is refused."""

import re
from collections.abc import Callable

from django.test import Client
from tests.factories import World, resolved_closure
from tests.web.console.conftest import Staff

from jaga.core.actors import PUBLIC, Actor
from jaga.core.terms.people import Role
from jaga.core.terms.privacy import PersonRequestKind
from jaga.privacy.models import Breach, PersonAnswer, PersonRequest
from jaga.privacy.verbs.person_requests import NewPersonRequest, ask_without_code

ACCOUNT = "@mawar:localhost"


def test_a_request_goes_from_the_list_to_the_sheet(
    world: World,
    staff: Staff,
    browser_of: Callable[[Actor], Client],
) -> None:
    """Taken, checked, answered, sent back, answered again, released by another, opened once."""
    resolved_closure(world)
    ask_without_code(
        NewPersonRequest(PersonRequestKind.ACCESS, account=ACCOUNT, contact="Telepon 0800-0000"), actor=PUBLIC
    )
    number = PersonRequest.objects.get().pk
    at = f"/console/person-requests/{number}/"
    reviewer, supervisor = browser_of(staff.by_role[Role.REVIEWER]), browser_of(staff.by_role[Role.SUPERVISOR])
    assert at in reviewer.get("/console/person-requests/").content.decode()
    assert reviewer.post(f"{at}take/").status_code == 302
    assert (
        reviewer.post(f"{at}answer/", {"granted": "yes", "text": "Ini data Anda, silakan.", "way": "paper"}).status_code
        == 409
    )
    for wrong in (
        {},
        {"kind": "identity_paper", "note": "KTP"},
        {"kind": "nonsense", "note": "\x00" * 20},
        {"kind": "identity_paper", "note": "KTP dicocokkan dengan data.", "account": ACCOUNT},
    ):
        page = reviewer.post(f"{at}check/", wrong)
        assert (page.status_code, 'id="errors"' in page.content.decode()) == (422, True), wrong
    check = {"kind": "identity_paper", "note": "KTP dicocokkan dengan data.", "account": ACCOUNT, "platform": "obrolan"}
    assert reviewer.post(f"{at}check/", check).status_code == 302
    assert "KTP dicocokkan" in reviewer.get(at).content.decode()
    assert reviewer.post(f"{at}answer/", {"granted": "maybe"}).status_code == 422
    draft = {"granted": "yes", "text": "Ini data Anda, silakan.", "way": "paper"}
    assert reviewer.post(f"{at}answer/", draft).status_code == 302
    assert 'value="release"' not in reviewer.get(at).content.decode()
    assert reviewer.post(f"{at}release/", {"step": "release"}).status_code == 403
    assert supervisor.post(f"{at}release/", {"step": "return"}).status_code == 422
    assert supervisor.post(f"{at}release/", {"step": "return", "why": "Sebutkan lamanya juga."}).status_code == 302
    assert reviewer.post(f"{at}answer/", draft).status_code == 302
    assert 'value="release"' in supervisor.get(at).content.decode()
    assert supervisor.post(f"{at}release/", {"step": "release"}).status_code == 302
    assert PersonAnswer.objects.filter(released_at__isnull=False).count() == 1
    sheet = reviewer.post(f"{at}hand-over/").content.decode()
    assert ACCOUNT in sheet.replace("<wbr>", "")
    assert re.search(r"K\d{6}", sheet)
    assert reviewer.post(f"{at}hand-over/").status_code == 409


def test_a_breach_goes_from_its_declaration_to_its_lessons(
    world: World,
    staff: Staff,
    browser_of: Callable[[Actor], Client],
) -> None:
    """Moments are typed in local time; what is wrong is named; the list opens for supervisors only."""
    case_id = resolved_closure(world)
    supervisor, administrator = (browser_of(staff.by_role[role]) for role in (Role.SUPERVISOR, Role.ADMINISTRATOR))
    empty = supervisor.post("/console/breaches/new/", {"found_at": "yesterday"})
    assert (empty.status_code, 'href="#found_at"' in empty.content.decode()) == (422, True)
    new = {
        "what": "Laptop seorang petugas hilang di bus.",
        "which_data": "Isi laporan.",
        "measures": "Sesi diakhiri.   ",
        "advice": "Waspadai pesan yang meminta kode.",
        "found_at": "2026-03-20T10:00",
        "began_at": "2026-03-19T10:00",
        "stopped_at": "2026-03-20T09:00",
    }
    assert supervisor.post("/console/breaches/new/", new).status_code == 422  # Too few words on what was done.
    made = administrator.post("/console/breaches/new/", {**new, "measures": "Semua sesi diakhiri."})
    at = made["Location"]
    assert Breach.objects.get().found_at.isoformat() == "2026-03-20T03:00:00+00:00"
    assert supervisor.post(f"{at}scope/", {"kind": "case", "name": "K999999"}).status_code == 422
    assert supervisor.post(f"{at}scope/", {"kind": "case", "name": f"K{case_id:06d}"}).status_code == 302
    assert administrator.post(f"{at}concerned/").status_code == 403
    assert f"K{case_id:06d}" in supervisor.post(f"{at}concerned/").content.decode()
    assert supervisor.post(f"{at}close/", {"lessons": "Laptop dikunci dengan kata sandi."}).status_code == 409
    assert supervisor.post(f"{at}notice/", {"group": "authority"}).status_code == 422
    for group in ("authority", "reporters", "holders"):
        assert (
            supervisor.post(
                f"{at}notice/", {"group": group, "was_sent": "yes", "how": "Ditulis satu per satu."}
            ).status_code
            == 302
        )
    assert supervisor.post(f"{at}close/", {"lessons": "Laptop dikunci dengan kata sandi."}).status_code == 302
    assert "Laptop dikunci" in supervisor.get(at).content.decode()
    assert "Laptop seorang" in supervisor.get("/console/breaches/").content.decode()
