# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What Elasticsearch has refused: kept within a limit, and sent again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

REFUSAL = {"_index": "logs-shop-2026.01.01", "_id": "1-2", "status": 400, "error": {"type": "parsing"}}


def entry(number: int, size: int = 0) -> str:
    """Return a line of documents.json, as rsyslog writes it."""
    document = {"number": number, "text": "\u2028" + "x" * size}
    return json.dumps({"refused": {**REFUSAL, "_id": str(number)}, "document": document}, ensure_ascii=False) + "\n"


def request(*numbers: int) -> str:
    """Return a line of requests.json, as rsyslog writes it."""
    pairs = [
        [{"create": {"_index": "logs-shop-2026.01.01", "_id": str(number)}}, {"number": number}] for number in numbers
    ]
    text = "".join(f"{json.dumps(part)}\n" for pair in pairs for part in pair)
    return (
        json.dumps({"request": {"url": "https://es/_bulk?", "postdata": text}, "reply": "{}"}).replace("{", "{ ", 1)
        + "\n"
    )


class Server:
    """Accepts even numbers, has 4 already, and is asked no more than a number of times."""

    def __init__(self, times: int = 99) -> None:
        self.times = times
        self.seen: list[list[int]] = []

    def bulk(self, pairs: list[tuple[str, str]]) -> list[dict[str, Any]]:
        """Return what becomes of the documents."""
        self.times -= 1
        if self.times < 0:
            raise OSError("no more")
        numbers = [json.loads(document)["number"] for _action, document in pairs]
        self.seen.append(numbers)
        status = {number: 409 if number == 4 else 400 if number % 2 else 201 for number in numbers}
        names = [json.loads(action)["create"] for action, _document in pairs]
        return [{**REFUSAL, **name, "status": status[number]} for name, number in zip(names, numbers)]


@pytest.fixture
def refused(program: Callable[[str], Any], data: Path) -> Any:
    """The files, which may have 4000 bytes together."""
    return program("refused").Refused(data, 4000)


def test_oldest_are_removed_beyond_the_limit_and_counted_for_ever(
    refused: Any, data: Path, program: Callable[[str], Any]
) -> None:
    for number in range(8):
        with (refused.folder / "documents.json").open("a", encoding="utf-8") as file:
            file.write(entry(number, 700))
        discarded = refused.limited(0)
    kept = [document for path in refused.aside() for _action, document in program("refused").pairs_of(path)]
    assert [json.loads(document)["number"] for document in kept] == [4, 5, 6, 7]
    assert discarded == 4
    assert program("refused").Refused(data, 4000).limited(0) == 4


def test_documents_within_requests_are_counted(refused: Any) -> None:
    (refused.folder / "requests.json").write_text(request(1, 2, 3) + request(*range(100)), encoding="utf-8")
    assert refused.limited(0) == 103
    assert list(refused.folder.iterdir()) == []


def test_little_that_was_refused_stays_where_it_is(refused: Any) -> None:
    (refused.folder / "documents.json").write_text(entry(1), encoding="utf-8")
    assert refused.limited(0) == 0
    assert [path.name for path in refused.folder.iterdir()] == ["documents.json"]


def test_rsyslog_is_asked_to_begin_new_files(refused: Any) -> None:
    (refused.folder / "documents.json").write_text(entry(1, 700), encoding="utf-8")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        refused.limited(process.pid)
        assert process.wait(20) == -signal.SIGHUP


def test_half_an_entry_that_a_crash_left_does_not_hide_the_next(program: Callable[[str], Any], tmp_path: Path) -> None:
    path = tmp_path / "documents.json"
    path.write_text(entry(1)[:40] + entry(2) + entry(3)[:40], encoding="utf-8")
    ((action, document),) = program("refused").pairs_of(path)
    assert json.loads(action) == {"create": {"_index": "logs-shop-2026.01.01", "_id": "2"}}
    assert json.loads(document)["number"] == 2


def test_refused_documents_are_sent_again_and_those_that_are_refused_again_are_kept_once(
    program: Callable[[str], Any], refused: Any
) -> None:
    replay = program("replay")
    keep = refused.folder / "documents.json"
    keep.write_text("".join(map(entry, (1, 2, 3, 4, 3))), encoding="utf-8")
    (refused.folder / "requests.json").write_text(request(5, 6), encoding="utf-8")
    server = Server()
    counts = sum((replay.replay(server, path, keep) for path in replay.closed(refused, 0)), replay.Counter())
    assert sorted(server.seen) == [[1, 2, 3, 4, 3], [5, 6]]
    assert counts == {"accepted": 2, "already there": 1, "refused": 3, "refused: parsing": 3}
    numbers = [json.loads(document)["number"] for _action, document in program("refused").pairs_of(keep)]
    assert sorted(numbers) == [1, 3, 5]
    assert list(refused.folder.iterdir()) == [keep]
    assert keep.stat().st_mode & 0o777 == 0o600


def test_nothing_is_removed_when_elasticsearch_does_not_answer(program: Callable[[str], Any], refused: Any) -> None:
    replay = program("replay")
    (refused.folder / "documents.json").write_text("".join(map(entry, range(1200))), encoding="utf-8")
    (path,) = replay.closed(refused, 0)
    with pytest.raises(OSError, match="no more"):
        replay.replay(Server(times=2), path, refused.folder / "documents.json")
    assert len(list(program("refused").pairs_of(path))) == 1200


def test_file_that_rsyslog_does_not_close_is_not_sent(
    program: Callable[[str], Any], refused: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    replay = program("replay")
    monkeypatch.setattr(replay, "CLOSING", 0.1)
    path = refused.folder / "documents.json"
    path.write_text(entry(1), encoding="utf-8")
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with path.open(encoding="utf-8"), pytest.raises(replay.NotSentError, match="has not closed"):
            replay.closed(refused, os.getpid())
    finally:
        signal.signal(signal.SIGHUP, before)


def test_line_that_is_no_refusal_is_named_and_does_not_stop_the_metrics(
    program: Callable[[str], Any], refused: Any
) -> None:
    path = refused.folder / "documents.json"
    path.write_text("text" * 1200 + "\n", encoding="utf-8")
    with pytest.raises(ValueError, match="this is no refused document or request: 'text"):
        list(program("refused").pairs_of(path))
    assert refused.limited(0) == 1
