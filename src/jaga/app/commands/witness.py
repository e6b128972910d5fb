"""`jaga witness`: cosign the heads of published logs. It needs no database, only a folder."""

import os
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import click

from jaga.core.errors import N_, JagaError
from jaga.core.files import replace_private
from jaga.ledger.keys import BadKey
from jaga.ledger.tlog.notes import NoteSigner, NoteVerifier, SignatureAlgorithm
from jaga.ledger.tlog.witness import LARGEST_REQUEST, WitnessAnswer, WitnessState

_KEY = "key"
_DIGITS = 10  # Of a length: whatever has more is longer than all that is read, or hides it behind zeros.
_SECONDS = 10


class NoWitness(JagaError):
    """The folder holds no witness."""

    code = "no_witness"
    status = 404
    sentence = N_("The folder %(folder)s has no key of a witness.")
    remedy = N_("Make one with jaga witness create, or name the right folder.")


class WitnessExists(JagaError):
    """The folder holds a witness already; it was not changed."""

    code = "witness_exists"
    status = 409
    sentence = N_("The folder %(folder)s already has the key of a witness.")
    remedy = N_("Keep it: a new key would be another witness. For a second witness name another folder.")


_folder = click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Where this witness keeps its key and what it cosigned. Never restore it from a backup.",
)


@click.group()
def witness() -> None:
    """Cosign the heads of published logs, so that nobody can roll them back or show two versions.

    A witness should be run by somebody else than whoever runs the log, on another machine.
    """


@witness.command()
@click.argument("name")
@_folder
def create(folder: Path, name: str) -> None:
    """Make the key of a witness called NAME, such as witness.example/jaga, and print its public key."""
    signer = NoteSigner(name, SignatureAlgorithm.COSIGNATURE_V1, os.urandom(32))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if (folder / _KEY).exists():
        raise WitnessExists(folder=folder)
    replace_private(folder / _KEY, f"{signer.skey}\n".encode())
    click.echo(signer.verifier.vkey)


@witness.command("key")
@_folder
def show_key(folder: Path) -> None:
    """Print the public key, as policies name it."""
    click.echo(_signer(folder).verifier.vkey)


@witness.command()
@click.argument("vkey")
@_folder
def add_log(folder: Path, vkey: str) -> None:
    """Cosign the log with the key VKEY from now on: the line `log` of its policy, without the word."""
    key = NoteVerifier.from_vkey(vkey)
    if key.algorithm is not SignatureAlgorithm.ED25519:
        raise BadKey
    WitnessState(folder, _signer(folder)).add_log(key)
    click.echo(f"{key.name} is cosigned from now on.")


@witness.command()
@_folder
def logs(folder: Path) -> None:
    """List the logs, each with the size of the head that was cosigned last."""
    for key, size in WitnessState(folder, _signer(folder)).logs():
        click.echo(f"{size:>12}  {key.vkey}")


@witness.command()
@click.option("--listen", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=7380, show_default=True, type=click.IntRange(0, 65_535), help="0: any free port.")
@_folder
def serve(folder: Path, listen: str, port: int) -> None:
    """Answer `POST /add-checkpoint` until stopped. Put a proxy with TLS in front of it."""
    state = WitnessState(folder, _signer(folder))

    class Answers(_Answers):
        witness = state

    with ThreadingHTTPServer((listen, port), Answers) as server:
        click.echo(f"listening on http://{listen}:{server.server_address[1]}/add-checkpoint")
        sys.stdout.flush()
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("stopped")


class _Answers(BaseHTTPRequestHandler):
    witness: WitnessState
    timeout = _SECONDS
    server_version, sys_version = "jaga-witness", ""

    def do_POST(self) -> None:
        """Answer a checkpoint."""
        if self.path.rstrip("/") != "/add-checkpoint":
            return self._send(WitnessAnswer(404, b"not found\n"))
        length = self.headers.get("Content-Length", "")
        if not (length.isascii() and length.isdigit()):
            return self._send(WitnessAnswer(411, b"the length is missing\n"))
        if len(length) > _DIGITS or int(length) > LARGEST_REQUEST:
            return self._send(WitnessAnswer(413, b"too long\n"))
        return self._send(self.witness.add_checkpoint(self.rfile.read(int(length)), int(time.time())))

    def do_GET(self) -> None:
        """There is nothing to read here."""
        self._send(WitnessAnswer(405, b"send a checkpoint by POST\n"))

    def log_message(self, format: str, *arguments: object) -> None:
        """Who asks is not recorded."""

    def _send(self, answer: WitnessAnswer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.media_type)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)


def _signer(folder: Path) -> NoteSigner:
    try:
        return NoteSigner.from_skey((folder / _KEY).read_text().strip())
    except (FileNotFoundError, NotADirectoryError):
        raise NoWitness(folder=folder) from None
