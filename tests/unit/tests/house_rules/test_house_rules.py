from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ansible_collections.vigil.observability.tests.house_rules import (
    activation,
    files,
    inputs,
    service_inputs,
    service_tables,
    tables,
    tasks,
)
from ansible_collections.vigil.observability.tests.house_rules.tree import Tree

SPECS = "roles/sample/meta/argument_specs.yml"
DEFAULTS = "roles/sample/defaults/main.yml"
README = "roles/sample/README.md"
OPTIONS = """\
argument_specs:
  main:
    options:
      sample_port: {type: int, default: 9100, description: The port of C(--listen).}
      sample_password: {type: str, required: true, description: [Password of the user admin., A secret.]}
"""

Write = Callable[[dict[str, str]], Tree]


def test_inputs_that_agree_are_fine(write: Write) -> None:
    assert list(inputs.disagreements(write({SPECS: OPTIONS, DEFAULTS: "sample_port: 9100\n"}))) == []


@pytest.mark.parametrize(
    ("defaults", "problem"),
    [
        ("sample_port: 9100\nsample_prot: 1\n", "sample_prot has no option"),
        ("sample_port: 9101\n", "sample_port is 9101 here and 9100 in"),
        ("sample_port: 9100\nsample_password: secret\n", "sample_password has a value here and is required"),
        ("---\n", "sample_port has a default that defaults/main.yml lacks"),
    ],
)
def test_inputs_that_disagree_are_named(write: Write, defaults: str, problem: str) -> None:
    [found] = inputs.disagreements(write({SPECS: OPTIONS, DEFAULTS: defaults}))
    assert problem in found


def test_inputs_of_a_role_begin_with_its_name(write: Write) -> None:
    specs = "argument_specs: {main: {options: {port: {type: int}, vigil_mirror: {type: str}}}}\n"
    [found] = inputs.disagreements(write({SPECS: specs}))
    assert "port begins with neither sample_ nor vigil_" in found


def test_a_role_without_argument_specs_is_named(write: Write) -> None:
    [found] = inputs.disagreements(write({DEFAULTS: "---\n"}))
    assert found.startswith(SPECS)


def test_the_table_of_a_readme_holds_every_input_with_its_default_and_meaning(write: Write) -> None:
    readme = f"# sample\n\n{tables.BEGIN}\nold\n{tables.END}\n\nMore.\n"
    tree = write({SPECS: OPTIONS, DEFAULTS: "sample_port: 9100\n", README: readme})
    assert len(list(tables.outdated(tree))) == 1

    assert tables.write(tree) == [README]

    text = tree.text(README)
    assert "| `sample_port` | int | `9100` | The port of `--listen`. |\n" in text
    assert "| `sample_password` | str | required | Password of the user admin. A secret. |\n" in text
    assert text.endswith("\n\nMore.\n")
    assert "old" not in text
    assert list(tables.outdated(tree)) == []
    assert tables.write(tree) == []


def test_nested_options_are_rows_of_their_own(write: Write) -> None:
    specs = """\
argument_specs:
  main:
    options:
      sample_peers:
        type: list
        elements: dict
        description: Peers.
        options: {mode: {choices: [a, b], description: One|other.}}
"""
    tree = write({SPECS: specs, README: f"{tables.BEGIN}\n{tables.END}"})
    tables.write(tree)
    assert "| `sample_peers` | list of dict |  | Peers. |\n" in tree.text(README)
    assert "| `sample_peers[].mode` | `a` or `b` |  | One\\|other. |\n" in tree.text(README)


def test_a_readme_without_a_place_for_the_table_is_named(write: Write) -> None:
    [found] = tables.outdated(write({SPECS: OPTIONS, README: "# sample\n"}))
    assert found.startswith(f"{README}: lacks the lines")


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("roles/sample/tasks/main.yml", 30),
        ("roles/sample/tasks/stage.yml", 60),
        (DEFAULTS, 100),
        ("plugins/modules/sample.py", 200),
        ("plugins/module_utils/_sample.py", 250),
    ],
)
def test_a_file_may_be_as_long_as_its_kind_and_no_longer(write: Write, name: str, allowed: int) -> None:
    assert list(files.overlong(write({name: "a\n" * allowed}))) == []
    [found] = files.overlong(write({name: "a\n" * (allowed + 1)}))
    assert found.startswith(f"{name}: has {allowed + 1} lines; at most {allowed}")


