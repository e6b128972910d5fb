"""Members of the public in the story, who use the report form, receipt page and appeal page without JavaScript."""

import re
from collections.abc import Mapping

from jaga_practice.visitor import PageRefused, VisitedPage, Visitor

REPORT, RECEIVED, FOLLOW, APPEAL = "/report/", "/report/received/", "/follow/", "/appeal/"


def report(base_url: str, fields: Mapping[str, str], picture: bytes | None = None) -> str:
    """File a report by the public form; returns the receipt shown (16 digits)."""
    visitor = Visitor(base_url)
    try:
        choice = {name: fields[name] for name in ("platform", "category")}
        form = visitor.send(visitor.open(REPORT), REPORT, {**choice, "step": "next"})
        files = {"screenshots": ("layar.png", picture, "image/png")} if picture else None
        page = visitor.send(form, REPORT, {**fields, "step": "send"}, files)
        found = re.search(r"\b\d{4} \d{4} \d{4} \d{4}\b", page.text)
        if found is None:
            raise PageRefused(f"no receipt on {page.url}: {page.text[:400]}")
        return found.group().replace(" ", "")
    finally:
        visitor.close()


def form(base_url: str) -> VisitedPage:
    """The first page of the form, with its choice of platform and category."""
    visitor = Visitor(base_url)
    try:
        return visitor.open(REPORT)
    finally:
        visitor.close()


def follow(base_url: str, receipt: str) -> VisitedPage:
    """The page that the reporter sees with the receipt."""
    visitor = Visitor(base_url)
    try:
        return visitor.send(visitor.open(FOLLOW), FOLLOW, {"receipt": receipt})
    finally:
        visitor.close()


def appeal(base_url: str, code: str, text: str) -> VisitedPage:
    """Open the statement by its code and appeal, as the account holder."""
    visitor = Visitor(base_url)
    try:
        statement = visitor.send(visitor.open(APPEAL), APPEAL, {"code": code})
        return visitor.send(statement, APPEAL, {"code": code, "text": text, "step": "file"})
    finally:
        visitor.close()


def statement(base_url: str, code: str) -> VisitedPage:
    """The page of the decision that the letter's code opens."""
    visitor = Visitor(base_url)
    try:
        return visitor.send(visitor.open(APPEAL), APPEAL, {"code": code})
    finally:
        visitor.close()


def new_password(base_url: str, code: str) -> str:
    """The restored account's password, which the appeal page shows the code's holder once; empty until then."""
    visitor = Visitor(base_url)
    try:
        statement = visitor.send(visitor.open(APPEAL), APPEAL, {"code": code})
        if not any(form.fields.get("step") == "access" for form in statement.forms):
            return ""  # not restored yet
        page = visitor.send(statement, APPEAL, {"code": code, "step": "access"})
        found = re.search(r"Jaga-[a-z0-9-]+", page.text)
        return found.group() if found else ""
    finally:
        visitor.close()
