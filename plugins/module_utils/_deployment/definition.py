# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a service runs on: staged release and configuration, links, unit, watched files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from .._host.tree import digest_of_file, staging_token
from .._host.version import is_older

__all__ = ["Deployment", "content_digest", "is_irreversible"]


@dataclass(frozen=True)
class Deployment:
    """Everything that determines what a service runs and how; between equal deployments, no switch is needed.

    Without a release, it is a program of the host.
    """

    release: str
    release_token: str | None
    config: str | None
    config_token: str | None
    unit: str
    links: dict[str, str]
    watched: dict[str, str | None] = field(default_factory=dict)  # digest by path, None where there is no file
    parts: dict[str, str | None] = field(default_factory=dict)  # token by path of what else is staged for it
    companions: dict[str, str] = field(default_factory=dict)  # units beside its own, by path
    # How it is asked, told and judged: no reason to restart a process.
    version: str | None = field(default=None, compare=False)
    data_oldest_reader: str | None = field(default=None, compare=False)
    health: dict[str, Any] = field(default_factory=dict, compare=False)
    reload_url: str | None = field(default=None, compare=False)
    watches_config: bool = field(default=False, compare=False)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Deployment:
        """Return the deployment that data describes. Raises TypeError when it does not describe one."""
        found = cls(**data)
        texts = (found.release, found.unit)
        mappings = (found.links, found.watched, found.parts, found.companions, found.health)
        if not all(isinstance(one, str) for one in texts) or not all(isinstance(one, dict) for one in mappings):
            raise TypeError(f"it has no release, unit or links: {sorted(data)}")
        return found

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_staged(cls, release: str, config: str | None, watched: list[str], **rest: Any) -> Deployment:
        """Return the deployment of what is staged at these paths now."""
        return cls(
            release=release,
            release_token=staging_token(Path(release)) if release else None,
            config=config,
            config_token=staging_token(Path(config)) if config else None,
            watched={path: content_digest(Path(path)) for path in watched},
            **rest,
        )

    def needs_restart_after(self, other: Deployment) -> bool:
        """Return whether a process of the other deployment must end before it can be one of this."""
        mine = (self.release, self.release_token, self.unit, self.watched, self.parts)
        return mine != (other.release, other.release_token, other.unit, other.watched, other.parts)

    def has_config_of(self, other: Deployment) -> bool:
        return (self.config, self.config_token) == (other.config, other.config_token)

    def lines(self) -> list[str]:
        """Return one line for each part, for people to compare."""
        tokens = {self.release: self.release_token, self.config: self.config_token}
        linked = [f"{link} -> {target}{_staged(tokens.get(target))}" for link, target in sorted(self.links.items())]
        parts = [f"{path}{_staged(token)}" for path, token in sorted(self.parts.items())]
        watched = [f"{path}: {(digest or 'absent')[:12]}" for path, digest in sorted(self.watched.items())]
        return linked + parts + watched


def content_digest(path: Path) -> str | None:
    """Return the digest of the file's content, None when it cannot be read."""
    try:
        return digest_of_file(path)
    except OSError:
        return None


def _staged(token: str | None) -> str:
    return f" (staged as {token[:8]})" if token else ""


def is_irreversible(active: Deployment, desired: Deployment) -> bool:
    """Return whether the active release cannot read what the desired one writes."""
    reader = desired.data_oldest_reader
    return bool(active.version and reader and is_older(active.version, reader))
