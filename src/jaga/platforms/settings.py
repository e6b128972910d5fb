"""The settings an adapter accepts: its module's `CREDENTIALS` and `OPTIONS`, each with a help text.

They catch misspelt names, which would otherwise be stored and ignored. A foreign adapter that declares none is not
checked.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from jaga.core.errors import N_, JagaError
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.registry import module_of


class UnknownSetting(JagaError):
    """The adapter has no setting of this name; nothing was stored."""

    code = "unknown_setting"
    status = 422
    sentence = N_("The adapter %(adapter)s knows no %(kind)s “%(name)s”.")
    remedy = N_("It knows: %(known)s.")


class UnknownSettingNear(UnknownSetting):
    """UnknownSetting where a similarly spelt one exists."""

    remedy = N_("Did you mean %(near)s? It knows: %(known)s.")


def known_credentials(block: PlatformConfiguration) -> Mapping[str, str] | None:
    """Names and help texts; None if a foreign adapter declares none. Raises UnknownAdapter, AdapterBroken."""
    return _declared(block, "CREDENTIALS")


def known_options(block: PlatformConfiguration) -> Mapping[str, str] | None:
    """Names and help texts of options, as for credentials."""
    return _declared(block, "OPTIONS")


def require_known(
    block: PlatformConfiguration, *, credentials: Iterable[str] = (), options: Iterable[str] = ()
) -> None:
    """Raises UnknownSetting for the first name the block's adapter does not accept."""
    for kind, names, allowed in (
        ("credential", credentials, known_credentials(block)),
        ("option", options, known_options(block)),
    ):
        for name in names:
            if allowed is not None and name not in allowed:
                raise _unknown(block.adapter, kind, name, allowed)


def unknown_settings(block: PlatformConfiguration) -> list[str]:
    """Settings in a block that nothing reads, as “credential NAME” and “option NAME”."""
    return [
        f"{kind} {name}"
        for kind, given, allowed in (
            ("credential", block.credentials, known_credentials(block)),
            ("option", block.options, known_options(block)),
        )
        for name in sorted(given)
        if allowed is not None and name not in allowed
    ]


def _unknown(adapter: str, kind: str, name: str, allowed: Mapping[str, str]) -> UnknownSetting:
    listed = ", ".join(allowed) or f"no {kind} at all"
    near = get_close_matches(name, allowed, n=1, cutoff=0.6)
    if near:
        return UnknownSettingNear(adapter=adapter, kind=kind, name=name, known=listed, near=near[0])
    return UnknownSetting(adapter=adapter, kind=kind, name=name, known=listed)


def _declared(block: PlatformConfiguration, what: str) -> Mapping[str, str] | None:
    described = getattr(module_of(block), what, None)
    return described if isinstance(described, Mapping) else None
