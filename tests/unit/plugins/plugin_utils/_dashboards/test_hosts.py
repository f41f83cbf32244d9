# Copyright: (c) 2026, Vigil contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the page of the machines answers, by the real promtool over made-up machines."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.plugins.plugin_utils._dashboards.stack.hosts.page import hosts_page
from ansible_collections.vigil.observability.tests.dashboards.expressions import annotation_expressions
from ansible_collections.vigil.observability.tests.unit.plugins.plugin_utils._dashboards.answers import (
    AskedPage,
    steady,
    unknown,
)
from ansible_collections.vigil.observability.tests.unit.plugins.promtool import answered

PAGE = AskedPage.of(hosts_page())
CURVES = PAGE.panels("timeseries")
UP = steady("up", 1, job="node_exporter", host="a")
DOWN = steady("up", 0, job="node_exporter", host="gone")
panel, asked, column = PAGE.panel, PAGE.asked, PAGE.column


def disk(mountpoint: str, used: str, device: str = "/dev/sda2", **values: str) -> list[dict[str, str]]:
    """Return the series of a file system of 100 bytes on the machine a, with what is available over time."""
    of = f'{{host="a",device="{device}",fstype="ext4",mountpoint="{mountpoint}"}}'
    told = {"size_bytes": "100x1000", "avail_bytes": used, "readonly": "0x1000", **values}
    return [{"series": f"node_filesystem_{name}{of}", "values": value} for name, value in told.items()]


def test_disk_that_is_mounted_several_times_counts_once(tmp_path: Path) -> None:
    mounts = [*disk("/", "25x1000"), *disk("/var/named/chroot/etc", "25x1000"), *disk("/srv", "60x1000", "/dev/sdb")]
    expected = {'{host="a",mountpoint="/"}': 75.0, '{host="a",mountpoint="/srv"}': 40.0}
    answered(tmp_path, asked("Disk space used"), expected, *mounts)


@pytest.mark.parametrize("title", ["Disk space used", "Disk space available", "Inodes used"])
def test_files_that_an_engine_mounts_into_a_container_are_no_disks(title: str, tmp_path: Path) -> None:
    mounts = [one for name in ("hosts", "hostname", "resolv.conf") for one in disk(f"/etc/{name}", "25x1000")]
    answered(tmp_path, asked(title), {}, *mounts)
    assert panel(title)["fieldConfig"]["defaults"]["noValue"] == "no local disks"


def test_machines_without_disks_have_no_number_of_those_that_are_read_only(tmp_path: Path) -> None:
    name = "read-only file systems"
    unknown(tmp_path, PAGE.tile(name), PAGE.reading(name), "no local disks", *disk("/etc/hosts", "25x1000"))


def test_machine_that_tells_of_no_disk_has_a_line_that_says_so(tmp_path: Path) -> None:
    expected = {'{host="a",mountpoint="none reported"}': 1.0}
    for head in ("size", "used", "available in a day"):
        counted = f"count by (host, mountpoint) ({column('File systems', head)})"
        answered(tmp_path, counted, expected, UP, *disk("/etc/hosts", "25x1000"))


def test_sizes_are_told_in_bytes_beside_the_share(tmp_path: Path) -> None:
    of = '{host="a",mountpoint="/",device="/dev/sda2",fstype="ext4"}'
    for head, value in {"size": 100.0, "available": 25.0, "used": 75.0}.items():
        answered(tmp_path, column("File systems", head), {of: value}, UP, *disk("/", "25x1000"))


def test_file_system_without_a_number_of_inodes_has_no_share_of_them(tmp_path: Path) -> None:
    limited = disk("/", "25x1000", files="50x1000", files_free="40x1000")
    growing = disk("/srv", "60x1000", "/dev/sdb", files="0x1000", files_free="0x1000")
    answered(tmp_path, asked("Inodes used"), {'{host="a",mountpoint="/"}': 20.0}, *limited, *growing)


def test_forecast_takes_six_hours_of_history(tmp_path: Path) -> None:
    expr = f"({column('File systems', 'available in a day')}) >= 0"
    of = '{host="a",mountpoint="/",device="/dev/sda2",fstype="ext4"}'
    falling = disk("/", "100-0.01x1000")
    answered(tmp_path, expr, {}, UP, *falling, at="30m")
    answered(tmp_path, expr, {of: 80.6}, UP, *falling, at="500m")


def test_forecast_of_a_disk_that_fills_ends_at_nothing_left(tmp_path: Path) -> None:
    expr = column("File systems", "available in a day")
    of = '{host="a",mountpoint="/",device="/dev/sda2",fstype="ext4"}'
    answered(tmp_path, expr, {of: 0.0}, UP, *disk("/", "100-0.1x1000"), at="500m")


