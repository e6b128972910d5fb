"""Terms of policy releases and how they come into force."""

from enum import StrEnum


class AdoptionKind(StrEnum):
    """How a policy release comes into force."""

    BOOTSTRAP = "bootstrap"  # the first of an installation, by its first start
    ADOPTION = "adoption"  # two people
    RETURN = "return"  # one supervisor goes back to a release that was in force; a second confirms within a day
    EMERGENCY = "emergency"  # one person, because the one in force cannot be loaded; a second confirms within a day


class AdoptionState(StrEnum):
    """Where the adoption of a policy release stands."""

    PROPOSED = "proposed"  # waits for the second person; nothing uses it
    IN_FORCE = "in_force"  # exactly one in an installation
    REPLACED = "replaced"
    REFUSED = "refused"
    LAPSED = "lapsed"  # nobody confirmed it within a day
