"""A request's origin, only as exact as needed: a network, never a full address.

A cache for public counts: many concurrent readers cost the database one count.

Human-readable durations.

The language switch: a preference on this device, so a plain link without CSRF protection suffices.

Errors for receipts and codes lost when the system was restored from a backup.

Help services, with phone numbers and sites as links.

Public wording of glossary terms.

Limits on guessing receipts and codes, by address and network.

Kept in process memory on purpose: with 53 bits per receipt and 100 per appeal code, guessing must only be slow, not
counted exactly; and the origin of wrong codes is never written to disk.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from math import ceil
from threading import Lock
from time import monotonic
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from jaga.core.errors import N_, JagaError, NotFound
from jaga.core.foreign import unmapped
from jaga.core.limits import Buckets, Rate
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import OrganisationKind
from jaga.core.terms.reports import Channel
from jaga.policy.models import LocalText, OutsideBody, Service
from jaga.policy.release import jurisdiction
from jaga.reporting.reads.followed_reports import wrong_length
from jaga.store.reads import DatabaseLoss, lost_by_code, lost_by_number, lost_by_receipt, recent_loss
from jaga.web.errors import fill, language
from jaga.web.templatetags.jaga_tags import day, wib

_PREFIX = {4: 24, 6: 48}
_ONE = {4: 32, 6: 64}


def address(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    """The client's address; None for a socket without one, or behind a misconfigured proxy."""
    return address_in(request.META)