def test_disk_that_is_read_only_is_named(tmp_path: Path) -> None:
    failed = disk("/srv", "60x1000", "/dev/sdb", readonly="1x1000")
    answered(tmp_path, PAGE.tile("read-only file systems"), {"{}": 1.0}, *disk("/", "25x1000"), *failed)
    expected = {'{host="a",mountpoint="/srv",device="/dev/sdb"}': 1.0}
    answered(tmp_path, asked("Read-only file systems"), expected, *disk("/", "25x1000"), *failed)


def test_disk_that_is_bound_read_only_at_a_second_place_is_not_read_only(tmp_path: Path) -> None:
    bound = disk("/srv/view", "25x1000", readonly="1x1000")
    answered(tmp_path, PAGE.tile("read-only file systems"), {"{}": 0.0}, *disk("/", "25x1000"), *bound)


def test_machine_that_cannot_be_reached_has_a_line_in_which_the_rest_is_unknown(tmp_path: Path) -> None:
    answered(tmp_path, column("Machines", "state"), {'{host="a"}': 1.0, '{host="gone"}': 0.0}, UP, DOWN)
    for head in ("CPU used", "memory used", "fullest disk", "failed units", "clock", "uptime"):
        expr = column("Machines", head)
        answered(tmp_path, f"({expr}) >= 0", {}, UP, DOWN)
        answered(tmp_path, f"count by (host) ({expr})", {'{host="a"}': 1.0, '{host="gone"}': 1.0}, UP, DOWN)
        mapped = PAGE.said("Machines", head)["mappings"][-1]["options"]
        assert (mapped["match"], mapped["result"]["text"]) == ("nan", "unknown")


def test_machines_that_cannot_be_reached_come_first_then_those_with_most_alerts(tmp_path: Path) -> None:
    firing = [
        steady("ALERTS", 1, alertname=name, alertstate="firing", severity="warning", host="a")
        for name in ("One", "Two")
    ]
    of_none = steady("ALERTS", 1, alertname="Any", alertstate="firing", severity="warning")
    expected = {'{host="gone"}': 1000.0, '{host="a"}': 2.0}
    order = [target["expr"] for target in panel("Machines")["targets"]][-1].replace("$host", ".*")
    answered(tmp_path, order, expected, UP, DOWN, of_none, *firing)


@pytest.mark.parametrize("name", ["unreachable", "failed units", "clocks not synchronised", "OOM kills", "reboots"])
def test_count_that_cannot_be_known_is_not_shown_as_zero(name: str, tmp_path: Path) -> None:
    unknown(tmp_path, PAGE.tile(name), PAGE.reading(name), "unknown", steady("something_else", 1))


def test_machine_of_which_nothing_keeps_the_clock_is_counted_coloured_and_named(tmp_path: Path) -> None:
    kept = steady("node_timex_sync_status", 1, host="a")
    adrift = steady("node_timex_sync_status", 0, host="b")
    answered(tmp_path, PAGE.tile("clocks not synchronised"), {"{}": 1.0}, kept, adrift)
    answered(tmp_path, asked("Hosts with unsynchronised clocks"), {'{host="b"}': 0.0}, kept, adrift)
    steps = PAGE.reading("clocks not synchronised")["thresholds"]["steps"]
    assert [(step.get("value"), step["color"]) for step in steps] == [(None, "transparent"), (1, "orange")]


def test_offset_is_shown_of_clocks_alone_that_something_keeps(tmp_path: Path) -> None:
    told = [
        steady(name, value, host=host)
        for host, kept in (("a", 1), ("b", 0))
        for name, value in (("node_timex_sync_status", kept), ("node_timex_offset_seconds", 2))
    ]
    answered(tmp_path, asked("Clock offset"), {'{host="a"}': 2.0}, *told)


def test_time_of_the_boot_that_wavers_is_no_reboot(tmp_path: Path) -> None:
    clock = {"series": 'node_time_seconds{host="a"}', "values": "5000+60x100"}
    wavering = {"series": 'node_boot_time_seconds{host="a"}', "values": "1000 1001 1000 1001 1000 1001 1000x50"}
    started = {"series": 'node_boot_time_seconds{host="a"}', "values": "1000x29 6760x70"}
    answered(tmp_path, PAGE.tile("reboots"), {"{}": 0.0}, clock, wavering, at="40m")
    answered(tmp_path, PAGE.tile("reboots"), {"{}": 1.0}, clock, started, at="40m")


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve["title"])
def test_curve_has_ten_lines_of_however_many_machines(curve: dict[str, Any]) -> None:
    chosen = [most for target in curve["targets"] for most in (10, 5) if f"and topk({most}, " in target["expr"]]
    of_all = [target for target in curve["targets"] if "{{host}}" not in target["legendFormat"]]
    # What is available is shown of the file systems that are fullest.
    assert of_all == curve["targets"] or 5 <= sum(chosen) <= 10


