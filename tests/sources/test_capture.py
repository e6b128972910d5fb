"""Capture of pages: archived without media, rendered with grey boxes, and nothing that a page does gets out."""

import io
import os
import shutil
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from tests.sources.site import Site, running_site
from warcio.archiveiterator import ArchiveIterator

from jaga.core.observations import SourceUnreachable
from jaga.sources.capture import rendering
from jaga.sources.capture.grey import grey_page
from jaga.sources.capture.rendering import CannotRender, RenderingEnded, archive, render, snapshot
from jaga.sources.web import source as web

_SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="200" height="200">'
    b'<rect width="200" height="200" fill="red"/></svg>'
)
RED = f"data:image/svg+xml;base64,{b64encode(_SVG).decode()}"
RED_DOT = "data:image/gif;base64,R0lGODlhAQABAPAAAP8AAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="
NOBODY = 65_534
needs_namespaces = pytest.mark.skipif(bool(rendering.obstacle()), reason=f"cannot render here: {rendering.obstacle()}")


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(web, "LOOPBACK", True)
    with running_site() as found:
        yield found


def colours(png: bytes) -> set[tuple[int, ...]]:
    with Image.open(io.BytesIO(png)) as picture:
        found = picture.convert("RGB").getcolors(maxcolors=1 << 24)
    assert found is not None
    return {colour for _, colour in found}


def test_a_page_is_archived_with_its_headers_and_without_media(site: Site) -> None:
    """Inline pictures are replaced by their hash; cookies are not kept; what is out of scope is not asked for."""
    site.put("/papan/1", f'<p>Iklan<img src="{RED}"><img src="/foto.jpg">', Set_Cookie="a=b", X_Halo="ya")
    page = snapshot(f"{site.url}/papan/1", (f"{site.url}/papan",))
    info, about, record = [
        (one.rec_type, one.content_stream().read()) for one in ArchiveIterator(io.BytesIO(archive(page)))
    ]
    assert (info[0], about[0], record[0]) == ("warcinfo", "metadata", "conversion")
    assert b"X-Halo: ya" in about[1]
    assert b"a=b" not in about[1]
    assert b"Iklan" in record[1]
    assert b"PHN2" not in record[1]
    assert b";sha256=" in record[1]
    plain = replace(page, body=b"<p>Iklan")
    _, answer = [(one.rec_type, one.http_headers) for one in ArchiveIterator(io.BytesIO(archive(plain)))]
    assert (answer[0], answer[1].get_header("X-Halo")) == ("response", "ya")
    assert site.asked == ["/robots.txt", "/papan/1"]
    with pytest.raises(SourceUnreachable):
        snapshot(f"{site.url}/lain", (f"{site.url}/papan",))
    with pytest.raises(SourceUnreachable, match=r"."):
        snapshot(f"{site.url}/papan/tidak-ada", (f"{site.url}/papan",))
    assert "/foto.jpg" not in site.asked


HOSTILE = f"""<html><head><base href="http://127.0.0.1:1/"><meta http-equiv=refresh content="0;url=file:///etc/passwd">
<style>body{{background:url({RED})}} p::before{{content:url("{RED}")}} @import "http://127.0.0.1:1/x.css";</style></head>
<body onload="document.body.innerHTML='<b>run</b>'"><p>Halo<script>document.title="run"</script></p>
<img src="{RED}" width=200 height=100><svg width=50 height=50><rect width=50 height=50 fill="red"/></svg>
<video poster="{RED}"></video><canvas></canvas><input type=image src="{RED}"><iframe src="file:///etc/passwd"></iframe>
<object data="{RED}"></object><div style="width:90px;height:90px;background-image:\\75rl('{RED_DOT}')">x</div>
<picture><source srcset="{RED}"><img src="{RED}"></picture><embed src="{RED}"></body></html>"""


def test_what_is_rendered_has_neither_pictures_nor_anything_that_runs_or_asks() -> None:
    """Boxes keep the size that the page names, within limits."""
    page = grey_page(HOSTILE.encode(), "text/html").decode()
    assert not {
        word
        for word in (
            "<script",
            "onload",
            "<iframe",
            "<base",
            "refresh",
            "@import",
            "<img",
            "<svg",
            "<video",
            "<canvas",
            "<object",
            "<embed",
            "<source",
            "/etc/passwd",
        )
        if word in page
    }
    assert "width:200px;height:100px;background:#9e9e9e" in page
    assert "Halo" in page
    assert grey_page(b"", "text/html") == b""
    assert grey_page(b"<p>" + b"halaman " * 300_000, "text/html") == b""


