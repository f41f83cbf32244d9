"""Check the house rules, or with the word `tables` renew what is made from other files: tables and plays."""

from __future__ import annotations

import sys
from pathlib import Path

from ansible_collections.vigil.observability.tests.house_rules import (
    activation,
    alert_tables,
    alerts,
    files,
    forecasts,
    inputs,
    links,
    recorded_labels,
    reserved_labels,
    rooms,
    runbook_tables,
    runbooks,
    service_inputs,
    service_tables,
    tables,
    tasks,
)
from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

RULES = (
    inputs.disagreements,
    service_inputs.outdated,
    tables.outdated,
    service_tables.outdated,
    activation.outdated,
    files.overlong,
    files.unwanted_words,
    tasks.misnamed,
    alerts.incomplete,
    forecasts.hasty,
    runbooks.faults,
    links.broken,
    rooms.disorderly,
    rooms.drawn_otherwise,
    alert_tables.outdated,
    runbook_tables.outdated,
    recorded_labels.invented,
    reserved_labels.outdated,
)


def main() -> int:
    tree = Tree.of(Path.cwd())
    if sys.argv[1:] == ["tables"]:
        # What one writes can be a new file, which the next ones read.
        writers = (
            *(service_inputs, activation, service_tables, tables, alert_tables, runbook_tables, reserved_labels),
        )
        changed = [name for writer in writers for name in writer.write(Tree.of(Path.cwd()))]
        print("\n".join(changed) or "Everything is up to date.")
        return 0
    found = [sentence for rule in RULES for sentence in rule(tree)]
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
