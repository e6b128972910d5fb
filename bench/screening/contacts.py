"""The stages of `bench.screening.engine` that find contacts and copies. Each takes a block; its result is discarded."""

from collections.abc import Callable

from jaga.screening.contacts.kernel import contacts_of_block, first_pass
from jaga.screening.copies.nearness_kernel import cluster_sizes, marks_of_block
from jaga.screening.text.block import TextBlock


def stages() -> dict[str, Callable[[TextBlock], object]]:
    """The stages by name. The first scan is the cost for every text; all contacts adds the cost of the few texts with a
    contact.
    """
    return {
        "contacts, first look": first_pass,
        "contacts, all": contacts_of_block,
        "signature": marks_of_block,
        "signature and sizes": lambda block: cluster_sizes(marks_of_block(block)),
    }
