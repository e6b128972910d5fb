"""The victim's route: three entrances at the top of the form, with their own wording, help first, and nothing demanded.

The descriptions lead to a category with possible measures if one fits, and say so if none does.
"""

from dataclasses import dataclass

from jaga.core.errors import N_
from jaga.policy.limits import INTIMATE_PICTURES


@dataclass(frozen=True)
class Happening:
    """One thing the account does, in the reporter's words, and its category."""

    category: str
    words: str
    more: str


@dataclass(frozen=True)
class Entrance:
    """One entrance: its label, page text and choices. `helps` is the category whose services are shown first."""

    key: str
    label: str
    heading: str
    lead: str
    helps: str
    happenings: tuple[Happening, ...]

    def categories(self) -> tuple[str, ...]:
        """The categories that can be reported through this entrance."""
        return tuple(happening.category for happening in self.happenings)

    @property
    def asks_who(self) -> bool:
        """Whether one of them can only be reported by certain people."""
        return INTIMATE_PICTURES in self.categories()


_NOT_CLOSED = N_(
    "People read and answer it, but our rules do not let us close the account for this alone. The police can act."
)

ENTRANCES = {
    entrance.key: entrance
    for entrance in (
        Entrance(
            "shown",
            N_("This account shows me or someone I know against their will"),
            N_("This is not your fault"),
            N_("You can get help now. You need no name, no proof and no picture."),
            "extortion",
            (
                Happening(
                    "extortion",
                    N_("It threatens me or someone I know"),
                    N_(
                        "It demands money, more pictures, or that you do as you are told. Do not pay, and do not send"
                        " more."
                    ),
                ),
                Happening(
                    "prostitution_advertising",
                    N_("It offers paid sex with our name or picture"),
                    N_("The account may be closed for this."),
                ),
                Happening(
                    "fraud", N_("It poses as us to get money or data"), N_("The account may be closed for this.")
                ),
                Happening(
                    INTIMATE_PICTURES,
                    N_("It spreads or shows my private, sexual pictures"),
                    N_(
                        "The account can be closed for this, after two people have looked. We never need the picture. "
                        "The account holder is not told who reported, but may guess."
                    ),
                ),
                Happening("other", N_("It shows something else"), _NOT_CLOSED),
            ),
        ),
        Entrance(
            "forced",
            N_("Somebody is being forced, held or sold"),
            N_("Help for somebody who is forced"),
            N_("It may be you or somebody else. You need no name and no proof. We do not warn the account."),
            "trafficking",
            (Happening("trafficking", N_("Somebody is forced, held, sold or lured"), ""),),
        ),
        Entrance(
            "child",
            N_("A child may be involved"),
            N_("Help for a child"),
            N_(
                "You need not be sure. You need no name and no proof. Please keep no pictures and send none to anybody."
            ),
            "child_protection",
            (Happening("child_protection", N_("The person may be under 18"), ""),),
        ),
    )
}
