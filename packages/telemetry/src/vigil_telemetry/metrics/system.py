"""What the host of the process uses: CPU, memory, disk and network, read when it is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import psutil
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

from .names import APPLICATION_METRICS

__all__ = ["SystemCollector"]

_MODES = ("user", "system", "idle", "iowait", "steal")
_REST = ("nice", "irq", "softirq")
_LOOPBACK = {"lo", "lo0"}
# The name of a metric, and its samples: label values with a number.
_Read = tuple[str, Sequence[tuple[Sequence[str], float]]]


class SystemCollector(Collector):
    """Collects metrics of the host, and of the file systems with these paths."""

    def __init__(self, paths: Sequence[str] = ("/",)) -> None:
        self._paths = tuple(dict.fromkeys(paths))

    def collect(self) -> Iterator[Family]:
        """Yield what can be read; a container may hide some of it."""
        for name, samples in (*self._cpu(), *self._memory(), *self._file_systems(), *self._traffic()):
            described = APPLICATION_METRICS[name]
            kind = CounterMetricFamily if described.type == "counter" else GaugeMetricFamily
            family = kind(name, described.help, labels=described.labels)
            for labels, value in samples:
                family.add_metric(labels, value)
            yield family

    def describe(self) -> Iterable[Family]:
        """Return nothing, so that registering it reads nothing."""
        return ()

    def _cpu(self) -> Iterator[_Read]:
        times = psutil.cpu_times()
        used = [(mode, getattr(times, mode)) for mode in _MODES if hasattr(times, mode)]
        used.append(("other", sum(getattr(times, mode, 0.0) for mode in _REST)))
        yield "system_cpu_seconds_total", [([mode], seconds) for mode, seconds in used]

    def _memory(self) -> Iterator[_Read]:
        memory = psutil.virtual_memory()
        yield "system_memory_total_bytes", [([], memory.total)]
        yield "system_memory_available_bytes", [([], memory.available)]

    def _file_systems(self) -> Iterator[_Read]:
        sizes, free = [], []
        for path in self._paths:
            try:
                usage = psutil.disk_usage(path)
            except OSError:
                continue
            sizes.append(([path], float(usage.total)))
            free.append(([path], float(usage.free)))
        yield "system_disk_size_bytes", sizes
        yield "system_disk_free_bytes", free

    def _traffic(self) -> Iterator[_Read]:
        disks = psutil.disk_io_counters()
        if disks:
            yield "system_disk_read_bytes_total", [([], disks.read_bytes)]
            yield "system_disk_written_bytes_total", [([], disks.write_bytes)]
        cards = [card for name, card in psutil.net_io_counters(pernic=True).items() if name not in _LOOPBACK]
        yield "system_network_received_bytes_total", [([], sum(card.bytes_recv for card in cards))]
        yield "system_network_sent_bytes_total", [([], sum(card.bytes_sent for card in cards))]
