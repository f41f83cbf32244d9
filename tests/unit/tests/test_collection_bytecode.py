"""Bytecode of collections, which Ansible itself does not keep."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.vigil.observability.tests.setup import collection_bytecode

PROGRAM = """\
import sys
from ansible.utils.collection_loader._collection_finder import _AnsibleCollectionFinder
_AnsibleCollectionFinder(paths=[sys.argv[1]])._install()
from ansible_collections.acme.tools.plugins.module_utils.answer import ANSWER
print(ANSWER)
"""


def test_bytecode_of_a_collection_serves_the_next_process_until_its_source_is_newer(tmp_path: Path) -> None:
    (tmp_path / "python").mkdir()
    (tmp_path / "python" / "sitecustomize.py").symlink_to(collection_bytecode.__file__)
    folders = {"PYTHONPATH": str(tmp_path / "python"), "PYTHONPYCACHEPREFIX": str(tmp_path / "bytecode")}
    environment = {**os.environ, **folders, "PYTHONDONTWRITEBYTECODE": ""}
    source = tmp_path / "ansible_collections/acme/tools/plugins/module_utils/answer.py"
    source.parent.mkdir(parents=True)

    def answer(text: str, written: int) -> str:
        source.write_text(text)
        os.utime(source, (written, written))
        command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
        return subprocess.check_output(command, env=environment, text=True).strip()

    assert answer("ANSWER = 41\n", written=1_000_000_000) == "41"
    assert answer("ANSWER = 42\n", written=1_000_000_000) == "41"
    assert answer("ANSWER = 42\n", written=1_000_000_001) == "42"
