"""The prepared sentence for the facts: what the person ticked, and what the account said to everybody.

It proposes words, never a decision: without a ticked element there is none, and a dismissal takes none. Whoever votes
may change it; one that is sent unchanged takes a second key and is kept with the vote (`Vote.as_prepared`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from django.utils.translation import gettext, override

from jaga.casework.decisions.voting import Ballot
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.people import Language
from jaga.policy import UnknownTerm, load_release
from jaga.policy.review import Element
from jaga.records.access.cases.case_view import CaseView
from jaga.records.access.cases.public_words import shown_publicly
from jaga.web.errors import language

MOST_QUOTES = 2
LONGEST_QUOTE = 120


@dataclass(frozen=True)
class PreparedFacts:
    """The parts in one language: a sentence for each element that has one, and the quotes after them."""

    findings: Mapping[str, str]
    quotes: str

    def text(self, ticked: Collection[str]) -> str:
        """The sentences of the ticked elements in the rule's order, then the quotes; empty without a sentence."""
        sentences = [sentence for key, sentence in self.findings.items() if key in ticked]
        return " ".join([*sentences, self.quotes]).strip() if sentences else ""


NOTHING_PREPARED = PreparedFacts({}, "")


def prepared_facts(case: CaseView) -> PreparedFacts:
    """The parts for this case in the reader's language. A victim-first case has no quotes."""
    findings = {one.key: one.finding.say(language()) for one in _elements(case) if one.finding}
    if not findings:
        return NOTHING_PREPARED
    quotes = ["“" + _cut(one.text) + "”" for one in shown_publicly(case)[:MOST_QUOTES] if one.text.strip()]
    return PreparedFacts(
        findings, gettext("Publicly it said: %(quotes)s.") % {"quotes": ", ".join(quotes)} if quotes else ""
    )


def judged_with(case: CaseView, ballot: Ballot, ticked: Collection[str]) -> Ballot:
    """The ballot with the facts as they count: marked if they are the prepared sentence, which a dismissal drops."""
    if not is_prepared(case, ballot.facts, ticked):
        return ballot
    if ballot.kind is DecisionKind.DISMISS:
        return replace(ballot, facts="")
    return replace(ballot, as_prepared=True)


def is_prepared(case: CaseView, facts: str, ticked: Collection[str]) -> bool:
    """Whether the facts are the prepared sentence for these elements, in any language."""
    text = " ".join(facts.split())
    if not text:
        return False
    for one in Language:
        with override(one.value):
            if text == " ".join(prepared_facts(case).text(ticked).split()):
                return True
    return False


def _elements(case: CaseView) -> tuple[Element, ...]:
    try:
        return load_release().rule(case.category).elements
    except UnknownTerm:
        return ()


def _cut(text: str) -> str:
    """One line of at most `LONGEST_QUOTE` characters, cut between words."""
    line = " ".join(text.split())
    if len(line) <= LONGEST_QUOTE:
        return line
    return line[:LONGEST_QUOTE].rsplit(" ", 1)[0] + " …"
