"""report --format sarif: what SARIF 2.1.0 wants of a log, and what of the run is in it.

Numbers are sections of the OASIS Standard "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"."""

import json
import re
from urllib.parse import unquote, urlsplit

import pytest

from conftest import CODES, ROOT, described
from test_ends import CHECK, ended

LEVELS = {"none", "note", "warning", "error"}  # 3.27.10
KINDS = {"notApplicable", "pass", "fail", "review", "open", "informational"}  # 3.27.9
BASELINE_STATES = {"new", "unchanged", "updated", "absent"}  # 3.27.24


def text_of(message):
    """3.11.8: a message has a text or an id; here it is a text."""
    assert set(message) == {"text"} and message["text"], message
    return message["text"]


def check_rules(rules):
    """3.49: ids are there (3.49.3) and unique among the driver's rules (3.19.23)."""
    ids = [rule["id"] for rule in rules]
    assert len(ids) == len(set(ids))
    for rule in rules:
        for key in {"shortDescription", "fullDescription", "help"} & set(rule):
            text_of(rule[key])
        uri = urlsplit(rule.get("helpUri", "https://x"))
        assert uri.scheme == "https" and uri.netloc  # 3.49.12: absolute
    return ids


def check_location(location, bases):
    """3.28, 3.29, 3.4: a log is an artifact below one of the run's bases; a cell is a logical location."""
    (logical,) = location["logicalLocations"]
    assert logical["fullyQualifiedName"] and logical["kind"]  # 3.33.5, 3.33.7
    artifact = location.get("physicalLocation", {}).get("artifactLocation")
    if artifact:
        assert not urlsplit(artifact["uri"]).scheme and not artifact["uri"].startswith("/")  # 3.4.4: relative
        assert artifact["uriBaseId"] in bases and re.fullmatch(r"[A-Za-z0-9._~/%-]+", artifact["uri"])
    return artifact


def check_result(result, ids, bases):
    """3.27: what each result has, and that its words are of the standard."""
    assert ids[result["ruleIndex"]] == result["ruleId"]  # 3.27.5, 3.27.6
    assert result["level"] in LEVELS and result.get("kind", "fail") in KINDS
    assert result.get("kind", "fail") == "fail" or result["level"] == "none"  # 3.27.10
    text_of(result["message"])  # 3.27.11: shall be there
    for location in result["locations"]:
        check_location(location, bases)
    assert all(isinstance(value, str) for value in result["partialFingerprints"].values())  # 3.27.17
    for suppression in result.get("suppressions", []):  # 3.35
        assert suppression["kind"] in ("inSource", "external") and suppression["justification"]
        assert suppression["status"] in ("accepted", "underReview", "rejected")
    assert isinstance(result["properties"], dict)  # 3.8


def run_of(text):
    """The one run of a log, which must be as the standard wants it."""
    log = json.loads(text)
    assert log["version"] == "2.1.0" and urlsplit(log["$schema"]).path.endswith("/sarif-schema-2.1.0.json")  # 3.13.2, 3
    (run,) = log["runs"]  # 3.13.4
    driver = run["tool"]["driver"]  # 3.14.6, 3.18.2
    assert driver["name"] == "tlsmatrix" and driver["version"]  # 3.19.8, 3.19.13
    ids = check_rules(driver["rules"])
    bases = run["originalUriBaseIds"]  # 3.14.14
    for base in bases.values():
        if "uri" in base:
            assert re.fullmatch(r"file:///(.*/)?", base["uri"])  # ends with a slash, absolute
    for result in run["results"]:
        check_result(result, ids, bases)
    states = [result.get("baselineState") for result in run["results"]]
    assert None not in states or set(states) == {None}  # 3.27.24: all of a run, or none
    assert set(states) - {None} <= BASELINE_STATES
    (invocation,) = run["invocations"]  # 3.14.11
    assert isinstance(invocation["executionSuccessful"], bool)  # 3.20.14: shall be there
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", invocation["startTimeUtc"])  # 3.9, 3.20.7
    for notification in invocation["toolExecutionNotifications"]:  # 3.20.21, 3.58
        assert notification["level"] in LEVELS and text_of(notification["message"])
    return run


def unexpected(report):
    """(cell, check) of what is neither as it should be nor known."""
    return {
        (cell["id"], check["id"])
        for cell in report["cells"]
        for check in cell["checks"]
        if check["verdict"] not in ("ok", "known")
    }


def told(results):
    """(cell, check) that results are of."""
    return {
        (cell, check)
        for result in results
        for cell in result["properties"]["cells"]
        for check in result["properties"]["checks"]
    }


def sarif(tool, code, *args):
    """The run of a report that ends with that exit code."""
    done = tool("report", "--format", "sarif", *args)
    assert (done.status, done.stderr) == (CODES[code], ""), done
    return run_of(done.stdout)


