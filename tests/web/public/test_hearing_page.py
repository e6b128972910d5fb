"""The page on which a holder is heard before a decision, by the letter's code."""

from dataclasses import replace

import pytest
from django.test import Client
from tests.web.public.conftest import World

from jaga.cases.models.cases import Platform
from jaga.cases.verbs.accounts import NewReport
from jaga.core.actors import PUBLIC, SYSTEM
from jaga.core.terms.reports import ReporterCapacity
from jaga.decisions.models import HearingAnswer
from jaga.decisions.verbs import hearings
from jaga.policy import release
from jaga.policy.limits import UNDERAGE_ACCOUNT
from jaga.policy.release import load_release
from jaga.reporting.verbs.intake import file_report
from jaga.signals.verbs import triage
from jaga.store.codes import hearing_code


@pytest.fixture
def code(world: World, monkeypatch: pytest.MonkeyPatch) -> str:
    """The code of a delivered letter."""
    in_force = load_release()
    changed = replace(
        in_force,
        categories=tuple(
            replace(one, only_on=(world.platform,)) if one.only_on is not None else one for one in in_force.categories
        ),
    )
    monkeypatch.setattr(release, "_shipped", lambda: changed)
    platform = Platform.objects.get()
    platform.capabilities = {**platform.capabilities, "deliver": {"supported": True}}
    platform.save()
    filed = file_report(
        NewReport(
            world.platform,
            "@akun:contoh.test",
            UNDERAGE_ACCOUNT,
            "network:192.0.2.0/24",
            text="Pemilik akun ini anak saya.",
            capacity=ReporterCapacity.PARENT,
        ),
        actor=PUBLIC,
    )
    triage.triage_case(filed.case_id, actor=SYSTEM)
    hearings.ask_holder(filed.case_id, actor=world.reviewers[0])
    hearings.record_delivery(filed.case_id, actor=SYSTEM)
    return hearing_code(filed.case_id)


def test_the_codes_page_asks_takes_the_answer_and_names_nobody(code: str, client: Client) -> None:
    """At the same address as every code; English and Indonesian; without the report, the channel or the reporter's
    role.
    """
    for language, heading in (("id", "Pertanyaan tentang akun Anda"), ("en", "A question about your account")):
        client.cookies["jaga_language"] = language
        page = client.post("/appeal/", {"code": code.lower()}).content.decode()
        assert heading in page
        for word in ("Pemilik akun ini anak saya", "orang tua", "parent", "ibunya"):
            assert word not in page
    answer = client.post("/appeal/", {"code": code, "step": "answer", "text": "Saya berumur 31 tahun."})
    assert "Your answer has arrived" in answer.content.decode()
    assert HearingAnswer.objects.get().text == "Saya berumur 31 tahun."
    assert client.post("/appeal/", {"code": code, "step": "answer", "text": ""}).status_code == 422
