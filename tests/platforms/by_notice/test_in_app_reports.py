"""The button in the app, on real servers: an ordinary client reports, and the report arrives once and complete."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from tests.factories import World, make_world
from tests.platforms.atproto_servers import AtprotoServers
from tests.platforms.atproto_stage import POSTS, OzoneStage
from tests.platforms.prosody_stage import ProsodyStage, running_prosody
from tests.platforms.synapse_stage import CLIENT, SynapseStage

from jaga.cases.models.cases import Case, Platform
from jaga.cases.models.reports import Report
from jaga.core.actors import SYSTEM
from jaga.core.cases import CaseState
from jaga.core.platforms import PassesReports, PlatformUnreachable
from jaga.core.terms.reports import Channel
from jaga.reporting.jobs import read_in_app_reports
from jaga.reporting.models import InAppImport
from jaga.reporting.verbs.filing import file_waiting
from jaga.signals.verbs.triage import triage_case
from jaga_practice.synapse import SynapseServer

OFFER = "open BO malam ini, nego, wa 0812-0000-1111"
WHY = "Akun ini menawarkan jasa & mengganggu <saya>"


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    settings.HOME = tmp_path
    return make_world()


@pytest.fixture
def reads(world: World, monkeypatch: pytest.MonkeyPatch) -> Callable[[object, str, str], int]:
    """The worker's round over one platform of this adapter. Returns how many reports were filed."""

    def read(adapter: object, name: str, server_name: str) -> int:
        Platform.objects.update(adapter=name, server_name=server_name)
        monkeypatch.setattr("jaga.reporting.jobs.adapter_for", lambda platform: adapter)
        return read_in_app_reports()

    return read


def came_to_review() -> list[tuple[str, str, str]]:
    """Account, category and text of the waiting case, after the worker filed and triaged it."""
    file_waiting()
    for case in Case.objects.filter(state=CaseState.RECEIVED):
        triage_case(case.pk, actor=SYSTEM)
    assert not Case.objects.exclude(state=CaseState.IN_REVIEW).exists()
    rows = Report.objects.filter(channel=Channel.APP, receipt_hash__isnull=True).order_by("pk")
    return [(row.subject.account_id, row.category, row.all_text) for row in rows]


@pytest.fixture(scope="module")
def homeserver(synapse: SynapseServer) -> Iterator[SynapseStage]:
    made = SynapseStage(synapse.base_url, synapse.admin_token, synapse.registration_shared_secret)
    yield made
    made.close()


def test_synapse_messages_and_accounts(
    homeserver: SynapseStage,
    reads: Callable[[object, str, str], int],
) -> None:
    """From a private room only the message that a member handed over; the reporter is nowhere readable."""
    adapter = homeserver.adapter
    reads(adapter, "synapse", "localhost")  # what other tests left
    InAppImport.objects.all().delete()
    Report.objects.all().delete()
    offender, reporter = homeserver.person(), homeserver.person()
    room = homeserver.private_room("Teman", [offender, reporter])
    homeserver.say(offender, room, "ini rahasia kami")
    event = homeserver.say(offender, room, OFFER)
    sent = homeserver.call("POST", f"{CLIENT}/rooms/{room}/report/{event}", reporter.session, {"reason": WHY})
    assert sent.status_code == 200, sent.text
    sent = homeserver.call(
        "POST",
        f"{CLIENT}/users/{offender.account.account_id}/report",
        reporter.session,
        {"reason": "penipu, minta DP lalu hilang"},
    )
    assert sent.status_code == 200, sent.text
    assert reads(adapter, "synapse", "localhost") == 2
    assert reads(adapter, "synapse", "localhost") == 0
    seen = came_to_review()
    assert seen[0] == (offender.account.account_id, "prostitution_advertising", f"{WHY}\n\n{OFFER}")
    (report,) = (one for one in Report.objects.all() if one.text == WHY)
    assert report.published == OFFER  # the server's own copy, apart from what its reporter wrote
    assert seen[1][0] == offender.account.account_id
    assert "rahasia" not in "".join(text for _, _, text in seen)
    assert reporter.account.account_id not in str(list(Report.objects.values()))
    with pytest.raises(PlatformUnreachable):
        adapter.read_reports("damaged")


