"""inspect: who takes a file and who refuses it, held against the loaders themselves.

Each row of harness/loader/rules.c that can be run on this machine is tried in both directions: the file that inspect
says is refused is given to that loader, which refuses it, and a file that differs in the one thing is taken.
"""

import json
import os
import shutil
import re
import subprocess

import pytest
from conftest import BUILD, CODES, GO, ROOT, Tool, cache_folder

from test_stripped import SOURCE, go_build

pytestmark = pytest.mark.skipif(os.uname().machine != "x86_64", reason="the packed loaders are amd64's")
TARGETS = ["glibc-2.31", "glibc-2.41", "musl-1.2.3", "musl-1.2.5"]
HOST = """#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
long Bump(long) __attribute__((weak));
int main(int argc, char **argv)
{
	void *library = argc > 1 ? dlopen(argv[1], RTLD_NOW) : NULL;
	if (argc > 1 && !library)
		return printf("refused: %s\\n", dlerror()), 1;
	if (argc > 2)
		dlclose(library);
	sleep(argc > 3 ? atoi(argv[3]) : 0);
	if (Bump)
		Bump(3);
	puts("runs");
	return 0;
}
"""


def make(folder, name, source, *args, cc=("gcc",), kind=("-shared", "-fPIC")):
    """A library, or a program, of one C file."""
    (folder / f"{name}.c").write_text(source)
    subprocess.run([*cc, *kind, "-o", folder / name, folder / f"{name}.c", *args], check=True, capture_output=True)
    return folder / name


