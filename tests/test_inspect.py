"""inspect: what it says of files that are right, agrees with others, and refuses."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from conftest import BUILD, CODES, ROOT

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


def test_inspect_is_what_the_report_has(small):
    """`inspect --json` of a built file prints the facts of its cell."""
    cell = next(cell for cell in small.tool.report()["cells"] if cell["load"] == "exec")
    program = cell["build"]["command"].split(" -o ")[1].split()[0]
    assert json.loads(small.tool.plain("inspect", "--json", program).stdout) == cell["facts"]


def test_inspect_agrees_with_readelf(small):
    """Type, interpreter and TLS segment as binutils see them."""
    for path in [BUILD / "tlsmatrix", BUILD / "tlstrace", *sorted(map(str, ROOT.glob("build/unit/test_cell")))]:
        facts = json.loads(small.tool.plain("inspect", "--json", path).stdout)
        text = subprocess.run(["readelf", "-hldW", path], capture_output=True, text=True, check=True).stdout
        assert facts["type"] == re.search(r"Type: +(\w+)", text)[1]
        assert facts["entry"] == int(re.search(r"Entry point address: +(\S+)", text)[1], 16)
        assert facts["needed"] == re.findall(r"NEEDED.*\[(.*)\]", text)
        assert facts["tls"]["segments"] == len(re.findall(r"^  TLS ", text, re.M))


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
        and json.loads(done.stdout)["format"] == "elf"
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
    """A file that may not be read; root may read everything, so it is asked as nobody."""
    secret = tmp_path / "secret"
    secret.write_bytes((BUILD / "tlstrace").read_bytes())
    secret.chmod(0)
    argv = [BUILD / "tlsmatrix", "inspect", secret]
    if os.geteuid() == 0:
        if not shutil.which("setpriv"):
            pytest.skip("root reads everything and there is no setpriv to be somebody else")
        program = tmp_path / "tree/build/tlsmatrix"
        program.parent.mkdir(parents=True)
        shutil.copy(BUILD / "tlsmatrix", program)
        (tmp_path / "tree/cases").mkdir()
        (tmp_path / "tree/cases/sources.def").touch()
        for folder in [tmp_path, *tmp_path.parents]:
            if folder.owner() == "root" and folder.name:
                folder.chmod(folder.stat().st_mode | 0o055)
            if folder.name.startswith("pytest-of"):
                break
        argv = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", program, "inspect", secret]
    done = tool.run(list(map(str, argv)))
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
    told = done.stdout.count("\n}\n")
    lines = done.stderr.splitlines()
    assert told + len(lines) == len(files)
    assert all(re.match(rf"tlsmatrix: {re.escape(str(tmp_path))}/cut-\d+: ", line) for line in lines)
    assert any(line.startswith(f"tlsmatrix: {files[0]}: ") for line in lines)
