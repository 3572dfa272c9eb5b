"""toolchain list, get, add and remove: Go releases fetched, kept, spoiled, and never half there.

One release is fetched from the Go module proxy, once; what that sent, with the checksum database's answers, is then
served by a proxy of the tests' own, which can be slow, cut off, or wrong: Go's real signature of a real module.
"""

import fcntl
import http.server
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time
import zipfile

import pytest

from conftest import CODES, GO, Tool, wait_for

RELEASE = "1.6.4"
MODULE = f"v0.0.1-go{RELEASE}.linux-amd64"
pytestmark = pytest.mark.skipif(os.uname().machine != "x86_64", reason="the module of linux/amd64 is served")


class Proxy(http.server.ThreadingHTTPServer):
    """The Go module proxy protocol over a folder of files, with faults."""

    daemon_threads = True

    def __init__(self, folder):
        self.folder, self.fault, self.zips, self.lists = folder, None, 0, 0
        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"


def forged():
    """A module that is whole, and not what Go's authors signed."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        file.writestr(f"golang.org/toolchain@{MODULE}/VERSION", f"go{RELEASE}")
    return made.getvalue()


class Handler(http.server.BaseHTTPRequestHandler):
    """One request."""

    def log_message(self, *args):
        """Nothing on stderr."""

    def do_GET(self):
        """A file, as the fault has it."""
        if self.path.endswith("/@v/list"):
            self.server.lists += 1
            body = b"".join(b"v0.0.1-go%s.linux-amd64\n" % name for name in (b"1.6.2", b"1.6.4", b"1.4.3"))
        elif self.path.endswith("/supported"):
            body = b""
        else:
            file = pathlib.Path(self.server.folder, self.path[1:].replace("%21", "!"))
            body = file.read_bytes() if file.is_file() else None
        if body is None:
            self.send_error(404)
            return
        fault = self.server.fault if self.path.endswith(".zip") else None
        if fault == "forged":
            body = forged()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.server.zips += self.path.endswith(".zip")
        if fault == "changed":
            middle = len(body) // 2
            body = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
        elif fault == "cut":
            body = body[: len(body) // 2]
        for at in range(0, len(body), 1 << 20):
            try:
                self.wfile.write(body[at : at + (1 << 20)])
            except OSError:
                return
            while self.server.fault == "slow" and fault == "slow":
                time.sleep(0.05)
        self.close_connection = True


@pytest.fixture(scope="module")
def modules(tmp_path_factory):
    """What the module proxy sends for the release, as files."""
    folder = tmp_path_factory.mktemp("modules")
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "GOPATH": str(folder), "GOFLAGS": "-modcacherw"}
    argv = [GO, "mod", "download", f"golang.org/toolchain@{MODULE}"]
    subprocess.run(argv, cwd=folder, env=env | {"GOTOOLCHAIN": "local", "GOENV": "off"}, check=True)
    shutil.rmtree(folder / "pkg/mod/golang.org")
    return folder / "pkg/mod/cache/download"


@pytest.fixture
def proxy(modules):
    """A proxy that serves it."""
    server = Proxy(modules)
    yield server
    server.fault = None
    server.shutdown()


@pytest.fixture
def tool(tmp_path, proxy):
    """The program with a cache of its own, and that proxy alone."""
    return tool_with(tmp_path, proxy.url)


def tool_with(folder, url):
    """The program with a cache in folder that knows one proxy."""
    tool = Tool(folder / "out")
    tool.cache = str(folder / "cache")
    tool.env["GOPROXY"] = url
    return tool


@pytest.fixture(scope="module")
def kept(modules, tmp_path_factory):
    """A cache that holds the release; copies of it are spoiled."""
    folder, server = tmp_path_factory.mktemp("kept"), Proxy(modules)
    tool = tool_with(folder, server.url)
    done = tool("toolchain", "get", RELEASE)
    server.shutdown()
    assert done.status == CODES["ok"], done
    return folder / "cache", done


@pytest.fixture
def offline(kept, tmp_path):
    """The program with a copy of that cache, and no proxy."""
    subprocess.run(["cp", "-a", kept[0], tmp_path / "cache"], check=True)
    return tool_with(tmp_path, "off")


def copied_tree(kept, folder):
    """The release's GOROOT, copied to a place outside of the cache."""
    mine = folder / "mine"
    subprocess.run(["cp", "-a", kept[0] / f"release/go{RELEASE}/go", mine], check=True)
    return mine


def releases(tool):
    """What of releases lies in the cache: names, locks left out."""
    folder = pathlib.Path(tool.cache, "release")
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock") if folder.exists() else []


