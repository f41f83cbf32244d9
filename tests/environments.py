"""Makes the Python environments that stand beside .venv, each once, in the cache, named by what it was made from.

    environments.py auditing|publishing|oldest|newest     prints the folder of its programs
    environments.py telemetry_oldest|telemetry_newest     likewise
    environments.py KIND COMMAND [ARGUMENT ...]           runs a command for which Ansible is that of this environment

"auditing" and "publishing" have the tools of requirements/auditing.txt and requirements/publishing.txt; "oldest" and
"newest" have the oldest and the newest ansible-core that is supported and that the Pythons of this machine run.
"hosts_oldest" and "hosts_newest" have the oldest and the newest Python of this machine that hosts may have, with what
ansible-core sends to hosts. "telemetry_oldest" and "telemetry_newest" have what packages/telemetry depends on: the
lowest versions on the oldest Python of this machine, and the newest versions on the newest Python. A command that the
environment has itself, such as pytest, is taken from there.
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
from collections.abc import Sequence
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
# What hosts may have: releases of ansible-core that send their module_utils, with the Pythons of hosts, best first.
ON_HOSTS: dict[str, list[tuple[str, tuple[str, ...]]]] = {
    "hosts_oldest": [(RELEASES["oldest"][0][0], tuple(PYTHONS))],
    "hosts_newest": [(RELEASES["newest"][0][0], tuple(reversed(PYTHONS)))],
}
# Environments of packages/telemetry, with the Pythons that their requirements are locked for, best first.
TELEMETRY = {
    "telemetry_oldest": ("3.9", "3.10", "3.11"),
    "telemetry_newest": ("3.13", "3.12", "3.14"),
}
# What plays and the unit tests of plugins need beside ansible-core, in the releases of requirements/development.txt.
BESIDE_CORE = {
    "bcrypt",
    "bottle",
    "cheroot",
    "cryptography",
    "flit_core",
    "grafana-foundation-sdk",
    "hypothesis",
    "jmespath",
    "lscl",
    "maxminddb",
    "mmdb_writer",
    "orjson",
    "polars",
    "prometheus-client",
    "promql-parser",
    "pylogbeat",
    "pytest",
    "pytest-cov",
    "pytest-testinfra",
    "pytest-timeout",
    "requests",
    "ua-parser",
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
    releases = {**RELEASES, **ON_HOSTS}[kind]
    for release, versions in releases:
        for version in versions:
            if version in found:
                return Choice(release, version, found[version])
    needed = ", ".join(", ".join(versions) for release, versions in releases)
    raise SystemExit(f"ansible-core needs one of Python {needed} and found {', '.join(found) or 'none'}: install one.")


def environment_of(choice: Choice, cache: Path) -> Path:
    """Return the environment of this release, with what plays and unit tests need beside it."""
    beside = [line for line in required("development") if line.partition("==")[0] in BESIDE_CORE]
    return made(choice.folder, choice.interpreter, [f"ansible-core=={choice.release}", *beside], cache)


def host_environment_of(choice: Choice, cache: Path) -> Path:
    """Return the environment of unit tests on a Python of hosts, which ansible-core itself need not run on."""
    alone = [f"ansible-core=={choice.release}"]
    return made(f"hosts-{choice.folder}", choice.interpreter, required("hosts"), cache, alone)


def telemetry_environment_of(kind: str, found: dict[str, Path], cache: Path) -> Path:
    """Return the environment of tests of packages/telemetry, on the best Python for which an interpreter was found."""
    for version in TELEMETRY[kind]:
        if version in found:
            return made(f"{kind}-python{version}", found[version], required(kind), cache)
    raise SystemExit(f"{kind} needs one of Python {', '.join(TELEMETRY[kind])} and found {', '.join(found) or 'none'}.")


def required(kind: str) -> list[str]:
    """Return the lines of a file of requirements without its comments."""
    lines = (ROOT / f"requirements/{kind}.txt").read_text(encoding="utf-8").splitlines()
    return [line for line in lines if re.match(r"\w", line)]


def made(name: str, interpreter: Path, requirements: list[str], cache: Path, alone: Sequence[str] = ()) -> Path:
    """Return the environment that holds these requirements; make it unless it is there.

    Those `alone` are installed without what they require, be it another Python.
    """
    digest = hashlib.sha256("\n".join([str(interpreter), *requirements, *alone]).encode()).hexdigest()[:12]
    environment = cache / f"{name}-{digest}"
    cache.mkdir(parents=True, exist_ok=True)
    with Path(f"{environment}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (environment / ".complete").exists():
            shutil.rmtree(environment, ignore_errors=True)
            subprocess.run([interpreter, "-m", "venv", environment], check=True)
            pip = [str(environment / "bin/pip"), "install", "--quiet", "--no-compile", "--disable-pip-version-check"]
            subprocess.run([*pip, *requirements], check=True)
            if alone:
                subprocess.run([*pip, "--no-deps", "--ignore-requires-python", *alone], check=True)
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
    if environment.name.startswith("telemetry"):
        changed["PYTHONPATH"] = str(ROOT / "packages/telemetry/src")
    own = environment / "bin" / command[0]
    os.execvpe(own if own.exists() else command[0], command, {**os.environ, **changed})  # noqa: S606 - no shell here


def main() -> None:
    kind, *command = sys.argv[1:]
    cache = Path(os.environ["VIGIL_CACHE"])
    if kind in TOOLS:
        environment = made(kind, Path(sys.executable).resolve(), required(kind), cache)
    elif kind in TELEMETRY:
        environment = telemetry_environment_of(kind, interpreters(), cache)
    else:
        choice = choose(kind, interpreters())
        environment = (host_environment_of if kind in ON_HOSTS else environment_of)(choice, cache)
    if command:
        print(environment.name, flush=True)
        if kind in ON_HOSTS and choice.python != (best := ON_HOSTS[kind][0][1][0]):
            print(f"hosts-python{best}: not tested, because Python {best} was not found here", flush=True)
        run(environment, command)
    print(environment / "bin")


if __name__ == "__main__":
    main()
