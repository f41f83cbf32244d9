"""Documents as Filebeat ships them: the message, its origin, and what the configuration adds."""

from __future__ import annotations

import socket
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from .settings import Common

__all__ = ["Documents", "instant", "merged"]


@dataclass(frozen=True)
class Documents:
    """Makes the documents of one run."""

    version: str
    name: str
    common: Common
    identity: str
    run: str = field(default_factory=lambda: str(uuid.uuid4()))

    def of(self, input_type: str, common: Common, fields: dict[str, Any], at: str) -> dict[str, Any]:
        """Return the document of one event, as of an instant."""
        host = self.name or socket.gethostname()
        document = {
            "@timestamp": at,
            "@metadata": {"beat": "filebeat", "type": "_doc", "version": self.version},
            "input": {"type": input_type},
            "host": {"name": host},
            "ecs": {"version": "8.0.0"},
            "agent": {
                "type": "filebeat",
                "version": self.version,
                "name": host,
                "id": self.identity,
                "ephemeral_id": self.run,
            },
        }
        for added in (self.common, common):
            if added.tags:
                document["tags"] = [*document.get("tags", ()), *added.tags]
            if added.fields:
                place = added.fields if added.under_root else {"fields": added.fields}
                document = merged(document, place)
        return merged(document, fields)


def instant(seconds: float) -> str:
    """Return an instant as Filebeat writes it."""
    at = datetime.fromtimestamp(seconds, tz=timezone.utc)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def merged(below: dict[str, Any], above: dict[str, Any]) -> dict[str, Any]:
    """Return both, level by level; where they disagree, the second one."""
    found = dict(below)
    for key, value in above.items():
        inner = found.get(key)
        found[key] = merged(inner, value) if isinstance(inner, dict) and isinstance(value, dict) else value
    return found
