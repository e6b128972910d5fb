"""Deciding on the pages: a refused form keeps its text, an accepted one says what happened."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.test import Client
from tests.factories import FACTS, World, ballot, in_review, vote

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision, Vote
from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import DecisionKind
from jaga.decisions.verbs.conduct_law import basis_keys
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.reporting.verbs.quotable_text import record_public_words

Open = Callable[[Actor], Client]


def _address(case_id: int, step: str = "") -> str:
    return f"/console/cases/K{case_id:06d}/{step}"


def _fields(client: Client, case_id: int, kind: str, **changes: str) -> dict[str, Any]:
    """The form as the page offers it, filled in."""
    client.post(_address(case_id, "take/"))
    token = client.get(_address(case_id)).context["form"].token
    whole = ballot(case_id, DecisionKind.CLOSE)
    return {
        "lease": token,
        "kind": kind,
        "legal_basis": whole.legal_basis,
        "facts": FACTS,
        "step": "cast",
        "elements": list(whole.elements),
        "why": whole.why,
        "accounts": str(Case.objects.get(pk=case_id).subject_id),
        **changes,
    }


def test_a_dismissal_takes_one_person_and_no_reason(world: World, browser_of: Open) -> None:
    """Rejecting takes no more effort than any other choice."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    answer = client.post(
        _address(case_id, "decide/"), {**_fields(client, case_id, "dismiss"), "facts": ""}, follow=True
    )
    assert answer.redirect_chain[-1][0] == _address(case_id, "voted/")
    assert "nothing is left to do" in answer.content.decode()
    assert Decision.objects.get(case_id=case_id).kind == DecisionKind.DISMISS


def test_a_closure_is_sealed_first_and_carried_out_after_the_second_vote(world: World, browser_of: Open) -> None:
    """After each vote the next case opens, and says what became of the vote; without a next case a page says it."""
    case_id, waiting = in_review(), in_review(account="@lain:localhost")
    first, second = browser_of(world.reviewers[0]), browser_of(world.reviewers[1])
    sealed = first.post(_address(case_id, "decide/"), _fields(first, case_id, "close"), follow=True)
    assert sealed.redirect_chain[-1][0] == _address(waiting)
    assert "sealed; a second person judges without seeing it" in sealed.content.decode()
    assert ' data-fresh data-left="' in sealed.content.decode()
    vote(waiting, DecisionKind.CLOSE, world.reviewers[1])
    decided = second.post(_address(case_id, "decide/"), _fields(second, case_id, "close"), follow=True)
    assert decided.redirect_chain[-1][0] == _address(case_id, "voted/")
    assert "It is decided. The platform is being asked now" in decided.content.decode()
    assert Decision.objects.get(case_id=case_id).seconded_by_id is not None


def test_an_unchanged_prepared_sentence_takes_a_second_press(world: World, browser_of: Open) -> None:
    """It is made of what was ticked and what the account said to everybody. Unchanged, it is asked about once, and kept
    with the vote; changed, it is the voter's own. A dismissal takes none of it.
    """
    case_id, client = in_review(), browser_of(world.reviewers[0])
    record_public_words(case_id, "Open BO malam ini, tarif di bio.", "profil, 1 Maret", actor=world.reviewers[0])
    fields = {**_fields(client, case_id, "close"), "facts": ""}
    assert client.get(_address(case_id)).context["form"].entered.facts == ""
    made = client.post(_address(case_id, "decide/"), {**fields, "step": "prepare"})
    sentence = made.context["form"].entered.facts
    assert "“Open BO malam ini, tarif di bio.”" in sentence
    less = client.post(_address(case_id, "decide/"), {**fields, "step": "prepare", "elements": ["paid"]})
    assert less.context["form"].entered.facts.startswith("Something is asked in return")
    none = client.post(_address(case_id, "decide/"), {**fields, "step": "prepare", "elements": []})
    assert none.context["form"].entered.facts == ""
    asked = client.post(_address(case_id, "decide/"), {**fields, "facts": sentence})
    assert (asked.status_code, Vote.objects.count()) == (422, 0)
    assert 'name="as_prepared" value="1"' in asked.content.decode()
    client.post(_address(case_id, "decide/"), {**fields, "facts": sentence, "as_prepared": "1"})
    own = in_review(account="@lain:localhost")
    client.post(_address(own, "decide/"), {**_fields(client, own, "close"), "facts": f"{sentence} Tiga kali."})
    no = in_review(account="@bukan:localhost")
    sentence = (
        client.post(_address(no, "decide/"), {**_fields(client, no, "close"), "facts": "", "step": "prepare"})
        .context["form"]
        .entered.facts
    )
    client.post(_address(no, "decide/"), {**_fields(client, no, "dismiss"), "facts": sentence})
    assert list(Vote.objects.order_by("pk").values_list("as_prepared", flat=True)) == [True, False, False]
    assert Vote.objects.get(case=no).facts == ""


