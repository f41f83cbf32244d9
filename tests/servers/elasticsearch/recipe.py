"""Assembles the archive: Elastic's small distribution from Maven, a Java from Debian as `jdk/`, and test plugins."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.vigil.observability.tests.servers.maven import artifact
from ansible_collections.vigil.observability.tests.servers.recipe import Recipe, Workshop

__all__ = ["BuildError", "Elasticsearch"]

SOURCES = Path(__file__).parent / "sources"
DISTRIBUTION = "org.elasticsearch.distribution.integ-test-zip:elasticsearch:{version}:zip"
COMPILER = "org.eclipse.jdt:ecj:3.33.0:jar"
JAVA = "openjdk-17-jre-headless"
# The name of each plugin by its class, and the module that it builds on.
PLUGINS = {
    "MissingModulesPlugin": ("vigil-test-modules", ""),
    "LifecycleDefinitions": ("vigil-lifecycle", "x-pack-core"),
}


class BuildError(Exception):
    """A plugin does not compile."""


@dataclass(frozen=True, kw_only=True)
class Elasticsearch(Recipe):
    """Elasticsearch of one version."""

    @property
    def digest(self) -> str:
        sources = [path.read_text() for path in self._sources()]
        return hashlib.sha256(repr((self, Path(__file__).read_text(), sources)).encode()).hexdigest()

    def fill(self, folder: Path, workshop: Workshop) -> None:
        scratch = folder.parent
        _unzip(artifact(DISTRIBUTION.format(version=self.version), _new(scratch / "distribution")), folder)
        workshop.debian.unpack("bookworm", JAVA, scratch / "java")
        (java,) = scratch.glob("java/usr/lib/jvm/java-17-openjdk-*")
        _copy_java(java, folder / "jdk", scratch / "java")
        compiler = artifact(COMPILER, _new(scratch / "compiler"))
        for class_name, (name, module) in PLUGINS.items():
            source = SOURCES / self.version / f"{class_name}.java"
            if source.exists():
                classes = _compiled([*SOURCES.glob("*.java"), source], folder, compiler, scratch / name)
                _write_plugin(folder / "plugins" / name, classes, self._descriptor(class_name, name, module))

    def _sources(self) -> list[Path]:
        return sorted([*SOURCES.glob("*.java"), *(SOURCES / self.version).glob("*.java")])

    def _descriptor(self, class_name: str, name: str, module: str) -> str:
        properties = {
            "description": "test only",
            "version": "1",
            "name": name,
            "classname": f"vigil.test.{class_name}",
            "java.version": "17",
            "elasticsearch.version": self.version,
        }
        if module:
            properties["extended.plugins"] = module
        return "".join(f"{key}={value}\n" for key, value in properties.items())


def _new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _unzip(archive: Path, folder: Path) -> None:
    """Unpack what the archive's one folder holds, with its modes."""
    with zipfile.ZipFile(archive) as file:
        for member in file.infolist():
            target = folder / Path(*Path(member.filename).parts[1:])
            if member.is_dir():
                target.mkdir(parents=True, exist_ok=True)
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with file.open(member) as content, target.open("wb") as written:
                shutil.copyfileobj(content, written)
            target.chmod(0o755 if member.external_attr >> 16 & 0o100 else 0o644)


def _copy_java(java: Path, target: Path, root: Path) -> None:
    """Copy a Java with the files that Debian keeps in /etc, without its documentation and authorities."""
    for path in java.rglob("*"):
        name = path.relative_to(java)
        if name.parts[0] in ("docs", "legal", "man") or path.name in ("cacerts", "src.zip"):
            continue
        found = path
        while found.is_symlink():
            link = found.readlink()
            found = root / link.relative_to("/") if link.is_absolute() else found.parent / link
        if found.is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(found, target / name)
            (target / name).chmod(found.stat().st_mode & 0o755)
    shutil.copyfile(root / "usr/share/doc" / JAVA / "copyright", target / "LICENSE")


def _compiled(sources: list[Path], elasticsearch: Path, compiler: Path, classes: Path) -> Path:
    """Compile against the jars of the distribution, by its own Java, and return the folder of the classes."""
    jars = [*elasticsearch.glob("lib/*.jar"), *elasticsearch.glob("modules/x-pack-core/*.jar")]
    words = ["-source", "17", "-target", "17", "-nowarn", "-d", classes, "-cp", ":".join(map(str, jars)), *sources]
    command = ["nice", elasticsearch / "jdk/bin/java", "-jar", compiler, *words]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"{sources[-1]} does not compile: {done.stderr.strip()[-2000:]}")
    return classes


def _write_plugin(folder: Path, classes: Path, descriptor: str) -> None:
    folder.mkdir(parents=True)
    (folder / "plugin-descriptor.properties").write_text(descriptor)
    with zipfile.ZipFile(folder / f"{folder.name}.jar", "w") as jar:
        for path, name in _files(classes):
            jar.writestr(zipfile.ZipInfo(name), path.read_bytes())


def _files(folder: Path) -> Iterator[tuple[Path, str]]:
    for path in sorted(folder.rglob("*.class")):
        yield path, str(path.relative_to(folder))
