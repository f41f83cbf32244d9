"""Assembles archives of the servers in upstream's layout, for hosts that are to deploy them from this machine.

Each lands in the cache's folder `servers`, in a folder named after the digest of its recipe, so that checkouts with
different recipes keep out of each other's way. The catalogue of what this checkout's recipes make is its own.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import platform
import shutil
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / ".build"))

from ansible_collections.vigil.observability.tests.runner.jobs import ARCHIVES, CACHE
from ansible_collections.vigil.observability.tests.servers.archive import digest_of, extract
from ansible_collections.vigil.observability.tests.servers.debian import Debian, DebianError
from ansible_collections.vigil.observability.tests.servers.elasticsearch.recipe import BuildError
from ansible_collections.vigil.observability.tests.servers.golang import Go, GoError
from ansible_collections.vigil.observability.tests.servers.maven import MavenError
from ansible_collections.vigil.observability.tests.servers.recipe import GivenArchive, Recipe, Workshop
from ansible_collections.vigil.observability.tests.servers.recipes import RECIPES, Package

ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
BASE_URL = "http://archives:8000"
CATALOGUE = Path(__file__).resolve().parents[2] / "catalogue.yml"
UNUSED_DAYS = 30


@dataclass(frozen=True)
class Shelf:
    """The folder in which archives lie, each with a record: {sha256 or sha512} in JSON."""

    folder: Path

    def archive(self, recipe: Recipe) -> Path:
        """Return where the archive of a recipe belongs."""
        return self.folder / recipe.digest[:12] / f"{recipe.stem(ARCHITECTURE)}.tar.gz"

    def record(self, recipe: Recipe) -> dict[str, str]:
        """Return the record of a recipe's archive, empty when there is none."""
        try:
            record: dict[str, str] = json.loads(self._record_file(recipe).read_text())
        except FileNotFoundError:
            return {}
        return record

    def put(self, recipe: Recipe, packed: Path) -> None:
        """Put an archive in its place, and its record."""
        digest = digest_of(packed, recipe.algorithm)
        if recipe.tampered:
            with packed.open("ab") as file:
                file.write(b"tampered")
        self.archive(recipe).parent.mkdir(exist_ok=True)
        packed.replace(self.archive(recipe))
        self._record_file(recipe).write_text(json.dumps({recipe.algorithm: digest}))

    def remove_unused(self, recipes: Sequence[Recipe]) -> None:
        """Note that these recipes' archives are used, and remove those that no checkout has used for a month."""
        for recipe in recipes:
            if self.record(recipe):
                self.archive(recipe).parent.touch()
        for folder in self.folder.iterdir():
            if folder.is_dir() and time.time() - folder.stat().st_mtime > UNUSED_DAYS * 86400:
                shutil.rmtree(folder)

    def _record_file(self, recipe: Recipe) -> Path:
        return self.archive(recipe).with_name("record.json")

    def catalogue(self, base_url: str) -> dict[str, dict[str, dict[str, Any]]]:
        """Return {service: {version: entry}} of the recipes whose archives are here."""
        found: dict[str, dict[str, dict[str, Any]]] = {}
        for recipe in RECIPES:
            if record := self.record(recipe):
                entry: dict[str, Any] = {
                    ARCHITECTURE: {"url": f"{base_url}/{self.archive(recipe).relative_to(self.folder)}", **record}
                }
                if recipe.data_oldest_reader:
                    entry["data_oldest_reader"] = recipe.data_oldest_reader
                found.setdefault(recipe.service, {})[recipe.version] = entry
        return found


def say(sentence: str) -> None:
    """Tell the person who waits."""
    print(f"assemble: {sentence}", file=sys.stderr, flush=True)


@contextmanager
def alone(cache: Path) -> Iterator[None]:
    """Let one assembly at a time work in this cache."""
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "servers.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another assembly")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def assemble(cache: Path, recipes: Sequence[Recipe], base_url: str) -> dict[str, dict[str, dict[str, Any]]]:
    """Make the archives that are missing and return the catalogue of all that are there."""
    shelf = Shelf(cache / "servers")
    shelf.folder.mkdir(parents=True, exist_ok=True)
    debian = Debian(cache / "apt")
    workshop = Workshop(shelf.folder, debian, Go(cache / "go", debian))
    with alone(cache):
        for left_over in cache.glob("servers-*"):
            shutil.rmtree(left_over)
        for recipe in recipes:
            if not shelf.record(recipe):
                begun = time.monotonic()
                say(f"{recipe.name} ...")
                make(recipe, shelf, workshop, cache)
                say(f"{recipe.name}: {time.monotonic() - begun:.0f} s")
        shelf.remove_unused(RECIPES)
        return shelf.catalogue(base_url)


