"""contract: what becomes of Go when its loader breaks a clause; what is expected is each release's source."""

import json
import os
import re
import shlex
import subprocess

import pytest

from conftest import CODES, ROOT, exchange

pytestmark = pytest.mark.skipif(os.uname().machine != "x86_64", reason="the clauses are of linux/amd64")


def test_every_clause_is_as_the_source_says(tool):
    done = tool("contract")
    assert done.status == CODES["ok"] and " !" not in done.stdout, done
    rows = [
        line.split() for line in done.stdout.splitlines()[1:] if re.fullmatch(r"[a-z0-9-]+ +[a-z]+( wrongly)?", line)
    ]
    assert len(rows) >= 80 and {row[1] for row in rows} == {"tolerated", "answers", "dies", "hangs", "exits"}, done
    programs = [row[0] for row in rows if row[0].startswith("start-")]
    assert len(programs) >= 26 and programs == [row[0] for row in rows[-len(programs) :]], done
    assert done.stdout.splitlines()[-1] == f"{len(rows)} clauses of 1 release: all as the releases' sources say"
    # The same as data, with what each release's source says.
    answer = json.loads(tool("contract", "--json").stdout)
    assert [one["check"] for one in answer] == [f"contract.{row[0]}" for row in rows]
    for one, row in zip(answer, rows):
        (release,) = one["releases"]
        assert release["observed"] == release["expected"] and release["observed"].split(":")[0] == " ".join(row[1:])
        assert release["note"] and release["source"] and one["provide"]
        of_pie = [(pie["go"], pie["observed"]) for pie in one.get("pie", [])]
        assert of_pie == [(release["go"], release["observed"])] * row[0].startswith("start-"), one
    assert (
        f"A PIE, after its interpreter: the same in all {len(programs)} clauses of a start, 1 release\n" in done.stdout
    )


def test_the_page(tool):
    done = tool("contract", "--markdown")
    assert done.status == CODES["ok"], done
    assert re.search(
        r"\| `init-stack-align` \| the stack at a multiple of 16 .* \| \*\*tolerated\*\* \|", done.stdout
    ), done
    libraries, programs = done.stdout.split("\n# What a loader owes a Go program at its entry point\n")
    assert "`start-" not in libraries and "| `init-" not in programs
    assert re.search(r"\| `start-mxcsr-rounding` \| .* \| \*\*answers wrongly\*\* \|", programs), done


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["--go", "1.6.3"], "nothing", "1.6.3"),
        (["--go", "latest"], "usage", "expected a Go release"),
    ],
)
def test_bad_input(tool, args, code, says):
    done = tool("contract", *args)
    assert done.status == CODES[code] and says in done.line(), done


def bent(copied, name, whole, instead, cells):
    """Changes a host's source and runs these cells, which is told: their checks."""
    exchange(copied.tree / "cases/hosts" / name, whole, instead)
    done = copied("run", cells)
    assert done.status == CODES["unexpected"], done
    return [check for cell in copied.report()["cells"] for check in cell["checks"]]


LIBRARY = "mode=c-shared & link=external & load=dlopen"
PROGRAM = "cgo=0 & link=internal"
UNTRIED = "could not be tried"


def test_registers_that_stay_clean_are_told(copied):
    """A clause that is tolerated would say the same when nothing was dirtied: a call of the host's own shows that."""
    cells = f"{LIBRARY} & check=contract.dirty-*,contract.sys-stack-*"
    checks = bent(copied, "contract_regs.c", "dirtied += dirty(thread, of) == 0;", "dirtied++;", cells)
    assert len(checks) == 6 and {check["observed"] for check in checks} == {UNTRIED}, checks


def test_half_of_what_is_too_much_is_tolerated(copied):
    """What harms a goroutine is how far the kernel writes, not that it is traced: 512 bytes are there since 1.8."""
    cells = f"{LIBRARY} & check=contract.sys-stack-1k"
    (check,) = bent(copied, "contract_regs.c", "IN_STACK, 1024, SYS_getppid", "IN_STACK, 512, SYS_getppid", cells)
    assert check["observed"] == "tolerated", check


def test_threads_that_are_made_as_ever_are_told(copied):
    """The same of a pthread_create that does nothing else than libc's."""
    cells = f"{LIBRARY} & check=contract.create-eagain"
    (check,) = bent(copied, "contract_import.c", "REFUSALS = 10,", "REFUSALS = 0,", cells)
    assert check["observed"] == UNTRIED, check


