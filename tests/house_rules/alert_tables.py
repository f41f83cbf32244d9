"""The tables of shipped alerts in `docs/alerts.md`, made from the rule files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ansible_collections.vigil.observability.tests.house_rules.alerts import Alert, shipped, shipped_files

if TYPE_CHECKING:
    from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

__all__ = ["BEGIN", "END", "PAGE", "outdated", "write"]

PAGE = "docs/alerts.md"
BEGIN = "<!-- alerts: made by `make docs-tables` -->"
END = "<!-- end of alerts -->"
_HEAD = "| alert | severity | threshold | for | what |\n| --- | --- | --- | --- | --- |\n"
_LABEL = re.compile(r"\{\{ *\$labels\.(\w+) *\}\}")


def outdated(tree: Tree) -> Iterator[str]:
    """Yield a sentence when the tables are missing or are not what the rule files say."""
    text = tree.text(PAGE) if PAGE in tree.names else ""
    if shipped_files(tree) and (BEGIN not in text or END not in text):
        yield f"{PAGE}: lacks the lines `{BEGIN}` and `{END}`, between which the tables of alerts belong"
    elif text and _renewed(tree, text) != text:
        yield f"{PAGE}: its tables of alerts are not up to date; run `make docs-tables`"


def write(tree: Tree) -> list[str]:
    """Renew the tables and return the name of the page if it changed."""
    text = tree.text(PAGE) if PAGE in tree.names else ""
    if BEGIN not in text or END not in text or _renewed(tree, text) == text:
        return []
    (tree.root / PAGE).write_text(_renewed(tree, text), encoding="utf-8")
    return [PAGE]


def _renewed(tree: Tree, text: str) -> str:
    before, rest = text.split(BEGIN, 1)
    after = rest.split(END, 1)[1]
    alerts = shipped(tree)
    parts = [_part(file, [alert for alert in alerts if alert.file == file]) for file in shipped_files(tree)]
    return f"{before}{BEGIN}\n{''.join(parts)}\n{END}{after}"


def _part(file: str, alerts: list[Alert]) -> str:
    area = file.rsplit("/", 1)[1].removesuffix(".yml")
    return f"\n### {area.capitalize()}\n\n[{file}](../{file})\n\n{_HEAD}{''.join(_row(area, one) for one in alerts)}"


def _row(area: str, alert: Alert) -> str:
    threshold = f"`{alert.threshold}` {alert.meaning.rstrip('.')}" if alert.threshold else ""
    what = _LABEL.sub(lambda found: found[1].upper(), alert.annotations.get("summary", ""))
    cells = f"[{alert.name}](runbooks/{area}.md#{alert.name.lower()})", alert.severity, threshold, alert.wait, what
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
