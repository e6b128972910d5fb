"""The network fails between the worker and a real Synapse: the account is closed once, and its holder told once."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.factories import decided_closure, make_world
from tests.platforms.fake import Fault
from tests.platforms.proxy import LIMIT, proxied
from tests.platforms.synapse_stage import ORDERS, SynapseStage

from jaga.app.services.synapse import SynapseServer
from jaga.core.terms import AccountState, ActionState, Step
from jaga.jobs import carry_out as job
from jaga.records.models import Action, PlatformHealth

FAULTS = (Fault.DROP, Fault.HALF_OPEN, Fault.SLOW, Fault.CUT, Fault.TIMEOUT_AFTER_EFFECT)


@pytest.fixture(scope="module")
def stage(synapse: SynapseServer) -> Iterator[SynapseStage]:
    """People on the session's homeserver."""
    made = SynapseStage(synapse.base_url, synapse.admin_token, synapse.registration_shared_secret)
    yield made
    made.close()


def _again(case_id: int) -> None:
    """The job once more, as if its pause were over."""
    Action.objects.filter(decision__case_id=case_id).update(next_attempt_at=None)
    PlatformHealth.objects.update(open_until=None)
    job.carry_out(case_id)


@pytest.mark.synapse
@pytest.mark.django_db
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", [Step.RESTRICT, Step.DELIVER, Step.CLOSE])
def test_a_cut_at_any_order_is_made_up_for_once(
    stage: SynapseStage, settings: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, step: Step, fault: Fault,
) -> None:
    """Whether the order arrived or not: the next attempt looks, and does only what is missing."""
    settings.JAGA_EVIDENCE, settings.HOME = tmp_path / "evidence", tmp_path
    holder = stage.person()
    case_id = decided_closure(make_world(), account=holder.account.account_id)
    with proxied(stage.base_url) as proxy:
        proxy.faults = [(ORDERS[step], fault)]
        hasty, usual = stage.adapter_at(proxy.base_url, seconds=LIMIT), stage.adapter_at(proxy.base_url)
        monkeypatch.setattr("jaga.jobs.carry_out.adapter_for", lambda platform: hasty)
        job.carry_out(case_id)
        assert proxy.faults == []
        assert Action.objects.get().state == ActionState.PENDING
        monkeypatch.setattr("jaga.jobs.carry_out.adapter_for", lambda platform: usual)
        _again(case_id)
        ordered = [line for line in proxy.passed if line.split()[0] in ("PUT", "POST")]
    assert Action.objects.get().state == ActionState.DONE
    assert stage.adapter.observe(holder.account).state is AccountState.CLOSED
    for pattern in ("/suspend/", "/send_server_notice", "/deactivate/"):
        assert sum(pattern in line for line in ordered) == 1, ordered
