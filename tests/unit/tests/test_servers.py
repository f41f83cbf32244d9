"""The archives of servers that scenarios deploy."""

from __future__ import annotations

import os
import tarfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.tests.servers import assemble
from ansible_collections.vigil.observability.tests.servers.archive import digest_of, extract, pack, unpack
from ansible_collections.vigil.observability.tests.servers.recipe import Recipe, Workshop
from ansible_collections.vigil.observability.tests.servers.recipes import (
    RECIPES,
    Jaeger,
    elasticsearch_recipes,
    jaeger_recipes,
)


@dataclass(frozen=True, kw_only=True)
class Written(Recipe):
    """A server that is a script."""

    def fill(self, folder: Path, workshop: Workshop) -> None:
        assert workshop.archives.is_dir()
        (folder / self.service).write_text("#!/bin/sh\n")
        (folder / self.service).chmod(0o700)


SERVER = Written(service="prometheus", version="3.13.2", data_oldest_reader="2.55.0")


@pytest.fixture
def recipes(monkeypatch: pytest.MonkeyPatch) -> list[Recipe]:
    """Return the one recipe there is, in a list that tests may change."""
    found: list[Recipe] = [SERVER]
    monkeypatch.setattr(assemble, "RECIPES", found)
    return found


def catalogue_of(cache: Path, recipes: list[Recipe]) -> dict[str, dict[str, dict[str, Any]]]:
    """Assemble and return {service: {version: entry}}."""
    return assemble.assemble(cache, recipes, "http://mirror")


def test_catalogue_names_where_an_archive_is_found_and_its_digest(tmp_path: Path, recipes: list[Recipe]) -> None:
    entry = catalogue_of(tmp_path, recipes)["prometheus"]["3.13.2"]
    path = f"{SERVER.digest[:12]}/prometheus-3.13.2.linux-{assemble.ARCHITECTURE}.tar.gz"
    assert entry[assemble.ARCHITECTURE] == {
        "url": f"http://mirror/{path}",
        "sha256": digest_of(tmp_path / "servers" / path),
    }
    assert entry["data_oldest_reader"] == "2.55.0"


def test_archive_holds_one_folder_that_belongs_to_root(tmp_path: Path, recipes: list[Recipe]) -> None:
    catalogue_of(tmp_path, recipes)
    (archive,) = (tmp_path / "servers").glob("*/*.tar.gz")
    folder = archive.name.removesuffix(".tar.gz")
    with tarfile.open(archive) as tar:
        found = [(member.name, member.uid, oct(member.mode)) for member in tar]
    assert found == [(folder, 0, "0o755"), (f"{folder}/prometheus", 0, "0o755")]


def test_same_folder_gives_the_same_bytes_later(tmp_path: Path) -> None:
    for name in ("one", "two"):
        folder = tmp_path / name / "server"
        folder.mkdir(parents=True)
        (folder / "LICENSE").write_text("terms")
        pack(folder, tmp_path / f"{name}.tar.gz")
    assert (tmp_path / "one.tar.gz").read_bytes() == (tmp_path / "two.tar.gz").read_bytes()


def test_each_recipe_keeps_its_archive_beside_those_of_others(tmp_path: Path, recipes: list[Recipe]) -> None:
    catalogue_of(tmp_path, recipes)
    (archive,) = (tmp_path / "servers").glob("*/*.tar.gz")
    first = archive.stat().st_ino
    recipes[0] = replace(SERVER, data_oldest_reader="")
    catalogue_of(tmp_path, recipes)
    recipes[0] = SERVER
    catalogue_of(tmp_path, recipes)
    assert archive.stat().st_ino == first
    assert len(list((tmp_path / "servers").glob("*/*.tar.gz"))) == 2


def test_archive_that_no_checkout_has_used_for_a_month_is_removed(tmp_path: Path, recipes: list[Recipe]) -> None:
    catalogue_of(tmp_path, recipes)
    old = replace(SERVER, data_oldest_reader="")
    catalogue_of(tmp_path, [old])
    month_ago = time.time() - 31 * 86400
    for folder in (tmp_path / "servers").iterdir():
        os.utime(folder, (month_ago, month_ago))
    catalogue_of(tmp_path, recipes)
    assert [path.name for path in (tmp_path / "servers").iterdir()] == [SERVER.digest[:12]]


def test_tampered_archive_differs_from_its_digest(tmp_path: Path, recipes: list[Recipe]) -> None:
    recipes[0] = replace(SERVER, tampered=True)
    entry = catalogue_of(tmp_path, recipes)["prometheus"]["3.13.2"][assemble.ARCHITECTURE]
    (archive,) = (tmp_path / "servers").glob("*/*.tar.gz")
    assert digest_of(archive) != entry["sha256"]