@pytest.mark.parametrize("block", ["DOCUMENTATION", "EXAMPLES", "RETURN"])
def test_documentation_of_a_plugin_counts_for_nothing(write: Write, block: str) -> None:
    text, name = "a: b\n" * 300, "plugins/filter/sample.py"
    documented = f'{block} = r"""\n{text}"""\n'
    assert list(files.overlong(write({name: documented + "a = 1\n" * 200}))) == []
    [found] = files.overlong(write({name: documented + "a = 1\n" * 201}))
    assert found.startswith(f"{name}: has 201 lines")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("docs/sample.md", "TO" + "DO: more"),
        ("tests/unit/test_sample.py", "@pytest.mark." + "skip"),
        ("roles/sample/tasks/main.yml", "  ansible.builtin." + "set_fact: {a: 1}"),
        ("roles/sample/tasks/main.yml", "  notify" + ": Restart"),
    ],
)
def test_unwanted_words_are_named_with_their_line(write: Write, name: str, line: str) -> None:
    [found] = files.unwanted_words(write({name: f"\n{line}\n"}))
    assert found.startswith(f"{name}:2: ")


def test_paths_of_this_machine_are_named(write: Write) -> None:
    tree = write({"docs/sample.md": ""})
    [found] = files.unwanted_words(write({"docs/sample.md": f"cd {tree.root}/roles\n"}))
    assert "names a path of one machine" in found


@pytest.mark.parametrize(("text", "found"), [("/tmp/unpacked/a", False), ("/tmp/checkout/a", True)])
def test_folders_that_every_machine_has_are_no_paths_of_this_one(text: str, found: bool) -> None:
    assert bool(files.machine_paths(Path("/tmp/checkout")).search(text)) == found


@pytest.mark.parametrize("name", ["name: install", "name: Install.", "when: true"])
def test_tasks_need_a_name_that_is_an_imperative_sentence(write: Write, name: str) -> None:
    task = f"- name: Try\n  block:\n    - {name}\n      ansible.builtin.ping:\n"
    assert len(list(tasks.misnamed(write({"roles/sample/tasks/main.yml": task})))) == 1


def test_values_with_tags_of_ansible_are_read(write: Write) -> None:
    tree = write({DEFAULTS: "sample_text: !unsafe '{{ a }}'\n"})
    assert inputs.values(tree, "sample") == {"sample_text": "{{ a }}"}


def test_plays_that_activate_services_are_those_of_services_yml(write: Write) -> None:
    services = (
        "b: {pillar: logs, documentation: d, ports: {web: 1}, access: certificate, batches: [1], provisioned: rules}\n"
    )
    tree = write({"services.yml": services})
    assert list(activation.outdated(tree)) == [f"{activation.PLAYBOOK}: is not up to date; run `make docs-tables`"]
    (tree.root / "playbooks/parts").mkdir(parents=True)
    assert activation.write(tree) == [activation.PLAYBOOK]
    renewed = Tree.of(tree.root)
    assert (list(activation.outdated(renewed)), activation.write(renewed)) == ([], [])
    play, provisioning = renewed.data(activation.PLAYBOOK)
    assert (play["vars"]["activate_batches"], play["tags"]) == ([1], ["b", "logs", "activate"])
    assert provisioning["ansible.builtin.import_playbook"] == "provision_b.yml"
    (tree.root / "services.yml").write_text(services.replace("batches", "elected_last: true, batches"))
    activation.write(tree := Tree.of(tree.root))
    start, others, last, _provisioning = Tree.of(tree.root).data(activation.PLAYBOOK)
    assert (start["ansible.builtin.import_playbook"], start["tags"]) == ("start_b.yml", ["b", "logs", "activate"])
    assert (others["vars"]["activate_hosts"], others["vars"]["b_elected_waits"]) == ("{{ b_turns }}", True)
    assert (last["vars"]["activate_hosts"], "b_elected_waits" in last["vars"]) == ("{{ b_waiting }}", False)


