"""What ansible-test sanity reads of the repository."""

from __future__ import annotations

from pathlib import Path

import yaml

from ansible_collections.vigil.observability.tests.lint.sanity import shipped

ROOT = Path(__file__).resolve().parents[3]


def test_sanity_reads_what_the_archive_holds_and_the_settings_of_ansible_test() -> None:
    ignored = yaml.safe_load((ROOT / "galaxy.yml").read_text(encoding="utf-8"))["build_ignore"]
    read = ["packages/shop/shop/application.py", "plugins/modules/root_files.py", "tests/config.yml", "galaxy.yml"]
    unread = [
        "packages/shop/tests/test_orders.py",
        "tests/run.py",
        "molecule/conftest.py",
        ".github/x.py",
        "demo/up.py",
    ]
    assert shipped([*read, *unread], ignored) == read
