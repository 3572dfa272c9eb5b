"""accept and gate: a loader that gets worse is told from one that does not, by the cells and checks that say so."""

import json
import os
import pathlib
import re
import shlex
import shutil

import pytest

from conftest import CODES, ROOT, Tool, described

CELLS = "target=my-ld & link=internal,external & (mode=exe | mode=c-shared & load=needed,dlopen,preload)"
LOADER = pathlib.Path("/lib64/ld-linux-x86-64.so.2")
LIBC = pathlib.Path("/lib/x86_64-linux-gnu")
# rtld.c process_envvars: memcmp (envline, "PRELOAD", 7), of which gcc makes cmpl $"PREL", (%rcx).
ASKS_PRELOAD = b"\x81\x39PREL"


def loader(folder, spoiled):
    """This machine's loader as a target my-ld; spoiled: one byte of it is other, so that it asks LD_PREXOAD.

    That is a change of a loader that everything else in it survives.
    """
    data = LOADER.read_bytes()
    if data.count(ASKS_PRELOAD) != 1:
        pytest.skip("this machine's ld.so was compiled in another way")
    at = data.index(ASKS_PRELOAD) + len(ASKS_PRELOAD) - 1
    folder.mkdir()
    file = folder / "ld.so"
    file.write_bytes(data[:at] + b"X" + data[at + 1 :] if spoiled else data)
    file.chmod(0o755)
    return described(folder, f"[my-ld]\nkind = loader\ninterpreter = {file}\nlibrary-path = {LIBC}\n")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """A run on the loader as it was, accepted, and one on the loader that was spoiled: (good, bad, baseline)."""
    if not LOADER.exists():
        pytest.skip("this machine has no ld.so for amd64 to spoil")
    folder = tmp_path_factory.mktemp("gate")
    good, bad = Tool(folder / "good"), Tool(folder / "bad")
    baseline = folder / "loader.baseline"
    done = good("run", CELLS, "--targets", loader(folder / "was", False))
    assert done.status == CODES["ok"], done
    done = good("accept", "--baseline", baseline)
    assert (done.status, done.stdout) == (CODES["ok"], f"{baseline}: 6 cells, 0 deviations accepted\n"), done
    done = bad("run", CELLS, "--targets", loader(folder / "is", True))
    assert done.status == CODES["unexpected"], done
    return good, bad, baseline


def results(tool):
    """How many checks of its cells were judged."""
    return sum(len(cell["checks"]) for cell in tool.report()["cells"])


def test_the_loader_as_it_was_is_green(runs):
    good, _, baseline = runs
    done = good("gate", "--baseline", baseline)
    assert done.status == CODES["ok"], done
    assert done.stdout.splitlines()[-1].startswith(
        f"Green: nothing is worse; {results(good)} results of 6 cells compared"
    )


def test_a_loader_that_got_worse_is_told(runs):
    _, bad, baseline = runs
    done = bad("gate", "--baseline", baseline)
    assert done.status == CODES["unexpected"], done
    told = done.stdout.split("\n\n")
    assert all(story.startswith(("regressed\n", "fixed\n")) for story in told[1:-1]), done
    assert all("1 cell: all of 'load=preload'" in story for story in told[1:-1]), done
    assert "pass -> fail entry=none: init.entry-args" in done.stdout
    assert told[-1].startswith("Not green: ")
    # The filter selects what it says, and show answers.
    cells = bad("list", f"{CELLS} & load=preload", "--targets", baseline.parent / "is/my.ini").stdout.splitlines()
    assert len(cells) == 1 and f"tlsmatrix show {cells[0]}" in done.stdout
    # As does the command that is told, as it stands.
    (again,) = {line.split(": ", 1)[1] for line in done.stdout.splitlines() if line.startswith("  again: ")}
    program, run, *argv = shlex.split(again)
    assert (program, run) == ("tlsmatrix", "run") and bad("list", *argv).stdout.splitlines() == cells, again


