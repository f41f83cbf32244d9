from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import pytest

from log_programs import events
from metrics.reading import until
from programs import PLENTY, ran
from vigil_telemetry.logs import Logs, files
from vigil_telemetry.logs import writer as writer_module
from vigil_telemetry.logs.dropped import Dropped, tell_in_the_end
from vigil_telemetry.logs.files import LogFile
from vigil_telemetry.logs.lines import Event, Line
from vigil_telemetry.logs.sinks import Sink, Stream, combined, error
from vigil_telemetry.logs.writer import Writer
from vigil_telemetry.redaction import Redactor
from vigil_telemetry.settings import Settings


def log_file(directory: Path, rotate_bytes: int = 0, rotate_files: int = 2) -> LogFile:
    return LogFile(directory / "combined.log", rotate_bytes=rotate_bytes, rotate_files=rotate_files)


def content(directory: Path, name: str = "combined.log") -> bytes:
    return (directory / name).read_bytes()


def test_files_are_rotated_before_they_are_too_large(tmp_path: Path) -> None:
    file = log_file(tmp_path, rotate_bytes=10)
    file.append(deque([b"one\n", b"two\n", b"three\n", b"a line longer than a file\n", b"four\n"]))
    assert content(tmp_path) == b"four\n"
    assert content(tmp_path, "combined.log.1") == b"a line longer than a file\n"
    assert content(tmp_path, "combined.log.2") == b"three\n"
    assert len(list(tmp_path.iterdir())) == 3


def test_a_file_that_was_renamed_or_removed_is_opened_anew(tmp_path: Path) -> None:
    file = log_file(tmp_path)
    file.append(deque([b"one\n"]))
    (tmp_path / "combined.log").rename(tmp_path / "combined.log.1")
    file.append(deque([b"two\n"]))
    assert (content(tmp_path, "combined.log.1"), content(tmp_path)) == (b"one\n", b"two\n")
    (tmp_path / "combined.log").unlink()
    file.refresh()
    file.sync()
    file.append(deque([b"three\n"]))
    file.sync()
    assert content(tmp_path) == b"three\n"


def test_a_line_that_another_process_left_is_ended(tmp_path: Path) -> None:
    file = log_file(tmp_path)
    file.append(deque([b"one\n"]))
    with (tmp_path / "combined.log").open("ab") as other:
        other.write(b"torn")
    file.append(deque([b"two\n"]))
    assert content(tmp_path) == b"one\ntorn\ntwo\n"


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], None]:
    """Let only so many bytes more be written, until it is called again; then writes fail with this error."""
    left = [1 << 30, errno.ENOSPC]
    write = os.write

    def limited(file: int, data: bytes) -> int:
        if not left[0]:
            raise OSError(left[1], os.strerror(left[1]))
        written = write(file, data[: left[0]])
        left[0] -= written
        return written

    monkeypatch.setattr(os, "write", limited)

    def limit(size: int, failure: int = errno.ENOSPC) -> None:
        left[:] = [size, failure]

    return limit


def test_a_line_that_a_full_disk_cut_off_is_finished_before_any_other(
    tmp_path: Path, disk: Callable[[int, int], None]
) -> None:
    file, other = log_file(tmp_path), log_file(tmp_path)
    waiting = deque([b"one\n", b"two\n", b"three\n"])
    disk(6, errno.ENOSPC)
    with pytest.raises(OSError, match="No space left"):
        file.append(waiting)
    assert (content(tmp_path), list(waiting)) == (b"one\ntw", [b"three\n"])
    with pytest.raises(BlockingIOError):
        other.append(deque([b"other\n"]))
    disk(1 << 20, 0)
    file.refresh()
    file.append(waiting)
    other.append(deque([b"other\n"]))
    assert content(tmp_path) == b"one\ntwo\nthree\nother\n"


def test_a_line_cut_off_by_a_broken_disk_is_counted(tmp_path: Path, disk: Callable[[int, int], None]) -> None:
    file = log_file(tmp_path)
    disk(6, errno.EIO)
    with pytest.raises(OSError, match="Input/output"):
        file.append(deque([b"one\n", b"two\n", b"three\n"]))
    assert file.lost == 1
    disk(1 << 20, 0)
    file.append(deque([b"four\n"]))
    assert content(tmp_path) == b"one\ntw\nfour\n"
    file.forget()
    assert file.lost == 0


