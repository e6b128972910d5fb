"""Watches: what is read by whose decision, how far it was read, and how much was found.

The sample of watched texts that people judge: its parts, drawn texts, judgements, and rules that stopped by it.

Backlogs: files of public content that are screened and filed block by block.
"""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.cases.models.cases import Platform
from jaga.core.canonical import SHA256_WHOLE
from jaga.core.terms.reports import SourceKind, SourceState
from jaga.people.models import Person
from jaga.policy.limits import LEAST_JUDGED, LONGEST_WATCH_DAYS, MOST_WATCHED_A_DAY, VICTIM_FIRST_CATEGORIES
from jaga.store.models import choices, one_of

RULE = 160
"""The longest name of a rule: a key, or `words:` with a category's key."""


class ScreenedCount(models.Model):
    """How many watched texts of a week one rule flagged; `rule` is empty for those that none did."""

    week = models.DateField()  # Its Monday.
    kind = models.CharField(max_length=20, choices=choices(SourceKind))
    rule = models.CharField(max_length=RULE, blank=True)
    category = models.CharField(max_length=60, blank=True)
    number = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            one_of("kind", SourceKind),
            models.UniqueConstraint(fields=["week", "kind", "rule", "category"], name="records_screened_counted_once"),
            models.CheckConstraint(
                name="records_screened_rule_has_category",
                condition=Q(rule="", category="") | ~Q(rule="") & ~Q(category=""),
            ),
        ]


class SampledText(models.Model):
    """A drawn text: where it was drawn from, and what people said. Its words are a `WatchSample`, for some days.

    `ticket` is the keyed number by which it was drawn: the smallest ones of each part are. `outcome` is the category of
    the offence that people saw in it, or empty for none; `guards/watch.sql` lets two people or three settle it, once.
    """

    week = models.DateField()
    kind = models.CharField(max_length=20, choices=choices(SourceKind))
    rule = models.CharField(max_length=RULE, blank=True)
    category = models.CharField(max_length=60, blank=True)  # In which the rule flagged it.
    ticket = models.FloatField()
    drawn_at = models.DateTimeField()
    outcome = models.CharField(max_length=60, null=True, blank=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("kind", SourceKind),
            models.UniqueConstraint(fields=["week", "kind", "rule", "ticket"], name="records_sampled_once"),
            models.CheckConstraint(
                name="records_sampled_has_outcome",
                condition=Q(outcome__isnull=True, settled_at__isnull=True)
                | Q(outcome__isnull=False, settled_at__isnull=False),
            ),
        ]


class SampleJudgement(models.Model):
    """One person's judgement of a drawn text, taken, then given or left to somebody else. Never edited afterwards.

    `answer` is a category, or empty for no offence.
    """

    text = models.ForeignKey(SampledText, on_delete=models.PROTECT, related_name="judgements")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()
    answer = models.CharField(max_length=60, null=True, blank=True)
    judged_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["text", "person"], name="records_sample_judged_once"),
            models.CheckConstraint(
                name="records_sample_judgement_has_an_answer",
                condition=Q(answer__isnull=True, judged_at__isnull=True)
                | Q(answer__isnull=False, judged_at__isnull=False),
            ),
            models.CheckConstraint(
                name="records_sample_judged_or_left", condition=Q(judged_at__isnull=True) | Q(left_at__isnull=True)
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["person"], name="records_sample_held", condition=Q(judged_at__isnull=True, left_at__isnull=True)
            )
        ]


class RuleSuspension(models.Model):
    """That a rule was found wrong too often: it makes no cases until a person switches it on again, with a reason.

    With `alarm_only` it goes on, since it looks for possible victims: then it is an alarm that a person answers.
    """

    rule = models.CharField(max_length=RULE)
    category = models.CharField(max_length=60)
    alarm_only = models.BooleanField()
    judged = models.PositiveIntegerField()
    right = models.PositiveIntegerField()
    upper = models.FloatField()  # Of the 95 % interval of its precision.
    line = models.FloatField()
    policy_hash = models.CharField(max_length=64)
    suspended_at = models.DateTimeField()
    ended_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    why = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["rule"], name="records_rule_suspended_once", condition=Q(ended_at__isnull=True)
            ),
            models.CheckConstraint(
                name="records_suspension_has_grounds",
                condition=Q(judged__gte=LEAST_JUDGED, right__lte=F("judged"), upper__lt=F("line")) & ~Q(rule=""),
            ),
            models.CheckConstraint(
                name="records_victims_are_not_lost",
                condition=Q(alarm_only=True) | ~Q(category__in=sorted(VICTIM_FIRST_CATEGORIES)),
            ),
            models.CheckConstraint(
                name="records_suspension_ended_by_a_person",
                condition=Q(ended_by__isnull=True, ended_at__isnull=True, why="")
                | Q(ended_by__isnull=False, ended_at__isnull=False) & ~Q(why=""),
            ),
        ]


