"""inspect: what it says of files that are right, agrees with others, and refuses."""

import json
import os
import pathlib
import re
import resource
import shutil
import struct
import subprocess
from dataclasses import replace

import elf_made
import pytest

from conftest import BUILD, CODES, ROOT, as_somebody

FACT_KEYS = set(
    (
        "format class machine arch type pie entry interp soname needed static go tls init dynamic stack relro "
        "wx_segments relocs imports"
    ).split()
)


def test_inspect_of_the_program_itself(tool):
    """The facts of any ELF file, in the words of report.json."""
    done = tool.plain("inspect", "--json", BUILD / "tlsmatrix")
    facts = json.loads(done.stdout)
    assert done.status == 0 and FACT_KEYS <= set(facts)
    assert (facts["format"], facts["class"], facts["go"]["present"]) == ("elf", 64, False)
    assert any(name.startswith("libc.so") for name in facts["needed"])
    text = tool.plain("inspect", BUILD / "tlsmatrix").stdout
    assert str(BUILD / "tlsmatrix") in text and facts["interp"] in text


def test_inspect_from_anywhere(tool, tmp_path):
    """A copy of the program, without the source tree, and where no cache can be: it says the same."""
    shutil.copy(BUILD / "tlsmatrix", tmp_path / "copy")
    env = {"PATH": "/nonexistent", "HOME": "/nonexistent"}
    done = tool.run([str(tmp_path / "copy"), "inspect", str(BUILD / "tlstrace")], cwd=tmp_path, env=env)
    assert done == replace(tool.plain("inspect", BUILD / "tlstrace"), seconds=done.seconds) and done.status == 0
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]
    done = tool.run([str(tmp_path / "copy"), "show", "x"], cwd=tmp_path, env=env)
    assert done.status == CODES["infra"] and "cases/sources.def" in done.line()


def test_inspect_is_what_the_report_has(small):
    """`inspect --json` of a built file prints the facts of its cell, and what loaders do about them."""
    cell = next(cell for cell in small.tool.report()["cells"] if cell["load"] == "exec")
    program = cell["build"]["command"].split(" -o ")[1].split()[0]
    told = json.loads(small.tool.plain("inspect", "--json", program).stdout)
    assert told.pop("file") == program and isinstance(told.pop("loaders"), list)
    assert told == cell["facts"]


def test_inspect_agrees_with_readelf(small):
    """Type, interpreter and TLS segment as binutils see them."""
    for path in [BUILD / "tlsmatrix", BUILD / "tlstrace", *sorted(map(str, ROOT.glob("build/unit/test_cell")))]:
        facts = json.loads(small.tool.plain("inspect", "--json", path).stdout)
        text = subprocess.run(["readelf", "-hldW", path], capture_output=True, text=True, check=True).stdout
        assert facts["type"] == re.search(r"Type: +(\w+)", text)[1]
        assert facts["entry"] == int(re.search(r"Entry point address: +(\S+)", text)[1], 16)
        assert facts["needed"] == re.findall(r"NEEDED.*\[(.*)\]", text)
        assert facts["tls"]["segments"] == len(re.findall(r"^  TLS ", text, re.M))


@pytest.mark.parametrize("count", [3, 256, 257, 1024, 1025])
def test_inspect_tells_all_initializers(tool, tmp_path, count):
    """Their number is of all; beyond what is listed the page says how many more, beyond what is read none is known.

    _rt0_amd64_linux_lib, which stands last, is Go's entry by its name.
    """
    source = "".join(f"static void f{i}(void) {{ }}\n" for i in range(count - 1))
    source += "void _rt0_amd64_linux_lib(void) { }\n"
    source += '__attribute__((section(".init_array"), used)) static void (*all[])(void) = {'
    source += "".join(f"f{i}, " for i in range(count - 1)) + "_rt0_amd64_linux_lib};\n"
    (tmp_path / "many.c").write_text(source)
    argv = ["gcc", "-shared", "-fPIC", "-nostdlib", "-o", tmp_path / "many.so", tmp_path / "many.c"]
    subprocess.run(argv, check=True, capture_output=True)
    init = json.loads(tool.plain("inspect", "--json", tmp_path / "many.so").stdout)["init"]
    assert (init["count"], len(init["init_array"])) == (count, min(count, 256))
    assert init["go_entries"] == (1 if count <= 1024 else None)
    page = tool.plain("inspect", tmp_path / "many.so").stdout
    assert (f"{count - 256} more" in page) == (count > 256)
    assert "how Go's code" not in page and "by the strongest user in the file" in page


