"""Every GOOS/GOARCH of the release: built, refused or not buildable here, and inspected.

The whole list takes minutes (`make nightly`); here a sample of it is built by the real toolchain, chosen so
that every file format, every outcome and every way of finding the slot is in it.
"""

import json
import os
import re
import shutil
import subprocess
from collections import Counter

import pytest
from conftest import CODES, GO, HOST, Tool

# No C compiler but the host's is needed for these.
SAMPLE = " | ".join(
    [
        "cgo=0 & link=internal & !arch=*.* & (os=windows,darwin & arch=amd64,arm64 | os=freebsd & arch=amd64 | "
        "os=aix,js,wasip1 | os=plan9 & arch=386 | os=linux & arch=mips,s390x)",
        "os=linux & arch=arm.5,amd64.v3 & mode=exe & cgo=0 & link=internal",
        "os=linux & arch=386.race,amd64.race & mode=exe & cgo=0",
        "os=android,solaris & arch=amd64 & mode=exe & cgo=1 & !arch=*.*",
    ]
)


def go_ports():
    """Ports of the release as it names them itself."""
    return subprocess.run(
        [GO, "tool", "dist", "list"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "GOTOOLCHAIN": "local"},
    ).stdout.split()


@pytest.fixture(scope="module")
def whole_list(tmp_path_factory):
    """list --json."""
    return json.loads(Tool(tmp_path_factory.mktemp("list")).plain("list", "--json").stdout)


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    """A run of SAMPLE."""
    tool = Tool(tmp_path_factory.mktemp("sample") / "out")
    return tool, tool("run", f"target=none & ({SAMPLE})")


def test_ports_are_the_releases_own(whole_list):
    """Each port that `go tool dist list` names has every buildmode, with and without cgo, by both ways of linking."""
    plain = [cell for cell in whole_list if not cell["variant"]]
    assert sorted({f"{cell['goos']}/{cell['goarch']}" for cell in plain}) == sorted(go_ports())
    foreign = Counter(
        (cell["goos"], cell["goarch"])
        for cell in plain
        if cell["target"] == "none" and cell["link"] in ("internal", "external")
    )
    assert set(foreign.values()) - {6 * 2 * 2} <= {count for port, count in foreign.items() if port[0] == "linux"}
    for port in go_ports():
        goos, goarch = port.split("/")
        assert {
            (cell["buildmode"], cell["cgo"]) for cell in plain if (cell["goos"], cell["goarch"]) == (goos, goarch)
        } == {(mode, cgo) for mode in ("exe", "pie", "c-archive", "c-shared", "shared", "plugin") for cgo in (0, 1)}


def test_every_cell_of_the_list_has_checks(whole_list):
    """A cell without a check would be a cell without a verdict."""
    for cell in whole_list:
        assert cell["checks"] == ["build.refused"] or "tls.access" in cell["checks"], cell["id"]


def test_run_without_filter_is_the_host_matrix(tool):
    """What `run` takes by itself, `list` shows with the same filter: nothing of another port."""
    listed = tool.plain("list", HOST).stdout.splitlines()
    assert listed and all(line.split("/")[1:3] == listed[0].split("/")[1:3] for line in listed)


def test_sample_is_judged(sample):
    """Every cell has one outcome, and none is unexpected."""
    tool, done = sample
    report = tool.report()
    assert done.status == CODES["ok"], done.stdout
    assert report["complete"] and sum(report["outcomes"].values()) == len(report["cells"])
    assert (
        report["outcomes"]["built"] >= 12
        and report["outcomes"]["refused"] >= 12
        and report["outcomes"]["unbuildable"] >= 2
    ), report["outcomes"]


def test_refusals_are_the_releases_words(sample):
    """A refused cell quotes what go or its linker printed."""
    refused = [
        cell["checks"][0]
        for cell in sample[0].report()["cells"]
        if cell["checks"][0]["id"] == "build.refused" and cell["checks"][0]["status"] == "pass"
    ]
    messages = {check["observed"] for check in refused}
    assert 'exit=2 "-race is not supported on linux/386"' in messages
    assert any("-buildmode=plugin not supported on windows/amd64" in message for message in messages)
    assert any("requires external (cgo) linking, but cgo is not enabled" in message for message in messages)


