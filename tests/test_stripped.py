"""Files as the world ships them: what strip and -ldflags=-s take away is no fact about Go's slot.

Each file is built by the real toolchain, with and without symbols, and both must say the same: whose accesses there
are, where the slot is, which initializers are Go's.
"""

import json
import os
import pathlib
import struct
import subprocess

import pytest
from conftest import CODES, GO, Tool

# C with thread-local variables of its own beside Go: what is C's must stay C's.
SOURCE = """package main

/*
static __thread int others[9];
static __thread int counter __attribute__((tls_model("initial-exec")));
static int bump(int n) { others[n % 9]++; return ++counter + others[0]; }
*/
import "C"

//export Bump
func Bump(n int) int { done := make(chan int); go func() { done <- int(C.bump(C.int(n))) }(); return <-done }

func main() { println(Bump(3)) }
"""
PLAIN = "package main\n\nfunc main() { done := make(chan int); go func() { done <- 1 }(); println(<-done) }\n"

# go1.15: pclntab is one piece and its words are relocated; go1.25: external linking puts it into C's .data.rel.ro,
# and its header has the start of text; go1.26: neither.
OLDER = ["1.15.15", "1.25.14"]
# Mode, cgo: a library; programs without and with C, at a fixed address and not.
BUILDS = {"c-shared": 1, "exe": 0, "cgo-exe": 1, "pie": 0}


def facts_of(path):
    """inspect --json."""
    done = Tool("/nonexistent").plain("inspect", "--json", path)
    assert done.status == CODES["ok"], done
    return json.loads(done.stdout)


def said(facts):
    """What must not hang on symbols."""
    tls = facts["tls"]
    slot = {key: value for key, value in tls.get("slot", {}).items() if key != "symbol"}
    insn = {key: value for key, value in tls["insn"].items() if key != "le_users"}
    words = [tls[key] for key in ("model", "at", "reloc", "form")]
    relocs = [tls["relocs"][key] for key in ("slot_tpoff", "slot_dtp", "slot_desc")] if "relocs" in tls else []
    return {"words": words, "slot": slot, "insn": insn, "relocs": relocs, "init": facts["init"]["go_entries"]} | facts[
        "go"
    ]


def accesses(facts, whose):
    """How many accesses of one side there are."""
    return sum(facts["tls"]["insn"][f"{whose}_{form}"] for form in ("le", "ie", "relaxed", "other"))


def go_build(go, folder, target, *args, cgo=0, source=PLAIN, **env):
    """One file by the go command; args are its own."""
    (folder / "main.go").write_text(source)
    settings = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "GOENV": "off",
        "GOTOOLCHAIN": "local",
        "GO111MODULE": "off",
        "GOCACHE": str(folder.parent / "gocache"),
        "CGO_ENABLED": str(cgo),
        **env,
    }
    command = [str(go), "build", *args, "-o", str(target), "main.go"]
    done = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True)
    assert done.returncode == 0, (command, done.stderr)


@pytest.fixture(scope="module")
def goes():
    """The go command under test, and older ones."""
    tool = Tool("/nonexistent")
    done = tool("toolchain", "get", *OLDER)
    assert done.status == CODES["ok"], done
    rows = json.loads(tool("toolchain", "list", "--json").stdout)
    kept = {row["version"]: row["goroot"] for row in rows if row["goroot"]}
    return {"now": GO, **{version: pathlib.Path(kept[f"go{version}"]) / "bin/go" for version in OLDER}}


@pytest.fixture(scope="module", params=["now", *OLDER])
def built(request, goes, tmp_path_factory):
    """For each build of a release the file with symbols."""
    folder = tmp_path_factory.mktemp("built") / "src"
    folder.mkdir()
    files = {}
    for name, cgo in BUILDS.items():
        files[name] = folder.parent / name
        mode = name.removeprefix("cgo-")
        go_build(
            goes[request.param], folder, files[name], f"-buildmode={mode}", cgo=cgo, source=SOURCE if cgo else PLAIN
        )
    return files


def strip(path):
    """By binutils."""
    stripped = path.with_suffix(".stripped")
    subprocess.run(["strip", "-o", stripped, path], check=True)
    return stripped


