"""Prints what Prometheus on this host serves and from what, as JSON: what serves, its process, and what is staged."""

from __future__ import annotations

import json
import ssl
import subprocess
import time
from base64 import b64encode
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

UNIT = "/etc/systemd/system/prometheus.service"
PASSWORD = "/etc/prometheus/secrets/prometheus"
TRUST = ssl.create_default_context(cafile="/etc/vigil/certificates/authorities.crt")


def ask(path: str) -> Any:
    """Return the parsed answer of Prometheus; raise when it is no good one."""
    word = b64encode(f"prometheus:{Path(PASSWORD).read_text()}".encode()).decode()
    request = Request(f"https://localhost:9090{path}", headers={"Authorization": f"Basic {word}"})
    with urlopen(request, timeout=10, context=TRUST) as answer:  # noqa: S310 - of this host alone
        return json.load(answer)["data"]


def health() -> dict[str, str]:
    """Return how each target does, as soon as all have been scraped."""
    for _attempt in range(100):
        found = {one["labels"]["job"]: one["health"] for one in ask("/api/v1/targets")["activeTargets"]}
        if found and "unknown" not in found.values():
            return found
        time.sleep(0.1)
    raise SystemExit("No target was scraped within ten seconds")


def shown(*properties: str) -> list[str]:
    """Return these properties of the unit."""
    words = ["systemctl", "show", "--value", *(f"--property={one}" for one in properties), "prometheus"]
    return [line for line in subprocess.check_output(words, text=True).splitlines() if line]


def below(folder: str, pattern: str) -> list[str]:
    """Return the paths below the folder."""
    return sorted(str(path.relative_to(folder)) for path in Path(folder).glob(pattern))


record = json.loads(Path("/var/lib/vigil/prometheus.json").read_text())
serves = {
    "version": ask("/api/v1/status/buildinfo")["version"],
    "configuration": sha256(ask("/api/v1/status/config")["yaml"].encode()).hexdigest(),
    "flags": ask("/api/v1/status/flags"),
    "targets": health(),
    "links": {link: str(Path(link).readlink()) for link in ("/opt/prometheus", "/etc/prometheus")},
    "unit": sha256(Path(UNIT).read_bytes()).hexdigest(),
    "state": shown("ActiveState", "UnitFileState", "NeedDaemonReload", "NRestarts"),
    "record": {key: value for key, value in record.items() if key != "time"},
    "configurations": below("/etc/vigil/prometheus", "**/*"),
}
print(
    json.dumps(
        {
            "serves": serves,
            "process": shown("MainPID")[0],
            "loaded": ask("/api/v1/status/runtimeinfo")["lastConfigTime"],
            "releases": below("/opt/vigil/prometheus", "*"),
            "time": time.time(),
        }
    )
)
