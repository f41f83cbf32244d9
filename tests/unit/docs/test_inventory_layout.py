"""The layout of files that the guides describe: Ansible reads its inventory alone, and without a word."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
GUIDES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("roles/*/README.md")])
BESIDE = {
    "rules/shop.yml": "groups:\n  - {name: shop, rules: [{record: shop:up, expr: up}]}\n",
    "tests/shop.yml": "rule_files: [../rules/shop.yml]\ntests: []\n",
    "team.tmpl": '{{ define "team" }}firing{{ end }}\n',
    "dashboards/general/start.json": '{"title": "Start", "uid": "start", "time": {"from": "now-1h"}}\n',
}


def listed(monitoring: Path) -> subprocess.CompletedProcess[str]:
    """Ask Ansible for the groups of the inventory, as the guides do; a source that it cannot read is fatal."""
    environment = {**os.environ, "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true"}
    command = [str(Path(sys.executable).with_name("ansible-inventory")), "-i", "inventory", "--list"]
    return subprocess.run(command, cwd=monitoring, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("example", sorted(path.name for path in ROOT.glob("inventories/*")))
def test_an_inventory_is_read_without_a_word_and_what_lies_beside_it_is_not(example: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "inventories" / example, tmp_path / "inventory")
    alone = listed(tmp_path)
    for name, text in BESIDE.items():
        (tmp_path / "files" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "files" / name).write_text(text)
    for name in ("group_vars/all/secrets.yml", "group_vars/prometheus/prometheus.yml", "host_vars/web1.yml"):
        (tmp_path / "inventory" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "inventory" / name).write_text("{}\n")
    found = listed(tmp_path)
    assert (found.returncode, found.stderr) == (0, "")
    assert json.loads(found.stdout) == json.loads(alone.stdout)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_guide_names_the_inventory_alone_and_files_beside_it(guide: Path) -> None:
    text = guide.read_text(encoding="utf-8")
    assert set(re.findall(r"(?:ansible\S*|all) -i (\S+)", text)) <= {"inventory", "<inventory>", "INVENTORY"}
    named = re.findall(r"inventory_dir(?: }}| ~ ')(/[^\s'\"`]*)", text)
    assert [path for path in named if not path.startswith("/../files")] == []
    assert re.findall(r"^# (?:group|host)_vars/.*", text, re.MULTILINE) == []
