"""The words for the terms in answers, in both languages: callers show them to people."""

from collections.abc import Mapping

from django.utils import translation
from django.utils.translation import gettext

from jaga.core.cases import CaseState
from jaga.core.errors import N_
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.people import Language
from jaga.policy import PolicyRelease
from jaga.policy.models import LocalText

_STATES: Mapping[CaseState, str] = {
    CaseState.RECEIVED: N_("Received; it is being sorted."),
    CaseState.IN_REVIEW: N_("Waiting for the judgement of people."),
    CaseState.ACTING: N_("Decided; it is being carried out on the platform."),
    CaseState.RESTORING: N_("Overturned on appeal; it is being undone on the platform."),
    CaseState.RESOLVED: N_("Finished."),
}


def state_words(state: CaseState) -> dict[Language, str]:
    """A state as the API shows it. Raises KeyError for one that is never shown outside
    (`records.access.authorities.requests`)."""
    words = {}
    for language in Language:
        with translation.override(language):
            words[language] = gettext(_STATES[state])
    return words


def decision_words(kind: DecisionKind, release: PolicyRelease) -> dict[Language, str]:
    """A decision in the words of the policy's letters."""
    return {language: release.wording(f"outcome_{kind}", language) for language in Language}


def both(text: LocalText) -> dict[Language, str]:
    """A text of the policy in both languages."""
    return {language: text.say(language) for language in Language}
