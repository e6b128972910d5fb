"""Uploaded files that are too large for memory: they wait on disk encrypted, never as a plain file (ADR 0023)."""

from typing import Any, BinaryIO, cast

from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler

from jaga.web.buffering.spool import Spool


class EncryptedFileUploadHandler(FileUploadHandler):
    """In place of Django's, which writes a plain file with a name: a killed process would leave it behind."""

    _spool: Spool

    def new_file(self, *given: Any, **named: Any) -> None:
        """Begin another file of the form."""
        super().new_file(*given, **named)
        self._spool = Spool()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Append. Raises OSError (disk full)."""
        self._spool.write(raw_data)

    def file_complete(self, file_size: int) -> "UploadedFile[bytes]":
        """The file, at its start."""
        self._spool.rewind()
        return UploadedFile(
            cast(BinaryIO, self._spool),
            self.file_name,
            self.content_type,
            file_size,
            self.charset,
            self.content_type_extra,
        )

    def upload_interrupted(self) -> None:
        """Delete what has come of it."""
        if hasattr(self, "_spool"):
            self._spool.close()
