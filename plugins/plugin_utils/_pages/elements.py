# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Elements of HTML whose texts stay texts: they are built as a tree, which escapes them when it is written."""

from __future__ import annotations

import unicodedata
from xml.etree.ElementTree import Element, SubElement, tostring

__all__ = ["Content", "element", "markup", "shown", "table"]

Content = str | int | Element


def element(tag: str, *content: Content, **attributes: str | float) -> Element:
    """Return an element; `class_` and the like name attributes that are words of Python."""
    made = Element(tag, {name.rstrip("_").replace("_", "-"): _attribute(value) for name, value in attributes.items()})
    for each in content:
        if isinstance(each, Element):
            made.append(each)
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + shown(str(each))
        else:
            made.text = (made.text or "") + shown(str(each))
    return made


def _attribute(value: str | float) -> str:
    return shown(value) if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")


def shown(text: str) -> str:
    """Return a text in which characters that cannot be seen, or that turn others round, are written as their codes."""
    return "".join(
        char if char == " " or unicodedata.category(char)[0] not in "CZ" else f"\\u{{{ord(char):x}}}" for char in text
    )


def table(head: tuple[str, ...], rows: list[tuple[Content, ...]], class_: str = "") -> Element:
    """Return a table with a head."""
    made = element("table", **({"class": class_} if class_ else {}))
    heads = SubElement(SubElement(made, "thead"), "tr")
    heads.extend(element("th", title) for title in head)
    body = SubElement(made, "tbody")
    for row in rows:
        SubElement(body, "tr").extend(element("td", cell) for cell in row)
    return made


def markup(root: Element) -> str:
    """Return a document of HTML."""
    return f"<!DOCTYPE html>\n{tostring(root, encoding='unicode', method='html')}\n"
