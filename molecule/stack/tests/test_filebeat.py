"""Filebeat ships each line at least once by way of Logstash, whatever is killed, down or rotated meanwhile."""

from __future__ import annotations

import json
import shlex
import time

import pytest

testinfra_hosts = ["stack-1"]
FOLDER = "/var/log/ledger"
# What Filebeat has sent and Logstash not acknowledged is sent again: at most as much as the queue holds.
QUEUE = 3200
# Writes numbered lines, and renames the file when half of them are written.
WRITER = """
import json, os, sys
run, first, last, path = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
file = open(path, "a")
for number in range(first, last):
    file.write(json.dumps({"run": run, "number": number, "message": "a line of the ledger " + "." * 60}) + "\\n")
    if number == (first + last) // 2:
        file.close()
        for older in (3, 2, 1):
            if os.path.exists(f"{path}.{older}"):
                os.rename(f"{path}.{older}", f"{path}.{older + 1}")
        os.rename(path, path + ".1")
        file = open(path, "a")
"""


@pytest.fixture
def search(ask, secrets):
    """Return a function that returns what Elasticsearch answers to a search in all logs."""

    def found(query, **more):
        login = {"user": "admin", "password": secrets["elasticsearch_passwords"]["admin"]}
        body = json.dumps({"query": query, "size": 10, **more})
        ask("https://localhost:9200/logs-*/_refresh", "-X", "POST", **login)
        options = ["-X", "POST", "-H", "Content-Type: application/json", "-d", body]
        return ask("https://localhost:9200/logs-*/_search", *options, **login).json()

    return found


@pytest.fixture
def copies(search, run):
    """Return a function that returns how many documents there are of each number of this test's lines."""

    def counted():
        numbers = {"numbers": {"terms": {"field": "number", "size": 50_000}}}
        answer = search({"term": {"run": run}}, aggs=numbers, size=0)
        return {one["key"]: one["doc_count"] for one in answer["aggregations"]["numbers"]["buckets"]}

    return counted


@pytest.fixture
def run():
    """Return a name that lines of this test alone have."""
    return f"run{time.time_ns()}"


@pytest.fixture
def write(host, run):
    """Return a function that writes lines of this test to a file of the ledger, rotated by rename in their middle."""

    def written(name, first, last):
        host.check_output(shlex.join(["python3", "-c", WRITER, run, str(first), str(last), f"{FOLDER}/{name}"]))

    return written


def lines(run, numbers):
    """Return lines of JSON, the first one longer than what files are known by."""
    return "".join(json.dumps({"run": run, "number": number, "message": "." * 250}) + "\n" for number in numbers)


def put(host, text, name, how=">>"):
    """Append a text to a file, or with `>` write it in the place of what the file has."""
    host.check_output(f"printf %s {shlex.quote(text)} {how}{FOLDER}/{name}")


@pytest.mark.restart
def test_line_of_an_application_and_one_of_the_journal_are_found(host, search, run, eventually):
    put(host, lines(run, [7]), "web.json")
    host.check_output(f"logger --tag ledger an entry of {run}")
    eventually(lambda: len(search({"term": {"run": run}})["hits"]["hits"]), 1)
    (hit,) = search({"term": {"run": run}})["hits"]["hits"]
    found = hit["_source"]
    assert hit["_index"].startswith("logs-ledger-")
    assert (found["service"], found["number"], found["host"]["name"]) == ("ledger", 7, "stack-1")
    assert found["log"]["file"]["path"] == f"{FOLDER}/web.json"
    eventually(lambda: len(search({"match_phrase": {"message": f"an entry of {run}"}})["hits"]["hits"]), 1)


