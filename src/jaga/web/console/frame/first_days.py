"""The card of the first days in a role: what the work is, in three sentences, and where to begin."""

from collections.abc import Iterable
from dataclasses import dataclass

from jaga.core.errors import N_
from jaga.core.terms.people import Role


@dataclass(frozen=True)
class FirstDaysCard:
    """One role's card. `links`: the name of a page and its label."""

    role: Role
    title: str
    lines: tuple[str, ...]
    links: tuple[tuple[str, str], ...]


_HELP = ("console:help", N_("How a case is decided, and the words"))
_CARDS = {
    Role.REVIEWER: FirstDaysCard(
        Role.REVIEWER,
        N_("Your first days as a reviewer"),
        (
            N_("Take the case on top of the queue: while you have it, nobody else works on it."),
            N_("Judge what the account published. What others say about it is somebody’s claim."),
            N_(
                "“No action” usually takes one person. A closure takes two, and neither sees the other’s vote before "
                "both"
                " have voted."
            ),
        ),
        (("console:training", N_("Practise on decided cases")), _HELP, ("console:preferences", N_("Keys and colours"))),
    ),
    Role.SUPERVISOR: FirstDaysCard(
        Role.SUPERVISOR,
        N_("Your first days as a supervisor"),
        (
            N_("Alarms come first: they stand on top of every page until somebody has looked."),
            N_("You settle cases in which two people voted differently, and those that were handed up to you."),
            N_("You close no account alone either: it always takes two people."),
        ),
        (("console:overview", N_("Overview")), _HELP, ("console:team", N_("Team"))),
    ),
    Role.ADMINISTRATOR: FirstDaysCard(
        Role.ADMINISTRATOR,
        N_("Your first days as an administrator"),
        (
            N_("You set up people, platforms and keys, and judge no case."),
            N_("Everybody needs a second factor. Without it nobody gets past the first page."),
            N_("What only works in a shell of the server is in docs/operations.md."),
        ),
        (("console:team", N_("Team")), ("console:roster", N_("Roster")), _HELP),
    ),
    Role.AUDITOR: FirstDaysCard(
        Role.AUDITOR,
        N_("Your first days as an auditor"),
        (
            N_("You read and change nothing: every step of every case is in the ledger."),
            N_("The access log shows who saw whose data, and when."),
            N_(
                "You need not believe us: the ledger can be verified with a program of your own "
                "(docs/verify-export.md)."
            ),
        ),
        (("console:ledger", N_("Ledger")), ("console:access-log", N_("Access log")), _HELP),
    ),
    Role.OFFICER: FirstDaysCard(
        Role.OFFICER,
        N_("Your first days as an officer"),
        (
            N_(
                "An order names the letter, its legal basis and each account. What is missing is named before you send."
            ),
            N_("Sign with your own key: an unsigned order is held until somebody has telephoned you."),
            N_("You see what became of your own orders, account by account."),
        ),
        (("console:orders", N_("Orders")), ("console:signing-keys", N_("Keys for signing")), _HELP),
    ),
    Role.CONTACT: FirstDaysCard(
        Role.CONTACT,
        N_("Your first days as a contact person"),
        (
            N_("Opening a notice counts as its receipt, and its time begins."),
            N_("Answer what you have done, or why not. We check what can be seen from outside."),
            N_("If you disagree, object: a person decides about it."),
        ),
        (("console:notices", N_("Notices")), _HELP),
    ),
    Role.FLAGGER: FirstDaysCard(
        Role.FLAGGER,
        N_("Your first days as a trusted flagger"),
        (
            N_("Your reports come a little earlier than the public’s. People judge them like all others."),
            N_("Report what you have seen yourself, with the words of the account."),
            N_("You see what became of each of your reports."),
        ),
        (("console:flags", N_("My reports")), _HELP),
    ),
    Role.POLICY: FirstDaysCard(
        Role.POLICY,
        N_("Your first days as a policy officer"),
        (
            N_("Questions come from cases. You see the question and the rule, not the case."),
            N_("Your answer explains the rule to everybody and decides no case."),
            N_("Whoever asked, or votes in the case, does not answer."),
        ),
        (("console:policy-questions", N_("Policy questions")), _HELP),
    ),
}


def cards_of(roles: Iterable[Role]) -> tuple[FirstDaysCard, ...]:
    """The cards of these roles."""
    return tuple(_CARDS[role] for role in roles)
