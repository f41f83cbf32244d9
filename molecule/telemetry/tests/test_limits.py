"""Units at their limits of memory and disk: only they suffer, and they recover by themselves."""

from __future__ import annotations

import json
import shlex

testinfra_hosts = ["telemetry-1"]

DROPPED = 'telemetry_log_lines_dropped_total{reason="queue_full"}'
UNITS = ("shop-1", "shop-2", "shop-payment")


def test_full_disk_of_logs_costs_lines_alone_and_logging_goes_on_by_itself(
    request_id, host, visit, fault, measured, lines, until
):
    payment = {"order": 1_000_000, "method": "card", "cents": 100}
    file, before = host.file("/var/log/shop-payment/combined.log"), measured(DROPPED, "shop-payment")
    size = file.size
    fault("disk", unit="shop-payment")
    try:
        assert host.check_output("stat -fc %a /var/log/shop-payment") == "0"
        assert pay(host, payment, times=200) == ["201"] * 200
        assert visit("GET", "/products").status == 200
    finally:
        fault("disk", on=False, unit="shop-payment")
    assert until(lambda: b"droppedLines" in file.content[size:])
    assert visit("POST", "/payments", payment, unit="shop-payment", X_Request_ID=request_id).status == 201
    assert [line["message"] for line in lines(request_id, unit="shop-payment")] == ["Payment taken"]
    text = file.content[size:].decode()
    assert text.endswith("\n")
    written = [json.loads(line) for line in text.splitlines()]
    told = sum(line.get("droppedLines", 0) for line in written)
    assert told == measured(DROPPED, "shop-payment") - before > 0
    assert told + len([line for line in written if line.get("orderNumber") == payment["order"]]) == 201


def pay(host, payment, times):
    """Make so many payments by one client, and return the statuses."""
    words = ["curl", "-sS", "--cacert", "authorities.crt", "--cert", "shop-1/tls.crt", "--key", "shop-1/tls.key"]
    words += ["-d", json.dumps(payment), "-H", "Content-Type: application/json", "-o", "/dev/null"]
    words += ["-w", r"%{http_code}\n", f"https://localhost:8445/payments?[1-{times}]"]
    return host.check_output(f"cd /etc/vigil/certificates && {shlex.join(words)}").splitlines()


def test_used_memory_is_seen_in_the_metric_of_the_process(fault, measured):
    before = measured("process_resident_memory_bytes ", "shop-2")
    fault("memory", unit="shop-2", amount=100e6)
    try:
        assert measured("process_resident_memory_bytes ", "shop-2") > before + 90e6
    finally:
        fault("memory", on=False, unit="shop-2")
    assert measured("process_resident_memory_bytes ", "shop-2") < before + 90e6


def test_unit_beyond_its_limit_of_memory_is_killed_and_started_again_and_no_other_is(
    host, visit, token, measured, until
):
    def states():
        return [host.check_output(f"systemctl show --property=NRestarts,MainPID {unit}") for unit in UNITS]

    before, begun = states(), measured("process_start_time_seconds ", "shop-2")
    filled = {"amount": 1e9, "seconds": 60}
    assert visit("PUT", "/faults/memory", filled, unit="shop-2", Authorization=token).status == 0
    assert visit("GET", "/products").status == 200
    assert until(lambda: visit("GET", "/products", unit="shop-2").status == 200, 60)
    after = states()
    assert [after[0], after[2]] == [before[0], before[2]]
    assert "NRestarts=1" in after[1].splitlines()
    # That of the alert on restarts.
    assert measured("process_start_time_seconds ", "shop-2") > begun
