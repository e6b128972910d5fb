"""Renders a page to a picture: Chromium under a user of its own, with its sandbox on, without any network.

It starts in namespaces of its own (network without interfaces, processes, mounts), under limits of time, memory and
file size, and sees one file. Whatever it does, it ends with its first process, and only one small PNG is taken from it.

A worker that runs as root changes to that user. Any other starts it with bubblewrap in a user namespace, with a file
system of its own that holds programs, fonts and that file, and nothing of the worker's (ADR 0106).

Asks for one page again, within the scope of its watch, in the process that reads websites; and archives the
answer.
"""

import base64
import hashlib
import io
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from jaga.core.clock import now
from jaga.core.observations import SourceUnreachable, WebScope
from jaga.sources.web import source as web
from jaga.sources.web.frontier import clean

RENDERING_SECONDS = 15.0
MEMORY = 700 * 1024**2
"""Bytes of all its processes together."""
LARGEST_PICTURE = 5 * 1024 * 1024
WIDTH, HEIGHT = 1000, 1600
USER = 64_222
"""The number of the user under which it runs; no other program has it, and it owns nothing."""
_PNG = b"\x89PNG\r\n\x1a\n"
_SETTINGS = ("/etc/fonts", "/etc/alternatives", "/etc/chromium.d", "/etc/chromium", "/etc/ld.so.cache")
"""What the browser reads outside of `/usr`."""
_LIMITS = ("--fsize=67108864", "--core=0", "--nofile=4096", "--cpu=60")
_AS_USER = (
    f"--reuid={USER}",
    f"--regid={USER}",
    "--clear-groups",
    "--inh-caps=-all",
    "--bounding-set=-all",
    "--no-new-privs",
)
_OPTIONS = (
    "--headless=new",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-crash-reporter",
    "--disable-breakpad",
    "--hide-scrollbars",
    "--mute-audio",
    "--blink-settings=imagesEnabled=false",
    f"--window-size={WIDTH},{HEIGHT}",
)


class CannotRender(Exception):
    """This machine cannot render safely; says why in a few words."""


class RenderingEnded(Exception):
    """The page was too much: it was ended by a limit, or left no usable picture; says which."""


def obstacle() -> str:
    """Why this machine cannot render; "" if it can. Less than the full isolation is never tried."""
    if os.name != "posix" or not Path("/proc/self/ns/net").exists():
        return "no namespaces"
    wanted = ("unshare", "setpriv", "prlimit") if os.geteuid() == 0 else ("bwrap", "prlimit")
    missing = [name for name in wanted if shutil.which(name) is None]
    if browser() is None:
        missing.append("chromium")
    if missing:
        return f"not installed: {', '.join(missing)}"
    return "" if _isolates(unprivileged=os.geteuid() != 0) else "namespaces are not permitted here"


@cache
def _isolates(*, unprivileged: bool) -> bool:
    """Whether all namespaces can be made here, and in them one of users, which Chromium's sandbox needs. A container
    often permits neither.
    """
    command = [*(_wrapped() if unprivileged else [*_apart(), "setpriv", *_AS_USER]), "unshare", "--user", "true"]
    try:
        tried = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=RENDERING_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return tried.returncode == 0


def _apart(*, network: bool = False) -> list[str]:
    """The command that starts another in namespaces of its own."""
    return [
        "unshare",
        "--pid",
        "--fork",
        "--kill-child=SIGKILL",
        "--mount",
        "--mount-proc",
        "--ipc",
        "--uts",
        *(() if network else ("--net",)),
    ]


