"""Labels on the case page."""

from collections.abc import Callable

from django.test import Client
from tests.factories import World, in_review

from jaga.core.actors import Actor


def test_labels_are_put_on_and_taken_off_a_case(world: World, browser_of: Callable[[Actor], Client]) -> None:
    """An invalid label is reported on the case page."""
    client, address = browser_of(world.reviewers[0]), f"/console/cases/K{in_review():06d}/"
    client.post(f"{address}labels/", {"label": "Kontak Sama"})
    assert "kontak-sama" in client.get(address, {"tab": "accounts"}).content.decode()
    assert client.post(f"{address}labels/", {"label": "kontak sama"}).status_code == 409
    assert client.post(f"{address}labels/", {"label": "<b>"}).status_code == 422
    client.post(f"{address}labels/", {"remove": "kontak-sama"})
    assert "kontak-sama" not in client.get(address, {"tab": "accounts"}).content.decode()
