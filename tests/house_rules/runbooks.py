"""The runbook pages: where the links of alerts lead, and what each section of a page has to say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.packages.incident_response.incident_response.intake.alert import OWN
from ansible_collections.vigil.observability.tests.house_rules.alerts import shipped, shipped_files

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

__all__ = ["HEADINGS", "faults", "misled", "sections", "superfluous"]

HEADINGS = ("Meaning", "Impact", "Diagnosis", "What to do", "When to escalate")
_URL = "https://github.com/vigil-observability/vigil.observability/blob/main/"
_CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_SECTION = re.compile(r"^## +(?P<name>.+)\n(?P<body>(?:(?!## ).*(?:\n|\Z))*)", re.MULTILINE)


def sections(tree: Tree, page: str) -> dict[str, str]:
    """Return the text below each heading `## Name` of a page, without what is code."""
    text = _CODE.sub("", tree.text(page) if page in tree.names else "")
    return {found["name"].strip(): found["body"] for found in _SECTION.finditer(text)}


def faults(tree: Tree) -> Iterator[str]:
    """Yield a sentence for every shipped alert whose link leads nowhere, and every section that is not complete.

    Sections without an alert are looked for on the pages that belong to shipped rule files; the alerts of others are
    made from data. Some alerts there are posted by incident_response, without a rule.
    """
    alerts = shipped(tree)
    yield from misled(tree, {alert.name: alert.annotations.get("runbook_url", "") for alert in alerts})
    for page in tree.matching("docs/runbooks/*.md"):
        for name, body in sections(tree, page).items():
            if name[:1].isupper() and " " not in name:
                yield from _incomplete(page, name, body)
    pages = {f"docs/runbooks/{file.rsplit('/', 1)[1].removesuffix('.yml')}.md" for file in shipped_files(tree)}
    yield from superfluous(tree, pages, [*(alert.name for alert in alerts), *OWN])


def misled(tree: Tree, links: dict[str, str]) -> Iterator[str]:
    """Yield a sentence for every alert whose `runbook_url` does not lead to the section of that alert on a page."""
    for name, link in links.items():
        page, _hash, anchor = link.removeprefix(_URL).partition("#")
        if not link.startswith(f"{_URL}docs/runbooks/") or page not in tree.names:
            yield f"{name} links to {link or 'nothing'}, which is no page of docs/runbooks"
        elif anchor != name.lower():
            yield f"{name} links to {link}, which does not end in #{name.lower()}"
        elif name not in sections(tree, page):
            yield f"{page}: has no section `## {name}`, to which that alert links"


def superfluous(tree: Tree, pages: Iterable[str], names: Iterable[str]) -> Iterator[str]:
    """Yield a sentence for every section of the pages that is about an alert which is none of these names."""
    known = set(names)
    for page in sorted(pages):
        for name in sections(tree, page):
            if " " not in name and name not in known:
                yield f"{page}: the section {name} is about an alert that there is not"


def _incomplete(page: str, name: str, body: str) -> Iterator[str]:
    found = re.findall(r"^### +(.+?) *$", body, re.MULTILINE)
    if found != list(HEADINGS):
        yield f"{page}: the section {name} has the headings {found}; it needs {list(HEADINGS)}, in this order"
        return
    for heading, text in zip(HEADINGS, re.split(r"^### .+$", body, flags=re.MULTILINE)[1:], strict=True):
        if not text.strip() and heading != "Diagnosis":
            yield f"{page}: {heading} of {name} is empty"
