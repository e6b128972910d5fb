"""From a block to an adapter: a new one is a module, and a wrong name is an error with a remedy."""

import pytest

from jaga.core.errors import JagaError
from jaga.platforms.kit.configuration import BlockIncomplete, PlatformConfiguration
from jaga.platforms.kit.credentials import UnknownPlatform, configuration_of
from jaga.platforms.prosody import ProsodyAdapter
from jaga.platforms.registry import UnknownAdapter, open_adapter
from jaga.platforms.synapse.adapter import SynapseAdapter


def block(adapter: str, credentials: dict[str, str] | None = None, **options: str) -> PlatformConfiguration:
    return PlatformConfiguration("practice", adapter, "http://127.0.0.1:9", "localhost", credentials or {}, options)


def test_each_adapter_opens_by_its_name() -> None:
    """No connection is made yet, so a platform that is down does not stop the worker's start."""
    assert isinstance(open_adapter(block("synapse", {"admin_token": "x"})), SynapseAdapter)
    assert isinstance(open_adapter(block("prosody")), ProsodyAdapter)


@pytest.mark.parametrize("name", ["nothing", "registry", "http", "", "../synapse", "synapse.api", "Synapse", "os"])
def test_a_module_that_is_no_adapter_is_refused(name: str) -> None:
    """Only a module that offers itself as an adapter is one."""
    with pytest.raises(UnknownAdapter, match=r"docs/adapters\.md") as raised:
        open_adapter(block(name))
    assert isinstance(raised.value, JagaError)


def test_a_missing_credential_and_an_unknown_choice_are_named() -> None:
    """The error names the field and the block."""
    with pytest.raises(BlockIncomplete, match=r"\[practice\].*credentials\.admin_token"):
        open_adapter(block("synapse"))
    with pytest.raises(BlockIncomplete, match=r"options\.hold: one of suspend, lock"):
        open_adapter(block("synapse", {"admin_token": "x"}, hold="erase"))


def test_a_platform_without_a_block_is_named() -> None:
    """A worker that should act without a configuration says so."""
    with pytest.raises(UnknownPlatform, match="elsewhere"):
        configuration_of({"practice": block("synapse")}, "elsewhere")
