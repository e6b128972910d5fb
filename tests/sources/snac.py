"""A real snac on loopback (ActivityPub with Mastodon's API, Debian's snac2), and people who post on it."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from jaga.app.services.processes import free_port


def installed() -> bool:
    """Whether Debian's snac2 is installed."""
    return shutil.which("snac") is not None


@contextmanager
def running_snac(folder: Path, people: Sequence[str] = ("mawar", "melati")) -> Iterator["Snac"]:
    """A server for the block, with its files in `folder` and an account for each of `people`."""
    server = Snac(folder, people)
    server.start()
    try:
        yield server
    finally:
        server.stop()


class Snac:
    """The server; `restore` brings back its first backup."""

    def __init__(self, folder: Path, people: Sequence[str] = ("mawar", "melati")) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._data, self._backup = folder / "data", folder / "backup"
        answers = f"127.0.0.1\n{self.port}\n127.0.0.1:{self.port}\n\nadmin@example.invalid\n"
        subprocess.run(["snac", "init", self._data], input=answers, text=True, check=True, capture_output=True)
        self._process: subprocess.Popen[bytes] | None = None
        self._log = folder / "snac.log"
        self._client = httpx.Client(base_url=self.url, timeout=30, trust_env=False, headers={"Connection": "close"})
        self._people = {name: self._password(name) for name in people}
        shutil.copytree(self._data, self._backup)

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                ["snac", "httpd", self._data], stdout=log, stderr=log, stdin=subprocess.DEVNULL
            )
        for _ in range(200):
            assert self._process.poll() is None, self._log.read_text()[-2000:]
            try:
                self._client.get("/api/v1/instance")
                break
            except httpx.TransportError:
                time.sleep(0.02)
        self._tokens = {name: self._token(name, password) for name, password in self._people.items()}

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()  # asked to end, it waits for its connections, up to half a minute
            self._process.wait(20)

    def restore(self) -> None:
        """The first backup takes the place of everything that was posted."""
        self.stop()
        shutil.rmtree(self._data)
        shutil.copytree(self._backup, self._data)
        self.start()

    def post(self, text: str, *, name: str = "mawar", visibility: str = "public") -> str:
        """A post; its id."""
        return str(self._call("POST", "/api/v1/statuses", name, status=text, visibility=visibility)["id"])

    def post_picture(self, text: str, content: bytes, *, name: str = "mawar") -> None:
        """A public post with a picture, as apps send it."""
        headers = {"Authorization": f"Bearer {self._tokens[name]}"}
        sent = self._client.post("/api/v2/media", files={"file": ("harga.png", content, "image/png")}, headers=headers)
        assert sent.status_code in (200, 202), sent.text[:300]
        self._call(
            "POST",
            "/api/v1/statuses",
            name,
            status=text,
            visibility="public",
            **{"media_ids[]": str(sent.json()["id"])},
        )

    def edit(self, id_: str, text: str, *, name: str = "mawar") -> None:
        self._call("PUT", f"/api/v1/statuses/{id_}", name, status=text)

    def delete(self, id_: str, *, name: str = "mawar") -> None:
        """As a person does it in the browser: its API has no way to delete."""
        address = self._call("GET", f"/api/v1/statuses/{id_}", name)["uri"]
        answer = self._client.post(
            f"/{name}/admin/action", data={"action": "Delete", "id": address}, auth=(name, self._people[name])
        )
        assert answer.status_code < 400, answer.text

    def describe(self, name: str, note: str) -> str:
        """What the account says about itself; its id."""
        return str(self._call("PATCH", "/api/v1/accounts/update_credentials", name, note=note)["id"])

    def _call(self, method: str, path: str, name: str, **fields: str) -> Any:
        answer = self._client.request(
            method, path, data=fields, headers={"Authorization": f"Bearer {self._tokens[name]}"}
        )
        assert answer.status_code == 200, f"{method} {path}: {answer.status_code} {answer.text[:300]}"
        return answer.json() if answer.content.strip() else {}

    def _password(self, name: str) -> str:
        made = subprocess.run(
            ["snac", "adduser", self._data, name], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL
        )
        found = re.search(r"password is (\S+)", made.stdout + made.stderr)
        assert found, made.stdout
        return found[1]

    def _token(self, name: str, password: str) -> str:
        page = self._client.post("/oauth/x-snac-get-token", data={"login": name, "passwd": password})
        found = re.search(r"\b[0-9a-f]{32,}\b", page.text)
        assert found, page.text[-500:]
        return found[0]
