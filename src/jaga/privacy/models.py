"""Personal data breaches: what happened, what they concern, and who was told.

Owners whose keys are destroyed.

Requests of persons about their own data: what was asked, how it was checked, what was answered.

Searches of the whole database for a person's data.

Legal holds, postponements, and what was deleted when its period was over.
"""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.cases.models.cases import Case, Platform, Subject
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Report
from jaga.core.canonical import SHA256_WHOLE
from jaga.core.terms.cases import AccessKind, IdentityCheck
from jaga.core.terms.people import Language
from jaga.core.terms.privacy import (
    BINDING_GROUNDS,
    CASE_KINDS,
    ENDED_REQUESTS,
    AnswerWay,
    BreachGroup,
    BreachScopeKind,
    DataKind,
    KeyOwner,
    PersonProof,
    PersonRequestKind,
    PersonRequestState,
    RefusalGround,
)
from jaga.people.models import Person
from jaga.policy.limits import LONGEST_HOLD_DAYS, LONGEST_POSTPONEMENT_DAYS, ONLY_PLANS_HOURS
from jaga.store.models import LedgerEntry, choices, one_of
from jaga.store.sealed_text import BoxedTextField


class Breach(models.Model):
    """A breach that a person declared, with its clock (UU PDP art. 46, GDPR arts 33 and 34). Closed once, with lessons.

    The texts are those of the letter, so they name nobody.
    """

    what = models.TextField()
    data = models.TextField()  # Which data, in plain words.
    measures = models.TextField()  # What was done.
    advice = models.TextField()  # What the people concerned can do.
    found_at = models.DateTimeField()  # The clock starts here.
    began_at = models.DateTimeField()
    stopped_at = models.DateTimeField()
    due_at = models.DateTimeField()
    drill = models.BooleanField(default=False)
    declared_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    declared_at = models.DateTimeField()
    lessons = models.TextField(blank=True)
    closed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_breach_says_what", condition=~Q(what="") & ~Q(data="") & ~Q(measures="") & ~Q(advice="")
            ),
            models.CheckConstraint(
                name="records_breach_in_order",
                condition=Q(began_at__lte=F("stopped_at"), found_at__lte=F("declared_at"), due_at__gt=F("found_at")),
            ),
            models.CheckConstraint(
                name="records_breach_closed_with_lessons",
                condition=Q(closed_by__isnull=True, closed_at__isnull=True, lessons="")
                | Q(closed_by__isnull=False, closed_at__isnull=False) & ~Q(lessons=""),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="records_breach_open", condition=Q(closed_at__isnull=True)),
        ]

    @property
    def reference(self) -> str:
        """The number as people write it, like B000003."""
        return f"B{self.pk:06d}"


class BreachScope(models.Model):
    """One thing that a breach concerns. Only added."""

    breach = models.ForeignKey(Breach, on_delete=models.PROTECT, related_name="scopes")
    kind = models.CharField(max_length=20, choices=choices(BreachScopeKind))
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="+")
    page = models.CharField(max_length=20, choices=choices(AccessKind), blank=True)
    key = models.CharField(max_length=60, blank=True)
    added_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            one_of("kind", BreachScopeKind),
            models.CheckConstraint(
                name="records_breach_scope_names_one_thing",
                condition=Q(kind=BreachScopeKind.PERSON, person__isnull=False, case__isnull=True, page="", key="")
                | Q(kind=BreachScopeKind.CASE, person__isnull=True, case__isnull=False, page="", key="")
                | Q(
                    kind=BreachScopeKind.PAGE,
                    person__isnull=True,
                    case__isnull=True,
                    key="",
                    page__in=[kind.value for kind in AccessKind],
                )
                | Q(kind=BreachScopeKind.KEY, person__isnull=True, case__isnull=True, page="") & ~Q(key=""),
            ),
            models.UniqueConstraint(
                fields=["breach", "kind", "person", "case", "page", "key"],
                nulls_distinct=False,
                name="records_breach_scope_once",
            ),
        ]


