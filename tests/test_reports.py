"""The expected reports of tests/golden/reports, read by parsers that are not ours.

tests/unit/test_reports.c compares them with what the program writes, byte for byte."""

import json
import re
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from conftest import CODES

GOLDEN = Path(__file__).parent / "golden" / "reports"
STATUSES = {"pass", "skip", "notrun", "fail", "miss", "leak", "timeout", "crash", "broken", "infra"}
VERDICTS = {"ok", "known", "fixed", "flaky", "new", "changed", "regressed", "gone"}
OUTCOMES = ["built", "refused", "unbuildable", "failed", "notarget", "notrun"]
VOID = {"meta", "input", "br", "link", "img", "hr"}


def read(name):
    return (GOLDEN / name).read_bytes().decode("utf-8")


@pytest.fixture(scope="module")
def report():
    return json.loads(read("report.json"))


@pytest.fixture(scope="module")
def results(report):
    return [(cell["id"], check) for cell in report["cells"] for check in cell["checks"]]


def test_json_counts_sum_to_the_plan(report, results):
    assert report["schema"] == 1
    assert set(report["counts"]) == STATUSES
    assert set(report["verdicts"]) == VERDICTS
    assert sum(report["counts"].values()) == report["planned"]["checks"] == len(results)
    assert sum(report["verdicts"].values()) == len(results)
    for status in STATUSES:
        assert report["counts"][status] == sum(check["status"] == status for _, check in results)
    assert len(report["cells"]) == report["planned"]["cells"]


def test_json_says_how_the_run_ended(report):
    assert report["exit"] == 1
    assert report["complete"] is False
    assert report["verdict"].startswith("12 unexpected results in 9 of 14 cells")


def test_json_outcomes_sum_to_the_plan(report):
    assert list(report["outcomes"]) == OUTCOMES
    assert sum(report["outcomes"].values()) == report["planned"]["cells"]
    for outcome in OUTCOMES:
        assert report["outcomes"][outcome] == sum(cell["outcome"] == outcome for cell in report["cells"])


def test_the_last_line_sums_to_the_plan():
    for name, cells in (
        ("terminal.txt", 14),
        ("terminal-green.txt", 4),
        ("terminal-ports.txt", 240),
        ("terminal-targets.txt", 100),
    ):
        text = read(name).replace("\n", " ").rstrip()
        total, terms = re.search(
            r"(\d+) cells = (\d+ built and inspected \+ \d+ refused \+ \d+ not buildable here \+ \d+ failed"
            r"(?: \+ \d+ without their target here)?)$",
            text,
        ).groups()
        assert int(total) == cells == sum(map(int, re.findall(r"\d+", terms)))


def test_the_targets_are_told_in_every_form():
    """Names, versions and what brings a missing one, on the terminal, in Markdown and on the page."""
    for name in ("terminal-targets.txt", "report-targets.md", "targets.html"):
        text = re.sub(r"\s+", " ", read(name))
        for word in (
            "musl libc (x86",
            "qemu-aarch64 version 7.2.22",
            "tlsmatrix target get glibc-2.31",
            "exit status is lost",
            "page-size",
            "FIXED: 2 checks",
            "STALE: KNOWN",
        ):
            assert word in text, (name, word)


def grid_letters(lines):
    """The columns of a terminal grid whose names stand over it as stairs: name to letters."""
    names = [line.split()[0] for line in lines if line.rstrip("| ").endswith("-+")]
    at = [line.index("+") for line in lines if line.rstrip("| ").endswith("-+")]
    rows = lines[len(names) + 1 :]
    return {name: [row[column : column + 1] for row in rows] for name, column in zip(names, at)}


