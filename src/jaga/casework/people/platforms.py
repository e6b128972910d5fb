"""Chat platforms, as their configuration and adapters describe them."""

from dataclasses import dataclass

from django.db import transaction

from jaga.casework.kernel.ledger import append, append_changes
from jaga.casework.people.organisations import require_administrator, required_name
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, NotPermitted
from jaga.core.platforms import Capabilities
from jaga.core.standard_webhooks import HookKeyInvalid, WebhookPublicKey, verifying_key
from jaga.core.terms.people import HostKind
from jaga.records.models import Installation, Platform


class NoticesOnly(NotPermitted):
    """An authority's installation holds no platform credentials: it reaches operators by notice only."""

    code = "notices_only"
    sentence = N_("In an authority's installation a platform is reached by notice only.")
    remedy = N_("Use the adapter webhook, portal or manual for this platform.")


@dataclass(frozen=True)
class NewPlatform:
    """A chat platform as its configuration and adapter describe it. Contains no credentials."""

    name: str
    display_name: str
    operator_id: int
    server_name: str
    capabilities: Capabilities
    watched: bool | None = None  # None keeps the current value; False for a new platform
    practice: bool = False
    hook_keys: tuple[str, ...] | None = ()  # public keys of its signed answers and batches; None keeps the current ones
    concurrency: int | None = None  # accounts processed at the same time; None keeps the current value


def _public_keys(texts: tuple[str, ...]) -> list[str]:
    """The public keys. A shared secret would let the web server forge what it verifies. Raises HookKeyInvalid."""
    keys = [verifying_key(text) for text in texts]
    if not all(isinstance(key, WebhookPublicKey) for key in keys):
        raise HookKeyInvalid(why="a platform's answers are verified with a public key, whpk_…, and no secret")
    return [key.text() for key in keys]


def declared(capabilities: Capabilities) -> dict[str, dict[str, object]]:
    """An adapter's capabilities as stored on the platform's row."""
    return {
        step.value: {
            "supported": capability.supported,
            "reversible": capability.reversible,
            "lost_on_undo": list(capability.lost_on_undo),
            "note": capability.note,
            **({"help": capability.help.value} if step == "restrict" else {}),
        }
        for step, capability in capabilities.steps.items()
    }


@transaction.atomic
def register_platform(new: NewPlatform, *, actor: Actor) -> Platform:
    """Create a platform, or update it from its adapter's declaration.

    Idempotent.

    Raises NotPermitted, NoticesOnly, InvalidInput for an empty name, HookKeyInvalid for a key that is not public.
    """
    require_administrator(actor)
    authority = Installation.objects.filter(host_kind=HostKind.AUTHORITY).exists()
    if authority and not new.capabilities.by_notice:
        raise NoticesOnly
    values = {
        "display_name": required_name("display_name", new.display_name),
        "operator_id": new.operator_id,
        "adapter": new.capabilities.adapter,
        "server_name": new.server_name,
        "capabilities": declared(new.capabilities),
        "stable_id": new.capabilities.stable_id,
        "named_like": new.capabilities.named_like,
        "by_notice": new.capabilities.by_notice,
        **({} if new.hook_keys is None else {"hook_keys": _public_keys(new.hook_keys)}),
        **({} if new.watched is None else {"watched": new.watched}),
        "practice": new.practice,
        **({} if new.concurrency is None else {"concurrency": new.concurrency}),
    }
    row, made = Platform.objects.update_or_create(
        name=new.name, defaults=values, create_defaults={**values, "created_at": now()}
    )
    if made:
        append("register_platform", {"platform": row.pk, "adapter": row.adapter}, actor=actor, case_id=None)
    append_changes(actor=actor, case_id=None)
    return row
