"""An operator's contact person in the story, who uses the pages of the portal."""

import re

from django.urls import reverse

from jaga_practice.visitor import VisitedPage, Visitor


class PracticeContact:
    """A signed-in contact person (narahubung)."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor

    @classmethod
    def sign_in(cls, base_url: str, username: str, password: str) -> "PracticeContact":
        """Sign in by the console's form, which leads to the portal."""
        visitor, address = Visitor(base_url), reverse("console:sign-in")
        visitor.send(visitor.open(address), address, {"username": username, "password": password})
        return cls(visitor)

    def notices(self) -> VisitedPage:
        """The list of notices."""
        return self._visitor.open(reverse("console:notices"))

    def waiting(self, account: str) -> int | None:
        """The id of the newest notice about this account; None without one."""
        rows = [row for row in self._rows() if account in row]
        return max((int(number) for row in rows for number in re.findall(r"\bP(\d{6,})\b", row)), default=None)

    def row(self, notice_id: int) -> str:
        """The notice's row in the list as HTML; empty if it is not listed."""
        return next((row for row in self._rows() if f"P{notice_id:06d}" in row), "")

    def _rows(self) -> list[str]:
        return [row.partition("</li>")[0] for row in self.notices().html.split('class="queue__row')[1:]]

    def notice(self, notice_id: int) -> VisitedPage:
        """The notice's page: before opening, what opening means; afterwards its content."""
        return self._visitor.open(reverse("console:notice", args=[notice_id]))

    def open(self, notice_id: int) -> VisitedPage:
        """Open a notice, which proves its receipt."""
        return self._visitor.send(self.notice(notice_id), reverse("console:open-notice", args=[notice_id]), {})

    def answer(self, notice_id: int, kind: str, text: str = "", *, handed_over: bool = False) -> VisitedPage:
        """Answer an opened notice. `handed_over`: the holder got the letter."""
        return self._visitor.send(
            self.notice(notice_id),
            reverse("console:answer-notice", args=[notice_id]),
            {"kind": kind, "text": text, **({"handed_over": "yes"} if handed_over else {})},
        )

    def may_answer(self, notice_id: int) -> bool:
        """Whether an opened notice still waits for an answer."""
        address = reverse("console:answer-notice", args=[notice_id])
        return any(form.action.endswith(address) for form in self.notice(notice_id).forms)

    def object_to(self, notice_id: int, text: str) -> VisitedPage:
        """File an objection (sanggah)."""
        return self._visitor.send(
            self.notice(notice_id), reverse("console:object-to-notice", args=[notice_id]), {"objection": text}
        )

    def open_letters(self, notice_id: int) -> int:
        """Open every waiting escalation letter of a notice; returns how many."""
        page = self.notice(notice_id)
        waiting = [form.action for form in page.forms if re.search(r"/letters/\d+/open/$", form.action)]
        for address in waiting:
            self._visitor.send(page, address, {})
        return len(waiting)