def _wrapped(*, network: bool = False) -> list[str]:
    """The command that starts another without any right of ours: in user and other namespaces, and with no file but
    programs, libraries and fonts. What it starts ends with it, and it ends with us.
    """
    linked = [part for name in ("bin", "sbin", "lib", "lib32", "lib64") for part in _as_here(Path("/", name))]
    return [
        "bwrap",
        "--unshare-all",
        *(("--share-net",) if network else ()),
        "--die-with-parent",
        "--new-session",
        "--uid",
        str(USER),
        "--gid",
        str(USER),
        "--ro-bind",
        "/usr",
        "/usr",
        *linked,
        *(part for place in _SETTINGS for part in ("--ro-bind-try", place, place)),
        "--proc",
        "/proc",
        "--dev",
        "/dev",
        "--tmpfs",
        "/tmp",  # noqa: S108 - a new, empty one
        "--cap-drop",
        "ALL",
    ]


def _as_here(place: Path) -> tuple[str, ...]:
    """The same link or folder there."""
    if place.is_symlink():
        return ("--symlink", str(place.readlink()), str(place))
    return ("--ro-bind", str(place), str(place)) if place.exists() else ()


def browser() -> str | None:
    """The program."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


def render(page: bytes, *, seconds: float | None = None, memory: int | None = None, network: bool = False) -> bytes:
    """The page as a PNG of at most `LARGEST_PICTURE` bytes. `page` is HTML, and may be hostile.

    Raises CannotRender, RenderingEnded. `network` leaves the network namespace out: for tests alone, which show by it
    that the namespace is what stops a page.
    """
    if why := obstacle():
        raise CannotRender(why)
    with tempfile.TemporaryDirectory(prefix="jaga-render-") as folder:
        place, own = Path(folder), Path(folder) / "own"
        place.chmod(0o711)
        (place / "page.html").write_bytes(page)
        (place / "page.html").chmod(0o644)
        own.mkdir(mode=0o700)
        if os.geteuid() == 0:
            os.chown(own, USER, USER)
        _run(_command(place, own, network=network), own, seconds or RENDERING_SECONDS, memory or MEMORY)
        return _picture(own)


def _command(place: Path, own: Path, *, network: bool) -> list[str]:
    found = browser()
    assert found is not None
    apart = [*_apart(network=network), "prlimit", *_LIMITS, "setpriv", *_AS_USER]
    if os.geteuid() != 0:
        apart = [
            *_wrapped(network=network),
            "--ro-bind",
            str(place / "page.html"),
            str(place / "page.html"),
            "--bind",
            str(own),
            str(own),
            "--chdir",
            str(own),
            "prlimit",
            *_LIMITS,
        ]
    return [
        *apart,
        found,
        *_OPTIONS,
        f"--user-data-dir={own / 'profile'}",
        f"--screenshot={own / 'page.png'}",
        (place / "page.html").as_uri(),
    ]


def _run(command: list[str], own: Path, seconds: float, memory: int) -> None:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(own), "LANG": "C.UTF-8", "TMPDIR": str(own)}
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=own,
        start_new_session=True,
        close_fds=True,
    )
    until = time.monotonic() + seconds
    try:
        while process.poll() is None:
            if time.monotonic() > until:
                raise RenderingEnded(f"it took more than {seconds:g} seconds")
            if _memory_of(process.pid) > memory:
                raise RenderingEnded(f"it took more than {memory // 1024**2} MB of memory")
            time.sleep(0.05)
    finally:
        _end(process)
    if process.returncode != 0:
        raise RenderingEnded(f"the browser ended with {process.returncode}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End all of it: with its first process its process namespace ends."""
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _memory_of(first: int) -> int:
    """Bytes in memory of this process and all that it started, shared pages counted each time less what is shared."""
    total, waiting = 0, [first]
    while waiting:
        pid = waiting.pop()
        with suppress(OSError, ValueError):
            pages = Path(f"/proc/{pid}/statm").read_text().split()
            total += (int(pages[1]) - int(pages[2])) * os.sysconf("SC_PAGE_SIZE")
            for task in Path(f"/proc/{pid}/task").iterdir():
                waiting += map(int, (task / "children").read_text().split())
    return total


