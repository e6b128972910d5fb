"""One holder with accounts on a Matrix and on an XMPP server: one case, one vote of each person, a result for each."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.journeys.installation import CHECKOUT, Installation, jaga, until
from tests.journeys.people import CLOSE, Cast, code_in, code_on
from tests.platforms.prosody_stage import NOTICES, NOTICES_PASSWORD, ProsodyStage, running_prosody
from tests.platforms.xmpp_people import texts

from jaga_practice import reporters, world

pytestmark = [pytest.mark.synapse, pytest.mark.prosody]
WHY = "Ketiganya memberi nomor telepon yang sama di ruang umum."


@pytest.fixture(scope="module")
def prosody(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProsodyStage]:
    """A second chat server, added to the running installation by its commands."""
    if shutil.which("prosody") is None:
        pytest.skip("needs Debian's prosody: apt-get install --no-install-recommends prosody")
    folder: Path = tmp_path_factory.mktemp("prosody")
    with running_prosody(folder) as stage:
        options = [
            f"config={folder / 'prosody.cfg.lua'}",
            f"root={'yes' if os.geteuid() == 0 else 'no'}",
            f"notices_account={NOTICES}@localhost",
        ]
        added = jaga(
            installation.environment,
            "platform",
            "add",
            "surat",
            "--adapter",
            "prosody",
            "--base-url",
            f"xmpp://127.0.0.1:{stage.port}",
            "--server-name",
            "localhost",
            *(word for option in options for word in ("--option", option)),
        )
        assert added.returncode == 0, added.stderr
        password = subprocess.run(
            [sys.executable, "-m", "jaga_practice.entry", "platform", "set", "surat", "notices_password"],
            cwd=CHECKOUT,
            env=dict(installation.environment),
            input=NOTICES_PASSWORD,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert password.returncode == 0, password.stderr
        offered = jaga(
            installation.environment,
            "admin",
            "platform",
            "surat",
            "--display-name",
            "Surat (latihan)",
            "--operator",
            world.OPERATOR,
        )
        assert offered.returncode == 0, offered.stderr
        yield stage


def _states(installation: Installation, case_id: int) -> dict[str, str]:
    """The state of the action on each account."""
    return dict(
        installation.rows(
            "SELECT s.account_id, a.state FROM records_action a JOIN records_decision d ON d.id = a.decision_id"
            " JOIN records_subject s ON s.id = d.subject_id WHERE d.case_id = %s AND d.kind = 'close'",
            case_id,
        )
    )


def test_each_account_of_one_holder_has_its_own_end(
    installation: Installation,
    cast: Cast,
    prosody: ProsodyStage,
) -> None:
    """Two are closed and verified although a third does not exist; one is restored, and the others do not change."""
    account, person, nobody = installation.newcomer("cempaka"), prosody.person(), prosody.nobody()
    phone = account.phone()
    device = prosody.sign_in(person, present=True)
    assert device is not None
    receipt = cast.report(account)
    case_id = cast.case_of(receipt)
    address = f"/console/cases/K{case_id:06d}/"
    sinta = cast.staff["sinta"]
    for name in (person.account.account_id, nobody.account_id):
        added = sinta.visitor.send(
            sinta.open(address), f"{address}accounts/", {"platform": "surat", "account": name, "why": WHY}
        )
        assert name in added.text
    numbers = tuple(
        number
        for (number,) in installation.rows(
            "SELECT subject_id FROM records_case WHERE id = %s UNION ALL"
            " SELECT subject_id FROM records_linkedaccount WHERE case_id = %s",
            case_id,
            case_id,
        )
    )
    for name in ("sinta", "bayu"):
        cast.staff[name].reviewer.vote(case_id, replace(CLOSE, accounts=numbers))

    until(
        "an end for each",
        lambda: (
            _states(installation, case_id)
            == {account.user_id: "done", person.account.account_id: "done", nobody.account_id: "stuck"}
        ),
    )
    assert not account.can_sign_in()
    assert not prosody.can_sign_in(person, person.password)
    assert not prosody.exists(nobody)
    assert not installation.is_resolved(case_id)
    confirmed = installation.one(
        "SELECT count(DISTINCT a.id) FROM records_verification v JOIN records_action a ON a.id = v.action_id"
        " JOIN records_decision d ON d.id = a.decision_id WHERE d.case_id = %s"
        " AND d.kind = 'close' AND v.result = 'confirmed'",
        case_id,
    )
    assert confirmed == 2

    letter = "\n".join(texts(device))
    device.close()
    code = code_in(letter)
    assert code
    assert code != code_on(phone)
    assert account.user_id not in letter
    assert person.account.account_id not in "\n".join(phone.notices)

    stuck = installation.one(
        "SELECT a.id FROM records_action a JOIN records_decision d ON d.id = a.decision_id"
        " WHERE d.case_id = %s AND d.kind = 'close' AND a.state = 'stuck'",
        case_id,
    )
    wulan, page = cast.staff["wulan"], "/console/stuck/"
    assert nobody.account_id in wulan.open(page).text
    wulan.visitor.send(wulan.open(page), f"/console/stuck/{stuck}/end/", {"reason": "Akun itu tidak pernah ada."})
    until("the end of the case", lambda: installation.is_resolved(case_id))
    followed = cast.follow(receipt)
    assert followed.html.count('class="letter"') == 1
    for other in (person.account.account_id, nobody.account_id, "Surat (latihan)"):
        assert other not in followed.html

    reporters.appeal(installation.base_url, code, "Akun itu dipakai orang lain, tolong periksa.")
    number = installation.one(
        "SELECT a.id FROM records_appeal a JOIN records_decision d ON d.id = a.decision_id WHERE d.case_id = %s",
        case_id,
    )
    tirta, appeal = cast.staff["tirta"], f"/console/appeals/{number}/"
    tirta.visitor.send(tirta.open(appeal), appeal, {"result": "overturn", "reasons": "Pemiliknya orang lain."})
    until("the restoration", lambda: prosody.can_sign_in(person, person.password))
    until("the end of the case", lambda: installation.is_resolved(case_id))
    assert not account.can_sign_in()
    assert cast.follow(receipt).html.count('class="letter"') == 1
