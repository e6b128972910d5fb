"""What waited for a judgement of the same words is filed when people acted, or when it waited long enough."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import F, Q

from jaga.casework.kernel.ledger import append
from jaga.casework.reporting.filing import FAILS
from jaga.casework.reporting.monitoring import file_flagged
from jaga.casework.reporting.observed_items import ObservedItem, file_observed, origin_of
from jaga.casework.watch.captures import promise_captures
from jaga.casework.watch.flagged_texts import Flagged, forget_row_without_case, keep_for_queries
from jaga.casework.watch.media import name_media
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.observations.values import NamedMedia, Observation
from jaga.core.terms.watch import ObservationKind, SourceKind
from jaga.policy import PolicyRelease, load_release
from jaga.policy.local_time import today
from jaga.records.access.watch.rules_off import rules_off
from jaga.records.access.watch.shared_words import WaitingText, judged_words, opened
from jaga.records.models import Report, Watch, WatchDay, WatchFinding
from jaga.records.watch_codes import account_key

log = structlog.get_logger("jaga.watch")
AT_ONCE = 200
"""Waiting texts that are filed in one commit."""


def file_judged_words(*, actor: Actor) -> int:
    """File what waited and need not wait any longer; returns how many texts became observations of cases.

    Periodic task. Where people dismissed all cases of the same words nothing is filed: what waited stays a finding that
    no case took, until its days are over. So does what cannot be filed, since its rule was stopped meanwhile, a
    decision in force came after it, or its key was replaced. A text whose filing fails is tried again in the next round
    and holds up no other.
    """
    filed, failed = 0, set[int]()
    while numbers := _due(load_release(), but=failed):
        try:
            filed += _file(numbers, load_release(), actor=actor)
        except FAILS as refused:
            log.warning("waiting_texts_filed_one_by_one", why=type(refused).__name__)
            for number in numbers:
                try:
                    filed += _file([number], load_release(), actor=actor)
                except FAILS as why:
                    log.warning("waiting_text_not_filed", finding=number, why=type(why).__name__)
                    failed.add(number)
    return filed


def _due(release: PolicyRelease, but: Collection[int]) -> list[int]:
    """The findings that are to be filed, oldest first; of words that people found harmless none waits from now on."""
    waiting = WatchFinding.objects.filter(same_words__isnull=False)
    least = release.screening.shared_words_cases
    if least is not None:
        numbers = waiting.values_list("same_words", flat=True).distinct()
        judged = judged_words({number for number in numbers if number is not None})
        late = now() - timedelta(days=release.screening.shared_words_days)
        acted = [number for number, words in judged.items() if words.acted]
        harmless = [number for number, words in judged.items() if words.harmless(least)]
        WatchFinding.objects.filter(same_words__in=harmless).update(same_words=None)
        waiting = waiting.filter(Q(same_words__in=acted) | Q(seen_at__lte=late))
    return list(waiting.exclude(pk__in=but).order_by("seen_at", "pk").values_list("pk", flat=True)[:AT_ONCE])


@transaction.atomic
def _file(numbers: Sequence[int], release: PolicyRelease, *, actor: Actor) -> int:
    rows = list(
        WatchFinding.objects.select_for_update(of=("self",))
        .select_related("watch__platform")
        .filter(pk__in=numbers, same_words__isnull=False)
        .order_by("pk")
    )
    off = rules_off()
    kept = {row.pk: text for row in rows if (text := opened(row)) and text.kept["rule"] not in off}
    WatchFinding.objects.filter(pk__in=[row.pk for row in rows]).update(same_words=None)
    filed = 0
    for watch in {row.watch_id: row.watch for row in rows}.values():
        own = [(row, kept[row.pk]) for row in rows if row.watch_id == watch.pk and row.pk in kept]
        file = _file_items if watch.kind == SourceKind.BACKLOG else _file_observations
        reports = file(watch, [text for _, text in own], release, actor)
        done = [(row, text, report) for (row, text), report in zip(own, reports, strict=True) if report is not None]
        for row, _, report in done:
            WatchFinding.objects.filter(pk=row.pk).update(report=report, sealed=None)
        _note(watch, [(text, report) for _, text, report in done], release)
        filed += len(done)
    return filed


def _file_observations(
    watch: Watch, texts: Sequence[WaitingText], release: PolicyRelease, actor: Actor
) -> list[Report | None]:
    observed = [_observation(text.kept) for text in texts]
    found = file_flagged(
        watch.platform,
        [(one, text.category) for one, text in zip(observed, texts, strict=True)],
        release,
        source=f"watch:{watch.platform.name}",
        actor=actor,
    )
    filed = [(one, report.report_id) for one, report in zip(observed, found, strict=True) if report]
    promise_captures(watch, filed)
    name_media(filed, release)
    reports = Report.objects.select_related("subject").in_bulk([number for _, number in filed])
    return [reports[report.report_id] if report else None for report in found]


def _observation(kept: dict[str, str]) -> Observation:
    return Observation(
        kept["surface"],
        kept["native"],
        kept["account"],
        kept["handle"],
        kept["text"],
        datetime.fromisoformat(kept["at"]),
        kept["locator"],
        kept["version"],
        tuple(json.loads(kept["hashes"])),
        ObservationKind(kept["kind"]),
        tuple(NamedMedia(address, tuple(sha256)) for address, sha256 in json.loads(kept["media"])),
    )


def _file_items(
    watch: Watch, texts: Sequence[WaitingText], release: PolicyRelease, actor: Actor
) -> list[Report | None]:
    """As the block would have filed them. Each report has an entry of its own, since no block's entry names it."""
    items = [
        ObservedItem(
            text.kept["account"],
            text.kept["handle"],
            text.kept["text"],
            text.category,
            text.kept["reference"],
            datetime.fromisoformat(text.kept["at"]) if text.kept["at"] else None,
        )
        for text in texts
    ]
    places = {text.kept["surface"] for text in texts}
    new: dict[tuple[str, str], Report] = {}
    for place in sorted(places):
        own = [item for item, text in zip(items, texts, strict=True) if text.kept["surface"] == place]
        for report in file_observed(watch.platform, own, f"watch:{watch.platform.name}", place, release):
            new[report.subject.account_id, report.origin_ref] = report
            append(
                "file_report",
                {"report": report.pk, "channel": report.channel, "form": report.form, "category": report.category},
                actor=actor,
                case_id=report.case_id,
            )
    return [new.pop((item.account_id, origin_of(item.text)), None) for item in items]


def _note(watch: Watch, filed: Sequence[tuple[WaitingText, Report]], release: PolicyRelease) -> None:
    """Count them and let them be queried, if the watch still runs. A watch that is over takes nothing in any more."""
    if not filed or watch.ended_at is not None:
        return
    day, _ = WatchDay.objects.get_or_create(watch=watch, day=today())
    WatchDay.objects.filter(pk=day.pk).update(filed=F("filed") + len(filed))
    rows = []
    for text, report in filed:
        account = account_key(watch.platform.name, text.kept["account"])
        forget_row_without_case(watch.pk, account, text.kept["rule"])
        rows.append(
            Flagged(
                text.kept["text"], text.kept["rule"], text.category, account, report.pk, report.case_id, text.same_words
            )
        )
    keep_for_queries(watch.pk, rows, release)
