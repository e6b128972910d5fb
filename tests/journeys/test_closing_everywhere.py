"""Accounts closed on every real server and tested afterwards: by their holders, by the public, and after restoration.

The same path for all: the public form, two votes, a verified closure, what the holder can still do and still learns, an
appeal, the account again. If the server cannot deliver the letter, a member of staff sends it on request.
"""

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.journeys.installation import Installation, until
from tests.journeys.offered import offer
from tests.journeys.people import CATEGORY, Cast, code_in, code_on
from tests.journeys.people import CLOSE as JUDGED
from tests.platforms import ejabberd_stage, prosody_stage
from tests.platforms.atproto_servers import AtprotoServers, installed, running_atproto
from tests.platforms.atproto_stage import POSTS, AtprotoStage, OzoneStage, PdsStage
from tests.platforms.ejabberd_stage import EjabberdStage, library, running_ejabberd
from tests.platforms.prosody_stage import ProsodyStage, running_prosody
from tests.platforms.sql_stage import APP, AppStage, has_sql_ejabberd, running_sql_ejabberd, tables
from tests.platforms.stage import Person
from tests.platforms.xmpp_people import texts

from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga_practice import reporters, world
from jaga_practice.chat import Phone

pytestmark = [pytest.mark.synapse]


@dataclass
class Holder:
    """An account's holder. `code` is what reached them of the letter; empty if the server cannot deliver."""

    name: str  # as a reporter copies it
    can_sign_in: Callable[[], bool]
    session_works: Callable[[], bool]
    code: Callable[[], str]
    back: Callable[[str], bool]  # whether the account works again, with what the appeal page gave


@dataclass
class Place:
    """A platform as a journey needs it. `told`: whether the server delivers the letter to the holder."""

    platform: str
    told: bool
    holder: Callable[[], Holder] = field(repr=False)


@contextmanager
def matrix(installation: Installation, folder: Path) -> Iterator[Place]:
    """The installation's own Synapse."""

    def holder() -> Holder:
        account = installation.newcomer("semua")
        phone: Phone = account.phone()
        return Holder(
            account.user_id,
            account.can_sign_in,
            account.token_works,
            lambda: code_on(phone),
            lambda password: bool(password) and account.can_sign_in(password),
        )

    yield Place(world.PLATFORM, True, holder)


def of_xmpp(stage: ProsodyStage | EjabberdStage) -> Holder:
    """A holder whose device is connected while the account is closed: it reads the letter before the connection
    ends.
    """
    person = stage.person()
    device = stage.sign_in(person, present=True)
    assert device is not None

    def code() -> str:
        with device:
            return code_in(_last_words(device))

    return Holder(
        f"xmpp:{person.account.account_id}",
        lambda: stage.can_sign_in(person, person.password),
        lambda: stage.session_works(person),
        code,
        lambda _: stage.can_sign_in(person, person.password),
    )


def _last_words(device: socket.socket) -> str:
    """Everything that reached the device before the server hung up."""
    try:
        return "\n".join(texts(device))
    except OSError:
        return ""


@contextmanager
def prosody(installation: Installation, folder: Path) -> Iterator[Place]:
    if shutil.which("prosody") is None:
        pytest.skip("needs Debian's prosody: apt-get install --no-install-recommends prosody")
    with running_prosody(folder) as stage:
        offer(
            installation,
            "warung",
            "prosody",
            f"xmpp://127.0.0.1:{stage.port}",
            "localhost",
            {
                "config": str(folder / "prosody.cfg.lua"),
                "root": "yes" if os.geteuid() == 0 else "no",
                "notices_account": f"{prosody_stage.NOTICES}@localhost",
            },
            {"notices_password": prosody_stage.NOTICES_PASSWORD},
        )
        yield Place("warung", True, lambda: of_xmpp(stage))


@contextmanager
def ejabberd(installation: Installation, folder: Path) -> Iterator[Place]:
    if library() is None:
        pytest.skip("needs Debian's ejabberd: apt-get install --no-install-recommends ejabberd")
    with running_ejabberd(folder) as stage:
        offer(
            installation,
            "kios",
            "ejabberd",
            stage.base_url,
            "localhost",
            {
                "xmpp": f"xmpp://127.0.0.1:{stage.port}",
                "notices_account": f"{ejabberd_stage.NOTICES}@localhost",
                "administrators": f"{ejabberd_stage.ADMINISTRATOR}@localhost",
            },
            {"notices_password": ejabberd_stage.NOTICES_PASSWORD},
        )
        yield Place("kios", True, lambda: of_xmpp(stage))


@contextmanager
def users_table(installation: Installation, folder: Path) -> Iterator[Place]:
    """An app with its own tables, reached by a map without code."""
    with tables(APP) as made:
        stage = AppStage(made)
        _offer_map(installation, "obrol", stage.block())

        def holder() -> Holder:
            person = stage.person()
            return Holder(
                stage.called(person),
                lambda: stage.can_sign_in(person, person.password),
                lambda: stage.session_works(person),
                lambda: code_in("\n".join(stage.letters(person))),
                lambda _: stage.can_sign_in(person, person.password),
            )

        yield Place("obrol", True, holder)


