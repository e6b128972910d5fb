"""What came in: reports, who sent them (kept apart), requests of authorities, and sealed evidence."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jaga.core.digests import SHA256_WHOLE
from jaga.core.terms import (
    Channel,
    EvidenceKind,
    Lane,
    Language,
    ReporterCapacity,
    ReportForm,
    ReportRoute,
    TextKind,
    VoiceReason,
)
from jaga.policy.limits import WHO_MAY_REPORT
from jaga.records.models.cases.cases import Case
from jaga.records.models.cases.platforms import Subject
from jaga.records.models.kernel.choices import choices, one_of
from jaga.records.models.people.organisations import Organisation, Person

BETWEEN = "\n\n"  # of the texts of a report, where they are read as one


class Report(models.Model):
    """One submission by anyone. It says nothing about who sent it; see `ReporterIdentity`."""

    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="reports")  # null until filed
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="reports")
    channel = models.CharField(max_length=20, choices=choices(Channel))
    form = models.CharField(max_length=20, choices=choices(ReportForm))
    category = models.CharField(max_length=60)
    text = models.TextField(blank=True)  # the sender's own words; of an observation a sentence of ours, if any
    excerpt = models.TextField(blank=True, default="", db_default="")  # what the account published, as the sender says
    published = models.TextField(blank=True, default="", db_default="")  # what it was seen to publish, and no claim
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
    withdrawn_at = models.DateTimeField(null=True)  # by its reporter: no voice any more; the case goes on for people
    origin_ref = models.CharField(max_length=300, blank=True)  # an observation's message id, a request's number
    lane = models.SmallIntegerField(default=Lane.ORDINARY)
    route = models.CharField(max_length=20, choices=choices(ReportRoute), default=ReportRoute.ORDINARY)
    # As whom it was reported, where only certain people may (`limits.WHO_MAY_REPORT`); nobody proves it here.
    capacity = models.CharField(max_length=20, choices=choices(ReporterCapacity), blank=True, default="", db_default="")
    reference = models.CharField(max_length=120, blank=True)  # the sender's own number
    called_as = models.CharField(max_length=300, blank=True)  # what the account was called, where a name can pass on
    # When the platform was asked whose name `called_as` is. Until then the report waits for that.
    handle_looked_up_at = models.DateTimeField(null=True)
    network_key = models.BinaryField(max_length=32, null=True)  # keyed hash of the network; it expires
    contact_key = models.BinaryField(max_length=32, null=True)  # keyed hash of the contact
    filed_at = models.DateTimeField(null=True)
    voice = models.FloatField(null=True)  # 0 to 1: what it counts for among its case's voices; null until it was heard
    voice_reason = models.CharField(max_length=20, choices=choices(VoiceReason), blank=True)
    screened_by = models.CharField(max_length=80, blank=True)  # the policy release whose word list last read the text
    file_after = models.DateTimeField(null=True)  # filing failed: it is tried again then, by itself

    class Meta:
        constraints: ClassVar = [
            one_of("channel", Channel),
            one_of("form", ReportForm),
            one_of("language", Language),
            one_of("route", ReportRoute),
            one_of("lane", Lane),
            *(models.CheckConstraint(  # also where a door forgot to ask
                name=f"records_report_{category}_by_whom"[:60],
                condition=~Q(category=category) | Q(capacity__in=sorted(one.value for one in who)),
            ) for category, who in WHO_MAY_REPORT.items()),
            models.CheckConstraint(
                name="records_report_filed_has_its_case",
                condition=Q(case__isnull=True, filed_at__isnull=True) | Q(case__isnull=False, filed_at__isnull=False),
            ),
            models.CheckConstraint(
                name="records_voice_is_a_share", condition=Q(voice__isnull=True) | Q(voice__gte=0, voice__lte=1)
            ),
            models.CheckConstraint(
                name="records_request_names_its_officer",
                condition=~Q(form__in=[ReportForm.REQUEST, ReportForm.ORDER])
                | Q(organisation__isnull=False, officer__isnull=False),
            ),
            # An observation holds what the account published, or a sentence of our own (a look that found something).
            models.CheckConstraint(name="records_observation_has_no_reporters_words",
                                   condition=~Q(form=ReportForm.OBSERVATION) | Q(text="", excerpt="")
                                   | Q(published="", excerpt="")),
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
        indexes: ClassVar = [
            models.Index(fields=["lane", "id"], name="records_report_waiting", condition=Q(case__isnull=True)),
            models.Index(fields=["case"], name="records_report_unheard",
                         condition=Q(voice__isnull=True, case__isnull=False)),
            models.Index(fields=["case"], name="records_report_handle_waits",
                         condition=Q(handle_looked_up_at__isnull=True) & ~Q(called_as="")),
            models.Index(fields=["received_at"], name="records_report_network", condition=Q(network_key__isnull=False)),
            models.Index(fields=["due_at"], name="records_report_urgent", condition=Q(lane=Lane.URGENT)),
        ]

    @property
    def told(self) -> str:
        """All that it brought, whoever's words: to tell one report from another, never to judge the account by."""
        return BETWEEN.join(part for part in (self.text, self.excerpt, self.published) if part)

    @property
    def texts(self) -> dict[TextKind, str]:
        """Its texts by whose they are; none that is empty."""
        kinds = {TextKind.WORDS: self.text, TextKind.EXCERPT: self.excerpt, TextKind.PUBLISHED: self.published}
        return {kind: text for kind, text in kinds.items() if text}

    @property
    def in_case(self) -> Case:
        """The case of a filed report. What authorities send is filed in the very commit that takes it in."""
        assert self.case is not None
        return self.case


class ReporterIdentity(models.Model):
    """Who reported, when they said so. Apart from the report, and sealed under a key outside the database.

    Account holders, operators and other agencies never see it, unless the reporter agreed (`shared`). Nobody opens it
    but by `records.access.reporting.reporter_identity`. The database refuses what is not sealed.
    """

    report = models.OneToOneField(Report, on_delete=models.CASCADE, related_name="identity")
    sealed = models.BinaryField()  # name and contact (`records.codes.seal_identity`)
    shared = models.BooleanField(default=False)  # the reporter agreed that agencies learn who reported


class AuthorityRequest(models.Model):
    """What MR5 art. 16(4) asks of an authority's request, beside the report's own fields."""

    report = models.OneToOneField(Report, on_delete=models.PROTECT, related_name="request")
    order = models.ForeignKey("records.Order", on_delete=models.PROTECT, related_name="requests")
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
    # Of what was preserved of an account that people linked to the case: which account. Else null.
    linked_subject = models.ForeignKey(Subject, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    # The appeal with which a holder sent it: it is then no evidence of the case.
    appeal = models.ForeignKey("records.Appeal", null=True, on_delete=models.PROTECT, related_name="pictures")
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
                name="records_evidence_hash_is_sha256", condition=Q(sha256__regex=SHA256_WHOLE)
            ),
            models.UniqueConstraint(fields=["case", "sha256", "kind", "name"], name="records_evidence_once"),
            models.CheckConstraint(
                name="records_evidence_has_one_origin",
                condition=Q(appeal__isnull=True, linked_subject__isnull=True)
                | Q(report__isnull=True) & (Q(appeal__isnull=True) | Q(linked_subject__isnull=True)),
            ),
        ]
