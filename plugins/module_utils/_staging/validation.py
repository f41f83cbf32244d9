# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Validation of a configuration by its product's own tools, with their output shown without secrets."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event

from ansible.module_utils.basic import AnsibleModule

from .._errors.sentence import OperatorError
from .._http.secret_spellings import HIDDEN, hidden

__all__ = ["Command", "accepting", "available", "scrubbed"]

# A program and its arguments, in which {dir} stands for the directory of the configuration. Behind the program env and
# the variables that it sets is the program that matters.
Command = tuple[str, ...]

_KEPT = 6
_NAMED = 2
_NICENESS = 10
_NAME = re.compile(r"^[\s-]*[\w.\"'-]+(?:\s*:(?=\s|$)|=)\s*")


def available(module: AnsibleModule, service: str, commands: Sequence[Command]) -> list[Command]:
    """Return the commands whose program is on this host; one warning names the others in check mode.

    Raises OperatorError for a missing program outside of check mode.
    """
    missing = [command for command in commands if not shutil.which(_program(command))]
    if missing:
        named = ", ".join(f"'{shlex.join(_with_directory(command, ''))}'" for command in missing[:_NAMED])
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        sentence = (
            f"The configuration of {service} was not validated by {named}{more}: the program does not exist on "
            "this host"
        )
        if not module.check_mode:
            raise OperatorError(f"{sentence}. Stage the release that contains it first, or correct validate.")
        module.warn(f"{sentence} yet. A run without check mode validates it.")
    return [command for command in commands if command not in missing]


def _program(command: Command) -> str:
    words = command[1:] if Path(command[0]).name == "env" else command
    return next((word for word in words if "=" not in word), command[0])


def accepting(
    commands: Sequence[Command],
    directory: Path,
    *,
    service: str,
    secrets: Iterable[str],
    public: Iterable[str],
) -> Iterator[Command]:
    """Run the commands on the configuration in directory side by side. Yield, in their order, those that accept it.

    Raises OperatorError with the output of the first that rejects it, after which no other one is started. Secrets in
    the output are hidden unless the public texts contain them too.
    """
    refused = Event()
    # One per CPU, and services on this host go first: niceness is that of a thread and of what it starts.
    with ThreadPoolExecutor(len(os.sched_getaffinity(0)), initializer=os.nice, initargs=(_NICENESS,)) as executor:
        answers = executor.map(partial(_answer, directory, service, refused), commands)
        for command, (code, text) in zip(commands, answers):
            if code:
                words = scrubbed(text.replace(f"{directory}/", "").strip(), secrets, [service, *public])
                raise OperatorError(
                    f"'{shlex.join(_with_directory(command, ''))}' rejects the configuration of {service} with exit "
                    f"code {code}. Nothing was staged, and the running service was not touched. Its output:\n"
                    f"{words or '(nothing)'}"
                )
            yield command


def _answer(directory: Path, service: str, refused: Event, command: Command) -> tuple[int, str]:
    """Return the exit code and the output of the command, and set `refused` unless it accepts.

    If that is already set, the command is not run. Raises OperatorError if the command cannot be run.
    """
    if refused.is_set():
        return 0, ""
    try:
        # The module's own run_command forks with code of Python in the child, which threads must not.
        done = subprocess.run(  # pylint: disable=ansible-bad-function
            _with_directory(command, f"{directory}/"),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
    except OSError as error:
        refused.set()
        raise OperatorError(f"Cannot run {command[0]} to validate {service}: {error.strerror or error}.") from error
    if done.returncode:
        refused.set()
    return done.returncode, f"{done.stdout.strip()}\n{done.stderr.strip()}"


def _with_directory(command: Command, prefix: str) -> list[str]:
    """Return the command with {dir}/ replaced by the prefix, and {dir} alone by the directory that it names."""
    return [part.replace("{dir}/", prefix).replace("{dir}", prefix.rstrip("/") or ".") for part in command]


def scrubbed(text: str, secrets: Iterable[str], public: Iterable[str] = ()) -> str:
    """Return the text without anything that stands in the secrets as a line, a value or a part of a value.

    Names before a colon or an equals sign stay legible, as do parts too short to be a secret, and those that the
    public texts show: a file that is secret for its passwords also holds paths and names that everything is full of.
    """
    shown = "\n".join(public)
    parts = [part for part in _parts_of(secrets) if part not in shown]
    text = hidden(text, parts)
    for part in parts:
        # YAML parsers quote the first seven characters of a longer value.
        text = text.replace(f"`{part[:7]}...`", f"`{HIDDEN}`")
    return text


def _parts_of(secrets: Iterable[str]) -> set[str]:
    parts: set[str] = set()
    for secret in secrets:
        lines = [line.strip() for line in secret.splitlines()]
        parts.update(line for line in lines if len(lines) == 1 or not line.endswith(":"))
        for value in (_NAME.sub("", line) for line in lines):
            parts.update((value, *re.split(r"[\s\"'`,{}\[\]]+", value), *re.split(r"[^\w.$-]+", value)))
    return {part for part in parts if len(part) >= _KEPT}
