"""The installation's trust policy: its logs, and the witnesses that must have cosigned (c2sp.org/tlog-policy).

The operator's file has the witnesses, groups and the quorum; the lines of the logs are added here.
"""

from pathlib import Path

from django.conf import settings

from jaga.casework.ledger.publishing import log_signer
from jaga.ledger.tlog.policy import NONE, Policy, format_policy, parse_policy
from jaga.records.models import PublishedLog


def own_policy() -> Policy:
    """Logs, witnesses and quorum. Without a file no witness is needed. Raises BadFormat for a wrong one."""
    file = Path(settings.JAGA_LEDGER_WITNESSES)
    given = parse_policy(file.read_bytes()) if file.is_file() else Policy((), {}, {}, NONE)
    rows = PublishedLog.objects.order_by("number")
    logs = {log_signer(row.origin).verifier: f"{settings.BASE_URL}/ledger/{row.number}" for row in rows}
    return Policy((*logs, *given.logs), given.witnesses, given.groups, given.quorum, {**given.urls, **logs})


def policy_file() -> bytes:
    """The policy as a file, for whoever verifies a proof. It should come from another source than the proof."""
    return format_policy(own_policy())