def test_what_was_accepted_is_green_and_the_way_back_is_fixed(runs, tmp_path):
    good, bad, _ = runs
    baseline = tmp_path / "bad.baseline"
    assert bad("accept", "--baseline", baseline).status == CODES["ok"]
    assert bad("gate", "--baseline", baseline).status == CODES["ok"]
    done = good("gate", "--baseline", baseline)
    assert done.status == CODES["ok"] and "\nfixed\n" in done.stdout and "regressed" not in done.stdout, done


def test_a_failure_that_was_accepted_hides_none_beside_it(runs, tmp_path):
    """The same cell, and all but one of its failures are in the baseline."""
    _, bad, _ = runs
    baseline = tmp_path / "some.baseline"
    bad("accept", "--baseline", baseline)
    lines = baseline.read_text().splitlines(keepends=True)
    left = [line for line in lines if " init.entry-args " not in line or line.startswith("checks ")]
    assert len(left) == len(lines) - 1
    count = int(left[-1].split()[3])
    baseline.write_text("".join(left[:-1]) + left[-1].replace(f" {count} dev", f" {count - 1} dev"))
    done = bad("gate", "--baseline", baseline)
    assert done.status == CODES["unexpected"], done
    assert "init.entry-args" in done.stdout and "init.entry-align" not in done.stdout


def test_another_plan_is_not_green(runs, tmp_path):
    good, _, baseline = runs
    out = tmp_path / "part"
    part = Tool(out)
    part("run", f"{CELLS} & mode=exe", "--targets", baseline.parent / "was/my.ini")
    done = part("gate", "--baseline", baseline)
    assert done.status == CODES["incomplete"] and "\ngone\n" in done.stdout, done
    assert "3 cells: all of 'mode=c-shared'" in done.stdout and "of another plan" in done.stdout
    done = part("gate", "--some", "--baseline", baseline)
    assert done.status == CODES["ok"] and "gone\n" not in done.stdout, done
    # The other way around: cells that nobody has accepted.
    smaller = tmp_path / "part.baseline"
    assert part("accept", "--baseline", smaller).status == CODES["ok"]
    done = good("gate", "--baseline", smaller)
    assert done.status == CODES["incomplete"] and "\nnew\n  3 cells: all of 'mode=c-shared'\n" in done.stdout, done


def test_a_quick_run_finds_it(runs, tmp_path):
    """Of the six cells it takes five, where the sixth's checks of its own are left out; what it runs is what the
    whole run has of them."""
    own = {"build.shared-by-flag", "init.needed-variable", "init.needed-callback", "tls.needed"}
    cells = f"{CELLS} & !check={','.join(sorted(own))}"
    good, bad, baseline = runs
    was, is_ = ("--targets", baseline.parent / "was/my.ini"), ("--targets", baseline.parent / "is/my.ini")
    quick, mine = Tool(tmp_path / "quick"), tmp_path / "quick.baseline"
    done = quick("run", "--quick", cells, *was)
    assert done.status == CODES["ok"], done
    plan, whole = quick.plan(), {cell["id"]: cell for cell in good.plan()["cells"]}
    checks = {check for cell in whole.values() for check in cell["checks"]} - own
    told = f"quick: 5 of 6 cells make all checks ({len(checks)}) and take all ways to load (5)\n"
    assert done.stderr.startswith(told) and {check for cell in plan["cells"] for check in cell["checks"]} == checks
    assert [cell["id"] for cell in plan["cells"]] == quick("list", "--quick", cells, *was).stdout.splitlines()
    assert len(plan["cells"]) == 5 and all(cell == whole[cell["id"]] for cell in plan["cells"])
    assert plan["full"] is False and plan["plan"] != good.plan()["plan"]
    # Beside the baseline of all: the sixth cell is missed, unless the run may be of some.
    assert quick("gate", "--baseline", baseline).status == CODES["incomplete"]
    done = quick("gate", "--some", "--baseline", baseline)
    assert done.status == CODES["ok"] and " results of 5 cells compared" in done.stdout, done
    # A baseline of its own, with nothing left out.
    assert quick("accept", "--baseline", mine).stdout == f"{mine}: 5 cells, 0 deviations accepted\n"
    assert quick("gate", "--baseline", mine).status == CODES["ok"]
    # The loader that got worse: in one way to load, which no check of its own asks for.
    for file, options in ((mine, []), (baseline, ["--some"])):
        assert quick("run", "--quick", cells, *is_).status == CODES["unexpected"]
        done = quick("gate", "--baseline", file, *options)
        assert done.status == CODES["unexpected"] and "1 cell: all of 'load=preload'" in done.stdout, done
        assert "\ngone\n" not in done.stdout and "\nnew\n" not in done.stdout, done
    assert [cell["id"] for cell in quick.plan()["cells"]] == [cell["id"] for cell in plan["cells"]]


