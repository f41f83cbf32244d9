"""The jobs of the test suite: linters, unit tests, molecule scenarios, the programs of tests/live, the demo.

A program of tests/live runs tests on a real server on loopback, made of an archive as those of scenarios are.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

__all__ = [
    "ARCHIVES",
    "CACHE",
    "CORES",
    "LOGS",
    "PREPARATION",
    "ROOT",
    "Job",
    "environment_of",
    "jobs_of",
    "scenario",
    "scenarios",
]

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / ".build"
LOGS = BUILD / "logs"
ARCHIVES = BUILD / "archives.yml"  # the catalogue of what tests/servers has assembled
CACHE = Path(
    os.environ.get("VIGIL_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vigil-observability"
)


@dataclass(frozen=True)
class Job:
    """One command of the suite."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)
    telling: str | tuple[str, ...] = "assemble:"  # lines of its log that begin so are shown when it ends
    needs_hosts: bool = False
    budget: int = 0  # seconds that it is to take at most on an idle machine; 0 where that is not agreed
    heavy: bool = False  # what it needs includes Elasticsearch, which answers nobody in time when two of them start

    @property
    def load(self) -> float:
        """How many processors to keep for it: beside a heavy one there is room for a job without hosts."""
        return 1.3 if self.heavy else 1.0 if self.needs_hosts else 0.7

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return LOGS / f"{self.name}.log"

    def reports(self) -> list[Path]:
        """Return its JUnit reports: one, or one of each process that verified."""
        return [*LOGS.glob(f"{self.name}.xml"), *LOGS.glob(f"{self.name}-*.xml")]


# Makes what the scenarios and the demo need: engine, image of the hosts, archives of the servers.
PREPARATION = Job("hosts_and_servers", [str(ROOT / "tests/setup/hosts_and_servers")])

# Scenarios that run with another ansible-core than the one of the tests' environment.
CORES = {"grafana": "oldest", "metrics": "newest"}
# Seconds that scenarios are to take at most. A busy machine needs more, so it is told and fails nothing.
BUDGETS = {"incidents": 360}
# What another release of ansible-core can change: the parts that take values of Ansible.
WITH_VALUES_OF_ANSIBLE = [
    f"tests/unit/plugins/{part}" for part in ("action", "filter", "plugin_utils/_formats/test_same_text.py")
]
# What runs on hosts, as services of packages do, and is tested on the oldest and the newest Python that they may have.
ROOMS_OF_HOSTS = ("module_utils", "modules")
# A service that needs a newer Python than other code of hosts.
INCIDENTS = "tests/unit/packages/incident_response"


def with_core(kind: str | None, command: list[str]) -> list[str]:
    """Return the command that runs this one with the oldest or the newest ansible-core, or Python of hosts."""
    return ["python", str(ROOT / "tests/environments.py"), kind, *command] if kind else command


def scenario(name: str, step: str = "test") -> Job:
    """Return the job of a molecule scenario."""
    heavy = "elasticsearch" in (ROOT / f"molecule/{name}/molecule.yml").read_text(encoding="utf-8")
    own = {"MOLECULE_EPHEMERAL_DIRECTORY": str(BUILD / "molecule" / name), "MOLECULE_GLOB": "molecule/*/molecule.yml"}
    command = with_core(CORES.get(name), ["molecule", step, "-s", name])
    budget = BUDGETS.get(name, 0)
    return Job(f"molecule_{name}", command, own, telling="ansible-core", needs_hosts=True, heavy=heavy, budget=budget)


def scenarios() -> list[str]:
    """Return the names of all molecule scenarios."""
    return sorted(path.parent.name for path in ROOT.glob("molecule/*/molecule.yml"))


def jobs_of(kinds: list[str], names: list[str]) -> list[Job]:
    """Return the jobs of these kinds, with these scenarios."""
    found = [scenario(name) for name in names] if "molecule" in kinds else []
    if "molecule" in kinds and names == scenarios():
        live = sorted((ROOT / "tests/live").glob("*.py"))
        found += [Job(path.stem, ["python", str(path)], needs_hosts=True) for path in live]
    if "demo" in kinds:
        # Its hosts would keep the processors busy until the end of the run.
        command = "make demo && exec tests/hosts/hosts destroy --label demo"
        telling = ("assemble:", "Incidents took")
        found.append(Job("demo", ["sh", "-c", command], telling=telling, needs_hosts=True, heavy=True))
    if "unit" in kinds:
        found += unit_jobs()
        found += telemetry_jobs()
    if "lint" in kinds:
        found += [Job(path.name, [str(path)]) for path in sorted((ROOT / "tests/lint").iterdir()) if is_job(path)]
    return found


