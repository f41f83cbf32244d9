"""Which servers are assembled, and from what."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

from ansible_collections.vigil.observability.tests.servers.archive import unpack
from ansible_collections.vigil.observability.tests.servers.elasticsearch.recipe import Elasticsearch
from ansible_collections.vigil.observability.tests.servers.recipe import Recipe, Workshop, given_archive
from ansible_collections.vigil.observability.tests.servers.standin_filebeat import packing as filebeat_packing
from ansible_collections.vigil.observability.tests.servers.standin_grafana import packing as grafana_packing
from ansible_collections.vigil.observability.tests.servers.standin_logstash import packing as logstash_packing

__all__ = [
    "RECIPES",
    "Jaeger",
    "Package",
    "PackedStandIn",
    "elasticsearch_recipes",
    "filebeat_recipe",
    "grafana_recipes",
    "jaeger_recipes",
]

HERE = Path(__file__).resolve().parent

# Prometheus 3 writes blocks and an index that releases before this one cannot read.
PROMETHEUS_3_DATA = "2.55.0"


@dataclass(frozen=True, kw_only=True)
class Package(Recipe):
    """A server from packages of Debian; files are paths in the archive with their paths in the packages."""

    suite: str
    packages: tuple[str, ...]
    files: dict[str, str]

    def fill(self, folder: Path, workshop: Workshop) -> None:
        tree = folder.parent / "package"
        for package in self.packages:
            workshop.debian.unpack(self.suite, package, tree, version=self.version)
        documents = f"usr/share/doc/{self.packages[0]}"
        files = {**self.files, "LICENSE": f"{documents}/copyright", "NOTICE": f"{documents}/NOTICE"}
        for target, source in files.items():
            _copy(tree / source, folder / target)


@dataclass(frozen=True, kw_only=True)
class Module(Recipe):
    """A server built from a Go module: with the requirements of a folder here, or with the module's own."""

    module: str
    packages: tuple[str, ...]
    requirements: str = ""
    tags: str = ""
    files: dict[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        pinned = [(HERE / self.requirements / name).read_text() for name in ("go.mod", "go.sum") if self.requirements]
        return hashlib.sha256(repr((self, pinned)).encode()).hexdigest()

    @property
    def stamp(self) -> str:
        """The variable that holds what the program calls its version, and its value."""
        return f"github.com/prometheus/common/version.Version={self.version}"

    def fill(self, folder: Path, workshop: Workshop) -> None:
        workshop.go.build(self, folder, HERE / self.requirements if self.requirements else None)
        source = workshop.go.source(self, HERE / self.requirements if self.requirements else None)
        for target, name in {**self.files, "LICENSE": "LICENSE", "NOTICE": "NOTICE"}.items():
            _copy(source / name, folder / target)


@dataclass(frozen=True, kw_only=True)
class Jaeger(Module):
    """Jaeger, whose module has versions of its own, without its pages and the demonstration beside it."""

    @property
    def stamp(self) -> str:
        return f"{self.module}/internal/version.latestVersion=v{self.version}"

    def fill(self, folder: Path, workshop: Workshop) -> None:
        workshop.go.build(self, folder, HERE / self.requirements)


@dataclass(frozen=True, kw_only=True)
class StandIn(Recipe):
    """Another server's archive with a script in the place of its program, for tests of releases that fail."""

    like: str
    script: str

    def fill(self, folder: Path, workshop: Workshop) -> None:
        found = workshop.archives.glob(f"*/{self.service}-{self.like}.linux-*.tar.gz")
        unpack(max(found, key=lambda archive: archive.stat().st_mtime), folder)
        (folder / self.service).write_text(f"#!/bin/sh\n{self.script}\n")


@dataclass(frozen=True, kw_only=True)
class PackedStandIn(Recipe):
    """A program of these tests in upstream's layout, which does what upstream's was recorded or documented to do."""

    packing: ModuleType = field(repr=False)

    @property
    def digest(self) -> str:
        return hashlib.sha256(repr((self, self.packing.digest_of_sources())).encode()).hexdigest()

    def fill(self, folder: Path, workshop: Workshop) -> None:  # noqa: ARG002
        self.packing.fill(folder, self.version)


@dataclass(frozen=True, kw_only=True)
class MigratingGrafana(Recipe):
    """A script in the place of Grafana that changes the database and then never answers, for tests of what comes back.

    The database is the one that the configuration names.
    """

    script: str = """#!/usr/bin/env python3
import configparser, sqlite3, sys, time
settings = configparser.RawConfigParser()
settings.read(word.partition("=")[2] for word in sys.argv if word.startswith("--config="))
with sqlite3.connect(settings["database"]["path"]) as database:
    database.execute("create table if not exists of_a_release_that_fails (id integer)")
print("grafana 99.1.0 (stand-in): has migrated the database and never becomes ready", flush=True)
time.sleep(3600)
"""

    def fill(self, folder: Path, workshop: Workshop) -> None:  # noqa: ARG002
        (folder / "bin").mkdir()
        (folder / "bin" / "grafana").write_text(self.script)
        (folder / "bin" / "grafana").chmod(0o755)
        (folder / "VERSION").write_text(self.version)


def grafana_recipes(given: str | None) -> tuple[Recipe, ...]:
    """Return the recipes of Grafana: stand-ins of two versions, or a given archive in the place of the newest one."""
    older, newest = (
        PackedStandIn(service="grafana", version=version, packing=grafana_packing) for version in ("11.6.16", "12.1.1")
    )
    return older, given_archive("grafana", given) or newest


def elasticsearch_recipes(given: str | None) -> tuple[Recipe, ...]:
    """Return the recipes of Elasticsearch, of two versions, or a given archive in the place of the newest one."""
    older, newest = (
        Elasticsearch(service="elasticsearch", version=version, data_oldest_reader=version)
        for version in ("8.9.0", "8.19.20")
    )
    return older, given_archive("elasticsearch", given) or newest


def jaeger_recipes(given: str | None) -> tuple[Recipe, ...]:
    """Return the recipes of Jaeger, of two versions, and that of a given archive, which is newer."""
    module = "github.com/jaegertracing/jaeger"
    built = [
        Jaeger(
            service="jaeger",
            version=version,
            module=module,
            requirements=f"jaeger-{version}",
            packages=(f"{module}/cmd/jaeger",),
        )
        for version in ("2.12.0", "2.13.0")
    ]
    archive = given_archive("jaeger", given)
    return (*built, archive) if archive else tuple(built)


def filebeat_recipe(given: str | None) -> Recipe:
    """Return the recipe of Filebeat: a stand-in, or a given archive in its place."""
    return given_archive("filebeat", given) or PackedStandIn(
        service="filebeat", version="8.16.0", packing=filebeat_packing
    )


def logstash_recipes(given: str | None) -> tuple[Recipe, ...]:
    """Return the recipes of Logstash: stand-ins of two versions, or a given archive in the place of the newest one."""
    older, newest = (
        PackedStandIn(service="logstash", version=version, packing=logstash_packing) for version in ("8.9.0", "8.17.4")
    )
    return older, given_archive("logstash", given) or newest


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    target.chmod(source.stat().st_mode & 0o755)


def _prometheus_that(version: str, script: str, *, tampered: bool = False) -> Recipe:
    return StandIn(
        service="prometheus",
        version=version,
        like="3.13.2",
        script=f'[ "$1" != --version ] || {{ echo "prometheus, version {version} (stand-in)"; exit 0; }}\n{script}',
        tampered=tampered,
        data_oldest_reader=PROMETHEUS_3_DATA,
    )


# Packages come first: they take seconds. Stand-ins follow what they are like.
RECIPES: tuple[Recipe, ...] = (
    Package(
        service="prometheus",
        version="2.53.3",
        suite="trixie",
        packages=("prometheus", "promtool"),
        files={
            "prometheus": "usr/bin/prometheus",
            "promtool": "usr/bin/promtool",
            "prometheus.yml": "etc/prometheus/prometheus.yml",
        },
    ),
    Package(
        service="postgres_exporter",
        version="0.17.1",
        suite="trixie",
        packages=("prometheus-postgres-exporter",),
        files={"postgres_exporter": "usr/bin/prometheus-postgres-exporter"},
    ),
    *(
        Package(
            service="blackbox_exporter",
            version=version,
            suite=suite,
            packages=("prometheus-blackbox-exporter",),
            files={
                "blackbox_exporter": "usr/bin/prometheus-blackbox-exporter",
                "blackbox.yml": "etc/prometheus/blackbox.yml",
            },
        )
        for version, suite in (("0.26.0", "trixie"), ("0.23.0", "bookworm"))
    ),
    # Built, since Debian 11 lacks the libc that Debian 13's was linked with.
    *(
        Module(
            service="node_exporter",
            version=version,
            module="github.com/prometheus/node_exporter",
            packages=("github.com/prometheus/node_exporter",),
        )
        for version in ("1.9.0", "1.12.1")
    ),
    # Built, since Debian's release logs the password of the user when a request fails.
    Module(
        service="elasticsearch_exporter",
        version="1.11.0",
        module="github.com/prometheus-community/elasticsearch_exporter",
        requirements="elasticsearch_exporter-1.11.0",
        packages=("github.com/prometheus-community/elasticsearch_exporter",),
    ),
    # Debian's Alertmanager looks for its templates outside its archive.
    *(
        Module(
            service="alertmanager",
            version=version,
            module="github.com/prometheus/alertmanager",
            packages=("github.com/prometheus/alertmanager/cmd/...",),
            files={"alertmanager.yml": "examples/ha/alertmanager.yml"},
        )
        for version in ("0.28.1", "0.31.1")
    ),
    Module(
        service="prometheus",
        version="3.13.2",
        module="github.com/prometheus/prometheus",
        requirements="prometheus-3.13.2",
        packages=("github.com/prometheus/prometheus/cmd/prometheus", "github.com/prometheus/prometheus/cmd/promtool"),
        tags="remove_all_sd,enable_dns_sd",
        files={"prometheus.yml": "documentation/examples/prometheus.yml"},
        data_oldest_reader=PROMETHEUS_3_DATA,
    ),
    _prometheus_that("3.99.1", "echo 'prometheus 3.99.1 (stand-in): cannot open its storage' >&2\nexit 1"),
    _prometheus_that("3.99.2", "echo 'prometheus 3.99.2 (stand-in): never becomes ready'\nexec sleep infinity"),
    _prometheus_that("3.99.3", "exec sleep infinity", tampered=True),
    *grafana_recipes(os.environ.get("GRAFANA_ARCHIVE")),
    *elasticsearch_recipes(os.environ.get("ELASTICSEARCH_ARCHIVE")),
    *jaeger_recipes(os.environ.get("JAEGER_ARCHIVE")),
    filebeat_recipe(os.environ.get("FILEBEAT_ARCHIVE")),
    *logstash_recipes(os.environ.get("LOGSTASH_ARCHIVE")),
    MigratingGrafana(service="grafana", version="99.1.0"),
)