def test_a_quick_run_asks_each_target(tool, tmp_path):
    """Twice the cells of one, and the same."""
    ini = described(tmp_path, "".join(f"[{name}]\nkind = wrapper\ncommand = env {{argv}}\n" for name in ("a1", "a2")))
    cells = "target=a1,a2 & mode=exe & cgo=1"
    done = tool("run", "--quick", cells, "--targets", ini)
    assert done.status == CODES["ok"], done
    ids = [cell["id"].partition("@") for cell in tool.plan()["cells"]]
    of = [[build for build, _, where in ids if where == f"{name}:exec"] for name in ("a1", "a2")]
    assert of[0] == of[1] and len(ids) == len(of[0]) * 2
    assert done.stderr.startswith(f"quick: {len(ids)} of ")


def test_a_run_that_was_cut_off_is_neither_accepted_nor_green(runs, tmp_path):
    good, _, baseline = runs
    cut = Tool(tmp_path / "cut")
    shutil.copytree(good.out, cut.out)
    journal = cut.out / "journal"
    lines = journal.read_text().splitlines(keepends=True)
    kept = [line for line in lines if '"end"' not in line[:30]]
    kept.remove(next(line for line in kept if '"cell"' in line[:40]))
    journal.write_text("".join(kept))
    done = cut("gate", "--baseline", baseline)
    assert done.status == CODES["incomplete"] and "were not run: run again" in done.stdout, done
    done = cut("accept", "--baseline", tmp_path / "never")
    assert done.status == CODES["incomplete"] and "is not complete" in done.line(), done
    assert not (tmp_path / "never").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda text: "", "cut off"),
        (lambda text: text[: len(text) // 2], "line "),
        (lambda text: text.replace("baseline 1", "baseline 7"), "of schema 7"),
        (lambda text: text.replace("end 6", "fail x y z\nend 6"), "no cell above has that id: x"),
        (lambda text: "<html>\n", "line 1: no baseline of tlsmatrix"),
        (lambda text: text + "\0", "is no text"),
        (lambda text: text.replace("build.succeeds", "build.succeed"), "no check of this tlsmatrix"),
    ],
)
def test_a_baseline_that_is_none(runs, tmp_path, change, says):
    good, _, baseline = runs
    spoiled = tmp_path / "spoiled"
    spoiled.write_text(change(baseline.read_text()))
    done = good("gate", "--baseline", spoiled)
    assert done.status == CODES["usage"] and says in done.line() and str(spoiled) in done.line(), done


def test_bad_input(runs, tmp_path):
    good, _, baseline = runs
    done = good("gate", "--baseline", tmp_path / "none")
    assert done.status == CODES["usage"] and "`tlsmatrix accept --baseline " in done.line(), done
    done = good("accept", "mode=exe")
    assert done.status == CODES["usage"] and "takes no filter" in done.line(), done
    done = good("accept", "--baseline", "/dev/full/x")
    assert done.status == CODES["report"] and "cannot write" in done.line(), done
    done = Tool(tmp_path / "nothing")("gate", "--baseline", baseline)
    assert done.status == CODES["usage"], done


def test_accept_again_changes_nothing(runs, tmp_path):
    """The text is the same for the same results, and sorted."""
    good, _, baseline = runs
    again = tmp_path / "again"
    assert good("accept", "--baseline", again).status == CODES["ok"]
    assert again.read_bytes() == baseline.read_bytes()
    cells = [line.split()[1] for line in again.read_text().splitlines() if line.startswith("cell ")]
    assert cells == sorted(cells) and len(cells) == 6
    assert os.environ["HOME"] not in again.read_text()


