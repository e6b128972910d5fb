"""The help page: how a case is decided, and the words of the console."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from jaga.core.actors import Actor
from jaga.core.errors import N_
from jaga.records.access.base.clearance import READERS
from jaga.web.console.frame.pages import page, signed_in

STEPS = (
    (
        N_("Somebody reports"),
        N_(
            "A person, an authority, an app or our own monitoring of public rooms. All reports about one account in one"
            " category become one case."
        ),
    ),
    (
        N_("A program sorts"),
        N_(
            "It finds words, copies and contacts and puts the case into a queue. It decides nothing and dismisses"
            " nothing."
        ),
    ),
    (
        N_("One person reads and votes"),
        N_(
            "They confirm the elements of the rule, choose a decision and give reasons. “No action” usually ends the "
            "case"
            " here."
        ),
    ),
    (
        N_("A second person votes"),
        N_(
            "For a closure, and for whatever else the policy names. They do not see the first vote: it is sealed "
            "until both"
            " are in."
        ),
    ),
    (N_("If both differ, a supervisor settles it"), N_("They read both votes and decide with reasons of their own.")),
    (
        N_("Time to undo and to read"),
        N_(
            "For some minutes the decision can be taken back. The holder can read the reasons before the account is"
            " closed."
        ),
    ),
    (N_("It is carried out and checked"), N_("The platform is told, and we look ourselves whether it happened.")),
    (
        N_("The holder can appeal"),
        N_("Somebody without a vote in the case decides the appeal. What was wrong is restored."),
    ),
)
WORDS = (
    (N_("case"), N_("all reports about one account in one category")),
    (N_("category"), N_("what an account is reported for; each has a rule")),
    (N_("element"), N_("one thing that must be true before the rule applies; a closure takes all of them")),
    (N_("signal"), N_("a word, copy or contact that a program found; it only hints")),
    (N_("source"), N_("who reports, estimated: ten reports by one person are one source")),
    (N_("lease"), N_("a case is yours for a while; nobody else can vote on it meanwhile")),
    (N_("sealed vote"), N_("a vote that nobody can read before all votes of the case are in")),
    (N_("victim first"), N_("the holder may be the victim: nothing is done against the account, and help comes first")),
    (N_("strike"), N_("a decision against an account that counts for a time; it suggests, you judge")),
    (N_("restriction"), N_("the holder can read but not write; it can be undone")),
    (N_("referral"), N_("a case handed to an office that can help")),
    (N_("notice"), N_("a request to an operator whose platform we cannot act on ourselves")),
    (N_("deadline"), N_("when the law wants a decision; passing it raises an alarm and does nothing else")),
    (N_("ledger"), N_("a record of every step that cannot be changed afterwards without being noticed")),
    (N_("access log"), N_("who saw which personal data, and when")),
    (N_("clearance"), N_("lets a person into cases that are closed to others")),
    (N_("blind review"), N_("a decided case is judged again by somebody who does not know the outcome")),
    (N_("golden case"), N_("a decided case whose right answer a supervisor has written down")),
)


@require_safe
@signed_in
def help_page(request: HttpRequest, actor: Actor) -> HttpResponse:
    """How a case is decided, the words, and the keys."""
    return page(
        request,
        actor,
        "operations/help.html",
        {
            "steps": STEPS,
            "words": WORDS,
            "trains": bool(actor.roles.intersection(READERS)),
        },
        open_link="help",
    )
