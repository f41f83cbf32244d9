"""What filebeat.yml asks for of the output, as far as the stand-in does it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .options import NO_TEXTS, Options, SettingsError, duration, flag, text, texts, whole

__all__ = ["Output", "output_of"]

_PORT = 5044


@dataclass(frozen=True)
class Output:
    """The output to Logstash; `hosts` has the same host once for each worker."""

    hosts: tuple[tuple[str, int], ...]
    balanced: bool
    bulk: int
    timeout: float
    backoff: tuple[float, float]
    compression: int
    tls: bool
    authorities: tuple[str, ...] = ()
    certificate: str = ""
    key: str = ""
    protocols: tuple[str, ...] = ()
    names_verified: bool = True


def output_of(outputs: Options) -> Output:
    """Return what `output` asks for; raise SettingsError."""
    if outputs.names() != ["logstash"]:
        raise SettingsError(f"output is {', '.join(outputs.names()) or 'missing'}: the stand-in has logstash")
    options = outputs.part("logstash")
    hosts = [_address(one) for one in options.take("hosts", texts, NO_TEXTS)]
    workers = options.take("worker", whole, 1)
    ssl = options.part("ssl")
    balanced = options.take("loadbalance", flag, False)
    # Without load balancing, the order in which hosts are tried is random.
    found = Output(
        hosts=tuple(hosts * workers) if balanced else tuple(random.sample(hosts, len(hosts))),
        balanced=balanced,
        bulk=options.take("bulk_max_size", whole, 2048),
        timeout=options.take("timeout", duration, 30.0),
        backoff=(options.take("backoff.init", duration, 1.0), options.take("backoff.max", duration, 60.0)),
        compression=options.take("compression_level", whole, 3),
        **_tls(ssl),
    )
    if not found.hosts or not found.bulk:
        raise SettingsError("output.logstash: hosts, worker or bulk_max_size is empty")
    return found


def _tls(ssl: Options) -> dict[str, Any]:
    given = bool(ssl.names())
    mode = ssl.take("verification_mode", text, "full")
    if mode not in ("full", "certificate"):
        raise SettingsError(f"output.logstash.ssl.verification_mode is {mode}: the stand-in has full and certificate")
    authorities = ssl.take("certificate_authorities", texts, NO_TEXTS)
    protocols = ssl.take("supported_protocols", texts, NO_TEXTS)
    found = {
        "tls": ssl.take("enabled", flag, given),
        "authorities": authorities,
        "certificate": ssl.take("certificate", text, ""),
        "key": ssl.take("key", text, ""),
        "protocols": protocols or ("TLSv1.2", "TLSv1.3"),
        "names_verified": mode == "full",
    }
    for file in (*authorities, str(found["certificate"]), str(found["key"])):
        if file and not Path(file).is_file():
            raise SettingsError(f"output.logstash.ssl: {file} does not exist")
    return found


def _address(word: str) -> tuple[str, int]:
    host, sign, port = word.rpartition(":")
    if not sign or word.endswith("]"):
        host, port = word, str(_PORT)
    if not host or not port.isdigit():
        raise SettingsError(f"output.logstash.hosts: {word!r} is no host with a port")
    return host.strip("[]"), int(port)
