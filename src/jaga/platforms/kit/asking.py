"""Shared by notice adapters: which actions the operator's staff can be asked for, and the declared capabilities."""

from urllib.parse import urlsplit

from jaga.core.errors import N_
from jaga.core.platforms import Capabilities, Capability
from jaga.core.terms.actions import ActionKind, Step
from jaga.platforms.kit.checks import Check
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.kit.options import BlockIncomplete

USUAL = (ActionKind.RESTRICT, ActionKind.CLOSE, ActionKind.RESTORE)

A_PERSON_LOOKS = N_("A person must check this.")
BY_NOTICE = N_("The operator's people are asked for it.")
IN_THE_NOTICE = N_("The statement goes with the notice; the operator hands it to the holder.")
NOT_ASKED = N_("The operator is not asked for this.")
UNKNOWN_LOSS = N_("what the operator itself does not bring back")


def asked_for(configuration: PlatformConfiguration) -> tuple[ActionKind, ...]:
    """The option `actions`: comma-separated names, by default `restrict, close, restore`. Raises BlockIncomplete."""
    text = configuration.options.get("actions")
    if text is None:
        return USUAL
    names = [name.strip() for name in text.split(",")]
    unknown = sorted(set(names) - set(ActionKind))
    if unknown or not text.strip():
        why = f"some of {', '.join(ActionKind)}, with commas between"
        raise BlockIncomplete(platform=configuration.name, field="options.actions", why=why)
    return tuple(kind for kind in ActionKind if kind in names)


def capabilities(adapter: str, actions: tuple[ActionKind, ...], *, observable: bool) -> Capabilities:
    """The capabilities of a notice adapter. `observable`: `observe` can return more than UNKNOWN."""
    undone = ActionKind.RESTORE in actions
    steps = {
        Step.ASK: Capability(True),
        Step.OBSERVE: Capability(observable, note="" if observable else A_PERSON_LOOKS),
        Step.DELIVER: Capability(True, note=IN_THE_NOTICE),
    }
    for kind in ActionKind:
        asked = kind in actions
        reversible = undone and kind is not ActionKind.REDACT
        loss = (UNKNOWN_LOSS,) if asked and reversible and kind in (ActionKind.RESTRICT, ActionKind.CLOSE) else ()
        steps[Step(kind.value)] = Capability(asked, reversible, loss, BY_NOTICE if asked else NOT_ASKED)
    return Capabilities(adapter, steps, by_notice=True)


def no_credentials(configuration: PlatformConfiguration) -> Check:
    """Check that a block which needs no secret holds none."""
    held = ", ".join(sorted(configuration.credentials))
    return Check(
        "credentials",
        not held,
        "None are needed, and there are none."
        if not held
        else f"This adapter needs none; take {held} out of platforms.toml, and out of use on the platform.",
    )


def is_address(text: str) -> bool:
    """Whether it can be opened over HTTP."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def address(configuration: PlatformConfiguration) -> Check:
    """Check that `base_url` is the platform's address."""
    usable = is_address(configuration.base_url)
    return Check(
        "address",
        usable,
        f"The platform is at {configuration.base_url}."
        if usable
        else "base_url is no address that begins with http:// or https://; people are sent there.",
    )
