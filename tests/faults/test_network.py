"""The network fails between the worker and a real Synapse: the account is closed once, and its holder notified once."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from tests.factories import decided_closure, make_world
from tests.faults.rig import until
from tests.platforms.fake import AFTER_EFFECT, Fault
from tests.platforms.proxy import LIMIT, Proxy, proxied
from tests.platforms.synapse_stage import ORDERS, SynapseStage

from jaga.actions import jobs as job
from jaga.cases.models.decisions import Action
from jaga.core.terms.cases import AccountState, ActionState, Step
from jaga.operators.models import PlatformHealth
from jaga.platforms.synapse.adapter import SynapseAdapter
from jaga_practice.synapse import SynapseServer

FAULTS = (Fault.DROP, Fault.HALF_OPEN, Fault.SLOW, Fault.CUT, Fault.TIMEOUT_AFTER_EFFECT)
OUTLAST = (Fault.HALF_OPEN, Fault.SLOW)


@pytest.fixture(scope="module")
def stage(synapse: SynapseServer) -> Iterator[SynapseStage]:
    """People on the session's homeserver."""
    made = SynapseStage(synapse.base_url, synapse.admin_token, synapse.registration_shared_secret)
    yield made
    made.close()


def _again(case_id: int) -> None:
    """Run the job again, as if its pause were over."""
    Action.objects.filter(decision__case_id=case_id).update(next_attempt_at=None)
    PlatformHealth.objects.update(open_until=None)
    job.carry_out(case_id)


def _hasty_at(step: Step, stage: SynapseStage, proxy: Proxy) -> SynapseAdapter:
    """An adapter with a short time-out at one step and a normal one at all others."""
    adapter = stage.adapter_at(proxy.base_url)
    setattr(adapter, step.value, getattr(stage.adapter_at(proxy.base_url, seconds=LIMIT), step.value))
    return adapter


@pytest.mark.synapse
@pytest.mark.django_db
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("step", [Step.RESTRICT, Step.DELIVER, Step.CLOSE])
def test_a_cut_at_any_order_is_made_up_for_once(
    stage: SynapseStage,
    settings: Any,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
    step: Step,
    fault: Fault,
) -> None:
    """Whether the order arrived or not, the next attempt checks and does only what is missing."""
    settings.JAGA_EVIDENCE, settings.HOME = tmp_path / "evidence", tmp_path
    holder = stage.person()
    case_id = decided_closure(make_world(), account=holder.account.account_id)
    with proxied(stage.base_url) as proxy:
        patient = stage.adapter_at(proxy.base_url)
        meets_it = _hasty_at(step, stage, proxy) if fault in OUTLAST else patient
        monkeypatch.setattr("jaga.actions.jobs.adapter_for", lambda platform: meets_it)
        proxy.faults = [(ORDERS[step], fault)]
        for _ in range(10):  # on a busy machine a hasty look may be given up before the order
            if proxy.faults:
                _again(case_id)
        assert proxy.faults == []
        assert Action.objects.get().state == ActionState.PENDING
        if fault in AFTER_EFFECT:  # the server has it, also where we did not wait for the answer
            until("the order", lambda: any(re.search(ORDERS[step], line) for line in proxy.passed))
        monkeypatch.setattr("jaga.actions.jobs.adapter_for", lambda platform: patient)
        _again(case_id)
        ordered = [line for line in proxy.passed if line.split()[0] in ("PUT", "POST")]
    assert Action.objects.get().state == ActionState.DONE
    assert stage.adapter.observe(holder.account).state is AccountState.CLOSED
    for pattern in ("/suspend/", "/send_server_notice", "/deactivate/"):
        assert sum(pattern in line for line in ordered) == 1, ordered