@pytest.mark.parametrize(
    "kind, level, code",
    [("wrong", "error", "unexpected"), ("crash-in", "error", "unexpected"), ("killed-in", "warning", "infra")],
)
def test_a_failure_is_a_result(tool, tmp_path, kind, level, code):
    """One for its cause, with the rule that explains it, the log that shows it and the cell it is in."""
    ended(tool, tmp_path, kind)
    run, report = sarif(tool, code), tool.report()
    results = [result for result in run["results"] if "suppressions" not in result]
    assert told(results) == unexpected(report) and results
    (result,) = [result for result in results if CHECK in result["properties"]["checks"]]
    assert (result["ruleId"], result["level"]) == (CHECK, level)
    (cell,) = [cell for cell in report["cells"] if cell["target"] == "ender"]
    assert result["properties"]["cells"] == [cell["id"]]
    (check,) = [check for check in cell["checks"] if check["id"] == CHECK]
    assert result["properties"]["status"] == check["status"] and result["properties"]["expected"] == check["expected"]
    (location,) = result["locations"]
    assert location["logicalLocations"][0]["fullyQualifiedName"] == cell["id"]
    path = unquote(location["physicalLocation"]["artifactLocation"]["uri"])
    assert (tool.out / path).is_file() and path in (cell["build"]["log"], cell["log"])
    assert unquote(run["originalUriBaseIds"]["OUT"]["uri"]) == f"file://{tool.out}/"
    rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
    explained = re.sub(r"\s+", " ", tool.plain("explain", CHECK).stdout)
    assert rule["shortDescription"]["text"] in explained and rule["properties"]["source"] in explained
    (invocation,) = run["invocations"]
    assert (invocation["exitCode"], invocation["executionSuccessful"]) == (CODES[code], code == "unexpected")
    # The same cause has the same fingerprint in the next run, which has other pids.
    prints = {json.dumps(one["partialFingerprints"]) for one in results}
    ended(tool, tmp_path, kind, "--force")
    assert {json.dumps(one["partialFingerprints"]) for one in sarif(tool, code)["results"]} >= prints


def test_what_could_not_be_judged(small, tmp_path):
    """Missing results: not successful, and no result is an error."""
    run = sarif(small.tool, "ok")
    assert [result for result in run["results"] if "suppressions" not in result] == []
    (invocation,) = run["invocations"]
    assert invocation["executionSuccessful"] and invocation["exitCode"] == 0
    out = tmp_path / "out"
    out.mkdir()
    (out / "plan.json").write_bytes((small.tool.out / "plan.json").read_bytes())
    with open(small.tool.out / "journal", "rb") as journal:
        (out / "journal").write_bytes(journal.readline())
    done = small.tool.run([small.tool.program, "report", "--format", "sarif", "--out", out])
    assert done.status == CODES["incomplete"], done
    run = run_of(done.stdout)
    (invocation,) = run["invocations"]
    assert (invocation["exitCode"], invocation["executionSuccessful"]) == (CODES["incomplete"], False)
    assert {result["level"] for result in run["results"]} == {"warning"}
    assert {result["properties"]["status"] for result in run["results"]} == {"notrun"}


def test_known_deviations_are_suppressed():
    """3.35: with the reason of known.def, and a note, whatever the status; nothing else is."""
    report = json.loads((ROOT / "tests/golden/reports/report.json").read_text())
    run = run_of((ROOT / "tests/golden/reports/report.sarif").read_text())
    known = {
        (cell["id"], check["id"], check["reason"])
        for cell in report["cells"]
        for check in cell["checks"]
        if check["verdict"] == "known"
    }
    suppressed = [result for result in run["results"] if "suppressions" in result]
    assert known and told(suppressed) == {row[:2] for row in known}
    assert {one["suppressions"][0]["justification"] for one in suppressed} == {row[2] for row in known}
    assert {result["level"] for result in suppressed} == {"note"}
    others = [result for result in run["results"] if "suppressions" not in result]
    assert told(others) >= unexpected(report) and {one["level"] for one in others} == {"error", "warning"}


def test_what_differs_from_a_baseline(cache, tmp_path):
    """A regression is new, with the filters of its cells; the way back is absent, which is no failure."""
    tool = cache.tool()
    cells = "target=mine & mode=exe & cgo=0 & link=internal"
    runs = {}
    for name, spoil in (("good", ""), ("bad", "TLSMATRIX_SLOT= ")):
        ini = described(tmp_path, f"[mine]\nkind = wrapper\ncommand = env {spoil}{{argv}}\n")
        runs[name] = tool("run", cells, "--targets", ini)
        assert tool("accept", "--baseline", tmp_path / name).status == CODES["ok"]
    bad = sarif(tool, "unexpected", "--baseline", tmp_path / "good")
    regressed = [one for one in bad["results"] if one["baselineState"] == "new"]
    assert regressed and {one["level"] for one in regressed} == {"error"}
    assert {check for one in regressed for check in one["properties"]["checks"]} == {
        check for _, check in unexpected(tool.report())
    }
    assert all(one["properties"]["filters"] and one["properties"]["cellCount"] == 1 for one in regressed)
    assert "all of '" in regressed[0]["message"]["text"]
    ini = described(tmp_path, "[mine]\nkind = wrapper\ncommand = env {argv}\n")
    tool("run", cells, "--targets", ini)
    good = sarif(tool, "ok", "--baseline", tmp_path / "bad")
    assert {(one["baselineState"], one["level"], one["kind"]) for one in good["results"]} == {
        ("absent", "none", "pass")
    }
    assert sarif(tool, "ok", "--baseline", tmp_path / "good")["results"] == []


@pytest.mark.parametrize("name", ["report.sarif", "targets.sarif"])
def test_the_golden_ones(name):
    """Runs with every kind of result, and texts of every alphabet in them."""
    run = run_of((ROOT / "tests/golden/reports" / name).read_text())
    assert {result["level"] for result in run["results"]} >= {"error"}
