"""inspect beside readelf, LLVM and `go version -m` on packages of npm and PyPI (tests/corpus); here on some of them."""

import shutil
import sys

import pytest

from conftest import ROOT

sys.path.insert(0, str(ROOT / "tests/corpus"))

import corpus  # noqa: E402
import packages  # noqa: E402

# At most 15 MB: ELF of Go with and without cgo, and of Rust with TLS; overlapping relocation tables; PE; Mach-O.
SAMPLE = [
    "gowkhtmltopdf-0.2.6-py3-none-manylinux",
    "shfmt_py-4.2.0-py2.py3-none-manylinux",
    "rollup-linux-x64-gnu",
    "rollup-linux-riscv64-gnu",
    "rollup-win32-x64-msvc",
    "rollup-darwin-x64",
]


class Args:
    """As on the command line."""

    offline, code, speed = False, True, False


def have(name):
    """The package in the cache; where it cannot come the test is skipped, since a registry is not ours."""
    package = next(one for one in packages.table() if name in one.file)
    try:
        packages.fetched(package)
    except packages.Lacking as why:
        pytest.skip(str(why))
    return package


@pytest.fixture(autouse=True)
def others():
    """What inspect is compared with."""
    for tool in ("readelf", "llvm-readobj", "llvm-objdump", "llvm-nm", corpus.GO):
        if not shutil.which(tool):
            pytest.skip(f"there is no {tool} here")


@pytest.mark.parametrize("name", SAMPLE)
def test_agrees(name):
    """No other tool says otherwise."""
    mine = corpus.Corpus(Args)
    mine.take(have(name))
    assert mine.files and "go" in mine.rows and sum(row.agree for row in mine.rows.values()) > 10
    assert [line for row in mine.rows.values() for line in row.wrong] == []


def test_a_wrong_fact_is_named(tmp_path):
    """Each fact that a tool tells is compared: one that is bent is named, and no other."""
    place = have("rollup-linux-x64-gnu").place()
    corpus.unpack(place, tmp_path)
    [(path, facts)] = corpus.inspected(place, tmp_path)
    said = corpus.readelf.facts_of(path)
    assert len(said) > 45 and said["tls.size"] > 0 and said["tls.relocs.dtpmod"] > 0
    for fact in said:
        row = corpus.Row()
        corpus.compare(facts, said | {fact: "bent"}, row)
        assert row.agree == len(said) - 1 and len(row.wrong) + len(row.known) == 1
        assert not row.wrong or f": {fact}: " in row.wrong[0]


def test_fetching(tmp_path, monkeypatch):
    """What is not whole is not used: a file with another sum, a client that brings another file, none at all."""
    monkeypatch.setattr(packages, "CACHE", tmp_path / "corpus")
    package = packages.Package("npm", "x", "1.0.0", "x-1.0.0.tgz", "0" * 64, "nothing")
    with pytest.raises(packages.Lacking, match="not in .*make corpus"):
        packages.fetched(package, offline=True)
    packages.CACHE.mkdir()
    package.place().write_bytes(b"cut")
    with pytest.raises(packages.Lacking, match="not in"):
        packages.fetched(package, offline=True)
    for argv, why in (
        (["sh", "-c", 'echo cut > "$0/x-1.0.0.tgz"'], "x-1.0.0.tgz came, not x-1.0.0.tgz with SHA-256 0000"),
        (["sh", "-c", "echo no such package >&2; exit 1"], "sh failed: no such package"),
        (["no-such-client"], "there is no no-such-client here: install it"),
    ):
        monkeypatch.setattr(packages.Package, "client", lambda _, folder, argv=argv: [*argv, folder])
        with pytest.raises(packages.Lacking, match=why):
            packages.fetched(package)
        assert [path.name for path in packages.CACHE.iterdir()] == [package.file], "nothing is left beside"
        assert package.place().read_bytes() == b"cut"
