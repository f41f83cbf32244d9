# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of shipped runbooks has what hosts declare for each, in the words of their inputs."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.vigil.observability.tests.house_rules import runbook_tables
from ansible_collections.vigil.observability.tests.house_rules.runbook_tables import BEGIN, END, PAGE
from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

RUNBOOKS = """\
- name: shop_down
  matchers: ['alertname=~"ShopDown|ShopSlow"', 'job!="x"']
  steps:
    - {step: scale_service, parameters: {units: {application: scale_units}}}
    - {step: free_disk, parameters: {journal: true, directories: [pages]}}
    - {step: failover, parameters: {command: promote, unit: {label: standby}}}
  rollback: {step: scale_service, parameters: {units: {application: scale_units}, instances: 0}}
- name: key_lost
  matchers: ['alertname="KeyLost"']
  manual: {command: renew, reason: it has the key}
"""


def test_it_is_renewed_and_found_to_be_old(tmp_path: Path) -> None:
    for name, text in {"runbooks/shop.yml": RUNBOOKS, PAGE: f"Before.\n{BEGIN}\nold\n{END}\nAfter.\n"}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    tree = Tree(tmp_path, ("runbooks/shop.yml", PAGE))
    assert "not up to date" in next(runbook_tables.outdated(tree))
    assert runbook_tables.write(tree) == [PAGE]
    units = "`units: {SCALE_UNITS: [start, stop]}`, `units: {STANDBY: [start]}`"
    declared = f"`vacuum: SIZE`, `clear: {{pages: ...}}`, `run: {{promote: ...}}`, {units}"
    assert tree.text(PAGE).splitlines()[4:-2] == [
        f"| `shop_down` | ShopDown, ShopSlow: `job` not x | `scale_service`, `free_disk`, `failover` | {declared} |",
        "| `key_lost` | KeyLost | a person runs its command |  |",
    ]
    assert list(runbook_tables.outdated(tree)) == []