@needs_namespaces
def test_pictures_are_grey_boxes() -> None:
    """Nothing of any picture's colour is there, whichever way the page shows it."""
    found = colours(render(grey_page(HOSTILE.encode(), "text/html")))
    assert (158, 158, 158) in found
    assert not [colour for colour in found if colour[0] > colour[1] + 20]


@needs_namespaces
def test_the_renderer_has_no_network_and_its_sandbox_is_on() -> None:
    """Even a page that was not made harmless reaches nothing on this machine; with the network it would."""
    with running_site() as site:
        site.put("/halo", "x")
        page = (
            f"<script>fetch('{site.url}/halo',{{mode:'no-cors'}});</script><iframe src='{site.url}/halo'></iframe>"
            f"<link rel=stylesheet href='{site.url}/halo'>"
        ).encode()
        render(page)
        assert site.asked == []
        render(page, network=True)
        assert "/halo" in site.asked
    command = rendering._command(Path("/x"), Path("/x/own"), network=False)
    assert "--net" in command
    assert not [one for one in command if "no-sandbox" in one]


@needs_namespaces
@pytest.mark.parametrize(
    ("script", "limits", "why"),
    [
        ("for(;;){}", {"seconds": 2.0}, "seconds"),
        ("let a=[];for(;;){a.push(new Uint8Array(4e6).fill(7))}", {"memory": 300 * 1024**2, "seconds": 20.0}, "MB"),
        (
            "for(;;){for(let i=0;i<1000;i++)document.body.append(document.createElement('div'))}",
            {"memory": 250 * 1024**2, "seconds": 10.0},
            r"MB|seconds",
        ),
    ],
    ids=["endless", "memory", "dom"],
)
def test_a_hostile_page_is_ended_by_a_limit(script: str, limits: dict[str, float], why: str) -> None:
    """And nothing of it is left running."""
    began = time.monotonic()
    with pytest.raises(RenderingEnded, match=why):
        render(f"<body><script>{script}</script>".encode(), **limits)  # type: ignore[arg-type]
    assert time.monotonic() - began < limits["seconds"] + 5
    until = time.monotonic() + 5
    while left := [one for one in Path("/proc").iterdir() if one.name.isdecimal() and _user_of(one) == rendering.USER]:
        assert time.monotonic() < until, left
        time.sleep(0.02)


def _user_of(process: Path) -> int:
    try:
        return process.stat().st_uid
    except OSError:
        return -1


def test_where_it_cannot_be_isolated_nothing_is_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """It says why, and tries nothing less."""
    monkeypatch.setattr(rendering.shutil, "which", lambda name: None if name == "unshare" else f"/usr/bin/{name}")
    with pytest.raises(CannotRender, match="unshare"):
        render(b"<p>x")
    monkeypatch.undo()
    monkeypatch.setattr(rendering.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(rendering.shutil, "which", lambda name: None if name == "bwrap" else f"/usr/bin/{name}")
    assert rendering.obstacle() == "not installed: bwrap"


def test_a_worker_without_rights_renders_too_and_its_files_are_not_there(tmp_path: Path) -> None:
    """In a user namespace with a file system of its own: the same picture, without network, with the sandbox on."""
    if os.geteuid() == 0 and (shutil.which("bwrap") is None or not rendering._isolates(unprivileged=True)):
        pytest.skip("needs Debian's bubblewrap, and user namespaces")
    secret = tmp_path / "secret.html"
    secret.write_text("<body style='background:red'>rahasia")
    (tmp_path / "halaman.html").write_text(
        f"<body style='background:lime'><iframe src='{secret.as_uri()}' width=400 height=400></iframe>"
    )
    tmp_path.chmod(0o711)
    # What is imported later, this user may not be able to read.
    program = (
        "import os, sys, urllib.parse; from jaga.sources.capture.rendering import obstacle, render\n"
        f"page = open({str(tmp_path / 'halaman.html')!r}, 'rb').read()\n"
        f"os.geteuid() == 0 and (os.setgroups([]), os.setgid({NOBODY}), os.setuid({NOBODY}))\n"
        "assert not obstacle(), obstacle()\n"
        "sys.stdout.buffer.write(render(page))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    found = colours(done.stdout)
    assert (0, 255, 0) in found
    assert (255, 0, 0) not in found
    command = rendering._wrapped()
    assert "--unshare-all" in command
    assert "--share-net" not in command
