"""Personal data breaches: what happened, what they concern, and who was told."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from jaga.core.terms.breaches import BreachGroup, BreachScopeKind
from jaga.core.terms.cases import AccessKind
from jaga.records.models.cases.cases import Case
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Person


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
