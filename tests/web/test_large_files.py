"""Uploaded files that are too large for memory."""

import os
from io import UnsupportedOperation
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory


def test_a_large_file_reaches_the_disk_only_encrypted(settings: Any, tmp_path: Path) -> None:
    """It has no name there, none of its bytes are in the open, and it can be read again from its start."""
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    content = os.urandom(1024) * 3000
    request = RequestFactory().post("/", {"file": SimpleUploadedFile("layar.png", content), "text": "a"})
    sent = request.FILES["file"]
    assert list(tmp_path.iterdir()) == []
    assert (sent.name, sent.size, request.POST["text"]) == ("layar.png", len(content), "a")
    open_files = [Path(f"/proc/self/fd/{one}") for one in os.listdir("/proc/self/fd")]
    (on_disk,) = [one for one in open_files if os.path.exists(one) and str(tmp_path) in os.readlink(one)]
    written = on_disk.read_bytes()
    assert len(written) > 2_000_000
    assert content[:32] not in written
    assert b"".join(sent.chunks()) == content
    sent.seek(0)
    assert sent.read(10) == content[:10]
    with pytest.raises(UnsupportedOperation):
        sent.seek(5)
    request.close()
    assert not on_disk.exists()
