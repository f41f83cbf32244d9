"""Add the labels that a release of a server shows to the recording; its answer to a scrape comes by the standard input.

Only metrics that shipped alerts and their tests name are kept.
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
    found = {name: sets for name, sets in recorded_labels.own_labels(sys.stdin.read()).items() if name in names}
    known = recorded_labels.merged(recorded_labels.recording(tree), server, release, found)
    file = tree.root / recorded_labels.FILE
    file.write_text(f"{json.dumps(known, indent=1)}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
