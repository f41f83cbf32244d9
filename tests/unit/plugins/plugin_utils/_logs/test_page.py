# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

from ansible_collections.vigil.observability.plugins.plugin_utils._logs.page.report import page_of
from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils._logs.conftest import (
    Analyse,
    document,
    steady,
)

HOSTILE = "</code></title></style><script src=//evil.example/x.js></script><img src=x onerror=alert(1)>\"'&lt;"
TURNED = "a\u202eb\x1b[31m\x00c"
LOADING = {
    "href",
    "src",
    "srcset",
    "data",
    "action",
    "formaction",
    "poster",
    "background",
    "style",
    "xlink:href",
    "cite",
}
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "h1", "h2", "p", "table", "thead", "tbody", "tr", "th", "td"),
    *("span", "div", "code", "details", "summary", "ul", "li", "figure", "figcaption"),
    *("svg", "rect", "line", "text", "g", "circle"),
}


class Page(HTMLParser):
    """The elements of a page, their attributes, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.values: list[str] = []
        self.text = ""
        self.style = ""
        self._open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}
        self.values += [value or "" for _name, value in attrs]
        if tag != "meta":
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1:] == ["style"]:
            self.style += data
        else:
            self.text += data


def hostile(analyse: Analyse) -> dict[str, Any]:
    lines = steady("shop", range(6), 20) + steady(HOSTILE, range(6), 20)
    lines += [
        document(
            2,
            f"{HOSTILE} {TURNED}",
            level="error",
            service=HOSTILE,
            errorName=HOSTILE,
            userId=HOSTILE,
            correlationId=HOSTILE,
        )
        for _time in range(90)
    ]
    events = {"time": "2026-01-09T21:30:00Z", "service": HOSTILE, "version": HOSTILE}
    alert = {"labels": {"alertname": HOSTILE}, "startsAt": "2026-01-09T21:00:00Z"}
    return analyse([*lines, f"{{{HOSTILE}"], baseline="5d", deployments=[events], alerts=[alert])


def test_hostile_lines_stay_text(analyse: Analyse) -> None:
    page = Page(page_of(hostile(analyse)))
    assert page.tags == TAGS
    assert page.text.count(HOSTILE) > 10
    assert "alert(1)" in page.text
    assert not {name for name in page.attributes if name.startswith("on")}


def test_nothing_is_loaded_from_anywhere(analyse: Analyse) -> None:
    page = Page(page_of(hostile(analyse)))
    assert not page.attributes & LOADING
    assert "url(" not in page.style
    assert "@import" not in page.style
    (policy,) = (value for value in page.values if value.startswith("default-src"))
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


def test_characters_that_cannot_be_seen_are_shown_as_their_codes(analyse: Analyse) -> None:
    text = page_of(hostile(analyse))
    assert r"a\u{202e}b\u{1b}[31m\u{0}c" in Page(text).text
    assert not {char for char in text if char < " " and char != "\n"}


def test_page_shows_what_was_found(analyse: Analyse) -> None:
    result = hostile(analyse)
    page = Page(page_of(result))
    for part in (
        "error rate spike",
        "traffic spike",
        "90 of",
        "deployment",
        "first lines that could not be used: app.log:",
    ):
        assert part in page.text
    assert sum("Errors by hour" in value for value in page.values) == 1
    assert sum("Lines by hour of" in value for value in page.values) == 2


def test_page_of_a_quiet_day_says_that_there_is_nothing(analyse: Analyse) -> None:
    text = Page(page_of(analyse(steady("shop", range(6), 5), baseline="5d"))).text
    assert text.count("None.") == 7


def test_page_of_very_many_services_says_how_many_it_leaves_out(analyse: Analyse) -> None:
    page = Page(page_of(analyse([document(1, service=f"s{number}") for number in range(30)])))
    assert "6 more services are in the JSON result." in page.text
