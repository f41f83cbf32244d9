"""Makes the Python environments that stand beside .venv, each once, in the cache, named by what it was made from.

    environments.py auditing|publishing|oldest|newest     prints the folder of its programs
    environments.py oldest|newest COMMAND [ARGUMENT ...]  runs a command for which Ansible is that of this environment

"auditing" and "publishing" have the tools of requirements/auditing.txt and requirements/publishing.txt; "oldest" and
"newest" have the oldest and the newest ansible-core that is supported and that the Pythons of this machine run. A
command that the environment has itself, such as pytest, is taken from there.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

__all__ = ["PYTHONS", "Choice", "choose", "environment_of", "interpreters", "made"]

ROOT = Path(__file__).resolve().parent.parent
# Releases of ansible-core with the Pythons that each runs on, best first.
RELEASES: dict[str, list[tuple[str, tuple[str, ...]]]] = {
    "oldest": [("2.18.19", ("3.11", "3.12", "3.13"))],
    "newest": [("2.21.5", ("3.12", "3.13", "3.14")), ("2.19.14", ("3.11",))],
}
TOOLS = ("auditing", "publishing")
PYTHONS = [f"3.{minor}" for minor in range(9, 15)]
# What plays and the unit tests of plugins need beside ansible-core, in the releases of requirements/development.txt.
BESIDE_CORE = {
    "bcrypt",
    "bottle",
    "cheroot",
    "cryptography",
    "grafana-foundation-sdk",
    "hypothesis",
    "jmespath",
    "promql-parser",
    "pytest",
    "requests",
}


@dataclass(frozen=True)
class Choice:
    """A release of ansible-core and the interpreter that runs it."""

    release: str
    python: str
    interpreter: Path

    @property
    def folder(self) -> str:
        return f"ansible-core-{self.release}-python{self.python}"


def interpreters() -> dict[str, Path]:
    """Return the real interpreters of this machine by version, such as "3.11": those of pyenv, then those on PATH."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    folders = sorted(pyenv.glob("versions/*/bin"))
    folders += [Path(folder) for folder in os.get_exec_path() if not Path(folder).is_relative_to(pyenv)]
    found: dict[str, Path] = {}
    for version in PYTHONS:
        for folder in folders:
            interpreter = folder / f"python{version}"
            if os.access(interpreter, os.X_OK) and not (folder.parent / "pyvenv.cfg").exists():
                found.setdefault(version, interpreter)
    return found


def choose(kind: str, found: dict[str, Path]) -> Choice:
    """Return the best release of this kind for which an interpreter was found, or leave with what is missing."""
    for release, versions in RELEASES[kind]:
        for version in versions:
            if version in found:
                return Choice(release, version, found[version])
    needed = ", ".join(", ".join(versions) for release, versions in RELEASES[kind])
    raise SystemExit(f"ansible-core needs one of Python {needed} and found {', '.join(found) or 'none'}: install one.")


def environment_of(choice: Choice, cache: Path) -> Path:
    """Return the environment of this release, with what plays and unit tests need beside it."""
    lines = (ROOT / "requirements/development.txt").read_text(encoding="utf-8").splitlines()
    beside = [line for line in lines if line.partition("==")[0] in BESIDE_CORE]
    return made(choice.folder, choice.interpreter, [f"ansible-core=={choice.release}", *beside], cache)


def made(name: str, interpreter: Path, requirements: list[str], cache: Path) -> Path:
    """Return the environment that holds these requirements; make it unless it is there."""
    digest = hashlib.sha256("\n".join([str(interpreter), *requirements]).encode()).hexdigest()[:12]
    environment = cache / f"{name}-{digest}"
    cache.mkdir(parents=True, exist_ok=True)
    with Path(f"{environment}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (environment / ".complete").exists():
            shutil.rmtree(environment, ignore_errors=True)
            subprocess.run([interpreter, "-m", "venv", environment], check=True)
            pip = [str(environment / "bin/pip"), "install", "--quiet", "--no-compile", "--disable-pip-version-check"]
            subprocess.run([*pip, *requirements], check=True)
            (environment / ".complete").touch()
    return environment


def run(environment: Path, command: list[str]) -> NoReturn:
    """Become this command, to which Ansible is that of the environment, with the collections of the tests' own."""
    programs = environment / "ansible-programs"
    programs.mkdir(exist_ok=True)
    for program in environment.glob("bin/ansible*"):
        link = programs / program.name
        if not link.is_symlink():
            link.symlink_to(program)
    # Tests reach their hosts through collections of the package `ansible`.
    collections = [os.environ["ANSIBLE_COLLECTIONS_PATH"], sysconfig.get_path("purelib")]
    changed = {
        "PATH": os.pathsep.join([str(programs), os.environ["PATH"]]),
        "ANSIBLE_COLLECTIONS_PATH": os.pathsep.join(collections),
    }
    own = environment / "bin" / command[0]
    os.execvpe(own if own.exists() else command[0], command, {**os.environ, **changed})  # noqa: S606 - no shell here


def main() -> None:
    kind, *command = sys.argv[1:]
    cache = Path(os.environ["VIGIL_CACHE"])
    if kind in TOOLS:
        lines = (ROOT / f"requirements/{kind}.txt").read_text(encoding="utf-8").splitlines()
        requirements = [line for line in lines if re.match(r"\w", line)]
        environment = made(kind, Path(sys.executable).resolve(), requirements, cache)
    else:
        environment = environment_of(choose(kind, interpreters()), cache)
    if command:
        print(environment.name, flush=True)
        run(environment, command)
    print(environment / "bin")


if __name__ == "__main__":
    main()
