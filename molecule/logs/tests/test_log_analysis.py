"""The analysis of logs, as a user runs it: over TLS, on the controller, as the user that may only read logs."""

from __future__ import annotations

import json
import os
import socketserver
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

testinfra_hosts = ["elasticsearch-2"]
ROOT = Path(__file__).resolve().parents[3]
HOUR = 3600
# Runs on the node, whose certificate is for localhost too: joins a connection to it with its input and output.
JOINED = """import os, socket, threading
node = socket.create_connection(("localhost", 9200))
def sent():
    while part := os.read(0, 65536):
        node.sendall(part)
    node.shutdown(socket.SHUT_WR)
threading.Thread(target=sent, daemon=True).start()
while part := node.recv(65536):
    os.write(1, part)
"""


@pytest.fixture
def port(host) -> Iterator[int]:
    """Return a port of this machine at which the node responds."""
    node = host.backend.get_hostname()

    class Connection(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            command = ["docker", "exec", "--interactive", node, "python3", "-c", JOINED]
            subprocess.run(command, stdin=self.request, stdout=self.request, check=False)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Connection) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


@pytest.fixture
def service(request_as) -> Iterator[str]:
    """Return a service whose lines are of yesterday and before, and an error of an hour ago."""
    name = uuid.uuid4().hex
    index = f"logs-{name}-{time.strftime('%Y.%m.%d', time.gmtime())}"
    lines = [{"level": "INFO", "message": f"Order {hours} placed", "@timestamp": hours} for hours in (1, 25, 49, 73)]
    lines.append({"level": "ERROR", "message": "Stock is negative", "errorName": "StockError", "@timestamp": 1})
    for line in lines:
        line |= {"service": name, "@timestamp": round((time.time() - line["@timestamp"] * HOUR) * 1000)}
        assert request_as("writer", "POST", f"/{index}/_doc?op_type=create&refresh=true", line).status == 201
    yield name
    assert request_as("admin", "DELETE", f"/{index}").status == 200


def test_what_is_new_since_yesterday_is_found_by_the_user_that_reads_logs(host, port, service, secrets, tmp_path):
    authorities = tmp_path / "authorities.crt"
    authorities.write_text(host.check_output("cat /etc/vigil/certificates/authorities.crt"))
    login = {
        "ELASTICSEARCH_URL": f"https://localhost:{port}",
        "ELASTICSEARCH_CA_PATH": str(authorities),
        "ELASTICSEARCH_USERNAME": "analysis",
        "ELASTICSEARCH_PASSWORD": secrets["elasticsearch_passwords"]["analysis"],
    }
    page, result = tmp_path / "logs.html", tmp_path / "logs.json"
    options = {"logs_query": f"service:{service}", "logs_page": str(page), "logs_json": str(result)}
    command = ["ansible-playbook", str(ROOT / "playbooks/analysis/logs.yml"), "-e", json.dumps(options)]
    done = subprocess.run(command, env={**os.environ, **login}, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(result.read_text())
    assert [one["pattern"] for one in found["messages"]["new"]] == ["Stock is negative"]
    assert "Stock is negative" in page.read_text()