BOTH = {"contract.start-registers", "contract.start-x87"}


@pytest.mark.parametrize(
    ("whole", "cut", "told"),
    [
        # A bend that bends nothing, a vector that is not written, registers that are not set.
        ("\t\tstart->bend(s);\n", "\t\t(void)s;\n", BOTH),
        ("ptrace(PTRACE_POKEDATA, child, (void *)at, (void *)word[i]) || ", "", BOTH),
        ("ptrace(PTRACE_SETREGS, child, NULL, &s->regs) || ", "", BOTH),
        ("ptrace(PTRACE_SETFPREGS, child, NULL, &s->fp)", "0", {"contract.start-x87"}),
    ],
)
def test_a_start_that_is_not_broken_is_told(copied, whole, cut, told):
    """The same for what a program is started with: each part is looked at where it was put."""
    checks = bent(copied, "contract_start.c", whole, cut, f"mode=exe & {PROGRAM} & check={','.join(sorted(BOTH))}")
    assert {check["id"] for check in checks} == BOTH
    assert {check["id"] for check in checks if UNTRIED in check["observed"]} == told, checks


def test_a_start_on_the_first_thread_is_told(copied):
    """The same of the thread that enters, which all that is written and set there says nothing of."""
    whole, cells = (
        "error = make_thread(child, &starting, &enters);",
        f"mode=exe,pie & {PROGRAM} & check=contract.start-thread",
    )
    checks = bent(copied, "contract_start.c", whole, "(void)make_thread;", cells)
    assert len(checks) == 2 and all(UNTRIED in check["observed"] for check in checks), checks


def test_a_start_of_the_interpreter_is_told(copied):
    """What is bent where the interpreter begins is bent for it, and not for the program."""
    cells = f"mode=pie & {PROGRAM} & check=contract.start-*"
    checks = bent(copied, "contract_start.c", "error = past_interpreter(child, entry);", "error = 0;", cells)
    others = {check["id"]: check["observed"] for check in checks if check["observed"] != check["expected"]}
    assert "contract.start-headers-missing" in others, others
    assert "error while loading shared libraries" in others["contract.start-headers-missing"], others


@pytest.mark.parametrize(
    ("mode", "flags"),
    [("exe", ["-static", "-no-pie"]), ("pie", ["-pie", "-fPIE", "-DINTERPRETED"])],
)
def test_what_is_broken_reaches_the_program(tool, tmp_path, mode, flags):
    """A clause that Go tolerates must be one that another program notices, and the clause kept nothing to notice."""
    assert tool("run", f"mode={mode} & cgo=0 & link=internal & check=contract.start-*").status == CODES["ok"]
    (cell,) = tool.report()["cells"]
    host = shlex.split(cell["checks"][0]["repro"].split(" --program ")[0])[-1]
    watch, source = tmp_path / "watch", ROOT / "tests/fixtures/start_watch.c"
    flags = ["-O1", "-nostdlib", "-ffreestanding", "-fno-stack-protector", *flags]
    subprocess.run(["cc", *flags, "-o", watch, source], check=True)
    seen = {}
    for check in cell["checks"]:
        done = subprocess.run([host, "--program", watch, check["id"]], capture_output=True, text=True, check=True)
        seen[check["id"]] = re.search(r" obs\t[^\t]+\t([^\t]+)", done.stdout).group(1)
    assert len(seen) >= 26 and set(seen.values()) == {"answers wrongly"}, seen


def census(tool, *args):
    done = tool("contract", "--census", "--json", *args)
    assert done.status == CODES["ok"], done
    return {(one["go"], one["buildmode"]): one for one in json.loads(done.stdout)}


def each(one, phase, by="go"):
    return set(one["calls"]["phases"][phase][by]["each"])


