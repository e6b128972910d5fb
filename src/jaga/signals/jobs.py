"""Runs a backtest that was started on a page, and writes its progress and result into the run's file.

Hashes pictures of reports in a child process that a malicious picture may crash.

Triages waiting cases together: one case takes as many statements as a hundred.

Redraws pictures as working copies, one at a time, in a child process that a malicious picture may crash.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import accumulate
from time import monotonic

import structlog
from django.db import connection, transaction

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Evidence, Report
from jaga.cases.verbs.accounts import share_platforms
from jaga.core.actors import SYSTEM
from jaga.core.errors import JagaError, NotFound
from jaga.core.files import PictureProblem
from jaga.core.terms.reports import CopyState
from jaga.exchange.pictures import PictureReader, ReaderUnavailable, draw
from jaga.people.models import Person
from jaga.people.verbs.people import actor_for
from jaga.reporting.verbs.handle_resolution import without_names
from jaga.screening.images.pdq import hash_image
from jaga.signals.models import PictureToHash
from jaga.signals.verbs.backtest import backtest
from jaga.signals.verbs.backtest_runs import BacktestRun, RunState, changed_release, load, store
from jaga.signals.verbs.image_hashes import compare_with_list, forget_picture, record_hash, waiting_pictures
from jaga.signals.verbs.pictures import PICTURES, record_copy, to_draw, waiting_to_be_drawn
from jaga.signals.verbs.triage import MOST_AT_ONCE, triage_case, triage_cases
from jaga.store import vault
from jaga.store.kernel.jobs import (
    DRAW,
    FEW_REPORTS,
    ORDINARY,
    TRIAGE,
    defer,
    finish,
    has_job_with_lock,
    lock_waiting_cases,
)
from jaga.store.key_store.tree import Erased
from jaga.work.adapters import session_lock

_EVERY = 1.0  # seconds between two saves of the progress
log_of_backtests = structlog.get_logger("jaga.backtest")


def run_backtest(run_id: str) -> None:
    """Try the run's file as the person who started it, with their roles of now. Does nothing if the run is gone."""
    try:
        run = load(run_id)
    except NotFound:
        return
    try:
        result = backtest(
            changed_release(run.name, run.content),
            days=run.days,
            progress=_Progress(run).note,
            actor=actor_for(Person.objects.get(pk=run.started_by)),
        )
    except JagaError as refused:
        log_of_backtests.warning("backtest_refused", run=run_id, code=refused.code)
        store(replace(run, state=RunState.FAILED))
        return
    store(replace(run, state=RunState.DONE, done=result.texts, whole=result.texts, result=result.without_words()))


class _Progress:
    def __init__(self, run: BacktestRun) -> None:
        self._run, self._noted = run, 0.0

    def note(self, done: int, whole: int) -> None:
        """Write how far it is, once a second at most."""
        if not done or monotonic() - self._noted >= _EVERY:
            self._noted = monotonic()
            store(replace(self._run, state=RunState.RUNNING, done=done, whole=whole))


HASH_PICTURES_MOST = 200  # pictures per run
HASH_PICTURES_TOGETHER = 20  # pictures per child process, which limits how many results a compromised one can forge
_HASHING = 1_701_729  # advisory lock: one run at a time
_RETRY = 600.0  # seconds until an unreadable original is retried
_BLOCK = 5000  # pictures compared with a new list per commit
log_of_hash_pictures = structlog.get_logger("jaga.pictures")

_AGAIN: dict[int, float] = {}
"""When this process retries a picture whose original was unreadable, by evidence id."""


def hash_waiting_pictures() -> int:
    """Hash waiting pictures, oldest first; returns how many.

    0 if another worker does so.

    A picture with a lost, damaged or unreadable original stays and is retried later.
    """
    done = 0
    with session_lock(_HASHING) as ours, PictureReader(most=HASH_PICTURES_TOGETHER) as read:
        for evidence in waiting_pictures(HASH_PICTURES_MOST, besides=_not_yet()) if ours else ():
            try:
                done += _hash(evidence, read)
            except ReaderUnavailable as fault:  # it would fail for the others too
                log_of_hash_pictures.warning("picture_reader_unavailable", reason=str(fault.__cause__))
                break
    return done


def _not_yet() -> frozenset[int]:
    moment = monotonic()
    for evidence_id, again in list(_AGAIN.items()):  # a copy, since a concurrent drawing may add one
        if again <= moment:
            _AGAIN.pop(evidence_id, None)
    return frozenset(list(_AGAIN))


def hash_first(evidence_id: int) -> bool:
    """Hash this picture if it still waits, so that it is compared with lists before anybody can see it.

    Returns whether that is done. A fault unrelated to the picture leaves it waiting.
    """
    waiting = PictureToHash.objects.filter(evidence=evidence_id).select_related("evidence").first()
    if waiting is None:
        return True
    try:
        with PictureReader(most=1) as read:
            return _hash(waiting.evidence, read)
    except ReaderUnavailable as fault:
        log_of_hash_pictures.warning("picture_reader_unavailable", evidence=evidence_id, reason=str(fault.__cause__))
        return False


