"""The stages of `bench.screening` that find contacts and copies: each takes a block, and its result is thrown away."""

from collections.abc import Callable

from jaga.screening.contacts.kernel import contacts_of_block, first_look
from jaga.screening.copies.nearness_kernel import cluster_sizes, marks_of_block
from jaga.screening.text.block import TextBlock


def stages() -> dict[str, Callable[[TextBlock], object]]:
    """Name to stage. The first look is what every text pays; all contacts adds what the few that have some cost."""
    return {
        "contacts, first look": first_look,
        "contacts, all": contacts_of_block,
        "signature": marks_of_block,
        "signature and sizes": lambda block: cluster_sizes(marks_of_block(block)),
    }
