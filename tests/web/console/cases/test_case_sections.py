"""The case page as a list of sections: each package registers its own, with an order and, if needed, roles."""

import ast
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from django.template.loader import get_template
from django.test import Client
from tests.factories import World, in_review

import jaga.desk.cases.page as case_page
from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.web.frame import sections
from jaga.web.frame.sections import CasePage, Place, Section, all_sections, sections_of

Open = Callable[[Actor], Client]
CONSOLE = Path(case_page.__file__).parents[1]


def test_each_section_has_a_place_of_its_own_and_a_template(db: None) -> None:
    """Two sections with the same order would be placed at random."""
    found = all_sections()
    assert [place for place, times in Counter((one.place, one.order) for one in found).items() if times > 1] == []
    assert {one.place for one in found} == set(Place)
    for one in found:
        get_template(f"console/{one.template}")


def test_the_case_page_names_no_package_above_it() -> None:
    """A new section does not change `page.py`, which imports only the packages that the page itself needs."""
    tree = ast.parse(Path(case_page.__file__).read_text())
    named = {
        node.module.split(".")[1]
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and ".console." in node.module
    }
    assert named == {"queue"}


def test_sections_read_names_of_their_own(world: World, browser_of: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """No section overwrites a template variable of another section or of the page."""
    taken: Counter[str] = Counter()
    made = sections_of

    def counted(page: CasePage) -> sections.ShownSections:
        for one in all_sections():
            taken.update(one.context(page).keys())
        return made(page)

    monkeypatch.setattr(case_page, "sections_of", counted)
    shown = browser_of(world.supervisor).get(f"/console/cases/K{in_review():06d}/")
    assert shown.status_code == 200
    assert {name for name, times in taken.items() if times > 1} == set()
    of_the_page = {
        "case",
        "stage",
        "lease",
        "form",
        "refused",
        "preview",
        "tabs",
        "tab",
        "clock",
        "rule",
        "rail",
        "sections",
        "own_vote",
        "can_vote",
        "supervises",
        "next_id",
        "hold",
    }
    assert taken.keys().isdisjoint(of_the_page)


def test_a_new_section_stands_where_it_says_for_its_roles_alone(
    world: World, browser_of: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A section takes one tuple in its package; its data are not even queried where it is not shown."""
    asked: list[Actor] = []

    def context(page: CasePage) -> dict[str, object]:
        asked.append(page.actor)
        return {"sentence": "Bagian baru"}

    new = Section(Place.ACT, 15, "frame/parts/refused.html", context, roles=frozenset({Role.SUPERVISOR}))
    monkeypatch.setattr(sections, "all_sections", lambda: (*all_sections(), new))
    address = f"/console/cases/K{in_review():06d}/"
    for person, sees in ((world.supervisor, True), (world.reviewers[0], False)):
        shown = browser_of(person).get(address)
        assert ("console/frame/parts/refused.html" in shown.context["sections"]["act"]) is sees
    assert [actor.person_id for actor in asked] == [world.supervisor.person_id]


def test_the_tab_of_a_refused_form_is_the_open_one(world: World, browser_of: Open) -> None:
    """The tab with the refused form is open, whatever the address says."""
    case_id = in_review()
    answer = browser_of(world.reviewers[0]).post(
        f"/console/cases/K{case_id:06d}/accounts/", {"platform": "", "account": "", "why": ""}
    )
    assert answer.status_code == 422
    assert answer.context["tab"] == Place.ACCOUNTS
    assert replace(answer.context["adding"], errors={}).why == ""
