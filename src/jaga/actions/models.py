"""Alarm messages to recipients outside the console."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from jaga.core.terms.cases import AlarmWay
from jaga.core.terms.people import Language
from jaga.decisions.models import CaseAlarm
from jaga.people.models import Person
from jaga.store.models import choices, one_of


class AlarmMessage(models.Model):
    """One mail or signed webhook message with alarms.

    Its text is not stored but written at each attempt.

    It ends once: when delivered, or when none of its alarms matters any more.
    """

    way = models.CharField(max_length=20, choices=choices(AlarmWay))
    address = models.EmailField(blank=True)  # For mail; the webhook's address is a setting.
    # null: a recipient from the settings.
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    language = models.CharField(max_length=2, choices=choices(Language))
    alarms = models.ManyToManyField(CaseAlarm, related_name="messages")
    created_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    next_attempt_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)
    failure = models.CharField(max_length=60, blank=True)  # Error code of the last attempt, without the address.

    class Meta:
        constraints: ClassVar = [
            one_of("way", AlarmWay),
            one_of("language", Language),
            models.CheckConstraint(
                name="records_alarm_mail_has_an_address",
                condition=Q(way=AlarmWay.WEBHOOK, address="", person__isnull=True)
                | Q(way=AlarmWay.MAIL) & ~Q(address=""),
            ),
            models.CheckConstraint(
                name="records_alarm_message_ends_once", condition=Q(sent_at__isnull=True) | Q(dropped_at__isnull=True)
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["way", "next_attempt_at"],
                name="records_alarm_message_waits",
                condition=Q(sent_at__isnull=True, dropped_at__isnull=True),
            ),
        ]