@pytest.fixture(scope="module")
def packs():
    """Where the packages of the targets lie."""
    tool = Tool("/nonexistent")
    done = tool("target", "get", *TARGETS)
    assert done.status == CODES["ok"], done
    found = {name: cache_folder() / "pack" / name for name in TARGETS}
    assert all(path.is_dir() for path in found.values()), found
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the files of a test lie."""
    return tmp_path_factory.mktemp("loaders")


class Loader:
    """One of the targets, as it is started by hand."""

    def __init__(self, name, pack, old):
        self.name, self.libc = name, name.split("-")[0]
        if self.libc == "musl":
            self.start = [pack / "usr/lib/ld-musl-x86_64.so.1", "--library-path", pack / "usr/lib/x86_64-linux-musl"]
            self.cc = ["gcc", f"-specs={ROOT}/runner/target/musl-gcc.specs", f"--sysroot={old}"]
        else:
            lib = old / "usr/lib/x86_64-linux-gnu"
            self.start = [pack / "usr/lib64/ld-linux-x86-64.so.2", "--library-path", pack / "usr/lib/x86_64-linux-gnu"]
            self.cc = ["gcc", f"--sysroot={old}", f"-B{lib}", f"-L{old}/usr/lib/gcc/x86_64-linux-gnu/10"]

    def run(self, program, *args, env=None):
        """Exit status and what was said."""
        done = subprocess.run(
            [*self.start, program, *args], capture_output=True, text=True, timeout=60, errors="replace", env=env
        )
        return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def loaders(packs):
    """All of them."""
    return {
        name: Loader(name, pack, packs["musl-1.2.3" if name.startswith("musl") else "glibc-2.31"])
        for name, pack in packs.items()
    }


@pytest.fixture(scope="module")
def hosts(loaders, folder):
    """For each libc a program that opens a library."""
    return {
        libc: make(
            folder,
            f"host-{libc}",
            HOST,
            "-ldl",
            cc=next(one.cc for one in loaders.values() if one.libc == libc),
            kind=(),
        )
        for libc in ("glibc", "musl")
    }


def check(target, path):
    """inspect --check: exit status and its line."""
    done = Tool("/nonexistent").plain("inspect", "--check", target, path)
    assert done.stderr == "" and len(done.stdout.splitlines()) == 1, done
    assert done.stdout.startswith(f"{path}: {target}: "), done
    return done.status, done.stdout.split(": ", 2)[2]


TAKEN, NOT_TAKEN = CODES["ok"], CODES["unexpected"]


def opened(loaders, hosts, name, path, *args):
    """Is the library taken by dlopen, and what was said?"""
    status, said = loaders[name].run(hosts[loaders[name].libc], path, *args)
    return status == 0 and said == "runs\n", said


IE = '__thread char a[{size}] __attribute__((aligned({align}), tls_model("{model}"))); char *f(void) {{ return a; }}\n'
POINTERS = """int f(void) { return 1; }
int (*volatile p[99])(void) = { f, f };
__attribute__((constructor)) static void g(void) { p[0](); }
"""


IE_8 = IE.format(size=8, align=8, model="initial-exec")
IE_1664 = IE.format(size=1664, align=8, model="initial-exec")
IE_1728 = IE.format(size=1728, align=8, model="initial-exec")
ALIGNED_64 = IE.format(size=8, align=64, model="initial-exec")
ALIGNED_128 = IE.format(size=8, align=128, model="initial-exec")
GD_8 = IE.format(size=8, align=8, model="global-dynamic")
GD_1728 = IE.format(size=1728, align=8, model="global-dynamic")
ONE = "int f(void) { return 1; }"
NEW = "#include <pthread.h>\nint f(void) { return pthread_cancel(pthread_self()); }"
IN_TEXT = 'int f(void) { return 1; }\n__asm__(".text; .globl q; q: .quad f");'
PACKED = ["-Wl,-z,pack-relative-relocs"]
PACKED_C = [*PACKED, "-Wl,--no-as-needed", "-lc"]


@pytest.mark.parametrize(
    "name, target, source, args, taken, word",
    [
        ("ie", "musl-1.2.3-dlopen", IE_8, [], False, "initial-exec"),
        ("gd", "musl-1.2.3-dlopen", GD_8, [], True, None),
        ("ie", "glibc-2.31-dlopen", IE_8, [], True, None),
        ("ie-1664", "glibc-2.31-dlopen", IE_1664, [], True, None),
        ("ie-1664", "glibc-2.41-dlopen", IE_1664, [], True, None),
        ("ie-1728", "glibc-2.31-dlopen", IE_1728, [], False, "static TLS"),
        ("ie-1728", "glibc-2.41-dlopen", IE_1728, [], False, "static TLS"),
        ("gd-1728", "glibc-2.41-dlopen", GD_1728, [], True, None),
        ("a-64", "glibc-2.41-dlopen", ALIGNED_64, [], True, None),
        ("a-128", "glibc-2.41-dlopen", ALIGNED_128, [], False, "static TLS"),
        ("a-128", "glibc-2.31-dlopen", ALIGNED_128, [], False, "static TLS"),
        ("x", "glibc-2.41-dlopen", ONE, ["-zexecstack"], False, "executable stack"),
        ("x", "glibc-2.31-dlopen", ONE, ["-zexecstack"], True, None),
        ("nx", "glibc-2.41-dlopen", ONE, ["-znoexecstack"], True, None),
        ("x", "musl-1.2.3-dlopen", ONE, ["-zexecstack"], True, None),
        ("relr", "musl-1.2.3-dlopen", POINTERS, PACKED, False, ""),
        ("relr", "musl-1.2.5-dlopen", POINTERS, PACKED, True, None),
        ("rela", "musl-1.2.3-dlopen", POINTERS, [], True, None),
        ("relr", "glibc-2.31-dlopen", POINTERS, PACKED, False, ""),
        ("relr", "glibc-2.41-dlopen", POINTERS, PACKED, True, None),
        ("rela", "glibc-2.31-dlopen", POINTERS, [], True, None),
        ("relr-needs", "glibc-2.31-dlopen", POINTERS, PACKED_C, False, "GLIBC_ABI_DT_RELR"),
        ("relr-needs", "glibc-2.41-dlopen", POINTERS, PACKED_C, True, None),
        ("textrel", "musl-1.2.3-dlopen", IN_TEXT, ["-Wl,-z,notext"], True, None),
        ("textrel", "glibc-2.41-dlopen", IN_TEXT, ["-Wl,-z,notext"], True, None),
        ("pie", "glibc-2.31-dlopen", "int main(void) { return 0; }", ["-pie", "-fPIE"], False, "executable"),
        ("exe", "glibc-2.41-dlopen", "int main(void) { return 0; }", ["-no-pie"], False, "executable"),
        ("new", "glibc-2.31-dlopen", NEW, [], False, "GLIBC_2.34"),
        ("new", "glibc-2.41-dlopen", NEW, [], True, None),
        ("resolv", "musl-1.2.3-dlopen", ONE, ["-Wl,--no-as-needed", "-lresolv"], False, "libresolv.so.2"),
    ],
)  # fmt: skip
def test_what_dlopen_takes(loaders, hosts, folder, name, target, source, args, taken, word):
    """inspect --check says of a C library what the loader does with it, and the loader's words have the reason."""
    kind = () if name in ("pie", "exe") else ("-shared", "-fPIC")
    alone = () if kind == () or "#include" in source or "-Wl,--no-as-needed" in args else ("-nostdlib",)
    path = make(folder, f"{name}.so", source, *alone, *args, kind=kind)
    status, line = check(target, path)
    runs, said = opened(loaders, hosts, target.removesuffix("-dlopen"), path)
    assert runs == taken and (taken or word in said), said
    assert status == (TAKEN if taken else NOT_TAKEN), line
    assert line.startswith("runs" if taken else ("refuses: ", "dies: ")) and (
        not taken or "(" in line or line.endswith("refused\n")
    )


