"""The sample that people judge: which texts wait for whom, one text without its origin, and progress by week.

Nobody who may judge learns here whether a text was flagged, by which rule, and what others said.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from cryptography.fernet import InvalidToken
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind
from jaga.core.terms.people import Clearance, Role
from jaga.policy import PolicyRelease
from jaga.policy.limits import CLEARED_CATEGORIES, UNSOUGHT_CATEGORIES
from jaga.records.access.base.access_log import log_access
from jaga.records.access.base.clearance import READERS, clearances_of
from jaga.records.access.base.current_user import number_of
from jaga.records.models import SampledText, SampleJudgement, WatchSample
from jaga.records.watch_codes import open_observed

HELD = timedelta(hours=24)
"""How long a person may hold a text before it goes to somebody else."""
JUDGED_BY = 2
"""People who judge each text; if they differ, a third one does."""
AUDIENCE = (*READERS, Role.AUDITOR, Role.ADMINISTRATOR, Role.POLICY)
WEEKS_SHOWN = 13


@dataclass(frozen=True)
class SampledTextView:
    """A text to judge: its words alone, and until when the reader holds it."""

    judgement_id: int
    words: str
    until: datetime


@dataclass(frozen=True)
class SampleWeek:
    """One week's draw. `lapsed`: texts deleted before enough people had judged them."""

    week: date
    drawn: int
    settled: int
    waiting: int

    @property
    def lapsed(self) -> int:
        """Texts that nobody can judge any more."""
        return self.drawn - self.settled - self.waiting


def texts_open_to(actor: Actor) -> QuerySet[SampledText]:
    """Drawn texts that need one more judgement, and that this person has neither judged nor left.

    A text that a rule flagged in a category with a clearance is only for people who hold it.
    """
    person, moment = number_of(actor), now()
    own = SampleJudgement.objects.filter(text=OuterRef("pk"), person_id=person).exclude(
        answer__isnull=True, left_at__isnull=True
    )
    rows = SampledText.objects.filter(settled_at__isnull=True, words__isnull=False).filter(~Exists(own))
    if Clearance.CHILD_SAFETY not in clearances_of(actor):
        rows = rows.exclude(category__in=CLEARED_CATEGORIES)
    judged = Q(judgements__answer__isnull=False)
    held = Q(
        judgements__answer__isnull=True, judgements__left_at__isnull=True, judgements__taken_at__gt=moment - HELD
    ) & ~Q(judgements__person_id=person)
    return rows.annotate(
        busy=Count("judgements", filter=judged | held, distinct=True),
        said=Count("judgements", filter=judged),
        kinds=Count("judgements__answer", filter=judged, distinct=True),
    ).filter(Q(busy__lt=JUDGED_BY) | Q(said=JUDGED_BY, kinds=JUDGED_BY, busy=JUDGED_BY))


def held_judgements(actor: Actor) -> QuerySet[SampleJudgement]:
    """The texts the actor has taken and not answered, for as long as they may be held."""
    return SampleJudgement.objects.filter(
        person_id=number_of(actor),
        answer__isnull=True,
        left_at__isnull=True,
        taken_at__gt=now() - HELD,
        text__settled_at__isnull=True,
        text__words__isnull=False,
    )


def access_sampled_text(judgement_id: int, *, actor: Actor) -> SampledTextView:
    """The text that the actor holds. In the access log. Raises NotPermitted, NotFound for any other."""
    actor.require(*READERS)
    row = held_judgements(actor).select_related("text__words").filter(pk=judgement_id).first()
    words = words_of(row.text.words) if row else None
    if row is None or words is None:
        raise NotFound
    log_access(None, AccessKind.SAMPLE, actor=actor)
    return SampledTextView(row.pk, words, row.taken_at + HELD)


def words_of(sample: WatchSample) -> str | None:
    """The text; None if its key was replaced, so that nobody can read it any more."""
    try:
        return open_observed(bytes(sample.sealed))["text"]
    except InvalidToken:
        return None


def answers(release: PolicyRelease) -> tuple[str, ...]:
    """The categories that people can see in a text: those that programs look for."""
    sought = {entry.category for entry in release.lexicon} | {rule.category for rule in release.screening_rules}
    return tuple(
        category.key
        for category in sorted(release.categories, key=lambda one: one.order)
        if category.key in sought and category.key not in UNSOUGHT_CATEGORIES
    )


def sample_weeks(*, actor: Actor) -> tuple[SampleWeek, ...]:
    """The newest weeks that were drawn. Raises NotPermitted."""
    actor.require(*AUDIENCE)
    rows = (
        SampledText.objects.values("week")
        .order_by("-week")
        .annotate(
            drawn=Count("pk"),
            settled=Count("pk", filter=Q(settled_at__isnull=False)),
            waiting=Count("pk", filter=Q(settled_at__isnull=True, words__isnull=False)),
        )[:WEEKS_SHOWN]
    )
    return tuple(SampleWeek(row["week"], row["drawn"], row["settled"], row["waiting"]) for row in rows)


def count_texts_for(actor: Actor) -> int:
    """How many texts the actor can judge now."""
    return texts_open_to(actor).count()


def own_judged_since(moment: datetime, *, actor: Actor) -> int:
    """How many texts the actor has judged since then. Raises NotPermitted."""
    actor.require(*READERS)
    return SampleJudgement.objects.filter(person_id=number_of(actor), judged_at__gte=moment).count()
