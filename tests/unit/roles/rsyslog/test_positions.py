# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Positions from which no line is lost, whichever way rsyslog ended and whichever file has the inode now."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

LINE = "a line of the shop\n"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """A log file of two lines."""
    path = tmp_path / "log/shop.json"
    path.parent.mkdir()
    path.write_text(LINE * 2)
    return path


@pytest.fixture
def positions(program: Callable[[str], Any], data: Path, log: Path) -> Any:
    """The positions of rsyslog, which reads that file and its first rotation."""
    return program("positions").Positions(data, [f"{log.parent}/*.json", f"{log.parent}/*.json.1"])


@pytest.fixture
def read(data: Path, log: Path) -> Callable[..., Path]:
    """A function that notes how much of the file rsyslog has read, as rsyslog does."""

    def note(offset: int = len(LINE)) -> Path:
        state = data / f"positions/imfile-state:{log.stat().st_ino}"
        state.write_text(json.dumps({"filename": str(log), "prev_was_nl": 0, "curr_offs": offset, "strt_offs": 0}))
        return state

    return note


def offsets(data: Path) -> list[int]:
    """Return the positions from which rsyslog would go on."""
    return [json.loads(path.read_text())["curr_offs"] for path in sorted(data.glob("positions/imfile-state:*"))]


@pytest.fixture
def sent(positions: Any) -> Callable[[], None]:
    """A function that notes that every line that was read has been sent."""

    def note() -> None:
        for _interval in range(4):
            positions.note(idle=True)

    return note


def test_directories_are_made_before_the_first_start(program: Callable[[str], Any], tmp_path: Path) -> None:
    program("positions").Positions(tmp_path, []).begin()
    assert {path.name for path in tmp_path.iterdir()} == {"positions", "queue", "refused"}


def test_rsyslog_goes_on_where_it_was_if_all_lines_had_been_sent(
    positions: Any, data: Path, read: Callable[..., Path], sent: Callable[[], None]
) -> None:
    read()
    sent()
    positions.begin()
    assert offsets(data) == [len(LINE)]


def test_rsyslog_goes_back_to_where_all_lines_had_been_sent_however_it_ended(
    positions: Any, data: Path, read: Callable[..., Path], sent: Callable[[], None]
) -> None:
    read()
    sent()
    read(2 * len(LINE))
    positions.note(idle=False)
    (data / "rsyslogd.pid").write_text("1")
    positions.begin()
    assert offsets(data) == [len(LINE)]
    assert not (data / "rsyslogd.pid").exists()


def test_rsyslog_begins_anew_if_its_queue_was_never_empty(
    positions: Any, data: Path, read: Callable[..., Path]
) -> None:
    read()
    for _interval in range(4):
        positions.note(idle=False)
    positions.begin()
    assert offsets(data) == []


def test_file_that_was_rotated_meanwhile_is_read_on(
    positions: Any, data: Path, log: Path, read: Callable[..., Path], sent: Callable[[], None]
) -> None:
    read()
    sent()
    log.rename(f"{log}.1")
    positions.begin()
    assert offsets(data) == [len(LINE)]


@pytest.mark.parametrize("text", ["another line of the shop\n" * 2, LINE[:3], ""])
def test_file_that_begins_otherwise_is_read_from_its_beginning_though_it_has_the_inode(
    positions: Any, data: Path, log: Path, read: Callable[..., Path], sent: Callable[[], None], text: str
) -> None:
    read()
    sent()
    log.write_text(text)
    positions.begin()
    assert offsets(data) == []


def test_position_in_a_file_that_is_gone_is_not_that_of_the_next_file_with_its_inode(
    positions: Any, data: Path, log: Path, read: Callable[..., Path], sent: Callable[[], None]
) -> None:
    read()
    sent()
    log.unlink()
    positions.begin()
    assert offsets(data) == []


def test_state_that_a_crash_has_cut_off_is_forgotten(
    positions: Any, data: Path, read: Callable[..., Path], sent: Callable[[], None]
) -> None:
    read().write_text('{ "filename"')
    sent()
    positions.begin()
    assert list(data.glob("positions/imfile-state:*")) == []