class Watch(models.Model):
    """One person proposes it, another starts it within `start_until`; a person stops it at once, or it ends by itself.

    Nothing of what two people agreed on is edited; `guards/watch.sql` lets it be started once and ended once.
    `legal_citation` is that of the release at the proposal. `token_file` names a private file outside the database.
    """

    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="watches")
    kind = models.CharField(max_length=20, choices=choices(SourceKind))
    url = models.CharField(max_length=2000, blank=True)
    surfaces = models.JSONField(default=list)  # Texts; what they are depends on the kind.
    token_file = models.CharField(max_length=60, blank=True)
    token_owner = models.CharField(max_length=200, blank=True)
    legal_basis = models.CharField(max_length=80)
    legal_citation = models.CharField(max_length=300)
    policy_hash = models.CharField(max_length=64)
    purpose = models.TextField()
    budget = models.PositiveIntegerField()  # Observations a day.
    ends_at = models.DateTimeField()
    proposed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    start_until = models.DateTimeField()
    started_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    ended_why = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            one_of("kind", SourceKind),
            models.CheckConstraint(name="records_watch_says_what_for", condition=~Q(purpose="") & ~Q(legal_basis="")),
            models.CheckConstraint(name="records_watch_names_its_policy", condition=Q(policy_hash__regex=SHA256_WHOLE)),
            models.CheckConstraint(
                name="records_watch_names_its_token",
                condition=Q(token_file="", token_owner="") | ~Q(token_file="") & ~Q(token_owner=""),
            ),
            models.CheckConstraint(
                name="records_watch_has_a_budget", condition=Q(budget__gte=1, budget__lte=MOST_WATCHED_A_DAY)
            ),
            models.CheckConstraint(
                name="records_watch_is_bounded",
                condition=Q(
                    ends_at__gt=F("proposed_at"),
                    ends_at__lte=F("proposed_at") + timedelta(days=LONGEST_WATCH_DAYS),
                    start_until__gt=F("proposed_at"),
                ),
            ),
            models.CheckConstraint(
                name="records_watch_started_by_another",
                condition=Q(started_by__isnull=True, started_at__isnull=True)
                | Q(started_at__isnull=False, started_at__lte=F("start_until")) & ~Q(started_by=F("proposed_by")),
            ),
            models.CheckConstraint(
                name="records_watch_ends_by_a_person_or_its_day",
                condition=Q(ended_by__isnull=True, ended_at__isnull=True, ended_why="")
                | Q(ended_by__isnull=False, ended_at__isnull=False) & ~Q(ended_why="")
                | Q(ended_by__isnull=True, ended_why="", ended_at__gte=F("ends_at"))
                | Q(ended_by__isnull=True, ended_why="", started_at__isnull=True, ended_at__gte=F("start_until")),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["ends_at"], name="records_watch_not_ended", condition=Q(ended_at__isnull=True)),
        ]


class WatchProgress(models.Model):
    """How far a started watch has read. `begun_at` is set while it reads; `retry_at` is when it reads again."""

    watch = models.OneToOneField(Watch, on_delete=models.PROTECT, primary_key=True, related_name="progress")
    cursor = models.TextField(blank=True)  # Opaque; empty: from the present.
    state = models.CharField(max_length=20, choices=choices(SourceState), default=SourceState.WAITING)
    source_version = models.CharField(max_length=100, blank=True)
    begun_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    new_at = models.DateTimeField(null=True)  # When something new last came.
    failed_at = models.DateTimeField(null=True)
    why = models.CharField(max_length=200, blank=True)  # Of the last failure, without contents.
    failures = models.PositiveIntegerField(default=0)  # One after another.
    repeats = models.PositiveIntegerField(default=0)  # Readings one after another that held only what was known.
    retry_at = models.DateTimeField(null=True)
    lag = models.DurationField(null=True)

    class Meta:
        constraints: ClassVar = [one_of("state", SourceState)]


