"""What is refused of somebody who has judged a case already."""

from jaga.core.errors import N_, NotPermitted


class AlreadyVoted(NotPermitted):
    """Second votes are another person's."""

    code = "already_voted"
    sentence = N_("You have already voted on this case.")
    remedy = N_("Another person must look at it now.")
