"""Errors shared by verbs on cases."""

from jaga.core.errors import N_, NotPermitted


class AlreadyVoted(NotPermitted):
    """A second vote must come from another person."""

    code = "already_voted"
    sentence = N_("You have already voted on this case.")
    remedy = N_("Another person must review it now.")
