"""Fields of forms come from one partial, `parts/field.html`, so that each names its errors the same way."""

import re

from jaga.app.config import PACKAGE

TEMPLATES = PACKAGE / "web" / "templates"
_CONTROL = re.compile(r"<(?:input|select|textarea)\b(?:\{%.*?%\}|\{\{.*?\}\}|\"[^\"]*\"|'[^']*'|[^>\"'])*>", re.DOTALL)
_OF_A_CHOICE = re.compile(r'type="(?:hidden|checkbox|radio)"')
BY_HAND = {
    "parts/field.html": "the partial itself",
    "console/cases/parts/conduct_day.html": "a fold whose hint lists the reported days",
    "console/cases/parts/duration.html": "shown for one choice; the empty option stands last",
    "console/cases/parts/facts.html": "the hint folds on a phone; the script reads the public quotes",
    "console/cases/parts/labels.html": "one line beside the labels, without a hint",
    "console/cases/parts/laws.html": "groups of options, and a key in the label",
    "console/frame/parts/palette.html": "a combobox of the script",
    "console/operations/policy_releases.html": "options made of three values",
    "console/people/add_passkey.html": "shown by the script only",
    "console/people/preferences.html": "groups of options; a key's field stands in a table",
    "console/people/sign_in.html": "what a browser fills in, and the focus on what is empty",
    "console/quality/access_log.html": "a filter in one line",
    "console/queue/parts/routing.html": "numbers of hours in words; an option for the rules",
    "console/queue/queue.html": "filters in one line, sent by GET",
    "console/queue/search.html": "a combobox of the script, and a name in one line",
    "console/queue/ticked.html": "a field inside each choice",
    "console/reporting/parts/reporters.html": "one line for each reporter; one reason is for some alone",
    "public/follow.html": "a hidden text that the script sends",
    "public/parts/device_hashes.html": "never sent: the script reads it on the device",
    "public/parts/figures/period_choice.html": "groups of options, in one line",
}


def _written() -> dict[str, int]:
    found = {}
    for path in TEMPLATES.rglob("*.html"):
        controls = [one for one in _CONTROL.findall(path.read_text()) if not _OF_A_CHOICE.search(one)]
        if controls:
            found[str(path.relative_to(TEMPLATES))] = len(controls)
    return found


def test_a_template_writes_a_field_by_hand_only_for_a_reason() -> None:
    """Boxes, choices and hidden values are no fields in this sense. A reason whose template no longer needs it goes."""
    assert set(_written()) == set(BY_HAND)


def test_such_a_field_names_its_errors_too() -> None:
    """Where a page shows an error beside a control, the control points to it and says that it is wrong."""
    silent = {name for name in set(BY_HAND) - {"console/queue/ticked.html"}
              if "field_errors.html" in (text := (TEMPLATES / name).read_text())
              and not ("aria-describedby" in text and "aria-invalid" in text)}
    assert not silent
