"""The archives of servers that scenarios deploy."""

from __future__ import annotations

import tarfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.vigil.observability.tests.servers import assemble
from ansible_collections.vigil.observability.tests.servers.archive import digest_of, extract, pack, unpack
from ansible_collections.vigil.observability.tests.servers.recipe import Recipe, Workshop
from ansible_collections.vigil.observability.tests.servers.recipes import RECIPES, elasticsearch_recipes


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
    text = assemble.assemble(cache, recipes, "http://mirror").read_text()
    found: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load(text)["vigil_catalogue_extra"]
    return found


def test_catalogue_names_where_an_archive_is_found_and_its_digest(tmp_path: Path, recipes: list[Recipe]) -> None:
    entry = catalogue_of(tmp_path, recipes)["prometheus"]["3.13.2"]
    archive = tmp_path / "servers" / f"prometheus-3.13.2.linux-{assemble.ARCHITECTURE}.tar.gz"
    assert entry[assemble.ARCHITECTURE] == {"url": f"http://mirror/{archive.name}", "sha256": digest_of(archive)}
    assert entry["data_oldest_reader"] == "2.55.0"


def test_archive_holds_one_folder_that_belongs_to_root(tmp_path: Path, recipes: list[Recipe]) -> None:
    catalogue_of(tmp_path, recipes)
    (archive,) = (tmp_path / "servers").glob("*.tar.gz")
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


def test_archive_is_kept_until_its_recipe_changes(tmp_path: Path, recipes: list[Recipe]) -> None:
    catalogue_of(tmp_path, recipes)
    (archive,) = (tmp_path / "servers").glob("*.tar.gz")
    first = archive.stat().st_ino
    catalogue_of(tmp_path, recipes)
    assert archive.stat().st_ino == first
    recipes[0] = replace(SERVER, data_oldest_reader="")
    catalogue_of(tmp_path, recipes)
    assert archive.stat().st_ino != first


def test_tampered_archive_differs_from_its_digest(tmp_path: Path, recipes: list[Recipe]) -> None:
    recipes[0] = replace(SERVER, tampered=True)
    entry = catalogue_of(tmp_path, recipes)["prometheus"]["3.13.2"][assemble.ARCHITECTURE]
    (archive,) = (tmp_path / "servers").glob("*.tar.gz")
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
    unpack(tmp_path / "servers" / f"{crashing.name}.linux-{assemble.ARCHITECTURE}.tar.gz", tmp_path / "out")
    assert "exit 1" in (tmp_path / "out/prometheus").read_text()


def test_recipes_are_told_apart_by_their_digests() -> None:
    assert len({recipe.digest for recipe in RECIPES}) == len(RECIPES)


def test_archives_of_elastic_are_named_and_pinned_as_elastic_does(tmp_path: Path, recipes: list[Recipe]) -> None:
    recipes[0] = Written(service="elasticsearch", version="8.19.20")
    entry = catalogue_of(tmp_path, recipes)["elasticsearch"]["8.19.20"][assemble.ARCHITECTURE]
    (archive,) = (tmp_path / "servers").glob("*.tar.gz")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}[assemble.ARCHITECTURE]
    assert entry == {
        "url": f"http://mirror/elasticsearch-8.19.20-linux-{machine}.tar.gz",
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
