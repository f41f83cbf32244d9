"""The shipped pipelines as text, with a database of addresses made for tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jinja2
from mmdb_writer import MMDBWriter
from netaddr import IPSet

__all__ = ["READ_AT", "addresses", "text_of"]

TEMPLATES = Path(__file__).parents[4] / "roles" / "logstash" / "templates"
READ_AT = "2026-11-29T10:00:00.000Z"
INPUTS: dict[str, Any] = {
    "logstash_listen_address": "127.0.0.1",
    "logstash_beats_port": 5044,
    "logstash_certificate_file": "/tls/tls.crt",
    "logstash_key_file": "/tls/tls.key",
    "logstash_authority_file": "/tls/authorities.crt",
    "logstash_data_dir": "/var/lib/logstash",
    "logstash_elasticsearch_urls": ["https://logs-1:9200", "https://logs-2:9200"],
    "logstash_elasticsearch_user": "writer",
    "logstash_elasticsearch_password": "x-secret-x",
    "logstash_geoip_database": "",
    "logstash_replay": ["main"],
    "logstash_services": ["shop", "cart"],
}


def addresses(path: Path) -> Path:
    """Write a database with one network of London at this path, and return the path."""
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="GeoLite2-City", float_type="f64")
    city = {
        "city": {"names": {"en": "London"}},
        "continent": {"names": {"en": "Europe"}},
        "country": {"iso_code": "GB", "names": {"en": "United Kingdom"}},
        "location": {"latitude": 51.5, "longitude": -0.1, "time_zone": "Europe/London"},
        "subdivisions": [{"names": {"en": "England"}}],
    }
    writer.insert_network(IPSet(["81.2.69.0/24"]), city)
    writer.to_db_file(str(path))
    return path


def text_of(name: str, **inputs: object) -> str:
    """Return the text of a shipped pipeline with these inputs of the role."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        trim_blocks=True,
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - it is no page
    )
    environment.filters["to_json"] = json.dumps
    parts = [environment.get_template(f"{part}.conf.j2").render(INPUTS | inputs) for part in (name, "output")]
    return "\n".join(parts)