def test_the_tunable_that_a_refusal_names(loaders, hosts, folder):
    """What inspect says of the surplus: a library that is refused is taken where the tunable asks for its size.

    The tunable is of 2.32; Debian's 2.31 has it too.
    """
    path = make(folder, "large.so", IE_1728, "-nostdlib")
    status, line = check("glibc-2.41-dlopen", path)
    tunable = re.search(r"GLIBC_TUNABLES=(glibc[.\w]+)=N", line)
    assert status == NOT_TAKEN and tunable, line
    for name in ("glibc-2.31", "glibc-2.41"):
        for size, taken in ((512, False), (4096, True)):
            env = {"GLIBC_TUNABLES": f"{tunable[1]}={size}"}
            status, said = loaders[name].run(hosts["glibc"], path, env=env)
            assert (status == 0) == taken and (taken or "static TLS" in said), said


def test_glibc_libraries_on_musl_are_not_judged(folder):
    """Whether musl has all of glibc's functions the file does not say: no answer is an exit status of its own."""
    path = make(folder, "puts.so", '#include <stdio.h>\nint f(void) { return puts(""); }', "-Wl,--no-as-needed")
    status, line = check("musl-dlopen", path)
    assert status == CODES["infra"] and line.startswith("unknown: it was linked with glibc"), line


@pytest.fixture(scope="module")
def go_library(folder, loaders):
    """A library of Go that asks glibc for 2.31 at most, and one that was linked with musl."""
    source = folder / "src"
    source.mkdir()
    made = {}
    for libc, loader in (("glibc", loaders["glibc-2.31"]), ("musl", loaders["musl-1.2.3"])):
        made[libc] = folder / f"libgo-{libc}.so"
        cc = " ".join(map(str, loader.cc))
        go_build(GO, source, made[libc], "-buildmode=c-shared", cgo=1, source=SOURCE, CC=cc)
    return made


def test_a_go_library_by_dlopen(loaders, hosts, go_library):
    """glibc takes it, musl refuses its initial-exec TLS; both as inspect says."""
    status, line = check("glibc-2.31-dlopen", go_library["glibc"])
    assert status == TAKEN and "static TLS" in line, line
    assert opened(loaders, hosts, "glibc-2.31", go_library["glibc"])[0]
    status, line = check("musl-dlopen", go_library["musl"])
    runs, said = opened(loaders, hosts, "musl-1.2.3", go_library["musl"])
    assert not runs and "initial-exec TLS" in said
    assert status == NOT_TAKEN and line.startswith("refuses: initial-exec TLS of ") and "do_relocs" in line


def test_a_go_library_from_the_start(loaders, folder, go_library):
    """A program that was linked with it: glibc runs it, on musl it dies of the arguments that its initializer lacks."""
    for libc, name in (("glibc", "glibc-2.31"), ("musl", "musl-1.2.3")):
        linked = (go_library[libc], f"-Wl,-rpath,{folder}", "-ldl")
        program = make(folder, f"linked-{libc}", HOST, *linked, cc=loaders[name].cc, kind=("-Wl,--no-as-needed",))
        status, said = loaders[name].run(program)
        answer, line = check(name, go_library[libc])
        assert (status == 0) == (libc == "glibc"), said
        assert answer == (TAKEN if libc == "glibc" else NOT_TAKEN), line
        assert libc == "glibc" or line.startswith("dies: musl calls initializers without argc")
        # A C program that is linked with nothing is taken by both.
        plain = make(folder, f"plain-{libc}", HOST, "-ldl", cc=loaders[name].cc, kind=())
        assert loaders[name].run(plain)[0] == 0
        assert libc == "glibc" or check(libc, plain)[0] == TAKEN


def without_nodelete(path):
    """A copy whose DT_FLAGS_1 has no DF_1_NODELETE."""
    content = bytearray(path.read_bytes())
    text = subprocess.run(["readelf", "-SW", path], capture_output=True, text=True, check=True).stdout
    row = next(line.split("]")[1].split() for line in text.splitlines() if " .dynamic " in line)
    start, size = int(row[3], 16), int(row[4], 16)
    for at in range(start, start + size, 16):
        if int.from_bytes(content[at : at + 8], "little") == 0x6FFFFFFB:
            content[at + 8] &= ~0x8
    copy = path.with_name("unloadable.so")
    copy.write_bytes(content)
    return copy


