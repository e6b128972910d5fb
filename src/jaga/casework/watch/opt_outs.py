"""Accounts that ask not to be read: the mark is kept as a keyed hash, and an account can take it back.

Then its texts are looked at from that moment on; what it published before stays unread.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime

from django.db import transaction

from jaga.casework.cases.accounts import platforms_of
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import check_required
from jaga.casework.watch.forgetting import forget_accounts
from jaga.casework.watch.lookups import LEAST_REASON, MAX_ACCOUNT, MAX_REASON, WHO, names_account
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.records.models import WatchOptOut
from jaga.records.watch_codes import account_key

NEVER = datetime.max.replace(tzinfo=UTC)


def note_opt_outs(platform: str, accounts: Sequence[str]) -> None:
    """Keep the marks, in the caller's transaction, and delete what is kept of these accounts and no case took."""
    if not accounts:
        return
    keys = sorted({account_key(platform, one) for one in accounts})
    WatchOptOut.objects.filter(account__in=keys, taken_back_at__isnull=False).update(
        noted_at=now(), taken_back_at=None, taken_back_by=None, taken_back_why=""
    )
    WatchOptOut.objects.bulk_create([WatchOptOut(account=key, noted_at=now()) for key in keys], ignore_conflicts=True)
    forget_accounts(keys)


def note_opt_ins(platform: str, accounts: Sequence[str]) -> None:
    """The source shows these accounts without a mark: those that had one are read from now on."""
    if accounts:
        WatchOptOut.objects.filter(
            account__in={account_key(platform, one) for one in accounts}, taken_back_at__isnull=True
        ).update(taken_back_at=now())


def unread_until(keys: Collection[bytes]) -> Mapping[bytes, datetime]:
    """Of those of these accounts that asked not to be read: until when. Texts from before that moment stay unread."""
    rows = WatchOptOut.objects.filter(account__in=keys).values_list("account", "taken_back_at")
    return {bytes(key): until or NEVER for key, until in rows}


@transaction.atomic
def take_opt_out_back(platform: str, account: str, reason: str, *, actor: Actor) -> None:
    """Let an account be read again from now on, because its holder asked this installation for it.

    If the account still bears its mark at the source, the next reading notes that again. Raises NotPermitted,
    InvalidInput, also for an account that is read.
    """
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
            needed=N_(
                "Say in a sentence of at least %(least)s characters how the holder asked, without naming the person."
            ),
        ),
        *names_account(account, reason),
    ]
    if row is None:
        errors.append(FieldError("platform", "unknown", N_("Choose an app from the list.")))
    if errors or row is None:
        raise InvalidInput(*errors)
    key = account_key(row.name, account)
    if not WatchOptOut.objects.filter(account=key, taken_back_at__isnull=True).update(
        taken_back_at=now(), taken_back_by=person, taken_back_why=reason.strip()
    ):
        raise InvalidInput(
            FieldError(
                "account", "not_opted_out", N_("This account does not ask not to be read. Check its id and the app.")
            )
        )
    append("take_opt_out_back", {"platform": row.pk, "account": key.hex()}, actor=actor, case_id=None)