def test_a_vote_is_taken_back_within_seconds_by_its_voter_alone(world: World, browser_of: Open) -> None:
    """A sealed first vote, before anybody else voted; afterwards it stands. Its voter may judge again."""
    case_id = in_review()
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0])
    first, second = browser_of(world.reviewers[0]), browser_of(world.reviewers[1])
    assert second.post(_address(case_id, "undo/"), {"reason": "mistake"}).status_code != 302
    assert first.post(_address(case_id, "undo/"), {"reason": "mistake"}).status_code == 302
    assert (Case.objects.get(pk=case_id).state, Vote.in_force.count()) == (CaseState.IN_REVIEW, 0)
    assert "taken back; you can judge the case again" in first.get("/console/queue/").content.decode()
    vote(case_id, DecisionKind.DISMISS, world.reviewers[1])
    other = in_review(account="@lain:localhost")
    vote(other, DecisionKind.CLOSE, world.reviewers[0])
    with frozen(now() + timedelta(seconds=11)):
        assert first.post(_address(other, "undo/"), {"reason": "mistake"}).status_code != 302
    assert Vote.in_force.filter(case=other).count() == 1


def test_the_only_law_that_fits_is_preselected(world: World, browser_of: Open) -> None:
    """A choice of one is none. No decision, element or victim is ever preselected."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    _fields(client, case_id, "close")
    page = client.get(_address(case_id))
    form, fitting = page.context["form"], basis_keys(Case.objects.get(pk=case_id), load_release(), None)
    assert form.basis == (next(iter(fitting)) if len(fitting) == 1 else "")
    assert (form.entered.kind, form.entered.elements, form.entered.victim, form.entered.facts) == ("", (), "", "")


def test_a_supervisor_settles_a_difference(world: World, browser_of: Open) -> None:
    """The supervisor sees both votes; a measure that nobody voted for and that nobody may decide alone is refused."""
    case_id = in_review()
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0])
    vote(case_id, DecisionKind.DISMISS, world.reviewers[1])
    client = browser_of(world.supervisor)
    client.post(_address(case_id, "decide/"), _fields(client, case_id, "close"))
    assert Decision.objects.get(case_id=case_id).adjudicated


def test_errors_stand_beside_their_fields_and_the_text_stays(world: World, browser_of: Open) -> None:
    """Nothing is stored, and nothing has to be written twice."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    answer = client.post(
        _address(case_id, "decide/"), _fields(client, case_id, "close", legal_basis="", facts="Pendek <i>")
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="legal_basis-error"' in page
    assert 'id="facts-error"' in page
    assert "Pendek &lt;i&gt;" in page
    assert not Vote.objects.exists()


def _focused(page: str) -> list[str]:
    """The ids of the elements that have `autofocus`."""
    tags = re.findall(r"<(?:input|select|textarea|a)\b[^>]*\bautofocus\b[^>]*>", page)
    return [found[1] if (found := re.search(r'\bid="([^"]+)"', tag)) else tag for tag in tags]


