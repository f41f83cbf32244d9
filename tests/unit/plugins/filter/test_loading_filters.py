"""What Ansible loads when a play uses one filter: the files of all, in each fork that has not inherited them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FILTERS = sorted(path.stem for path in (Path(__file__).resolve().parents[4] / "plugins/filter").glob("*.py"))
LOAD = """
import importlib, sys
for name in sys.argv[1:]:
    importlib.import_module(f"ansible_collections.vigil.observability.plugins.filter.{name}")
print(*sys.modules)
"""


def test_filters_load_none_of_the_libraries_and_generators_that_only_some_need() -> None:
    assert FILTERS
    done = subprocess.run([sys.executable, "-c", LOAD, *FILTERS], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "ansible_collections.vigil.observability.plugins.filter.slo_rules" in loaded
    parts = {part for name in loaded for part in name.split(".")}
    assert not {"_pki", "generated", "panels", "grafana_foundation_sdk", "promql_parser"} & parts
