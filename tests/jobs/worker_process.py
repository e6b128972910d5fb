"""A worker process on the test's database, whose one platform keeps its accounts in a file that outlives it.

Run as `python -m tests.jobs.worker_process FILE`. While `FILE.hang` exists, a closure never returns after its effect.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

import django

django.setup()

from tests.platforms.fake import FakeAccount, FakePlatform

from jaga.actions import jobs as carry_out
from jaga.app.worker import run_worker
from jaga.core.platforms import Account, StepResult
from jaga.core.terms.cases import AccountState


class KeptPlatform(FakePlatform):
    """The fake whose accounts and orders survive the process, like a real server's."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        kept = json.loads(path.read_text())
        self.orders = kept["orders"]
        for account_id, one in kept["accounts"].items():
            notices = [(key, text) for key, text in one["notices"]]
            self.accounts[account_id] = FakeAccount("x", AccountState(one["state"]), notices=notices)

    def _keep(self) -> None:
        accounts = {key: {"state": one.state.value, "notices": one.notices} for key, one in self.accounts.items()}
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps({"orders": self.orders, "accounts": accounts}))
        draft.replace(self.path)

    def restrict(self, account: Account) -> StepResult:
        result = super().restrict(account)
        self._keep()
        return result

    def deliver(self, account: Account, text: str, key: str) -> StepResult:
        result = super().deliver(account, text, key)
        self._keep()
        return result

    def close(self, account: Account) -> StepResult:
        result = super().close(account)
        self._keep()
        while self.path.with_suffix(".hang").exists():
            time.sleep(0.1)
        return result


if __name__ == "__main__":
    platform = KeptPlatform(Path(sys.argv[1]))
    setattr(carry_out, "adapter_for", lambda name: platform)  # noqa: B010
    asyncio.run(run_worker(2))