def cut_sections(path):
    """Also without section headers, as sstrip leaves a file: e_shoff, e_shnum and e_shstrndx are 0."""
    content = bytearray(strip(path).read_bytes())
    content[40:48], content[60:64] = bytes(8), bytes(4)
    cut = path.with_suffix(".cut")
    cut.write_bytes(content)
    return cut


def go_version_m(path):
    """What the go command reads of how a file was built; values with special characters stand in quotes there."""
    text = subprocess.run([GO, "version", "-m", path], capture_output=True, text=True, check=True).stdout
    rows = [line.strip("\n").lstrip("\t").split("\t", 1) for line in text.splitlines()[1:]]
    made = {}
    for kind, rest in rows:
        if kind == "build":
            made.update([rest.split("=", 1)])
        elif kind in ("path", "mod"):
            made[kind] = rest
    return made or None


@pytest.mark.parametrize("name", BUILDS)
def test_how_it_was_built(built, name):
    """Build mode, cgo, processor level and the rest are those of `go version -m`, with and without symbols."""
    expected = go_version_m(built[name])
    for path in (built[name], strip(built[name])):
        assert facts_of(path)["go"]["build"] == expected
    if expected:
        assert expected["-buildmode"] == name.removeprefix("cgo-") and expected["CGO_ENABLED"] == str(BUILDS[name])


@pytest.mark.parametrize("name", BUILDS)
@pytest.mark.parametrize("spoil", [strip, cut_sections])
def test_stripped_elf_says_the_same(built, name, spoil):
    """Slot, initializers, whose accesses; without section headers only where Go's code is is known, not C's."""
    whole = facts_of(built[name])
    bare = facts_of(spoil(built[name]))
    expected = said(whole)
    if spoil is cut_sections:
        for form in ("le", "ie", "relaxed", "other"):
            expected["insn"][f"c_{form}"] = None
            expected["insn"][f"unknown_{form}"] = bare["tls"]["insn"][f"unknown_{form}"]
        assert accesses(bare, "unknown") >= accesses(whole, "c")
    assert said(bare) == expected
    assert accesses(whole, "go") > 100 and accesses(whole, "unknown") == 0
    assert whole["init"]["go_entries"] == (name == "c-shared")
    if BUILDS[name]:
        assert accesses(whole, "c") > 0 and whole["tls"]["slot"]["value"] is not None


def test_stripped_by_the_linker_says_the_same(goes, tmp_path):
    """-ldflags='-s -w', as wheels are built."""
    folder = tmp_path / "src"
    folder.mkdir()
    for flags in ("", "-s -w"):
        target = tmp_path / f"lib{len(flags)}.so"
        go_build(goes["now"], folder, target, "-buildmode=c-shared", f"-ldflags={flags}", cgo=1, source=SOURCE)
    whole, bare = facts_of(tmp_path / "lib0.so"), facts_of(tmp_path / "lib5.so")
    assert bare["go"]["build"].pop("-ldflags") == '"-s -w"' and "-ldflags" not in whole["go"]["build"]
    assert said(bare) == said(whole) and bare["init"]["go_entries"] == 1
    names = [entry["symbol"] for entry in bare["init"]["init_array"]]
    assert sum(str(name).startswith("_rt0_") for name in names) == 1


def without_table(path):
    """A stripped file whose function table cannot be found: its magic is another, as garble makes it."""
    content = strip(path).read_bytes()
    spoilt = path.with_suffix(".garbled")
    for magic in (0xFFFFFFFB, 0xFFFFFFFA, 0xFFFFFFF0, 0xFFFFFFF1):
        content = content.replace(struct.pack("<I4B", magic, 0, 0, 1, 8), struct.pack("<I4B", 0x12345678, 0, 0, 1, 8))
    spoilt.write_bytes(content)
    return spoilt