def test_processors_are_told_by_mode_and_work_does_not_count_waiting_for_disks(tmp_path: Path) -> None:
    modes = {"user": 0.5, "iowait": 0.25, "idle": 0.25}
    spent = [
        {"series": f'node_cpu_seconds_total{{host="a",cpu="0",mode="{mode}"}}', "values": f"0+{60 * share}x1000"}
        for mode, share in modes.items()
    ]
    answered(tmp_path, asked("CPU used"), {'{host="a"}': 50.0}, *spent)
    answered(tmp_path, asked("CPU by mode"), {'{mode="user"}': 50.0, '{mode="iowait"}': 25.0}, *spent)


def test_uses_of_memory_add_up_to_what_there_is(tmp_path: Path) -> None:
    told = {"MemTotal": 100, "MemFree": 20, "Cached": 30, "Buffers": 2, "SReclaimable": 3, "Shmem": 5, "AnonPages": 25}
    told |= {"SUnreclaim": 4, "KernelStack": 1, "PageTables": 1}
    memory = [steady(f"node_memory_{field}_bytes", value, host="a") for field, value in told.items()]
    uses = {"processes": 25, "shared": 5, "kernel": 6, "cache": 30, "free": 20, "other": 14}
    assert [target["legendFormat"] for target in panel("Memory by use")["targets"]] == list(uses)
    for number, value in enumerate(uses.values()):
        answered(tmp_path, asked("Memory by use", number), {"{}": value}, *memory)


def test_network_is_told_by_interface_and_those_within_the_machine_are_left_out(tmp_path: Path) -> None:
    sent = [
        {"series": f'node_network_transmit_bytes_total{{host="a",device="{device}"}}', "values": "0+60x1000"}
        for device in ("eno1", "eno2", "lo", "veth0a1b", "docker0", "br-17")
    ]
    answered(tmp_path, asked("Network sent"), {f'{{host="a",device="{one}"}}': 8.0 for one in ("eno1", "eno2")}, *sent)


def test_machine_without_sensors_is_told_to_have_none() -> None:
    for title in ("Temperature", "Share of the critical temperature"):
        assert panel(title)["fieldConfig"]["defaults"]["noValue"] == "no host has sensors"


def test_machine_that_cannot_be_reached_can_be_chosen() -> None:
    [choice] = [one for one in PAGE.model["templating"]["list"] if one["name"] == "host"]
    assert choice["query"] == 'label_values(up{job="node_exporter"}, host)'


def test_names_of_machines_lead_to_the_machine_alone() -> None:
    for title in ("Machines", "File systems", "Failed units", "Hosts with unsynchronised clocks"):
        links = PAGE.said(title, "host")["links"]
        assert [link["url"] for link in links] == ["/d/vigil-hosts?${__url_time_range}&var-host=${__data.fields.host}"]
    led = [one for curve in CURVES for one in curve["fieldConfig"]["defaults"].get("links") or []]
    assert {one["url"] for one in led} == {"/d/vigil-hosts?${__url_time_range}&var-host=${__field.labels.host}"}


def test_what_is_as_it_should_be_has_no_colour() -> None:
    assert [one["title"] for one in PAGE.panels("stat", "table") if "green" in json.dumps(one["fieldConfig"])] == []


def test_starts_and_kills_are_drawn_over_the_curves_of_the_time_in_which_they_happened(tmp_path: Path) -> None:
    drawn = {one.panel.removeprefix("annotation "): one.expr for one in annotation_expressions(PAGE.model)}
    clock = {"series": 'node_time_seconds{host="a"}', "values": "5000+60x100"}
    started = {"series": 'node_boot_time_seconds{host="a"}', "values": "1000x29 6760x70"}
    kills = {"series": 'node_vmstat_oom_kill{host="a"}', "values": "3x29 4x70"}
    # Of what is 0 nothing is drawn.
    for name in ("Starts", "OOM kills"):
        for minute, expected in {20: {"{}": 0.0}, 30: {'{host="a"}': 1.0}, 50: {"{}": 0.0}}.items():
            answered(tmp_path, f"clamp_max({drawn[name]}, 1)", expected, clock, started, kills, at=f"{minute}m")
