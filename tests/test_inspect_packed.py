"""inspect on what holds many files: folders, zip and tar files, packages, thin archives, standard input."""

import bz2
import gzip
import json
import lzma
import random
import shutil
import subprocess
import tarfile
import zipfile

import pytest

from conftest import BUILD, CODES

PROGRAM = BUILD / "tlstrace"
CLASS_FILE = b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(100)


def told(tool, *words, status=CODES["ok"], **options):
    """The names in the JSON of inspect, with format or error, and what was said beside it."""
    done = tool.plain("inspect", "--json", *words, **options)
    assert done.status == status, done
    return [(one["file"], one.get("format", one.get("error"))) for one in json.loads(done.stdout)], done.stderr


@pytest.fixture
def wheel(tmp_path):
    """A zip file with a program, two texts and a folder."""
    path = tmp_path / "w.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("p/", "")
        packed.write(PROGRAM, "p/_x.so")
        packed.writestr("p/__init__.py", "x = 1")
        packed.writestr("empty", "")
    return path


def test_folder(tool, tmp_path):
    """By name, all below it; links are not followed, what is no object is counted in one line."""
    folder = tmp_path / "f"
    (folder / "sub").mkdir(parents=True)
    shutil.copy(PROGRAM, folder / "sub/b")
    shutil.copy(PROGRAM, folder / "a")
    (folder / "README").write_text("no")
    (folder / "A.class").write_bytes(CLASS_FILE)
    (folder / "link").symlink_to("a")
    (folder / "loop").symlink_to(".")
    names, line = told(tool, folder)
    assert names == [(f"{folder}/a", "elf"), (f"{folder}/sub/b", "elf")]
    assert line == f"tlsmatrix: {folder}: 4 files in it are no program, library, object file or archive: passed over\n"
    (folder / "bad").write_bytes(b"\x7fELF")
    names, line = told(tool, folder, status=CODES["usage"])
    assert [kind for _, kind in names].count("elf") == 2 and f"{folder}/bad: " in line and len(names) == 3


def test_nothing_in_it(tool, tmp_path):
    """A folder or zip file without an object is as bad as a file that is none."""
    (tmp_path / "f").mkdir()
    with zipfile.ZipFile(tmp_path / "e.zip", "w"):
        pass
    for path in (tmp_path / "f", tmp_path / "e.zip"):
        done = tool.plain("inspect", path)
        assert (done.status, done.stdout) == (CODES["usage"], "") and f"{path}: no program" in done.line()
        names, _ = told(tool, path, status=CODES["usage"])
        assert len(names) == 1 and "no program" in names[0][1]


def test_members_of_a_zip_file(tool, wheel, tmp_path):
    """FILE!MEMBER in text and JSON, the facts those of the file itself; zip files within zip files too."""
    names, line = told(tool, wheel)
    assert names == [(f"{wheel}!p/_x.so", "elf")] and f"{wheel}: 2 files in it are no" in line
    member = json.loads(tool.plain("inspect", "--json", wheel).stdout)[0]
    plain = json.loads(tool.plain("inspect", "--json", PROGRAM).stdout)
    assert {**member, "file": plain["file"]} == plain
    assert tool.plain("inspect", wheel).stdout.startswith(f"{wheel}!p/_x.so: ELF 64-bit")
    outer = wheel
    for depth in range(2, 5):
        inner, outer = outer, tmp_path / f"{depth}.jar"
        with zipfile.ZipFile(outer, "w") as packed:
            packed.write(inner, inner.name)
        if depth <= 3:
            assert told(tool, outer)[0][0][0].endswith("!w.whl!p/_x.so")
    assert "deep in others" in told(tool, outer, status=CODES["usage"])[1]


def streams(folder):
    """PROGRAM in each kind of file that is unpacked from its begin: path to the member's name."""
    made = {}
    for suffix in ("", ":gz", ":bz2", ":xz"):
        path = folder / f"x.tar{suffix.replace(':', '.')}"
        with tarfile.open(path, f"w{suffix}") as packed:
            packed.add(PROGRAM, "bin/x")
            packed.add(__file__, "text")
        made[path] = "bin/x"
    for module, suffix in ((gzip, "gz"), (bz2, "bz2"), (lzma, "xz")):
        path = folder / f"x.{suffix}"
        path.write_bytes(module.compress(PROGRAM.read_bytes()))
        made[path] = "data"
    subprocess.run(["zstd", "-q", folder / "x.tar", "-o", folder / "x.tar.zst"], check=True)
    made[folder / "x.tar.zst"] = "bin/x"
    tree = folder / "tree"
    (tree / "DEBIAN").mkdir(parents=True)
    (tree / "DEBIAN/control").write_text("Package: x\nVersion: 1\nArchitecture: all\nMaintainer: x\nDescription: x\n")
    shutil.copy(PROGRAM, tree / "x")
    subprocess.run(["dpkg-deb", "--build", tree, folder / "x.deb"], check=True, stdout=subprocess.DEVNULL)
    made[folder / "x.deb"] = "data.tar.xz!./x"
    return made


def test_members_of_tar_files_and_packages(tool, tmp_path):
    """By what they begin with; the facts are those of the file itself; a cut one is told."""
    plain = json.loads(tool.plain("inspect", "--json", PROGRAM).stdout)
    for path, member in streams(tmp_path).items():
        names, _ = told(tool, path)
        assert names == [(f"{path}!{member}", "elf")], path
        assert {**json.loads(tool.plain("inspect", "--json", path).stdout)[0], "file": plain["file"]} == plain
        nameless = tmp_path / "nameless"
        nameless.write_bytes(path.read_bytes())
        assert told(tool, nameless)[0] == [(f"{nameless}!{member}", "elf")]
        nameless.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        done = tool.plain("inspect", nameless)
        assert done.status == CODES["usage"] and str(nameless) in done.stderr, (path, done)


