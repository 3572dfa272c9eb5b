"""The cache: what makes things stale and what does not, that nothing spoiled is believed, and that it has no place."""

import json
import os
import shutil
import signal
import subprocess

import pytest

from conftest import BUILD, CODES, ROOT, TWO, Cache, described, wait_for, wrapper


def statuses(report):
    """(cell, check) -> status."""
    return {(cell["id"], check["id"]): check["status"] for cell in report["cells"] for check in cell["checks"]}


# ---- what makes things stale ------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path):
    """The source tree with what was built of it, to change and build again."""
    copy = tmp_path / "tree"
    copy.mkdir()
    for name in ("Makefile", "matrix", "harness", "runner", "reports", "cases"):
        subprocess.run(["cp", "-a", ROOT / name, copy], check=True)
    (copy / "build").mkdir()
    for name in ("obj", "stages.c", "libtlsmatrix.a", "tlsmatrix", "tlstrace"):
        subprocess.run(["cp", "-a", BUILD / name, copy / "build"], check=True)
    if (ROOT / "build/toolchain").exists():
        (copy / "build/toolchain").symlink_to((ROOT / "build/toolchain").resolve())
    return copy


def changed(tree, path, old, new):
    """Changes a source and makes the programs again."""
    text = (tree / path).read_text()
    assert old in text, path
    (tree / path).write_text(text.replace(old, new, 1))
    done = subprocess.run(["make", "-j2", "programs"], cwd=tree, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return tree / "build"


def test_a_colour_builds_and_runs_nothing(cache, tree):
    """A change of what reports look like."""
    cache.run(build=tree / "build")
    before = cache.made("build"), cache.made("result")
    build = changed(tree, "reports/html/page_style.c", "#ffffff", "#fffffe")
    done, judged, _ = cache.run(build=build)
    assert done.status == CODES["ok"] and judged == 0 and (cache.made("build"), cache.made("result")) == before


def test_a_rule_is_judged_without_running(cache, tree):
    """A row of oracle.def turns a check red, one of known.def excuses it; nothing is built or run for either."""
    _, _, report = cache.run(build=tree / "build")
    cell, check = next(key for key, status in statuses(report).items() if key[1] == "init.os-args" and status == "pass")
    before = cache.made("build"), cache.made("result")
    row = f'\nEXPECT("{check}", "mode=exe", "args=wrong", "a test")'
    first = (tree / "matrix/oracle.def").read_text().index('\nEXPECT("')
    text = (tree / "matrix/oracle.def").read_text()[first:]
    build = changed(tree, "matrix/oracle.def", text, row + text)
    done, judged, report = cache.run(build=build)
    assert done.status == CODES["unexpected"] and judged == 0 and statuses(report)[cell, check] == "fail"
    text = (tree / "matrix/known.def").read_text()
    text = text[text.index('\nKNOWN("') :]
    build = changed(
        tree, "matrix/known.def", text, f'\nKNOWN("mode=exe", "{check}", "fail", "a test", "a test", "")' + text
    )
    done, judged, report = cache.run(build=build)
    assert done.status == CODES["ok"] and judged == 0 and statuses(report)[cell, check] == "fail"
    assert (cache.made("build"), cache.made("result")) == before


def test_a_case_is_built_and_run(cache, tree):
    """A changed case makes new builds and new results, beside the old ones."""
    cache.run(build=tree / "build")
    before = cache.made("build"), cache.made("result")
    build = changed(tree, "cases/core/check.go", "package main\n", "package main\n\n// changed\n")
    done, judged, _ = cache.run(build=build)
    assert done.status == CODES["ok"] and judged == 2
    for old, kind in zip(before, ("build", "result")):
        now = cache.made(kind)
        assert old.items() <= now.items() and len(now) == len(old) + 2


def test_force_builds_and_runs(cache):
    """--force makes what is there again."""
    before = cache.made("build"), cache.made("result")
    done, judged, _ = cache.run(TWO, "--force")
    assert done.status == CODES["ok"] and judged == 2
    assert not set(before[0].items()) & set(cache.made("build").items())


# ---- no place ---------------------------------------------------------------------------------------------


def test_a_moved_cache_is_found(cache):
    """Nothing is made again where the cache lies elsewhere, and what it starts lies there too, not where it was."""
    here = cache.path
    cache.path = cache.folder / "elsewhere"
    here.rename(cache.path)
    assert cache.run()[1] == 0
    shutil.rmtree(cache.path / "result")
    before = cache.made("build")
    done, judged, report = cache.run()
    assert done.status == CODES["ok"] and judged == 2 and cache.made("build") == before
    assert str(here) + "/" not in json.dumps(report) and not here.exists()


# ---- nothing spoiled is believed --------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["emptied", "cut", "flipped", "removed", "mode", "record", "another"])
def test_a_spoiled_artifact_is_made_again(cache, how):
    """What is not as it was made is not there, and Go is not blamed."""
    folder = cache.built()
    case = folder / "case"
    data = bytearray(case.read_bytes())
    if how == "emptied":
        case.write_bytes(b"")
    elif how == "cut":
        case.write_bytes(data[: len(data) // 2])
    elif how == "flipped":
        data[len(data) // 2] ^= 1
        case.write_bytes(data)
    elif how == "removed":
        case.unlink()
    elif how == "mode":
        case.chmod(0o644)
    elif how == "record":
        (folder / "build.json").write_text("{}")
    else:
        (folder / "more").write_text("was not here\n")
    shutil.rmtree(cache.path / "result")
    before = cache.made("build")
    done, judged, _ = cache.run()
    assert done.status == CODES["ok"] and judged == 2, done
    now = cache.made("build")
    assert now.keys() == before.keys() and [name for name in now if now[name] != before[name]] == [folder.name]


SPOILS = {
    "edited": lambda text: text.replace('"observed":"', '"observed":"x', 1),
    "empty": lambda text: "",
    "object": lambda text: "{}",
    "list": lambda text: "[]",
    "cut": lambda text: text[: len(text) // 2],
    "fields": lambda text: text[:33] + "{}\n",
    "zeros": lambda text: "\0" * len(text),
}


@pytest.mark.parametrize("how", SPOILS)
def test_a_spoiled_result_is_not_there(cache, how):
    """Its cell is run again, and only that one."""
    path = next(path for path in cache.path.glob("result/*/result.json") if "init.os-args" in path.read_text())
    path.write_text(SPOILS[how](path.read_text()))
    done, judged, _ = cache.run()
    assert done.status == CODES["ok"] and judged == 1, done


# ---- what is not Go's fault -------------------------------------------------------------------------------


ONE = f"{TWO} & link=internal"


def troubled(std, folder, trouble):
    """A cache, a file, and a go whose linker makes trouble while that file is there; it comes after the release was
    asked for its ports."""
    once = folder / "trouble"
    cache = Cache(folder)
    subprocess.run(["cp", "-a", std.path, cache.path], check=True)
    go = wrapper(folder, "link", f'case "$*" in *-V=full*) ;; *) if [ -e {once} ]; then {trouble}; fi ;; esac')
    assert cache.tool()("list", ONE, "--go", go).status == CODES["ok"]
    once.touch()
    return cache, once, go


DISTURBED = {
    "killed": "kill -9 $$",
    "terminated": "kill -15 $$",
    "disk": "echo 'link: ld: final link failed: No space left on device' >&2; exit 1",
    "quota": "echo 'write case: Disk quota exceeded' >&2; exit 1",
    "descriptors": "echo 'open x: too many open files' >&2; exit 1",
    "processes": "echo 'fork/exec gcc: resource temporarily unavailable' >&2; exit 1",
    "memory": "echo 'fatal error: runtime: cannot allocate memory' >&2; exit 2",
}


@pytest.mark.parametrize("how", DISTURBED)
def test_a_disturbed_build_is_not_believed(std, tmp_path, how):
    """Its cell is infra, exit 3; the same command is right when the trouble is over."""
    cache, once, go = troubled(std, tmp_path, DISTURBED[how])
    tool = cache.tool()
    done = tool("run", ONE, "--go", go)
    assert done.status == CODES["infra"], done
    assert {check["status"] for cell in tool.report()["cells"] for check in cell["checks"]} == {"infra"}
    assert "says nothing of Go" in tool.report()["cells"][0]["checks"][0]["message"]
    once.unlink()
    done = tool("run", ONE, "--go", go)
    assert done.status == CODES["ok"], done


@pytest.mark.parametrize("how", ["killed", "memory"])
def test_a_build_that_was_disturbed_once_is_made_again(std, tmp_path, how):
    """By what has a name and may be gone; and it is told."""
    cache, _, go = troubled(std, tmp_path, f"rm {tmp_path}/trouble; {DISTURBED[how]}")
    tool = cache.tool()
    done = tool("run", ONE, "--go", go)
    assert done.status == CODES["ok"] and f"1 cell was tried twice, since it was disturbed ({how})" in done.stdout, done
    (cell,) = tool.report()["cells"]
    assert cell["again"] == how
    assert f"disturbed the first time: {how}" in tool("show", cell["id"]).stdout


def test_a_full_disk_is_not_tried_twice(std, tmp_path):
    """It would be full again."""
    cache, _, go = troubled(std, tmp_path, f"rm {tmp_path}/trouble; {DISTURBED['disk']}")
    done, _, _ = cache.run(ONE, "--go", go)
    assert done.status == CODES["infra"], done


def test_a_build_that_fails_without_a_name_is_a_finding(std, tmp_path):
    """At once, and it is kept: nothing is run again because it failed."""
    cache, _, go = troubled(std, tmp_path, f"rm {tmp_path}/trouble; echo odd >&2; exit 1")
    done, judged, report = cache.run(ONE, "--go", go)
    assert done.status == CODES["unexpected"] and judged == 1, done
    assert report["cells"][0]["build"]["status"] == "fail" and "again" not in report["cells"][0]
    assert cache.run(ONE, "--go", go)[1] == 0
    done = cache.run(ONE, "--go", go, "--force")[0]
    assert done.status == CODES["ok"], done.stdout


def kill_once(tool, args, sent):
    """Runs, and sends a signal to the first program under test that appears."""
    process = tool.start(*args)
    cases = str(tool.cache) + "/build/"

    def program():
        """The pid of a program under test."""
        for entry in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.readlink(f"/proc/{entry}/exe").startswith(cases):
                    return int(entry)
            except OSError:
                pass
        return None

    os.kill(wait_for(program, "a program under test"), sent)
    process.communicate(timeout=300)
    return process.returncode


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_program_is_run_again(cache, sent):
    """Somebody's signal says nothing of Go: once more, and told, in the log with what came before it."""
    shutil.rmtree(cache.path / "result")
    tool = cache.tool()
    assert kill_once(tool, ("run", TWO), sent) == CODES["ok"]
    again = [cell for cell in tool.report()["cells"] if "again" in cell]
    assert [cell["again"] for cell in again] == ["killed"]
    log = (tool.out / again[0]["log"]).read_text(errors="replace")
    assert "# once more, since that was disturbed (killed)" in log and log.count("# killed by SIG") == 1


def test_a_program_that_is_killed_each_time_is_not_believed(cache, tmp_path):
    """Infra, exit 3; the same command is right afterwards."""
    (tmp_path / "dies.sh").write_text('case "$*" in *facts*) exec "$@" ;; esac\nkill -9 $$\n')
    file = described(tmp_path, f"[dies]\nkind = wrapper\ncommand = sh {tmp_path}/dies.sh {{argv}}\n")
    tool = cache.tool()
    cells = ONE.replace("target=host,none", "target=dies")
    assert tool("target", "check", "dies", "--targets", file).status in (CODES["ok"], CODES["infra"])
    done = tool("run", cells, "--targets", file)
    assert done.status == CODES["infra"], done
    assert "infra" in statuses(tool.report()).values()


def test_infra_is_tried_again(cache):
    """A result that could not be written is not the end: the same command goes on when there is room."""
    shutil.rmtree(cache.path / "result")
    (cache.path / "result").write_text("no folder\n")
    tool = cache.tool()
    done = tool("run", TWO)
    assert done.status == CODES["infra"] and set(statuses(tool.report()).values()) == {"infra"}, done
    (cache.path / "result").unlink()
    assert tool("run", TWO).status == CODES["ok"]


# ---- two at once ------------------------------------------------------------------------------------------


def test_two_runs_make_one_cache(std, tmp_path):
    """Two runs that begin on a cold cache with different out folders are both right, and so is a third."""
    cache = Cache(tmp_path)
    cache.path.mkdir()
    for kind in ("gocache", "variant", "ports"):
        subprocess.run(["cp", "-a", std.path / kind, cache.path], check=True)
    tools = [cache.tool() for _ in range(3)]
    running = [tool.start("run", TWO) for tool in tools[:2]]
    for process in running:
        process.communicate(timeout=600)
    assert [process.returncode for process in running] == [CODES["ok"]] * 2
    assert statuses(tools[0].report()) == statuses(tools[1].report())
    done = tools[2]("run", TWO)
    assert done.status == CODES["ok"] and "0 cells judged now" in done.stdout
    assert not list(cache.path.glob("*/*.new"))


def test_a_killed_maker_leaves_nothing_in_the_way(cache):
    """A folder half made and a lock without an owner are taken over."""
    folder = cache.built()
    shutil.rmtree(cache.path / "result")
    folder.rename(folder.with_suffix(".new"))
    (folder.with_suffix(".new") / "rest").write_text("of a killed run\n")
    done, judged, _ = cache.run()
    assert done.status == CODES["ok"] and judged == 2, done
    assert not folder.with_suffix(".new").exists() and not (folder / "rest").exists()


def test_what_runs_beside_an_artifact_is_made_for_it(cache):
    """Hosts are made of other files than the artifact, and may be gone or others while it is there."""
    shutil.rmtree(cache.path / "hosts")
    shutil.rmtree(cache.path / "result")
    before = cache.made("build")
    done, judged, report = cache.run()
    assert done.status == CODES["ok"] and judged == 2, done
    assert cache.made("build") == before and cache.made("hosts")
    checks = [check for cell in report["cells"] for check in cell["checks"]]
    assert any(check["id"].startswith("contract.start-") and check["status"] == "pass" for check in checks)
