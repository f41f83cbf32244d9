"""Makes a history of alerts whose truth is known, and requires each figure of its analysis, of two real Prometheus.

The history is in blocks of promtool, of two replicas of which each was down for a time, and both for a day.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import yaml

from ansible_collections.vigil.observability.tests.live.elasticsearch_modules import free_port
from ansible_collections.vigil.observability.tests.live.incident_intake import await_that
from ansible_collections.vigil.observability.tests.runner.jobs import LOGS, ROOT
from ansible_collections.vigil.observability.tests.servers.assemble import unpack_release

RELEASES = ("2.53.3", "3.13.2")
MODULE = "ansible_collections.vigil.observability.plugins.modules.alert_fatigue"
MINUTE, HOUR, DAY = 60, 3600, 86_400
# A Monday at midnight; two weeks follow.
START = int(datetime(2026, 10, 5, tzinfo=UTC).timestamp())
END = START + 14 * DAY
# Both replicas were down on the second Wednesday, and the first also on the first Friday morning.
DOWN = (START + 9 * DAY, START + 10 * DAY)
DOWN_ALONE = (START + 4 * DAY, START + 4 * DAY + 6 * HOUR)

Spans = list[tuple[int, int]]
LABELS: dict[str, dict[str, str]] = {
    "DiskSlow": {"team": "platform", "severity": "warning", "host": "db1", "job": "node"},
    "BackupSlow": {"team": "platform", "severity": "info"},
    "DatabaseDown": {"team": "storage", "severity": "critical"},
    "ShopErrors": {"team": "sales", "severity": "critical"},
    "PaymentsDown": {"team": "sales", "severity": "critical"},
    "LongOutage": {"team": "platform", "severity": "warning"},
    "StillFires": {"team": "platform", "severity": "warning"},
    "CacheCold": {"team": "sales", "severity": "info"},
    "Watchdog": {"severity": "none"},
}
OUTAGES = [START + day * DAY + 10 * HOUR for day in (0, 1, 2, 4, 5, 7, 8, 12)]
# When each fires: from the first to the last evaluation that finds it.
HISTORY: dict[str, Spans] = {
    "DiskSlow": [
        (START + hour * HOUR + 5 * MINUTE * one, START + hour * HOUR + 5 * MINUTE * one + 2 * MINUTE)
        for hour in range(12, 22)
        for one in range(3)
    ],
    "BackupSlow": [
        (START + day * DAY + 2 * HOUR, START + day * DAY + 2 * HOUR + 20 * MINUTE) for day in range(14) if day != 9
    ],
    "DatabaseDown": [(at, at + 30 * MINUTE) for at in OUTAGES],
    "ShopErrors": [(at + MINUTE, at + 25 * MINUTE) for at in OUTAGES],
    "PaymentsDown": [(START + 3 * DAY + 15 * HOUR, START + 3 * DAY + 15 * HOUR + 40 * MINUTE)],
    # Five minutes of `for` after the restart.
    "LongOutage": [(DOWN[0] - HOUR, DOWN[1] + HOUR)],
    "StillFires": [(END - 3 * HOUR, END + HOUR)],
    "CacheCold": [(START + hour * HOUR, START + hour * HOUR) for hour in range(151, 156)],
    "Watchdog": [(START - DAY, END + HOUR)],
}
FIGURES = ("episodes", "short", "at_night", "at_weekends", "flaps", "median_seconds", "open", "lost")
TRUTH: dict[str, tuple[int | None, ...]] = {
    "DiskSlow": (30, 30, 0, 0, 20, 127, 0, 0),
    "BackupSlow": (13, 0, 13, 4, 0, 1207, 0, 0),
    "DatabaseDown": (8, 0, 0, 2, 0, 1807, 0, 0),
    "ShopErrors": (8, 0, 0, 2, 0, 1447, 0, 0),
    "PaymentsDown": (1, 0, 0, 0, 0, 2407, 0, 0),
    "LongOutage": (1, 0, 1, 0, 0, 26 * HOUR + 7, 0, 0),
    "StillFires": (1, 0, 0, 1, 0, None, 1, 0),
    "CacheCold": (5, 5, 0, 5, 0, 7, 0, 0),
}
REFUSED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"start": str(START - 10 * DAY)}, "nothing of before 2026-10-04T00:00:00.000Z: choose a window of at most 360h"),
    ({"start": str(END + 1)}, "is not after start"),
    ({"alerts": ["Sold"]}, "Prometheus has no alerting rule 'Sold': correct alerts."),
    ({"max_samples": 1000}, "more than 1000 samples of"),
    ({"timezone": "Mars"}, "timezone 'Mars' is unknown on this host"),
    ({"attention": "soon"}, "attention 'soon' must be a duration"),
    ({"heartbeat": "up{"}, "parse error"),
)
OTHERS = "its expression over the window gives other episodes: of 0 alerts, and 1 are recorded"
PENDING_AFTER = DOWN[1] + 5 * MINUTE
RULES: list[dict[str, Any]] = [
    {"alert": "DiskSlow", "expr": 'disk_latency_seconds{job="node"} > 0.5', "labels": {"severity": "warning"}},
    *(
        {"alert": name, "expr": "vector(0) > 1", "for": "5m", "labels": {**labels}}
        for name, labels in {**LABELS, "NeverFires": {"severity": "warning"}}.items()
        if name != "DiskSlow"
    ),
    {"alert": "CannotFire", "expr": 'disk_latency_seconds > 9 and vanished_total{job="gone"} > 1'},
]


def is_up(replica: int, at: int) -> bool:
    """Return whether a replica was up at a time."""
    alone = DOWN_ALONE[0] <= at < DOWN_ALONE[1] and replica == 0
    return not (DOWN[0] <= at < DOWN[1] or alone)


def history(replica: int) -> Iterator[str]:
    """Yield what a replica has recorded, as OpenMetrics."""
    offset = 7 * replica
    yield "# TYPE up gauge"
    for at in range(START - DAY, END + HOUR, MINUTE):
        if is_up(replica, at):
            yield f'up{{job="prometheus",instance="mon{replica}:9090"}} 1 {at + offset}'
    yield "# TYPE ALERTS gauge"
    for name, spans in HISTORY.items():
        text = ",".join(f'{label}="{value}"' for label, value in {"alertname": name, **LABELS[name]}.items())
        for begun, ended in spans:
            for at in range(begun, ended + 1, MINUTE):
                if is_up(replica, at) and not (name == "LongOutage" and DOWN[1] <= at < PENDING_AFTER):
                    yield f'ALERTS{{{text},alertstate="firing"}} 1 {at + offset}'
    pending = range(START + DAY, START + 2 * DAY, MINUTE)
    yield from (f'ALERTS{{alertname="NeverFires",severity="warning",alertstate="pending"}} 1 {at}' for at in pending)
    yield from latencies(replica)
    yield "# EOF"


def latencies(replica: int) -> Iterator[str]:
    """Yield the series of which the rule DiskSlow makes its alert."""
    yield "# TYPE disk_latency_seconds gauge"
    slow = {at for begun, ended in HISTORY["DiskSlow"] for at in range(begun, ended + 1, MINUTE)}
    for at in range(START - DAY, END + HOUR, MINUTE):
        if is_up(replica, at):
            yield f'disk_latency_seconds{{job="node",host="db1",team="platform"}} {0.9 if at in slow else 0.1} {at}'


@contextmanager
def started(
    folder: Path, program: Path, lines: Iterable[str], rules: Sequence[dict[str, Any]], interval: int = MINUTE
) -> Iterator[str]:
    """Yield the address of a Prometheus with this history, and rules that find nothing now."""
    folder.mkdir()
    with (folder / "history.txt").open("w") as file:
        file.writelines(f"{line}\n" for line in lines)
    blocks = ["tsdb", "create-blocks-from", "--max-block-duration=24h", "openmetrics", str(folder / "history.txt")]
    subprocess.run([program.parent / "promtool", *blocks, folder / "data"], check=True, capture_output=True)
    (folder / "rules.yml").write_text(
        yaml.safe_dump({"groups": [{"name": "all", "interval": f"{interval}s", "rules": [*rules]}]})
    )
    (folder / "prometheus.yml").write_text(yaml.safe_dump({"rule_files": ["rules.yml"]}))
    url = f"http://127.0.0.1:{free_port()}"
    flags = [f"--config.file={folder}/prometheus.yml", f"--storage.tsdb.path={folder}/data"]
    flags += [f"--web.listen-address={url[7:]}", "--storage.tsdb.retention.time=10y", "--log.level=error"]
    with (LOGS / "alert_fatigue.log").open("ab") as log:
        process = subprocess.Popen([program, *flags], stdout=log, stderr=log)
    try:
        await_that("Prometheus is ready", lambda: _is_ready(url))
        yield url
    finally:
        process.kill()
        process.wait()


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/-/ready").is_success
    except httpx.TransportError:
        return False


def asked(urls: Sequence[str], **options: Any) -> dict[str, Any]:
    """Return what the module answers about the two weeks."""
    window = {"start": str(START), "end": str(END)}
    told = {"url": urls[0], "replicas": [*urls[1:]], **window, **options}
    command = [sys.executable, "-m", MODULE]
    answer = subprocess.run(
        command, input=json.dumps({"ANSIBLE_MODULE_ARGS": told}), capture_output=True, text=True, check=False, cwd=ROOT
    )
    return dict(json.loads(answer.stdout))


def require_truth(found: dict[str, Any]) -> None:
    """Require each figure to be what the history was made of; samples of the second replica are 7 s later."""
    analysis = found["analysis"]
    figures = {one["alert"]: tuple(one[name] for name in FIGURES) for one in analysis["rules"]}
    assert figures == TRUTH, figures
    assert {one["team"]: one["episodes"] for one in analysis["teams"]} == {"platform": 45, "sales": 14, "storage": 8}
    (pair,) = analysis["together"]
    assert pair == {
        "first": "DatabaseDown",
        "second": "ShopErrors",
        "both": 8,
        "jaccard": 1.0,
        "first_share": 1.0,
        "lag_seconds": 60,
    }
    silent = [(one["alert"], one["missing"]) for one in analysis["silent"]]
    assert silent == [("CannotFire", ['vanished_total{job="gone"}']), ("NeverFires", [])], silent
    assert (sum(analysis["hours"]), analysis["hours"][2]) == (67, 13)
    (gap,) = analysis["coverage"]["gaps"]
    assert gap == {"start": "2026-10-13T23:59:07.000Z", "end": "2026-10-15T00:00:00.000Z"}


def require_proposals(urls: Sequence[str]) -> None:
    """Require a proposal for the rule whose expression gives its episodes, and none for one that gives others."""
    change, refused = asked(urls, back_test=True)["analysis"]["proposals"]
    assert change == {
        "alert": "DiskSlow",
        "queries": 2,
        "episodes": 30,
        "change": {"for": "300s"},
        "saved": 30,
        "missed": 0,
        "later_seconds": 300,
        "longer_seconds": 0,
    }, change
    assert (refused["alert"], refused["refused"]) == ("CacheCold", OTHERS), refused


def require_limits(urls: Sequence[str]) -> None:
    """Require of one replica alone what it cannot have seen, and that questions without an answer are refused."""
    alone = asked(urls[:1])["analysis"]["coverage"]["gaps"]
    assert [gap["end"] for gap in alone] == ["2026-10-09T06:00:00.000Z", "2026-10-15T00:00:00.000Z"], alone
    for options, message in REFUSED:
        answer = asked(urls, **options)
        assert message in answer["msg"], (options, answer)


def main() -> int:
    """Return the exit code: 0 where every figure is true."""
    LOGS.mkdir(parents=True, exist_ok=True)
    for release in RELEASES:
        with tempfile.TemporaryDirectory(prefix="vigil-fatigue-") as name, ExitStack() as stack:
            folder, begun = Path(name), time.monotonic()
            unpack_release("prometheus", release, folder)
            (program,) = folder.glob(f"prometheus-{release}.*/prometheus")
            urls = [stack.enter_context(started(folder / f"mon{one}", program, history(one), RULES)) for one in (0, 1)]
            found = asked(urls)
            require_truth(found)
            require_proposals(urls)
            if release == RELEASES[-1]:
                require_limits(urls)
            print(f"alert_fatigue: {release} passed in {time.monotonic() - begun:.0f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