def listed(tool):
    """toolchain list --json, by state: one row for each release."""
    done = tool("toolchain", "list", "--json")
    assert done.status == CODES["ok"], done
    rows = json.loads(done.stdout)
    assert len({row["version"] for row in rows}) == len(rows), done
    return {
        state: {row["version"]: row for row in rows if row["state"] == state}
        for state in ("tested", "kept", "here", "available")
    }


def test_a_release_is_fetched_proved_and_kept(kept):
    cache, done = kept
    tree = cache / f"release/go{RELEASE}/go"
    assert done.stdout.startswith(f"go{RELEASE}: fetched (") and "module golang.org/toolchain" in done.stdout
    for word in ("fetching", "unpacking", "checking that it starts"):
        assert f"go{RELEASE}: {word}" in done.stderr, done
    hello = subprocess.run([tree / "bin/go", "version"], env={"GOROOT": str(tree)}, capture_output=True, text=True)
    assert hello.stdout.split()[2] == f"go{RELEASE}"
    assert not [*tree.rglob("*_test.go"), *tree.rglob("testdata"), *tree.glob("pkg/*_race")]
    record = json.loads((cache / f"release/go{RELEASE}/release.json").read_text())
    assert record["sum"].startswith("h1:"), record
    assert not [*(cache / "tmp").glob("fetch-*")]


def test_list_says_what_each_takes_and_what_can_be_had(kept, tmp_path, proxy):
    tool = tool_with(tmp_path, proxy.url)
    tool.cache = str(kept[0])
    rows = listed(tool)
    mine = rows["kept"][f"go{RELEASE}"]
    assert 50e6 < mine["size"] <= 300e6, mine
    assert mine["goroot"] == f"{kept[0]}/release/go{RELEASE}/go"
    (tested,) = rows["tested"].values()
    assert (mine["kept"], tested["kept"], tested["size"]) == (True, False, 0)
    # 1.4.3 is served too, and knows no -buildmode.
    assert list(rows["available"]) == ["go1.6.2"]
    text = tool("toolchain", "list")
    assert f"go{RELEASE}" in text.stdout and "1.6.2 1.6.4" in text.stdout and text.stderr == ""


def test_what_is_tested_and_kept_is_one_row(offline):
    (tested,) = listed(offline)["tested"].values()
    assert offline("toolchain", "add", tested["goroot"]).status == CODES["ok"]
    rows = listed(offline)
    assert rows["tested"] == {
        tested["version"]: {**tested, "kept": True, "size": rows["tested"][tested["version"]]["size"]}
    }
    assert list(rows["kept"]) == [f"go{RELEASE}"] and rows["tested"][tested["version"]]["size"] > 0
    assert offline("toolchain", "remove", tested["version"]).status == CODES["ok"]
    assert listed(offline)["tested"] == {tested["version"]: tested}


def test_list_without_a_network_tells_the_rest(offline):
    done = offline("toolchain", "list")
    assert done.status == CODES["ok"] and "GOPROXY=off" in done.line()
    assert [f"go{RELEASE}", "kept"] in [line.split()[:2] for line in done.stdout.splitlines()], done


def test_what_is_kept_needs_no_network(offline):
    done = offline("toolchain", "get", RELEASE)
    assert done.status == CODES["ok"] and done.stdout.startswith(f"go{RELEASE}: is here"), done


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["get", "1.6.3"], "usage", "1.6.3 not available; 1.6.2 and 1.6.4 bracket it"),
        (["get", "1.7..1.9"], "usage", "1.7..1.9 not available; 1.6.4 brackets it"),
        (["get", "1.4.3"], "usage", "1.4.3: knows no -buildmode, which came with 1.5"),
        (["get", "latest"], "usage", "latest: not a Go release such as"),
        (["get", "1.7..1.6"], "usage", "write 1.6..1.7"),
        (["get"], "usage", "takes list, get VERSION"),
        (["fetch", "1.6.4"], "usage", "takes list, get VERSION"),
        (["list", "1.6.4"], "usage", "takes list, get VERSION"),
        (["remove", "1.6.4"], "usage", "1.6.4: is not kept"),
        (["add", "/nonexistent"], "usage", "/nonexistent: No such file or directory"),
        (["add", "/usr"], "usage", "/usr: holds no VERSION"),
        (["add", "/bin/sh"], "usage", "is no .tar.gz of a Go release"),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, list) else None,
)
def test_bad_input(tool, words, code, says):
    done = tool("toolchain", *words)
    assert done.status == CODES[code] and says in done.line(), done
    assert releases(tool) == []