class WatchDay(models.Model):
    """What one watch did on one day: counts alone."""

    watch = models.ForeignKey(Watch, on_delete=models.PROTECT, related_name="days")
    day = models.DateField()
    observed = models.PositiveIntegerField(default=0)  # New ones, edits included: what counts against the budget.
    edits = models.PositiveIntegerField(default=0)
    flagged = models.PositiveIntegerField(default=0)
    filed = models.PositiveIntegerField(default=0)  # Flagged ones that a case took.
    repeated = models.PositiveIntegerField(default=0)  # Sent again by the source.
    opted_out = models.PositiveIntegerField(default=0)  # Not looked at: the account asks not to be read.
    deleted = models.PositiveIntegerField(default=0)  # Copies deleted since the source deleted the text.
    over_budget = models.PositiveIntegerField(default=0)  # Sent beyond the budget, and not looked at.
    set_aside = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["watch", "day"], name="records_watch_day_once"),
        ]


class Backlog(models.Model):
    """One file of one platform, under one policy release and engine. The file itself stays where it is.

    `watch` is the one that permits it, which two people started.
    """

    platform = models.ForeignKey(Platform, on_delete=models.PROTECT, related_name="backlogs")
    watch = models.ForeignKey(Watch, on_delete=models.PROTECT, related_name="backlogs")
    name = models.CharField(max_length=120)  # The file's name, without its folder.
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    columns = models.JSONField()  # Names of the columns for text, id, account and moment.
    policy_hash = models.CharField(max_length=64)
    engine = models.CharField(max_length=300)  # `app.screening.blocks.version`.
    begun_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    receipt = models.TextField(blank=True, default="")  # The signed promise of the entry that finished it.

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_backlog_hash_is_sha256", condition=Q(sha256__regex=SHA256_WHOLE)),
            models.UniqueConstraint(
                fields=["platform", "sha256", "columns", "policy_hash", "engine"], name="records_backlog_once"
            ),
            models.CheckConstraint(
                name="records_backlog_finished_with_receipt", condition=Q(finished_at__isnull=True) ^ ~Q(receipt="")
            ),
        ]


class BacklogBlock(models.Model):
    """Some lines of a backlog, taken by one worker at a time. Its effects and `done_at` are one commit."""

    backlog = models.ForeignKey(Backlog, on_delete=models.CASCADE, related_name="blocks")
    number = models.PositiveIntegerField()
    start = models.PositiveBigIntegerField()  # Of its bytes in the file.
    size = models.PositiveIntegerField()
    input_hash = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)  # Counted before the work begins.
    why = models.CharField(max_length=80, blank=True, default="")  # The error that ended the last try, if one did.
    poisoned_at = models.DateTimeField(null=True)  # It ended its worker too often, and is left alone.
    done_at = models.DateTimeField(null=True)
    output_hash = models.CharField(max_length=64, blank=True, default="")
    root = models.CharField(max_length=64, blank=True, default="")  # Of the Merkle tree over its rows.
    rows_read = models.PositiveIntegerField(default=0)
    unread = models.PositiveIntegerField(default=0)  # Rows without a readable text.
    copies = models.PositiveIntegerField(default=0)  # Rows whose text occurred before in the block.
    flagged = models.PositiveIntegerField(default=0)  # Rows from the policy's line on.
    unusable = models.PositiveIntegerField(default=0)  # Flagged rows without an account of the platform.
    repeated = models.PositiveIntegerField(default=0)  # Flagged rows that the account had published word for word.
    filed = models.PositiveIntegerField(default=0)  # Reports.
    # Flagged rows that wait for people to judge the same words of other accounts.
    waiting = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["backlog", "number"], name="records_backlog_block_once"),
            models.CheckConstraint(
                name="records_backlog_block_done_or_poison",
                condition=Q(done_at__isnull=True) | Q(poisoned_at__isnull=True),
            ),
            models.CheckConstraint(
                name="records_backlog_block_done_with_hashes",
                condition=Q(done_at__isnull=True) | Q(output_hash__regex=SHA256_WHOLE, root__regex=SHA256_WHOLE),
            ),
            models.CheckConstraint(
                name="records_backlog_block_adds_up",
                condition=Q(
                    flagged=F("unusable") + F("repeated") + F("filed") + F("waiting"), rows_read__gte=F("flagged")
                ),
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["backlog", "number"],
                name="records_backlog_block_open",
                condition=Q(done_at__isnull=True, poisoned_at__isnull=True),
            ),
        ]
