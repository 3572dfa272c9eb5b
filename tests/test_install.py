"""`make install`, `make deb`, and what comes with them: the manual page and what shells complete."""

import gzip
import json
import os
import re
import shutil
import subprocess

import jsonschema
import pytest

from conftest import BUILD, CODES, GO, HOST, ROOT, Tool
from test_commands import COMMANDS

# What make hands down to its own recipes is not for the make of a test.
ENV = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL")}


def output(*argv, **options):
    """What a command that must succeed prints."""
    done = subprocess.run(argv, capture_output=True, text=True, env=ENV, check=False, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def prefix(tmp_path_factory):
    """Where it was installed, and moved to since: PREFIX."""
    staged = tmp_path_factory.mktemp("install")
    output("make", "-s", "install", f"B={BUILD}", "PREFIX=/usr", f"DESTDIR={staged}/first", cwd=ROOT)
    (staged / "first/usr").rename(staged / "moved")
    return staged / "moved"


@pytest.fixture(scope="module")
def installed(prefix, tmp_path_factory):
    """The installed program, with an out folder of its own."""
    tool = Tool(tmp_path_factory.mktemp("out") / "out")
    tool.program = prefix / "bin/tlsmatrix"
    return tool


# ---- the program -------------------------------------------------------------------------------------------


def test_it_needs_nothing_of_the_tree(installed, prefix):
    """Its cases are those of PREFIX/share: no file that is installed leads back to the checkout."""
    links = [path for path in prefix.rglob("*") if path.is_symlink()]
    assert [(path.name, os.readlink(path)) for path in links] == [("tlsmatrix", "../lib/tlsmatrix/tlsmatrix")]
    assert (prefix / "share/tlsmatrix/cases/sources.def").is_file()
    shells = [path for path in (prefix / "share/tlsmatrix").rglob("*.sh") if not os.access(path, os.X_OK)]
    assert not shells


def test_a_cell_is_built_run_and_judged(installed, prefix, tmp_path):
    """A library, its C host and the tracer: all that is compiled at run time is there."""
    cell = f"{HOST} & mode=c-shared & link=external & load=dlopen & target=host"
    done = installed("run", cell, "--go", GO, cwd=tmp_path)
    assert done.status == CODES["ok"], done.stdout + done.stderr
    (cell,) = installed.report()["cells"]
    passed = [check for check in cell["checks"] if check["status"] == "pass"]
    assert cell["verdict"] == "ok" and len(passed) > 60
    assert "share/tlsmatrix" in str(cell["build"])
    # Who reads the report has its schema beside the program, the one that the report is of.
    schema = json.loads((prefix / "share/tlsmatrix/report.schema.json").read_text())
    assert schema == json.loads((ROOT / "reports/report.schema.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(installed.report())


def test_a_program_alone_says_what_it_lacks(tmp_path):
    """A copy of the binary without the rest."""
    shutil.copy(BUILD / "tlsmatrix", tmp_path)
    done = subprocess.run([tmp_path / "tlsmatrix", "run"], capture_output=True, text=True, check=False)
    assert done.returncode == CODES["infra"] and "make install" in done.stderr and done.stderr.count("\n") == 1


# ---- the manual page ---------------------------------------------------------------------------------------


def test_the_manual_has_every_command_and_option(installed, prefix):
    """It is made from the tables that --help is made from, and groff has nothing to say about it."""
    page = prefix / "share/man/man1/tlsmatrix.1"
    done = subprocess.run(
        ["groff", "-man", "-Tascii", "-P-c", "-P-b", "-P-u", "-ww", page], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    for command in COMMANDS:
        usage = installed.plain(command, "--help").stdout
        assert usage.splitlines()[0].removeprefix("usage: tlsmatrix ") in re.sub(r"\n +", " ", done.stdout)
        for option in re.findall(r"^  (--?[a-z-]+)", usage, re.MULTILINE):
            assert re.search(rf"^ +{option}\b", done.stdout, re.MULTILINE), (command, option)


# ---- completion --------------------------------------------------------------------------------------------


def bash(prefix, *words):
    """What bash offers for the last word."""
    script = f"""source {prefix}/share/bash-completion/completions/tlsmatrix
    COMP_WORDS=({" ".join(map(repr, words))})
    COMP_CWORD={len(words) - 1}
    _tlsmatrix; printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    return output("bash", "-c", script).split()


def fish(prefix, *words):
    """What fish offers for it: its lines are WORD<tab>DESCRIPTION."""
    page = f"{prefix}/share/fish/vendor_completions.d/tlsmatrix.fish"
    lines = output("fish", "-c", f"source {page}; complete -C '{' '.join(words)}'").splitlines()
    return [line.split("\t")[0] for line in lines]


@pytest.mark.parametrize("shell", [bash, fish])
def test_what_is_completed(installed, prefix, shell):
    """Commands, the options of a command and no other's, the checks of explain."""
    assert set(COMMANDS) <= set(shell(prefix, "tlsmatrix", ""))
    assert shell(prefix, "tlsmatrix", "bl") == ["blame"]
    assert shell(prefix, "tlsmatrix", "run", "--forbid") == ["--forbid-skip"]
    assert shell(prefix, "tlsmatrix", "list", "--forbid") == []
    assert shell(prefix, "tlsmatrix", "explain", "tls.acc") == ["tls.access"]
    for command in COMMANDS:
        options = set(re.findall(r"^  (--[a-z-]+)", installed.plain(command, "--help").stdout, re.MULTILINE))
        assert options <= set(shell(prefix, "tlsmatrix", command, "--"))


def test_zsh_takes_its_completion(prefix, tmp_path):
    """Its file is found as the function of the command, and offers the commands."""
    folder = prefix / "share/zsh/vendor-completions"
    script = f"""fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -d {tmp_path}/dump
    print -r -- $_comps[tlsmatrix]; autoload +X _tlsmatrix; print -r -- $functions[_tlsmatrix]"""
    first, *function = output("zsh", "-f", "-c", script).splitlines()
    assert first == "_tlsmatrix" and all(re.search(rf"\b{command}\b", "\n".join(function)) for command in COMMANDS)


def test_completion_of_no_shell(installed):
    done = installed.plain("--completion", "tcsh")
    assert done.status == CODES["usage"] and "bash, zsh or fish" in done.line()


# ---- the Debian package ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """The package of these programs."""
    if not shutil.which("dpkg-shlibdeps"):
        pytest.skip("dpkg-dev is not installed: no Debian machine")
    path = ROOT / output(ROOT / "ci/deb.sh", os.path.relpath(BUILD, ROOT), cwd=ROOT).strip()
    kept = tmp_path_factory.mktemp("deb") / path.name
    return shutil.move(path, kept)


def test_the_package_is_whole(package, tmp_path, installed):
    """It has what `make install` has, and unpacked elsewhere it runs."""
    fields = output("dpkg-deb", "-f", package)
    version = installed.plain("--version").stdout.split()[1]
    assert f"Version: {version}\n" in fields and re.search(r"^Depends: .*libelf1.*\bgcc\b", fields, re.MULTILINE)
    output("dpkg-deb", "-x", package, tmp_path)
    assert output(tmp_path / "usr/bin/tlsmatrix", "--version") == f"tlsmatrix {version}\n"
    page = gzip.decompress((tmp_path / "usr/share/man/man1/tlsmatrix.1.gz").read_bytes()).decode()
    assert page == installed.plain("--manual").stdout
    assert "Permission is hereby granted" in (tmp_path / "usr/share/doc/tlsmatrix/copyright").read_text()


def test_lintian_accepts_it(package):
    if not shutil.which("lintian"):
        pytest.skip("lintian is not installed")
    done = subprocess.run(
        ["lintian", "--fail-on", "error,warning", package], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout
