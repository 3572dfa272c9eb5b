"""run: what it writes down, what it runs again, what can get in, and what a kill leaves."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess

import pytest

from conftest import CODES, GO, NEVER_BEFORE, ROOT, SMALL, TWO, Done, Tool, described, wait_for

# Cells of several load modes that share two builds; used with --force, which judges again.
LOADS = "mode=c-shared & cgo=1 & link=external & target=host"


def judged(done):
    """(cells judged, cells taken from the cache) as the last line says."""
    match = re.search(r"^(\d+) cells? judged now, (\d+) up to date", done.stdout, re.M)
    assert match, done
    return int(match[1]), int(match[2])


def verdicts(tool):
    """(cell, check) -> what was expected, observed and made of it."""
    return {
        (cell["id"], check["id"]): (check["status"], check["expected"], check["observed"], check["verdict"])
        for cell in tool.report()["cells"]
        for check in cell["checks"]
    }


# ---- what a run says ----------------------------------------------------------------------------------


def test_small_run(small):
    """One program and eight refusals: nothing is unexpected."""
    assert small.done.status == 0, small.done.stdout
    assert len(small.tool.report()["cells"]) == len(small.tool.plan()["cells"]) == 9


def test_report_holds_the_plan(small):
    """Nothing is lost: every planned cell with every planned check, and the counts sum to the plan."""
    report, plan = small.tool.report(), small.tool.plan()
    assert report["plan"] == plan["plan"] and report["complete"] is True and report["exit"] == small.done.status
    planned = {cell["id"]: cell["checks"] for cell in plan["cells"]}
    assert {cell["id"]: [check["id"] for check in cell["checks"]] for cell in report["cells"]} == planned
    count = sum(map(len, planned.values()))
    assert report["planned"] == {"cells": len(planned), "checks": count}
    assert sum(report["counts"].values()) == sum(report["verdicts"].values()) == count
    for cell in report["cells"]:
        for check in cell["checks"]:
            assert check["expected"] and check["source"], (cell["id"], check["id"])
            assert (check["observed"] == check["expected"]) == (check["status"] == "pass"), (cell["id"], check)


def test_logs_are_there(small):
    """Each cell's build log and run log, and the first shows the command."""
    for cell in small.tool.report()["cells"]:
        build = (small.tool.out / cell["build"]["log"]).read_text()
        assert build.startswith("$ cd ") and cell["build"]["command"] in build
        assert (small.tool.out / cell["log"]).exists()


def test_second_run_runs_nothing(small, tool):
    """Every cell is up to date, in another out folder too; --force judges all of them again."""
    cells = len(small.tool.plan()["cells"])
    again = tool("run", SMALL)
    assert judged(again) == (0, cells) and again.status == small.done.status
    assert verdicts(tool) == verdicts(small.tool) and tool.plan()["plan"] == small.tool.plan()["plan"]
    assert all(cell["cached"] for cell in tool.report()["cells"]) and again.stderr == ""
    forced = tool("run", SMALL, "--force")
    assert forced.stderr.startswith(f"{cells} cells, {cells} to do\n"), forced
    assert judged(forced) == (cells, 0) and forced.status == small.done.status
    assert verdicts(tool) == verdicts(small.tool)


@pytest.mark.parametrize("name", ["report.json", "report.html", "report.xml", "journal", "plan.json"])
def test_lost_or_spoiled_file_comes_again(small, tool, name):
    """The same run on the same folder judges nothing, and puts back what was removed or is of a run
    before: a kill between journal and reports leaves such."""
    file = tool.out / name

    def spoil():
        """Another content, from before the journal."""
        file.write_bytes(b"of another run\n")
        os.utime(file, (1, 1))

    for change in (lambda: None, file.unlink, spoil):
        if tool.out.exists():
            change()
        done = tool("run", SMALL)
        assert done.status == small.done.status and judged(done) == (0, 9) and done.stderr == "", done
        assert file.exists() and not file.read_bytes().startswith(b"of another run")
        assert tool("report").status == small.done.status and verdicts(tool) == verdicts(small.tool)


def test_reports_of_another_version_come_again(small, tool):
    """Its rules had other verdicts: what is older than the program is written again, though no result is missing."""
    tool("run", SMALL)
    report = tool.out / "report.json"
    report.write_text(report.read_text().replace('"ok"', '"regressed"'))
    for file in tool.out.iterdir():
        os.utime(file, (1, 1))
    done = tool("run", SMALL)
    assert done.status == small.done.status and judged(done) == (0, 9), done
    assert verdicts(tool) == verdicts(small.tool)


def test_one_or_two_at_once(tool, tmp_path):
    """-j decides how long it takes, not what comes out."""
    found = {}
    for jobs in ("1", "2"):
        one = Tool(tmp_path / f"out-{jobs}")
        done = one("run", LOADS, "-j", jobs, "--force")
        found[jobs] = (done.status, verdicts(one))
    assert found["1"] == found["2"] and found["1"][0] == 0


# ---- what makes a result stale ----------------------------------------------------------------------------


def test_changed_source_is_built_again(copied):
    """A case's source decides the build, one of another case does not, and going back costs nothing."""
    first = copied("run", SMALL)
    keys = {cell["id"]: cell["build"] for cell in copied.plan()["cells"]}
    source = copied.tree / "cases/core/check.go"
    text = source.read_text()
    source.write_text(text + f"\n// {NEVER_BEFORE}, changed\n")
    changed = copied("run", SMALL)
    assert changed.status == first.status and judged(changed)[0] == 9
    assert not set(keys.values()) & {cell["build"] for cell in copied.plan()["cells"]}
    source.write_text(text)
    (copied.tree / "cases/tls/tls_small.c").write_text("not in a build without cgo\n")
    back = copied("run", SMALL)
    assert judged(back) == (0, 9) and keys == {cell["id"]: cell["build"] for cell in copied.plan()["cells"]}


def test_broken_source_is_not_a_pass(copied):
    """A case that does not compile: every check of the cell that should build is unexpected, with go's message."""
    (copied.tree / "cases/core/check.go").write_text('package main\n\nvar broken int = "text"\n')
    done = copied("run", SMALL)
    assert done.status in (CODES["unexpected"], CODES["infra"]), done
    cell = next(cell for cell in copied.report()["cells"] if cell["load"] == "exec")
    assert cell["build"]["status"] == "fail" and not [
        check for check in cell["checks"] if check["status"] == "pass" and not check["id"].startswith("build.")
    ]
    assert (
        "check.go"
        in next(check for check in cell["checks"] if check["id"] == "build.succeeds")["message"] + done.stdout
    )


def includes(path):
    """Files of the tree that a C file includes, also through others."""
    text = subprocess.run(
        ["gcc", "-MM", "-std=gnu11", "-D_GNU_SOURCE", f"-I{ROOT}", path],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return {os.path.normpath(word) for word in text.replace("\\\n", " ").split()[1:]}


def test_every_header_of_the_hosts_decides_their_build():
    """The hosts' headers are all in the list that names a build (runner/build/sources.c); one that is
    missing there would leave old programs behind when it changes."""
    pieces = (ROOT / "runner/build/sources.c").read_text()
    begin = pieces.index("#define HOST_FILES")
    end = pieces.index("NULL", pieces.index("source_c_files[]"))
    listed = set(re.findall(r'"((?:cases|harness)/[^"]+)"', pieces[begin:end]))
    sources = [name for name in listed if name.endswith(".c")]
    assert len(sources) >= 8
    needed = {os.path.relpath(os.path.join(ROOT, name), ROOT) for source in sources for name in includes(source)}
    assert sorted(needed - listed) == []


# ---- what must not get in -----------------------------------------------------------------------------------


def test_hostile_environment(small, tool, tmp_path):
    """A user's settings change nothing: the same plan, the same verdicts, judged again."""
    garbage = tmp_path / "goenv"
    garbage.write_text("GOFLAGS=-nonsense\nCC=/nonexistent\n=\n")
    (tmp_path / "go/env").parent.mkdir()
    shutil.copy(garbage, tmp_path / "go/env")
    tool.env |= {
        "GOFLAGS": "-buildvcs=nonsense",
        "CGO_CFLAGS": "-DNONSENSE=(",
        "CGO_LDFLAGS": "-lnonsense",
        "GOENV": str(garbage),
        "CC": "/nonexistent/cc",
        "LD_LIBRARY_PATH": str(tmp_path),
        "GODEBUG": "nonsense=1",
        "GOGC": "off",
        "GOMAXPROCS": "0x",
        "GOTRACEBACK": "crash",
        "GOTOOLCHAIN": "go9.9.9",
        "GOROOT": str(tmp_path),
        "GOPATH": "relative",
        "GOARCH": "wasm",
        "GOOS": "js",
        "CGO_ENABLED": "1",
        "GOAMD64": "v9",
        "GOEXPERIMENT": "nonsense",
        "CPATH": "/nonexistent",
        "LIBRARY_PATH": "/nonexistent",
        "COMPILER_PATH": "/nonexistent",
        "GCC_EXEC_PREFIX": "/nonexistent/",
        "LANG": "de_DE.UTF-8",
        "LC_ALL": "tr_TR.UTF-8",
        "TZ": "Asia/Kathmandu",
        "TLSMATRIX_CONTROL": "tls.g.main",
        "TLSMATRIX_SLOT": "le:0",
        "MALLOC_PERTURB_": "255",
        "XDG_CONFIG_HOME": str(tmp_path),
        "POSIXLY_CORRECT": "1",
        "TMPDIR": "/nonexistent",
    }
    done = tool("run", SMALL, "--force")
    assert done.status == small.done.status, done
    assert tool.plan()["plan"] == small.tool.plan()["plan"] and verdicts(tool) == verdicts(small.tool)


def test_nice_reaches_the_builds(tool, tmp_path):
    """What was started with nice gives way, although each program that it starts is a session of its own: in which
    alone nice counts where the scheduler has a group for each."""
    said = tmp_path / "said"
    start = tmp_path / "start"
    start.write_text(f'#!/bin/sh\ncat /proc/self/autogroup >>{said}\nexec "$@"\n')
    start.chmod(0o755)
    file = described(tmp_path, f"[started]\nkind = wrapper\ncommand = {start} {{argv}}\n")
    one = "target=started & mode=exe & cgo=0 & link=internal & check=tls.g.main"
    done = tool.run(["nice", "-n", "7", *tool.argv("run", one, "--force", "--targets", file)])
    assert done.status == CODES["ok"], done
    lines = said.read_text().split("\n")[:-1]
    if not lines:
        pytest.skip("this kernel has no groups of its scheduler's (CONFIG_SCHED_AUTOGROUP)")
    assert {line.split()[-1] for line in lines} == {"7"}, lines


def test_preload_reaches_nothing(small, tool):
    """LD_PRELOAD is the loader's affair with the runner itself; the programs under test never see it."""
    tool.env |= {"LD_PRELOAD": "/nonexistent.so"}
    done = tool("run", SMALL, "--force")
    assert done.status == small.done.status and verdicts(tool) == verdicts(small.tool)
    assert not [log for log in (tool.out / "logs").iterdir() if "nonexistent" in log.read_text(errors="replace")]


def test_rebuilt_in_a_hostile_environment(small, copied, tmp_path):
    """The same where something is compiled: a copied tree has builds of its own."""
    source = copied.tree / "cases/core/check.go"
    source.write_text(source.read_text() + f"\n// {NEVER_BEFORE}, hostile\n")
    copied.env |= {
        "GOFLAGS": "-nonsense",
        "GOENV": "/nonexistent",
        "GOROOT": str(tmp_path),
        "CC": "false",
        "GOOS": "js",
        "GOARCH": "wasm",
        "CGO_ENABLED": "1",
        "GO111MODULE": "off",
        "GOWORK": "/nonexistent/go.work",
        "GOEXPERIMENT": "nonsense",
        "TMPDIR": "/nonexistent",
    }
    done = copied("run", SMALL)
    assert done.status == small.done.status and judged(done)[0] == 9, done
    assert verdicts(copied) == verdicts(small.tool)


def test_no_go(tool):
    """No Go command: status 3 and one line that says how to get one."""
    for command in ("run", "list", "doctor"):
        done = tool(command, "--go", "/nonexistent/go")
        assert done.status == CODES["infra"] and "/nonexistent/go" in done.line() and "--go" in done.line()
    assert not tool.out.exists()


def test_a_run_that_cannot_begin_has_no_reports(small, tool):
    """Who publishes out/ whatever the exit code was does not find yesterday's there; `report` makes them again."""
    shutil.copytree(small.tool.out, tool.out)
    reports = {"report.json", "report.html", "report.xml"}
    assert tool("run", "mode=nosuch").status == CODES["usage"] and reports <= {p.name for p in tool.out.iterdir()}
    assert tool("list", "--go", "/nonexistent/go").status == CODES["infra"]
    assert reports <= {p.name for p in tool.out.iterdir()}
    assert tool("run", SMALL, "--go", "/nonexistent/go").status == CODES["infra"]
    assert not reports & {p.name for p in tool.out.iterdir()}
    assert tool("report").status == small.done.status
    assert tool("run", SMALL).status == small.done.status and reports <= {p.name for p in tool.out.iterdir()}


@pytest.mark.parametrize("script", ["exit 1", "echo /nonexistent", "kill -9 $$", "echo"])
def test_go_that_is_none(tool, tmp_path, script):
    """A program that is not Go is not taken for one."""
    go = tmp_path / "go"
    go.write_text(f"#!/bin/sh\n{script}\n")
    go.chmod(0o755)
    done = tool("run", SMALL, "--go", go)
    assert done.status == CODES["infra"] and done.line() and not tool.out.exists()


def test_go_by_folder_and_by_name(tool, tmp_path):
    """--go takes a release's folder and a name in PATH as well as bin/go itself, and all three are one release."""
    go = pathlib.Path(GO).resolve()
    few = "mode=exe & cgo=0 & link=internal & os=linux & arch=amd64 & target=host"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/go-of-mine").symlink_to(go)
    tool.env["PATH"] = f"{tmp_path / 'bin'}:{tool.env['PATH']}"
    listed = {str(word): tool("list", few, "--go", word).stdout for word in (go, go.parent.parent, "go-of-mine")}
    assert len(set(listed.values())) == 1 and "".join(listed.values()), listed
    done = tool("list", few, "--go", "go-of-nobody")
    assert done.status == CODES["infra"] and "go-of-nobody" in done.line()


def test_out_that_cannot_be(tool, tmp_path):
    """--out below a file: status 3, one line."""
    (tmp_path / "file").touch()
    tool.out = tmp_path / "file/out"
    done = tool("run", SMALL)
    assert done.status == CODES["infra"] and str(tool.out) in done.line()


@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1, 2]], ids=str)
def test_closed_descriptors(copied, closed):
    """Started without stdin, stdout or stderr: the journal is not what lines about unexpected cells are written to."""
    (copied.tree / "cases/core/check.go").write_text('package main\n\nvar broken int = "text"\n')
    done = copied("run", SMALL, capture_output=False, preexec_fn=lambda: [os.close(fd) for fd in closed])
    assert done.status == CODES["unexpected"], done
    assert copied("report").status == CODES["unexpected"] and len(copied.report()["cells"]) == 9