def test_a_class_of_skips_can_be_forbidden(sample):
    """--forbid-skip makes a skip of its class unexpected, and only that."""
    tool, done = sample
    query = f"target=none & ({SAMPLE})"
    forbidden = tool("run", query, "--forbid-skip", "no-dlmopen,no-compiler")
    assert done.status == CODES["ok"] and forbidden.status == CODES["unexpected"]
    said = "cells are skipped with a class that --forbid-skip names, the first since no-compiler: "
    assert re.search(rf" FORBIDDEN: \d+ {said}", " ".join(forbidden.stdout.split()))
    report = tool("report", "--format", "json")
    assert report.status == forbidden.status == json.loads(report.stdout)["exit"]
    assert tool("run", query, "--forbid-skip", "no-linker").status == CODES["ok"]


def test_not_buildable_names_what_is_missing(sample):
    """A cell that lacks a C compiler is skipped with a class and the missing thing."""
    skipped = [check for cell in sample[0].report()["cells"] for check in cell["checks"] if check["status"] == "skip"]
    reasons = {check["reason"] for check in skipped}
    assert any(reason.startswith("no-compiler: the Android NDK") for reason in reasons), reasons
    assert any("libc of solaris" in reason for reason in reasons)


FORMATS = {
    "windows/amd64": ("pe", "KEY"),
    "windows/arm64": ("pe", "KEY"),
    "darwin/amd64": ("macho", "FIXED"),
    "freebsd/amd64": ("elf", "LE"),
    "aix/ppc64": ("xcoff", "LE"),
    "plan9/386": ("plan9", "KEY"),
    "js/wasm": ("wasm", "NONE"),
    "wasip1/wasm": ("wasm", "NONE"),
    "linux/s390x": ("elf", "LE"),
    "linux/mips": ("elf", "LE"),
}


@pytest.mark.parametrize("port", FORMATS)
def test_formats(sample, port):
    """The artifact of each format is read, and tells Go's version and how its slot is found."""
    form, model = FORMATS[port]
    cells = [
        cell
        for cell in sample[0].report()["cells"]
        if cell["id"].split("/", 1)[1].startswith(f"{port}/exe/") and cell["facts"]
    ]
    assert cells
    facts = cells[0]["facts"]
    assert facts["format"] == form and facts["tls"]["model"] == model and facts["arch"] == port.split("/")[1]
    assert facts["go"]["version"] == cells[0]["go"]


def artifact(sample, port):
    """Path of a port's program."""
    cell = next(
        cell
        for cell in sample[0].report()["cells"]
        if cell["id"].split("/", 1)[1].startswith(f"{port}/exe/cgo0/internal")
    )
    log = (sample[0].out / cell["build"]["log"]).read_text()
    return re.search(r" -o (\S+) ", log)[1]