@pytest.mark.parametrize("name", BUILDS)
def test_what_cannot_be_told_is_unknown(built, name):
    """Neither C's nor none: null in JSON, and the word on the page."""
    spoilt = without_table(built[name])
    bare = facts_of(spoilt)
    insn, tls = bare["tls"]["insn"], bare["tls"]
    assert bare["go"]["present"]
    assert {insn[f"{whose}_{form}"] for whose in ("go", "c") for form in ("le", "ie", "relaxed", "other")} == {None}
    assert insn["offsets_mixed"] is None and accesses(bare, "unknown") > 100
    assert (tls["at"], tls["form"]) == ("unknown", "unknown")
    assert {tls["relocs"][key] for key in ("slot_tpoff", "slot_dtp", "slot_desc")} == {None}
    assert bare["init"]["go_entries"] is None or not bare["init"]["init_array"]
    page = Tool("/nonexistent").plain("inspect", spoilt).stdout
    assert "Go's code        unknown: not told from C's" in page and "Go's slot        unknown" in page
    assert (bare["init"]["go_entries"] is None) == ("Go's             unknown" in page)
    assert "C's code" not in page and "not in this file" not in page


# Where the slot is on each: an offset in a variable, or one that Apple reserved.
FOREIGN = {
    "windows/amd64": ("KEY", "runtime.tls_g"),
    "darwin/amd64": ("FIXED", "gs:0x30"),
    "darwin/arm64": ("KEY", "runtime.tls_g"),
    "android/arm64": ("KEY", "runtime.tls_g"),
}


@pytest.mark.parametrize("port", FOREIGN)
def test_stripped_files_of_other_systems_say_the_same(goes, tmp_path, port):
    """PE, Mach-O, and Android's variable; without its table each is unknown."""
    folder = tmp_path / "src"
    folder.mkdir()
    goos, goarch = port.split("/")
    for flags in ("", "-s -w"):
        target = tmp_path / f"program{len(flags)}"
        go_build(goes["now"], folder, target, f"-ldflags={flags}", GOOS=goos, GOARCH=goarch)
    whole, bare = facts_of(tmp_path / "program0"), facts_of(tmp_path / "program5")
    # Build information says how it was linked.
    assert bare["go"]["build"].pop("-ldflags") == '"-s -w"' and "-ldflags" not in whole["go"]["build"]
    assert said(bare) == said(whole)
    assert (bare["tls"]["model"], bare["tls"]["at"]) == FOREIGN[port]
    assert accesses(bare, "go") > 0 and accesses(bare, "unknown") == 0
    content = (tmp_path / "program5").read_bytes()
    quantum = 4 if goarch == "arm64" else 1
    magic = struct.pack("<I4B", 0xFFFFFFF1, 0, 0, quantum, 8)
    assert magic in content
    (tmp_path / "garbled").write_bytes(content.replace(magic, bytes(8)))
    garbled = facts_of(tmp_path / "garbled")
    assert garbled["go"]["present"] and garbled["tls"]["insn"]["go_le"] is None
    assert garbled["tls"]["insn"]["c_le"] is None and garbled["tls"]["at"] == "unknown"
    assert accesses(garbled, "unknown") > 0 or garbled["macho"]["fixed_gs"]["gs:0x30"] >= accesses(bare, "go")


# Two functions that only an unwinder tells apart: the second has an offset from its caller, the first a constant there.
TWO = """asm(".text; f: START mov $-16,%rax; ret; END; g: START mov %fs:(%rax),%rax; ret; END");"""


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the instructions are amd64's")
def test_functions_of_unwinders(tmp_path):
    """Where functions begin is known in a stripped file by what unwinders search; without that it is guessed."""
    counts = {}
    for name, start, end in (("frames", ".cfi_startproc;", ".cfi_endproc"), ("bare", "", "")):
        (tmp_path / f"{name}.c").write_text(TWO.replace("START", start).replace("END", end))
        library = tmp_path / f"{name}.so"
        subprocess.run(["gcc", "-shared", "-nostdlib", "-o", library, tmp_path / f"{name}.c"], check=True)
        subprocess.run(["strip", library], check=True)
        insn = facts_of(library)["tls"]["insn"]
        counts[name] = {kind: insn[f"c_{kind}"] for kind in ("relaxed", "other")}
    assert counts == {"frames": {"relaxed": 0, "other": 1}, "bare": {"relaxed": 1, "other": 0}}
