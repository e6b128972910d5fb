"""Terms of what programs find: account-linking indicators, pictures and trained models."""

from enum import StrEnum


class YouthAnswer(StrEnum):
    """The answer to the youth check, from text and context alone, before any picture is opened."""

    NO_SIGN = "no_sign"  # nothing suggests that a minor could be shown
    MAY_BE_MINOR = "may_be_minor"  # the pictures stay closed to everyone permanently


class CopyState(StrEnum):
    """State of a picture's working copy."""

    MADE = "made"
    NOT_DRAWN = "not_drawn"  # broken, too large, or no picture; the original stays sealed


class IndicatorKind(StrEnum):
    """Account-linking indicators: what may tie two accounts together."""

    CONTACT = "contact"  # the same telephone number, link or handle elsewhere
    TEXT = "text"  # nearly the same text
    IMAGE = "image"  # the same or nearly the same picture, by hash
    HANDLE = "handle"  # a name of the same pattern


class Likelihood(StrEnum):
    """How strongly indicators link two accounts. For people to judge; nothing follows automatically."""

    LIKELY = "likely"
    POSSIBLE = "possible"


class ModelState(StrEnum):
    """State of a trained model. Only an approved one is used; nobody approves a model that they had learnt."""

    PROPOSED = "proposed"  # learnt and measured, not used
    APPROVED = "approved"  # in use; at most one for a category
    REJECTED = "rejected"
    RETIRED = "retired"  # replaced or taken out of use; can be reinstated
