"""The warning list: contacts of banks, helplines, ministries and newsrooms, which tie no two accounts together.

Whoever warns or advises names them, and so does whoever pretends to be one of them.
"""

from functools import lru_cache

from jaga.policy import PolicyRelease
from jaga.records.codes import indicator_key
from jaga.screening.contacts.contacts import contacts_in


@lru_cache(maxsize=8)
def never_indicators(release: PolicyRelease) -> frozenset[str]:
    """The canonical values of all contacts that are never an indicator: those of `known_contacts` in screening.yaml,
    and of the services, outside bodies and receivers that the release names.
    """
    texts = [
        *(one.contacts for one in release.screening.known_contacts),
        *(one.contact for one in release.services),
        *(one.contact for one in release.outside_bodies),
        *(one.contact for one in release.referring.receivers),
    ]
    return frozenset(contact.value for text in texts for contact in contacts_in(text))


def never_keys(release: PolicyRelease) -> list[bytes]:
    """The same as they are stored, so that what was stored before a contact was listed does not count either."""
    return [indicator_key(value) for value in sorted(never_indicators(release))]
