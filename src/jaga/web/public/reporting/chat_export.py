"""Picking messages out of a chat export: the file is read in memory, the rest of it is dropped with the request.

Reading costs the server more than a report does, so each counts as one in the limit of its network (`report_limits`).
"""

from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest

from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.exchange.chat_export import MOST_BYTES, MOST_MESSAGES, read_export

FIELD = "chat"
MOST_SHOWN = 60


class ChatInMemory(MemoryFileUploadHandler):
    """Holds a chat export in memory, whatever the size of the request, so that nobody's chat touches a disk.

    What is beyond the allowed size is not kept. Other files go the usual way.
    """

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        """The size of the request decides nothing here."""
        self.activated = False

    def new_file(self, field_name: str, *args: Any, **kwargs: Any) -> None:
        """Take the chat export, and nothing else."""
        self.activated = field_name == FIELD
        super().new_file(field_name, *args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Keep one chunk more than is allowed, which is enough to know that it is too large."""
        beyond = self.activated and start > MOST_BYTES
        return None if beyond else super().receive_data_chunk(raw_data, start)


def read_lines(request: HttpRequest, words: str) -> tuple[str, ...]:
    """The newest messages of the sent export that fit the words, each on one line. Raises InvalidInput (`chat`)."""
    sent = request.FILES.get(FIELD)
    if sent is None:
        raise InvalidInput(FieldError(FIELD, "missing", N_("Choose the exported file first.")))
    lines = read_export(sent.read(MOST_BYTES + 1), words, MOST_SHOWN)
    if not lines:
        raise InvalidInput(FieldError("words", "nothing_found", N_(
            "None of the newest %(most)s messages in this file holds these words."), {"most": MOST_MESSAGES}))
    return tuple(line.said() for line in lines)