def test_a_go_library_that_can_be_unloaded(loaders, hosts, go_library):
    """Without DF_1_NODELETE dlclose takes the code away from Go's threads; inspect tells the condition."""
    copy = without_nodelete(go_library["glibc"])
    facts = [
        json.loads(Tool("/nonexistent").plain("inspect", "--json", path).stdout) for path in (go_library["glibc"], copy)
    ]
    texts = [
        [
            reason["text"]
            for reason in next(one for one in each["loaders"] if one["loader"] == "glibc-dlopen")["reasons"]
        ]
        for each in facts
    ]
    assert [any("dlclose" in text for text in each) for each in texts] == [False, True], texts
    assert opened(loaders, hosts, "glibc-2.31", go_library["glibc"], "close", "1")[0]
    assert opened(loaders, hosts, "glibc-2.31", copy)[0]
    # It dies when one of them wakes, which ends the wait.
    assert not opened(loaders, hosts, "glibc-2.31", copy, "close", "60")[0]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can change the root of a process")
def test_programs_of_another_libc(loaders, packs, folder, hosts):
    """Where musl's loader alone is, the kernel starts its programs and no program of glibc."""
    root = folder / "root"
    (root / "lib").mkdir(parents=True)
    shutil.copy(packs["musl-1.2.3"] / "usr/lib/ld-musl-x86_64.so.1", root / "lib")
    for libc, runs in (("musl", True), ("glibc", False)):
        shutil.copy(hosts[libc], root / libc)
        done = subprocess.run(["chroot", root, f"/{libc}"], capture_output=True, text=True, check=False)
        status, line = check("musl", hosts[libc])
        assert (done.returncode == 0) == runs and (runs or "No such file" in done.stderr), done
        assert (status == TAKEN) == runs and (runs or "ld-linux" in line), line


def test_a_program_of_a_newer_glibc(loaders, folder):
    """This machine's own gcc asks for what 2.31 has not, and 2.41 has."""
    program = make(
        folder,
        "newer",
        "#include <pthread.h>\nint main(void) { return pthread_join(pthread_self(), 0) == 0; }",
        kind=(),
    )
    for name, taken in (("glibc-2.31", False), ("glibc-2.41", True)):
        status, said = loaders[name].run(program)
        assert (status == 0) == taken and (taken or "GLIBC_2.34" in said), said
        answer, line = check(name, program)
        assert (answer == TAKEN) == taken and (taken or "GLIBC_2.34" in line), line
    assert check("glibc", program) == (TAKEN, check("glibc", program)[1])
    assert check("glibc", program)[1].startswith("runs while glibc is 2.34 or newer: ")


@pytest.mark.parametrize(
    "name", ["mus", "musl-", "musl-x", "glibc-2.", "glibc-dlopen-2.31", "windows-dlopen", "musl-1..2"]
)
def test_unknown_targets(tool, name):
    """One line lists what is known."""
    done = tool.plain("inspect", "--check", name, BUILD / "tlstrace")
    assert (done.status, done.stdout) == (CODES["usage"], "")
    assert f"unknown target '{name}': known are glibc, glibc-dlopen, musl, " in done.line()


def test_check_of_several_files(tool, folder):
    """The worst of them is the exit status: not read, refused, not known, taken."""
    made = {
        "taken": make(folder, "taken.so", "int f(void) { return 1; }", "-nostdlib"),
        "refused": make(folder, "refused.so", IE.format(size=8, align=8, model="initial-exec"), "-nostdlib"),
        "unknown": make(folder, "unknown.o", "int f(void) { return 1; }", kind=("-c",)),
        "missing": folder / "missing",
    }
    for names, status in (
        (["taken", "taken"], CODES["ok"]),
        (["taken", "unknown"], CODES["infra"]),
        (["unknown", "refused", "taken"], CODES["unexpected"]),
        (["refused", "missing", "taken"], CODES["usage"]),
    ):
        done = tool.plain("inspect", "--check", "musl-dlopen", *[made[name] for name in names])
        assert done.status == status and len(done.stdout.splitlines()) == len(
            [name for name in names if name != "missing"]
        )
        told = tool.plain("inspect", "--json", "--check", "musl-dlopen", *[made[name] for name in names])
        assert told.status == status
        list_of = json.loads(told.stdout)
        assert [one["file"] for one in list_of] == [str(made[name]) for name in names]
        assert [one.get("check", {}).get("verdict") for one in list_of] == [
            {"taken": "runs", "refused": "refuses", "unknown": "unknown"}.get(name) for name in names
        ]
        assert ["error" in one for one in list_of] == [name == "missing" for name in names]
