"""What takes long to build is built once, by whichever thread asks first."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from jaga.core.caches import built_once


def test_threads_that_ask_at_once_get_one_object() -> None:
    """The second does not build its own: it waits for the first one's."""
    built, together = list[object](), Barrier(4)

    @built_once(2)
    def build(name: str) -> object:
        built.append(name)
        return object()

    def ask() -> object:
        together.wait(5)
        return build("mesin")

    with ThreadPoolExecutor(4) as threads:
        found = {id(one.result()) for one in [threads.submit(ask) for _ in range(4)]}
    assert len(found) == len(built) == 1


def test_an_error_is_not_kept() -> None:
    """Who asks after it was mended gets the result."""
    faults = [ValueError("rusak")]

    @built_once(2)
    def build(name: str) -> str:
        if faults:
            raise faults.pop()
        return name

    with pytest.raises(ValueError, match="rusak"):
        build("mesin")
    assert build("mesin") == "mesin"
