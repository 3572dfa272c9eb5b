"""The C unit tests of build/unit, and the readers of foreign bytes on mutated input (tests/fuzz)."""

import os
import re
import shutil
import subprocess
import time

import pytest

from conftest import BUILD, ROOT

UNIT_SOURCES = sorted((ROOT / "tests/unit").glob("test_*.c"))
FUZZ_SOURCES = sorted((ROOT / "tests/fuzz").glob("fuzz_*.c"))
# Bounds for one target: always the same inputs in `make test`; in `make fuzz` others each time.
LONG = float(os.environ.get("TLSMATRIX_FUZZ_SECONDS", 0))
INPUTS, SECONDS, SEED = (10**9, LONG, time.time_ns() % 10**9) if LONG else (4000, 8, 1)

# Texts to start from; what needs a program's output is made by seed_files.
TEXTS = {
    "cell": [
        "go1.27.4/linux/amd64/c-shared/cgo1/external@glibc-2.36:dlopen",
        "go1.21/linux/arm64/exe/cgo0/internal@none",
        "go1.22rc1/linux/s390x/pie/cgo1/external-lld-static@host:exec",
    ],
    "filter": [
        "mode=c-shared & go>=1.21 & !arch=386 & target=glibc-*",
        "(cgo=1|cgo=0) & load=dlopen,needed | status!=pass",
        "check=tls.* & link=external*",
    ],
    "journal": ["0 {}\n", '00000000 {"event":"start"}\n'],
    "record": ["#tlsm:1 5 5c2f9794 end\t8\n", "noise\n#tlsm:"],
    "console": [
        'OSv v0.57\r\nCmdline: "/case"\r\n\n#tlsm:1 7 fe0a35f1 begin\ta\nprogram exited with status 3\nPowering off.\n',
        "Cmdline: x\n#tlsm:2 9 10f1random: device\n4408 obs\ta\tb\tc\n\033[1mAborted\n\n[backtrace]\n",
    ],
    "hunks": ["a0 1\nA\nd2 2\na3 1\nBC\nd6 1\n\0a\nb\nc\nd\ne\nf\n", "d1 1\na1 2\none\ntwo\n\0one\n"],
    "inspect": ["\x7fELF\x02\x01\x01"],
    "archive": ["!<arch>\n", "<bigaf>\n"],
}


def sources_exist(sources, folder):
    """Each source has its program, and there is one at all; else `make` was not asked for it."""
    missing = [s.stem for s in sources if not (BUILD / folder / s.stem).exists()]
    assert sources and not missing, f"{BUILD / folder}: not built: {', '.join(missing) or 'anything'}: make {folder}"


def test_every_unit_program_is_built():
    """A unit test that is not built cannot fail."""
    sources_exist(UNIT_SOURCES, "unit")


@pytest.mark.parametrize("name", [s.stem for s in UNIT_SOURCES])
def test_unit(name):
    """One program, run from the root; cmocka's output is the message."""
    done = subprocess.run(
        [BUILD / "unit" / name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=300,
        stdin=subprocess.DEVNULL,
    )
    output = done.stdout + done.stderr
    assert done.returncode == 0, f"exit {done.returncode}\n{output}"
    assert re.search(r"[1-9]\d* test\(s\)", output), f"no test ran:\n{output}"


@pytest.fixture(scope="module")
def elf_seeds(tmp_path_factory):
    """Small ELF files: a program, a library with TLS and an initializer, and an object."""
    folder = tmp_path_factory.mktemp("elf")
    source = folder / "seed.c"
    source.write_text(
        "__thread int here; extern __thread int there; __attribute__((constructor)) void start(void) { here = 1; }\n"
        "int *f(void) { return &there; }\nint main(void) { return here; }\n"
    )
    made = []
    for name, flags in {
        "seed.o": ["-c", "-fPIC"],
        "seed.so": ["-shared", "-fPIC", "-s"],
        "seed": ["-Wl,--unresolved-symbols=ignore-all"],
    }.items():
        subprocess.run(["gcc", "-O1", *flags, "-o", folder / name, source], check=True)
        made.append(folder / name)
    return made


def seed_files(name, folder, elf_seeds, small):
    """Files that the target of that name starts from."""
    files = []
    for i, text in enumerate(TEXTS.get(name, [""])):
        files.append(folder / f"seed-{i}")
        files[-1].write_bytes(text.encode("latin-1"))
    if name in ("inspect", "archive"):
        files += elf_seeds
        subprocess.run(["ar", "rcs", folder / "seed.a", *elf_seeds], check=True)
        files.append(folder / "seed.a")
    if name == "journal":
        lines = (small.tool.out / "journal").read_bytes().splitlines(True)
        files.append(folder / "journal")
        files[-1].write_bytes(b"".join(lines[:1] + lines[2:4] + lines[-1:]))
    if name == "record":
        files += sorted((small.tool.out / "logs").glob("*exec.run.log"))
    return files


@pytest.mark.parametrize("name", [s.stem[len("fuzz_") :] for s in FUZZ_SOURCES])
def test_fuzz(name, tmp_path, elf_seeds, small):
    """Thousands of mutated inputs; the one that kills the target is kept."""
    sources_exist(FUZZ_SOURCES, "fuzz")
    culprit = tmp_path / "culprit"
    argv = [
        BUILD / "fuzz" / f"fuzz_{name}",
        "-n",
        INPUTS,
        "-t",
        SECONDS,
        "-s",
        SEED,
        "-k",
        culprit,
        *seed_files(name, tmp_path, elf_seeds, small),
    ]
    done = subprocess.run(
        list(map(str, argv)), cwd=ROOT, capture_output=True, text=True, errors="replace", timeout=300 + LONG
    )
    if done.returncode:
        kept = BUILD / "fuzz" / f"crash-{name}"
        shutil.copy(culprit, kept)
        pytest.fail(f"exit {done.returncode}; the input: {os.path.relpath(kept, ROOT)}\n{done.stderr[-4000:]}")
    assert int(done.stdout.split()[0]) >= 200, f"only {done.stdout.strip()} in {SECONDS} s"
