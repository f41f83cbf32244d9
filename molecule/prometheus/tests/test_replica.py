"""A replica finds what to scrape in the inventory, and is what its inputs say; most of it is asked of itself."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

testinfra_hosts = ["prometheus"]
HERE = Path(__file__).resolve().parent
SHIPPED = HERE.parents[2] / "roles/prometheus/files/rules"
GIB = 2**30


@pytest.mark.restart
def test_it_scrapes_every_service_of_the_inventory_and_what_the_user_names(api, eventually):
    def targets():
        found = api("targets?state=active")["activeTargets"]
        return {(one["labels"]["job"], one["labels"]["instance"]): one["health"] for one in found}

    there = [
        ("node_exporter", "prometheus-1:9100"),
        ("node_exporter", "prometheus-2:9100"),
        ("blackbox_exporter", "prometheus-1:9115"),
        ("prometheus", "prometheus-1:9191"),
        ("prometheus", "prometheus-2:9090"),
        ("shop", "prometheus-2:9090"),
        ("probe_door", "prometheus-2:9090"),
    ]
    eventually(targets, dict.fromkeys(there, "up"))


def test_it_reaches_a_replica_at_the_address_and_port_that_the_inventory_gives(api):
    urls = {
        one["scrapeUrl"] for one in api("targets?state=active")["activeTargets"] if one["scrapePool"] == "prometheus"
    }
    assert urls == {"https://prometheus-1.vigil-test:9191/metrics", "https://prometheus-2:9090/metrics"}


@pytest.mark.restart
def test_probes_of_the_inventory_succeed_and_keep_their_labels(query, eventually):
    labels = {"job": "probe_door", "instance": "prometheus-2:9090", "prober": "prometheus-1", "place": "pier"}
    eventually(lambda: query("probe_success"), [({"__name__": "probe_success", **labels}, 1)])


def test_it_scrapes_and_evaluates_as_often_as_it_should(configuration, inputs):
    assert (
        configuration["global"]["scrape_interval"],
        configuration["global"]["evaluation_interval"],
    ) == inputs.intervals


def test_it_says_who_it_is_and_takes_upstreams_own_keys(configuration, inputs):
    own = {"cluster": "harbour", "region": "north", "replica": inputs.replica, "team": "tide"}
    assert configuration["global"]["external_labels"] == own
    assert configuration["storage"]["tsdb"]["out_of_order_time_window"] == "10m"


@pytest.mark.restart
def test_it_evaluates_the_shipped_rules_and_those_of_the_user(api):
    files = [*SHIPPED.glob("*.yml"), *(HERE.parent / "rules").glob("*.yml"), HERE.parent / "more/stock.yaml"]
    wanted = {(file.stem, group["name"]) for file in files for group in yaml.safe_load(file.read_text())["groups"]}
    groups = api("rules")["groups"]
    assert {(Path(group["file"]).stem, group["name"]) for group in groups} >= wanted
    assert {Path(group["file"]).parent for group in groups} == {Path("/etc/prometheus/rules")}
    assert [rule for group in groups for rule in group["rules"] if rule.get("lastError")] == []


def test_generated_rules_see_an_application_whole(query, eventually):
    def found():
        return {
            (metric["__name__"], value)
            for metric, value in query('{__name__=~"service:symptoms:(observed|correlated)",service="library"}')
        }

    eventually(found, {("service:symptoms:observed", 2), ("service:symptoms:correlated", 0)}, seconds=90)
    # Its group is evaluated less often.
    eventually(lambda: len(query('business:level:avg30m{service="library"}')), 1, seconds=150)
    (level,) = query('business:level:avg30m{service="library",metric="answers_per_minute"}')
    assert level[1] > 0


def test_tests_of_rules_lie_on_the_host_and_are_not_loaded(host, api):
    files = [Path(group["file"]).name for group in api("rules")["groups"]]
    assert {"correlation-library.yml", "business-library.yml", "shop.yml"} <= set(files)
    assert len(host.check_output("ls /etc/prometheus/tests").splitlines()) == 3
    done = host.run("promtool test rules /etc/prometheus/tests/*.yml")
    assert done.rc == 0, done.stdout + done.stderr


@pytest.mark.restart
def test_it_keeps_what_fits_on_its_disk(host, ask, api, inputs, url, secrets):
    size = int(host.check_output(f"df --block-size=1 --output=size {inputs.data} | tail -n 1"))
    body = ask(f"{url}/metrics", user="admin", password=secrets["prometheus_passwords"]["admin"]).body
    (limit,) = [
        line.split()[1] for line in body.splitlines() if line.startswith("prometheus_tsdb_retention_limit_bytes ")
    ]
    assert float(limit) == min(50 * GIB, int(size * 0.8))
    assert api("status/flags")["storage.tsdb.retention.time"] == inputs.retention


@pytest.mark.parametrize("user", ["admin", "prometheus"])
def test_only_the_right_password_opens_it(ask, secrets, url, user):
    password = secrets["prometheus_passwords"][user]
    assert ask(f"{url}/api/v1/query?query=1", user=user, password=password).status == 200
    other = secrets["alertmanager_passwords"][user]
    assert ask(f"{url}/api/v1/query?query=1", user=user, password=other).status == 401


@pytest.mark.parametrize(("path", "status"), [("-/reload", 200), ("api/v1/admin/tsdb/clean_tombstones", 204)])
def test_it_is_administered_over_http_with_a_password_alone(ask, secrets, url, path, status):
    assert ask(f"{url}/{path}", "--request", "POST").status == 401
    password = secrets["prometheus_passwords"]["admin"]
    assert ask(f"{url}/{path}", "--request", "POST", user="admin", password=password).status == status


@pytest.mark.restart
def test_memory_and_processor_time_are_kept_and_limited(host):
    wanted = {"MemoryLow": 2 * GIB, "MemoryMax": 4 * GIB, "CPUWeight": 100, "CPUQuotaPerSecUSec": "2s"}
    names = ",".join([*wanted, "ControlGroup"])
    shown = dict(row.split("=", 1) for row in host.check_output(f"systemctl show -p {names} prometheus").splitlines())
    group = shown.pop("ControlGroup")
    assert shown == {name: str(value) for name, value in wanted.items()}
    # What the kernel holds against the service, by the names of cgroups of the second or the first version.
    places = f"/sys/fs/cgroup{group}/memory.max /sys/fs/cgroup/memory{group}/memory.limit_in_bytes"
    assert host.run(f"cat {places}").stdout.split() == [str(4 * GIB)]
    places = f"/sys/fs/cgroup{group}/cpu.max /sys/fs/cgroup/cpu{group}/cpu.cfs_quota_us"
    assert host.run(f"cat {places}").stdout.split()[0] == "200000"


@pytest.mark.restart
def test_it_runs_as_its_user_and_nobody_else_reads_its_files(host, inputs):
    process = host.check_output("systemctl show --property=MainPID --value prometheus")
    assert host.check_output(f"ps -o user= -p {process}") == inputs.user
    assert host.user(inputs.user).uid == inputs.uid
    assert host.file(inputs.data).user == inputs.user
    for path in (f"{inputs.data}/wal", "/etc/prometheus/prometheus.yml", "/etc/prometheus/secrets/shop"):
        readers = {user: host.run(f"runuser -u {user} -- test -r {path}").rc == 0 for user in (inputs.user, "nobody")}
        assert readers == {inputs.user: True, "nobody": False}, path


def test_it_lies_where_an_operator_looks_for_it(host, api, inputs):
    version = api("status/buildinfo")["version"].partition("+")[0]  # Debian's binaries say +ds1
    assert host.file("/opt/prometheus").linked_to.startswith(f"/opt/vigil/prometheus/{version}-")
    assert host.file("/etc/prometheus").linked_to.startswith("/etc/vigil/prometheus/")
    assert host.check_output("promtool --version").startswith(f"promtool, version {version}")
    assert api("status/flags")["storage.tsdb.path"] == inputs.data
    assert host.file(f"{inputs.data}/wal").is_directory


def test_it_has_room_for_exemplars(query, eventually):
    # Without the feature, there is none.
    eventually(
        lambda: [room for _replica, room in query('prometheus_tsdb_exemplar_max_exemplars{job="prometheus"}')],
        [100_000, 100_000],
    )


def test_it_has_the_environment_and_the_links_of_the_inventory(api, inputs):
    assert api("status/runtimeinfo")["GOGC"] == inputs.collector
    assert api("status/flags")["web.external-url"] == inputs.link


@pytest.mark.restart
def test_what_the_first_replica_writes_remotely_both_can_read(query, inputs, eventually):
    # The first one has no such series itself: it reads them back, without the label by which it finds them.
    expected = None if inputs.replica == "first" else "first"
    eventually(
        lambda: [metric.get("replica") for metric, _value in query('up{written="remotely",job="shop"}')], [expected]
    )
