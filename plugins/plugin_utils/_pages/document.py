# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A report as one page of HTML, which loads nothing."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree.ElementTree import Element

from ansible_collections.vigil.observability.plugins.plugin_utils._pages.elements import element, markup
from ansible_collections.vigil.observability.plugins.plugin_utils._pages.style import POLICY, STYLE

__all__ = ["page"]


def page(title: str, summary: Element, sections: Iterable[tuple[str, list[Element]]]) -> str:
    """Return the page with a heading for each section; of an empty one, it shows that there is nothing."""
    head = element("head", element("meta", charset="utf-8"), element("title", title))
    head.append(element("meta", http_equiv="Content-Security-Policy", content=POLICY))
    head.append(element("meta", name="viewport", content="width=device-width, initial-scale=1"))
    style = element("style")
    style.text = STYLE
    head.append(style)
    body = element("body", element("h1", title), summary)
    for heading, content in sections:
        body.append(element("h2", heading))
        body.extend(content or [element("p", "None.", class_="none")])
    return markup(element("html", head, body, lang="en"))