class BreachNotice(models.Model):
    """That a group was told of a breach, or why not, as a person recorded it. Only added; the last one counts."""

    breach = models.ForeignKey(Breach, on_delete=models.PROTECT, related_name="notices")
    group = models.CharField(max_length=20, choices=choices(BreachGroup))
    people = models.PositiveIntegerField()  # How many there were then.
    sent = models.BooleanField()
    how = models.TextField()
    recorded_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            one_of("group", BreachGroup),
            models.CheckConstraint(name="records_breach_notice_says_how", condition=~Q(how="")),
        ]


class ErasedKey(models.Model):
    """A case or report that was erased: its key is destroyed within seconds, or by the next start.

    Never changed, except that `done_at` is set once, when the key is gone and what lay beside it is cleared. After a
    restore to before the erasure the row is missing, and comes back from the key store
    (`privacy.verbs.erasure.apply_again`). It says by which rule, never what was erased.
    """

    kind = models.CharField(max_length=20, choices=choices(KeyOwner))
    number = models.BigIntegerField()  # The owner's `key_number`.
    rule = models.CharField(max_length=60)  # A rule of the release, a kind of request, or "key_store".
    at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("kind", KeyOwner),
            models.UniqueConstraint(fields=["kind", "number"], name="records_erased_once"),
            models.CheckConstraint(name="records_erased_by_a_rule", condition=~models.Q(rule="")),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], name="records_erasure_open", condition=models.Q(done_at__isnull=True)),
        ]


_ENDED = sorted(state.value for state in ENDED_REQUESTS)
_BINDING = sorted(ground.value for ground in BINDING_GROUNDS)


class PersonRequest(models.Model):
    """A request of a person about their own data, with its clock.

    `sealed` holds the account that they name, their words and how to reach them (`store.codes.seal_request`). It is
    emptied some time after the end (`privacy.verbs.person_requests.forget_ended`).
    """

    kind = models.CharField(max_length=20, choices=choices(PersonRequestKind))
    proof = models.CharField(max_length=20, choices=choices(PersonProof))
    state = models.CharField(max_length=20, choices=choices(PersonRequestState))
    report = models.ForeignKey(Report, null=True, on_delete=models.PROTECT, related_name="person_requests")
    decision = models.ForeignKey(Decision, null=True, on_delete=models.PROTECT, related_name="person_requests")
    platform = models.ForeignKey(Platform, null=True, on_delete=models.PROTECT, related_name="+")  # As they say.
    sealed = models.BinaryField(null=True)
    code_hash = models.BinaryField(max_length=32, unique=True)
    language = models.CharField(max_length=2, choices=choices(Language))
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    assigned_to = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    assigned_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("kind", PersonRequestKind),
            one_of("proof", PersonProof),
            one_of("state", PersonRequestState),
            one_of("language", Language),
            models.CheckConstraint(
                name="records_person_request_came_with_one_thing",
                condition=Q(proof=PersonProof.NONE, report__isnull=True, decision__isnull=True)
                | Q(proof=PersonProof.RECEIPT, report__isnull=False, decision__isnull=True)
                | Q(proof=PersonProof.APPEAL_CODE, report__isnull=True, decision__isnull=False),
            ),
            models.CheckConstraint(
                name="records_person_request_ends_in_its_state",
                condition=Q(state__in=_ENDED, ended_at__isnull=False) | ~Q(state__in=_ENDED) & Q(ended_at__isnull=True),
            ),
            models.CheckConstraint(
                name="records_person_request_is_due_later", condition=Q(due_at__gt=F("received_at"))
            ),
            models.CheckConstraint(
                name="records_person_request_assigned_at",
                condition=Q(assigned_to__isnull=True, assigned_at__isnull=True)
                | Q(assigned_to__isnull=False, assigned_at__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["report", "kind"],
                name="records_one_open_request_of_a_report",
                condition=Q(report__isnull=False, ended_at__isnull=True),
            ),
            # None for a letter's code: whoever holds a victim's phone would learn that the victim has asked.
        ]
        indexes: ClassVar = [
            models.Index(fields=["due_at"], name="records_person_request_open", condition=Q(ended_at__isnull=True)),
            models.Index(
                fields=["ended_at"],
                name="records_person_request_kept",
                condition=Q(ended_at__isnull=False, sealed__isnull=False),
            ),
        ]

    @property
    def reference(self) -> str:
        """The number as people write it, like D000012 (data); P is a notice's."""
        return f"D{self.pk:06d}"


