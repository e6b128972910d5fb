"""Base class of errors: a stable code, a sentence for the person, and a remedy.

Sentences and remedies are English msgids with named `%(placeholders)s`. Translate the msgid first, then fill it
(`jaga.web.errors`). Mark each literal with `N_` so that it is collected.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass


def N_(message: str) -> str:
    """Mark `message` for translation without translating it here."""
    return message


class JagaError(Exception):
    """A refusal or failure that a person can understand and act on.

    `status` is the matching HTTP status, defined here so that pages and API agree.
    """

    code = "error"
    status = 400
    sentence = N_("This could not be done.")
    remedy = N_("Try again; if it stays so, tell the administrator the code shown here.")

    def __init__(
        self, sentence: str | None = None, remedy: str | None = None, *, code: str | None = None, **params: object
    ) -> None:
        if sentence is not None:
            self.sentence = sentence
        if remedy is not None:
            self.remedy = remedy
        if code is not None:
            self.code = code
        self.params: Mapping[str, object] = params
        super().__init__(self.english())

    def english(self) -> str:
        """Sentence and remedy in English with placeholders filled, for logs and the command line."""
        return f"{self.sentence} {self.remedy}" % self.params if self.params else f"{self.sentence} {self.remedy}"


@dataclass(frozen=True)
class FieldError:
    """One refused field: its name, a stable code, and the sentence to show beside it."""

    field: str
    code: str
    sentence: str
    params: Mapping[str, object] = dataclasses.field(default_factory=dict)


class InvalidInput(JagaError):
    """A submission refused field by field (MR5 art. 16(4) for authorities, 15(2) for public notices)."""

    code = "invalid_input"
    status = 422
    sentence = N_("Some fields are missing or not usable.")
    remedy = N_("Correct the fields named below and send it again. Nothing was stored.")

    def __init__(self, *errors: FieldError) -> None:
        self.errors = errors
        super().__init__()

    def english(self) -> str:
        details = "; ".join(f"{e.field}: {e.sentence % e.params if e.params else e.sentence}" for e in self.errors)
        return f"{super().english()} {details}"


class NotPermitted(JagaError):
    """The actor may not do this in any state of the case."""

    code = "not_permitted"
    status = 403
    sentence = N_("Your role does not allow this.")
    remedy = N_("Ask a supervisor or the administrator if you think that it should.")


class NotFound(JagaError):
    """The object does not exist, or the actor may not know of it; deliberately the same."""

    code = "not_found"
    status = 404
    sentence = N_("This page does not exist, or is not for your account.")
    remedy = N_("Check the number or code; it may have been mistyped.")


class IllegalTransition(JagaError):
    """The state of the case does not allow this verb; nothing was changed."""

    code = "illegal_transition"
    status = 409
    sentence = N_("The case has moved on, so this step is no longer possible.")
    remedy = N_("Reload the case to see where it stands now.")


class Conflict(JagaError):
    """Somebody else was first (a lease, a vote, a repeated number)."""

    code = "conflict"
    status = 409
    sentence = N_("Somebody else was faster.")
    remedy = N_("Reload to see what has changed.")


class WrongInstallation(Conflict):
    """A practice database must not serve a production installation, nor the other way round."""

    code = "wrong_installation"
    sentence = N_("This database belongs to a practice installation, or the other way round.")
    remedy = N_("Set PRACTICE or DATABASE_URL so that practice and real data stay apart.")


class WrongHost(Conflict):
    """An authority's database must not be used by an operator's installation, which holds platform credentials."""

    code = "wrong_host"
    sentence = N_("This database belongs to the installation of another kind of host: %(host)s.")
    remedy = N_("Set HOST and DATABASE_URL so that they fit together.")


class WrongJurisdiction(Conflict):
    """Calendar days, languages and published figures rest on the jurisdiction that an installation was made for."""

    code = "wrong_jurisdiction"
    sentence = N_(
        "This database belongs to an installation for the jurisdiction %(theirs)s, and the release here is "
        "for %(ours)s."
    )
    remedy = N_(
        "Start it with the release that it was made with (JAGA_RELEASE=%(release)s). For another jurisdiction, "
        "use a JAGA_HOME and a DATABASE_URL of their own."
    )
