"""Monitoring of public rooms: messages are screened, and those that people should see are filed as observations."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from jaga.casework.cases.accounts import Named, find_subject, find_subjects
from jaga.casework.cases.evidence import seal
from jaga.casework.cases.values import FiledReport
from jaga.casework.kernel.unusable_values import keep_set_aside
from jaga.casework.kernel.validation import MAX_TEXT
from jaga.casework.reporting.merging import filed, open_case_with
from jaga.casework.reporting.new_reports import observation
from jaga.casework.screening.account_context import contexts_of_observed
from jaga.casework.screening.ban_evasion import PublicText, likely_returns
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.platforms import SetAside
from jaga.core.terms.actions import PlatformTask
from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.reports import ReportForm
from jaga.policy import PolicyRelease, load_release
from jaga.policy.limits import UNSOUGHT_CATEGORIES
from jaga.policy.local_time import day_of
from jaga.records.models import Decision, Platform, Report, Subject, WatchCursor
from jaga.screening.engine.ruled import screen_texts
from jaga.screening.text.signals import Screened


@dataclass(frozen=True)
class ObservedText:
    """A text from a public room, readable by anyone. `handle` is the account's name as people write it there."""

    account_id: str
    handle: str
    room_name: str
    message_id: str
    text: str
    sent_at: datetime


def read_from(platform: str) -> str | None:
    """The cursor for reading a platform's public rooms; None starts at the present. Raises NotFound."""
    row = Platform.objects.select_related("cursor").filter(name=platform, watched=True).first()
    if row is None:
        raise NotFound
    return row.cursor.cursor if hasattr(row, "cursor") else None


@transaction.atomic
def take_in(
    platform: str, texts: tuple[ObservedText, ...], cursor: str, *, set_aside: Sequence[SetAside] = (), actor: Actor,
) -> tuple[FiledReport, ...]:
    """Screen these texts, file observations, and store the cursor in one commit, so that nothing is skipped.

    A text without a signal is stored nowhere, unless it indicates that a closed account is likely back. A message read
    twice is one observation. `set_aside` values are quarantined with their raw bytes. Raises NotFound.
    """
    row = Platform.objects.filter(name=platform, watched=True).first()
    if row is None:
        raise NotFound
    release = load_release()
    abouts = contexts_of_observed(row, "message", [(text.account_id, _kept(text), text.sent_at) for text in texts],
                                  release)
    found = screen_texts([_kept(text) for text in texts], release, abouts)
    returns = likely_returns(row.pk, [PublicText(text.account_id, text.handle, _kept(text)) for text in texts], release)
    kept = [(text, category) for text, screened, returned in zip(texts, found, returns, strict=True)
            if (category := _category(screened, release) or returned)]
    # Create accounts in one order, as accepting reports does, to avoid deadlocks.
    find_subjects([Named(row, text.account_id, text.handle) for text, _ in kept])
    reports = [_file(row, text, category, release, actor) for text, category in kept]
    keep_set_aside(row, PlatformTask.ROOMS, set_aside, actor=actor)
    WatchCursor.objects.update_or_create(platform=row, defaults={"cursor": cursor, "read_at": now()})
    return tuple(report for report in reports if report)


def _category(screened: Screened, release: PolicyRelease) -> str | None:
    """The category of the strongest signal, if it allows any decision other than dismissal."""
    if screened.score < release.screening.flagged_from:
        return None
    strongest = max(screened.signals, key=lambda signal: signal.weight)
    if strongest.category in UNSOUGHT_CATEGORIES:  # policy checks forbid such a rule (`policy.checks.release`)
        return None
    return strongest.category if set(release.allowed_decisions(strongest.category)) - {DecisionKind.DISMISS} else None


def storable(text: str) -> str:
    """The text with characters that PostgreSQL cannot store (NUL, lone surrogates) replaced. The original is sealed."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _kept(text: ObservedText) -> str:
    """The part of a text that is screened and stored. The whole text is sealed."""
    return storable(text.text)[:MAX_TEXT]


def _acted_on(subject: Subject, category: str, sent_at: datetime) -> bool:
    """Whether a decision in force restricted or closed this account in this category after the text was sent.

    Texts from before a decision need no second one.
    """
    return Decision.objects.filter(
        subject=subject, case__category=category, kind__in=(DecisionKind.RESTRICT, DecisionKind.CLOSE),
        decided_at__gte=sent_at, overturned_by__isnull=True,
    ).exists()


def _file(platform: Platform, text: ObservedText, category: str, release: PolicyRelease,
          actor: Actor) -> FiledReport | None:
    subject = find_subject(platform, text.account_id, text.handle)
    if Report.objects.filter(subject=subject, form=ReportForm.OBSERVATION, origin_ref=text.message_id).exists():
        return None
    if _acted_on(subject, category, text.sent_at):
        return None
    report = observation(subject, category, source=f"watch:{platform.name}", origin_ref=text.message_id,
                         conduct_on=day_of(text.sent_at), published=_kept(text), place=storable(text.room_name))
    case = open_case_with(report, release, settle=True)
    original = f"{text.room_name}\n{text.message_id}\n{text.sent_at.isoformat()}\n\n{text.text}"
    seal(case, report, EvidenceKind.TEXT, f"report-{report.pk}-message.txt", original.encode("utf-8", "replace"),
         media="text/plain", actor=actor)
    return filed(report, case, "", actor)
