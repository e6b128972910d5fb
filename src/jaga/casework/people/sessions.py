"""A person's sessions, as `allauth.usersessions` lists them."""

from allauth.usersessions.models import UserSession

from jaga.casework.kernel.ledger import enter
from jaga.core.actors import Actor


def session_moved(before: str, after: str) -> None:
    """Keep the list entry when the session gets a new key."""
    UserSession.objects.filter(session_key=before).update(session_key=after)


def end_sessions_of(person_id: int) -> None:
    """End all sessions of this person."""
    for session in UserSession.objects.filter(user_id=person_id):
        session.end()


def note_sessions_ended(*, actor: Actor) -> None:
    """Record that the person ended their other sessions. Call it in the transaction that did."""
    enter("end_own_sessions", {"person": actor.person_id}, actor=actor, case_id=None)
