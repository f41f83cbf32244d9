# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The seal of a configuration: equal on host and controller where nothing is left to stage.

A configuration holds secrets, which could be guessed from a plain digest. A seal also uses a key, a new one in
each run, which nobody else knows.
"""

from __future__ import annotations

import hmac
import json
import stat
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from .._host.system_user import gid_of, uid_of
from .._host.tree import staging_facts
from .configuration import Configuration, ConfigurationFile, found_at
from .directory import leftovers

__all__ = ["seal", "seal_of_untouched"]


def seal(directory: str, digest: str, validated_by: Sequence[Sequence[str]], key: str) -> str:
    """Return the seal of a configuration in a directory, with this digest, that these commands have accepted."""
    text = json.dumps([directory, digest, [list(command) for command in validated_by]])
    return hmac.new(key.encode(), text.encode(), "sha256").hexdigest()


def seal_of_untouched(directory: Path, service: Mapping[str, Any], key: str) -> str | None:
    """Return the seal of a staged configuration of a service, a mapping with the keys name, user and uid.

    None if it, its marker or its user was changed since staging, or if a killed run left something behind.
    """
    user, facts, found = service["user"] or service["name"], staging_facts(directory), found_at(directory)
    gid, uid = gid_of(user), uid_of(user)
    if gid is None or uid is None or service["uid"] not in (None, uid) or leftovers(directory.parent):
        return None
    contents = {path: entry for path, entry in found.items() if entry.content is not None}
    files = (ConfigurationFile(path, e.content or b"", stat.S_IMODE(e.mode), False) for path, e in contents.items())
    configuration = Configuration(service["name"], user, tuple(files))
    if configuration.entries(gid) != found or configuration.digest != facts.get("digest"):
        return None
    return seal(str(directory), configuration.digest, facts.get("validated_by", []), key)
