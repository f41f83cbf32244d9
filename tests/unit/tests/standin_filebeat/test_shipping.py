"""The stand-in for Filebeat ships each line at least once, whatever happens to it, to its files and to its server."""

from __future__ import annotations

import shutil
import signal
from collections import Counter
from itertools import count
from pathlib import Path

from ansible_collections.vigil.observability.tests.unit.tests.standin_filebeat.peer import Peer
from ansible_collections.vigil.observability.tests.unit.tests.standin_filebeat.shipper import Shipper, eventually

LINES = 5000


def write(file: Path, numbers: range) -> None:
    """Append numbered lines, whose beginning differs."""
    with file.open("a") as log:
        log.writelines(
            f"{number:06} an order was placed in the shop, long enough for a fingerprint, number {number}\n"
            for number in numbers
        )


def whole(peer: Peer, numbers: range) -> bool:
    """Return whether every number has been acknowledged."""
    return set(peer.numbers) >= set(numbers)


def test_each_line_of_a_disturbed_shipper_arrives_at_least_once(shipper: Shipper, peer: Peer) -> None:
    file = shipper.logs / "shop.log"
    shipper.start()
    write(file, range(2000))
    eventually(lambda: len(peer.documents) > 500)
    shipper.kill()
    # It is down: lines come, and the file is rotated.
    write(file, range(2000, 3000))
    file.rename(shipper.logs / "shop.log.1")
    write(file, range(3000, 3500))
    shipper.start()
    eventually(lambda: whole(peer, range(3500)))
    # The server is gone.
    peer.stop()
    write(file, range(3500, 4000))
    eventually(lambda: any(line["message"] == "Failed to publish events" for line in shipper.log))
    (shipper.logs / "shop.log.1").rename(shipper.logs / "shop.log.2")
    file.rename(shipper.logs / "shop.log.1")
    write(file, range(4000, LINES))
    shipper.kill()
    shipper.start()
    peer.start()
    eventually(lambda: whole(peer, range(LINES)))
    counts = Counter(peer.numbers)
    assert set(counts) == set(range(LINES))
    # What was sent and not yet acknowledged is sent again, and no more than that: queue and batches are smaller.
    assert sum(counts.values()) - LINES <= 2 * 3200


def test_shipper_that_stops_and_starts_ships_nothing_twice(shipper: Shipper, peer: Peer) -> None:
    write(shipper.logs / "shop.log", range(300))
    shipper.start()
    eventually(lambda: whole(peer, range(300)))
    eventually(
        lambda: [state["offset"] for state in shipper.states.values()] == [(shipper.logs / "shop.log").stat().st_size]
    )
    assert shipper.kill(signal.SIGTERM) == 0
    shipper.start()
    write(shipper.logs / "shop.log", range(300, 400))
    eventually(lambda: whole(peer, range(400)))
    assert peer.numbers == list(range(400))


def test_batch_that_was_acknowledged_in_part_is_completed_on_another_connection(shipper: Shipper, peer: Peer) -> None:
    peer.refuses_after = 7
    write(shipper.logs / "shop.log", range(100))
    shipper.start()
    eventually(lambda: whole(peer, range(100)))
    assert peer.numbers == list(range(100))


def test_copytruncate_loses_no_line(shipper: Shipper, peer: Peer) -> None:
    file, copy = shipper.logs / "shop.log", shipper.logs / "shop.log.1"
    shipper.input["prospector.scanner"] = {"check_interval": "100ms"}
    del shipper.input["file_identity.fingerprint"]
    shipper.input["rotation.external.strategy.copytruncate.suffix_regex"] = r"\.\d$"
    write(file, range(500))
    shipper.start()
    eventually(lambda: whole(peer, range(500)))
    eventually(lambda: {state["offset"] for state in shipper.states.values()} == {file.stat().st_size})
    shipper.kill()
    write(file, range(500, 600))
    shutil.copyfile(file, copy)
    file.write_text("")
    write(file, range(600, 650))
    shipper.start()
    eventually(lambda: whole(peer, range(650)))
    assert Counter(peer.numbers).most_common(1)[0][1] == 1
    # And while it runs.
    copy.rename(shipper.logs / "shop.log.2")
    shutil.copyfile(file, copy)
    file.write_text("")
    write(file, range(650, 660))
    eventually(lambda: whole(peer, range(660)))


def test_file_with_the_inode_of_a_removed_one_is_read_from_its_beginning(shipper: Shipper, peer: Peer) -> None:
    file = shipper.logs / "shop.log"
    write(file, range(200))
    shipper.start()
    eventually(lambda: whole(peer, range(200)))
    shipper.kill()
    # The same inode with other lines, and more of them: by its inode it would be continued in the middle.
    file.write_text("")
    write(file, range(200, 900))
    shipper.start()
    eventually(lambda: whole(peer, range(900)))


def test_line_is_shipped_once_it_ends(shipper: Shipper, peer: Peer) -> None:
    file = shipper.logs / "shop.log"
    write(file, range(10))
    with file.open("a") as log:
        log.write("a line that a busy application writes in two parts, num")
        log.flush()
        shipper.start()
        eventually(lambda: whole(peer, range(10)))
        log.write("ber 10\n")
    eventually(lambda: whole(peer, range(11)))
    assert peer.documents[-1]["message"] == "a line that a busy application writes in two parts, number 10"


def test_other_hosts_take_the_batches_of_one_that_is_gone(tmp_path: Path, peer: Peer) -> None:
    other = Peer()
    shipper = Shipper(tmp_path, [peer.port, other.port])
    shipper.output["loadbalance"] = True
    written = count(0, 200)

    def both_have_some() -> bool:
        first = next(written)
        write(shipper.logs / "shop.log", range(first, first + 200))
        return bool(peer.documents and other.documents)

    shipper.start()
    try:
        eventually(both_have_some)
        other.stop()
        last = next(written)
        write(shipper.logs / "shop.log", range(last, last + 1000))
        eventually(lambda: set(peer.numbers) | set(other.numbers) >= set(range(last + 1000)))
    finally:
        shipper.kill()
        other.stop()
