"""What came of the jobs of a run: counted and named from their reports and logs, and printed at its end."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as ET

__all__ = ["Failure", "Outcome", "failures_in", "passed_in", "summary"]

ROOT = Path(__file__).resolve().parents[2]
WHY_LENGTH = 160
# A line of a log with the reason why its job failed, and one with no more than the failure.
_ERROR = re.compile(r"^(ERROR|E  )|fatal: \[|Error: ")
_VERDICT = re.compile(r"^\w+: (passed|FAILED) in \d+ s$")


@dataclass(frozen=True)
class Failure:
    """A test that failed, and the line with the reason."""

    job: str
    test: str
    why: str


@dataclass(frozen=True)
class Outcome:
    """What came of a job: tests, the seconds it took, and those it kept a processor busy outside the test hosts."""

    job: str
    passed: int
    failures: list[Failure]
    seconds: float = 0
    processor_seconds: float = 0
    unchanged_since: float | None = None  # it was not run: it passed at this time with the same inputs


def _cases(reports: list[Path]) -> list[ET.Element]:
    """Return what the JUnit reports tell of each test."""
    return [case for report in reports for case in ET.parse(report).getroot().iter("testcase")]


def _wrong(case: ET.Element) -> ET.Element | None:
    """Return what went wrong in a test, if anything did."""
    return next((child for child in case if child.tag in {"failure", "error"}), None)


def passed_in(reports: list[Path]) -> int:
    """Return the number of tests that passed."""
    return sum(_wrong(case) is None and case.find("skipped") is None for case in _cases(reports))


def failures_in(job: str, reports: list[Path], log: Path, *, failed: bool) -> list[Failure]:
    """Return the tests that failed, or the job itself when it failed without naming one."""
    wrong = ((case, _wrong(case)) for case in _cases(reports))
    found = [Failure(job, _name(case), _line(fault.get("message", ""))) for case, fault in wrong if fault is not None]
    return found or ([Failure(job, job, _reason(log))] if failed else [])


def _name(case: ET.Element) -> str:
    """Return the id by which pytest finds this test again."""
    words = [word for word in case.get("classname", "").split(".") if word]
    for count in range(len(words), 0, -1):
        file = Path(*words[:count]).with_suffix(".py")
        if (ROOT / file).is_file():
            return "::".join([str(file), *words[count:], case.get("name", "")])
    return "::".join([*words, case.get("name", "")])


def _line(text: str) -> str:
    """Return the first line of a text, cut."""
    line = next((line.strip() for line in text.splitlines() if line.strip()), "no reason given")
    return line if len(line) <= WHY_LENGTH else f"{line[: WHY_LENGTH - 3]}..."


def _reason(log: Path) -> str:
    """Return the line of a log with the reason why its job failed, as far as one is found."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip() and not _VERDICT.match(line)]
    return _line(next((line for line in reversed(lines) if _ERROR.search(line)), lines[-1] if lines else ""))


def _verdict(outcome: Outcome) -> str:
    """Return the number of tests of a job, or why it has none."""
    if outcome.unchanged_since is not None:
        at = time.strftime("%F %H:%M", time.localtime(outcome.unchanged_since))
        return f"skipped, unchanged since it passed on {at}"
    return (
        f"{len(outcome.failures)} FAILED, {outcome.passed} passed" if outcome.failures else f"{outcome.passed} passed"
    )


def summary(outcomes: list[Outcome]) -> Iterator[str]:
    """Yield the lines that end a run: seconds of each job, longest first, then failures, then one line of numbers."""
    width = max(len(outcome.job) for outcome in outcomes)
    yield f"{'job':{width}}  seconds  processor  result"
    for one in sorted(outcomes, key=lambda outcome: -outcome.seconds):
        yield f"{one.job:{width}}  {one.seconds:7.0f}  {one.processor_seconds:9.0f}  {_verdict(one)}"
    failures = [failure for outcome in outcomes for failure in outcome.failures]
    if failures:
        yield "failed:"
    yield from (f"  {failure.job}: {failure.test}: {failure.why}" for failure in failures)
    yield f"{sum(outcome.passed for outcome in outcomes)} passed, {len(failures)} failed"
