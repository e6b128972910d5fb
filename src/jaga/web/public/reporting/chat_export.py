"""Selecting messages from a chat export; the file is kept only in memory and dropped with the request.

Reading one costs more than a report, so each counts as a report in its network's limit (`limits`).
"""

from typing import Any

from django.core.files.uploadhandler import MemoryFileUploadHandler
from django.http import HttpRequest

from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.exchange.chat_export import MOST_BYTES, MOST_MESSAGES, read_export

FIELD = "chat"
MOST_SHOWN = 60


class ChatInMemory(MemoryFileUploadHandler):
    """Keeps a chat export in memory whatever the request's size, so that no chat reaches the disk.

    Bytes beyond the limit are dropped. Other files are handled as usual.
    """

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> None:
        """The request's size does not matter here."""
        self.activated = False

    def new_file(self, field_name: str, *args: Any, **kwargs: Any) -> None:
        """Handle only the chat export."""
        self.activated = field_name == FIELD
        super().new_file(field_name, *args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        """Keep one chunk beyond the limit, which suffices to reject it."""
        beyond = self.activated and start > MOST_BYTES
        return None if beyond else super().receive_data_chunk(raw_data, start)


def read_lines(request: HttpRequest, words: str) -> tuple[str, ...]:
    """The newest messages of the uploaded export that match the words, each on one line.

    Raises InvalidInput (`chat`).
    """
    sent = request.FILES.get(FIELD)
    if sent is None:
        raise InvalidInput(FieldError(FIELD, "missing", N_("Choose the exported file first.")))
    lines = read_export(sent.read(MOST_BYTES + 1), words, MOST_SHOWN)
    if not lines:
        raise InvalidInput(
            FieldError(
                "words",
                "nothing_found",
                N_("None of the newest %(most)s messages in this file holds these words."),
                {"most": MOST_MESSAGES},
            )
        )
    return tuple(line.line() for line in lines)