@pytest.fixture(scope="module")
def xmpp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProsodyStage]:
    with running_prosody(tmp_path_factory.mktemp("prosody-reports")) as stage:
        yield stage


def test_prosody_keeps_reports_until_they_are_taken(
    xmpp: ProsodyStage,
    reads: Callable[[object, str, str], int],
) -> None:
    """XEP-0377 with a block; fetched reports are deleted there; the same person may be reported again."""
    offender, reporter = xmpp.person(), xmpp.person()
    block = (
        "<iq type='set' id='q'><block xmlns='urn:xmpp:blocking'><item jid='{jid}'>"
        "<report xmlns='urn:xmpp:reporting:1' reason='urn:xmpp:reporting:abuse'><text>{why}</text></report>"
        "</item></block></iq>"
    )
    why = WHY.replace("&", "&amp;").replace("<", "&lt;")
    for jid in (f"{offender.account.account_id}/ponsel", "orang@lain.example"):
        answer = xmpp.asks(reporter, block.format(jid=jid, why=why))
        assert "type='result'" in answer or 'type="result"' in answer, answer
    plain = "<iq type='set' id='q'><block xmlns='urn:xmpp:blocking'><item jid='ani@localhost'/></block></iq>"
    xmpp.asks(reporter, plain)  # a block without a report is nobody's business
    assert isinstance(xmpp.adapter, PassesReports)
    assert reads(xmpp.adapter, "prosody", "localhost") == 1  # the other is on another server
    assert InAppImport.objects.filter(report__isnull=True).count() == 1
    assert reads(xmpp.adapter, "prosody", "localhost") == 0
    assert came_to_review() == [(offender.account.account_id, "other", WHY)]
    listed = xmpp.shell("jaga", "reports", "localhost", "0").stdout
    assert "menawarkan" not in listed
    xmpp.asks(reporter, block.format(jid=offender.account.account_id, why="lagi"))
    assert reads(xmpp.adapter, "prosody", "localhost") == 1


@pytest.mark.atproto
def test_ozone_reports_on_accounts_and_posts(
    atproto: AtprotoServers,
    reads: Callable[[object, str, str], int],
) -> None:
    """Sent through the PDS to Ozone, as apps do, with the reported public post."""
    stage = OzoneStage(atproto)
    offender, reporter = stage.person(), stage.person()
    uri = stage.say(offender, POSTS, OFFER)
    cid = stage.get(
        "com.atproto.repo.getRecord", repo=offender.account.account_id, collection=POSTS, rkey=uri.rpartition("/")[2]
    ).json()["cid"]
    reads(stage.adapter, "ozone", atproto.ozone_did)
    InAppImport.objects.all().delete()
    Report.objects.all().delete()
    for reason, subject in (
        (
            "com.atproto.moderation.defs#reasonMisleading",
            {"$type": "com.atproto.admin.defs#repoRef", "did": offender.account.account_id},
        ),
        ("com.atproto.moderation.defs#reasonOther", {"$type": "com.atproto.repo.strongRef", "uri": uri, "cid": cid}),
    ):
        answer = stage.client.post(
            "/xrpc/com.atproto.moderation.createReport",
            json={"reasonType": reason, "subject": subject, "reason": WHY},
            headers={
                "Authorization": f"Bearer {stage.access(reporter)}",
                "atproto-proxy": f"{atproto.ozone_did}#atproto_labeler",
            },
        )
        assert answer.status_code == 200, answer.text
    assert reads(stage.adapter, "ozone", atproto.ozone_did) == 2
    assert reads(stage.adapter, "ozone", atproto.ozone_did) == 0
    assert came_to_review() == [
        (offender.account.account_id, "fraud", WHY),
        (offender.account.account_id, "prostitution_advertising", f"{WHY}\n\n{OFFER}"),
    ]
    assert cast(str, reporter.account.account_id) not in str(list(Report.objects.values()))
    stage.close()