def test_a_refused_vote_says_so_and_goes_to_the_first_wrong_field(world: World, browser_of: Open) -> None:
    """The error is at the top of the form, with a link to each wrong field; the first of them has the focus."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    for changes, links in (
        ({"legal_basis": "", "facts": "x"}, ["legal_basis", "facts"]),
        ({"facts": "x"}, ["facts"]),
        ({"kind": ""}, ["kind"]),
    ):
        fields = {**_fields(client, case_id, "close"), **changes}
        page = client.post(_address(case_id, "decide/"), fields).content.decode()
        notice = page[page.index("Your vote was not cast.") : page.index('name="lease"')]
        assert re.findall(r'href="#([^"]+)"', notice) == links
        assert all(f'id="{name}"' in page for name in links)
        assert _focused(page) == links[:1]


def test_after_taking_a_case_the_first_choice_has_the_focus(world: World, browser_of: Open) -> None:
    """The next step works by keyboard; a case not taken, and a form with text, move no focus."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    assert _focused(client.get(_address(case_id)).content.decode()) == []
    fields = _fields(client, case_id, "close")
    assert _focused(client.get(_address(case_id)).content.decode()) == ["kind"]
    kept = client.post(_address(case_id, "decide/"), {**fields, "step": "preview"}).content.decode()
    assert _focused(kept) == []


def test_a_form_without_a_decision_is_answered(world: World, browser_of: Open) -> None:
    """A missing or unknown choice is an error beside the choices."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    for kind in ("", "nonsense", "restore"):
        answer = client.post(_address(case_id, "decide/"), _fields(client, case_id, kind))
        assert answer.status_code == 422
        assert 'id="kind-error"' in answer.content.decode()


def test_a_lost_lease_keeps_the_text_and_can_be_taken_again(world: World, browser_of: Open) -> None:
    """The lease expired while the person wrote: nothing is decided, and one button continues with the same text."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    fields = _fields(client, case_id, "close", facts="Tulisan yang tidak boleh hilang.")
    with frozen(now() + timedelta(hours=1)):
        lost = client.post(_address(case_id, "decide/"), fields)
        assert lost.status_code == 409
        assert "Your hold on this case has ended" in lost.content.decode()
        assert "Tulisan yang tidak boleh hilang." in lost.content.decode()
        again = client.post(_address(case_id, "decide/"), {**fields, "step": "retake"})
        assert "Tulisan yang tidak boleh hilang." in again.content.decode()
        done = client.post(_address(case_id, "decide/"), {**fields, "lease": again.context["form"].token})
        assert done.status_code == 302
    assert Vote.objects.get().facts == "Tulisan yang tidak boleh hilang."


def test_somebody_elses_token_decides_nothing(world: World, browser_of: Open) -> None:
    """A form's token is valid for one person and one lease."""
    case_id = in_review()
    holder, other = browser_of(world.reviewers[0]), browser_of(world.reviewers[1])
    fields = _fields(holder, case_id, "close")
    answer = other.post(_address(case_id, "decide/"), fields)
    assert answer.status_code == 409
    assert "Sinta holds this case now" in answer.content.decode()
    assert not Vote.objects.exists()