@pytest.fixture
def broken_files(tmp_path):
    """Files that are no ELF file, and why."""
    whole = (BUILD / "tlstrace").read_bytes()
    made = {
        "empty": b"",
        "text": b"#!/bin/sh\necho no\n",
        "magic": b"\x7fELF",
        "header": whole[:64],
        "zeros": bytes(5000),
        "class": whole[:4] + b"\x07" + whole[5:],
    }
    for name, content in made.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to("loop")
    return [tmp_path / name for name in [*made, "folder", "loop", "missing"]] + ["/dev/null"]


def test_inspect_refuses(tool, broken_files):
    """Status 2 and one line that names the file, for each; a good file after a bad one is still told."""
    for path in broken_files:
        done = tool.plain("inspect", path)
        assert (done.status, done.stdout) == (CODES["usage"], ""), done
        assert str(path) in done.line()
    done = tool.plain("inspect", "--json", broken_files[0], BUILD / "tlstrace", broken_files[1])
    assert (
        done.status == CODES["usage"]
        and len(done.stderr.splitlines()) == 2
        and [one.get("format", one.get("error", "")[:40]) for one in json.loads(done.stdout)]
        == [f"{broken_files[0]}: "[:40], "elf", f"{broken_files[1]}: "[:40]]
    )


def test_inspect_is_not_spoken_through(small, tmp_path):
    """Names, interpreter and Go release with escape codes in them are shown and obeyed by no terminal."""
    cell = next(cell for cell in small.tool.report()["cells"] if cell["load"] == "exec")
    program = pathlib.Path(cell["build"]["command"].split(" -o ")[1].split()[0]).read_bytes()
    (tmp_path / "go").write_bytes(program.replace(cell["facts"]["go"]["version"].encode(), b"\x1b[31mred"))
    own = (BUILD / "tlsmatrix").read_bytes()
    own = re.sub(rb"/lib[^\0]*/ld-[^\0]*\0", lambda m: b"\n\x1b[2J\xc2\x9b1m".ljust(len(m[0]), b"\0"), own)
    (tmp_path / "own").write_bytes(own.replace(b"libc.so.6\0", b"\x1b]0;evil\x07\0"))
    done = small.tool.plain("inspect", tmp_path / "go", tmp_path / "own")
    assert done.status == 0 and not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.stdout), done.stdout
    for shown in (r"\x1b[31mred", r"\n\x1b[2J\xc2\x9b1m", r"\x1b]0;evil\x07"):
        assert shown in done.stdout


def test_inspect_unreadable(tool, tmp_path):
    """A file that may not be read; root may read everything, so it is asked as somebody else."""
    secret = tmp_path / "secret"
    secret.write_bytes((BUILD / "tlstrace").read_bytes())
    secret.chmod(0)
    root = os.geteuid() == 0
    argv = as_somebody(tmp_path, "inspect", secret) if root else [str(BUILD / "tlsmatrix"), "inspect", str(secret)]
    done = tool.run(argv)
    assert done.status == CODES["usage"] and str(secret) in done.line() and "ermission denied" in done.line()