def test_two_runs_side_by_side(runs):
    good, bad, _ = runs
    done = bad("compare", good.out, bad.out)
    assert done.status == CODES["unexpected"] and "all of 'load=preload'" in done.stdout, done
    assert "pass -> fail entry=none: init.entry-args" in done.stdout
    done = bad("compare", bad.out, good.out)
    assert done.status == CODES["ok"] and "fail entry=none -> pass: init.entry-args" in done.stdout, done
    done = bad("compare", good.out, good.out)
    assert (done.status, done.stdout.splitlines()[-1]) == (
        CODES["ok"],
        f"nothing is worse; {results(good)} results of 6 cells compared.",
    )


@pytest.fixture
def named(cache, tmp_path):
    """A run named before, and one named after of a target that loses a variable, both in the same out folder."""
    tool = cache.tool()
    tool.remembers = True
    cells = "target=mine & mode=exe & cgo=0 & link=internal"
    for name, spoil in (("before", ""), ("after", "TLSMATRIX_SLOT= ")):
        ini = described(tmp_path, f"[mine]\nkind = wrapper\ncommand = env {spoil}{{argv}}\n")
        done = tool("run", cells, "--targets", ini, "--name", name)
        assert done.status == CODES["unexpected" if spoil else "ok"] and "history" not in done.stderr, done
    return tool


def test_two_runs_by_name(named, tmp_path):
    tool = named
    done = tool("compare", "before", "after")
    assert done.status == CODES["unexpected"] and "pass -> fail promise=none: tls.g.main" in done.stdout, done
    assert tool("compare", "after", "before").status == CODES["ok"]
    assert " 0 " not in tool("compare", "after", "after").stdout
    # A folder is as good, and so is the name that history has; the last run is the one named after.
    assert tool("compare", "before", tool.out).stdout == done.stdout
    names = sorted(path.name for path in pathlib.Path(tool.cache, "history").glob("2*"))
    assert len(names) == 2 and tool("compare", *names).stdout == done.stdout
    # Its reports, judged by what is there now; its logs are not kept.
    assert tool("report", "--run", "before").status == CODES["ok"]
    past = tool("report", "--run", "after", "--format", "json")
    assert past.status == CODES["unexpected"], past
    cells = json.loads(past.stdout)["cells"]
    last = tool.report()["cells"]
    assert [cell["id"] for cell in cells] == [cell["id"] for cell in last]
    assert [[check["status"] for check in cell["checks"]] for cell in cells] == [
        [check["status"] for check in cell["checks"]] for cell in last
    ]
    assert "/logs/" in json.dumps(last) or "logs/" in json.dumps(last)
    assert "logs/" not in json.dumps(cells) and "logs/" not in tool("report", "--run", "after").stdout
    assert not [*pathlib.Path(tool.cache, "tmp").glob("named/*")]
    # The same command again tells the run that is there, and names it once more.
    ini = tmp_path / "my.ini"
    done = tool("run", "target=mine & mode=exe & cgo=0 & link=internal", "--targets", ini, "--name", "third")
    assert tool("compare", "third", "after").status == CODES["ok"]
    assert sorted(path.name for path in pathlib.Path(tool.cache, "history").glob("2*")) == names


def test_show_and_accept_by_name(named, tmp_path):
    """The last run is the one named after; a run going on in that folder, or none in it, is nothing to a named one."""
    tool = named
    (cell,) = (cell["id"] for cell in tool.report()["cells"])
    last, past = tool("show", cell), tool("show", cell, "--run", "before")
    assert (last.status, past.status) == (CODES["ok"], CODES["ok"]), (last, past)
    assert "promise=none" in last.stdout and "promise=none" not in past.stdout
    assert tool("show", cell, "--run", "after").stdout.startswith(last.stdout.splitlines()[0])
    assert f"run log   {tool.out}/" in last.stdout and f"{tool.out}/logs" not in past.stdout
    done = tool("show", "go1.5.4/linux/amd64/exe/cgo0/internal@host:exec", "--run", "before")
    assert done.status == CODES["nothing"] and ": not in the run before: " in done.line(), done
    texts = {}
    for name in ("before", "after"):
        texts[name] = tmp_path / name
        assert tool("accept", "--run", name, "--baseline", texts[name]).status == CODES["ok"]
    assert tool("accept", "--baseline", tmp_path / "last").status == CODES["ok"]
    assert (tmp_path / "last").read_text() == texts["after"].read_text() != texts["before"].read_text()
    for run, baseline, code in (
        ("before", "before", "ok"),
        ("after", "before", "unexpected"),
        ("before", "after", "ok"),
        (None, "before", "unexpected"),
    ):
        done = tool("gate", *(("--run", run) if run else ()), "--baseline", texts[baseline])
        assert done.status == CODES[code], (run, baseline, done)
    elsewhere = Tool(tmp_path / "nothing")
    elsewhere.cache = tool.cache
    assert elsewhere("accept", "--run", "after", "--baseline", tmp_path / "far").status == CODES["ok"]
    assert (tmp_path / "far").read_text() == texts["after"].read_text()


