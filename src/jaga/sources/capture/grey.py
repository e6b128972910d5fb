"""A page as it is rendered: nothing of it runs, asks for anything or shows a picture; pictures are grey boxes.

This runs where pages are parsed, in the process that reads websites (`jaga.sources.web.crawl`).
"""

import re

from lxml import etree, html
from w3lib.encoding import html_to_unicode

_PICTURES = frozenset({"img", "picture", "svg", "video", "canvas", "image", "embed", "object", "applet"})
_DROPPED = frozenset(
    {
        "script",
        "noscript",
        "iframe",
        "frame",
        "frameset",
        "base",
        "meta",
        "link",
        "audio",
        "source",
        "track",
        "template",
        "portal",
        "math",
        "dialog",
    }
)
_KEPT = frozenset(
    {
        "class",
        "id",
        "style",
        "dir",
        "lang",
        "colspan",
        "rowspan",
        "type",
        "value",
        "hidden",
        "align",
        "title",
        "bgcolor",
        "width",
        "height",
    }
)
_LONGEST_SIDE, _SIDES = 800, (160, 120)
_LARGEST = 1_500_000
_RULES = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'none'; font-src 'none'; form-action 'none';"
    " base-uri 'none'"
)


def grey_page(body: bytes, content_type: str) -> bytes:
    """The page with a grey box for each picture, as UTF-8. Empty if there is nothing to show, or too much."""
    _, text = html_to_unicode(content_type, body, default_encoding="utf-8")
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        root = html.document_fromstring(text.replace("\x00", "").encode("utf-8", "replace"), parser=parser)
    except (etree.LxmlError, ValueError, AssertionError):
        return b""
    for element in list(root.iter(etree.Element)):
        name = element.tag.lower() if isinstance(element.tag, str) else ""
        if name in _PICTURES or (name == "input" and element.get("type", "").strip().lower() == "image"):
            _box(element)
        elif name in _DROPPED:
            _remove(element)
        elif name == "style":
            element.text = _without_addresses(element.text or "")
        else:
            _plain(element)
    shown = etree.tostring(root, encoding="unicode", method="html")
    found = (
        f'<!DOCTYPE html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{_RULES}">{shown}'
    ).encode()
    return found if len(found) <= _LARGEST else b""


def _box(element: html.HtmlElement) -> None:
    """Put a grey box of the picture's size in its place."""
    sides = (_side(element.get(name), usual) for name, usual in zip(("width", "height"), _SIDES, strict=True))
    width, height = sides
    box = etree.Element("span")
    box.set("style", f"all:initial;display:inline-block;width:{width}px;height:{height}px;background:#9e9e9e")
    box.tail = element.tail
    parent = element.getparent()
    if parent is not None:
        parent.replace(element, box)


def _side(written: str | None, usual: int) -> int:
    found = re.match(r"\s*(\d{1,4})", written or "")
    return min(int(found[1]), _LONGEST_SIDE) if found else usual


def _remove(element: html.HtmlElement) -> None:
    """Take it out with what is in it; the text behind it stays."""
    if element.getparent() is not None:
        element.drop_tree()


def _plain(element: html.HtmlElement) -> None:
    """Keep only attributes that neither run nor lead anywhere."""
    for name in list(element.attrib):
        if name.lower() not in _KEPT:
            del element.attrib[name]
    if "style" in element.attrib:
        element.set("style", _without_addresses(element.get("style", "")))


def _without_addresses(style: str) -> str:
    """Style sheets without anything to fetch. What is hidden behind escapes stops at the page's own rules."""
    return re.sub(r"(?i)@import[^;]*;?|(?:url|image-set|cross-fade|element)\s*\([^)]*\)", "", style)
