"""The contract notices sources that are wrong: each is the example of docs/new-source.md with one mistake in it."""

import re
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import pytest
from tests.sources.contract import SourceContract
from tests.sources.test_new_source import PAGE
from tests.sources.toy_board import Board, running_board

from jaga.core.observations import Source
from jaga.sources.kit import HttpReader

_MODULE, _STAGE = re.findall(r"^```python\n(\"\"\".*?)^```", PAGE.read_text(), re.MULTILINE | re.DOTALL)
_READ = "newest, changes = self._changes(after, limit)"
_CURSOR = 'state_text({"after": after}), more'
Contract = Callable[[SourceContract, Any], None]


@pytest.mark.parametrize(
    ("mistakes", "noticed"),
    [
        pytest.param(
            {"if gathering.full(limit):": "if False:", "str(most)": "str(most and 20)"},
            SourceContract.test_each_text_comes_once_whatever_the_limit_and_wherever_it_restarts,
            id="more-than-the-limit",
        ),
        pytest.param(
            {
                'State(cursor).number("after")': 'max(State(cursor).number("after"), PLACE[0])',
                "gathering = Gathering()": "gathering = Gathering(); PLACE[0] = newest",
            },
            SourceContract.test_each_text_comes_once_whatever_the_limit_and_wherever_it_restarts,
            id="state-beside-the-cursor",
        ),
        pytest.param(
            {_CURSOR: 'state_text({"after": newest}), more'},
            SourceContract.test_each_text_comes_once_whatever_the_limit_and_wherever_it_restarts,
            id="cursor-ahead-of-the-batch",
        ),
        pytest.param(
            {'native_id=change["post"]': "native_id=f\"{change['post']}-{next(NUMBERS)}\""},
            SourceContract.test_each_text_comes_once_whatever_the_limit_and_wherever_it_restarts,
            id="another-id-each-time",
        ),
        pytest.param(
            {"at=at,": "at=now(),"},
            SourceContract.test_each_text_comes_once_whatever_the_limit_and_wherever_it_restarts,
            id="dated-by-the-clock",
        ),
        pytest.param(
            {"more=after < newest": "more=True"},
            SourceContract.test_each_text_comes_once_whatever_the_limit_and_wherever_it_restarts,
            id="always-more",
        ),
        pytest.param(
            {_READ: f"after = max(after, self._changes(0, 0)[0] - 20); {_READ}"},
            SourceContract.test_more_than_one_answer_holds_is_read_whole_and_in_order,
            id="newest-page-only",
        ),
        pytest.param(
            {
                _READ: f"try:\n            {_READ}\n        except Exception:\n"
                "            return ObservedBatch((), cursor)"
            },
            SourceContract.test_a_place_that_fails_is_no_place_where_nobody_wrote,
            id="every-error-caught",
        ),
        pytest.param(
            {_READ: f"try:\n            {_READ}\n        except Exception:\n            raise SourceWentBack(why='?')"},
            SourceContract.test_a_place_that_fails_is_no_place_where_nobody_wrote,
            id="every-error-a-way-back",
        ),
        pytest.param(
            {'state_text({"after": newest})': 'state_text({"after": 0})'},
            SourceContract.test_it_begins_at_the_present_or_a_file_at_its_beginning,
            id="from-the-beginning",
        ),
        pytest.param(
            {_CURSOR: 'state_text({"after": after, "last": changes[-1].get("text") if changes else ""}), more'},
            SourceContract.test_an_observation_says_where_when_and_by_whom,
            id="texts-in-the-cursor",
        ),
        pytest.param(
            {'!= "everybody"': '== "members"'},
            SourceContract.test_private_content_never_appears,
            id="only-one-kind-of-private",
        ),
        pytest.param(
            {'gathering.take(f"change {after}", change, found_in, change)': "gathering.add(found_in(change))"},
            SourceContract.test_what_cannot_be_used_is_set_aside_and_the_rest_goes_on,
            id="one-bad-value-ends-it",
        ),
        pytest.param(
            {'ObservationKind.EDIT if change.get("edited") else ': ""},
            SourceContract.test_an_edit_is_an_observation_with_the_same_id,
            id="edits-as-new",
        ),
        pytest.param(
            {_CURSOR: 'state_text({"after": after - bool(changes and changes[-1].get("edited"))}), more'},
            SourceContract.test_an_edit_is_an_observation_with_the_same_id,
            id="the-same-edit-again",
        ),
        pytest.param(
            {'return (Deletion(change["post"]),)': "return ()"},
            SourceContract.test_a_deletion_at_the_source_is_told,
            id="no-deletions",
        ),
        pytest.param(
            {'return (OptedOut(change["by"]),)': "return ()"},
            SourceContract.test_an_account_that_opted_out_is_named_and_not_read,
            id="no-opt-outs",
        ),
        pytest.param(
            {'account_id=change["by"]': 'account_id="papan"'},
            SourceContract.test_an_account_that_opted_out_is_named_and_not_read,
            id="one-account-for-all",
        ),
        pytest.param(
            {"if newest < after:": "if False:"},
            SourceContract.test_a_source_that_goes_back_in_time_is_not_read_on,
            id="never-back-in-time",
        ),
    ],
)
def test_a_source_with_this_mistake_does_not_pass(
    board: Board,
    mistakes: dict[str, str],
    noticed: Contract,
) -> None:
    """The named test of the contract fails, and passes without the mistake."""
    noticed(SourceContract(), _stage(board, _source_class({})))
    board.changes.clear()
    with pytest.raises((Exception, pytest.fail.Exception)):
        noticed(SourceContract(), _stage(board, _source_class(mistakes)))


@pytest.fixture
def board() -> Iterator[Board]:
    with running_board() as made:
        yield made


def _source_class(mistakes: dict[str, str]) -> Any:
    """The class of the page's source, with these pieces of its text replaced."""
    text = _MODULE
    for right, wrong in mistakes.items():
        assert right in text, right
        text = text.replace(right, wrong)
    wrong_source = ModuleType("wrong_source")
    exec(
        "from itertools import count\nfrom jaga.core.clock import now\nPLACE, NUMBERS = [0], count()\n" + text,
        wrong_source.__dict__,
    )
    return wrong_source.PapanSource  # type: ignore[attr-defined]


def _stage(board: Board, source_class: Any) -> Any:
    """The page's stage, with a source of this class."""
    module = ModuleType("stage_of_wrong")
    exec(_STAGE.replace("from jaga.sources.papan import PapanSource\n", "PapanSource = None\n"), module.__dict__)

    class Stage(module.PapanStage):  # type: ignore[name-defined, misc]
        def source(self) -> Source:
            made: Source = source_class(HttpReader(self.board.url))
            return made

    return Stage(board)
