"""Add what a release of a server shows to the recordings; its answer to a scrape comes by the standard input.

Labels are kept of metrics that shipped alerts and their tests name; names of all, for tests of dashboards.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ansible_collections.vigil.observability.tests.house_rules import recorded_labels
from ansible_collections.vigil.observability.tests.house_rules.tree import Tree


def main() -> None:
    server, release = sys.argv[1:]
    tree = Tree.of(Path.cwd())
    names = recorded_labels.named(tree)
    shown = recorded_labels.own_labels(sys.stdin.read())
    found = {name: sets for name, sets in shown.items() if name in names}
    known = recorded_labels.merged(recorded_labels.recording(tree), server, release, found)
    file = tree.root / recorded_labels.FILE
    file.write_text(f"{json.dumps(known, indent=1)}\n", encoding="utf-8")
    listed = tree.root / recorded_labels.NAMES / f"{server}.txt"
    before = listed.read_text(encoding="utf-8").split() if listed.exists() else []
    listed.write_text("".join(f"{name}\n" for name in sorted({*before, *shown})), encoding="utf-8")


if __name__ == "__main__":
    main()