def test_whoever_voted_is_told_so(world: World, browser_of: Open) -> None:
    """The second vote needs another person, whatever is sent."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    fields = _fields(client, case_id, "close")
    client.post(_address(case_id, "decide/"), fields)
    assert client.post(_address(case_id, "take/")).status_code == 409
    assert client.post(_address(case_id, "decide/"), fields).status_code == 409
    assert Vote.objects.count() == 1


def test_the_letter_is_previewed_in_both_languages_and_stores_nothing(world: World, browser_of: Open) -> None:
    """As a fragment for the script and on the whole page without JavaScript; no appeal code exists yet."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    fields = _fields(client, case_id, "close", facts="Iklan <b>jelas</b> terlihat di ruang umum.")
    part = client.post(_address(case_id, "preview/"), fields).content.decode()
    whole = client.post(_address(case_id, "decide/"), {**fields, "step": "preview"}).content.decode()
    for page in (part, whole):
        assert "Akun Anda ditutup." in page
        assert "Your account is closed." in page
        assert "Iklan &lt;b&gt;jelas&lt;/b&gt;" in page
        assert "XXXXX-XXXXX" in page
        assert "With its code the holder reads the reasons" in page
    assert not Vote.objects.exists()


def test_the_preview_of_a_victim_first_case_has_no_reasons(world: World, browser_of: Open) -> None:
    """The preview is the general letter, and the code shows none of the reasons."""
    case_id, client = in_review(category="trafficking"), browser_of(world.reviewers[0])
    fields = _fields(client, case_id, "restrict", facts="Kenari ditahan di sebuah mess.")
    part = client.post(_address(case_id, "preview/"), fields).content.decode()
    assert "Akun Anda dibatasi." in part
    assert "opens no reasons and no new password" in part
    assert "Kenari" not in part


def test_a_decision_that_the_holder_does_not_feel_has_no_letter(world: World, browser_of: Open) -> None:
    """The preview says that there is no letter."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    part = client.post(_address(case_id, "preview/"), _fields(client, case_id, "preserve")).content.decode()
    assert "gets no letter" in part


def test_handing_back_frees_the_case(world: World, browser_of: Open) -> None:
    """Somebody else can take the case at once."""
    case_id = in_review()
    first, second = browser_of(world.reviewers[0]), browser_of(world.reviewers[1])
    first.post(_address(case_id, "take/"))
    assert second.post(_address(case_id, "take/")).status_code == 409
    first.post(_address(case_id, "hand-back/"))
    assert second.post(_address(case_id, "take/")).status_code == 302


def test_each_law_stands_with_its_days_and_whether_it_was_verified(world: World, browser_of: Open) -> None:
    """Laws proposed by the reported day come first; the others of the category follow, for a day that people find."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    client.post(_address(case_id, "take/"))
    page = client.get(_address(case_id)).content.decode()
    proposed, others = re.findall(r"<optgroup label=\"([^\"]+)\">(.*?)</optgroup>", page, re.DOTALL)
    assert (proposed[0], others[0]) == ("In force on the reported day", "In force on other days")
    assert "since 2 Jan 2026: UU 1/2023 (KUHP), Pasal 407, Pornography (not verified)" in proposed[1]
    assert "21 Apr 2008 to 24 Nov 2016: UU 11/2008 (ITE), Pasal 27 ayat (1) jo. Pasal 45 ayat (1)" in others[1]
    assert "uu_ite_40_2" not in page


def test_a_law_of_another_day_is_named_together_with_that_day(world: World, browser_of: Open) -> None:
    """Refused beside its field without a day, with an invalid day and with a future day; accepted with the right
    day.
    """
    case_id, client = in_review(conduct_on=date(2025, 12, 30)), browser_of(world.reviewers[0])
    fields = _fields(client, case_id, "close", legal_basis="uu_ite_27_1")
    assert "30 December 2025 (the reporter" in client.get(_address(case_id)).content.decode()
    for day in ("", "kemarin", (today() + timedelta(days=3)).isoformat()):
        refused = client.post(_address(case_id, "decide/"), {**fields, "conduct_on": day})
        assert refused.status_code == 422
        assert 'id="conduct_on-error"' in refused.content.decode()
        assert f'name="conduct_on" value="{day}"' in refused.content.decode()
    assert not Vote.objects.exists()
    client.post(_address(case_id, "decide/"), {**fields, "conduct_on": "2025-12-30"})
    assert Vote.objects.get().legal_basis == "uu_ite_27_1"
