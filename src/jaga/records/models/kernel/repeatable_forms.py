"""Submitted forms, so that each is stored once however often a browser resends it."""

from typing import ClassVar

from django.db import models


class SentForm(models.Model):
    """A form that stored something, and its response.

    Kept for a day; reveals neither sender nor content.

    The hashes use a key outside the database; the response is encrypted with one that also needs the sender's browser.
    """

    name_hash = models.BinaryField(max_length=32, unique=True)  # This form of this page with this content.
    content_hash = models.BinaryField(max_length=32)  # The same content from any page of its kind by the same sender.
    sender_hash = models.BinaryField(max_length=32)
    sealed = models.BinaryField()  # Empty once it must not be returned again.
    lasting = models.BooleanField()  # The response is only a redirect: returned again for as long as the row is kept.
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["at"], name="records_sent_form_at"),
            models.Index(fields=["sender_hash", "-id"], name="records_sent_form_last"),
        ]
