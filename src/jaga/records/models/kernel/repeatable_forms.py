"""Forms that were sent: what makes each of them store once, however often a browser sends it."""

from typing import ClassVar

from django.db import models


class SentForm(models.Model):
    """A form that stored something, and its answer. Kept for a day; it says neither whose it was nor what stood in it.

    The hashes are under a key outside the database, the answer under one that also needs the sender's browser.
    """

    name_hash = models.BinaryField(max_length=32, unique=True)  # this form of this page, with what stood in it
    content_hash = models.BinaryField(max_length=32)  # the same content from any page of its kind, by the same sender
    sender_hash = models.BinaryField(max_length=32)
    sealed = models.BinaryField()  # empty once it is not to be given again
    lasting = models.BooleanField()  # only an address to go on to: it is given again for as long as the row is kept
    at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["at"], name="records_sent_form_at"),
            models.Index(fields=["sender_hash", "-id"], name="records_sent_form_last"),
        ]
