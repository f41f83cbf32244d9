"""Downloads the wheels that a lock names for the Pythons of test hosts, once, into a folder.

wheels.py FOLDER LOCK HOST...
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ansible_collections.vigil.observability.plugins.module_utils._staging.python_environment import Interpreter
from ansible_collections.vigil.observability.plugins.plugin_utils._python.environment_archive import _markers, _options
from ansible_collections.vigil.observability.plugins.plugin_utils._python.requirements import locked


def main() -> None:
    folder, lock, hosts = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    folder.mkdir(parents=True, exist_ok=True)
    packages = locked(lock.read_text(encoding="utf-8"))

    def download(host: str) -> str:
        target = python_of(host)
        lines = "\n".join(package.line() for package in packages if package.wanted_by(_markers(target)))
        done = folder / f"{hashlib.sha256(f'{lines}{target}'.encode()).hexdigest()[:12]}.txt"
        if done.exists():
            return ""
        (requirements := done.with_suffix(".new")).write_text(lines)
        command = [sys.executable, "-m", "pip", "download", "--requirement", str(requirements), "--dest", str(folder)]
        command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--quiet", *_options(target)]
        failed = subprocess.run(command, capture_output=True, text=True, check=False)
        if failed.returncode:
            return failed.stderr
        requirements.rename(done)
        return ""

    with ThreadPoolExecutor() as threads:
        if failures := [failure for failure in threads.map(download, hosts) if failure]:
            sys.exit("wheels: " + "\n".join(failures))


def python_of(host: str) -> Interpreter:
    """Return the Python of a host."""

    def run(command: list[str], **_options: object) -> tuple[int, str, str]:
        done = subprocess.run(["docker", "exec", host, *command], capture_output=True, text=True, check=False)
        return done.returncode, done.stdout, done.stderr

    return Interpreter.at("/usr/bin/python3", run)


if __name__ == "__main__":
    main()
