"""Errors while reading a body."""

from http import HTTPStatus

from jaga.core.errors import N_, JagaError
from jaga.policy.jurisdiction import emergency_numbers

RETRY_SECONDS = 30


class BodyTooSlow(JagaError):
    """The body exceeded its time limit. Nothing was stored."""

    code = "body_too_slow"
    status = HTTPStatus.REQUEST_TIMEOUT.value
    sentence = N_("What you sent did not arrive in time. Nothing was stored.")
    remedy = N_("Your connection is slow or was interrupted. Try again, with smaller pictures or without.")


class TooManyUploads(JagaError):
    """One network sends too many bodies at once."""

    code = "too_many_uploads"
    status = HTTPStatus.TOO_MANY_REQUESTS.value
    sentence = N_("Several others are sending from your network at the moment. Yours was not stored.")
    remedy = N_("Wait half a minute and send it again. If somebody is in danger, call %(emergency)s.")

    def __init__(self) -> None:
        super().__init__(retry_after=RETRY_SECONDS, emergency=emergency_numbers())


class UploadsFull(JagaError):
    """Too many slow bodies arrive at once over all networks."""

    code = "uploads_full"
    status = HTTPStatus.SERVICE_UNAVAILABLE.value
    sentence = N_("Very many people are sending large files at the moment. Yours was not stored.")
    remedy = N_(
        "Wait half a minute and send it again, or send it without pictures. "
        "If somebody is in danger, call %(emergency)s."
    )

    def __init__(self) -> None:
        super().__init__(retry_after=RETRY_SECONDS, emergency=emergency_numbers())
