"""js and wasip1 on Node and wasmtime; programs of this machine inside gVisor and valgrind, and beside a sanitizer.

wasmtime is PyPI's and installed for `make test`; what else is missing here is skipped with its reason: `ci/setup.sh
targets` installs it.
"""

import importlib.util
import json
import re
import shutil
import subprocess
import sys

import pytest
from conftest import CODES, HOST, ROOT

WASI_HOST = ROOT / "cases/hosts/wasi_host.py"
COMMAND = """(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") %s))"""
# A reactor that carries no check: tlsm_check returns 0.
REACTOR = """(module
  (memory (export "memory") 1)
  (func (export "_initialize")) (func (export "tlsm_first_call"))
  (func (export "tlsm_check") (param i32) (result i32) (i32.const 0)))"""

needs_wasmtime = pytest.mark.skipif(not importlib.util.find_spec("wasmtime"), reason="PyPI's wasmtime is not in .venv")
needs_node = pytest.mark.skipif(not shutil.which("node"), reason="node is not installed")
EMBEDDERS = [pytest.param("node", marks=needs_node), pytest.param("wasmtime", marks=needs_wasmtime)]


def statuses(report):
    """(id of a cell without its release, id of a check) -> status."""
    return {
        (cell["id"].split("/", 1)[1], check["id"]): check["status"]
        for cell in report["cells"]
        for check in cell["checks"]
    }


@pytest.fixture(scope="module")
def wasi_host(tmp_path_factory):
    """Runs a module that is given as text on wasi_host.py."""
    import wasmtime

    folder = tmp_path_factory.mktemp("wasi")

    def run(text, *arguments):
        module = folder / "module.wasm"
        module.write_bytes(wasmtime.wat2wasm(text))
        return subprocess.run(
            [sys.executable, WASI_HOST, module, *arguments], capture_output=True, text=True, timeout=300
        )

    return run


@needs_wasmtime
def test_wasi_host_ends_as_the_module(wasi_host):
    """The module's exit status, none for one that returns, 134 and wasmtime's words after a trap."""
    assert wasi_host(COMMAND % "(call $exit (i32.const 3))").returncode == 3
    done = wasi_host(COMMAND % "")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    done = wasi_host(COMMAND % "unreachable")
    assert done.returncode == 134 and "unreachable" in done.stderr and "Traceback" not in done.stderr


@needs_wasmtime
def test_wasi_host_refuses_what_it_cannot_run(wasi_host, tmp_path):
    """A file that is not there, one that is no module, a reactor without the check: a line, no traceback."""
    no_module = tmp_path / "text.wasm"
    no_module.write_text("text")
    for argv, status, words in (
        [[], 2, "usage: "],
        [[tmp_path / "nothing.wasm"], 134, "nothing.wasm: "],
        [[no_module], 134, "text.wasm: "],
    ):
        done = subprocess.run([sys.executable, WASI_HOST, *argv], capture_output=True, text=True, timeout=300)
        assert done.returncode == status and words in done.stderr and "Traceback" not in done.stderr, done
    done = wasi_host(REACTOR, "tls.nothing")
    assert done.returncode == 64 and "does not carry the check tls.nothing" in done.stderr
    assert re.search(r"^#tlsm:1 17 [0-9a-f]{8} begin\ttls\.nothing$", done.stdout, re.M) and "end" not in done.stdout


@pytest.mark.parametrize("target", EMBEDDERS)
def test_wasm_runs(tool, target):
    """The program of js, the command and the reactor of wasip1: every check that one thread without TLS can have."""
    done = tool("run", f"target={target}")
    assert done.status == CODES["ok"], done.stdout + done.stderr
    seen = statuses(tool.report())
    assert set(seen.values()) == {"pass"}
    loads = {cell for cell, _ in seen}
    assert (
        loads
        == {
            "node": {"js/wasm/exe/cgo0/internal@node:js"},
            "wasmtime": {
                "wasip1/wasm/exe/cgo0/internal@wasmtime:wasi",
                "wasip1/wasm/c-shared/cgo0/internal@wasmtime:wasi",
            },
        }[target]
    )
    assert target == "node" or {check for cell, check in seen if "c-shared" in cell} >= {
        "thread.goroutines",
        "thread.nil-panic",
        "thread.host-calls-go",
        "init.call-early",
        "init.call-waits",
        "init.main-not-run",
        "init.os-args",
        "init.environ",
    }
    assert not {check for _, check in seen} & {"tls.g.main", "thread.thousand", "thread.signal.main", "init.auxv"}


@needs_wasmtime
@needs_node
def test_wasm_checks_can_fail(tool):
    """The controls of js and wasip1."""
    done = tool("selfcheck", "os=js,wasip1 & check=thread.*,init.*")
    match = re.search(r"^(\d+) of (\d+) controls make their check fail, 0 of", done.stdout, re.M)
    assert done.status == CODES["ok"] and match and match[1] == match[2] and int(match[1]) >= 12, (
        done.stdout + done.stderr
    )


@pytest.mark.parametrize("target", ["gvisor", "valgrind"])
def test_sandboxes_run_programs_of_this_machine(tool, target):
    """A static program, with what is known of the target, installed or fetched, and no more; its version is told."""
    listed = json.loads(tool("target", "list", "--json").stdout)
    entry = next(entry for entry in listed if entry["name"] == target)
    if entry["state"] != "ready":
        pytest.skip(f"{target} is {entry['state']}: {entry['thing']}")
    done = tool("run", f"target={target} & link=internal & mode=exe & cgo=0")
    assert done.status == CODES["ok"], done.stdout + done.stderr
    seen = statuses(tool.report())
    assert [told["version"] for told in tool.report()["targets"]] == [entry["version"]] and entry["version"]
    assert {status for (_, check), status in seen.items() if check.startswith("tls.")} == {"pass"}
    known = {check for (_, check), status in seen.items() if status not in ("pass", "skip")}
    assert known == ({"thread.nil-panic", "init.environ"} if target == "valgrind" else set())


@pytest.mark.skipif("amd64" not in HOST, reason="the sanitizers of Go's were tried on amd64 alone")
def test_sanitizers_beside_go(tool):
    """With a sanitizer's runtime in the program, or before a library, each check of TLS and threads passes: its
    thread-local variables and alternate stacks disturb nobody, and C's memory is given back.  Of signals tsan is asked
    nothing.  How the process ends with -race is Go's own fault (docs/findings/go-race-exit)."""
    done = tool(
        "run",
        "target=race & mode=exe & link=internal | target=asan & mode=exe | target=asan-first & load=dlopen | "
        "target=tsan & mode=exe",
    )
    assert done.status == CODES["ok"], done.stdout + done.stderr
    cells = {cell["target"]: cell for cell in tool.report()["cells"]}
    assert set(cells) == {"race", "asan", "asan-first", "tsan"}
    for target, cell in cells.items():
        passed = {check["id"] for check in cell["checks"] if check["status"] == "pass"}
        other = {check["id"] for check in cell["checks"]} - passed
        assert len(passed) > 50 and {"tls.g.c", "thread.thousand"} <= passed, (target, other)
        assert ("thread.sigaltstack-own" in passed) == (target != "tsan"), target
        failed = {check["id"] for check in cell["checks"] if check["status"] not in ("pass", "skip")}
        assert failed - {"build.quiet"} == ({"init.exit-program"} if target == "race" else set())
