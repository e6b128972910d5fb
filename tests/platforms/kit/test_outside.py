"""Adapters of other packages: found by their entry points; a fault in one affects only that one."""

import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from jaga.app.commands.platform import platform as command
from jaga.core.platforms import Account, Capabilities, DeclarationInvalid, PlatformFault
from jaga.platforms.kit.configuration import PlatformConfiguration
from jaga.platforms.kit.guard import can_act
from jaga.platforms.outside import AdapterBroken
from jaga.platforms.registry import adapters, open_adapter

ADAPTER = """
from jaga.core.platforms import Capabilities, Capability
from jaga.core.terms.cases import Step


class Adapter:
    def capabilities(self):
        return Capabilities("{name}", {{step: Capability(True) for step in Step if step is not Step.ASK}}{more})

    def observe(self, account):
        raise RuntimeError("a mistake in " + account.account_id)

    check = preserve = restrict = deliver = redact = close = restore = read_public = observe


def from_configuration(configuration):
    return Adapter()
"""
Offer = Callable[..., None]


@pytest.fixture
def offer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Offer]:
    """Install a package like pip: a module, and the metadata that names its entry point."""
    monkeypatch.syspath_prepend(str(tmp_path))
    made: list[str] = []

    def install(name: str, code: str, *, package: str = "", entry: str = "") -> None:
        package = package or f"jaga-{name}"
        module = package.replace("-", "_")
        (tmp_path / f"{module}.py").write_text(code)
        info = tmp_path / f"{module}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[jaga.adapters]\n{name} = {entry or module}\n")
        importlib.invalidate_caches()
        made.append(module)

    yield install
    for module in made:
        sys.modules.pop(module, None)


def block(adapter: str) -> PlatformConfiguration:
    return PlatformConfiguration("obrol", adapter, "http://127.0.0.1:9", "obrol.test")


def good(name: str, more: str = "") -> str:
    return ADAPTER.format(name=name, more=more)


def test_a_package_offers_an_adapter_by_its_entry_point(offer: Offer) -> None:
    """Nothing in Jaga has to be changed for it."""
    offer("obrol", good("obrol"))
    assert can_act(open_adapter(block("obrol")))
    assert adapters()["obrol"] == "from jaga-obrol"


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("raise RuntimeError('half installed')", "RuntimeError: half installed"),
        ("import no_such_module_here", "ModuleNotFoundError"),
        ("this is no Python", "SyntaxError"),
        ("raise SystemExit(1)", "SystemExit"),
        ("x = 1", "no function from_configuration"),
        ("def from_configuration(c): raise KeyError('token')", "KeyError"),
        ("def from_configuration(c): return None", "AttributeError"),
        (good("other"), "declares itself as 'other'"),
        (good("obrol", ", stable_id='u[0-9]+'"), "it has no identify"),
        (good("obrol", ", stable_id='('"), "stable_id"),
        (good("obrol", ", lag=900"), "lag"),
        (good("obrol").replace("= restore =", "="), "it has no restore"),
    ],
)
def test_a_broken_one_is_named_with_what_is_wrong(offer: Offer, code: str, said: str) -> None:
    """The package, the reason, and the remedy; and every other adapter opens."""
    offer("obrol", code)
    offer("lain", good("lain"))
    with pytest.raises(AdapterBroken, match="jaga-obrol") as raised:
        open_adapter(block("obrol"))
    assert said in str(raised.value)
    assert "jaga platform adapters" in str(raised.value)
    assert can_act(open_adapter(block("lain")))
    assert can_act(open_adapter(block("prosody")))


def test_two_packages_with_one_name_are_both_named(offer: Offer) -> None:
    """Which of them acts is not left to chance."""
    offer("obrol", good("obrol"), package="jaga-satu")
    offer("obrol", good("obrol"), package="jaga-dua")
    with pytest.raises(AdapterBroken, match="jaga-dua and jaga-satu"):
        open_adapter(block("obrol"))


def test_nobody_takes_the_name_of_one_of_ours(offer: Offer) -> None:
    """A package that calls its adapter synapse gets no administrator's token."""
    offer("synapse", "raise SystemExit('imported')")
    assert adapters()["synapse"] == "part of Jaga; the one of jaga-synapse is not used"
    assert type(open_adapter(block("prosody"))).__module__ == "jaga.platforms.prosody"


def test_whatever_it_raises_is_the_fault_of_its_platform(offer: Offer) -> None:
    """A bug in it ends no job, and its message about an account stays out of the log."""
    offer("obrol", good("obrol"))
    adapter = open_adapter(block("obrol"))
    assert can_act(adapter)
    for call in (adapter.observe, adapter.close, adapter.restore):
        with pytest.raises(PlatformFault) as raised:
            call(Account("obrol", "mawar"))
        assert raised.value.params["why"] in ("observe: RuntimeError", "close: RuntimeError", "restore: RuntimeError")


@pytest.mark.parametrize("call", ["observe", "close", "restrict", "preserve", "read_public"])
def test_an_answer_of_another_kind_is_its_fault_too(offer: Offer, call: str) -> None:
    """Otherwise a worker would fail in the middle of a case."""
    offer("obrol", good("obrol").replace('raise RuntimeError("a mistake in " + account.account_id)', "return None"))
    with pytest.raises(PlatformFault) as raised:
        getattr(open_adapter(block("obrol")), call)(Account("obrol", "mawar"))
    assert raised.value.params["why"] == f"{call}: the adapter gives a NoneType"


def test_the_command_shows_all_of_them_and_what_is_broken(offer: Offer) -> None:
    """After installing one it is visible whether it is usable."""
    offer("obrol", "raise RuntimeError('half installed')")
    shown = CliRunner().invoke(command, ["adapters"])
    assert shown.exit_code == 0
    assert "obrol: BROKEN: The adapter obrol of the package jaga-obrol cannot be used" in shown.output
    assert "synapse: part of Jaga" in shown.output


@pytest.mark.parametrize(
    "wrong",
    [
        {"stable_id": "("},
        {"stable_id": "a*"},
        {"stable_id": "a" * 300},
        {"lag": -1.0},
        {"lag": 31.0},
        {"lag": float("nan")},
        {"named_like": "whatsapp"},
    ],
)
def test_what_cannot_be_true_is_not_declared(wrong: dict[str, object]) -> None:
    """The error is raised when the adapter is made, not at the first closure."""
    with pytest.raises(DeclarationInvalid):
        Capabilities("obrol", **wrong)  # type: ignore[arg-type]
