"""What the public form remembers: that a challenge was spent, and nothing else."""

from typing import ClassVar

from django.db import models


class SpentChallenge(models.Model):
    """A challenge of the proof of work that was used for a report. Forgotten after it could not be used again."""

    digest = models.BinaryField(max_length=32, unique=True)  # SHA-256 of the challenge
    expires_at = models.DateTimeField()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["expires_at"], name="records_challenge_expires")]