PLACE = f"{service_inputs.BEGIN}\n{service_inputs.END}\n"
SERVICE = "sample: {pillar: logs, documentation: https://a.example, ports: {web: 7}, access: certificate}\n"
SHARED = """\
port: {description: Port to listen on., type: int}
user: {description: "Who runs it: a user of its own.", type: str, default: <service>}
address: {description: Address., type: str, default: "{{ a }}"}
clients: {description: Clients., type: list, required: true}
"""
OWN = f"""\
argument_specs:
  main:
    description: [Metrics of samples., Of all.]
    options:
      {service_inputs.BEGIN}
      {service_inputs.END}
      sample_size: {{type: int, default: 3}}
"""


def test_inputs_that_every_service_has_are_written_into_a_new_role(write: Write) -> None:
    played, scenario = "playbooks/vars/metrics.yml", "molecule/stack/molecule.yml"
    places = {played: PLACE, scenario: PLACE}
    tree = write({"services.yml": SERVICE, service_inputs.SHARED: SHARED, SPECS: OWN, **places})
    assert len(list(service_inputs.outdated(tree))) == 8
    more = {f"roles/sample/{name}.yml" for name in ("tasks/main", "tasks/stage", "tasks/activate", "vars/main")}
    assert set(service_inputs.write(tree)) == {SPECS, DEFAULTS, README, *places, *more}
    renewed = Tree.of(tree.root)
    assert (list(service_inputs.outdated(renewed)), service_inputs.write(renewed)) == ([], [])
    assert renewed.text(README).startswith("# sample\n\nMetrics of samples.\n\nOf all.\n")
    assert tables.write(renewed) == [README]
    values = {"sample_port": 7, "sample_user": "sample", "sample_address": "{{ a }}", "sample_size": 3}
    assert inputs.values(renewed, "sample") == values
    options = inputs.described(renewed, "sample")
    assert options["sample_user"] == {
        "description": "Who runs it: a user of its own.",
        "type": "str",
        "default": "sample",
    }
    assert options["sample_address"] == {"description": "Address.", "type": "str"}
    assert list(inputs.disagreements(renewed)) == []
    assert renewed.data(played) == {"sample_clients": "{{ metrics_scrapers }}"}
    assert renewed.data(scenario) == ["sample"]
    assert len(renewed.data("roles/sample/tasks/main.yml")) == 3
    (activate,) = renewed.data("roles/sample/tasks/activate.yml")
    assert activate["vigil.observability.active_service"]["health"] == {"path": "/metrics"}
    assert "reload" not in activate["vigil.observability.active_service"]


def test_generated_part_that_is_missing_or_edited_is_named(write: Write) -> None:
    tree = write({"services.yml": SERVICE, service_inputs.SHARED: SHARED, SPECS: "a: 1\n", DEFAULTS: f"{PLACE}a: 1\n"})
    said = list(service_inputs.outdated(tree))
    assert f"{SPECS}: lacks the lines `{service_inputs.BEGIN}` and `{service_inputs.END}`, between which" in said[0]
    assert f"{DEFAULTS}: its generated part is not up to date; run `make docs-tables`" in said


def test_tables_of_services_follow_from_their_descriptions(write: Write) -> None:
    place = f"# Page\n\n{service_tables.BEGIN}\n{service_tables.END}\n\nMore.\n"
    parts, ports, joined = (
        f"docs/{page}.md" for page in ("run-a-part", "start-on-your-own-machines", "run-a-role-by-itself")
    )
    said = {"services.yml": SERVICE, "playbooks/vars/metrics.yml": "sample_clients: []\n", joined: place, parts: place}
    specs = (
        "argument_specs: {main: {short_description: Samples, options: {sample_clients: {}, sample_more_clients: {}}}}"
    )
    tree = write({**said, SPECS: specs, ports: place})
    assert next(iter(service_tables.outdated(tree))).startswith("README.md: lacks the lines")
    assert len(list(service_tables.outdated(tree))) == 4
    (tree.root / "README.md").write_text(place, encoding="utf-8")
    renewed = Tree.of(tree.root)
    assert set(service_tables.write(renewed)) == {"README.md", parts, ports, joined}
    assert (list(service_tables.outdated(renewed)), service_tables.write(renewed)) == ([], [])
    assert "| [sample](roles/sample/README.md) | Samples |" in renewed.text("README.md")
    assert "| `logs` | the pillar: sample |\n| `sample` | that service and its certificates |" in renewed.text(parts)
    assert "| sample | 7 | a certificate |  |" in renewed.text(ports)
    assert "| `sample` | `sample_clients` | `sample_more_clients` |" in renewed.text(joined)