def test_names_that_lead_nowhere(named):
    tool = named
    (cell,) = (cell["id"] for cell in tool.report()["cells"])
    for words in (
        ["compare", "before", "befor"],
        ["compare", "befor", "before"],
        ["report", "--run", "befor"],
        ["show", cell, "--run", "befor"],
        ["accept", "--run", "befor"],
        ["gate", "--run", "befor"],
    ):
        done = tool(*words)
        assert done.status == CODES["usage"], done
        assert "befor: no kept run has this name; those that have one: after, before" in done.line(), done
    for name in ("", ".x", "-x", "a/b", "../x", "a b", "x" * 65, "1.6.4", "go1.21", "host"):
        done = tool("run", "mode=exe & cgo=0", "--name", name)
        assert done.status == CODES["usage"] and "--name" in done.line(), (name, done)
    done = tool("run", "mode=exe & cgo=0", "--name", "x", "--no-history")
    assert done.status == CODES["usage"] and "not with --no-history" in done.line(), done
    history = pathlib.Path(tool.cache, "history")
    shutil.rmtree(history / (history / "names/before").read_text().strip())
    for words in (["compare", "before", "after"], ["report", "--run", "before"], ["show", cell, "--run", "before"]):
        done = tool(*words)
        assert done.status == CODES["infra"] and "is not in" in done.line() and "any more" in done.line(), done
    (history / "names/before").write_text("../../x\n")
    assert tool("report", "--run", "before").status == CODES["infra"]


def test_two_targets_of_one_run(runs, tmp_path):
    """One of them loses a variable of the environment on the way."""
    tool = Tool(tmp_path / "two")
    ini = (
        "[mine]\nkind = wrapper\ncommand = env {argv}\n[yours]\nkind = wrapper\ncommand = env TLSMATRIX_SLOT= {argv}\n"
    )
    cells = "target=mine,yours & mode=exe & cgo=0 & link=internal"
    assert tool("run", cells, "--targets", described(tmp_path, ini)).status == CODES["unexpected"]
    done = tool("compare", "mine", "yours")
    assert done.status == CODES["unexpected"], done
    assert "pass -> fail promise=none: tls.g.main" in done.stdout and "1 cell beside 1\n" in done.stdout
    for words in (["mine", "no-such"], ["no-such", "mine"], ["mine"], [], ["mine", "1.99"], ["a", "b", "c"]):
        done = tool("compare", *words)
        assert done.status == CODES["usage"] and "two targets or releases" in done.line(), done


def test_reports_carry_it(runs):
    good, bad, baseline = runs
    forms = {}
    for form in ("json", "markdown", "github"):
        done = bad("report", "--format", form, "--baseline", baseline)
        assert done.status == CODES["unexpected"], done
        forms[form] = done.stdout
    gate = json.loads(forms["json"])["gate"]
    assert (gate["exit"], gate["compared"]) == (1, results(good))
    worse = [story for story in gate["stories"] if story["worse"]]
    assert [story["groups"] for story in worse] == [[{"filter": "load=preload", "cells": 1}]]
    named = {check for way in worse[0]["checks"] for check in way["checks"]}
    assert "init.entry-args" in named
    assert "\n| **regressed** | 1: load=preload |" in forms["markdown"]
    # What failed in the baseline, too, is no annotation: only what is worse is.
    lines = forms["github"].splitlines()
    assert len(lines) == 2 and all(line.startswith("::error ") for line in lines) and "load=preload" in lines[0]
    assert json.loads(bad("report", "--format", "json").stdout)["gate"] is None