def test_a_census_of_two_releases(tool):
    seen = census(tool, "--go", "1.5.4", "1.16.15")
    # Go links a PIE itself since 1.8.
    assert set(seen) == {
        ("go1.5.4", "c-shared"),
        ("go1.5.4", "exe"),
        ("go1.16.15", "c-shared"),
        ("go1.16.15", "exe"),
        ("go1.16.15", "pie"),
    }
    old, new = seen["go1.5.4", "c-shared"], seen["go1.16.15", "c-shared"]
    for library in (old, new):
        assert "libc.so.6" in library["needed"] and library["relocations"]["R_X86_64_TPOFF64"] == 1
        assert library["asks"]["initializers"].endswith("_rt0_amd64_linux_lib")
        # runtime/os_linux.go minit, of each thread, whoever made it: gettid, sigaltstack, rt_sigprocmask.
        for phase in ("own", "start", "call", "thread"):
            assert {"gettid", "sigaltstack", "rt_sigprocmask"} <= each(library, phase), (phase, library["calls"])
    # cmd/link/internal/ld/lib.go (1.6): -z nodelete of a c-shared library.
    assert "NODELETE" in new["dynamic"]["flags_1"] and "NODELETE" not in old["dynamic"]["flags_1"]
    # runtime/sys_linux_amd64.s clone: a new thread sets FS itself up to 1.15, and CLONE_SETTLS does since 1.16.
    assert "arch_prctl" in each(seen["go1.5.4", "exe"], "own")
    assert "arch_prctl" not in each(seen["go1.16.15", "exe"], "own")
    assert not each(new, "load") and each(new, "exit", "others") == {"exit_group"}
    # The tables, with what differs.
    told = tool("contract", "--census", "--go", "1.5.4", "1.16.15").stdout
    assert re.search(r"  DT_FLAGS_1 +none\n +since 1.16.15: NODELETE\n", told), told
    page = tool("contract", "--census", "--markdown", "--go", "1.5.4", "1.16.15").stdout
    assert "# What a library asks for" in page and "| DT_FLAGS_1 | none<br>**since 1.16.15** NODELETE |" in page


def test_a_census_sees_what_a_library_asks_for_more(tool, copied):
    """Another flag of the linker, no variable of C, and one system call more at each call from C."""
    (before,) = (one for key, one in census(tool).items() if key[1] == "c-shared")
    cgo, c = copied.tree / "cases/port/port_cgo.go", copied.tree / "cases/port/port_tls.c"
    cgo.write_text(cgo.read_text().replace("// #include", "// #cgo LDFLAGS: -Wl,-z,now\n// #include", 1))
    c.write_text(
        '#include "port.h"\n#include <unistd.h>\n'
        "int port_c(int n) { return n + (getppid() != 0); }\n"
        "static volatile int made;\n__attribute__((constructor)) static void one_more(void) { made = 1; }\n"
    )
    (after,) = (one for key, one in census(copied).items() if key[1] == "c-shared")
    assert "BIND_NOW" in after["dynamic"]["flags"] and "BIND_NOW" not in before["dynamic"]["flags"]
    assert "R_X86_64_DTPMOD64" in before["relocations"] and "R_X86_64_DTPMOD64" not in after["relocations"]
    assert after["tls"]["size"] == 8 < before["tls"]["size"]
    assert after["init"]["count"] == before["init"]["count"] + 1 and "one_more" in after["asks"]["initializers"]
    for phase in after["calls"]["phases"]:
        called = phase in ("call", "thread")
        assert ("getppid" in each(after, phase, "others")) == called, after["calls"]
        assert "getppid" not in each(before, phase, "others")


# Of the runtime itself, whatever else a library imports (contract_sys.c counted those of one that imports more), and of
# every machine.
OF_RUNTIME = (
    "mmap munmap rt_sigaction rt_sigprocmask sigaltstack gettid futex sched_getaffinity openat read close uname"
)
OF_RUNTIME = set(OF_RUNTIME.split()) | {"getrlimit", "prlimit64"}


def test_a_census_agrees_with_the_clauses(tool):
    """Which calls a release makes itself each time, the clauses have from strace (matrix/contract_sys.def)."""
    filter_ = "mode=c-shared & link=external & load=dlopen & target=host & check=contract.enosys-*"
    releases = ["1.5.4", "1.14.15", "1.16.15", "1.23.12", "1.25.14"]
    cells = json.loads(tool("list", f"{filter_} & go={','.join(releases)}", "--json").stdout)
    planned = {
        cell["go"]: {check.removeprefix("contract.enosys-").replace("-", "_") for check in cell["checks"]}
        for cell in cells
    }
    seen = census(tool, "--go", *releases)
    for release in releases:
        one = seen[f"go{release}", "c-shared"]
        made = set().union(*(each(one, phase) for phase in one["calls"]["phases"]))
        assert made & OF_RUNTIME == planned[f"go{release}"] & OF_RUNTIME, release