class PersonCheck(models.Model):
    """A staff member's check of who asks. Immutable until its words are deleted; a later one counts instead.

    `subject` is the account that the person proved to be theirs; null if nothing is on record, or if it failed.
    """

    request = models.ForeignKey(PersonRequest, on_delete=models.PROTECT, related_name="checks")
    kind = models.CharField(max_length=20, choices=choices(IdentityCheck))
    note = BoxedTextField()
    subject = models.ForeignKey(Subject, null=True, on_delete=models.PROTECT, related_name="person_checks")
    checked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            one_of("kind", IdentityCheck),
            models.CheckConstraint(name="records_person_check_says_how", condition=~Q(note="")),
        ]


class PersonAnswer(models.Model):
    """An answer as drafted. A second person releases it or sends it back; its words are never edited, and
    deleted some time after the end.

    `sha256` is the hash of the data that the releaser saw; they are computed again when the answer is handed over, and
    nothing is handed over if they differ.
    """

    request = models.ForeignKey(PersonRequest, on_delete=models.PROTECT, related_name="answers")
    granted = models.BooleanField()
    ground = models.CharField(max_length=20, choices=choices(RefusalGround), blank=True)
    until = models.DateTimeField(null=True)  # Until when the ground lasts, where that is known.
    text = BoxedTextField()
    note = BoxedTextField(blank=True)  # The correction, as it will stand beside the records.
    way = models.CharField(max_length=20, choices=choices(AnswerWay))
    without_recipients = models.BooleanField(default=False)  # Who received data is left out, to protect an inquiry.
    sha256 = models.CharField(max_length=64, blank=True)
    drafted_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField()
    released_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    released_at = models.DateTimeField(null=True)
    returned_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    returned_at = models.DateTimeField(null=True)
    why = BoxedTextField(blank=True)  # Why it was sent back.
    handed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    handed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            one_of("way", AnswerWay),
            models.CheckConstraint(
                name="records_person_answer_ground_is_a_term",
                condition=Q(ground__in=["", *(ground.value for ground in RefusalGround)]),
            ),
            models.CheckConstraint(
                name="records_person_answer_refused_on_a_ground",
                condition=Q(granted=True, ground="", until__isnull=True) | Q(granted=False) & ~Q(ground=""),
            ),
            models.CheckConstraint(
                name="records_person_answer_until_of_what_binds",
                condition=Q(until__isnull=True) | Q(ground__in=_BINDING),
            ),
            models.CheckConstraint(name="records_person_answer_says_something", condition=~Q(text="")),
            models.CheckConstraint(
                name="records_person_answer_data_hash", condition=Q(sha256="") | Q(sha256__regex=SHA256_WHOLE)
            ),
            models.CheckConstraint(
                name="records_person_answer_released_by_a_second",
                condition=Q(released_by__isnull=True, released_at__isnull=True)
                | Q(released_by__isnull=False, released_at__isnull=False) & ~Q(released_by=F("drafted_by")),
            ),
            models.CheckConstraint(
                name="records_person_answer_returned_with_a_reason",
                condition=Q(returned_by__isnull=True, returned_at__isnull=True, why="")
                | Q(returned_by__isnull=False, returned_at__isnull=False, released_at__isnull=True) & ~Q(why=""),
            ),
            models.CheckConstraint(
                name="records_person_answer_handed_over_after_release",
                condition=Q(handed_by__isnull=True, handed_at__isnull=True)
                | Q(
                    handed_by__isnull=False,
                    released_at__isnull=False,
                    handed_at__gte=F("released_at"),
                    way=AnswerWay.PAPER,
                ),
            ),
            models.UniqueConstraint(
                fields=["request"],
                name="records_one_answer_waits_or_is_released",
                condition=Q(returned_at__isnull=True),
            ),
        ]


