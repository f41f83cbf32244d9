"""Sends traces to the collector of its host, or counts those that its query finds: spans.py ARGUMENTS, as JSON.

To send: service, traces, each of so many spans of so many bytes, so many in a request, by so many threads, with the
files of a certificate. It prints how often there was which status, and how many spans were accepted. To count: service,
user and password, or the files of a certificate. It prints how many spans are found.
"""

from __future__ import annotations

import base64
import collections
import concurrent.futures
import http.client
import json
import ssl
import sys
import time

given = json.loads(sys.argv[1])
context = ssl.create_default_context(cafile="/etc/vigil/certificates/authorities.crt")
if given.get("certificate"):
    context.load_cert_chain(given["certificate"], given["key"])


def ask(port, method, path, body=None, headers=None):
    """Return the status and the body of an answer; in place of a status the name of what prevented one."""
    try:
        connection = http.client.HTTPSConnection("localhost", port, timeout=60, context=context)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__, b""


def trace(number):
    """Return the spans of a trace: a root and what it calls."""
    now = time.time_ns()
    name = f"{given['service']}/{number}".encode().hex().zfill(32)[-32:]
    return [
        {
            "traceId": name,
            "spanId": f"{place + 1:016x}",
            "parentSpanId": f"{1:016x}" if place else "",
            "name": "GET /orders" if not place else "SELECT orders",
            "kind": 2 if not place else 3,
            "startTimeUnixNano": str(now + place * 1000),
            "endTimeUnixNano": str(now + place * 1000 + 500),
            "attributes": [{"key": "filling", "value": {"stringValue": "x" * given.get("bytes", 10)}}],
        }
        for place in range(given["spans"])
    ]


def send(numbers):
    """Return the status of one request with these traces, and how many spans it held."""
    spans = [span for number in numbers for span in trace(number)]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": given["service"]}}]}
    body = json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": spans}]}]})
    status, _text = ask(4318, "POST", "/v1/traces", body, {"Content-Type": "application/json"})
    return status, len(spans)


def found():
    """Return how many spans the query finds."""
    login = base64.b64encode(f"{given.get('user')}:{given.get('password')}".encode()).decode()
    window = f"start={time.time_ns() // 1000 - 3_600_000_000}&end={time.time_ns() // 1000}&limit=100000"
    path = f"/api/traces?service={given['service']}&{window}"
    status, text = ask(16686, "GET", path, headers={"Authorization": f"Basic {login}"} if given.get("user") else {})
    assert status == 200, (status, text[:500])
    spans = [(span["traceID"], span["spanID"]) for one in json.loads(text)["data"] for span in one["spans"]]
    return {"found": len(set(spans)), "twice": len(spans) - len(set(spans))}


if "traces" in given:
    each = given.get("traces_each", 1)
    requests = [range(begin, min(begin + each, given["traces"])) for begin in range(0, given["traces"], each)]
    statuses: collections.Counter[str] = collections.Counter()
    accepted = 0
    with concurrent.futures.ThreadPoolExecutor(given.get("threads", 1)) as pool:
        for status, number in pool.map(send, requests):
            statuses[str(status)] += 1
            accepted += number if status == 200 else 0
    print(json.dumps({"statuses": statuses, "accepted": accepted}))
else:
    print(json.dumps(found()))