@contextmanager
def ejabberd_users_table(installation: Installation, folder: Path) -> Iterator[Place]:
    """ejabberd again, with its users in PostgreSQL, by a map."""
    if not has_sql_ejabberd():
        pytest.skip("needs Debian's ejabberd and erlang-p1-pgsql")
    with running_sql_ejabberd(folder) as stage:
        _offer_map(installation, "lapak", stage.block())

        def holder() -> Holder:
            person = stage.person()
            return Holder(
                f"xmpp:{person.account.account_id}",
                lambda: stage.can_sign_in(person, person.password),
                lambda: stage.session_works(person),
                lambda: "",
                lambda _: stage.can_sign_in(person, person.password),
            )

        yield Place("lapak", False, holder)


def _offer_map(installation: Installation, name: str, block: PlatformConfiguration) -> None:
    offer(installation, name, "sql", block.base_url, block.server_name, block.options, block.credentials)


def of_atproto(stage: AtprotoStage) -> Holder:
    """A holder with posts, whom a reporter names by the link to the profile."""
    person = stage.person()
    stage.say(person, POSTS, "tawaran malam ini")
    return Holder(
        f"https://bsky.app/profile/{person.account.handle}",
        lambda: stage.can_sign_in(person, person.password),
        lambda: stage.session_works(person),
        lambda: "",
        lambda _: _signed_in_anew(stage, person),
    )


def _signed_in_anew(stage: AtprotoStage, person: Person) -> bool:
    """Whether the earlier password opens a session that can write again."""
    answer = stage.sign_in(person, person.password)
    body = {
        "repo": person.account.account_id,
        "collection": POSTS,
        "record": {"$type": POSTS, "text": "kembali", "createdAt": "2026-11-25T01:02:03Z"},
    }
    return (
        answer.is_success and stage.post("com.atproto.repo.createRecord", body, answer.json()["accessJwt"]).is_success
    )


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AtprotoServers]:
    """PDS and Ozone for this file only."""
    if not installed():
        pytest.skip("needs the AT Protocol's servers: python3 tools/bootstrap.py test --atproto")
    with running_atproto(tmp_path_factory.mktemp("langit"), os.environ["DATABASE_URL"]) as made:
        yield made


@pytest.fixture(scope="module")
def pds(installation: Installation, servers: AtprotoServers) -> Iterator[PdsStage]:
    """The PDS, as the platform `langit`."""
    stage = PdsStage(servers)
    offer(
        installation,
        "langit",
        "atproto_pds",
        servers.pds_url,
        "pds.test",
        {},
        {"admin_password": servers.admin_password},
    )
    yield stage
    stage.close()


@pytest.fixture(scope="module")
def ozone(installation: Installation, servers: AtprotoServers) -> Iterator[OzoneStage]:
    """The same accounts through Ozone, as the platform `penengah`."""
    stage = OzoneStage(servers)
    offer(
        installation,
        "penengah",
        "ozone",
        servers.ozone_url,
        servers.ozone_did,
        {"pds_url": servers.pds_url},
        {"moderator": servers.moderator_handle, "app_password": servers.moderator_password},
    )
    yield stage
    stage.close()


@pytest.fixture(
    params=[
        pytest.param("matrix"),
        pytest.param("prosody", marks=pytest.mark.prosody),
        pytest.param("ejabberd", marks=pytest.mark.ejabberd),
        pytest.param("users table"),
        pytest.param("ejabberd's users table", marks=pytest.mark.ejabberd),
        pytest.param("pds", marks=pytest.mark.atproto),
        pytest.param("ozone", marks=pytest.mark.atproto),
    ]
)
def place(request: pytest.FixtureRequest, installation: Installation, tmp_path: Path) -> Iterator[Place]:
    """Each platform after the other."""
    started = {
        "matrix": matrix,
        "prosody": prosody,
        "ejabberd": ejabberd,
        "users table": users_table,
        "ejabberd's users table": ejabberd_users_table,
    }
    with ExitStack() as stack:
        if request.param in started:
            yield stack.enter_context(started[request.param](installation, tmp_path))
        else:
            stage: AtprotoStage = request.getfixturevalue(request.param)
            name = "langit" if request.param == "pds" else "penengah"
            yield Place(name, False, lambda: of_atproto(stage))


def filed(installation: Installation, platform: str, account: str) -> str:
    """A report by the public form; returns its receipt."""
    return reporters.report(
        installation.base_url,
        {"platform": platform, "account": account, "category": CATEGORY, "text": "Menawarkan jasa di ruang umum."},
    )


def verified(installation: Installation, case_id: int) -> list[str]:
    """The results of the independent checks after the case's closures."""
    return [
        result
        for (result,) in installation.rows(
            "SELECT v.result FROM records_verification v JOIN records_action a ON a.id = v.action_id"
            " JOIN records_decision d ON d.id = a.decision_id WHERE d.case_id = %s AND a.kind = 'close'",
            case_id,
        )
    ]