def test_a_lock_that_another_process_holds_is_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_SECONDS_FOR_LOCK", PLENTY)
    file = log_file(tmp_path)
    file.open()
    with (tmp_path / "combined.log").open("ab") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        threading.Timer(0.05, fcntl.flock, [other, fcntl.LOCK_UN]).start()
        file.append(deque([b"one\n"]))
        assert content(tmp_path) == b"one\n"


def test_a_stream_gets_whole_lines_however_little_it_takes_at_once(disk: Callable[[int, int], None]) -> None:
    read, write = os.pipe()
    stream = Stream(write)
    waiting = deque([b"one\n", b"two\n"])
    disk(6, errno.EAGAIN)
    with pytest.raises(BlockingIOError):
        stream.append(waiting)
    disk(1 << 20, 0)
    stream.append(waiting)
    for each in (stream.sync, stream.refresh, stream.close, stream.forget):
        each()
    assert os.read(read, 99) == b"one\ntwo\n"
    os.close(read)
    os.close(write)


def test_a_wait_ends_though_it_is_interrupted_before_it_begins() -> None:
    program = """
import os, signal, threading
from vigil_telemetry.logs.hurry import Hurry
watch = threading.Timer(60, os._exit, [1])
watch.start()
signal.signal(signal.SIGALRM, lambda *_: None)
signal.setitimer(signal.ITIMER_REAL, 0.0001, 0.0001)
for _number in range(50_000):
    Hurry().wait(0)
signal.setitimer(signal.ITIMER_REAL, 0)
watch.cancel()
"""
    assert ran(program).returncode == 0


def told(numbers: dict[str, int]) -> Line:
    return Line(b"dropped %d\n" % numbers["now"], None)


def made(event: Event) -> Line:
    return Line(b"%d\n" % int(event.message), None)


def event(number: object) -> Event:
    return Event("info", 0.0, 0, 0, None, None, str(number), {}, may_wait=True)


def line(number: int) -> Line:
    return Line(b"%d\n" % number, b"error %d\n" % number)


def writer_of(directory: Path, limit: int = 10) -> tuple[Writer, Dropped, list[Sink]]:
    dropped = Dropped()
    files = [log_file(directory), LogFile(directory / "error.log", rotate_bytes=0, rotate_files=1)]
    sinks = [Sink(file, chosen, limit, dropped) for file, chosen in zip(files, (combined, error))]
    return Writer(sinks, limit, dropped, made, told), dropped, sinks


