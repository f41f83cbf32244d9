"""Bytecode of what Ansible sends to test hosts, which Python does not keep of archives."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

from ansible_collections.vigil.observability.tests.hosts.python import bytecode_of_payloads

PROGRAM = """\
import sys
import bytecode_of_payloads
bytecode_of_payloads.keep(sys.argv[1])
sys.path.insert(0, sys.argv[2])
import answer
print(answer.ANSWER, answer.__file__)
"""


def answered(folder: Path, archive: Path, source: str) -> str:
    """Return what a process finds in an archive with this source, and where."""
    archive.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(archive, "w") as payload:
        payload.writestr("answer.py", source)
    place = {"PYTHONPATH": str(Path(bytecode_of_payloads.__file__).parent)}
    command = [sys.executable, "-c", PROGRAM, str(folder), str(archive)]
    return subprocess.check_output(command, env=place, text=True).strip()


def test_bytecode_of_a_payload_serves_the_next_one_with_the_same_source(tmp_path: Path) -> None:
    kept, first, second = tmp_path / "kept", tmp_path / "1/x_payload.zip", tmp_path / "2/x_payload.zip"
    assert answered(kept, first, "ANSWER = 'compiled'\n") == f"compiled {first}/answer.py"
    (code,) = kept.iterdir()
    code.write_bytes(code.read_bytes().replace(b"compiled", b"was kept"))
    assert answered(kept, second, "ANSWER = 'compiled'\n") == f"was kept {second}/answer.py"
    assert answered(kept, second, "ANSWER = 'anew'\n") == f"anew {second}/answer.py"


def test_payloads_run_where_no_bytecode_can_be_kept_or_read(tmp_path: Path) -> None:
    kept, archive = tmp_path / "kept", tmp_path / "x_payload.zip"
    kept.write_text("no folder")
    assert answered(kept, archive, "ANSWER = 41\n") == f"41 {archive}/answer.py"
    kept.unlink()
    answered(kept, archive, "ANSWER = 41\n")
    (code,) = kept.iterdir()
    code.write_bytes(b"")
    assert answered(kept, archive, "ANSWER = 41\n") == f"41 {archive}/answer.py"


def test_other_archives_leave_nothing(tmp_path: Path) -> None:
    archive = tmp_path / "pip.whl"
    assert answered(tmp_path / "kept", archive, "ANSWER = 41\n") == f"41 {archive}/answer.py"
    assert not (tmp_path / "kept").exists()