class CorrectionNote(models.Model):
    """What a person says is right, beside sealed records that stay as they are. Immutable until those are erased."""

    request = models.OneToOneField(PersonRequest, on_delete=models.PROTECT, related_name="correction")
    subject = models.ForeignKey(Subject, null=True, on_delete=models.PROTECT, related_name="corrections")
    report = models.ForeignKey(Report, null=True, on_delete=models.PROTECT, related_name="corrections")
    text = BoxedTextField()
    at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_correction_of_one_thing",
                condition=Q(subject__isnull=True, report__isnull=False) | Q(subject__isnull=False, report__isnull=True),
            ),
            models.CheckConstraint(name="records_correction_says_something", condition=~Q(text="")),
        ]


class PersonSearch(models.Model):
    """A search that one person asked for and another permits; carried out once, on the command line.

    What is searched for is not stored: the keyed hash shows afterwards whether a text was the one.
    """

    text_hash = models.BinaryField(max_length=32)
    reason = models.TextField()  # Names no person.
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    permitted_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    permitted_at = models.DateTimeField(null=True)
    carried_out_at = models.DateTimeField(null=True)
    found = models.PositiveIntegerField(null=True)  # How many places.

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_person_search_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="records_person_search_takes_two",
                condition=Q(permitted_by__isnull=True, permitted_at__isnull=True)
                | Q(permitted_by__isnull=False, permitted_at__isnull=False) & ~Q(permitted_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="records_person_search_permitted_first",
                condition=Q(carried_out_at__isnull=True, found__isnull=True)
                | Q(permitted_at__isnull=False, carried_out_at__isnull=False, found__isnull=False),
            ),
        ]


class LegalHold(models.Model):
    """While it holds, nothing of the case is deleted.

    One person asks, another confirms within `confirm_until`; meanwhile it holds already. It ends by itself, or earlier
    by one person with a reason. An extension is a row of its own that `extends` an earlier one, and takes two people
    again. Nobody asks twice for a hold of the same case that nobody confirmed: that would be holding it alone.
    `guards/`: every step is taken once and never edited.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="legal_holds")
    extends = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="extensions")
    owner = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")  # Who answers for it.
    reason = models.TextField()
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    confirm_until = models.DateTimeField()
    ends_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")  # Or who refused it.
    ended_at = models.DateTimeField(null=True)
    ended_why = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_hold_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="records_hold_is_bounded",
                condition=Q(
                    ends_at__gt=F("asked_at"),
                    ends_at__lte=F("asked_at") + timedelta(days=LONGEST_HOLD_DAYS),
                    confirm_until__gt=F("asked_at"),
                ),
            ),
            models.CheckConstraint(
                name="records_hold_confirmed_by_another",
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_at__isnull=False, confirmed_at__lte=F("confirm_until")) & ~Q(confirmed_by=F("asked_by")),
            ),
            models.CheckConstraint(
                name="records_hold_ends_with_a_reason",
                condition=Q(ended_by__isnull=True, ended_at__isnull=True, ended_why="")
                | Q(ended_by__isnull=False, ended_at__isnull=False) & ~Q(ended_why=""),
            ),
            models.UniqueConstraint(
                fields=["case", "asked_by"],
                name="records_hold_asked_once_unconfirmed",
                condition=Q(confirmed_at__isnull=True),
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["case", "ends_at"], name="records_hold_of_case", condition=Q(ended_at__isnull=True)),
        ]


class RetentionPostponement(models.Model):
    """A person postponed the deletions of a case, with a reason and an end. Nobody postpones the same case twice."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="postponements")
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.TextField()
    ends_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "by"], name="records_postponed_once_by_each"),
            models.CheckConstraint(name="records_postponement_says_why", condition=~Q(reason="")),
            models.CheckConstraint(
                name="records_postponement_is_bounded",
                condition=Q(ends_at__gt=F("at"), ends_at__lte=F("at") + timedelta(days=LONGEST_POSTPONEMENT_DAYS)),
            ),
        ]