def test_a_full_disk_fills_the_queue_and_what_was_dropped_is_told(
    tmp_path: Path, disk: Callable[[int, int], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer_module, "SECONDS_FOR_SECURITY", 1.0)
    writer, dropped, _sinks = writer_of(tmp_path)
    disk(0, errno.ENOSPC)
    for number in range(40):
        writer.put(line(number))
        time.sleep(0.003)
    assert not writer.put_on_disk(line(99))
    disk(1 << 20, 0)
    writer.stop(PLENTY)
    lines = content(tmp_path).splitlines()
    assert dropped.numbers()["queue_full"] > 10
    assert sum(int(each.split()[1]) for each in lines if each.startswith(b"dropped")) == dropped.total()
    assert len([each for each in lines if not each.startswith(b"dropped")]) + dropped.total() >= 41


def test_a_disk_that_is_full_to_the_end_is_told_on_the_standard_error(
    tmp_path: Path, disk: Callable[[int, int], None], capsys: pytest.CaptureFixture[str]
) -> None:
    writer, dropped, _sinks = writer_of(tmp_path)
    disk(0, errno.ENOSPC)
    for number in range(5):
        writer.put(line(number))
    writer.stop(8)
    assert dropped.total() == 10
    assert "vigil-telemetry: 10 log lines were not written: [Errno 28] No space left" in capsys.readouterr().err
    writer.put(line(6))
    assert dropped.total() == 12


def test_a_file_of_errors_that_cannot_be_written_does_not_hold_up_the_other(tmp_path: Path) -> None:
    (tmp_path / "error.log").mkdir()
    writer, dropped, sinks = writer_of(tmp_path, limit=1000)
    for number in range(100):
        writer.put(line(number))
    until(lambda: content(tmp_path).splitlines() == [b"%d" % number for number in range(100)])
    sinks[1].waiting.extend([b"x\n"] * 900)
    sinks[1].take([line(1)])
    assert dropped.numbers()["write_failed"] == 1
    writer.stop(PLENTY)


def test_events_and_lines_are_written_in_the_order_in_which_they_were_logged(tmp_path: Path) -> None:
    writer, dropped, _sinks = writer_of(tmp_path, limit=10_000)
    for number in range(3_000):
        writer.put(event(number) if number % 3 else line(number))
    writer.stop(PLENTY)
    assert content(tmp_path).split() == [b"%d" % number for number in range(3_000)]
    assert dropped.total() == 0


def test_an_event_of_which_no_line_can_be_made_is_counted_and_the_next_one_is_written(tmp_path: Path) -> None:
    writer, dropped, _sinks = writer_of(tmp_path)
    for each in (1, "no number", 2):
        writer.put(event(each))
    until(lambda: content(tmp_path) == b"1\n2\ndropped 1\n")
    assert dropped.numbers() == {"queue_full": 0, "write_failed": 0, "unreadable": 1, "stopped": 0}
    writer.stop(PLENTY)


def test_callers_make_lines_themselves_when_more_waits_than_the_writer_can_make(
    tmp_path: Path, disk: Callable[[int, int], None]
) -> None:
    makers: list[str] = []

    def noted(event: Event) -> Line:
        makers.append(threading.current_thread().name)
        return made(event)

    dropped = Dropped()
    writer = Writer([Sink(log_file(tmp_path), combined, 100, dropped)], 100, dropped, noted, told)
    disk(0, errno.ENOSPC)
    for number in range(90):
        writer.put(event(number))
    disk(1 << 20, 0)
    writer.stop(PLENTY)
    assert 0 < makers.count(threading.current_thread().name) <= 40
    assert content(tmp_path).split() == [b"%d" % number for number in range(90)]


def test_a_child_begins_anew(tmp_path: Path) -> None:
    logs = Logs(Settings(service="shop", environment="test", log_directory=tmp_path), Redactor())
    logs.start()
    log = logs.logger("x")
    log.info("parent")
    logs.after_fork(child=False)
    time.sleep(0.1)
    # A child has no threads of its parent.
    logs._writer._stopping.set()
    logs._writer._queue.put(None)
    while logs._writer._thread:
        time.sleep(0.01)
    logs.after_fork(child=True)
    log.info("child")
    logs.stop(PLENTY)
    assert [event["message"] for event in events(tmp_path)] == ["parent", "child"]
    assert logs.dropped() == 0


def test_a_writer_that_logs_itself_does_not_wait_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "SECONDS_FOR_SECURITY", 2 * PLENTY)
    writer, _dropped, sinks = writer_of(tmp_path)
    answers: list[bool] = []
    taken = sinks[0].take

    def take(lines: list[Line]) -> None:
        if lines and not answers:
            answers.append(writer.put_on_disk(line(2)))
        taken(lines)

    sinks[0].take = take  # type: ignore[method-assign, assignment]
    writer.put(line(1))
    writer.stop(PLENTY)
    assert answers == [False]
    assert sorted(content(tmp_path).splitlines()) == [b"1", b"2"]


def test_where_no_thread_can_start_lines_are_written_at_the_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread at interpreter shutdown")

    writer, _dropped, _sinks = writer_of(tmp_path)
    monkeypatch.setattr(threading.Thread, "start", refused)
    writer.put(line(1))
    writer.stop(PLENTY)
    assert content(tmp_path) == b"1\n"


def test_a_write_that_hangs_holds_up_nobody_and_what_waits_is_counted_and_told(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    writer, dropped, sinks = writer_of(tmp_path)
    hangs, begun = threading.Event(), threading.Event()

    def flush(*, sync: bool = False) -> bool:
        begun.set()
        return hangs.wait()

    sinks[0].flush = flush  # type: ignore[method-assign]
    writer.put(line(1))
    assert begun.wait(PLENTY)
    for number in range(2, 5):
        writer.put(event(number))
    writer.stop(0.5)
    writer.put(line(5))
    assert dropped.numbers() == {"queue_full": 1, "write_failed": 0, "unreadable": 0, "stopped": 4}
    told = "vigil-telemetry: 4 log lines were not written: the time to write them is over\n"
    assert capfd.readouterr().err == told
    hangs.set()
    writer.stop(PLENTY)


def test_a_standard_error_that_nobody_reads_holds_up_no_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with os.fdopen(reading, "rb"), os.fdopen(writing, "w") as full:
        with contextlib.suppress(BlockingIOError):
            while os.write(writing, b"x" * 65_536):
                pass
        os.set_blocking(writing, True)
        monkeypatch.setattr(sys, "stderr", full)
        tell_in_the_end(1, "it hangs")
