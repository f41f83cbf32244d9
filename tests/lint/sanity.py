"""Run ansible-test sanity with the oldest or the newest ansible-core that the Pythons of this machine can run.

It reads what the archive holds, as Galaxy has it checked. What stays in the repository is linted by ruff and mypy, by
stricter rules; pylint alone would take longer for it than for all that users install.

ansible-test wants the collection at a real path, interpreters that are no shims, and a pip bootstrap file from a server
that not every network reaches; each is arranged here, in a folder of the cache that the next run finds again.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path, PurePath

import yaml

from ansible_collections.vigil.observability.tests.environments import (
    PYTHONS,
    Choice,
    choose,
    environment_of,
    interpreters,
)

# What ansible-test downloads as get-pip: it is called with packages and flags, and installs those packages.
GET_PIP = """\
import subprocess
import sys

wanted = [word for word in sys.argv[1:] if word not in ("--no-setuptools", "--no-wheel")]
subprocess.run([sys.executable, "-m", "ensurepip"], check=True, stdout=subprocess.DEVNULL)
subprocess.run([sys.executable, "-m", "pip", "install", *wanted], check=True)
"""


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold the folder for this run: its copy of the collection serves one at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def provide_pip(ansible_test: Path, home: Path) -> None:
    """Put the stand-in where ansible-test keeps what it downloads, and the user's settings where pip looks for them."""
    packages = next(ansible_test.parent.parent.glob("lib/python3.*/site-packages"))
    source = packages / "ansible_test" / "_internal" / "python_requirements.py"
    cache = home / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    settings = Path.home() / ".config" / "pip"
    (home / ".config").mkdir(exist_ok=True)
    if settings.is_dir() and not (home / ".config" / "pip").exists():
        (home / ".config" / "pip").symlink_to(settings)
    for version in re.findall(r"\bpip='([\d.]+)'", source.read_text(encoding="utf-8")):
        (cache / f"get_pip_{version.replace('.', '_')}.py").write_text(GET_PIP, encoding="utf-8")


def link_shellcheck(folder: Path) -> Path:
    """Return a folder that holds shellcheck alone: ansible-test would take other programs beside it for its own."""
    tools = folder / "tools"
    tools.mkdir(exist_ok=True)
    if program := shutil.which("shellcheck"):
        (tools / "shellcheck").unlink(missing_ok=True)
        (tools / "shellcheck").symlink_to(program)
    return tools


def shipped(names: list[str], ignored: list[str]) -> list[str]:
    """Return of these files those of the archive, by the patterns of `build_ignore`, and ansible-test's settings.

    A pattern stands for a file or a folder with all that is in it, as it does to `ansible-galaxy collection build`.
    """

    def left_out(name: str) -> bool:
        parts = [name, *map(str, PurePath(name).parents)][:-1]
        return any(fnmatchcase(part, pattern) for part in parts for pattern in ignored)

    return [name for name in names if name == "tests/config.yml" or not left_out(name)]


def copy_collection(target: Path) -> None:
    """Make target what is shipped of the files that git knows or would take up, and keep what ansible-test put out."""
    output = target / "tests" / "output"
    kept = target.parent / "output"
    if output.exists():
        output.rename(kept)
    shutil.rmtree(target, ignore_errors=True)
    listed = subprocess.check_output(["git", "ls-files", "-coz", "--exclude-standard"], text=True)
    ignored = yaml.safe_load(Path("galaxy.yml").read_text(encoding="utf-8"))["build_ignore"]
    for name in shipped(listed.split("\0"), ignored):
        if name and os.path.lexists(name):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(name, target / name, follow_symlinks=False)
    if kept.exists():
        output.parent.mkdir(parents=True, exist_ok=True)
        kept.rename(output)


def announce(choice: Choice, found: dict[str, Path]) -> None:
    """Say what is tested with what, and what is not tested."""
    print(f"ansible-core {choice.release} on Python {choice.python}; code of hosts on Python {', '.join(found)}")
    if missing := [version for version in PYTHONS if version not in found]:
        print(f"not tested, because not found here: Python {', '.join(missing)}")
    sys.stdout.flush()


def main() -> int:
    kind, cache, *words = sys.argv[1:]
    found = interpreters()
    choice = choose(kind, found)
    announce(choice, found)
    folder = Path(cache) / "sanity" / choice.folder
    with alone_in(folder):
        ansible_test = environment_of(choice, Path(cache)) / "bin/ansible-test"
        home = folder / "home"
        provide_pip(ansible_test, home)
        collection = folder / "ansible_collections" / "vigil" / "observability"
        copy_collection(collection)
        tools = link_shellcheck(folder)
        path = [*{str(interpreter.parent): None for interpreter in found.values()}, str(tools), "/usr/bin", "/bin"]
        environment = {"HOME": str(home), "LC_ALL": "C.UTF-8", "PATH": os.pathsep.join(path)}
        command = [str(ansible_test), "sanity", "--venv", "--color", "no", *words]
        return subprocess.run(command, cwd=collection, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
