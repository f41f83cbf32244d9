"""The tables of shipped alerts in `docs/alerts.md`, made from the rule files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.tests.house_rules.alerts import Alert, shipped, shipped_files
from ansible_collections.vigil.observability.tests.house_rules.generated import Part

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

__all__ = ["BEGIN", "END", "PAGE", "outdated", "write"]

PAGE = "docs/alerts.md"
BEGIN = "<!-- alerts: made by `make docs-tables` -->"
END = "<!-- end of alerts -->"
_PART = Part("part on shipped alerts", BEGIN, END)
_HEAD = "| alert | severity | threshold | for | what |\n| --- | --- | --- | --- | --- |\n"
_LABEL = re.compile(r"\{\{ *\$labels\.(\w+) *\}\}")


def outdated(tree: Tree) -> Iterator[str]:
    """Yield a sentence when the tables are missing or are not what the rule files say."""
    yield from _PART.outdated(tree, _made(tree))


def write(tree: Tree) -> list[str]:
    """Renew the tables and return the name of the page if it changed."""
    return _PART.write(tree, _made(tree))


def _made(tree: Tree) -> dict[str, str]:
    alerts, files = shipped(tree), shipped_files(tree)
    parts = [_part(file, [alert for alert in alerts if alert.file == file]) for file in files]
    return {PAGE: f"{''.join(parts)}\n"} if files or PAGE in tree.names else {}


def _part(file: str, alerts: list[Alert]) -> str:
    area = file.rsplit("/", 1)[1].removesuffix(".yml")
    return f"\n### {area.capitalize()}\n\n[{file}](../{file})\n\n{_HEAD}{''.join(_row(area, one) for one in alerts)}"


def _row(area: str, alert: Alert) -> str:
    threshold = f"`{alert.threshold}` {alert.meaning.rstrip('.')}" if alert.threshold else ""
    what = _LABEL.sub(lambda found: found[1].upper(), alert.annotations.get("summary", ""))
    cells = f"[{alert.name}](runbooks/{area}.md#{alert.name.lower()})", alert.severity, threshold, alert.wait, what
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
