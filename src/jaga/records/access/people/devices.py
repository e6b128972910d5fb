"""Devices on which someone has signed in: a signed cookie per user name, which grants no access.

Its bearer is exempt from the slowdown that others cause by guessing passwords for that name. The cookie holds a random
number and is bound to the person and the current password, so a new password invalidates all earlier cookies.
"""

import unicodedata
from secrets import token_hex

from django.core import signing

from jaga.records.codes import guess_key
from jaga.records.models import Person

COOKIE_SECONDS = 180 * 24 * 3600
_LONGEST = 200


def one_name(name: str) -> str:
    """The name as it is counted: case-folded and Unicode-normalised."""
    return unicodedata.normalize("NFKC", name).casefold().strip()


def cookie_name(name: str) -> str:
    """The cookie name for this user name, which it does not reveal."""
    return f"jaga_device_{guess_key('cookie', one_name(name)).hex()[:16]}"


def device_of(name: str, cookie: str) -> str:
    """The device's number if the cookie was issued for this name and its current password; otherwise an empty
    string.
    """
    person = Person.objects.filter(username=name).first() if cookie and len(cookie) <= _LONGEST else None
    if person is None:
        return ""
    try:
        return str(signing.loads(cookie, salt=_salt(person), max_age=COOKIE_SECONDS))
    except signing.BadSignature:
        return ""


def new_cookie(name: str, cookie: str = "") -> str:
    """A new cookie for someone who has just signed in, keeping the device number if known.

    Empty for an unknown name.
    """
    person = Person.objects.filter(username=name, is_active=True).first()
    return signing.dumps(device_of(name, cookie) or token_hex(16), salt=_salt(person)) if person else ""


def _salt(person: Person) -> str:
    return f"jaga.device:{person.pk}:{person.get_session_auth_hash()}"
