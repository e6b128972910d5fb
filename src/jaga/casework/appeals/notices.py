"""Notices on the platform that an appeal was answered and the decision upheld.

They contain no reasons, code or anything about the case, and change nothing on the account. If the platform cannot
deliver, or the account can no longer be read, only the code's page shows the answer.
"""

from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet

from jaga.casework.cases.letters import appeal_link, host_of, say_day
from jaga.casework.kernel.ledger import append
from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.core.platforms import Account
from jaga.core.terms.actions import Step
from jaga.core.terms.people import Language
from jaga.policy import load_release
from jaga.records.models import Appeal, AppealNews

MOST_ATTEMPTS = 12
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=12)


@dataclass(frozen=True)
class AppealNotice:
    """A due notice: the account, the text in both languages, and a key that identifies the delivery."""

    news_id: int
    account: Account
    text: str
    key: str


def tell_holder(appeal: Appeal, *, second: bool = False) -> None:
    """Queue a notice in the transaction of an answer that upholds the decision."""
    platform = appeal.decision.subject.platform
    if platform.by_notice or not platform.capabilities.get(Step.DELIVER, {}).get("supported"):
        return
    moment = now()
    AppealNews.objects.get_or_create(
        appeal=appeal, second=second, defaults={"created_at": moment, "next_attempt_at": moment}
    )


def platforms_with_news() -> list[str]:
    """Platforms with a due notice."""
    return sorted(
        set(
            _waiting()
            .filter(next_attempt_at__lte=now())
            .values_list("appeal__decision__subject__platform__name", flat=True)
        )
    )


def news_of(platform: str, most: int = 50) -> tuple[AppealNotice, ...]:
    """The due notices of a platform, oldest first."""
    due = _waiting().filter(next_attempt_at__lte=now(), appeal__decision__subject__platform__name=platform)
    rows = due.select_related("appeal__decision__case", "appeal__decision__subject__platform__operator")
    return tuple(_news(row) for row in rows.order_by("next_attempt_at", "pk")[:most])


def _waiting() -> QuerySet[AppealNews]:
    return AppealNews.objects.filter(delivered_at__isnull=True, ended_at__isnull=True)


def _news(row: AppealNews) -> AppealNotice:
    decision = row.appeal.decision
    subject, release = decision.subject, load_release()
    text = "\n\n".join(
        release.letter("appeal_upheld", language)
        .render(
            reference=decision.case.reference,
            platform=subject.platform.display_name,
            host=host_of(subject),
            answered_on=say_day(row.created_at, language),
            appeal_link=appeal_link(),
        )
        .text
        for language in (Language.INDONESIAN, Language.ENGLISH)
    )
    return AppealNotice(
        row.pk,
        Account(subject.platform.name, subject.account_id, subject.handle),
        text,
        f"jaga-appeal-{row.appeal_id}-{'second' if row.second else 'first'}",
    )


@transaction.atomic
def news_delivered(news_id: int) -> None:
    """Record that the platform was seen to have the notice. Idempotent."""
    row = AppealNews.objects.select_for_update(of=("self",)).select_related("appeal__decision").get(pk=news_id)
    if row.delivered_at is not None or row.ended_at is not None:
        return
    row.delivered_at = now()
    row.save(update_fields=["delivered_at"])
    append(
        "tell_upheld", {"appeal": row.appeal_id, "delivered": True}, actor=SYSTEM, case_id=row.appeal.decision.case_id
    )


@transaction.atomic
def news_failed(news_id: int, why: str, *, for_good: bool = False) -> None:
    """Schedule another attempt at growing intervals for some days, or give up. `why` is a code."""
    row = AppealNews.objects.select_for_update(of=("self",)).select_related("appeal__decision").get(pk=news_id)
    if row.delivered_at is not None or row.ended_at is not None:
        return
    row.attempts, row.why = row.attempts + 1, why[:60]
    row.next_attempt_at = now() + min(_FIRST_WAIT * 3 ** min(row.attempts, 12), _LONGEST_WAIT)
    if for_good or row.attempts >= MOST_ATTEMPTS:
        row.ended_at = now()
        append(
            "tell_upheld",
            {"appeal": row.appeal_id, "delivered": False},
            actor=SYSTEM,
            case_id=row.appeal.decision.case_id,
        )
    row.save(update_fields=["attempts", "why", "next_attempt_at", "ended_at"])
