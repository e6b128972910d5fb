"""The source: reads public content from a cursor on, and the errors that it may raise.

Rules for every source:

* it reads only what anybody can read: nothing private or invite-only, no profile shown only to those who signed in, no
  invented identity. A token is the operator's own;
* reading changes nothing at the source, so that a batch whose commit failed is read again from the same cursor;
* an edit is an observation with the same `native_id`; a deletion is a `Deletion`;
* what cannot be used is set aside, and the rest goes on;
* it holds no state between two reads but connections.
"""

from typing import Protocol

from jaga.core.errors import N_, JagaError
from jaga.core.foreign import shown
from jaga.core.observations.values import ObservedBatch
from jaga.core.platforms import SetAside


class Source(Protocol):
    """What a watch reads. `name` is the kind with its version, for instance `mastodon/1`."""

    name: str

    def read(self, cursor: str | None, *, limit: int) -> ObservedBatch:
        """At most `limit` observations after `cursor`, oldest first; None starts at the present.

        (A file starts at its beginning.) Returns within about half a minute. Raises SourceUnreachable and its
        subclasses, and no other network error.
        """


class SourceUnreachable(JagaError):
    """The source gave no usable answer; it is tried again by itself.

    Params: `why` in a few words, without contents; `retry_after` in seconds if the source named a pause; `set_aside`,
    values to be stored with their raw bytes.
    """

    code = "source_unreachable"
    status = 503
    sentence = N_("The source of this watch did not answer.")
    remedy = N_("It is read again automatically. If it keeps failing, check its address and whether it is up.")

    def __init__(
        self, sentence: str | None = None, remedy: str | None = None, *, code: str | None = None, **params: object
    ) -> None:
        cleaned = {name: shown(value, 200) if isinstance(value, str) else value for name, value in params.items()}
        super().__init__(sentence, remedy, code=code, **cleaned)

    @property
    def why(self) -> str:
        """The cause in a few words, or ""."""
        found = self.params.get("why")
        return found if isinstance(found, str) else ""

    @property
    def retry_after(self) -> float | None:
        """The pause in seconds that the source asked for, from 0 to a day; None if it did not."""
        asked = self.params.get("retry_after")
        if isinstance(asked, bool) or not isinstance(asked, int | float) or asked != asked:
            return None
        return float(min(max(asked, 0), 86_400))

    @property
    def set_aside(self) -> tuple[SetAside, ...]:
        """Values to be stored with their raw bytes."""
        found = self.params.get("set_aside")
        return tuple(one for one in found if isinstance(one, SetAside)) if isinstance(found, tuple) else ()


class SourceRefused(SourceUnreachable):
    """The source does not let us read: a wrong token, a rule for robots, an address out of scope. A person must act."""

    code = "source_refused"
    sentence = N_("The source of this watch does not let Jaga read it.")
    remedy = N_("Check the token and the scope of the watch; if the source forbids reading, stop the watch.")


class SourceFault(SourceUnreachable):
    """The source's answer is unusable: a wrong type, size, encoding or identifier."""

    code = "source_fault"
    sentence = N_("The source of this watch answered with something that cannot be used.")
    remedy = N_("It is read again automatically. If it keeps failing, tell whoever runs the source.")


class SourceStalled(SourceUnreachable):
    """A reading did not come to an end in time, so it was ended. Nothing of it is used."""

    code = "source_stalled"
    sentence = N_("Reading the source of this watch did not come to an end.")
    remedy = N_(
        "It was ended, and is read again automatically. If it keeps happening, look at what the source answers."
    )


class SourceWentBack(SourceUnreachable):
    """The source no longer knows the cursor, or is behind it: it was restored, emptied or replaced.

    Nothing was read. A person decides whether to go on from the present (`casework.watch.reading.go_on_from_present`).
    """

    code = "source_went_back"
    sentence = N_("The source of this watch no longer knows what was already read.")
    remedy = N_("Ask whoever runs it what happened, then let the watch go on from the present.")
