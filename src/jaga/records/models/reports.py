"""What came in: reports, who sent them (kept apart), requests of authorities, and sealed evidence."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jaga.core.terms import Channel, EvidenceKind, Language, ReportForm
from jaga.records.models.cases import Case
from jaga.records.models.choices import choices, one_of
from jaga.records.models.organisations import Organisation, Person
from jaga.records.models.platforms import Subject


class Report(models.Model):
    """One submission by anyone. It says nothing about who sent it; see `ReporterIdentity`."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="reports")
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="reports")
    channel = models.CharField(max_length=20, choices=choices(Channel))
    form = models.CharField(max_length=20, choices=choices(ReportForm))
    category = models.CharField(max_length=60)
    text = models.TextField(blank=True)  # the reporter's words, or the public text that was seen
    place = models.TextField(blank=True)  # where it was said: a public room's name, or the links that were given
    language = models.CharField(max_length=2, choices=choices(Language), default=Language.INDONESIAN)
    conduct_on = models.DateField()
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    urgent = models.BooleanField(default=False)
    source_key = models.BinaryField(max_length=32)  # keyed hash: equal for one independent source, and says no more
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="reports")
    officer = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="reports")
    receipt_hash = models.BinaryField(max_length=32, null=True, unique=True)  # HMAC-SHA-256 under a key outside
    origin_ref = models.CharField(max_length=300, blank=True)  # an observation's message id, a request's number

    class Meta:
        constraints: ClassVar = [
            one_of("channel", Channel),
            one_of("form", ReportForm),
            one_of("language", Language),
            models.CheckConstraint(
                name="records_request_names_its_officer",
                condition=~Q(form__in=[ReportForm.REQUEST, ReportForm.ORDER])
                | Q(organisation__isnull=False, officer__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["subject", "origin_ref"],
                name="records_observation_once",
                condition=Q(form=ReportForm.OBSERVATION),
            ),
            models.UniqueConstraint(  # a repeated letter number on one account is a repeat, or a replay
                fields=["organisation", "subject", "category", "origin_ref"],
                name="records_request_number_once",
                condition=Q(form__in=[ReportForm.REQUEST, ReportForm.ORDER]),
            ),
        ]


class ReporterIdentity(models.Model):
    """Who reported, when they said so. Apart from the report: account holders, operators and agencies never see it."""

    report = models.OneToOneField(Report, on_delete=models.CASCADE, related_name="identity")
    name = models.CharField(max_length=120, blank=True)
    contact = models.CharField(max_length=200, blank=True)


class AuthorityRequest(models.Model):
    """What MR5 art. 16(4) asks of an authority's request, beside the report's own fields."""

    report = models.OneToOneField(Report, on_delete=models.PROTECT, related_name="request")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="requests")
    letter_number = models.CharField(max_length=120)
    letter_date = models.DateField()
    legal_basis = models.CharField(max_length=60)
    legal_analysis = models.TextField()
    locator = models.CharField(max_length=500)
    wants_export = models.BooleanField(default=False)
    court_order = models.CharField(max_length=120, blank=True)  # MR5 art. 36(4)-(5): content needs a district court's
    urgent_reason = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                name="records_request_is_complete",
                condition=~Q(letter_number="") & ~Q(legal_basis="") & ~Q(legal_analysis="") & ~Q(locator=""),
            ),
        ]


class Evidence(models.Model):
    """One sealed original, found by its hash in the evidence store. The row never changes."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="evidence")
    report = models.ForeignKey(Report, null=True, on_delete=models.PROTECT, related_name="evidence")
    kind = models.CharField(max_length=20, choices=choices(EvidenceKind))
    name = models.CharField(max_length=200)
    media_type = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    sealed_at = models.DateTimeField()
    sealed_by = models.CharField(max_length=80)  # the actor's name: custody starts with it

    class Meta:
        constraints: ClassVar = [
            one_of("kind", EvidenceKind),
            models.CheckConstraint(
                name="records_evidence_hash_is_sha256", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")
            ),
            models.UniqueConstraint(fields=["case", "sha256", "kind", "name"], name="records_evidence_once"),
        ]
