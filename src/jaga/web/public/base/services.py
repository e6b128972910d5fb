"""Help services, with phone numbers and sites as links."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from jaga.policy.jurisdiction import jurisdiction
from jaga.policy.models import LocalText, OutsideBody, Service

_NUMBER = re.compile(r"[0-9][0-9-]*[0-9]")
_WHATSAPP = "WhatsApp "
_SITE = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.[a-z]{2,}(/[\w./-]*)?")


@dataclass(frozen=True)
class PhoneNumber:
    """One number as written, and its link; empty if it is not a plain number."""

    words: str
    href: str


@dataclass(frozen=True)
class DialledService:
    """A service of the policy release. `name_href` dials a number contained in the name."""

    name: LocalText
    name_href: str
    numbers: tuple[PhoneNumber, ...]
    purpose: LocalText
    caution: bool  # An outside body whose contact nobody has checked.
    in_person: LocalText | None = None


def dialled(services: Iterable[Service | OutsideBody]) -> tuple[DialledService, ...]:
    """The services with links, verified ones first; no number is repeated.

    A helpline that nobody has called is not shown. Outside bodies, which the law names, are, with a caution.
    """
    shown = (one for one in services if not isinstance(one, Service) or one.may_be_named)
    return tuple(_dialled(service) for service in sorted(shown, key=lambda service: not service.verified))


def _dialled(service: Service | OutsideBody) -> DialledService:
    numbers = tuple(PhoneNumber(words, _link(words)) for words in service.contact.split(", "))
    named = [number for number in numbers if _says(service.name, number.words)]
    rest = tuple(number for number in numbers if number not in named)
    return DialledService(
        service.name,
        named[0].href if named else "",
        rest,
        service.purpose,
        isinstance(service, OutsideBody) and not service.verified,
        service.in_person if isinstance(service, OutsideBody) else None,
    )


def _says(name: LocalText, words: str) -> bool:
    """Whether the name contains these words in each language of the release."""
    whole = re.compile(rf"(?<!\w){re.escape(words)}(?!\w)")
    return all(whole.search(one) for one in (name.id, name.en) if one)


def _link(words: str) -> str:
    if words.startswith(_WHATSAPP) and _NUMBER.fullmatch(number := words.removeprefix(_WHATSAPP)):
        return f"https://wa.me/{jurisdiction().international(number.replace('-', ''))}"
    if _SITE.fullmatch(words):
        return f"https://{words}"
    return f"tel:{words.replace('-', '')}" if _NUMBER.fullmatch(words) else ""