def handed_over(installation: Installation, cast: Cast, case_id: int) -> str:
    """The code in the letter that a supervisor opens for a holder who asked; nobody else gets it."""
    decision = installation.one("SELECT id FROM records_decision WHERE case_id = %s AND kind = 'close'", case_id)
    page, address = f"/console/cases/K{case_id:06d}/", f"/console/cases/K{case_id:06d}/decisions/{decision}/letter/"
    assert "403" in cast.staff["sinta"].refused(cast.staff["sinta"].open(page), address)
    wulan = cast.staff["wulan"]
    return code_in(wulan.visitor.send(wulan.open(page), address, {}).text)


def test_an_account_is_closed_and_comes_back(installation: Installation, cast: Cast, place: Place) -> None:
    """Nothing opens it while it is closed; the holder learns why, appeals, and uses it again."""
    holder = place.holder()
    assert holder.can_sign_in()
    receipt = filed(installation, place.platform, holder.name)
    case_id = cast.case_of(receipt)
    assert holder.session_works()
    cast.close(case_id, JUDGED)
    until("the closure", lambda: installation.is_resolved(case_id))
    assert verified(installation, case_id) == ["confirmed"]
    assert not holder.can_sign_in()
    assert not holder.session_works()
    assert "ditutup" in cast.follow(receipt).html.partition('class="letter"')[2]

    delivered = installation.one(
        "SELECT bool_or(s.delivered_at IS NOT NULL) FROM records_statement s"
        " JOIN records_decision d ON d.id = s.decision_id WHERE d.case_id = %s",
        case_id,
    )
    assert delivered is place.told
    code = holder.code() if place.told else handed_over(installation, cast, case_id)
    assert code
    reporters.appeal(installation.base_url, code, "Itu bukan saya, tolong periksa lagi.")
    number = installation.one(
        "SELECT a.id FROM records_appeal a JOIN records_decision d ON d.id = a.decision_id WHERE d.case_id = %s",
        case_id,
    )
    tirta, address = cast.staff["tirta"], f"/console/appeals/{number}/"
    tirta.visitor.send(tirta.open(address), address, {"result": "overturn", "reasons": "Pemiliknya orang lain."})
    until("the restoration", lambda: installation.is_resolved(case_id))
    assert holder.back(reporters.new_password(installation.base_url, code))
    assert cast.follow(receipt).html.count('class="letter"') == 2


def subject_of(installation: Installation, case_id: int) -> str:
    return str(
        installation.one(
            "SELECT s.account_id FROM records_case c JOIN records_subject s ON s.id = c.subject_id WHERE c.id = %s",
            case_id,
        )
    )


@pytest.mark.atproto
def test_by_handle_and_by_id_is_one_case_and_a_new_name_saves_nobody(
    installation: Installation,
    cast: Cast,
    pds: PdsStage,
) -> None:
    """Two reports, one case; the holder takes another handle while people decide, and is closed nevertheless."""
    person = pds.person()
    case_id = cast.case_of(filed(installation, "langit", f"@{person.account.handle}"))
    assert subject_of(installation, case_id) == person.account.account_id
    second = filed(installation, "langit", person.account.account_id)
    assert cast.case_of(second) == case_id
    renamed = pds.rename(person)
    cast.close(case_id, JUDGED)
    until("the closure", lambda: installation.is_resolved(case_id))
    assert not pds.can_sign_in(person, person.password)
    assert not pds.session_works(person)
    page = cast.staff["sinta"].open(f"/console/cases/K{case_id:06d}/").text
    for shown in (person.account.handle, person.account.account_id, renamed):
        assert shown in page


@pytest.mark.atproto
def test_a_handle_that_moved_closes_nobody_who_was_not_judged(
    installation: Installation,
    cast: Cast,
    pds: PdsStage,
) -> None:
    """A is judged; B takes A's old handle. A is closed and B is not; a new report of the handle concerns B."""
    first, second = pds.person(), pds.person()
    handle = first.account.handle
    case_id = cast.case_of(filed(installation, "langit", handle))
    pds.rename(first)
    taken = pds.post("com.atproto.identity.updateHandle", {"handle": handle}, pds.access(second))
    assert taken.is_success, taken.text
    cast.close(case_id, JUDGED)
    until("the closure", lambda: installation.is_resolved(case_id))
    assert not pds.can_sign_in(first, first.password)
    assert pds.can_sign_in(second, second.password)
    assert pds.session_works(second)

    receipt = filed(installation, "langit", handle)
    later = until("the newcomer's case", lambda: _looked_up(installation, cast, receipt, second.account.account_id))
    assert later != case_id


def _looked_up(installation: Installation, cast: Cast, receipt: str, did: str) -> int | None:
    case_id = cast.case_of(receipt)
    return case_id if subject_of(installation, case_id) == did else None