def make(recipe: Recipe, shelf: Shelf, workshop: Workshop, cache: Path) -> None:
    """Make one archive, in a folder that goes away whatever happens."""
    with tempfile.TemporaryDirectory(dir=cache, prefix="servers-") as scratch:
        folder = Path(scratch) / recipe.folder(ARCHITECTURE)
        folder.mkdir()
        packed = Path(scratch) / "packed.tar.gz"
        recipe.pack(folder, packed, workshop)
        shelf.put(recipe, packed)


def unpack_release(service: str, version: str, folder: Path) -> None:
    """Unpack the archive of a release, which has been assembled, into a folder."""
    (recipe,) = (known for known in RECIPES if (known.service, known.version) == (service, version))
    with tarfile.open(Shelf(CACHE / "servers").archive(recipe)) as archive:
        archive.extractall(folder, filter="data")


# Tools that tests of configurations use, by the service that they come with.
TOOLS = {"promtool": "prometheus", "amtool": "alertmanager"}


def tool(name: str, cache: Path) -> Path:
    """Return a tool: of the newest release of its service that is assembled, or else of one that is made quickly."""
    real = [one for one in RECIPES if one.service == TOOLS[name] and not one.version.startswith("3.99.")]
    shelf = Shelf(cache / "servers")
    if not any(shelf.record(recipe) for recipe in real):
        assemble(cache, [recipe for recipe in real if isinstance(recipe, Package)] or real[:1], BASE_URL)
    newest = [recipe for recipe in real if shelf.record(recipe)][-1]
    program = cache / "tools" / f"{name}-{newest.version}-{newest.digest[:12]}"
    if not program.exists():
        program.parent.mkdir(exist_ok=True)
        partial = program.with_name(f"{program.name}.{os.getpid()}")
        extract(shelf.archive(newest), name, partial)
        partial.replace(program)
    return program


def default_releases() -> dict[str, dict[str, str]]:
    """Return {url, digest, version, tested} of the default version of each component, as the catalogue has it."""
    components = yaml.safe_load(CATALOGUE.read_text(encoding="utf-8"))
    releases = {
        component: (known["default"], known["releases"][known["default"]]) for component, known in components.items()
    }
    return {
        component: {**release[ARCHITECTURE], "version": version, "tested": str(release.get("tested", ""))}
        for component, (version, release) in releases.items()
    }


def is_default(recipe: Recipe, default: dict[str, str]) -> bool:
    """Tell whether a recipe makes the default version, or the one that is tested in its place."""
    return recipe.version == default.get("version") or default.get("tested") == f"as {recipe.version}"


def answers(url: str) -> bool:
    """Tell whether this address answers a HEAD request."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=10):  # noqa: S310
            return True
    except (urllib.error.URLError, OSError):
        return False


def arguments() -> argparse.Namespace:
    """Return what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base-url", default=BASE_URL, help="where hosts find the archives (default: %(default)s)")
    verbs = parser.add_subparsers(dest="verb", required=True)
    verbs.add_parser("all", help="assemble everything that is missing and print the path of the catalogue")
    verbs.add_parser("default", help="the same for the default versions of the collection's catalogue alone")
    for name in TOOLS:
        verbs.add_parser(name, help=f"print the path of the newest {name} that is here")
    verbs.add_parser(
        "upstream", help="tell by the exit code whether upstream's archives of the default versions answer"
    )
    return parser.parse_args()


def main() -> int:
    """Do what the command line asks and return the exit code."""
    options = arguments()
    defaults = default_releases()
    if options.verb == "upstream":
        return int(not all(answers(release["url"]) for release in defaults.values()))
    recipes = RECIPES
    if options.verb == "default":
        recipes = tuple(
            recipe
            for recipe in RECIPES
            if isinstance(recipe, GivenArchive) or is_default(recipe, defaults.get(recipe.service, {}))
        )
    try:
        if options.verb in TOOLS:
            print(tool(options.verb, CACHE))
        else:
            catalogue = {"vigil_catalogue_extra": assemble(CACHE, recipes, options.base_url)}
            ARCHIVES.write_text(yaml.safe_dump(catalogue))
            print(ARCHIVES)
    except (BuildError, DebianError, GoError, MavenError) as error:
        say(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