def cells_of(line):
    """The cells of a line of a Markdown table; none of another line."""
    return [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_stairs_lead_to_their_column():
    """The letters under a name are those that Markdown has in its column."""
    lines = read("terminal-targets.txt").split("\n\n")[1].splitlines()
    letters = grid_letters(lines)
    table = [row for row in map(cells_of, read("report-targets.md").split("###")[1].splitlines()) if row]
    assert list(letters) == table[0][:3:-1]
    for name, column in zip(table[0][4:], zip(*(row[4:] for row in table[2:]))):
        assert [c.strip() for c in letters[name]] == [c.strip("*") for c in column], name


def junit_outcome(check):
    """The words of the JUnit report for a status and verdict."""
    if check["verdict"] == "known" or check["status"] in ("skip", "notrun"):
        return "skipped"
    if check["status"] == "fail" or check["verdict"] in ("fixed", "flaky"):
        return "failure"
    return None if check["status"] == "pass" else "error"


def junit_class(cell):
    """What Jenkins cuts at its last dot: release and port, and the rest."""
    port, rest = re.fullmatch(r"((?:[^/]+/){2}[^/]+)/(.*)", cell.replace(".", "_")).groups()
    return f"{port}.{rest}"


def test_junit_is_xml_and_complete(results):
    root = ElementTree.fromstring(read("report.xml"))
    cases = [case for suite in root if suite.get("name") != "run" for case in suite.iter("testcase")]
    assert [(case.get("classname"), case.get("name")) for case in cases] == [
        (junit_class(cell), check["id"]) for cell, check in results
    ]
    for case, (_, check) in zip(cases, results):
        assert [child.tag for child in case] == [outcome for outcome in [junit_outcome(check)] if outcome]


@pytest.mark.parametrize("name", ["report.xml", "incomplete.xml"])
def test_junit_sums(name):
    root = ElementTree.fromstring(read(name))
    for holder in [root, *root]:
        assert int(holder.get("tests")) == len(list(holder.iter("testcase")))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert int(holder.get(attribute)) == len(list(holder.iter(tag)))


def test_junit_keeps_foreign_text():
    crash = [e for e in ElementTree.fromstring(read("report.xml")).iter("error") if e.get("type") == "crash"]
    assert len(crash) == 1
    assert "]]> <script>alert('&')</script>" in crash[0].text
    assert "\\x1b[31m" in crash[0].text and "\\xff\\xfe \u00e9 \u20ac" in crash[0].text


def tap_points(text):
    """The test points of flat TAP 14; every line must be of a known form."""
    lines = text.splitlines()
    assert lines[0] == "TAP version 13"
    plan = int(re.fullmatch(r"1\.\.(\d+)", lines[1])[1])
    points, in_yaml = [], False
    for line in lines[2:]:
        if in_yaml:
            in_yaml = line != "  ..."
            if in_yaml:
                key, value = re.fullmatch(r"  (\w+): (\".*\")", line).groups()
                points[-1]["yaml"][key] = json.loads(value)
        elif line == "  ---":
            in_yaml = True
        else:
            match = re.fullmatch(r"(ok|not ok) (\d+) - ((?:[^\\#]|\\.)*?)(?: # (SKIP|TODO) (.*))?", line)
            points.append(
                {"ok": match[1] == "ok", "number": int(match[2]), "name": match[3], "directive": match[4], "yaml": {}}
            )
    assert not in_yaml
    return plan, points


def test_tap_is_well_formed(results):
    plan, points = tap_points(read("report.tap"))
    assert plan == len(points) == len(results)
    for number, (point, (cell, check)) in enumerate(zip(points, results), 1):
        assert point["number"] == number
        assert point["name"] == f"{cell} {check['id']}"
        assert point["ok"] == (check["status"] in ("pass", "skip") and check["verdict"] not in ("fixed", "flaky"))
        todo = check["verdict"] == "known" and check["status"] != "pass"
        assert point["directive"] == ("TODO" if todo else "SKIP" if check["status"] == "skip" else None)
        if not point["ok"]:
            assert point["yaml"]["status"] == check["status"]


class Page(HTMLParser):
    """Checks nesting, collects ids and links."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.text, self.problems = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        if tag not in VOID:
            self.open.append(tag)
        if "id" in attrs:
            self.ids.append(attrs["id"])
        if tag == "a":
            self.links.append(attrs["href"])
        if "src" in attrs or tag == "link" or "style" in attrs or any(name.startswith("on") for name in attrs):
            self.problems.append((tag, attrs))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append((tag, self.getpos()))

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.text.append(data)


def parsed(name):
    """A page of tests/golden/reports, read."""
    page = Page()
    page.feed(read(name))
    page.close()
    return page


@pytest.fixture(scope="module")
def page():
    return parsed("report.html")


@pytest.mark.parametrize("name", ["report.html", "targets.html"])
def test_html_nests_and_needs_no_network(name):
    page = parsed(name)
    assert page.open == []
    assert page.problems == []
    assert not [link for link in page.links if re.match(r"\w+://|//", link)]
    assert "@import" not in read(name) and "url(" not in read(name)


@pytest.mark.parametrize("name", ["report.html", "targets.html"])
def test_html_links_lead_somewhere(name):
    page = parsed(name)
    assert len(page.ids) == len(set(page.ids))
    targets = [unquote(link[1:]) for link in page.links if link.startswith("#")]
    assert targets and set(targets) <= set(page.ids)


def test_html_has_every_cell(page, report):
    targets = [unquote(link[1:]) for link in page.links if link.startswith("#")]
    for cell in report["cells"]:
        assert cell["id"] in page.ids
        assert cell["id"] in targets


def test_html_shows_foreign_text(page):
    text = "".join(page.text)
    assert "]]> <script>alert('&')</script>" in text
    assert read("report.html").count("<script>") == 1
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f]", read("report.html"))


@pytest.mark.parametrize("name", ["report.github", "targets.github"])
def test_github_commands_are_one_line_each(name):
    lines = read(name).splitlines()
    for line in lines:
        assert re.fullmatch(r"::(error|warning|notice) title=[^,:\n]*(?:%[0-9A-F]{2}[^,:\n]*)*::.*", line), line
        assert not re.search(r"%(?!25|0A|3A|2C)", line)
    kinds = [line.split()[0] for line in lines]
    assert kinds == sorted(kinds, key=["::error", "::warning", "::notice"].index)
    assert 0 < kinds.count("::error") <= 10 and 0 < kinds.count("::warning") <= 10


@pytest.mark.parametrize("name", ["report.md", "report-ports.md", "report-targets.md"])
def test_markdown_markup_is_balanced(name):
    text = read(name)
    for tag in ("pre", "details", "summary", "code"):
        assert len(re.findall(f"<{tag}>", text)) == len(re.findall(f"</{tag}>", text))
    assert "<script" not in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(line.endswith("|") for line in rows)


def tables(text):
    """The tables of a Markdown file: by heading, lists of rows, lists of cells."""
    found, heading = {}, None
    for line in text.splitlines():
        if line.startswith("## "):
            heading = line[3:]
        if line.startswith("|"):
            found.setdefault(heading, []).append([cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]])
    return found


def test_ports_file_is_tables_that_agree():
    """Each table has one width; the marks say what the first line counts; what is built says its way to the slot."""
    text = read("ports.md")
    found = tables(text)
    assert list(found) == [
        "Verdicts, go1.27.4",
        "How Go reaches its slot, go1.27.4",
        "Unexpected",
        "Known deviations",
        "Refused, with the documented words",
        "Not buildable here",
    ]
    for rows in found.values():
        assert len({len(row) for row in rows}) == 1 and all(re.fullmatch(":?-+:?", cell) for cell in rows[1])
    marks = found["Verdicts, go1.27.4"]
    letters = "".join(cell.strip("*") for row in marks[2:] for cell in row[1:])
    total, built, refused, lacking, failed = map(int, re.findall(r"(\d+) (?:cells|built|refused|not|failed)", text)[:5])
    refused_whole = 24 * sum(len(ports.split()) for ports in re.findall(r"^- `msan`: (.*)", text, re.M))
    assert refused_whole and total == len(letters) + refused_whole == built + refused + lacking + failed
    assert [letters.count(c) for c in "r-F"] == [refused - refused_whole, lacking, failed] and letters.count(
        "."
    ) + letters.count("K") == built
    ports = [row[0] for row in marks[2:]]
    assert ports == sorted(ports) == sorted(set(ports))
    access = found["How Go reaches its slot, go1.27.4"][2:]
    assert {row[0] for row in access} == {row[0] for row in marks[2:] if set("".join(row[1:])) & set(".KF")}
    assert all(row[7] for row in access)
    assert [row[2:7] for row in access if row[0] == "linux/arm" and row[2] == "**F**"] == [
        ["**F**", "`LE`", "`12`", "`none`", "`two`"]
    ]
    assert sum(int(row[0]) for row in found["Refused, with the documented words"][2:]) == refused
    assert sum(int(row[0]) for row in found["Not buildable here"][2:]) == lacking


def test_ports_file_names_no_time_and_no_path():
    text = read("ports.md")
    assert not re.search(r"\d{4}-\d\d-\d\d|\d\d:\d\d|\b\d+(\.\d+)? s\b|min \d|(?<![\w.$/])/\w", text)


@pytest.mark.parametrize("name", ["terminal.txt", "terminal-green.txt", "terminal-ports.txt", "terminal-targets.txt"])
def test_terminal_is_ascii(name):
    assert read(name).isascii()
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f]", read(name))


def test_color_changes_nothing_but_color():
    assert re.sub(r"\x1b\[[0-9;]*m", "", read("terminal-color.txt")) == read("terminal.txt")


def test_ports_report_of_a_run(small, tmp_path):
    """The command writes the same bytes each time, on stdout and in a file, with the status of the run."""
    done = small.tool("report", "--format", "markdown", "--ports")
    assert (done.status, done.stderr) == (small.done.status, "")
    assert done.stdout == small.tool("report", "--ports", "--format", "markdown").stdout
    file = tmp_path / "ports.md"
    assert small.tool("report", "--format", "markdown", "--ports", "-o", file).status == small.done.status
    assert file.read_text() == done.stdout
    report = small.tool.report()
    outcomes, cells = report["outcomes"], report["planned"]["cells"]
    assert (
        f"**{cells} cells = {outcomes['built']} built and inspected + {outcomes['refused']} refused + " in done.stdout
    )
    assert sum(outcomes.values()) == cells
    assert len([row for row in tables(done.stdout)[f"Verdicts, {report['go']}"] if row[0] == "linux/amd64"]) == 1


@pytest.mark.parametrize("args", [[], ["--format", "html"], ["--format", "json"]])
def test_ports_wants_markdown(small, args):
    done = small.tool("report", "--ports", *args)
    assert (done.status, done.stdout) == (CODES["usage"], "") and "--format markdown" in done.line()
