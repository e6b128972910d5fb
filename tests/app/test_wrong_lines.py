"""Every command with invalid input says in English what is wrong and what to do, changes nothing, and never crashes.

`main` itself is called as from a shell, on the tests' database. A new command fails here until it has a line.
"""

import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from django.utils import translation
from tests.factories import World, make_world

from jaga.app import cli, keys, put_back
from jaga.app.commands import records
from jaga.app.services import database
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.kit.credentials import save_configuration
from jaga.platforms.kit.sealing import KeyFile
from jaga.store.models import LedgerEntry
from jaga_practice.entry import practice_world

CREATE = "admin create --password-stdin"
ADDED = "platform add kedua --base-url http://127.0.0.1:9"
WHO = "operator contact 'Operator Contoh' ayu --display-name Ayu"
SAID = "operator pledge 'Operator Contoh' --text Janji --source Surat --scope Semua"
LINES: list[tuple[str, str, str]] = [
    # (what is typed, what comes on standard input, a part of the answer)
    (f"{CREATE} sinta --name Sinta --organisation 'Operator Contoh'", "kata-sandi-contoh-7", "taken"),
    (f"{CREATE} ayu --name '  ' --organisation 'Operator Contoh'", "kata-sandi-contoh-7", "name"),
    (f"{CREATE} '' --name Ayu --organisation 'Operator Contoh'", "kata-sandi-contoh-7", "username"),
    (f"{CREATE} ayu --name Ayu --organisation 'Operator Contho'", "kata-sandi-contoh-7", "There are"),
    (f"{CREATE} ayu --name Ayu --organisation 'Operator Contoh'", "aaaaaaaaaaaaa", "password"),
    (f"{CREATE} ayu --name Ayu --organisation 'Operator Contoh'", "pendek", "too short"),
    (f"{CREATE} ayu --name Ayu --organisation 'Operator Contoh'", "password12345", "too common"),
    (f"{CREATE} ayu --name Ayu --organisation 'Operator Contoh'", "31415926535897", "numeric"),
    (f"{CREATE} ayu --name Ayu --organisation 'Operator Contoh'", "", "Nothing came"),
    (f"{CREATE} ayu --name Ayu --organisation 'Operator Contoh'", "satu\ndua\n", "More than one"),
    ("admin create ayu --name Ayu --organisation 'Operator Contoh' --password kata-sandi-7", "", "--password-stdin"),
    ("admin create ayu --name Ayu --organisation 'Operator Contoh' --role raja", "", "'raja' is not one of"),
    (
        "admin create ayu --name Ayu --organisation 'Polisi Contoh' --role reviewer --password-stdin",
        "kata-sandi-contoh-7",
        "authority",
    ),
    ("admin deactivate nobody", "", "nobody"),
    ("admin end-role nobody reviewer", "", "nobody"),
    ("admin end-role sinta raja", "", "'raja' is not one of"),
    ("admin key nobody", "", "nobody"),
    ("admin key wulan --scope requests:write", "", "scope"),
    ("admin key budi --days 0", "", "days"),
    ("admin key budi --days many", "", "'many' is not a valid integer"),
    ("admin key budi --per-minute -1", "", "per_minute"),
    ("admin officer rani --name Rani --organisation 'Polisi Tidak Ada'", "", "no organisation"),
    ("admin officer rani --name Rani --organisation 'Polisi Contoh' --keeper", "", "Telephone first"),
    ("admin officer rani --name '' --organisation 'Polisi Contoh'", "", "name"),
    ("admin officer budi --name Budi --organisation 'Polisi Contoh'", "", "taken"),
    ("admin officer rani --name Rani --organisation 'Operator Contoh'", "", "is an operator"),
    ("admin organisation '' --kind operator", "", "name"),
    ("admin organisation 'Operator Contoh' --kind operator", "", "taken"),
    ("admin organisation Lain --kind kerajaan", "", "'kerajaan' is not one of"),
    ("admin password nobody --password-stdin", "kata-sandi-contoh-7", "nobody"),
    ("admin password sinta --password-stdin", "aaaaaaaaaaaaa", "password"),
    ("admin platform tiada --display-name Tiada --operator 'Operator Contoh'", "", "platforms.toml"),
    ("admin platform satu --display-name Satu --operator 'Tidak Ada'", "", "no organisation"),
    ("admin platform satu --display-name '' --operator 'Operator Contoh'", "", "name"),
    ("admin platform satu --display-name Satu --operator 'Operator Contoh' --concurrency 0", "", "range"),
    ("practice code sinta", "", "no invented officer"),
    ("admin revoke jaga", "", "at least"),
    ("admin revoke jaga_tidakada", "", "No key begins with"),
    ("admin signing-key nobody whpk_x --called 'Kantor 021'", "", "nobody"),
    ("admin signing-key budi whpk_x --called 'Kantor 021'", "", "whpk_"),
    ("admin signing-key budi whpk_x --called ''", "", ""),
    ("import {home}/none.csv", "", "none.csv"),
    ("import {home}/text.csv --platform tiada", "", "platform:"),
    ("import {home}/text.csv --platform obrolan --category pesta", "", "category:"),
    ("import {home}", "", "directory"),
    ("alarms test", "", "JAGA_ALARM_MAIL"),
    ("operator describe 'Tidak Ada'", "", "no operator"),
    ("operator describe 'Operator Contoh' --country Indonesia", "", "two letters"),
    ("operator describe 'Operator Contoh' --website 'bukan alamat'", "", "website"),
    ("operator describe 'Operator Contoh' --slug '???'", "", "slug"),
    (f"{SAID} --made-on besok --category spam", "", "besok"),
    (f"{SAID} --made-on 2026-11-01 --category pesta", "", "categor"),
    (f"{SAID} --made-on 2026-11-01 --category judi --hours 0", "", ""),
    (f"{SAID} --made-on 2126-11-01 --category online_gambling", "", ""),
    (f"{WHO} --password-stdin", "pendek", "too short"),
    (f"{WHO} --domicile Indonesia --password-stdin", "kata-sandi-contoh-7", "domicile"),
    (f"{WHO} --email bukan-surel --password-stdin", "kata-sandi-contoh-7", "email"),
    ("operator contact 'Tidak Ada' ayu --display-name Ayu --password-stdin", "kata-sandi-contoh-7", "no operator"),
    ("ledger acknowledge 7 --note Selesai", "", "fault"),
    ("ledger accept-row case.now 7", "", "case.now"),
    ("ledger accept-row suara 7", "", "suara"),
    ("ledger accept-row case.now tujuh", "", "'tujuh' is not a valid integer"),
    ("ledger acknowledge tujuh --note Selesai", "", "'tujuh' is not a valid integer"),
    ("ledger promise {home}/text.csv", "", "not a checkpoint or promise"),
    ("ledger promise -", "", "not a checkpoint or promise"),
    ("ledger verify --checkpoint {home}/text.csv", "", "not a checkpoint or promise"),
    ("ledger verify --at-least -1", "", "range"),
    ("ledger verify --at-least 900000", "", "NOT whole"),
    ("key-store copy {home}/key-store", "", "is the key store itself"),
    ("key-store check --file {home}/text.csv", "", "no key store of this version"),
    ("privacy find Kenari", "", "Give either --by"),
    ("privacy find Kenari --search 7", "", "not_found"),
    ("privacy find Ani --by wulan --reason Permintaan", "", "characters"),
    ("privacy find Kenari --by nobody --reason Permintaan", "", "username"),
    ("receipt verify {home}/none.txt", "", "does not exist"),
    ("witness key --folder {home}/none", "", "no key of a witness"),
    ("witness logs --folder {home}/none", "", "no key of a witness"),
    ("witness serve --folder {home}/text.csv", "", "is a file"),
    ("witness add-log abc --folder {home}/none", "", "not a usable signing key"),
    ("witness create a+b --folder {home}/witness", "", "not a usable signing key"),
    ("ledger publish --to {home}/text.csv", "", "is a file"),
    ("receipt verify {home}/text.csv", "", "changed"),
    ("receipt verify {home}/text.csv --key {home}/text.csv", "", ""),
    ("export verify {home}/none", "", "does not exist"),
    ("export verify {home}", "", ""),
    ("platform add KEDUA --adapter manual --base-url http://127.0.0.1:9", "", "is not a name for a platform"),
    (f"{ADDED} --adapter synaps", "", "no adapter called synaps"),
    (f"{ADDED} --adapter ../synapse", "", "no adapter called"),
    (f"{ADDED} --adapter manual --option actions", "", "NAME=VALUE"),
    (f"{ADDED} --adapter manual --option acton=close", "", "Did you mean actions?"),
    ("platform add kedua --adapter manual --base-url nowhere", "", "names no host"),
    ("platform add satu --adapter manual --base-url http://127.0.0.1:9", "", "already"),
    ("platform change tiada --base-url http://127.0.0.1:9", "", "tiada"),
    ("platform change satu --option hld=lock", "", "Did you mean hold?"),
    ("platform change satu --option hold", "", "NAME=VALUE"),
    ("platform check tiada", "", "tiada"),
    ("platform check satu", "", "FAILED"),
    ("platform key satu", "", "no webhook"),
    ("platform key tiada", "", "tiada"),
    ("platform rehearse satu @a:localhost", "", "no dry run"),
    ("platform rehearse tiada @a:localhost", "", "tiada"),
    ("platform set tiada admin_token", "rahasia-contoh", "tiada"),
    ("platform set satu admin_tokn", "rahasia-contoh", "Did you mean admin_token?"),
    ("platform set satu password", "rahasia-contoh", "It knows: admin_token, watcher_token"),
    ("platform set satu admin_token", "", "Nothing came"),
    ("platform set satu admin_token --new-key", "", "--new-key is for"),
    ("platform show tiada", "", "tiada"),
    ("keys check --folder {home}/none", "", "does not exist"),
    ("keys replace ledgr", "", "'ledgr' is not one of"),
    ("keys replace postgres", "", "is not one of"),
    ("restored --by sinta --reason Latihan --dump {home}/none", "", "does not exist"),
    ("restored --by sinta --reason Latihan --beyond many", "", "'many' is not a valid integer"),
    ("practice fill --cases 0", "", "range"),
    ("screen {home}/none.csv", "", "none.csv"),
    ("take-in {home}/none.jsonl --watch 7", "", "none.jsonl"),
    ("take-in {home}/text.csv --watch 7", "", "SHA-256"),
    ("take-in {home}/text.csv --watch tiada", "", "tiada"),
    ("screen {home}/text.csv --min-score many", "", "many"),
    ("screen {home}/text.csv --column tiada", "", "tiada"),
    ("screening backtest {home}/text.csv", "", ""),
    ("screening backtest {home}/none", "", "none"),
    ("screening import-hashes {home}/none --name a --category csam", "", "none"),
    ("screening import-hashes {home}/text.csv --name a --category pesta", "", ""),
    ("screening correct pesta --by sinta", "", ""),
    ("screening reject 7 --by sinta --reason x", "", ""),
    ("screening retire 7 --by nobody --reason x", "", "nobody"),
    ("screening remove-hashes tiada", "", "tiada"),
    ("screening save-model 7 {home}/out", "", ""),
    ("screening train pesta --by sinta", "", ""),
    ("screening shadow --days many", "", "'many' is not a valid integer"),
    ("policy check {home}/none", "", "none"),
    ("policy check {home}", "", ""),
    ("policy show --on besok", "", "besok"),
    ("policy adopt {home}/none --by sinta --reason Mencoba.", "", "none"),
    ("policy adopt {home} --by sinta --reason Mencoba.", "", "faults"),
    ("policy learn-filter {home}/none", "", "none"),
    ("policy learn-filter {home}", "", "too few texts"),
    ("policy emergency {home} --by sinta --reason Mencoba.", "", "faults"),
    ("privacy drill", "", "practice installation only"),
    ("worker --concurrency 0", "", "range"),
    ("worker --priority fast", "", "'fast' is not one of"),
]
"""`{home}` is the home folder; in it lies `text.csv`, which is no file of any kind."""
_INDONESIAN = re.compile(
    r"\b(tidak|yang|untuk|dengan|adalah|sandi|terlalu|harus|minimal|karakter|sudah|belum|isi|mirip"
    r"|hanya|silakan|coba)\b",
    re.IGNORECASE,
)
_OURS = re.compile(r"[“'].*?[”']|(?:kata-sandi|Operator|Polisi|Kementerian|Tidak Ada)\S*")  # what was typed, repeated


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with its words."""
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command, obj=practice_world)
    for name in command.list_commands(context):
        found = command.get_command(context, name)
        assert found
        yield from leaves(found, (*path, name))


LEAVES = dict(leaves(cli.jaga))


@pytest.fixture
def shell(db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """Call `main` as a shell does, on the tests' database; the product's own language is Indonesian."""
    for name, value in {"JAGA_HOME": str(tmp_path), "PRACTICE": "1", "JAGA_HOST": "operator"}.items():
        monkeypatch.setenv(name, value)

    @contextmanager
    def given() -> Iterator[str]:
        yield ""

    monkeypatch.setattr(database, "database", given)
    monkeypatch.setattr(keys, "prepare", lambda url: None)
    monkeypatch.setattr(put_back, "check", lambda url: None)
    monkeypatch.setattr(records, "_english", False)
    keys.make_all()
    (tmp_path / "text.csv").write_text("bukan apa-apa\n")
    save_configuration(
        tmp_path / "platforms.toml",
        PlatformConfiguration("satu", "synapse", "http://127.0.0.1:9", "localhost", {"admin_token": "rahasia-contoh"}),
        KeyFile(tmp_path / "secrets" / "platforms"),
    )
    with translation.override("id"):
        yield tmp_path
    keys._secret.cache_clear()


def typed(line: list[str], given: str = "") -> tuple[int, str]:
    """The status and all output. Exceptions other than exits are raised, like a traceback in a shell."""
    runner, status = CliRunner(), 0
    with runner.isolation(input=given) as (out, err, *_), pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "argv", ["jaga", *line])
        try:
            cli.main(practice=practice_world)
        except SystemExit as left:
            status = left.code if isinstance(left.code, int) else int(left.code is not None)
        output = out.getvalue() + err.getvalue()
    return status, output.decode()


def says_what_is_wrong(line: list[str], given: str = "", part: str = "") -> None:
    status, output = typed(line, given)
    assert status not in (0, 130), f"{line}: {status}\n{output}"
    assert output.strip(), line
    assert "Traceback" not in output
    assert "%(" not in output, output
    assert part in output, f"{line}: {output}"
    assert "rahasia-contoh" not in output
    assert not _INDONESIAN.search(_OURS.sub("", output)), f"{line}: {output}"


@pytest.fixture
def people(shell: Path) -> World:
    return make_world()


def test_every_command_says_in_english_what_is_wrong(shell: Path, people: World) -> None:
    """And nothing is added to the ledger."""
    before = LedgerEntry.objects.count()
    wrong = []
    for line, given, part in LINES:
        try:
            says_what_is_wrong(shlex.split(line.replace("{home}", str(shell))), given, part)
        except Exception as found:  # noqa: BLE001 - all of them at once, not one after the other
            wrong.append(f"{line}\n    {type(found).__name__}: {found}")
        if (now := LedgerEntry.objects.count()) != before:
            wrong.append(f"{line}\n    entered {now - before}")
            before = now
    assert not wrong, "\n".join(wrong)


def test_every_command_refuses_what_it_does_not_know(shell: Path) -> None:
    """An unknown option, an extra argument, and a missing required argument are refused."""
    wrong = []
    for path, command in LEAVES.items():
        needs = [one for one in command.params if one.required]
        many = any(isinstance(one, click.Argument) and one.nargs == -1 for one in command.params)
        lines = [[*path, "--nonsense"], *([[*path]] if needs else []), *([] if many else [[*path, *["x"] * 9]])]
        for line in lines:
            with suppress(AssertionError):
                says_what_is_wrong(line, "x\n" * 3)  # `admin create` asks before it looks at the rest
                continue
            wrong.append(f"{line}: {typed(line)}")
    assert not wrong, "\n".join(wrong)


def test_every_command_that_takes_something_has_a_line_above() -> None:
    """A new command must be added to the list above."""
    named = {path for path in LEAVES for line, _, _ in LINES if tuple(shlex.split(line)[: len(path)]) == path}
    takes = {
        path
        for path, command in LEAVES.items()
        if any(isinstance(one, click.Argument) or one.required for one in command.params)
    }
    assert takes - named == set()


def test_no_command_takes_a_secret_from_its_line() -> None:
    """Other programs and the shell's history can read command lines, so secrets come by standard input."""
    secret = re.compile(r"password|secret|token|credential")
    for path, command in LEAVES.items():
        for one in command.params:
            if isinstance(one, click.Option) and secret.search(one.name or "") and not one.is_flag:
                assert one.hidden, f"{path} {one.name}"
                assert not one.expose_value
