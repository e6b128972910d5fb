"""The case page section of this package: the latest history entries."""

from collections.abc import Mapping

from jaga.cases.reads.gate import Related
from jaga.cases.reads.history import history_of
from jaga.proofs.console.ledger import rendered
from jaga.web.frame.sections import CasePage, Place, Section

HISTORY_SHOWN = 50  # The whole history has its own page.


def _history(page: CasePage) -> Mapping[str, object]:
    names = Related.LINKED in page.has
    return {"history": rendered(history_of(page.case, names_accounts=names, most=HISTORY_SHOWN, actor=page.actor))}


SECTIONS = (Section(Place.HISTORY, 10, "ledger/parts/case_history.html", _history),)