def _hash(evidence: Evidence, read: PictureReader) -> bool:
    """Whether it now has a hash, or a recorded reason for having none. Raises ReaderUnavailable."""
    try:
        content = vault.unseal(evidence.sha256, evidence.key_owner())
    except Erased:
        forget_picture(evidence.pk)
        return True
    except (vault.EvidenceDamaged, OSError) as fault:  # it may be restored or become readable
        log_of_hash_pictures.warning("original_unreadable", evidence=evidence.pk, reason=str(fault))
        _AGAIN[evidence.pk] = monotonic() + _RETRY
        return False
    hashed = hash_image(content, read)
    if isinstance(hashed, PictureProblem):
        log_of_hash_pictures.info("picture_not_hashed", evidence=evidence.pk, problem=hashed.value)
    record_hash(evidence.pk, hashed, actor=SYSTEM)
    return True


def compare_list(list_id: int) -> None:
    """Compare all older pictures with a new list. Idempotent."""
    after: int | None = 0
    while after is not None:
        after = compare_with_list(list_id, after, _BLOCK, actor=SYSTEM)


log_of_triage = structlog.get_logger("jaga.triage")
TRIAGE_TOGETHER = 400


def triage_with_waiting(case_id: int, *, queue: str) -> None:
    """Triage this case, whose job runs, and waiting ones of this queue. One with many reports, or one that is locked or
    would fail the others, is triaged by itself. Raises NotFound."""
    if not triage_waiting(queue=queue, own=case_id):
        triage_case(case_id, actor=SYSTEM)
        triage_waiting(queue=queue)


def triage_waiting(most: int = TRIAGE_TOGETHER, *, queue: str = ORDINARY, own: int | None = None) -> int:
    """Triage waiting cases with few reports of this queue and finish their jobs, in one transaction; returns how many.

    `own` is a case whose job the caller runs and ends: it is triaged with them, else none is.

    Several workers may run it. If one case fails, all are rolled back and keep their jobs.
    """
    try:
        with transaction.atomic():
            return _triage(most, queue, own)
    except Exception as refused:  # the failing case's own job will report it
        if connection.connection is None or not connection.is_usable():
            raise
        log_of_triage.warning("triaged_one_by_one", why=type(refused).__name__)
        return 0


def triage_filed(cases: Sequence[Case], reports: Sequence[Report]) -> set[int]:
    """Triage cases in the transaction that files these reports into them, and holds their locks; returns which.

    The others need their jobs: those with many reports or with a handle to look up, and all of them if one fails.
    """
    try:
        with transaction.atomic():
            mine = _as_many_as_one_reads(without_names([case for case in cases if case.reports_count <= FEW_REPORTS]))
            triage_cases(mine, actor=SYSTEM, filed=reports)
    except Exception as refused:  # the failing case's own job will report it
        if connection.connection is None or not connection.is_usable():
            raise
        log_of_triage.warning("triaged_one_by_one", why=type(refused).__name__)
        return set()
    return {case.pk for case in mine}


def _as_many_as_one_reads(cases: Sequence[Case]) -> list[Case]:
    """Not more reports than one triage reads, so that no case is ranked half-read."""
    read = accumulate(case.reports_count for case in cases)
    return [case for case, reports in zip(cases, read, strict=True) if reports <= MOST_AT_ONCE]


def _triage(most: int, queue: str, own: int | None) -> int:
    jobs = lock_waiting_cases(TRIAGE, queue, most_reports=FEW_REPORTS, most=most)
    wanted = {case_id for _, case_id in jobs} | (set() if own is None else {own})
    if not wanted:
        return 0
    locked = list(
        Case.objects.select_for_update(of=("self",), skip_locked=True, no_key=True)
        .select_related("subject")
        .filter(pk__in=wanted, reports_count__lte=FEW_REPORTS)
        .order_by("pk")
    )
    mine = [case for case in locked if case.pk == own]
    if own is not None and not mine:
        return 0
    share_platforms(case.subject for case in locked)
    cases = _as_many_as_one_reads([*mine, *without_names([case for case in locked if case.pk != own])])
    triage_cases(cases, actor=SYSTEM)
    done = {case.pk for case in cases}
    finish([job for job, case_id in jobs if case_id in done])
    return len(cases)


DRAW_MOST = 100
log_of_draw = structlog.get_logger("jaga.pictures")


def draw_picture(evidence_id: int) -> CopyState | None:
    """Make the working copy of a checked picture, or record that it could not be drawn.

    Idempotent.

    Returns None if there is nothing to do. The picture is hashed first: one on a child-protection list is closed and
    never drawn. If it cannot be hashed now, `defer_lost_pictures` retries it. An original lost or damaged after
    hashing cannot be drawn; the case's export names it.
    """
    if not hash_first(evidence_id):
        return None
    picture = to_draw(evidence_id)
    if picture is None:
        return None
    try:
        drawn = draw(vault.unseal(picture.sha256, picture.key_owner()))
    except Erased:
        return None
    except vault.EvidenceDamaged:
        log_of_draw.warning("original_damaged", evidence=evidence_id)
        drawn = None
    state = record_copy(evidence_id, drawn, actor=SYSTEM)
    if state is CopyState.NOT_DRAWN:
        log_of_draw.warning("picture_not_drawn", evidence=evidence_id)
    return state


def defer_lost_pictures() -> int:
    """Defer the drawing of checked pictures that have no job; returns how many."""
    if has_job_with_lock(PICTURES):
        return 0
    waiting = list(waiting_to_be_drawn().values_list("pk", flat=True)[:DRAW_MOST])
    for evidence_id in waiting:
        defer(DRAW, lock=PICTURES, evidence_id=evidence_id)
        log_of_draw.warning("drawing_deferred_again", evidence=evidence_id)
    return len(waiting)
