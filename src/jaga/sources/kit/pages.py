"""The text of an HTML page, in the order in which a person reads it. Scripts, styles and hidden parts are left out."""

import re
from dataclasses import dataclass

from lxml import etree, html
from w3lib.encoding import html_to_unicode

_UNSEEN = frozenset({"script", "style", "noscript", "template", "head", "iframe", "object", "svg", "math", "canvas"})
_BLOCKS = frozenset(
    {
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figcaption",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    }
)
_SPACES = re.compile(r"[ \t\r\f\v\u00a0]+")
_LINES = re.compile(r" ?\n[ \n]*")
MOST_LINKS = 2000


@dataclass(frozen=True)
class WebPage:
    """What a page says. `links` and `pictures` are as written; `noindex`: its author asks that it is not indexed or
    quoted.
    """

    title: str
    text: str
    noindex: bool
    links: tuple[str, ...]
    pictures: tuple[str, ...] = ()


class PageUnreadable(ValueError):
    """The bytes are no page."""


def read_page(body: bytes, content_type: str = "text/html") -> WebPage:
    """The page. A wrong or missing encoding yields replacement characters, never an error. Raises PageUnreadable."""
    _, text = html_to_unicode(content_type, body, auto_detect_fun=_guess)
    if not text.strip("\ufeff\x00 \t\r\n"):
        return WebPage("", "", False, ())
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        root = html.document_fromstring(text.replace("\x00", "").encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError) as error:
        raise PageUnreadable(f"no page: {type(error).__name__}") from error
    if any(one.type_name == "ERR_RESOURCE_LIMIT" for one in parser.error_log):
        raise PageUnreadable("nested too deeply")  # the parser leaves out the rest without an error
    title = root.findtext(".//title") or ""
    asks = _robots(root)
    found = (
        {}
        if asks & {"nofollow", "none"}
        else {one.get("href", "").strip(): None for one in root.iterfind(".//a") if not _nofollow(one)}
    )
    pictures = dict.fromkeys(one.get("src", "").strip() for one in root.iterfind(".//img"))
    noindex = bool(asks & {"noindex", "none"})
    return WebPage(
        _SPACES.sub(" ", title).strip(),
        visible_text(root),
        noindex,
        tuple(found)[:MOST_LINKS],
        tuple(pictures)[:MOST_LINKS],
    )


def text_of(fragment: str) -> str:
    """The text of a piece of HTML, such as a post. Raises PageUnreadable."""
    return read_page(fragment.encode("utf-8", "replace"), "text/html; charset=utf-8").text


def visible_text(root: etree._Element) -> str:
    """The text under this element, block by block. Walks without recursion: pages may nest as they like."""
    parts: list[str] = []
    hidden = 0
    for event, element in etree.iterwalk(root, events=("start", "end")):
        unseen = element.tag in _UNSEEN or element.get("hidden") is not None
        if event == "start":
            hidden += unseen
            text = element.text
        else:
            hidden -= unseen
            text = element.tail if element is not root else ""
        if element.tag in _BLOCKS:
            parts.append("\n")
        if text and not hidden:
            parts.append(text)
    return _LINES.sub("\n", _SPACES.sub(" ", "".join(parts))).strip()


def _robots(root: etree._Element) -> set[str]:
    """What the page asks of programs (`<meta name=robots>`)."""
    return {
        word
        for meta in root.iterfind(".//meta")
        if (meta.get("name") or "").strip().lower() in {"robots", "jaga"}
        for word in re.split(r"[\s,]+", (meta.get("content") or "").lower())
    }


def _nofollow(link: etree._Element) -> bool:
    return "nofollow" in (link.get("rel") or "").lower() or not (link.get("href") or "").strip()


def _guess(body: bytes) -> str:
    """UTF-8 where the bytes are; else the encoding of old western pages, in which every byte is a character."""
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"
