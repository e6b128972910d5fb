"""Looking up an account without a case: one person asks with a reason, another permits it, and it runs once."""

import re
from datetime import timedelta

from django.db import transaction

from jaga.casework.cases.accounts import platforms_of
from jaga.casework.kernel.eligibility import lock_people
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import check_required
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Role
from jaga.records.access.base.access_log import log_access
from jaga.records.access.watch.lookups import FoundText, found_texts
from jaga.records.models import AccountLookup
from jaga.records.watch_codes import account_key

WHO = (Role.SUPERVISOR, Role.ADMINISTRATOR)
LEAST_REASON, MAX_REASON, MAX_ACCOUNT = 10, 300, 300
PERMITTED_HOURS = 24


class OwnLookup(NotPermitted):
    """Somebody would permit their own look-up."""

    code = "own_lookup"
    sentence = N_("You asked for this look-up yourself.")
    remedy = N_("Another supervisor or administrator must permit it.")


class LookupNotPermitted(Conflict):
    """Nobody permitted the look-up, or too long ago; or it was carried out, or is for another account."""

    code = "lookup_not_permitted"
    sentence = N_("This look-up is not permitted: %(why)s.")
    remedy = N_("Ask for a new one, and let somebody else permit it.")


@transaction.atomic
def ask_account_lookup(platform: str, account: str, reason: str, *, actor: Actor) -> AccountLookup:
    """Ask to look up an account by its id on the platform. Searches nothing yet. Raises NotPermitted, InvalidInput."""
    person = actor.require(*WHO)
    row = platforms_of([platform]).get(platform)
    account = account.strip()
    errors = [
        *check_required("account", account, most=MAX_ACCOUNT, needed=N_("Write the account's id on the app.")),
        *check_required(
            "reason",
            reason,
            least=LEAST_REASON,
            most=MAX_REASON,
            needed=N_("Say why in a sentence of at least %(least)s characters, without naming the person."),
        ),
        *names_account(account, reason),
    ]
    if row is None:
        errors.append(FieldError("platform", "unknown", N_("Choose an app from the list.")))
    if errors or row is None:
        raise InvalidInput(*errors)
    asked = AccountLookup.objects.create(
        platform=row, account=account_key(row.name, account), reason=reason.strip(), asked_by_id=person, asked_at=now()
    )
    append(
        "ask_account_lookup",
        {"lookup": asked.pk, "platform": row.pk, "account": bytes(asked.account).hex()},
        actor=actor,
        case_id=None,
    )
    log_access(None, AccessKind.WATCH, actor=actor)
    return asked


@transaction.atomic
def permit_account_lookup(lookup_id: int, *, actor: Actor) -> None:
    """Permit somebody else's look-up, for a day. Raises NotPermitted, NotFound, OwnLookup, LookupNotPermitted."""
    person = actor.require(*WHO)
    lock_people(person)
    row = _locked(lookup_id)
    if row.asked_by_id == person:
        raise OwnLookup
    if row.permitted_at is not None:
        raise LookupNotPermitted(why=N_("it was permitted before"))
    row.permitted_by_id, row.permitted_at = person, now()
    row.save(update_fields=["permitted_by", "permitted_at"])
    append("permit_account_lookup", {"lookup": row.pk}, actor=actor, case_id=None)
    log_access(None, AccessKind.WATCH, actor=actor)


@transaction.atomic
def look_up_account(lookup_id: int, account: str, *, actor: Actor) -> tuple[FoundText, ...]:
    """Carry out a permitted look-up, once, by whoever asked; the account is typed again, since it is not stored.

    Returns the flagged texts of the account that no case took. In the access log and the ledger. Raises NotPermitted,
    NotFound, LookupNotPermitted.
    """
    person = actor.require(*WHO)
    row = _locked(lookup_id)
    if row.asked_by_id != person:
        raise LookupNotPermitted(why=N_("only whoever asked carries it out"))
    if bytes(row.account) != account_key(row.platform.name, account.strip()):
        raise LookupNotPermitted(why=N_("it is for another account"))
    if row.carried_out_at is not None:
        raise LookupNotPermitted(why=N_("it was carried out before"))
    if row.permitted_at is None:
        raise LookupNotPermitted(why=N_("nobody has permitted it yet"))
    if row.permitted_at < now() - timedelta(hours=PERMITTED_HOURS):
        raise LookupNotPermitted(why=N_("it was permitted more than a day ago"))
    found = found_texts(bytes(row.account))
    row.carried_out_at, row.found = now(), len(found)
    row.save(update_fields=["carried_out_at", "found"])
    append("look_up_account", {"lookup": row.pk, "found": len(found)}, actor=actor, case_id=None)
    log_access(None, AccessKind.WATCH, actor=actor)
    return found


def names_account(account: str, reason: str) -> list[FieldError]:
    """An error if the reason, which is kept, names the account, which is not: whole, or its name without the server."""
    name = account.lstrip("@").partition(":")[0]
    if any(word and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", reason, re.IGNORECASE) for word in (account, name)):
        return [FieldError("reason", "names_account", N_("Leave the account's name out: it is not stored."))]
    return []


def _locked(lookup_id: int) -> AccountLookup:
    row = AccountLookup.objects.select_for_update(of=("self",)).select_related("platform").filter(pk=lookup_id).first()
    if row is None:
        raise NotFound
    return row