def address_in(environ: Mapping[str, Any]) -> IPv4Address | IPv6Address | None:
    """`address` before a request object exists.

    Behind `JAGA_PROXY_HOPS` own proxies, each of which appends to X-Forwarded-For, this is what the outermost one saw.
    Entries further left are client claims and ignored.
    """
    hops: int = getattr(settings, "JAGA_PROXY_HOPS", 0)
    forwarded = [part.strip() for part in environ.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    address = forwarded[-hops] if 0 < hops <= len(forwarded) else environ.get("REMOTE_ADDR", "")
    try:
        found = ip_address(address)
    except ValueError:
        return None
    return unmapped(found)


def network(request: HttpRequest) -> str:
    """The client's network (/24, /48), by which anonymous sources count as independent. Hashed before storage."""
    return network_in(request.META)


def network_in(environ: Mapping[str, Any]) -> str:
    """`network` before a request object exists."""
    found = address_in(environ)
    return network_of(found, _PREFIX[found.version]) if found else "unknown"


def one_address(request: HttpRequest) -> str:
    """The client itself; for IPv6 its /64, within which one customer has any number of addresses."""
    found = address(request)
    return network_of(found, _ONE[found.version]) if found else "unknown"


def network_of(found: IPv4Address | IPv6Address, bits: int) -> str:
    """The network of an address by its first bits, such as 192.0.2.0/24.

    As `ipaddress.ip_network` writes it, in a third of the time.
    """
    rest = found.max_prefixlen - bits
    return f"{type(found)(int(found) >> rest << rest)}/{bits}"


T = TypeVar("T")
FRESH_SECONDS = 5
SHARE = 20  # Counting takes at most a twentieth of the time, whatever the size and number of readers.
_LOCKS: defaultdict[str, Lock] = defaultdict(Lock)


def counted(key: str, count: Callable[[], T]) -> T:
    """A recent count, or a new one computed by one reader while the others wait.

    The slower the count, the longer it is kept; pages show its time.
    """
    with _LOCKS[key]:
        kept: T | None = cache.get(key)
        if kept is None:
            began = monotonic()
            kept = count()
            cache.set(key, kept, max(FRESH_SECONDS, SHARE * (monotonic() - began)))
        return kept


def span(took: timedelta | None) -> str:
    """A duration in its two largest units; empty if None."""
    if took is None:
        return ""
    whole = round(took.total_seconds())
    if not whole:
        return gettext("< 1 s")
    minutes, seconds = divmod(whole, 60)
    if not minutes:
        return fill(N_("%(seconds)s s"), {"seconds": seconds})
    if minutes < 60:
        return fill(N_("%(minutes)s min %(seconds)s s"), {"minutes": minutes, "seconds": seconds})
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return fill(N_("%(hours)s h %(minutes)s min"), {"hours": hours, "minutes": minutes})
    return fill(N_("%(days)s d %(hours)s h"), {"days": hours // 24, "hours": hours % 24})


YEAR = 365 * 24 * 3600


@require_http_methods(["GET", "HEAD", "POST"])
def switch(request: HttpRequest) -> HttpResponse:
    """Store the chosen language in a cookie and return to the page, never to another site. Raises NotFound."""
    asked = request.POST if request.method == "POST" else request.GET
    chosen, back = asked.get("to", ""), asked.get("next", "")
    if chosen not in jurisdiction().languages:
        raise NotFound
    if not back.startswith("/") or not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("public:home")
    response = HttpResponseRedirect(back)
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        max_age=YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


class WrongReceipt(NotFound):
    """No report has this receipt."""

    code = "wrong_receipt"
    sentence = N_("There is no report with this number.")
    remedy = N_("Check the 16 digits; spaces do not matter.")


class WrongLength(WrongReceipt):
    """What was typed has another number of digits than a receipt, so it was not looked up."""

    code = "receipt_length"
    sentence = N_("This has %(count)s digits; a report number has 16.")
    remedy = N_("Compare it with what you wrote down; spaces do not matter.")


class WrongReceiptOrLost(WrongReceipt):
    """WrongReceipt in the half-year after a restoration, as older receipts may carry no number."""

    remedy = N_(
        "Check the 16 digits; spaces do not matter. If you sent the report shortly before %(until)s: reports "
        "of that time were lost when our system was restored. Please report again."
    )


class ReportLost(NotFound):
    """The receipt is valid, but its report was lost."""

    code = "report_lost"
    status = 410
    sentence = N_("Your report was lost when our system was restored on %(day)s. Nobody can work on it any more.")
    remedy = N_("We are sorry. Please report again; you get a new number then.")


class WrongLetterCode(NotFound):
    """No statement has this code."""

    code = "wrong_code"
    sentence = N_("There is no decision with this code.")
    remedy = N_("Check the code in the letter; it has four groups of five characters.")


class LetterLost(NotFound):
    """The code may belong to a lost letter."""

    code = "letter_lost"
    status = 410
    sentence = N_("What we wrote to you with this code was lost when our system was restored on %(day)s.")
    remedy = N_("We are sorry. You can still object: below it says how without a code. Keep the letter.")


def require_length(receipt: str) -> None:
    """Raise WrongLength for any other number of digits than a receipt has, WrongReceipt for none."""
    count = wrong_length(receipt)
    if count is not None:
        raise WrongLength(count=count) if count else WrongReceipt


def no_report(receipt: str) -> NotFound:
    """The error for a receipt without a report."""
    if lost := lost_by_receipt(receipt):
        return _report_lost(lost)
    recent = recent_loss()
    return WrongReceiptOrLost(until=wib(recent.restored_at)) if recent else WrongReceipt()


def no_longer_here(report_id: int) -> NotFound | None:
    """The error for a report that was open on this device, by its number, or None."""
    lost = lost_by_number("report", report_id)
    return _report_lost(lost) if lost else None


def no_letter(code: str) -> NotFound:
    """The error for a letter code without a match."""
    lost = lost_by_code(code)
    return LetterLost(day=day(lost.restored_at)) if lost else WrongLetterCode()


def _report_lost(lost: DatabaseLoss) -> ReportLost:
    return ReportLost(day=day(lost.restored_at))


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


DECISIONS = {
    DecisionKind.DISMISS: N_("No action"),
    DecisionKind.PRESERVE: N_("Keep evidence"),
    DecisionKind.RESTRICT: N_("Restrict the account"),
    DecisionKind.REDACT: N_("Remove messages in public rooms"),
    DecisionKind.CLOSE: N_("Close the account"),
    DecisionKind.REFER: N_("Refer to those who can help"),
    DecisionKind.RESTORE: N_("Restore the account"),
}
CHANNELS = {
    Channel.PUBLIC: N_("The public"),
    Channel.MINISTRY: N_("A ministry"),
    Channel.POLICE: N_("The police"),
    Channel.AGENCY: N_("Another agency"),
    Channel.WATCH: N_("Our own watch of public rooms"),
    Channel.FLAGGER: N_("A trusted flagger"),
    Channel.APP: N_("The report button in a chat app"),
}
AUTHORITIES = {
    OrganisationKind.MINISTRY: N_("Ministries"),
    OrganisationKind.POLICE: N_("Police"),
    OrganisationKind.AGENCY: N_("Other agencies"),
}
OUTCOMES = {
    DecisionKind.DISMISS: N_("No action"),
    DecisionKind.PRESERVE: N_("Evidence kept"),
    DecisionKind.RESTRICT: N_("Account restricted"),
    DecisionKind.REDACT: N_("Messages removed"),
    DecisionKind.CLOSE: N_("Account closed"),
    DecisionKind.REFER: N_("Decided to be passed on to those who can help"),
    DecisionKind.RESTORE: N_("Restored after an appeal"),
}


def channel_name(channel: Channel) -> str:
    """Who reports by this channel; the jurisdiction may call an authority otherwise. In the reader's language."""
    named = jurisdiction().authorities.get(channel.value)
    return named.one.say(language()) if named else gettext(CHANNELS[channel])


def authorities_name(kind: OrganisationKind) -> str:
    """All authorities of this kind, in the reader's language. Raises KeyError for another kind."""
    named = jurisdiction().authorities.get(kind.value)
    return named.many.say(language()) if named else gettext(AUTHORITIES[kind])


OF_AN_ADDRESS = Rate(burst=10, per_second=1 / 60)
# Many phones share a network: one person's mistakes must not lock out the others.
OF_A_NETWORK = Rate(burst=40, per_second=4 / 60)
WRONG = Buckets()


class TooManyTries(JagaError):
    """Too many wrong codes from one address or network. Params: `retry_after` in seconds."""

    code = "too_many_tries"
    status = 429
    sentence = N_("Too many wrong codes were entered from your network.")
    remedy = N_("Wait %(retry_after)s seconds, then enter the code exactly as you noted it.")


@contextmanager
def throttled(request: HttpRequest) -> Iterator[None]:
    """Count an attempt that ends in NotFound within the block.

    Raises TooManyTries before the block if there were too many.

    Counted before the block, so that concurrent attempts cannot bypass it, and returned if the code was right.
    """
    allowed = {f"address:{one_address(request)}": OF_AN_ADDRESS, f"network:{network(request)}": OF_A_NETWORK}
    taken = list[str]()
    for key, rate in allowed.items():
        if wait := WRONG.take(key, rate, monotonic()):
            _give_back(taken)
            raise TooManyTries(retry_after=ceil(wait))
        taken.append(key)
    try:
        yield
    except NotFound:
        taken.clear()
        raise
    finally:
        _give_back(taken)


def _give_back(keys: list[str]) -> None:
    for key in keys:
        WRONG.give_back(key)