def test_inspect_file_cut_anywhere(tool, tmp_path):
    """A file cut at any place: facts or one line, never a signal."""
    whole = (BUILD / "unit/test_cell" if (BUILD / "unit/test_cell").exists() else BUILD / "tlstrace").read_bytes()
    places = sorted(
        {*range(0, 70, 3), *range(64, 1200, 41), *range(1200, len(whole), len(whole) // 60), len(whole) - 1}
    )
    files = []
    for place in places:
        files.append(tmp_path / f"cut-{place}")
        files[-1].write_bytes(whole[:place])
    done = tool.plain("inspect", "--json", *files)
    assert done.status == CODES["usage"], done.status
    told = json.loads(done.stdout)
    lines = done.stderr.splitlines()
    assert [one["file"] for one in told] == list(map(str, files))
    assert [f"tlsmatrix: {one['error']}" for one in told if "error" in one] == lines and "error" in told[0]
    assert all(re.match(rf"tlsmatrix: {re.escape(str(tmp_path))}/cut-\d+: ", line) for line in lines)
    assert any(line.startswith(f"tlsmatrix: {files[0]}: ") for line in lines)


MEGABYTE = 1 << 20
NAME = "é".encode() * (MEGABYTE // 2)


def long_names(count):
    """TLS symbols that share one name of a megabyte, every second one Go's."""
    strings = b"\0runtime." + NAME + b"\0"
    table = bytes(24) + b"".join(elf_made.symbol(1 + 8 * (i % 2), elf_made.STT_TLS) for i in range(count))
    return elf_made.elf(
        [
            (".tdata", elf_made.SHT_PROGBITS, 0x403, 0, bytes(8)),
            (".symtab", elf_made.SHT_SYMTAB, 0, 3, table),
            (".strtab", elf_made.SHT_STRTAB, 0, 0, strings),
        ]
    )


def many_variables():
    """A million and a half TLS symbols: runtime.tlsg, others without an end of the table of strings."""
    strings = b"\0runtime.tlsg\0variable\0" + NAME
    table = bytes(24) + elf_made.symbol(14, elf_made.STT_TLS) * 1_500_000 + elf_made.symbol(1, elf_made.STT_TLS)
    table += elf_made.symbol(40, elf_made.STT_TLS, size=0)
    return elf_made.elf(
        [
            (".tdata", elf_made.SHT_PROGBITS, 0x403, 0, bytes(8)),
            (".symtab", elf_made.SHT_SYMTAB, 0, 3, table),
            (".strtab", elf_made.SHT_STRTAB, 0, 0, strings),
        ]
    )


def many_needed():
    """A hundred thousand libraries wanted, a million relocations of one symbol, all by one name."""
    relocs = elf_made.rela(64, 7, 1) * 1_000_000
    dynamic = [
        (elf_made.DT_STRTAB, ".dynstr"),
        (elf_made.DT_STRSZ, MEGABYTE + 2),
        (elf_made.DT_JMPREL, ".rela.plt"),
        (elf_made.DT_PLTREL, elf_made.DT_RELA),
        (elf_made.DT_PLTRELSZ, len(relocs)),
        *[(elf_made.DT_NEEDED, 1)] * 100_000,
    ]
    return elf_made.elf(
        [
            (".plt", elf_made.SHT_PROGBITS, 6, 0, b"\xff\x25" + struct.pack("<i", -118) + bytes(10)),
            (".dynsym", elf_made.SHT_DYNSYM, 2, 3, bytes(24) + elf_made.symbol(1, elf_made.STT_FUNC, section=0)),
            (".dynstr", elf_made.SHT_STRTAB, 2, 0, b"\0" + NAME + b"\0"),
            (".rela.plt", 4, 2, 2, relocs),
        ],
        dynamic,
    )


def many_sections():
    """Thirty thousand sections of code, all over the same megabyte of a PLT."""
    entry = b"\xff\x25" + struct.pack("<i", 0) + bytes(10)
    relocs = b"".join(elf_made.rela(at, 7, 0) for at in range(182, 182 + MEGABYTE, 16))
    dynamic = [
        (elf_made.DT_RELA, ".rela"),
        (elf_made.DT_RELASZ, len(relocs)),
    ]
    return elf_made.elf(
        [
            (".plt", elf_made.SHT_PROGBITS, 6, 0, entry * (MEGABYTE // 16)),
            (".rela", 4, 2, 0, relocs),
            *[(".plt", elf_made.SHT_PROGBITS, 6, 0, 1)] * 30_000,
        ],
        dynamic,
    )


@pytest.mark.skipif("asan" in BUILD.parts, reason="a sanitizer needs more memory than any bound")
@pytest.mark.parametrize(
    "make, facts",
    [
        (lambda: long_names(1000), {"tls.variables": {"all": 1000, "go": 500, "c": 500}}),
        (lambda: long_names(200_000), {"tls.variables": {"all": 200_000, "go": 100_000, "c": 100_000}}),
        (
            many_variables,
            {"tls.variables": {"all": 1_500_002, "go": 1, "c": 1_500_000}, "tls.slot.symbol": "runtime.tlsg"},
        ),
        (many_needed, {"relocs.count": 1_000_000, "plt.entries": 1}),
        (many_sections, {"plt.decoded": True, "relocs.count": MEGABYTE // 16}),
    ],
    ids=["long-name", "long-names", "variables", "needed", "sections"],
)  # fmt: skip
def test_inspect_is_bounded(tool, tmp_path, make, facts):
    """Memory is a small multiple of the file, whatever its tables share; texts and lists are cut, numbers are not."""
    path = tmp_path / "file"
    path.write_bytes(make())
    memory = 8 * path.stat().st_size + 64 * MEGABYTE

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))

    done = tool.plain("inspect", "--json", path, preexec_fn=limit)
    assert (done.status, done.stderr) == (CODES["ok"], ""), done.stderr
    told = json.loads(done.stdout)
    for name, value in facts.items():
        found = told
        for key in name.split("."):
            found = found[key]
        assert found == value
    names = told["needed"] + [symbol["name"] for symbol in told["tls"]["symbols"]] + told["imports"]["symbols"]
    assert all(len(name.encode()) <= 4096 and (len(name) < 1000 or name.endswith("é...")) for name in names)
    assert len(told["needed"]) <= 256 and len(told["tls"]["symbols"]) <= 256 and len(done.stdout) < 8 * MEGABYTE
    done = tool.plain("inspect", path, preexec_fn=limit)
    assert (done.status, done.stderr) == (CODES["ok"], "") and len(done.stdout) < 8 * MEGABYTE