def _picture(own: Path) -> bytes:
    """The picture, if it is a plain file that the browser's user made: no link leads elsewhere."""
    try:
        number = os.open(own / "page.png", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise RenderingEnded("it left no picture") from error
    with open(number, "rb") as file:
        about = os.fstat(file.fileno())
        owner = USER if os.geteuid() == 0 else os.geteuid()
        if about.st_uid != owner or about.st_nlink != 1 or about.st_size > LARGEST_PICTURE:
            raise RenderingEnded("its picture is too large, or not its own")
        found = file.read(LARGEST_PICTURE + 1)
    if not found.startswith(_PNG) or len(found) > LARGEST_PICTURE:
        raise RenderingEnded("what it left is no picture")
    return found


SNAPSHOT_SECONDS = 20.0
NAME = "capture/1"
_INLINE = re.compile(rb"(?i)data:\s*((?:image|video|audio|font)/[\w.+-]+)[^,\"'\s>)]*,([^\"'\s>)]*)")


@dataclass(frozen=True)
class PageSnapshot:
    """An answer of 200 with a page. `grey` is what is rendered of it; empty: nothing can be."""

    address: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    grey: bytes = field(repr=False)


def snapshot(locator: str, scope: tuple[str, ...]) -> PageSnapshot:
    """The page at this address now. Raises SourceUnreachable, also for what is out of scope or no page."""
    address = clean(locator)
    if address is None or not WebScope(scope).covers(address):
        raise SourceUnreachable(why="its address is not in the scope of the watch")
    found = web.first_answer("snapshot", address, scope, SNAPSHOT_SECONDS) or {"why": web.TOO_MUCH}
    if "body" not in found:
        raise SourceUnreachable(why=str(found.get("why", found.get("kind", ""))))
    return PageSnapshot(
        address,
        tuple((str(one[0]), str(one[1])) for one in found["headers"]),
        base64.b64decode(found["body"]),
        base64.b64decode(found["grey"]),
    )


def archive(page: PageSnapshot) -> bytes:
    """The answer as a WARC (ISO 28500), compressed.

    Pictures, sounds and films that are written into the page itself are left out: each is replaced by its SHA-256. The
    record is then a conversion with the hash of the whole page, and the headers are a record of metadata.
    """
    body, left_out = without_inline_media(page.body)
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    moment = now().strftime("%Y-%m-%dT%H:%M:%SZ")
    about = {"software": NAME, "format": "WARC File Format 1.0"}
    writer.write_record(writer.create_warcinfo_record("page.warc.gz", about))
    if not left_out:
        headers = StatusAndHeaders("200 OK", list(page.headers), protocol="HTTP/1.1")
        writer.write_record(
            writer.create_warc_record(
                page.address,
                "response",
                payload=io.BytesIO(body),
                length=len(body),
                http_headers=headers,
                warc_headers_dict={"WARC-Date": moment},
            )
        )
        return out.getvalue()
    header_lines = "".join(f"{name}: {value}\r\n" for name, value in page.headers).encode()
    for kind, content, media, digest in (
        ("metadata", header_lines, "application/warc-fields", header_lines),
        ("conversion", body, dict(page.headers).get("Content-Type", "text/html"), page.body),
    ):
        writer.write_record(
            writer.create_warc_record(
                page.address,
                kind,
                payload=io.BytesIO(content),
                length=len(content),
                warc_content_type=media,
                warc_headers_dict={
                    "WARC-Date": moment,
                    "WARC-Payload-Digest": f"sha256:{hashlib.sha256(digest).hexdigest()}",
                },
            )
        )
    return out.getvalue()


def without_inline_media(body: bytes) -> tuple[bytes, int]:
    """The page with the hash of each such file in its place, and how many there were."""

    def hashed(found: re.Match[bytes]) -> bytes:
        return b"data:" + found[1] + b";sha256=" + hashlib.sha256(found[2]).hexdigest().encode() + b","

    return _INLINE.subn(hashed, body)
