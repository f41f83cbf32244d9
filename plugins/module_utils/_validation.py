# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A configuration put before its product's own tools, whose words are passed on without the secrets in them."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from ansible.module_utils.basic import AnsibleModule

from ._secret_spellings import HIDDEN, hidden
from ._staging import StagingError

__all__ = ["available", "scrubbed", "validate"]

_KEPT = 6
_NAMED = 2
_NAME = re.compile(r"^[\s-]*[\w.\"'-]+(?:\s*:(?=\s|$)|=)\s*")


def available(module: AnsibleModule, service: str, commands: Sequence[Sequence[str]]) -> list[Sequence[str]]:
    """Return the commands whose program is on this host; one warning names the others in check mode.

    Raises StagingError for a missing program outside of check mode.
    """
    missing = [command for command in commands if not shutil.which(command[0])]
    if missing:
        named = ", ".join(f"'{shlex.join(_with_directory(command, ''))}'" for command in missing[:_NAMED])
        more = f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else ""
        sentence = (
            f"The configuration of {service} was not validated by {named}{more}: there is no such program on this host"
        )
        if not module.check_mode:
            raise StagingError(f"{sentence}. Stage the release that brings it first, or correct validate.")
        module.warn(f"{sentence} yet. A run without check mode validates it.")
    return [command for command in commands if command not in missing]


def validate(
    module: AnsibleModule,
    commands: Iterable[Sequence[str]],
    directory: Path,
    *,
    service: str,
    secrets: Iterable[str],
    public: Iterable[str],
) -> None:
    """Run the commands on the configuration in directory. Raises StagingError with the words of one that refuses.

    Those come without the secrets, but for what stands in the public texts too.
    """
    for command in commands:
        try:
            code, out, err = module.run_command(
                _with_directory(command, f"{directory}/"), cwd=str(directory), handle_exceptions=False
            )
        except OSError as error:
            raise StagingError(f"Cannot run {command[0]} to validate {service}: {error.strerror or error}.") from error
        if code:
            words = f"{out.strip()}\n{err.strip()}".replace(f"{directory}/", "").strip()
            words = scrubbed(words, secrets, [service, *public])
            raise StagingError(
                f"'{shlex.join(_with_directory(command, ''))}' rejects the configuration of {service} with exit code "
                f"{code}. Nothing was staged, and what runs was not touched. It says:\n{words or '(nothing)'}"
            )


def _with_directory(command: Sequence[str], prefix: str) -> list[str]:
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