def test_standard_input(tool, wheel):
    """As a file that is called -."""
    with PROGRAM.open() as data:
        done = tool.plain("inspect", "--json", "-", stdin=data)
    assert json.loads(done.stdout)["file"] == "-" and done.status == CODES["ok"]
    with wheel.open() as data:
        assert told(tool, "-", stdin=data)[0] == [("-!p/_x.so", "elf")]
    assert "it is empty" in tool.plain("inspect", "-").line()


def test_archives(tool, tmp_path):
    """A thin one's members are files beside it; of another the archive is told, or with --members each."""
    (tmp_path / "o").mkdir()
    (tmp_path / "c.c").write_text("int f(void) { return 1; }\n")
    for name in ("one.o", "a_name_that_is_too_long_for_the_header.o"):
        subprocess.run(["gcc", "-c", "-o", tmp_path / "o" / name, tmp_path / "c.c"], check=True)
    objects = sorted(str(path.relative_to(tmp_path)) for path in (tmp_path / "o").iterdir())
    for flags, name in (("rcsT", "t.a"), ("rcs", "r.a")):
        subprocess.run(["ar", flags, name, *objects], cwd=tmp_path, check=True)
    thin, whole = tmp_path / "t.a", tmp_path / "r.a"
    assert told(tool, thin)[0] == [(f"{thin}!{name}", "elf") for name in objects]
    assert json.loads(tool.plain("inspect", "--json", whole).stdout)["archive"]["count"] == 2
    assert told(tool, "--members", whole)[0] == [(f"{whole}!{name.split('/')[1]}", "elf") for name in objects]
    (tmp_path / objects[0]).unlink()
    names, line = told(tool, thin, status=CODES["usage"])
    assert [kind == "elf" for _, kind in names] == [False, True] and "cannot open" in line


def test_the_worst_member_counts(tool, wheel, tmp_path):
    """--check of all members: 0 when all are taken, 1 when one is not, 2 when one cannot be read."""
    check = ("inspect", "--check", "glibc")
    done = tool.plain(*check, wheel)
    assert done.status == CODES["ok"] and done.stdout.startswith(f"{wheel}!p/_x.so: glibc: runs")
    with zipfile.ZipFile(wheel, "a") as packed:
        packed.writestr("b.wasm", b"\0asm\1\0\0\0")
    done = tool.plain(*check, wheel)
    assert done.status == CODES["unexpected"] and len(done.stdout.splitlines()) == 2
    with zipfile.ZipFile(wheel, "a") as packed:
        packed.writestr("bad.so", b"\x7fELF")
    assert tool.plain(*check, wheel).status == CODES["usage"]


def flagged(content):
    """The same with the first member called encrypted, in its header and in the table."""
    content = bytearray(content)
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    return bytes(content)


@pytest.mark.parametrize(
    "change, word",
    [
        (lambda content: content[: len(content) // 2], "is it whole?"),
        (lambda content: content[:4], "is it whole?"),
        (flagged, "1 of 1 members are encrypted"),
        (lambda content: content[:300] + b"\xff" * 20 + content[320:], "cannot be unpacked"),
    ],
)
def test_zip_files_that_are_not_right(tool, tmp_path, change, word):
    """One line, and the status of a file that cannot be read."""
    path = tmp_path / "x.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.write(PROGRAM, "x.so")
    path.write_bytes(change(path.read_bytes()))
    done = tool.plain("inspect", path)
    assert (done.status, done.stdout) == (CODES["usage"], "")
    assert str(path) in done.line() and word in done.line()


def test_a_bomb(tool, tmp_path):
    """A member of more than 1 GiB is told in one line and not unpacked; one that is no object is not told at all."""
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
        for name, start in (("b.so", b"\x7fELF"), ("text", b"text")):
            with packed.open(name, "w", force_zip64=True) as member:
                member.write(start)
                for _ in range(1024):
                    member.write(bytes(1 << 20))
        packed.write(PROGRAM, "ok.so")
    names, line = told(tool, path, status=CODES["usage"])
    assert names[1] == (f"{path}!ok.so", "elf") and len(names) == 2
    assert line.splitlines()[0].endswith("b.so: unpacks to more than 1073741824 bytes: not read")


def test_a_bomb_of_a_stream(tool, tmp_path):
    """What a stream passes over is unpacked too, and so ends it where its header says that it is more than 8 GiB; of a
    single file that is no object no more is unpacked than shows that."""
    path = tmp_path / "bomb.tar.gz"
    huge = tarfile.TarInfo("zeros")
    huge.size = 9 << 30
    with gzip.open(path, "wb") as packed:
        packed.write(huge.tobuf() + bytes(1 << 20))
    done = tool.plain("inspect", path)
    assert done.status == CODES["usage"] and "unpacks to more than 8589934592 bytes" in done.stderr
    single = tmp_path / "text.gz"
    with gzip.open(single, "wb") as packed:
        packed.write(b"text" + random.Random(1).randbytes(1 << 20))
    single.write_bytes(single.read_bytes()[:-20])  # what is cut off is not come to
    done = tool.plain("inspect", single)
    assert done.line().endswith("no program, library, object file or archive in it"), done