def test_no_line_is_lost_when_filebeat_is_killed_logstash_down_and_files_rotated(host, copies, write, eventually):
    write("days.json", 0, 2000)
    eventually(lambda: len(copies()) > 0, wanted=True)
    host.check_output("systemctl stop logstash; systemctl kill --signal=KILL filebeat")
    try:
        write("days.json", 2000, 3000)
        host.check_output("timeout 60 sh -c 'until systemctl --quiet is-active filebeat; do sleep 1; done'")
        write("days.json", 3000, 4000)
        host.check_output("systemctl stop filebeat")
        write("days.json", 4000, 5000)
    finally:
        host.check_output("systemctl start logstash filebeat")
    eventually(lambda: len(copies()), 5000)
    assert set(copies()) == set(range(5000))
    duplicates = sum(copies().values()) - 5000
    assert duplicates <= QUEUE


def test_file_that_is_copied_and_truncated_is_read_to_its_end(host, copies, run, eventually):
    # A name of its own: the inode of a file that another run has removed may be that of a copy.
    name = f"copied/{run}.json"
    rotate = f"cd {FOLDER}; [ ! -e {name}.1 ] || mv {name}.1 {name}.2; cp {name} {name}.1; truncate -s 0 {name}"
    put(host, lines(run, range(40)), name)
    eventually(lambda: len(copies()), 40)
    host.check_output(rotate)
    put(host, lines(run, range(40, 50)), name)
    eventually(lambda: len(copies()), 50)
    host.check_output("systemctl stop filebeat")
    try:
        put(host, lines(run, range(50, 60)), name)
        host.check_output(rotate)
        # Fewer than were read before: a file known by its inode that has grown beyond that is no new one.
        put(host, lines(run, range(60, 65)), name)
    finally:
        host.check_output("systemctl start filebeat")
    eventually(lambda: set(copies()) == set(range(65)), wanted=True)


def test_file_with_the_inode_of_another_is_read_from_its_beginning(host, copies, run, eventually):
    put(host, lines(run, range(20)), "reused.json", how=">")
    eventually(lambda: len(copies()), 20)
    inode = host.check_output(f"stat -c %i {FOLDER}/reused.json")
    host.check_output("systemctl stop filebeat")
    try:
        put(host, lines(run, range(100, 140)), "reused.json", how=">")
    finally:
        host.check_output("systemctl start filebeat")
    assert host.check_output(f"stat -c %i {FOLDER}/reused.json") == inode
    eventually(lambda: set(copies()) == {*range(20), *range(100, 140)}, wanted=True)


def test_lines_that_belong_together_are_one_event(host, search, run, eventually):
    trace = f"{run}: failed{'.' * 250}\n  at line 1\n  at line 2\n"
    put(host, f"{trace}the next line\n", "errors.trace")
    eventually(lambda: len(search({"match": {"message": run}})["hits"]["hits"]), 1)
    (hit,) = search({"match": {"message": run}})["hits"]["hits"]
    assert hit["_source"]["message"] == trace.rstrip("\n")


@pytest.fixture
def value(prometheus):
    """Return a function that returns the value of a metric of this host, as Prometheus has it."""

    def found(metric):
        return [float(one["value"][1]) for one in prometheus("query", query=f'{metric}{{host="stack-1"}}')["result"]]

    return found


@pytest.mark.restart
def test_prometheus_knows_how_much_filebeat_ships(value, eventually):
    eventually(lambda: [number > 0 for number in value("filebeat_shipped_events_total")], [True])


def test_prometheus_knows_of_a_file_that_filebeat_may_not_read(host, value, eventually):
    try:
        host.check_output(f"install -m 0600 /dev/null {FOLDER}/hidden.json")
        eventually(lambda: value("filebeat_unreadable_files"), [1])
    finally:
        host.check_output(f"rm {FOLDER}/hidden.json")


@pytest.mark.restart
def test_filebeat_listens_on_no_port(host):
    process = host.check_output("systemctl show --value --property=MainPID filebeat")
    with host.sudo():
        assert f"pid={process}," not in host.check_output("ss --listening --tcp --udp --processes --numeric")
