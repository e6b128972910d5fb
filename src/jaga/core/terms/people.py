"""Terms of people, their organisations, rights and devices."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class HostKind(StrEnum):
    """Whose installation this is. Only an operator's holds platform credentials."""

    OPERATOR = "operator"
    AUTHORITY = "authority"


class OrganisationKind(StrEnum):
    """What an organisation is to this installation."""

    OPERATOR = "operator"
    MINISTRY = "ministry"
    POLICE = "police"
    AGENCY = "agency"
    FLAGGER = "flagger"  # a trusted flagger (DSA art. 22): reports with priority, sends no requests

    @property
    def is_authority(self) -> bool:
        """Whether it may send requests (MR5 art. 14: ministry, agency, law enforcement)."""
        return self not in (OrganisationKind.OPERATOR, OrganisationKind.FLAGGER)


class Role(StrEnum):
    """What a person may do. A person may hold several roles; each verb requires one."""

    REVIEWER = "reviewer"
    SUPERVISOR = "supervisor"
    OFFICER = "officer"
    CONTACT = "contact"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    FLAGGER = "flagger"  # a member of a trusted flagger
    POLICY = "policy"  # answers questions about the policy; sees no case


class RegistrationStatus(StrEnum):
    """Registration status of an officer or flagger. Only ACTIVE may send requests."""

    ACTIVE = "active"
    INVITED = "invited"  # the one-time link is unused
    NOT_CALLED_BACK = "not_called_back"  # has signed in, but our call-back is missing
    EXPIRED = "expired"  # not renewed in time
    SUSPENDED = "suspended"
    UNREGISTERED = "unregistered"  # never registered, removed, or no officer any more


class Theme(StrEnum):
    """Colour theme of the console."""

    AUTO = "auto"  # follows the device
    LIGHT = "light"
    DARK = "dark"


class FactorKind(StrEnum):
    """Kinds of second factor."""

    TOTP = "totp"  # six-digit code of an app, valid for half a minute
    PASSKEY = "passkey"
    RECOVERY = "recovery"  # recovery code, valid once


class GuessLimit(StrEnum):
    """What wrong passwords and codes are counted by."""

    ADDRESS = "address"
    NETWORK = "network"
    NAME = "name"  # attempts from devices that never signed in under the name
    DEVICE = "device"  # attempts from a device that has
    TURN = "turn"  # by name and address, while the name is under attack


class KeyScope(StrEnum):
    """Scopes of an API key."""

    REPORTS_WRITE = "reports:write"
    REPORTS_READ = "reports:read"
    REQUESTS_WRITE = "requests:write"
    REQUESTS_READ = "requests:read"
    BATCHES_WRITE = "batches:write"
    WEBHOOKS_MANAGE = "webhooks:manage"


class Clearance(StrEnum):
    """Clearance that a supervisor must give before a person can see such cases at all."""

    CHILD_SAFETY = "child_safety"


class Language(StrEnum):
    """The product's languages. A release offers some of them (`policy.models.Jurisdiction`)."""

    INDONESIAN = "id"
    ENGLISH = "en"


LANGUAGE_NAMES: Mapping[Language, str] = MappingProxyType(
    {
        Language.INDONESIAN: "Bahasa Indonesia",
        Language.ENGLISH: "English",
    }
)
"""The languages' own names."""
