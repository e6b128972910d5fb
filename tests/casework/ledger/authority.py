"""A time stamp authority for tests: `openssl ts` behind a port of this machine, with a root of its own."""

import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

_SETTINGS = """
[tsa]
serial = ./serial
crypto_device = builtin
signer_cert = ./tsa.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
[ext]
extendedKeyUsage = critical,timeStamping
keyUsage = critical,digitalSignature
"""


@dataclass
class RunningAuthority:
    """Its address, its root, and what it answers instead of a stamp, if a test says so."""

    url: str
    folder: Path
    instead: list[bytes] = field(default_factory=list)

    @property
    def roots(self) -> Path:
        return self.folder / "ca.pem"

    def stamp(self, query: bytes) -> bytes:
        """The answer to a request."""
        (self.folder / "query").write_bytes(query)
        openssl(self.folder, "ts -reply -queryfile query -config tsa.cnf -section tsa -out answer")
        return (self.folder / "answer").read_bytes()


def openssl(folder: Path, command: str) -> str:
    """Run openssl in a folder; raises CalledProcessError if it refuses."""
    return subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True, text=True).stdout


@contextmanager
def authority(folder: Path) -> Iterator[RunningAuthority]:
    """An authority that answers requests until the block ends."""
    folder.mkdir()
    (folder / "tsa.cnf").write_text(_SETTINGS)
    (folder / "serial").write_text("01")
    key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    openssl(folder, f"req -x509 {key} -keyout ca.key -out ca.pem -subj /CN=InventedRoot -days 30")
    openssl(folder, f"req {key} -keyout tsa.key -out tsa.csr -subj /CN=InventedAuthority")
    openssl(
        folder,
        "x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 20 -extfile tsa.cnf"
        " -extensions ext -out tsa.pem",
    )

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            content = running.instead[0] if running.instead else running.stamp(query)
            self.send_response(200 if self.headers["Content-Type"] == "application/timestamp-query" else 415)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *given: object) -> None:
            """Nothing on the test's output."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        running = RunningAuthority(f"http://127.0.0.1:{server.server_address[1]}/tsa", folder)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield running
        finally:
            server.shutdown()
            thread.join()
