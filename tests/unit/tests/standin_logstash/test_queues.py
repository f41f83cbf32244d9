"""The queues of Logstash as log_exporter measures them: of LOGSTASH_ARCHIVE, or without one of the stand-in."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.configuration import Logstash as Node
from ansible_collections.vigil.observability.packages.log_exporter.log_exporter.logstash import QueueMetrics
from ansible_collections.vigil.observability.tests.unit.packages.log_exporter.collected import Scrape, collected
from ansible_collections.vigil.observability.tests.unit.tests.standin_logstash.bulk import (
    BulkServer,
    until,
)
from ansible_collections.vigil.observability.tests.unit.tests.standin_logstash.logstash import Logstash

LIMIT = 64 << 20


def measured(logstash: Logstash) -> Scrape:
    """Return the metrics of a Logstash."""
    return collected(QueueMetrics((Node(name="logs1", url=f"http://127.0.0.1:{logstash.api}", timeout=20),)))


def test_queues_are_measured_while_events_wait_are_sent_and_are_refused(
    home: Path, tls: Path, tmp_path: Path, elasticsearch: BulkServer
) -> None:
    logstash = Logstash(home, tmp_path, tls, **{"dead_letter_queue.max_bytes": f"{LIMIT}b"})
    logstash.pipelines({"main": logstash.shipped("main", elasticsearch.url)})
    elasticsearch.requests = [503] * 1000
    elasticsearch.refusals = {"one": [400]}
    assert measured(logstash) == {"logstash_up": {"logs1": 0}}

    def of_main() -> dict[str, float]:
        return {name: values.get("logs1/main", -1) for name, values in measured(logstash).items()}

    with logstash.running():
        logstash.send([{"message": "one"}, {"message": "two"}])
        until(lambda: of_main().get("logstash_events_in_total") == 2, "the events have come")
        until(lambda: of_main().get("logstash_queue_size_bytes", 0) > 0, "they wait")
        assert measured(logstash)["logstash_up"] == {"logs1": 1}
        assert {name for name, value in of_main().items() if value == -1} == {"logstash_up"}
        assert of_main()["logstash_events_out_total"] == 0
        assert of_main()["logstash_queue_limit_bytes"] == LIMIT
        empty = of_main()["logstash_dead_letter_queue_size_bytes"]
        elasticsearch.requests = []
        until(lambda: of_main()["logstash_events_out_total"] == 2, "both events are sent")
        until(lambda: of_main()["logstash_queue_events"] == 0, "no event waits")
        until(lambda: of_main()["logstash_dead_letter_queue_size_bytes"] > empty + 100, "the refused one is kept")
        assert of_main()["logstash_dead_letter_queue_limit_bytes"] == LIMIT
        assert of_main()["logstash_dead_letter_queue_dropped_events_total"] == 0


def test_refused_document_for_which_there_is_no_space_is_counted(
    home: Path, tls: Path, tmp_path: Path, elasticsearch: BulkServer
) -> None:
    size = 2000
    logstash = Logstash(home, tmp_path, tls, **{"dead_letter_queue.max_bytes": f"{size}b"})
    logstash.pipelines({"main": logstash.shipped("main", elasticsearch.url)})
    messages = [f"{number:0{size // 4}}" for number in range(8)]
    elasticsearch.refusals = {message: [400] for message in messages}
    with logstash.running():
        logstash.send([{"message": message} for message in messages])
        dropped = "logstash_dead_letter_queue_dropped_events_total"
        until(lambda: measured(logstash)[dropped]["logs1/main"] > 0, "a document is lost")


def test_reload_that_fails_is_counted_for_its_pipeline(
    home: Path, tls: Path, tmp_path: Path, elasticsearch: BulkServer
) -> None:
    logstash = Logstash(home, tmp_path, tls)
    main = logstash.shipped("main", elasticsearch.url)
    logstash.pipelines({"main": main})
    failures = "logstash_reload_failures_total"
    with logstash.running():
        assert measured(logstash)[failures] == {"logs1/main": 0}
        logstash.pipelines({"main": main.replace("uppercase", "uppercased")})
        until(lambda: measured(logstash)[failures]["logs1/main"] > 1, "the reload fails, again and again")
        logstash.pipelines({"main": main, "own": "input {"})
        until(lambda: measured(logstash)[failures].get("logs1/own", 0) > 0, "the new pipeline cannot start")
        assert measured(logstash)["logstash_pipeline_up"] == {"logs1/main": 1, "logs1/own": 0}
        assert "logs1/own" not in measured(logstash)["logstash_queue_events"]
