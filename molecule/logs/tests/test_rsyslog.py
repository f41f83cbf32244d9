"""A shipper that finds a safe index for every line, loses none, and keeps what Elasticsearch refuses."""

from __future__ import annotations

import json
import shlex
import time
from contextlib import contextmanager

import pytest

testinfra_hosts = ["elasticsearch-3"]
FOLDER = "/var/log/shop"
REFUSED = "/var/lib/vigil-rsyslog/refused"
LINES = 24_000
REPLAY = "runuser -u rsyslog -- /usr/bin/python3 -B /etc/vigil-rsyslog/replay.py"
ABSENT = object()
# What a line has as its service, with the service in the name of its index, and in the document.
SERVICES = [
    ("shop", "shop", "shop"),
    ("SHOP", "shop", "SHOP"),
    ("nobody-knows", "unnamed", "nobody-knows"),
    ({"name": "shop"}, "shop", "shop"),
    ("../x", "unnamed", "unnamed"),
    ("_A", "unnamed", "unnamed"),
    ("x" * 300, "unnamed", "unnamed"),
    ('a"}}\n{"delete":{}}', "unnamed", "unnamed"),
    ("shop,*", "unnamed", "unnamed"),
    (["shop"], "unnamed", "unnamed"),
    ({"name": "../x"}, "unnamed", "unnamed"),
    ({"not": "a name"}, "unnamed", "unnamed"),
    ("", "counter", "counter"),
    (ABSENT, "counter", "counter"),
]
# Writes numbered lines and rotates the file once.
WRITER = """
import json, os, sys, time
run, first, last, path = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
file = open(path, "a")
for number in range(first, last):
    now = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + ".%03dZ" % (time.time() % 1 * 1000)
    line = {"timestamp": now, "level": "info", "run": run, "message": "a line", "number": number}
    file.write(json.dumps(line) + "\\n")
    if number == (first + last) // 2:
        file.close()
        os.rename(path, path + ".1")
        file = open(path, "a")
"""


@pytest.fixture
def asked(request_as):
    """Return a function that returns what the administrator is answered, or nothing when there is no such index."""

    def answer(method, path, body=None):
        found = request_as("admin", method, path, body)
        return found.json() if found.status == 200 else {}

    return answer


@pytest.fixture
def search(asked):
    """Return a function that returns the documents of a run in all indices of a service."""

    def found(service, run):
        asked("POST", f"/logs-{service}-*/_refresh")
        body = {"query": {"match": {"run": run}}, "size": 200}
        return asked("POST", f"/logs-{service}-*/_search", body).get("hits", {}).get("hits", [])

    return found


@pytest.fixture
def numbers(asked):
    """Return a function that returns how many numbers the lines of a run have, and how many lines the most frequent."""

    def found(run):
        asked("POST", "/logs-counter-*/_refresh")
        each = {"histogram": {"field": "number", "interval": 1, "min_doc_count": 1}}
        stats = {"stats_bucket": {"buckets_path": "each>_count"}}
        body = {"query": {"match": {"run": run}}, "size": 0, "aggs": {"each": each, "stats": stats}}
        answer = asked("POST", "/logs-counter-*/_search?filter_path=aggregations.stats", body)
        counted = answer.get("aggregations", {}).get("stats", {"count": 0, "max": 0})
        return counted["count"], counted["max"]

    return found


@pytest.fixture
def run():
    """Return a name that lines of this test alone have."""
    return f"run{time.time_ns()}"


@pytest.fixture
def writable(asked):
    """Return a function that makes the index of today of a service writable, or read-only."""

    def change(service, *, allowed):
        index = f"logs-{service}-{time.strftime('%Y.%m.%d', time.gmtime())}"
        assert asked("PUT", f"/{index}/_settings", {"index.blocks.write": not allowed})["acknowledged"]

    return change


