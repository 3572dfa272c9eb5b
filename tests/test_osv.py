"""OSv as a target: without a tree, with a machine that is none, and, where a built tree is, what Go does on it.

The machine's own ways to end are tests/unit/test_osv.c; OSv itself is built by its user, so that the last tests run
only where TLSMATRIX_OSV_TREE names a built one.
"""

import os
import shutil

import pytest

from conftest import BUILD, CODES, Tool

EXE = "mode=exe & cgo=0 & link=internal"
TREE = os.environ.get("TLSMATRIX_OSV_TREE")
needs_qemu = pytest.mark.skipif(not shutil.which("qemu-system-x86_64"), reason="qemu-system-x86_64 is not installed")
needs_tree = pytest.mark.skipif(not TREE, reason="TLSMATRIX_OSV_TREE names no built OSv")


@pytest.fixture
def bare(tmp_path, monkeypatch):
    """The program without an OSv tree in its environment."""
    monkeypatch.delenv("TLSMATRIX_OSV_TREE", raising=False)
    return Tool(tmp_path / "out")


def made_tree(folder, kernel):
    """A folder that has what the runner takes of OSv's tree."""
    for name in ("build/last", "static/etc"):
        (folder / name).mkdir(parents=True)
    (folder / "build/last/libenviron.so").write_text("environment\n")
    (folder / "static/etc/hosts").write_text("127.0.0.1 localhost\n")
    shutil.copy2(kernel, folder / "build/last/loader-stripped.elf")
    return folder


def targets_file(folder, name, tree):
    """An INI file with one OSv."""
    path = folder / "targets.ini"
    path.write_text(f"[{name}]\nkind = osv\ngoarch = amd64\nmemory = 64M\ntree = {tree}\n")
    return path


@needs_qemu
def test_without_a_tree(bare):
    """Cells are skipped with class no-tree, and the reason says what to do."""
    done = bare("run", f"target=osv & {EXE}")
    assert done.status == CODES["ok"], done
    reasons = {
        check["reason"] for cell in bare.report()["cells"] for check in cell["checks"] if check["status"] == "skip"
    }
    assert any(reason.startswith("no-tree: ") and "TLSMATRIX_OSV_TREE" in reason for reason in reasons), reasons
    assert bare("run", f"target=osv & {EXE}", "--forbid-skip", "no-tree").status == CODES["unexpected"]


@needs_qemu
def test_a_tree_that_is_not_built(bare, tmp_path):
    """The kernel that is missing is named."""
    (tmp_path / "tree").mkdir()
    bare("run", f"target=unbuilt & {EXE}", "--targets", targets_file(tmp_path, "unbuilt", tmp_path / "tree"))
    reasons = {
        check["reason"] for cell in bare.report()["cells"] for check in cell["checks"] if check["status"] == "skip"
    }
    assert any("build/last/loader-stripped.elf is not there" in reason for reason in reasons), reasons


@needs_qemu
def test_a_kernel_that_is_none(bare, tmp_path):
    """What QEMU does not start judges nothing: infrastructure, with QEMU's words."""
    text = tmp_path / "text"
    text.write_text("no kernel\n")
    done = bare(
        "run",
        f"target=broken & {EXE}",
        "--targets",
        targets_file(tmp_path, "broken", made_tree(tmp_path / "tree", text)),
    )
    assert done.status == CODES["infra"], done
    assert "target broken is not believed: QEMU ended with exit status 1" in done.stdout + done.stderr


@needs_qemu
def test_a_machine_that_says_something_else(bare, tmp_path):
    """The guest of the tests starts every program and runs none: nothing it says makes a check pass."""
    guest = BUILD / "fixtures/guest"
    if not guest.exists():
        pytest.skip("the guest is a kernel for a PC")
    done = bare(
        "run",
        f"target=guest & {EXE}",
        "--timeout-scale",
        "0.03",
        "--targets",
        targets_file(tmp_path, "guest", made_tree(tmp_path / "tree", guest)),
    )
    assert done.status in (CODES["unexpected"], CODES["infra"]), done
    live = [
        check
        for cell in bare.report()["cells"]
        for check in cell["checks"]
        if check["id"].startswith(("tls.g.", "thread.", "init.os-args"))
    ]
    assert live and not any(check["status"] == "pass" for check in live)


# ---- the real thing ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def osv(tmp_path_factory):
    """A run of one cell of each way to load Go that ends quickly."""
    tool = Tool(tmp_path_factory.mktemp("osv") / "out")
    done = tool("run", "target=osv & cgo=1 & (mode=exe,pie & link=internal | mode=c-shared & load=needed,dlopen)")
    return {cell["id"].split("/", 3)[3]: cell for cell in tool.report()["cells"]}, done


@needs_tree
def test_what_go_does_there(osv):
    """No deviation is without its known cause."""
    cells, done = osv
    assert done.status == CODES["ok"], done.stdout
    assert len(cells) == 4


@needs_tree
def test_a_library_works_when_it_is_linked(osv):
    """The program's threads, its slot and its initializer: most checks pass."""
    statuses = {check["id"]: check["status"] for check in osv[0]["c-shared/cgo1/external@osv:needed"]["checks"]}
    assert all(
        statuses[name] == "pass"
        for name in ("tls.g.main", "tls.g.go", "tls.g.c", "thread.foreign-calls", "init.os-args", "init.call-waits")
        if name in statuses
    )


@needs_tree
@pytest.mark.parametrize("cell", ["c-shared/cgo1/external@osv:dlopen", "exe/cgo1/internal@osv:exec"])
def test_what_dies_there_says_why(osv, cell):
    """A program that ends before its first check is a crash of all of them, known by its cause."""
    checks = [check for check in osv[0][cell]["checks"] if check["id"].startswith("tls.g.")]
    assert checks and {check["status"] for check in checks} == {"crash"}
    assert {check["verdict"] for check in checks} == {"known"}
