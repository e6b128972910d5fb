"""An operator's contact person in the story: signs in, opens notices, answers, objects, by the portal's own pages."""

import re

from django.urls import reverse

from jaga_practice.visitor import VisitedPage, Visitor


class PracticeContact:
    """One signed-in contact person (narahubung)."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor

    @classmethod
    def sign_in(cls, base_url: str, username: str, password: str) -> "PracticeContact":
        """Sign in by the console's form, which leads to the portal."""
        visitor, address = Visitor(base_url), reverse("console:sign-in")
        visitor.send(visitor.open(address), address, {"username": username, "password": password})
        return cls(visitor)

    def notices(self) -> VisitedPage:
        """The operator's list."""
        return self._visitor.open(reverse("console:notices"))

    def waiting(self, account: str) -> int | None:
        """The number of the newest notice in the list that names the account; None while there is none."""
        rows = [row for row in self._rows() if account in row]
        return max((int(number) for row in rows for number in re.findall(r"\bP(\d{6,})\b", row)), default=None)

    def row(self, notice_id: int) -> str:
        """What the list says of a notice, as HTML; empty where it is not in it."""
        return next((row for row in self._rows() if f"P{notice_id:06d}" in row), "")

    def _rows(self) -> list[str]:
        return [row.partition("</li>")[0] for row in self.notices().html.split('class="queue__row')[1:]]

    def notice(self, notice_id: int) -> VisitedPage:
        """A notice's page: before it is opened, what opening means; afterwards all of it."""
        return self._visitor.open(reverse("console:notice", args=[notice_id]))

    def open(self, notice_id: int) -> VisitedPage:
        """Open a notice: its provable receipt."""
        return self._visitor.send(self.notice(notice_id), reverse("console:open-notice", args=[notice_id]), {})

    def answer(self, notice_id: int, kind: str, text: str = "", *, handed_over: bool = False) -> VisitedPage:
        """Answer an opened notice. `handed_over`: the holder got the letter."""
        return self._visitor.send(
            self.notice(notice_id), reverse("console:answer-notice", args=[notice_id]),
            {"kind": kind, "text": text, **({"handed_over": "yes"} if handed_over else {})})

    def may_answer(self, notice_id: int) -> bool:
        """Whether an opened notice still waits for an answer."""
        address = reverse("console:answer-notice", args=[notice_id])
        return any(form.action.endswith(address) for form in self.notice(notice_id).forms)

    def object_to(self, notice_id: int, text: str) -> VisitedPage:
        """File an objection (sanggah)."""
        return self._visitor.send(
            self.notice(notice_id), reverse("console:object-to-notice", args=[notice_id]), {"objection": text})

    def open_letters(self, notice_id: int) -> int:
        """Open every letter of the ladder that waits under a notice; returns how many there were."""
        page = self.notice(notice_id)
        waiting = [form.action for form in page.forms if re.search(r"/letters/\d+/open/$", form.action)]
        for address in waiting:
            self._visitor.send(page, address, {})
        return len(waiting)
