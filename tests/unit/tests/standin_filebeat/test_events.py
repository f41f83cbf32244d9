"""What the stand-in for Filebeat makes of lines, of the journal and of its configuration."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.vigil.observability.tests.servers.archive import pack, unpack
from ansible_collections.vigil.observability.tests.servers.debian import Debian
from ansible_collections.vigil.observability.tests.servers.golang import Go
from ansible_collections.vigil.observability.tests.servers.recipe import GivenArchive, Workshop
from ansible_collections.vigil.observability.tests.servers.recipes import filebeat_recipe
from ansible_collections.vigil.observability.tests.unit.tests.standin_filebeat.peer import Peer
from ansible_collections.vigil.observability.tests.unit.tests.standin_filebeat.shipper import Shipper, eventually


def shipped(shipper: Shipper, peer: Peer, text: str, count: int) -> list[dict[str, Any]]:
    """Return the documents that a file becomes."""
    shipper.input["prospector.scanner"] = {"check_interval": "100ms"}
    del shipper.input["file_identity.fingerprint"]
    (shipper.logs / "shop.log").write_text(text)
    shipper.start()
    eventually(lambda: len(peer.documents) >= count)
    return peer.documents


def test_document_names_its_origin_and_what_the_input_adds(shipper: Shipper, peer: Peer) -> None:
    shipper.input |= {"fields": {"service": "shop"}, "fields_under_root": True, "tags": ["web"]}
    shipper.general |= {"fields.site": "north", "name": "web1"}
    first, second = shipped(shipper, peer, "one\n\ntwo\n", 2)
    assert (first["message"], second["message"], second["log"]["offset"]) == ("one", "two", 5)
    assert first["log"]["file"]["path"] == str(shipper.logs / "shop.log")
    assert first["@metadata"] == {"beat": "filebeat", "type": "_doc", "version": "8.16.0"}
    assert (first["service"], first["fields"], first["tags"]) == ("shop", {"site": "north"}, ["web"])
    assert (first["host"], first["input"], first["agent"]["version"]) == (
        {"name": "web1"},
        {"type": "filestream"},
        "8.16.0",
    )


def test_json_is_decoded_and_what_is_none_stays_a_message(shipper: Shipper, peer: Peer) -> None:
    shipper.input["parsers"] = [{"ndjson": {"target": "", "add_error_key": True, "message_key": "text"}}]
    good, bad = shipped(shipper, peer, '{"text": "hello", "level": "info", "host": "x"}\n{"level": NaN}\n', 2)
    # Without overwrite_keys, what Filebeat adds stands.
    assert (good["message"], good["level"], "name" in good["host"]) == ("hello", "info", True)
    assert (bad["message"], bad["error"]["type"]) == ('{"level": NaN}', "json")


@pytest.mark.parametrize(
    ("match", "pattern", "negate", "found"),
    [
        ("after", r"^\s", False, ["error\n  at a\n  at b", "next"]),
        ("after", r"^[a-z]", True, ["error\n  at a\n  at b", "next"]),
        ("before", r"^(error| )", False, ["error\n  at a\n  at b\nnext"]),
    ],
)
def test_lines_that_belong_together_are_one_event(
    shipper: Shipper, peer: Peer, match: str, pattern: str, negate: bool, found: list[str]
) -> None:
    options = {"type": "pattern", "pattern": pattern, "negate": negate, "match": match, "timeout": "500ms"}
    shipper.input["parsers"] = [{"multiline": options}]
    documents = shipped(shipper, peer, "error\n  at a\n  at b\nnext\n", len(found))
    assert [document["message"] for document in documents] == found
    assert documents[0]["log"]["flags"] == ["multiline"]
    eventually(lambda: [state["offset"] for state in shipper.states.values()] == [25])


def test_journal_continues_after_its_cursor(
    shipper: Shipper, peer: Peer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = {
        "__CURSOR": "s=1",
        "__REALTIME_TIMESTAMP": "1796000000123456",
        "PRIORITY": "3",
        "SYSLOG_IDENTIFIER": "shop",
    }
    first = entry | {"MESSAGE": [104, 195, 169], "_SYSTEMD_UNIT": "shop.service", "SHOP_ORDER": "7"}
    program = tmp_path / "journalctl"
    # It ends with the shipper, as journalctl does when nobody reads what it writes.
    waits = "while kill -0 $PPID; do sleep 0.1; done"
    program.write_text(f"#!/bin/sh\necho \"$*\" >> {tmp_path}/asked\ncat <<'END'\n{json.dumps(first)}\nEND\n{waits}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    shipper.input = {"type": "journald", "id": "journal", "units": ["shop.service"]}
    shipper.start()
    eventually(lambda: shipper.states == {"journald::journal": {"cursor": "s=1"}})
    shipper.kill()
    shipper.start()
    eventually(lambda: len((tmp_path / "asked").read_text().splitlines()) == 2)
    (document, *_others) = peer.documents
    assert (document["@timestamp"], document["message"]) == ("2026-11-30T00:53:20.123Z", "hé")
    assert (document["systemd"], document["syslog"]) == (
        {"unit": "shop.service"},
        {"identifier": "shop", "priority": 3},
    )
    assert document["journald"] == {"custom": {"shop_order": "7"}}
    started, continued = (tmp_path / "asked").read_text().splitlines()
    assert ("--no-tail" in started, "--after-cursor=s=1" in continued) == (True, True)


def test_endpoint_counts_what_was_shipped(shipper: Shipper, peer: Peer, tmp_path: Path) -> None:
    shipper.general |= {"http.enabled": True, "http.host": f"unix://{tmp_path}/filebeat.sock"}
    shipped(shipper, peer, "one\ntwo\n", 2)

    def answer(path: str) -> dict[str, Any]:
        connection = http.client.HTTPConnection("filebeat")
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(tmp_path / "filebeat.sock"))
        connection.request("GET", path)
        found: dict[str, Any] = json.load(connection.getresponse())
        connection.close()
        return found

    eventually(lambda: answer("/stats")["libbeat"]["output"]["events"]["acked"] == 2)
    assert answer("/")["version"] == "8.16.0"
    assert answer("/stats")["filebeat"]["harvester"] == {"open_files": 1, "running": 1}


@pytest.mark.parametrize(
    ("part", "option", "value", "reason"),
    [
        (
            "general",
            "processors",
            [{"add_host_metadata": None}],
            "processors.0.add_host_metadata: the stand-in does not",
        ),
        ("general", "queue.disk.max_size", "1GB", "queue.disk.max_size: the stand-in does not execute"),
        ("general", "output.elasticsearch.hosts", ["x"], "the stand-in has logstash"),
        ("input", "encoding", "utf-8", "filebeat.inputs.0.encoding: the stand-in does not execute"),
        ("input", "prospector.scanner.symlinks", True, "filebeat.inputs.0.prospector.scanner.symlinks: the stand-in"),
        ("input", "parsers", [{"syslog": {}}], "parsers: syslog: the stand-in has ndjson, multiline"),
        (
            "input",
            "parsers",
            [{"ndjson": {"expand_keys": True}}],
            "parsers.0.ndjson.expand_keys: the stand-in does not",
        ),
        ("input", "file_identity.path", None, "file_identity is fingerprint, path"),
        ("input", "type", "log", "an input has the type 'log'"),
        ("input", "id", "", "an input of type filestream has no id"),
        ("input", "paths", ["/var/log/**"], "the stand-in has absolute paths with * and ?"),
        ("input", "backoff.max", "1h", "backoff.init <= backoff.max"),
        ("input", "ignore_older", "soon", "filebeat.inputs.0.ignore_older: the stand-in does not execute"),
        ("output", "ssl.verification_mode", "none", "ssl.verification_mode is none"),
        ("output", "ssl.certificate", "/nowhere.crt", "/nowhere.crt does not exist"),
        ("output", "pipelining", 2, "output.logstash.pipelining: the stand-in does not execute"),
        ("output", "timeout", "30 s", "'30 s' is no duration"),
        ("output", "hosts", [], "output.logstash: hosts, worker or bulk_max_size is empty"),
    ],
)
def test_option_that_it_does_not_execute_is_refused_by_name(
    shipper: Shipper, part: str, option: str, value: Any, reason: str
) -> None:
    getattr(shipper, part)[option] = value
    done = shipper.command("test", "config", "-c", str(shipper.write()))
    assert (done.returncode, done.stdout) == (1, "")
    assert reason in done.stderr


def test_command_line_is_that_of_filebeat(shipper: Shipper) -> None:
    file = shipper.write()
    folders = [word for name in ("home", "config", "data", "logs") for word in (f"--path.{name}", str(shipper.home))]
    assert shipper.command("test", "config", "-c", file.name, *folders).stdout == "Config OK\n"
    assert shipper.command("-c", str(file), "test", "config", "-E", "name=web2").stdout == "Config OK\n"
    assert shipper.command("version").stdout.startswith("filebeat version 8.16.0 (")
    assert shipper.command("modules", "list").returncode == 2


def test_two_with_one_registry_are_refused(shipper: Shipper) -> None:
    shipper.start()
    eventually((shipper.home / "data" / "meta.json").exists)
    done = shipper.command("-c", str(shipper.write()), "--path.home", str(shipper.home))
    assert (done.returncode, "is already locked by another beat" in done.stderr) == (1, True)


def test_archive_has_the_name_and_the_layout_of_upstreams(tmp_path: Path) -> None:
    recipe = filebeat_recipe(None)
    assert recipe.stem("amd64") == recipe.folder("amd64") == f"filebeat-{recipe.version}-linux-x86_64"
    folder = tmp_path / recipe.folder("amd64")
    folder.mkdir()
    recipe.pack(
        folder, tmp_path / "archive.tar.gz", Workshop(tmp_path, Debian(tmp_path), Go(tmp_path, Debian(tmp_path)))
    )
    given = filebeat_recipe(str(tmp_path / "archive.tar.gz"))
    assert (given.version, type(given), given.algorithm) == (recipe.version, GivenArchive, "sha512")
    unpack(tmp_path / "archive.tar.gz", tmp_path / "unpacked")
    done = subprocess.run([tmp_path / "unpacked" / "filebeat", "version"], capture_output=True, text=True, check=True)
    assert "[stand-in]" in done.stdout


def test_given_archive_has_its_version_in_the_name_of_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "filebeat-8.17.4-linux-x86_64"
    folder.mkdir()
    (folder / "filebeat").write_text("")
    pack(folder, tmp_path / "given.tar.gz")
    assert filebeat_recipe(str(tmp_path / "given.tar.gz")).version == "8.17.4"
