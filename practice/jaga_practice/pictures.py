"""A picture for practice reports: generated stripes that show nothing."""

import struct
import zlib


def stripes(shade: int = 200) -> bytes:
    """A PNG of 64 x 64 grey stripes; a different `shade` gives different bytes."""
    rows = b"".join(b"\x00" + bytes([shade if (y // 8) % 2 else 90]) * 64 for y in range(64))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
