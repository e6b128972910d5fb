"""The published log for auditors: its head, witnesses, time stamp, last verification, and promises that were lost."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.ledger.tlog.notes import BadFormat
from jaga.ledger.tlog.policy import NONE, Policy, parse_policy
from jaga.quality.models import Tally
from jaga.store.models import HeadCosignature, PublishedHead
from jaga.store.reads import (
    PUBLISHED_VERIFIED,
    LostPromises,
    count_broken_promises,
    is_head_late,
    is_stamp_late,
    is_witnessing_late,
    lost_promises,
    newest_head,
    newest_stamp,
)


@dataclass(frozen=True)
class WitnessStatus:
    """A witness of the policy, and the last head of the newest log that it cosigned (None and 0: none yet)."""

    name: str
    cosigned_at: datetime | None
    size: int


@dataclass(frozen=True)
class PublishedLedgerStatus:
    """The newest published head and what others said of it; None, 0 and empty before the first.

    `quorum` names the witness or group that must have cosigned; it is empty if none need to, and `needed` of how many
    `members` then is 0.
    """

    origin: str = ""
    size: int = 0
    root: str = ""
    due_at: datetime | None = None
    head_late: bool = False
    witnesses: tuple[WitnessStatus, ...] = ()
    bad_policy: str = ""
    quorum: str = ""
    needed: int = 0
    members: int = 0
    witnessed_size: int = 0
    witnessed_at: datetime | None = None
    witnesses_late: bool = False
    stamps: bool = False  # Whether an authority is configured.
    stamp_at: datetime | None = None
    stamp_size: int = 0
    stamp_late: bool = False
    verified_at: datetime | None = None
    problems: int = 0
    broken_promises: int = 0
    lost: tuple[LostPromises, ...] = ()


def see_published_ledger(*, actor: Actor) -> PublishedLedgerStatus:
    """The published log's status. Raises NotPermitted for anyone but an auditor."""
    actor.require(Role.AUDITOR)
    head, stamp = newest_head(), newest_stamp()
    if head is None:
        return PublishedLedgerStatus(
            head_late=is_head_late(), stamps=bool(settings.JAGA_TIMESTAMP_URL), lost=lost_promises()
        )
    policy, why = _policy()
    witnessed = PublishedHead.objects.filter(log=head.log, witnessed_at__isnull=False).order_by("-size").first()
    verified = Tally.objects.filter(name=PUBLISHED_VERIFIED).first()
    group = policy.groups.get(policy.quorum)
    return PublishedLedgerStatus(
        head.log.origin,
        head.size,
        head.root,
        head.due_at,
        is_head_late(),
        _witnesses(policy, head),
        why,
        "" if policy.quorum == NONE else policy.quorum,
        0 if policy.quorum == NONE else group.threshold if group else 1,
        len(group.members) if group else 1,
        witnessed.size if witnessed else 0,
        witnessed.witnessed_at if witnessed else None,
        is_witnessing_late(),
        bool(settings.JAGA_TIMESTAMP_URL),
        stamp.stamped_at if stamp else None,
        stamp.head.size if stamp else 0,
        is_stamp_late(),
        verified.counted_at if verified else None,
        verified.number if verified else 0,
        count_broken_promises(),
        lost_promises(),
    )


def _policy() -> tuple[Policy, str]:
    """The operator's policy, and why it cannot be read."""
    file, without = Path(settings.JAGA_LEDGER_WITNESSES), Policy((), {}, {}, NONE)
    try:
        return (parse_policy(file.read_bytes()), "") if file.is_file() else (without, "")
    except BadFormat as wrong:
        return without, wrong.english()


def _witnesses(policy: Policy, head: PublishedHead) -> tuple[WitnessStatus, ...]:
    found = []
    for key in policy.witnesses.values():
        last = (
            HeadCosignature.objects.filter(head__log=head.log, witness=key.vkey)
            .select_related("head")
            .order_by("-head__size")
            .first()
        )
        found.append(WitnessStatus(key.name, last.cosigned_at if last else None, last.head.size if last else 0))
    return tuple(found)
