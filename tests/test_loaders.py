"""Other loaders, as a user brings them: the machine's own by another way, and one with an instruction that is wrong."""

import os
import re
import shutil
import subprocess

import pytest
from conftest import CODES, HOST, described, live

LOADER = "/lib64/ld-linux-x86-64.so.2"
pytestmark = pytest.mark.skipif(not os.path.exists(LOADER), reason="this machine's loader has another name")
MINE = "[mine]\nkind = loader\ninterpreter = ./ld.so\n"


def test_a_loader_in_two_lines(tool, tmp_path):
    """Kind and interpreter are enough; the report has the target's facts."""
    file = described(tmp_path, f"[my-ld]\nkind = loader\ninterpreter = {LOADER}\n")
    done = tool("run", "target=my-ld & mode=exe & cgo=1 & link=external", "--targets", file)
    assert done.status == CODES["ok"], done
    report = tool.report()
    statuses = live(report, "my-ld")
    assert len(statuses) > 20 and set(statuses.values()) == {"pass"}
    assert [target["facts"]["ie-dlopen"] for target in report["targets"] if target["name"] == "my-ld"] == ["accepted"]


# Clauses of the contract are Go's, whatever the loader; they and these are not planned on a loader of the user's.
OF_THE_HOST = (
    "contract.",
    "thread.setid",
    "init.exit-",
    "init.fini-order",
    "init.scope",
    "init.load-nested",
    "init.surplus",
    "thread.begins",
    "thread.stack-bounds",
    "thread.fp-control",
    "thread.cancel",
    "thread.keys",
    "thread.own-stack",
    "thread.callbacks",
    "signal.samask",
    "signal.errno",
    "signal.restart",
    "signal.mask-own",
    "thread.atfork",
    "thread.exec-kept",
    "signal.fork-clean",
    "signal.preempt",
    "signal.early-handler",
    "init.unexported",
    "signal.program",
    "thread.exec-busy",
    "thread.setid-effective",
    "thread.profiled",
    "signal.interrupts-go",
    "thread.foreign-signalled",
    "thread.foreign-often",
    "thread.foreign-switched",
    "thread.nil-busy",
    "init.setenv",
    "init.shared-path",
    "init.shared-changed",
    "init.shared-unexported",
    "init.shared-trivial",
)


def is_of_the_host(cell, check):
    """Is the check planned on the host alone in such a cell?"""
    return check.startswith(OF_THE_HOST) or (check, cell["load"]) == ("init.go-loads-go", "preload")


def test_the_same_loader_by_another_way(tool, tmp_path):
    """A copy of the machine's own, and a wrapper that does nothing, say what the host says: all cells, check by check.

    Nothing is built for them: what the host runs is what they run.
    """
    shutil.copy(LOADER, tmp_path / "ld.so")
    file = described(
        tmp_path,
        "[mine]\nkind = loader\ninterpreter = ./ld.so\n[env]\nkind = wrapper\ncommand = env WRAPPED=1 {argv}\n",
    )
    done = tool("run", HOST.replace("host,none", "host,mine,env"), "--targets", file)
    assert done.status == CODES["ok"], done
    said = {"host": {}, "mine": {}, "env": {}}
    for cell in tool.report()["cells"]:
        for check in (check for check in cell["checks"] if not is_of_the_host(cell, check["id"])):
            key = cell["id"].replace(f"@{cell['target']}:", "@"), check["id"]
            said[cell["target"]][key] = check["status"], check["expected"], check["observed"]
    assert len({cell for cell, _ in said["host"]}) > 60 and len(said["host"]) > 3500
    assert said["mine"] == said["host"] and said["env"] == said["host"]
    builds = {cell["id"]: cell["build"] for cell in tool.plan()["cells"]}
    for cell, build in builds.items():
        assert build == builds[re.sub("@(mine|env):", "@host:", cell)], cell


def statuses(report, target):
    """The checks of each status on a target, in all its cells."""
    found = {}
    for cell in report["cells"]:
        for check in cell["checks"] if cell["target"] == target else []:
            found.setdefault(check["status"], set()).add(check["id"])
    return found


def without_argc(code):
    """The loader's file with one instruction changed: initializers of DT_INIT_ARRAY get argc 0.

    glibc's call_init ends its loop body with env to RDX, argv to RSI, argc to EDI and the call (elf/dl-init.c). The
    instruction that brings argc, two bytes, becomes one that clears EDI.
    """
    found = list(
        re.finditer(rb"\x48\x83[\xc0-\xc7]\x08.{4,8}(\x89[\xc7\xcf\xd7\xdf\xe7\xef\xf7])\xff[\x10-\x17]", code, re.S)
    )
    return code[: found[0].start(1)] + b"\x31\xff" + code[found[0].end(1) :] if len(found) == 1 else None


def test_a_loader_with_one_wrong_instruction(tool, tmp_path):
    """It is red in its own column alone, and init.entry-args says what is wrong; so do the target's facts."""
    shutil.copy(LOADER, tmp_path / "ld.so")
    code = without_argc((tmp_path / "ld.so").read_bytes())
    if not code:
        pytest.skip("this machine's loader has other code in call_init")
    (tmp_path / "wrong.so").write_bytes(code)
    (tmp_path / "wrong.so").chmod(0o755)
    file = described(tmp_path, MINE + "[wrong]\nkind = loader\ninterpreter = ./wrong.so\n")
    cells = "link=external & (mode=exe | mode=c-shared & load=dlopen,preload)"
    done = tool("run", HOST.replace("host,none", "host,mine,wrong") + f" & ({cells})", "--targets", file)
    assert done.status == CODES["unexpected"], done
    report = tool.report()
    assert set(statuses(report, "host")) == set(statuses(report, "mine")) == {"pass"}
    assert "init.entry-args" in statuses(report, "wrong")["fail"]
    observed = {
        (cell["buildmode"], cell["load"], check["status"], check["observed"])
        for cell in report["cells"]
        for check in cell["checks"]
        if cell["target"] == "wrong" and check["id"] == "init.entry-args"
    }
    wrong = "fail", "argc=wrong argv=ok envp=ok"
    assert observed == {("c-shared", "dlopen", *wrong), ("c-shared", "preload", *wrong)}
    # A program's entry gets its arguments from the kernel's stack and not from the loader.
    assert {check["status"] for cell in report["cells"] if cell["load"] == "exec" for check in cell["checks"]} == {
        "pass"
    }
    facts = {target["name"]: target["facts"]["initializer-in-dlopen"] for target in report["targets"]}
    assert facts["wrong"].startswith("argc no, argv yes") and facts["mine"].startswith("argc yes, argv yes")
    # The first thing that is told is the cause.
    assert done.stdout.split("Unexpected")[1].split()[2] == "init.entry-args", done


def test_a_right_loader_on_a_busy_machine(tool, tmp_path):
    """Three of it, with a process more than there are cores that does nothing but run: nothing unexpected."""
    shutil.copy(LOADER, tmp_path / "ld.so")
    file = described(tmp_path, "".join(MINE.replace("mine", f"mine-{i}") for i in range(3)))
    busy = [subprocess.Popen(["sh", "-c", "while kill -0 $PPID; do :; done"]) for _ in range(os.cpu_count() + 1)]
    try:
        done = tool("run", f"{HOST.replace('host,none', 'mine-*')} & link=internal,external", "--targets", file)
    finally:
        for process in busy:
            process.kill()
            process.wait()
    assert done.status == CODES["ok"], done
    assert {frozenset(statuses(tool.report(), f"mine-{i}")) for i in range(3)} == {frozenset({"pass"})}
