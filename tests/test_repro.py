"""repro: the folder shows what the run saw, moved elsewhere, without tlsmatrix, its cache and its tree."""

import os
import pathlib
import shutil
import subprocess
import tarfile

import pytest

from conftest import CODES, GO, ROOT, Tool, cache_folder, described
from test_ends import CHECK, ended

GOROOT = pathlib.Path(GO).resolve().parent.parent
NATIVE = "os=linux & arch=amd64 & !arch=*.*"
CELLS = (
    f"{NATIVE} & target=host & link=external & (mode=exe,shared & cgo=1 | mode=c-shared & load=dlopen,needed) | "
    "target=none & os=linux & arch=s390x & mode=exe & cgo=0 & link=internal | "
    "target=none & os=windows & arch=amd64 & !arch=*.* & mode=exe & cgo=0 & link=internal | "
    f"{NATIVE} & mode=exe & cgo=0 & link=external & target=none"
)


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """A run of CELLS: the tool, and its cells by what they are."""
    tool = Tool(tmp_path_factory.mktemp("repro") / "out")
    done = tool("run", CELLS)
    assert done.status == CODES["ok"], done
    return tool, {cell["id"].split("/", 1)[1]: cell for cell in tool.report()["cells"]}


def shown(tool, cell, check, tmp_path):
    """The folder, moved to a path with a blank, and how its run.sh ended there. Go's own cache is lent to it."""
    made, moved = tmp_path / "made", tmp_path / "moved to"
    done = tool("repro", cell, *(["--check", check] if check else []), "-o", made)
    assert done.status == CODES["ok"], done
    moved.mkdir()
    made = made.rename(moved / "it")
    text = "".join(path.read_text() for path in made.rglob("*") if path.is_file())
    cache = str(cache_folder())
    assert str(ROOT) not in text and cache not in text
    with tarfile.open(tmp_path / "it.tar.xz", "w:xz") as packed:
        packed.add(made, "it")
    assert (tmp_path / "it.tar.xz").stat().st_size < 300_000
    (made / "work/gocache").symlink_to(pathlib.Path(cache) / "gocache")
    env = {"PATH": os.environ["PATH"], "GOROOT": str(GOROOT)}
    ran = subprocess.run([made / "run.sh"], env=env, capture_output=True, text=True, errors="replace", check=False)
    return made, ran


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the cells are amd64's")
@pytest.mark.parametrize(
    "cell, check",
    [
        ("exe/cgo1/external@host:exec", "tls.g.main"),
        ("c-shared/cgo1/external@host:dlopen", "thread.thousand"),
        ("c-shared/cgo1/external@host:needed", "tls.g.main"),
    ],
)
def test_a_process_says_the_same(told, tmp_path, cell, check):
    tool, cells = told
    cell = cells[f"linux/amd64/{cell}"]
    result = next(one for one in cell["checks"] if one["id"] == check)
    folder, ran = shown(tool, cell["id"], check, tmp_path)
    line = next(line for line in ran.stdout.splitlines() if f"\t{check}\t" in line)
    assert result["observed"] in line, (result, ran)
    readme = (folder / "README").read_text()
    assert cell["id"] in readme and result["expected"] in readme and result["observed"] in readme


@pytest.mark.parametrize(
    "cell, check, word",
    [
        ("linux/s390x/exe/cgo0/internal@none", "tls.static-flag", "Program Headers"),
        ("windows/amd64/exe/cgo0/internal@none", "build.succeeds", ""),
        ("linux/amd64/exe/cgo0/external@none", "build.refused", "requires external"),
    ],
)
def test_what_is_only_built(told, tmp_path, cell, check, word):
    """A port's file is built and shown by readelf; a refusal says its words again, and fails as go did."""
    tool, cells = told
    cell = cells[cell]
    ids = [one["id"] for one in cell["checks"]]
    check = check if check in ids else next(one for one in ids if one.startswith("tls."))
    folder, ran = shown(tool, cell["id"], check, tmp_path)
    refused = cell["outcome"] == "refused"
    assert (ran.returncode != 0) == refused, ran
    if refused:
        assert word in ran.stdout + ran.stderr, ran
    else:
        assert word in ran.stdout and any((folder / "work/build").rglob("case*")), ran