class RetentionErasure(models.Model):
    """One kind of data of one case was deleted, by which rule. Says never what. Append-only.

    The database refuses it while anything binds the case (`guards/privacy.sql`), and the tables that are never
    edited let their words be emptied only where such a row is.
    """

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="erasures")
    kind = models.CharField(max_length=20, choices=choices(DataKind))
    rule = models.CharField(max_length=60)  # Its key in the release.
    policy_hash = models.CharField(max_length=64)
    due_on = models.DateField()
    at = models.DateTimeField()
    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_erasure_is_of_a_case", condition=Q(kind__in=[kind.value for kind in CASE_KINDS])
            ),
            models.UniqueConstraint(fields=["case", "kind"], name="records_erased_once_by_kind"),
            models.CheckConstraint(name="records_erasure_names_its_rule", condition=~Q(rule="")),
            models.CheckConstraint(
                name="records_erasure_names_its_policy", condition=Q(policy_hash__regex=SHA256_WHOLE)
            ),
        ]


class FileToDelete(models.Model):
    """A sealed original or an export whose rows say that it is deleted. The row goes when the file has gone.

    `failure` is why it could not be deleted at `failed_at`; it is tried again.
    """

    erasure = models.ForeignKey(RetentionErasure, on_delete=models.PROTECT, related_name="files")
    sha256 = models.CharField(max_length=64, blank=True)  # Of an original,
    folder = models.CharField(max_length=200, blank=True)  # or the folder of an export.
    failed_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_file_to_delete_is_one",
                condition=Q(sha256="") & ~Q(folder="") | Q(folder="") & ~Q(sha256=""),
            ),
        ]


class AccessLogErasure(models.Model):
    """The entries of one sealed range of the access log were deleted. The seal stays. Append-only."""

    seal = models.OneToOneField("records.AccessLogSeal", on_delete=models.PROTECT, related_name="erasure")
    rule = models.CharField(max_length=60)
    count = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    entry = models.ForeignKey(LedgerEntry, on_delete=models.PROTECT, related_name="+")


class RetentionSweep(models.Model):
    """The sweep of one day: up to which case it has looked for new ones, and from how many it deleted something."""

    day = models.DateField(unique=True)
    after = models.BigIntegerField(default=0)
    cases = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)


class RetentionClock(models.Model):
    """The clock of the sweeps; one row. While `doubted_at` is set, nothing is deleted: the clock then differed too much
    from `seen_at`, when a sweep last ran. A supervisor confirms it, or it is right again by itself.

    `anchor_at` is what the clock said when the machine, in its run `anchor_boot`, had been up for `anchor_up` seconds:
    a clock that gains on that was set. `planned_since`: the first sweep; for a day after it nothing is deleted.
    """

    seen_at = models.DateTimeField()
    planned_since = models.DateTimeField(null=True)
    anchor_at = models.DateTimeField(null=True)
    anchor_boot = models.CharField(max_length=40, blank=True)
    anchor_up = models.FloatField(default=0)
    doubted_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(name="records_one_retention_clock", condition=Q(pk=1)),
            models.CheckConstraint(
                name="records_clock_confirmed_by_somebody",
                condition=Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
            ),
        ]

    def plans_until(self, moment: datetime) -> datetime | None:
        """Until when deletions are only planned, `limits.ONLY_PLANS_HOURS` after the first sweep; None if it is
        over.
        """
        until = (self.planned_since or moment) + timedelta(hours=ONLY_PLANS_HOURS)
        return until if until > moment else None


class RetentionDue(models.Model):
    """When a closed case is looked at next, and when something of it is deleted, as computed last.

    Only a plan: a sweep computes again before it deletes. `policy_hash`: the release by which it was computed.
    `failure` is why the last sweep could not delete what was due; it is tried again the next day.
    """

    case = models.OneToOneField(Case, on_delete=models.PROTECT, primary_key=True, related_name="retention_due")
    look_on = models.DateField(null=True)  # null: all of it is deleted.
    due_on = models.DateField(null=True)  # null: nothing, or not known yet.
    policy_hash = models.CharField(max_length=64)
    failed_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["look_on", "case"], name="records_retention_look", condition=Q(look_on__isnull=False)),
            models.Index(
                fields=["due_on", "case"], name="records_retention_planned", condition=Q(due_on__isnull=False)
            ),
        ]