@pytest.mark.parametrize("port", ["windows/amd64", "darwin/arm64", "aix/ppc64", "js/wasm", "plan9/386"])
def test_inspect_of_a_cut_file(sample, tool, tmp_path, port):
    """A file that ends too early gives one line and exit 2, or fewer facts; never a crash."""
    whole = artifact(sample, port)
    done = tool.plain("inspect", whole)
    assert done.status == 0 and "\nthread-local storage" in done.stdout, done
    data = open(whole, "rb").read()
    for size in (1, 4, 20, 64, 200, 4096, len(data) // 2):
        cut = tmp_path / "cut"
        cut.write_bytes(data[:size])
        done = tool.plain("inspect", cut)
        assert done.status in (0, CODES["usage"]), (size, done)
        if done.status:
            assert str(cut) in done.line()
        assert done.status or size > 20, size


@pytest.mark.parametrize("control", ["windows/amd64", "darwin/amd64"])
def test_a_wrong_slot_is_seen(sample, tool, tmp_path, control):
    """tls.access can fail: the artifact with every %gs made %fs tells another text."""
    whole = artifact(sample, control)
    data = bytearray(open(whole, "rb").read())
    at = [match.start() for match in re.finditer(rb"\x65[\x48-\x4f]", bytes(data))]
    assert at
    for place in at:
        data[place] = 0x64
    wrong = tmp_path / "wrong"
    wrong.write_bytes(data)

    def facts(path):
        return json.loads(tool.plain("inspect", "--json", path).stdout)["tls"]

    right, other = facts(whole), facts(wrong)
    assert [right[key] for key in ("model", "at", "reloc", "form")] != [
        other[key] for key in ("model", "at", "reloc", "form")
    ]


def test_a_missing_compiler_is_told(copied):
    """Without its C compiler a cell is skipped with the package that brings it; doctor tells the same."""
    done = copied("run", "os=netbsd & arch=amd64 & mode=exe & cgo=1 & link=external & !arch=*.*")
    if shutil.which("zig", path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"):
        pytest.skip("zig is in PATH, so that the compiler cannot be hidden")
    assert done.status == CODES["ok"], done
    assert {check["reason"] for check in copied.report()["cells"][0]["checks"]} == {"not-installed: ziglang"}
    assert "`ci/setup.sh ports` installs ziglang" in copied.plain("doctor").stdout


# ---- an old release ------------------------------------------------------------------------------------------------

# Its own table, in what is not so any more: a port of its time, GOARM=5, c-archive that only cmd/go takes.
OLD = (
    "go=1.20 & target=none & cgo=0 & link=internal & !arch=*.* & (os=openbsd & arch=mips64 & mode=exe,c-archive | "
    "os=freebsd,plan9 & arch=arm & mode=exe | os=android & arch=arm64 & mode=plugin | os=windows & mode=pie)"
)


@pytest.fixture(scope="module")
def old_release(tmp_path_factory):
    """A tool, with 1.20.14 kept."""
    tool = Tool(tmp_path_factory.mktemp("old") / "out")
    done = tool("toolchain", "get", "1.20.14")
    assert done.status == CODES["ok"], done
    return tool


def test_an_old_release_has_its_own_ports(old_release):
    """What its sources say stands in the plan: ports, and which linker makes a PIE."""
    ports = {tuple(line.split("/")[1:3]) for line in old_release.plain("list", "go=1.20 & !arch=*.*").stdout.split()}
    # openbsd/mips64 and windows/arm went later, wasip1 came with 1.21.
    assert {("openbsd", "mips64"), ("windows", "arm"), ("linux", "loong64")} <= ports and len(ports) >= 40
    assert not [port for port in ports if port[0] == "wasip1"]


def test_an_old_release_is_judged_by_its_own_rules(old_release):
    done = old_release("run", OLD)
    assert done.status == CODES["ok"], done.stdout
    cells = {cell["id"].split("/", 1)[1]: cell for cell in old_release.report()["cells"]}

    def check(cell, name):
        found = {row["id"]: row for row in cells[f"{cell}/cgo0/internal@none"]["checks"]}[name]
        assert found["status"] == "pass", found
        return found["observed"]

    assert "does not support -shared" in check("openbsd/mips64/c-archive", "build.refused")
    assert "buildmode plugin not supported on android/arm64" in check("android/arm64/plugin", "build.refused")
    # read_tls_fallback of each system: mrc on FreeBSD, a store to 0 on Plan 9.
    assert check("freebsd/arm/exe", "tls.access") == "model=LE at=8 reloc=none form=two"
    assert check("plan9/arm/exe", "tls.access") == "model=none at=none reloc=none form=none"
    assert check("openbsd/mips64/exe", "tls.access") == "model=LE at=0 reloc=none form=two"
    # InternalLinkPIESupported of 1.20 says "windows-amd64"; cmd/link has its own list.
    assert check("windows/amd64/pie", "build.succeeds") == "exit=0"


# ---- a release whose table cmd/go and cmd/link keep apart ----------------------------------------------------------

OLDEST = (
    "go=1.10,1.14 & target=none & cgo=0 & link=internal & !arch=*.* & (os=linux & arch=riscv64,mips & "
    "mode=exe,c-archive | os=darwin & arch=386,amd64 & mode=exe | os=openbsd & arch=amd64 & mode=exe | "
    "os=android & arch=arm & mode=exe)"
)


def test_a_release_without_a_table_is_judged_by_what_its_code_says(tool):
    """1.10 has no table of ports; in 1.14, the first with one, riscv64 has g itself in the thread pointer."""
    done = tool("toolchain", "get", "1.10.8", "1.14.15")
    assert done.status == CODES["ok"], done
    done = tool("run", OLDEST)
    assert done.status == CODES["ok"], done.stdout
    checks = {
        (*cell["id"].split("/")[:4], row["id"]): row["observed"]
        for cell in tool.report()["cells"]
        for row in cell["checks"]
        if row["status"] == "pass"
    }
    access = {name[:3]: value for name, value in checks.items() if name[4] == "tls.access"}
    assert access["go1.10.8", "darwin", "amd64"].startswith("model=FIXED at=gs:0x8a0 ")
    assert access["go1.10.8", "darwin", "386"].startswith("model=FIXED at=gs:0x468 ")
    assert access["go1.14.15", "darwin", "386"].startswith("model=FIXED at=gs:0x18 ")
    assert access["go1.14.15", "linux", "riscv64"] == "model=LE at=mixed reloc=none form=one"
    assert checks["go1.14.15", "openbsd", "amd64", "exe", "file.kind"] == "type=EXEC pie=no interp=no"
    refused = {name[:4]: value for name, value in checks.items() if name[4] == "build.refused"}
    assert refused["go1.10.8", "android", "arm", "exe"].endswith('external linking required: android"')
    assert "-shared" in refused["go1.10.8", "linux", "mips", "c-archive"]
    assert "-shared" in refused["go1.14.15", "linux", "riscv64", "c-archive"]


OLDER = (
    "go=1.16 & target=none & cgo=0 & link=internal & (os=windows & arch=amd64 & mode=pie | os=freebsd & arch=arm64 & "
    "mode=exe | os=linux & arch=mips,riscv64 & mode=c-archive & !arch=*.* | os=js & arch=*.race,*.asan | "
    "os=ios & mode=exe)"
)


def test_an_older_release_is_judged_by_its_own_rules(tool):
    """Words that later releases say otherwise, and what they mended since."""
    done = tool("toolchain", "get", "1.16.15")
    assert done.status == CODES["ok"], done
    done = tool("run", OLDER)
    assert done.status == CODES["ok"], done.stdout
    checks = {
        (*cell["id"].split("/")[1:4], row["id"]): row for cell in tool.report()["cells"] for row in cell["checks"]
    }

    def observed(os, arch, mode, name="build.refused", status="pass"):
        assert checks[os, arch, mode, name]["status"] == status, checks[os, arch, mode, name]
        return checks[os, arch, mode, name]["observed"]

    assert "flag provided but not defined: -asan" in observed("js", "wasm.asan", "exe")
    assert "-race is only supported on" in observed("js", "wasm.race", "exe")
    # -shared is a flag of the compiler where it is supported, since 1.16 on riscv64; cmd/link asks for a linker then.
    assert "flag provided but not defined: -shared" in observed("linux", "mips", "c-archive")
    assert "required: buildmode=c-archive" in observed("linux", "riscv64", "c-archive")
    assert observed("windows", "amd64", "pie", "build.succeeds") == "exit=0"
    # Known: golang/go#48112, and debug information that wants a type which the program has not.
    assert observed("freebsd", "arm64", "exe", "init.gnu-stack", "fail") == "present=no exec=no"
    assert observed("ios", "amd64", "exe", "build.succeeds", "fail") == "exit=2"
    assert "requires external linking" in observed("ios", "arm64", "exe")
