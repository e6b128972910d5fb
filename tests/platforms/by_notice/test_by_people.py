"""Portal and checklist: nothing is sent to the platform, no secret is needed, and a person checks."""

import pytest
from tests.platforms.notice_contract import NoticeContract, PaperDesk

from jaga.core.terms.cases import Step
from jaga.platforms.kit.configuration import BlockIncomplete, PlatformConfiguration
from jaga.platforms.kit.guard import Check, by_notice
from jaga.platforms.registry import check, open_adapter


def block(
    adapter: str, base_url: str = "https://obrolan.example", credentials: dict[str, str] | None = None, **options: str
) -> PlatformConfiguration:
    return PlatformConfiguration("obrolan", adapter, base_url, "obrolan.example", credentials or {}, options)


def paper(adapter: str, **options: str) -> PaperDesk:
    opened = open_adapter(block(adapter, **options))
    assert by_notice(opened)
    return PaperDesk(opened)


class TestPortal(NoticeContract):
    @pytest.fixture
    def desk(self) -> PaperDesk:
        return paper("portal")


class TestManual(NoticeContract):
    @pytest.fixture
    def desk(self) -> PaperDesk:
        return paper("manual")


@pytest.mark.parametrize("adapter", ["portal", "manual"])
def test_a_secret_in_the_block_and_a_wrong_address_fail_the_check(adapter: str) -> None:
    """An unnecessary secret is a danger, and people are sent to the address."""

    def failed(configuration: PlatformConfiguration) -> list[str]:
        return [one.name for one in check(configuration) if not one.ok]

    assert failed(block(adapter)) == []
    assert failed(block(adapter, credentials={"token": "invented-token"})) == ["credentials"]
    assert failed(block(adapter, base_url="MiChat")) == ["address"]
    assert "invented-token" not in repr(check(block(adapter, credentials={"token": "invented-token"})))
    assert isinstance(check(block(adapter))[0], Check)


@pytest.mark.parametrize("adapter", ["portal", "manual"])
def test_what_the_operator_can_be_asked_for_is_an_option(adapter: str) -> None:
    """Restrict, close and restore by default; without restoring, closing is declared irreversible."""
    usual = paper(adapter).adapter.capabilities()
    assert {
        step for step in (Step.PRESERVE, Step.RESTRICT, Step.REDACT, Step.CLOSE, Step.RESTORE) if usual.can(step)
    } == {Step.RESTRICT, Step.CLOSE, Step.RESTORE}
    assert usual.steps[Step.CLOSE].reversible
    assert usual.steps[Step.CLOSE].lost_on_undo
    only = paper(adapter, actions="close, preserve").adapter.capabilities()
    assert only.can(Step.PRESERVE)
    assert not only.can(Step.RESTORE)
    assert not only.steps[Step.CLOSE].reversible
    for wrong in ("", "erase", "close;restore"):
        with pytest.raises(BlockIncomplete, match=r"options\.actions"):
            open_adapter(block(adapter, actions=wrong))
