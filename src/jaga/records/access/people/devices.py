"""Devices on which somebody has signed in: a signed cookie for each name, which opens nothing.

Whoever brings one is not slowed by others who guess at the name. It holds a random number and is bound to the person
and to the password in force, so that a new password makes every cookie before it worth nothing.
"""

import unicodedata
from secrets import token_hex

from django.core import signing

from jaga.records.codes import guess_key
from jaga.records.models import Person

COOKIE_SECONDS = 180 * 24 * 3600
_LONGEST = 200


def one_name(name: str) -> str:
    """A name as it is counted: neither case nor forms of letters make another one."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def cookie_name(name: str) -> str:
    """The cookie of this name; which name it is cannot be read from it."""
    return f"jaga_device_{guess_key('cookie', one_name(name)).hex()[:16]}"


def device_of(name: str, cookie: str) -> str:
    """The device's number, if the cookie was given out for this name and its password in force; otherwise nothing."""
    person = Person.objects.filter(username=name).first() if cookie and len(cookie) <= _LONGEST else None
    if person is None:
        return ""
    try:
        return str(signing.loads(cookie, salt=_salt(person), max_age=COOKIE_SECONDS))
    except signing.BadSignature:
        return ""


def new_cookie(name: str, cookie: str = "") -> str:
    """A fresh cookie for somebody who has just signed in, of the same device if it is known. Empty for no name."""
    person = Person.objects.filter(username=name, is_active=True).first()
    return signing.dumps(device_of(name, cookie) or token_hex(16), salt=_salt(person)) if person else ""


def _salt(person: Person) -> str:
    return f"jaga.device:{person.pk}:{person.get_session_auth_hash()}"