@pytest.mark.parametrize(
    ("fault", "says"),
    [("forged", "checksum mismatch"), ("changed", "zip: checksum error"), ("cut", "unexpected EOF")],
)
def test_what_did_not_come_whole_is_not_taken(tool, proxy, fault, says):
    proxy.fault = fault
    done = tool("toolchain", "get", RELEASE)
    assert done.status == CODES["infra"], done
    last = done.stderr.splitlines()[-1]
    assert says in last and f"go{RELEASE}: not fetched" in last, last
    assert releases(tool) == []
    assert not list(pathlib.Path(tool.cache).rglob("*.zip*"))


def test_without_a_checksum_nothing_is_taken(tool):
    tool.env["GOSUMDB"] = "off"
    done = tool("toolchain", "get", RELEASE)
    assert done.status == CODES["infra"] and "GOSUMDB=off" in done.line()
    assert releases(tool) == []


def test_a_killed_get_leaves_nothing_that_is_used(tool, proxy):
    proxy.fault = "slow"
    process = tool.start("toolchain", "get", RELEASE)
    wait_for(lambda: proxy.zips, "the download")
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert releases(tool) in ([], [f"go{RELEASE}.new"])
    assert listed(tool)["kept"] == {}
    proxy.fault = None
    done = tool("toolchain", "get", RELEASE)
    assert done.status == CODES["ok"] and releases(tool) == [f"go{RELEASE}"], done


def test_two_at_once_fetch_once(tool, proxy):
    both = [tool.start("toolchain", "get", RELEASE) for _ in range(2)]
    for process in both:
        out, err = process.communicate(timeout=300)
        assert process.returncode == CODES["ok"] and f"go{RELEASE}: " in out, (out, err)
    assert proxy.zips == 1 and releases(tool) == [f"go{RELEASE}"]


def test_what_was_changed_since_is_fetched_again(offline, proxy):
    compiler = pathlib.Path(offline.cache, f"release/go{RELEASE}/go/pkg/tool/linux_amd64/compile")
    right = compiler.read_bytes()
    compiler.write_bytes(right[:-1] + bytes([right[-1] ^ 1]))
    offline.env["GOPROXY"] = proxy.url
    done = offline("toolchain", "get", RELEASE)
    assert done.status == CODES["ok"] and proxy.zips == 1, done
    assert compiler.read_bytes() == right


def test_what_was_changed_since_builds_nothing(offline):
    assert offline("list", f"go={RELEASE}").status == CODES["ok"]
    std = pathlib.Path(offline.cache, f"release/go{RELEASE}/go/pkg/linux_amd64/runtime.a")
    std.write_bytes(std.read_bytes() + b"x")
    done = offline("list", f"go={RELEASE}")
    assert done.status == CODES["infra"] and "is not what was put into the cache" in done.line(), done
    # What asks for another release is not kept from its work.
    assert offline("list", "mode=exe & cgo=0").status == CODES["ok"]


@pytest.mark.skipif(os.geteuid() != 0, reason="a file system of its own takes root")
def test_a_full_disk(tool, tmp_path):
    pathlib.Path(tool.cache).mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=40m", "none", tool.cache], check=True)
    try:
        done = tool("toolchain", "get", RELEASE)
        assert done.status == CODES["infra"] and "no space left on device" in done.stderr.splitlines()[-1], done
        assert releases(tool) == []
    finally:
        subprocess.run(["umount", tool.cache], check=True)


BISECT = ("bisect", "--cell", "go1.7.1/linux/amd64/exe/cgo0/internal@host:exec", "--bad", "1.7.1")


def test_bisect_fetches_what_it_tries(tool, proxy):
    """AT_PAGESZ is read since 1.7 (runtime/os_linux.go sysargs)."""
    shared = Tool(pathlib.Path("/nonexistent"))
    assert shared("toolchain", "get", "1.7.1").status == CODES["ok"]
    goroot = listed(shared)["kept"]["go1.7.1"]["goroot"]
    assert tool("toolchain", "add", goroot).status == CODES["ok"]
    argv = (*BISECT, "--check", "contract.start-page-size-64k", "--get", "--good")
    for end, says in (
        ("1.6.3", "--good 1.6.3 not available; 1.6.2 and 1.6.4 bracket it"),
        ("1.3", "1.3 not available"),
    ):
        done = tool(*argv, end)
        assert done.status == CODES["usage"] and says in done.line(), done
    proxy.fault = "cut"
    done = tool(*argv, RELEASE)
    assert done.status == CODES["infra"] and f"go{RELEASE}: not fetched" in done.stderr.splitlines()[-1], done
    assert releases(tool) == ["go1.7.1"]
    proxy.fault, proxy.lists = None, 0
    done = tool(*argv, RELEASE)
    assert done.status == CODES["ok"] and proxy.lists == 1, (done, proxy.lists)
    assert done.stdout.split("\n\n")[1].splitlines()[:2] == [
        f"go{RELEASE}: pass tolerated",
        "go1.7.1: pass exits: runtime: kernel page size (65536) is larger than runtime page size (4096)",
    ]
    assert releases(tool) == [f"go{RELEASE}", "go1.7.1"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--good", RELEASE), "is not kept: --get"),
        (("--good", RELEASE, "--get"), "toolchain"),
        (("--get", "--axis", "target"), "--get: fetches releases"),
    ],
)
def test_bisect_without_a_network(tmp_path, words, says):
    tool = tool_with(tmp_path, "off")
    done = tool(*BISECT[:3], *words)
    assert done.status in (CODES["usage"], CODES["infra"]) and says in done.stderr.splitlines()[-1], done
    assert releases(tool) == []