def test_without_a_check_it_is_the_one_that_failed(tool, tmp_path):
    """On a target of the user's own, which is a command that anybody has."""
    ended(tool, tmp_path, "wrong")
    cell = next(cell["id"] for cell in tool.report()["cells"] if cell["target"] == "ender")
    done = tool("repro", cell, "-o", tmp_path / "it")
    assert done.status == CODES["ok"] and f": {CHECK}, in {cell}" in done.stdout, done
    assert f"{tmp_path}/sh " in (tmp_path / "it/run.sh").read_text()


# What `target get` and `ci/setup.sh ports` bring lies in the cache: a program of a pack, what a compiler is told of.
FETCHED = {
    "pack": ("mode=exe & cgo=0 & link=internal", "command = {cache}/pack/mine/run {{argv}}\n"),
    "cc": ("mode=exe & cgo=1 & link=external", "command = env {{argv}}\ncc = gcc -B{cache}/cc/mine\n"),
}


@pytest.mark.parametrize("kind", FETCHED)
def test_what_was_fetched_is_refused(cache, tmp_path, kind):
    """A target's program or a compiler in the cache: one line that names the folder, status 3, and nothing is made."""
    cells, keys = FETCHED[kind]
    program = cache.path / kind / "mine/run"
    program.parent.mkdir(parents=True)
    program.write_text('#!/bin/sh\nexec "$@"\n')
    program.chmod(0o755)
    ini = described(tmp_path, "[mine]\nkind = wrapper\n" + keys.format(cache=cache.path))
    tool = cache.tool()
    done = tool("run", f"target=mine & {cells}", "--targets", ini)
    assert done.status == CODES["ok"], done
    (cell,) = tool.report()["cells"]
    done = tool("repro", cell["id"], "--check", "tls.g.main", "-o", tmp_path / "new")
    assert done.status == CODES["infra"], done
    assert f"repro: the cell needs {cache.path}/{kind} of this machine: only what gcc, Go and the host" in done.line()
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    "args, code, says",
    [
        (["HOST", "-o", "NEW"], "nothing", "all of its checks are as they should be"),
        (["HOST", "--check", "tls.g.man", "-o", "NEW"], "usage", "no such check; did you mean 'tls.g.main'?"),
        (["HOST", "--check", "build.refused", "-o", "NEW"], "nothing", "has no such check in the last run"),
        (["HOST", "--check", "thread.no-go-clone", "-o", "NEW"], "infra", "thread.no-go-clone: is judged by tlstrace"),
        (["SHARED", "--check", "tls.g.main", "-o", "NEW"], "infra", "in a GOROOT of its own"),
        (["go1.2.3/linux/amd64/exe/cgo1/internal@host:exec", "-o", "NEW"], "nothing", "not in the last run"),
        (["HOST", "--check", "tls.g.main"], "usage", "-o DIR"),
        (["HOST", "--check", "tls.g.main", "-o", "OLD"], "usage", "is there already"),
    ],
)
def test_what_it_refuses(told, tmp_path, args, code, says):
    """One line, and no folder."""
    tool, cells = told
    places = {
        "HOST": cells["linux/amd64/exe/cgo1/external@host:exec"]["id"],
        "SHARED": cells["linux/amd64/shared/cgo1/external@host:exec"]["id"],
        "NEW": tmp_path / "new",
        "OLD": tmp_path,
    }
    done = tool("repro", *[places.get(arg, arg) for arg in args])
    assert done.status == CODES[code] and says in done.line(), done
    assert not (tmp_path / "new").exists() and shutil.which("sh")
