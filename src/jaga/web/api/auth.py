"""Who calls: `Authorization: Bearer jaga_…`, the key of a registered officer. A session opens nothing here."""

from django.http import HttpRequest
from ninja.security import HttpBearer

from jaga.core.errors import N_, JagaError
from jaga.records.access.authority import Officer, officer_by_key


class KeyMissing(JagaError):
    """No key came with the request."""

    code = "key_missing"
    status = 401
    sentence = N_("This address needs the key of a registered officer.")
    remedy = N_("Send it in the header “Authorization: Bearer jaga_…”.")


class OfficerKeyAuth(HttpBearer):
    """Finds the officer of a bearer key. Raises KeyMissing and KeyRefused, both answered with 401."""

    def __call__(self, request: HttpRequest) -> Officer:
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret.strip():
            raise KeyMissing
        return self.authenticate(request, secret.strip())

    def authenticate(self, request: HttpRequest, token: str) -> Officer:
        """The officer whose key `token` is."""
        return officer_by_key(token)


def officer_of(request: HttpRequest) -> Officer:
    """The officer whose key came with the request. Raises KeyMissing where the route forgot to ask for one."""
    officer = getattr(request, "auth", None)
    if not isinstance(officer, Officer):
        raise KeyMissing
    return officer