def unit_jobs() -> list[Job]:
    """Return the unit tests: of hosts on their oldest and newest Python, of the controller on both ansible-cores."""
    rooms = sorted(path.name for path in (ROOT / "plugins").iterdir() if path.is_dir() and path.name[0] != "_")
    controller = [f"--cov=plugins/{room}" for room in rooms if room not in ROOMS_OF_HOSTS]
    controller += [f"--ignore=tests/unit/plugins/{room}" for room in ROOMS_OF_HOSTS]
    controller += ["--ignore=tests/unit/packages", "--ignore=tests/unit/roles"]
    covered = [f"--cov={part}" for part in (*(f"plugins/{room}" for room in ROOMS_OF_HOSTS), "packages/log_exporter")]
    hosts = [
        "pytest",
        "-q",
        *(f"tests/unit/plugins/{room}" for room in ROOMS_OF_HOSTS),
        "tests/unit/packages",
        f"--ignore={INCIDENTS}",
        "tests/unit/roles",
    ]
    return [
        Job(
            "unit",
            with_core("newest", ["pytest", "-q", *controller, "--cov-report=term"]),
            telling=("ansible-core", "TOTAL"),
        ),
        Job(
            "unit_hosts_oldest",
            with_core("hosts_oldest", [*hosts, *covered, "--cov-report=term"]),
            {"COVERAGE_FILE": str(BUILD / "coverage-hosts")},
            telling=("hosts-", "TOTAL"),
        ),
        Job("unit_hosts_newest", with_core("hosts_newest", [*hosts, "-m", "not every_step"]), telling="hosts-"),
        Job(
            "unit_incidents",
            [
                *("python", "-m", "pytest", "-q", INCIDENTS, "--cov=packages/incident_response", "--cov-report=term"),
                "--cov-config=packages/incident_response/pyproject.toml",
            ],
            {"COVERAGE_FILE": str(BUILD / "coverage-incidents")},
            telling="TOTAL",
        ),
        Job("unit_oldest", with_core("oldest", ["pytest", "-q", *WITH_VALUES_OF_ANSIBLE]), telling="ansible-core"),
    ]


def telemetry_jobs() -> list[Job]:
    """Return the tests of the library and the shop: with the lowest versions on Python 3.9, the newest on 3.13."""
    shops = [
        Job(
            f"shop_{kind}",
            with_core(f"telemetry_{kind}", ["pytest", "-q", "packages/shop/tests"]),
            telling="telemetry_",
        )
        for kind in ("oldest", "newest")
    ]
    return shops + [
        Job(
            kind,
            with_core(kind, ["pytest", "-q", "packages/telemetry/tests", *covered]),
            {"COVERAGE_FILE": str(BUILD / f"coverage-{kind}")},
            telling=("telemetry_", "TOTAL"),
        )
        for kind, covered in (
            ("telemetry_oldest", ()),
            (
                "telemetry_newest",
                ("--cov=packages/telemetry/src", "--cov-config=packages/telemetry/pyproject.toml", "--cov-report=term"),
            ),
        )
    ]


def is_job(path: Path) -> bool:
    """Tell whether this file of tests/lint is a job rather than a part of one."""
    return path.is_file() and os.access(path, os.X_OK)


def environment_of(job: Job) -> dict[str, str]:
    """Return the environment in which a job finds the tools, the collection and the places for what it writes."""
    return {
        **os.environ,
        "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
        "VIGIL_CACHE": str(CACHE),
        "VIGIL_CATALOGUE": str(ARCHIVES),
        "ANSIBLE_COLLECTIONS_PATH": str(BUILD),
        "PYTHONPATH": str(BUILD),
        "PYTHONPYCACHEPREFIX": str(BUILD / "bytecode"),
        "PYTHONDONTWRITEBYTECODE": "",  # a machine may set it, and then each process compiles all that it imports
        "PYTEST_ADDOPTS": f"--junitxml={LOGS / job.name}.xml -p no:cacheprovider",
        "NO_COLOR": "1",
        "COLUMNS": "160",
        "MOLECULE_COMMAND_BORDERS": "false",
        **job.environment,
    }