def append(host, name, *lines):
    """Append lines, as texts or objects with the time of now, to a file of the shop."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    texts = (line if isinstance(line, str) else json.dumps({"timestamp": now, **line}) for line in lines)
    host.check_output(f"printf '%s\\n' {shlex.join(texts)} >>{FOLDER}/{name}")


def kept(host, name, run):
    """Return how many lines of a file of what was refused are of a run."""
    return int(host.run(f"grep -c {run} {REFUSED}/{name}.json").stdout or 0)


def eventually(seen, wanted, seconds=180):
    """Ask again and again until the answer is the wanted one."""
    deadline = time.monotonic() + seconds
    while (answer := seen()) != wanted and time.monotonic() < deadline:
        time.sleep(0.5)
    assert answer == wanted


def metric(host, name):
    """Return the value of a metric of rsyslog."""
    values = (
        line.rsplit(" ", 1) for line in host.file("/var/cache/vigil-rsyslog/rsyslog.prom").content_string.splitlines()
    )
    return int(dict(values)[name])


@pytest.mark.restart
def test_line_of_an_application_is_found_and_the_journal_too(host, search, asked, run):
    append(host, "web.log", {"level": "error", "message": "an order failed", "run": run})
    host.check_output(f"logger --tag {run} a message")
    eventually(lambda: len(search("shop", run)), 1)
    found = search("shop", run)[0]["_source"]
    assert (found["service"], found["level"], found["host"]["name"]) == ("shop", "ERROR", "elasticsearch-3")
    assert found["log"]["file"]["path"] == f"{FOLDER}/web.log"
    eventually(lambda: asked("GET", f"/logs-journal-*/_count?q=service:{run}").get("count"), 1)


def test_every_line_has_a_safe_index_and_keeps_what_it_contained(host, search, run):
    given = [{} if service is ABSENT else {"service": service} for service, _index, _found in SERVICES]
    append(host, "web.json", *({"run": run, "number": number, **one} for number, one in enumerate(given)))
    eventually(lambda: len(search("*", run)), len(SERVICES))
    hits = sorted(search("*", run), key=lambda hit: hit["_source"]["number"])
    found = [(hit["_index"].split("-")[1], hit["_source"]["service"]) for hit in hits]
    assert found == [(index, service) for _given, index, service in SERVICES]
    for hit in (hit["_source"] for hit in hits if hit["_source"]["service"] == "unnamed"):
        assert json.loads(hit["event"]["original"])["service"] == SERVICES[hit["number"]][0]


def test_line_that_is_no_object_is_a_message_of_the_service_of_its_file(host, asked, run):
    append(host, "web.json", f"text {run}", '{"broken": "' + run)
    eventually(lambda: asked("GET", f"/logs-counter-*/_count?q=message:{run}").get("count"), 2)


def test_number_of_indices_does_not_depend_on_lines(host, search, run):
    append(host, "web.json", *({"run": run, "service": f"{run}-{number}"} for number in range(120)))
    eventually(lambda: len(search("unnamed", run)), 120)
    assert len({hit["_source"]["service"] for hit in search("*", run)}) == 120


def test_every_number_arrives_when_no_node_is_reached_and_rsyslog_is_killed_twice_and_files_are_rotated(
    host, numbers, run
):
    reader = host.check_output("id -u rsyslog")
    parts = [LINES // 4 * part for part in range(5)]
    kill = "systemctl kill --signal=KILL vigil-rsyslog"

    def write(part, name):
        host.check_output(
            shlex.join(["python3", "-c", WRITER, run, *map(str, parts[part : part + 2]), f"{FOLDER}/{name}"])
        )

    with cut_off(host, reader, "unreachable"):
        write(0, "cut.json")
        # Its queue is full, and the rest of the lines waits in their file.
        eventually(
            lambda: metric(host, "rsyslog_queue_bytes") > 0.8 * metric(host, "rsyslog_queue_limit_bytes"), wanted=True
        )
        host.check_output(kill)
        # It is down, and starts again after five seconds.
        write(1, "down.json")
    with cut_off(host, reader, "blackhole"):
        eventually(lambda: host.run("systemctl is-active vigil-rsyslog").stdout, "active\n")
        write(2, "lost.json")
        host.check_output(f"sleep 2; {kill}")
    write(3, "back.json")
    eventually(lambda: numbers(run), (LINES, 1))


@contextmanager
def cut_off(host, user, how):
    """Do not send what a user sends to other hosts: it gets an error at once (unreachable), or waits (blackhole)."""
    host.check_output("ip rule add pref 1 lookup local && ip rule del pref 0")
    host.check_output(f"ip rule add pref 0 uidrange {user}-{user} {how}")
    try:
        yield
    finally:
        host.check_output(
            f"ip rule add pref 0 lookup local && ip rule del pref 1 && ip rule del uidrange {user}-{user}"
        )


def test_file_that_is_deleted_and_made_anew_is_read_whether_rsyslog_runs_or_not(host, search, run):
    for number in range(3):
        append(host, "anew.json", {"run": run, "number": number})
        eventually(lambda wanted=number: len(search("counter", run)) - wanted, 1)
        host.check_output(f"rm {FOLDER}/anew.json")
    host.check_output(f"echo >{FOLDER}/anew.json; systemctl stop vigil-rsyslog; rm {FOLDER}/anew.json")
    append(host, "anew.json", {"run": run, "number": 3})
    host.check_output("systemctl start vigil-rsyslog")
    eventually(lambda: len(search("counter", run)), 4)


def test_file_that_is_copied_and_truncated_is_read_once(host, search, run):
    append(host, "copied.json", *({"run": run, "number": number} for number in range(50)))
    eventually(lambda: len(search("counter", run)), 50)
    host.check_output(f"cp {FOLDER}/copied.json {FOLDER}/copied.json.1 && truncate -s 0 {FOLDER}/copied.json")
    append(host, "copied.json", *({"run": run, "number": number} for number in range(50, 60)))
    eventually(lambda: len(search("counter", run)), 60)


def test_refused_lines_are_kept_counted_and_accepted_later(host, search, writable, run):
    append(host, "web.json", {"service": "refusing", "run": run, "number": 0})
    eventually(lambda: len(search("refusing", run)), 1)
    writable("refusing", allowed=False)
    counted = metric(host, "rsyslog_refused_documents_total")
    append(host, "web.json", {"service": "refusing", "run": run, "number": 1})
    eventually(lambda: kept(host, "documents", run), 1)
    done = host.run(REPLAY)
    assert (done.rc, done.stdout.splitlines()[0]) == (1, "0 accepted, 0 already there, 1 refused again")
    writable("refusing", allowed=True)
    append(host, "web.json", {"service": "refusing", "run": run, "number": {"no": "number"}})
    eventually(lambda: kept(host, "documents", run), 2)
    eventually(lambda: metric(host, "rsyslog_refused_documents_total"), counted + 2)
    assert metric(host, "rsyslog_refused_bytes") > 0
    done = host.run(REPLAY)
    assert done.stdout.splitlines()[0] == "1 accepted, 0 already there, 1 refused again"
    assert len(search("refusing", run)) == 2
    host.check_output(f"rm {REFUSED}/documents.json")


def test_lines_that_a_wrong_password_has_kept_out_are_accepted_later(host, search, run):
    folder = "/run/systemd/system/vigil-rsyslog.service.d"
    wrong = r"[Service]\nEnvironmentFile=\nEnvironment=ELASTICSEARCH_PASSWORD=wrong\n"
    restart = "systemctl daemon-reload && systemctl restart vigil-rsyslog"
    try:
        host.check_output(f"mkdir -p {folder} && printf '{wrong}' >{folder}/wrong.conf && {restart}")
        append(host, "web.log", {"run": run})
        eventually(lambda: kept(host, "requests", run), 1)
    finally:
        host.check_output(f"rm -r {folder}; {restart}")
    # The start has it read again, from a position before which all have arrived, so the replay may find it there.
    assert "refused again" in host.run(REPLAY).stdout
    assert kept(host, "requests", run) == 0
    eventually(lambda: len(search("shop", run)), 1)


@pytest.mark.restart
def test_instance_of_the_distribution_is_not_touched(host):
    assert host.run("systemctl is-active rsyslog").stdout.strip() == "active"
    assert host.run("dpkg --verify rsyslog rsyslog-elasticsearch").stdout == ""


@pytest.mark.restart
def test_metrics_are_those_of_node_exporter(host, ask):
    answer = ask("https://localhost:9100/metrics", service="node_exporter")
    assert "\nrsyslog_accepted_documents_total " in answer.body
    assert 'node_textfile_mtime_seconds{file="/var/lib/vigil/textfile/rsyslog.prom"}' in answer.body


def test_password_is_in_no_argument(host, secrets):
    assert secrets["elasticsearch_passwords"]["writer"] not in host.check_output("ps -eo args")
