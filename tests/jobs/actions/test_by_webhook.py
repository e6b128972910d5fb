"""The whole path with signed messages: worker, encrypted credentials, the reference receiver, its call to our web
server.
"""

import time
from pathlib import Path
from typing import Any

import pytest
from tests.casework.operator_world import make_operator
from tests.factories import World, decided_closure, the_action
from tests.platforms.receiver import receiver

from jaga.actions.jobs import carry_out
from jaga.core.standard_webhooks import PrivateKey
from jaga.core.terms.cases import ActionState
from jaga.core.terms.outside import AnswerKind, NoticeState
from jaga.operators.models import Notice
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.kit.credentials import save_configuration
from jaga.platforms.kit.sealing import KeyFile

pytestmark = pytest.mark.django_db(transaction=True)
JAGA = PrivateKey.generate()


@pytest.mark.parametrize("later", [False, True])
def test_a_closure_is_asked_for_answered_by_signature_and_seen(
    world: World,
    live_server: Any,
    tmp_path: Path,
    later: bool,
) -> None:
    """At once, or after a receipt by a call to our web server: the answer is recorded, and a check of the profile
    finishes it.
    """
    folder = tmp_path / "receiver"
    folder.mkdir()
    door = f"{live_server.url}/hooks/mengobrol/" if later else ""
    with receiver(folder, JAGA, "tamu-77", later=door) as found:
        operator = make_operator("mengobrol", "webhook", observes=True, keys=(found.public_key,))
        save_configuration(
            tmp_path / "platforms.toml",
            PlatformConfiguration(
                "mengobrol",
                "webhook",
                f"{found.url}/",
                "mengobrol.example",
                {"signing_key": JAGA.text()},
                {"answer_keys": found.public_key, "profile_url": f"{found.url}/u/{{account}}"},
            ),
            KeyFile(tmp_path / "secrets" / "platforms"),
        )
        case_id = decided_closure(world, platform=operator.platform, account="tamu-77")
        carry_out(case_id)
        notice = Notice.objects.get()
        assert notice.received_at is not None
        assert (notice.state == NoticeState.ANSWERED) is not later
        deadline = time.monotonic() + 120
        while notice.state != NoticeState.ANSWERED and time.monotonic() < deadline:
            time.sleep(0.1)
            notice.refresh_from_db()
        assert (notice.state, notice.answer) == (NoticeState.ANSWERED, AnswerKind.DONE), found.said()
        carry_out(case_id)
        assert the_action(case_id).state == ActionState.DONE
        assert found.said().count("to tamu-77:") == 1
        assert "not taken" not in found.said()