# ---- interrupted ------------------------------------------------------------------------------------------------


def remains(words):
    """Processes whose command line or environment holds one of the words."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as cmdline, open(f"/proc/{entry}/environ", "rb") as environ:
                text = cmdline.read() + b"\0" + environ.read()
        except OSError:
            continue
        if any(os.fsencode(word) in text for word in words):
            found.append((entry, text[:200]))
    return found


def runners(tool):
    """The runner and its copies that work for this out folder, and all that they started."""
    mine, parent = set(), {}
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{entry}/stat") as stat, open(f"/proc/{entry}/cmdline", "rb") as cmdline:
                state, parent[entry] = stat.read().rsplit(")", 1)[1].split()[:2]
                if os.fsencode(str(tool.out)) in cmdline.read() and state != "Z":
                    mine.add(entry)
        except OSError:
            continue
    while more := {entry for entry, above in parent.items() if above in mine} - mine:
        mine |= more
    return mine


def halt_reapers(processes):
    """Stops what stands between the runner and a program, as a program may; how many."""
    halted = 0
    for entry in processes:
        try:
            with open(f"/proc/{entry}/comm") as comm:
                if comm.read() == "tlsm-reaper\n":
                    os.kill(int(entry), signal.SIGSTOP)
                    halted += 1
        except (FileNotFoundError, ProcessLookupError):
            continue
    return halted


def stopped(tool, number, before=lambda there: True):
    """A forced run of LOADS that gets a signal once a cell of it is finished and a program of the
    next runs, for which before(processes) is true; how it ended, and the processes that were there."""
    process = tool.start("run", LOADS, "--force", "-j", "1")

    def some_done():
        """A cell of several is in the journal."""
        journal = tool.out / "journal"
        return process.poll() is not None or journal.exists() and b'"event":"cell"' in journal.read_bytes()

    wait_for(some_done, "the first cell")
    there = wait_for(
        lambda: process.poll() is not None or (len(found := runners(tool)) > 3 and before(found) and found),
        "a program under test",
    )
    assert process.poll() is None, process.communicate()
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    return process.returncode, stdout, stderr, there


@pytest.fixture
def private(tmp_path):
    """The program with its builds made and an empty out folder; its processes carry a mark."""
    made = Tool(tmp_path / "made")("run", LOADS)
    assert made.status in (CODES["ok"], CODES["unexpected"]), made
    tool = Tool(tmp_path / "out")
    tool.env["TLSMATRIX_TEST_MARK"] = str(tmp_path)
    return tool


def alive(processes):
    """Those of the processes that still run."""
    return {
        entry
        for entry in processes
        if os.access(f"/proc/{entry}/cmdline", os.R_OK) and open(f"/proc/{entry}/cmdline", "rb").read()
    }


def test_kill_leaves_nothing_behind(private):
    """kill -9 of the runner: its processes go too; the journal tells what there was; the next run goes on."""
    status, _, _, there = stopped(private, signal.SIGKILL)
    assert status == -signal.SIGKILL
    wait_for(lambda: not alive(there), "the processes of a killed runner to go", 30)
    done = private("report", "--format", "json", "-o", private.out / "report.json")
    assert done.status in (CODES["incomplete"], CODES["unexpected"]), done
    report = private.report()
    left = [cell["id"] for cell in report["cells"] if any(check["status"] == "notrun" for check in cell["checks"])]
    assert report["complete"] is False and 0 < len(left) < len(report["cells"])
    assert sum(report["counts"].values()) == report["planned"]["checks"]
    again = private("run", LOADS)
    assert again.status in (0, 1) and judged(again)[0] == 0, "cells whose results are there were judged again"
    assert private.report()["complete"] is True


def test_kill_with_stopped_reapers(private):
    """kill -9 of the runner leaves nothing when the programs have stopped the processes that watch over them."""
    status, _, _, there = stopped(private, signal.SIGKILL, halt_reapers)
    assert status == -signal.SIGKILL
    wait_for(lambda: not alive(there), "the processes of a killed runner to go", 30)
    assert private("run", LOADS).status in (0, 1) and private.report()["complete"] is True


def test_interrupt(private):
    """Ctrl-C: status 130 and one line, no process left; what was finished stays."""
    status, stdout, stderr, there = stopped(private, signal.SIGINT)
    lines = [line for line in stderr.splitlines() if not line.startswith(("[", "unexpected")) and "to do" not in line]
    assert status == CODES["interrupted"] and stdout == "" and len(lines) == 1 and "run again" in lines[0], (
        status,
        stderr,
    )
    wait_for(lambda: not alive(there), "the processes of an interrupted runner to go", 30)
    assert private("report").status in (CODES["incomplete"], CODES["unexpected"])
    again = private("run", LOADS)
    assert again.status in (0, 1) and private.report()["complete"] is True


def test_resume_of_a_cold_run(small, tmp_path):
    """Killed with nothing in the cache but what it made itself: finished cells are not run again."""
    tool = Tool(tmp_path / "out")
    tool.cache = str(tmp_path / "cache")
    process = tool.start("run", SMALL, "-j", "1")
    journal = tool.out / "journal"
    wait_for(
        lambda: process.poll() is not None or journal.exists() and b'"event":"cell"' in journal.read_bytes(),
        "the first cell",
    )
    process.kill()
    process.communicate(timeout=60)
    wait_for(lambda: not remains([tool.cache]), "the processes of a killed runner to go", 30)
    finished = journal.read_bytes().count(b'"event":"cell"')
    done = tool("run", SMALL)
    now, cached = judged(done)
    assert done.status == small.done.status and now + cached == 9 and cached >= finished > 0


def test_two_runs_on_one_out(private):
    """The second is refused with a line and leaves the first alone; half of a run is not accepted or judged."""
    process = private.start("run", LOADS, "--force", "-j", "1")
    wait_for(lambda: process.poll() is not None or (private.out / "journal").exists(), "the journal")
    plan = (private.out / "plan.json").read_bytes()
    second = private("run", SMALL)
    halves = [private(*words) for words in (["gate"], ["accept", "--baseline", private.out / "half"])]
    busy = process.poll() is None
    stdout, stderr = process.communicate(timeout=600)
    assert busy, "the first run was over too soon"
    assert second.status == CODES["infra"] and "another run" in second.line(), second
    assert f"(process {process.pid})" in second.line() and "--out" in second.line(), second
    for half in halves:
        assert half.status == CODES["infra"] and f"process {process.pid} is running" in half.line(), half
    assert not (private.out / "half").exists()
    assert process.returncode in (0, 1) and (private.out / "plan.json").read_bytes()[:80] == plan[:80], (stdout, stderr)
    assert private.report()["planned"]["cells"] == len(private.plan()["cells"])


def test_second_run_while_the_first_reports(small, tool):
    """The folder is the first run's until its reports are written, here into a pipe that nobody reads yet."""
    tool.out.mkdir()
    os.mkfifo(tool.out / "report.json")
    process = tool.start("run", SMALL)
    journal = tool.out / "journal"
    wait_for(lambda: journal.exists() and b'"event":"end"' in journal.read_bytes(), "the end of the first run")
    try:
        second = tool("run", SMALL, timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        pytest.fail("the second run was let in, and now waits for the pipe too")
    report = json.loads((tool.out / "report.json").read_text())
    stdout, stderr = process.communicate(timeout=600)
    assert second.status == CODES["infra"] and "another run" in second.line(), second
    assert (process.returncode, stderr) == (small.done.status, "") and judged(Done(0, stdout, "", 0)) == (0, 9)
    assert report["complete"] is True and len(report["cells"]) == 9
    assert tool("report").status == small.done.status


# ---- the user's Go -------------------------------------------------------------------------------------------------


def listing(folder):
    """Every file below a folder with its size and time."""
    found = {}
    for path, _, files in os.walk(folder):
        for name in files:
            entry = os.lstat(os.path.join(path, name))
            found[os.path.join(path, name)] = (entry.st_size, entry.st_mtime_ns)
    return found


def goroot():
    """The folder of the Go under test."""
    return subprocess.run(
        [GO, "env", "GOROOT"], capture_output=True, text=True, check=True, env={"GOENV": "off", "PATH": "/usr/bin:/bin"}
    ).stdout.strip()


SHARED = "mode=shared & cgo=1 & link=external & target=host"


def test_goroot_is_left_alone(tool):
    """-buildmode=shared installs into GOROOT/pkg: into a folder of ours, never into the user's."""
    before = listing(os.path.join(goroot(), "pkg"))
    done = tool("run", SHARED)
    assert done.status in (0, 1), done
    build = tool.report()["cells"][0]["build"]
    overlay = re.search(r" GOROOT=(\S+)", build["command"])[1]
    assert build["status"] == "pass" and overlay != goroot()
    assert before and listing(os.path.join(goroot(), "pkg")) == before


def test_goroot_with_a_shared_std_of_its_own(tool, tmp_path):
    """Where the user has installed a shared std himself, his files are neither used nor written to."""
    own = tmp_path / "goroot"
    (own / "bin").mkdir(parents=True)
    shutil.copy2(GO, own / "bin/go")
    for name in os.listdir(goroot()):
        if name not in ("bin", "pkg"):
            (own / name).symlink_to(os.path.join(goroot(), name))
    (own / "pkg").mkdir()
    for name in os.listdir(os.path.join(goroot(), "pkg")):
        (own / "pkg" / name).symlink_to(os.path.join(goroot(), "pkg", name))
    machine = subprocess.run(
        [GO, "env", "GOOS", "GOARCH"],
        capture_output=True,
        text=True,
        check=True,
        env={"GOENV": "off", "PATH": "/usr/bin:/bin"},
    ).stdout.split()
    theirs = own / "pkg" / f"{'_'.join(machine)}_dynlink"
    theirs.mkdir()
    (theirs / "libstd.so").write_text("the user's own\n")
    before = listing(own / "pkg")
    done = tool("run", SHARED, "--go", own / "bin/go")
    assert done.status in (0, 1), done
    assert listing(own / "pkg") == before and (theirs / "libstd.so").read_text() == "the user's own\n"
    assert tool.report()["cells"][0]["build"]["status"] == "pass"


def test_what_failed_is_run_again(tool, tmp_path):
    """status= asks the last run, whose reports are gone as soon as the next one begins; and it is run, not recalled."""
    done = tool("run", "status=fail")
    assert done.status == CODES["usage"] and "no run here yet" in done.line(), done
    file = described(tmp_path, "[bad]\nkind = wrapper\ncommand = env TLSMATRIX_SLOT= {argv}\n")
    cells = f"{TWO} & link=internal".replace("target=host,none", "target=host,bad")
    assert tool("run", cells, "--targets", file).status == CODES["unexpected"]
    failed = [cell["id"] for cell in tool.report()["cells"] if cell["status"] == "fail"]
    assert len(failed) == 1 and "@bad:" in failed[0]
    assert tool("list", "status=fail", "--targets", file).stdout.split() == failed
    assert tool("list", "status=crash", "--targets", file).status == CODES["nothing"]
    done = tool("run", "status=fail", "--targets", file)
    assert done.status == CODES["unexpected"] and "\n1 cell judged now, 0 up to date" in done.stdout, done
    assert [cell["id"] for cell in tool.report()["cells"]] == failed
