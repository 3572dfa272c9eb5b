"""The reports of real runs in the eyes of what reads them: JSON Schema, prove, and Jenkins' rules for JUnit."""

import copy
import json
import shutil
import subprocess
import xml.etree.ElementTree as ElementTree

import jsonschema
import pytest

from conftest import CODES, ROOT, Tool
from test_ends import ended

SCHEMA = json.loads((ROOT / "reports/report.schema.json").read_text())
# Every outcome of a port, but a failure, with no compiler but the host's.
PORTS = (
    "target=none & !arch=*.* & mode=exe & (cgo=0 & link=internal & (os=windows,darwin & arch=amd64 | "
    "os=aix,js,wasip1 | os=plan9 & arch=386 | os=linux & arch=s390x) | os=solaris & arch=amd64)"
)


def closed(node):
    """The schema with nothing allowed beside what it names: a key that is written and not described is found."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: closed(value) for key, value in node.items()}
    if node.get("type") == "object" and "properties" in node:
        node.setdefault("additionalProperties", False)
    return node


def errors(report):
    """What the closed schema has against a report: (path, text)."""
    found = jsonschema.Draft202012Validator(closed(SCHEMA)).iter_errors(report)
    return [("/".join(map(str, error.absolute_path)), error.message[:200]) for error in found]


@pytest.fixture(scope="module")
def ports(tmp_path_factory):
    """A run of PORTS."""
    tool = Tool(tmp_path_factory.mktemp("ports") / "out")
    done = tool("run", PORTS)
    assert done.status == CODES["ok"], done
    return tool


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_reports_of_runs_are_of_the_schema(small, ports, flaky, tmp_path):
    """One that is green and has refusals, ports, one that is flaky, one that this machine disturbed, a failure."""
    reports = {"small": small.tool.report(), "ports": ports.report(), "flaky": flaky[0].report()}
    for kind in ("killed-in", "wrong"):
        tool = Tool(tmp_path / kind)
        ended(tool, tmp_path, kind)
        reports[kind] = tool.report()
    assert {name: errors(report) for name, report in reports.items()} == {name: [] for name in reports}
    seen = {(check["status"], check["verdict"]) for r in reports.values() for c in r["cells"] for check in c["checks"]}
    assert {status for status, _ in seen} >= {"pass", "fail", "skip", "infra"} and "flaky" in {v for _, v in seen}
    assert {c["outcome"] for r in reports.values() for c in r["cells"]} >= {"built", "refused", "unbuildable"}
    assert {c["facts"]["format"] for c in reports["ports"]["cells"] if c["facts"]} >= {"pe", "macho", "xcoff", "wasm"}


def test_the_host_matrix_is_of_the_schema(matrix):
    assert errors(matrix.tool.report()) == []


def test_a_report_with_a_gate_is_of_the_schema(small, tmp_path):
    """Compared with a baseline in which something else was."""
    baseline = tmp_path / "base"
    assert small.tool("accept", "--baseline", baseline).status == CODES["ok"]
    tool = Tool(tmp_path / "out")
    ended(tool, tmp_path, "wrong")
    done = tool("report", "--format", "json", "--baseline", baseline)
    report = json.loads(done.stdout)
    assert report["gate"]["stories"] and errors(report) == []


MUTATIONS = [
    ("", lambda r: r.pop("plan")),
    ("schema", lambda r: r.update(schema=2)),
    ("", lambda r: r.update(unheard=1)),
    ("exit", lambda r: r.update(exit=2)),
    ("counts", lambda r: r["counts"].pop("miss")),
    ("counts", lambda r: r["counts"].update(odd=1)),
    ("outcomes/built", lambda r: r["outcomes"].update(built=-1)),
    ("cells/0", lambda r: r["cells"][0].pop("facts")),
    ("cells/0", lambda r: r["cells"][0].update(odd=1)),
    ("cells/0/id", lambda r: r["cells"][0].update(id="go1.26.8/linux/amd64")),
    ("cells/0/buildmode", lambda r: r["cells"][0].update(buildmode="c-shred")),
    ("cells/0/facts", lambda r: r["cells"][0].update(outcome="refused")),
    ("cells/0/facts", lambda r: r["cells"][0]["facts"]["tls"].pop("model")),
    ("cells/0/facts", lambda r: r["cells"][0]["facts"].update(format="exe")),
    ("cells/0/build/command", lambda r: r["cells"][0]["build"].update(command=[])),
    ("cells/0/checks/0/status", lambda r: r["cells"][0]["checks"][0].update(status="good")),
    ("cells/0/checks/0/observed", lambda r: r["cells"][0]["checks"][0].update(observed=None)),
    ("cells/0/checks/0/reason", lambda r: r["cells"][0]["checks"][0].update(status="skip")),
    ("cells/0/checks/0", lambda r: r["cells"][0]["checks"][0].pop("rate")),
]


@pytest.mark.parametrize("number", range(len(MUTATIONS)))
def test_a_spoiled_report_is_not_of_the_schema(small, number):
    """What is wrong is found, there and nowhere else."""
    path, spoil = MUTATIONS[number]
    report = copy.deepcopy(small.tool.report())
    report["cells"].sort(key=lambda cell: cell["facts"] is None)
    assert errors(report) == []
    spoil(report)
    assert {found for found, _ in errors(report)} == {path}, errors(report)


# ---- TAP --------------------------------------------------------------------------------------------------


def prove(tool, tmp_path):
    """What prove says of the last run: its status and its words."""
    file = tmp_path / "report.tap"
    file.write_text(tool("report", "--format", "tap").stdout)
    done = subprocess.run(["prove", "-e", "cat", str(file)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


needs_prove = pytest.mark.skipif(not shutil.which("prove"), reason="prove (perl) is not installed")


@needs_prove
def test_prove_is_green_where_the_run_is(small, ports, tmp_path):
    """Also of cells that are skipped whole."""
    assert small.done.status == CODES["ok"]
    for tool in (small.tool, ports):
        status, text = prove(tool, tmp_path)
        assert status == 0 and "All tests successful" in text, text
        tap = (tmp_path / "report.tap").read_text()
    assert " # SKIP no-compiler: " in tap


@needs_prove
@pytest.mark.parametrize("kind", ["wrong", "killed-in", "leave"])
def test_prove_is_red_where_the_run_is(tool, tmp_path, kind):
    done, _ = ended(tool, tmp_path, kind)
    status, text = prove(tool, tmp_path)
    assert done.status != CODES["ok"] and status != 0 and "Result: FAIL" in text, text


@needs_prove
def test_prove_is_red_of_what_is_flaky(flaky, tmp_path):
    status, text = prove(flaky[0], tmp_path)
    assert flaky[2].status == CODES["unexpected"] and status != 0 and "Parse errors" not in text, text


@needs_prove
def test_a_forbidden_skip_is_red_everywhere(tool, tmp_path):
    """For prove, and in JUnit, as for the exit status."""
    done = tool("run", "os=solaris & arch=amd64 & mode=exe & target=none", "--forbid-skip", "no-compiler")
    assert done.status == CODES["unexpected"], done
    status, text = prove(tool, tmp_path)
    assert status != 0 and "Result: FAIL" in text, text
    failures = list(ElementTree.parse(tool.out / "report.xml").iter("failure"))
    assert failures and all("forbids" in failure.get("message") for failure in failures)


# ---- JUnit ------------------------------------------------------------------------------------------------


def jenkins(class_name):
    """Package and class, as hudson.tasks.junit.CaseResult takes them from a class name."""
    package, _, name = class_name.rpartition(".")
    return package or "(root)", name


def test_jenkins_has_ports_as_packages_and_cells_as_classes(small, ports):
    for tool in (small.tool, ports):
        root = ElementTree.parse(tool.out / "report.xml").getroot()
        suites = {suite.get("name"): suite for suite in root}
        assert list(suites) == [cell["id"] for cell in tool.report()["cells"]]
        for cell, suite in suites.items():
            names = {jenkins(case.get("classname")) for case in suite.iter("testcase")}
            dotless = cell.replace(".", "_").split("/")
            assert names == {("/".join(dotless[:3]), "/".join(dotless[3:]))}


def test_times_are_those_that_were_measured(small):
    """The build's and the run's, each once; the suite has their sum."""
    report = {cell["id"]: cell for cell in small.tool.report()["cells"]}
    for suite in ElementTree.parse(small.tool.out / "report.xml").getroot():
        cell = report[suite.get("name")]
        times = [float(case.get("time")) for case in suite.iter("testcase") if case.get("time")]
        measured = [cell["build"]["seconds"], cell["seconds"]][: 2 if cell["load"] != "none" else 1]
        assert times == pytest.approx(measured, abs=0.001)
        assert float(suite.get("time")) == pytest.approx(sum(measured), abs=0.001)