def in_ci(runs, folder, loader_of, **env):
    """ci/gate.sh in a folder of its own, with the loader as it was or as it is."""
    tool, _, baseline = runs
    env = {**tool.env, "TARGETS": str(baseline.parent / loader_of / "my.ini"), **env}
    if tool.cache:
        env["XDG_CACHE_HOME"] = str(pathlib.Path(tool.cache).parent)
    folder.mkdir()
    # The history is the user's.
    program = folder / "tlsmatrix"
    program.write_text(f'#!/bin/sh\n[ "$1" != run ] || set -- "$@" --no-history\nexec {tool.program} "$@"\n')
    program.chmod(0o755)
    env["TLSMATRIX"] = str(program)
    return tool.run([str(ROOT / "ci/gate.sh"), CELLS], env=env, cwd=folder)


def test_a_step_of_ci(runs, tmp_path):
    """ci/gate.sh: the run's own verdict without a baseline, the gate's with one; on GitHub annotations, a summary."""
    baseline = str(runs[2])
    done = in_ci(runs, tmp_path / "good", "was", BASELINE=baseline)
    assert done.status == CODES["ok"] and "Green: " in done.stdout, done
    assert (tmp_path / "good/out/report.xml").is_file()
    assert in_ci(runs, tmp_path / "bare", "is").status == CODES["unexpected"]
    summary = tmp_path / "summary.md"
    github = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    done = in_ci(runs, tmp_path / "bad", "is", BASELINE=baseline, **github)
    assert done.status == CODES["unexpected"] and "Not green: " in done.stdout, done
    assert re.search("^::error ", done.stdout, re.MULTILINE) and "load=preload" in summary.read_text()
    # What was not run is not green, baseline or not.
    done = in_ci(runs, tmp_path / "none", "nowhere", BASELINE=baseline)
    assert done.status == CODES["usage"], done


def test_what_is_not_the_same_each_time_is_flaky(flaky):
    tool, _, done = flaky
    assert done.status == CODES["unexpected"], done
    checks = {check["id"]: check for cell in tool.report()["cells"] for check in cell["checks"]}
    assert checks["tls.slot-promised"]["verdict"] == "flaky", done
    assert re.fullmatch(r"pass \d, fail \d of 4", checks["tls.slot-promised"]["rate"])
    # What does not ask for the variable is the same each time, and the log is that of a failure.
    assert (checks["build.succeeds"]["verdict"], checks["build.succeeds"]["rate"]) == ("ok", None)
    log = next((tool.out / "logs").glob("*.run.log")).read_text(errors="replace")
    assert "promise=none" in log
    assert "? flaky" in done.stdout and "not the same each time: pass" in done.stdout
    other = sum(check["rate"] is not None for check in checks.values())
    told = "Each cell was run 4 times: " + (f"{other} checks were" if other > 1 else "1 check was")
    assert f"{told} not the same each time." in " ".join(done.stdout.split()), done


def test_the_gate_has_rates_on_both_sides(flaky, tmp_path):
    tool, argv, _ = flaky
    baseline = tmp_path / "flaky.baseline"
    assert tool("accept", "--baseline", baseline).status == CODES["ok"]
    assert ' "flaky: pass ' in baseline.read_text()
    # Run once more, each once: what comes to a failure is no regression, since it did then, too.
    once = Tool(tmp_path / "once")
    for _ in range(3):
        once("run", "--force", *argv)
        done = once("gate", "--baseline", baseline)
        assert done.status == CODES["ok"] and "regressed" not in done.stdout, done
    # Without a rate in the baseline it is one.
    good = "\n".join(line for line in baseline.read_text().splitlines() if not line.startswith("fail "))
    baseline.write_text(re.sub(r"(end \d+ cells), \d+", r"\1, 0", good) + "\n")
    done = tool("gate", "--baseline", baseline)
    assert done.status == CODES["unexpected"] and "pass -> fail flaky: pass" in done.stdout, done