def test_a_tree_that_lies_here_is_added_and_stays_there(tool, kept, tmp_path):
    mine = copied_tree(kept, tmp_path)
    done = tool("toolchain", "add", mine)
    assert (done.status, done.stdout) == (CODES["ok"], f"go{RELEASE}: added from {mine}\n"), done
    row = listed(tool)["kept"][f"go{RELEASE}"]
    assert (row["goroot"], row["from"]) == (str(mine), str(mine)) and row["size"] < 1e6
    again = tool("toolchain", "add", mine)
    assert again.status == CODES["ok"], again
    other = tmp_path / "other"
    other.symlink_to(kept[0] / f"release/go{RELEASE}/go")
    done = tool("toolchain", "add", other)
    assert done.status == CODES["usage"] and f"is kept already, from {mine}" in done.line()
    done = tool("toolchain", "remove", RELEASE)
    assert (done.status, done.stdout) == (CODES["ok"], f"go{RELEASE}: removed\n")
    assert releases(tool) == [] and (mine / "bin/go").exists()


def test_a_tarball_is_unpacked(tool, kept, tmp_path):
    tar = tmp_path / f"go{RELEASE}.tar.gz"
    subprocess.run(
        ["tar", "-C", kept[0] / f"release/go{RELEASE}", "--use-compress-program=gzip -1", "-cf", tar, "go"], check=True
    )
    done = tool("toolchain", "add", tar)
    assert done.status == CODES["ok"], done
    tar.unlink()
    row = listed(tool)["kept"][f"go{RELEASE}"]
    assert (row["goroot"], row["from"]) == (f"{tool.cache}/release/go{RELEASE}/go", str(tar))


def test_a_tree_that_builds_nothing_is_not_taken(tool, kept, tmp_path):
    mine = copied_tree(kept, tmp_path)
    (mine / "pkg/tool/linux_amd64/link").write_text("#!/bin/sh\necho no linker here >&2\nexit 1\n")
    done = tool("toolchain", "add", mine)
    assert done.status == CODES["infra"] and "no linker here" in done.line()
    assert releases(tool) == []


def test_a_tree_that_says_another_version_is_not_taken(tool, kept, tmp_path):
    mine = copied_tree(kept, tmp_path)
    (mine / "VERSION").write_text("go1.6.2")
    done = tool("toolchain", "add", mine)
    assert done.status == CODES["infra"] and "does not build a program that says so" in done.line()
    assert releases(tool) == []


def test_remove_takes_nothing_that_is_in_use(offline):
    with open(pathlib.Path(offline.cache, "in-use"), "r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        done = offline("toolchain", "remove", RELEASE)
        assert done.status == CODES["infra"] and "is using the cache" in done.line(), done
        assert releases(offline) == [f"go{RELEASE}"]
    done = offline("toolchain", "remove", "1.6.*")
    assert done.status == CODES["ok"] and releases(offline) == [], done


def test_the_cache_knows_it_and_never_cuts_it(offline):
    done = offline("cache", "list", "--json")
    kinds = {kind["kind"]: kind for kind in json.loads(done.stdout)["kinds"]}
    assert kinds["release"]["entries"] == 1
    done = offline("cache", "gc", "--size", "1K")
    assert done.status == CODES["ok"] and releases(offline) == [f"go{RELEASE}"]
    assert offline("cache", "verify").status == CODES["ok"]
    (pathlib.Path(offline.cache) / f"release/go{RELEASE}/go/VERSION").write_text("go1.6.5")
    done = offline("cache", "verify")
    assert done.status == CODES["unexpected"] and f"release/go{RELEASE}" in done.stdout
    assert releases(offline) == []
