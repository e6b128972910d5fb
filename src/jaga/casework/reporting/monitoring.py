"""What a watch saw in public rooms: screened, and filed as an observation where a signal asks for people's eyes."""

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
from jaga.casework.screening.account_context import abouts_of_seen
from jaga.casework.screening.ban_evasion import PublicText, likely_returns
from jaga.core.actors import Actor
from jaga.core.clock import day_of, now
from jaga.core.errors import NotFound
from jaga.core.platforms import SetAside
from jaga.core.terms import Channel, DecisionKind, EvidenceKind, PlatformTask, ReportForm
from jaga.policy import PolicyRelease, load_release
from jaga.policy.limits import UNSOUGHT_CATEGORIES
from jaga.records.codes import source_key
from jaga.records.models import Decision, Platform, Report, Subject, WatchCursor
from jaga.screening.engine.ruled import screen_texts
from jaga.screening.text.signals import Screened


@dataclass(frozen=True)
class ObservedText:
    """A text that anyone could read in a public room. `handle` is the name as people write it there."""

    account_id: str
    handle: str
    room_name: str
    message_id: str
    text: str
    sent_at: datetime


def read_from(platform: str) -> str | None:
    """Where the reading of a platform's public rooms goes on; None starts at the present. Raises NotFound."""
    row = Platform.objects.select_related("cursor").filter(name=platform, watched=True).first()
    if row is None:
        raise NotFound
    return row.cursor.cursor if hasattr(row, "cursor") else None


@transaction.atomic
def take_in(
    platform: str, seen: tuple[ObservedText, ...], cursor: str, *, set_aside: Sequence[SetAside] = (), actor: Actor,
) -> tuple[FiledReport, ...]:
    """Screen what was seen, file what is worth a look, and keep the cursor, in one commit: nothing is read past.

    A text without a signal is dropped here and stored nowhere, unless it shows that an account decided against is
    likely back. The same message twice is one observation. What was `set_aside` is kept with its raw bytes.
    """
    row = Platform.objects.filter(name=platform, watched=True).first()
    if row is None:
        raise NotFound
    release = load_release()
    abouts = abouts_of_seen(row, "message", [(text.account_id, _kept(text), text.sent_at) for text in seen], release)
    found = screen_texts([_kept(text) for text in seen], release, abouts)
    returns = likely_returns(row.pk, [PublicText(text.account_id, text.handle, _kept(text)) for text in seen], release)
    kept = [(text, category) for text, screened, returned in zip(seen, found, returns, strict=True)
            if (category := _category(screened, release) or returned)]
    # All accounts in one order, as whoever accepts reports makes them: neither waits for the other.
    find_subjects([Named(row, text.account_id, text.handle) for text, _ in kept])
    reports = [_file(row, text, category, release, actor) for text, category in kept]
    keep_set_aside(row, PlatformTask.ROOMS, set_aside, actor=actor)
    WatchCursor.objects.update_or_create(platform=row, defaults={"cursor": cursor, "read_at": now()})
    return tuple(report for report in reports if report)


def _category(screened: Screened, release: PolicyRelease) -> str | None:
    """The category of the strongest signal, if a decision other than dismissal exists there at all."""
    if screened.score < release.screening.flagged_from:
        return None
    strongest = max(screened.signals, key=lambda signal: signal.weight)
    if strongest.category in UNSOUGHT_CATEGORIES:  # no release can have such a rule (`policy.checks.release`)
        return None
    return strongest.category if set(release.allowed_decisions(strongest.category)) - {DecisionKind.DISMISS} else None


def storable(text: str) -> str:
    """The text with what PostgreSQL cannot hold (NUL, lone surrogates) replaced. The original is sealed beside it."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _kept(text: ObservedText) -> str:
    """What is screened and stored of a text. The whole is sealed."""
    return storable(text.text)[:MAX_TEXT]


def _acted_on(subject: Subject, category: str, sent_at: datetime) -> bool:
    """Whether this very account was held or closed in this category after the text was sent, and still is.

    What was said before such a decision asks for no second one.
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
    report = Report(
        subject=subject,
        channel=Channel.WATCH,
        form=ReportForm.OBSERVATION,
        category=category,
        published=_kept(text),
        place=storable(text.room_name),
        conduct_on=day_of(text.sent_at),
        source_key=source_key(f"watch:{platform.name}"),
        origin_ref=text.message_id,
    )
    case = open_case_with(report, release, settle=True)
    original = f"{text.room_name}\n{text.message_id}\n{text.sent_at.isoformat()}\n\n{text.text}"
    seal(case, report, EvidenceKind.TEXT, f"report-{report.pk}-message.txt", original.encode("utf-8", "replace"),
         media="text/plain", actor=actor)
    return filed(report, case, "", actor)
