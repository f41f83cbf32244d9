"""Measures what the application library costs, in processor time against the bare application, and in memory.

Bare and instrumented requests alternate, each in a process of its own, and the least of the rounds counts. The
collector of traces, which only takes what it is sent, and the reader of log files are other processes.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "packages/telemetry"
METRICS, EVERYTHING = "metrics and a line", "everything"
ROUNDS, REQUESTS, WORKING, MEMORY, LINES = 5, 10_000, 400, 1_000_000, 100_000
COLLECTOR = """
import http.server, sys
class Taker(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *_):
        pass
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Taker)
print(server.server_port, flush=True)
server.serve_forever()
"""


def main() -> int:
    """Run all, print a table, and return 1 when something costs more than it may."""
    with tempfile.TemporaryDirectory(prefix="vigil-bench-") as folder, collector() as endpoint:
        measure = Measure(Path(folder), endpoint)
        rows = [*measure.requests(), *measure.work(), *measure.parts(), measure.memory(), measure.lines()]
    table = Table("what", "measured", "promised", title=f"vigil-telemetry, {REQUESTS} requests, best of {ROUNDS}")
    for what, measured, most, unit in rows:
        promised = f"at most {most:g} {unit}" if most is not None else ""
        table.add_row(what, f"{measured:.2f} {unit}", promised)
    Console(width=100).print(table)
    return int(any(most is not None and measured > most for _what, measured, most, _unit in rows))


Row = tuple[str, float, "float | None", str]


class Measure:
    """Runs packages/telemetry/tests/benchmarked.py and gives rows: what, measured, the most allowed, unit."""

    def __init__(self, folder: Path, endpoint: str) -> None:
        self._folder, self._endpoint = folder, endpoint
        environments = [sys.executable, str(ROOT / "tests/environments.py"), "telemetry_newest"]
        programs = subprocess.run(environments, capture_output=True, text=True, check=True).stdout.strip()
        self._command = [f"{programs}/python", str(PACKAGE / "tests/benchmarked.py")]

    def requests(self) -> Iterator[Row]:
        """Measure the smallest handler: bare, with metrics and a redacted line, and with a span too."""
        least = self._least("requests", REQUESTS, ["bare", METRICS, EVERYTHING])
        bare = least["bare"]
        yield "FastAPI's smallest handler", 1e6 * bare, None, "µs"
        for variant, most in ((METRICS, 2.5), (EVERYTHING, 4.0)):
            yield f"{variant}: more", 1e6 * (least[variant] - bare), None, "µs"
            yield f"{variant}: of the bare handler", least[variant] / bare, most, "times"

    def work(self) -> Iterator[Row]:
        """Measure how much throughput a request that works for 5 ms loses."""
        least = self._least("work", WORKING, ["bare", EVERYTHING])
        yield "request that works", 1e3 * least["bare"], None, "ms"
        yield "throughput lost at saturation", 100 * (1 - least["bare"] / least[EVERYTHING]), 5.0, "%"

    def parts(self) -> Iterator[Row]:
        """Measure statements of SQL and the redaction of an event."""
        found = self._run("statements")
        yield "statement of SQL, cached", 1e6 * found["cached"], 5.0, "µs"
        yield "statement of SQL, new", 1e6 * found["new"], 150.0, "µs"
        yield "redaction of 20 fields", 1e6 * self._run("redaction")["seconds"], None, "µs"

    def memory(self) -> Row:
        """Measure how the memory grows over a million requests."""
        grown = self._run("memory", METRICS, self._endpoint, str(MEMORY))["bytes"]
        return f"memory over {MEMORY} requests, 10000 paths", max(0.0, grown / 1e6), 5.0, "MB"

    def lines(self) -> Row:
        """Count lines that a reader of rotated files has lost or seen twice."""
        directory = self._folder / "lines"
        directory.mkdir()
        reader = Reader(directory)
        reader.start()
        self._run("lines", str(directory), str(LINES))
        wrong = reader.finish()
        return f"of {LINES} lines, lost or twice", float(wrong), 0.0, "lines"

    def _least(self, kind: str, count: int, variants: list[str]) -> dict[str, float]:
        found: dict[str, list[float]] = {variant: [] for variant in variants}
        for _number in range(ROUNDS):
            for variant in variants:
                found[variant].append(self._run(kind, variant, self._endpoint, str(count))["seconds"])
        return {variant: min(seconds) for variant, seconds in found.items()}

    def _run(self, *arguments: str) -> dict[str, float]:
        with tempfile.TemporaryDirectory(dir=self._folder) as logs:
            changed = {"PYTHONPATH": str(PACKAGE / "src"), "BENCH_LOGS": logs, "BENCH_WORK": "9"}
            command = [*self._command, *arguments]
            done = subprocess.run(command, env=os.environ | changed, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stderr[-3000:]}")
        found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        return found


class Reader(threading.Thread):
    """Follows the files of a log by their inode, as Filebeat does, whatever they are renamed to."""

    def __init__(self, directory: Path) -> None:
        super().__init__(daemon=True)
        self._directory = directory
        self._ended = threading.Event()
        self._read: dict[int, int] = {}
        self._numbers: list[int] = []

    def run(self) -> None:
        """Read until it is enough."""
        while not self._ended.is_set():
            self._look()
            time.sleep(0.05)

    def finish(self) -> int:
        """Return how many lines were lost or seen twice."""
        self._ended.set()
        self.join()
        self._look()
        return LINES - len(set(self._numbers)) + len(self._numbers) - len(set(self._numbers))

    def _look(self) -> None:
        for path in self._directory.glob("combined.log*"):
            try:
                with path.open("rb") as file:
                    self._follow(os.fstat(file.fileno()).st_ino, file.read())
            except FileNotFoundError:
                continue

    def _follow(self, inode: int, content: bytes) -> None:
        done = self._read.get(inode, 0)
        whole = content.rfind(b"\n") + 1
        found = (json.loads(line) for line in content[done:whole].splitlines())
        self._numbers += [line["number"] for line in found if line["message"] == "Line"]
        self._read[inode] = max(done, whole)


@contextmanager
def collector() -> Iterator[str]:
    """Run a collector that takes all traces, and give its address."""
    with subprocess.Popen([sys.executable, "-c", COLLECTOR], stdout=subprocess.PIPE, text=True) as process:
        if process.stdout is None:
            sys.exit("The collector has no output.")
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.kill()


if __name__ == "__main__":
    sys.exit(main())