def test_what_a_killed_assembly_left_is_removed(tmp_path: Path, recipes: list[Recipe]) -> None:
    (tmp_path / "servers-killed").mkdir()
    catalogue_of(tmp_path, recipes)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["servers", "servers.lock"]


def test_one_file_comes_out_of_an_archive(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    (folder / "promtool").write_text("tool")
    pack(folder, tmp_path / "server.tar.gz")
    extract(tmp_path / "server.tar.gz", "promtool", tmp_path / "tool")
    assert (tmp_path / "tool").read_text() == "tool"
    with pytest.raises(FileNotFoundError, match="has no amtool"):
        extract(tmp_path / "server.tar.gz", "amtool", tmp_path / "amtool")


def test_stand_in_keeps_the_tools_beside_its_script(tmp_path: Path, recipes: list[Recipe]) -> None:
    crashing = next(recipe for recipe in RECIPES if recipe.version == "3.99.1")
    recipes.append(crashing)
    catalogue_of(tmp_path, recipes)
    (archive,) = (tmp_path / "servers").glob(f"*/{crashing.name}.linux-*.tar.gz")
    unpack(archive, tmp_path / "out")
    assert "exit 1" in (tmp_path / "out/prometheus").read_text()


def test_recipes_are_told_apart_by_their_digests() -> None:
    assert len({recipe.digest for recipe in RECIPES}) == len(RECIPES)


def test_archives_of_elastic_are_named_and_pinned_as_elastic_does(tmp_path: Path, recipes: list[Recipe]) -> None:
    recipes[0] = Written(service="elasticsearch", version="8.19.20")
    entry = catalogue_of(tmp_path, recipes)["elasticsearch"]["8.19.20"][assemble.ARCHITECTURE]
    (archive,) = (tmp_path / "servers").glob("*/*.tar.gz")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}[assemble.ARCHITECTURE]
    assert entry == {
        "url": f"http://mirror/{recipes[0].digest[:12]}/elasticsearch-8.19.20-linux-{machine}.tar.gz",
        "sha512": digest_of(archive, "sha512"),
    }
    with tarfile.open(archive) as tar:
        assert tar.getnames()[0] == "elasticsearch-8.19.20"


def test_given_elasticsearch_takes_the_place_of_the_newest(tmp_path: Path) -> None:
    folder = tmp_path / "elasticsearch-8.19.21"
    folder.mkdir()
    (folder / "README").write_text("")
    pack(folder, tmp_path / "given.tar.gz")
    older, given = elasticsearch_recipes(str(tmp_path / "given.tar.gz"))
    assert (older.version, given.version, given.data_oldest_reader) == ("8.9.0", "8.19.21", "8.19.21")
    with pytest.raises(FileNotFoundError, match="ELASTICSEARCH_ARCHIVE names .*absent, which is not a file"):
        elasticsearch_recipes(str(tmp_path / "absent"))


def test_archives_of_jaeger_are_named_as_upstream_names_them(tmp_path: Path, recipes: list[Recipe]) -> None:
    recipes[0] = Written(service="jaeger", version="2.13.0")
    entry = catalogue_of(tmp_path, recipes)["jaeger"]["2.13.0"][assemble.ARCHITECTURE]
    (archive,) = (tmp_path / "servers").glob("*/*.tar.gz")
    stem = f"jaeger-2.13.0-linux-{assemble.ARCHITECTURE}"
    assert entry == {"url": f"http://mirror/{recipes[0].digest[:12]}/{stem}.tar.gz", "sha256": digest_of(archive)}
    with tarfile.open(archive) as tar:
        assert tar.getnames() == [stem, f"{stem}/jaeger"]


def test_jaeger_is_stamped_with_the_release_rather_than_with_the_version_of_its_module() -> None:
    newest = jaeger_recipes(None)[-1]
    assert isinstance(newest, Jaeger)
    assert newest.stamp == "github.com/jaegertracing/jaeger/internal/version.latestVersion=v2.13.0"


def test_given_jaeger_follows_those_that_are_built(tmp_path: Path) -> None:
    folder = tmp_path / "jaeger-2.20.0-linux-amd64"
    folder.mkdir()
    (folder / "jaeger").write_text("")
    pack(folder, tmp_path / "given.tar.gz")
    found = jaeger_recipes(str(tmp_path / "given.tar.gz"))
    assert [recipe.version for recipe in found] == ["2.12.0", "2.13.0", "2.20.0"]
