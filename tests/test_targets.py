"""Targets that a user describes: loaders, wrappers, another machine; those that lie; what is wrong in the file."""

import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import time

import pytest
from conftest import CODES, NEVER_BEFORE, ROOT, described, live

LIAR = ROOT / "tests/fixtures/liar.sh"
ONE = "mode=exe & cgo=0 & link=internal"
VALGRIND = shutil.which("valgrind")
SSHD = shutil.which("sshd", path=os.environ["PATH"] + ":/usr/sbin")


# ---- wrappers -----------------------------------------------------------------------------------------------


def test_a_key_of_the_section_that_changes_is_run_again(tool, tmp_path):
    """trace = no after trace = yes: what was seen by the tracer is not told again."""
    text = "[mine]\nkind = wrapper\ncommand = env {argv}\ntrace = "
    for trace, status in ("yes", "pass"), ("no", "skip"):
        done = tool("run", f"target=mine & {ONE}", "--targets", described(tmp_path, f"{text}{trace}\n"))
        assert done.status == CODES["ok"], done
        checks = tool.report()["cells"][0]["checks"]
        assert {check["status"] for check in checks if check["id"] == "thread.clone-flags"} == {status}


@pytest.mark.skipif(not VALGRIND, reason="valgrind is not installed")
def test_what_the_tracer_does_not_see_is_told(tool, tmp_path):
    """A wrapper whose programs tlstrace sees says so of itself; one that rewrites their code does, too."""
    file = described(
        tmp_path,
        "[env]\nkind = wrapper\ncommand = env {argv}\n"
        "[rewrites]\nkind = wrapper\ncommand = valgrind --tool=none -q {argv}\n"
        "[forks]\nkind = wrapper\ncommand = timeout --foreground 100 {argv}\n",
    )
    for name, seen in ("env", "yes"), ("rewrites", "no: tlstrace saw 0 calls of "), ("forks", "no: tlstrace saw "):
        done = tool("target", "check", name, "--targets", file, "--json")
        assert done.status == CODES["ok"] and json.loads(done.stdout)["facts"]["trace"].startswith(seen), done


WINE = all(shutil.which(program) for program in ("bwrap", "x86_64-w64-mingw32-gcc-posix")) and os.path.exists(
    "/usr/lib/wine/wine64"
)


@pytest.mark.skipif(not WINE, reason="wine64, bubblewrap or mingw is not installed")
def test_wine(tool):
    """A Windows program where Go's DLL is there, and where it is not: known (#118), and seen in its own words."""
    done = tool("run", f"target=wine,wine-bare & {ONE}")
    assert done.status == CODES["ok"], done
    assert set(live(tool.report(), "wine").values()) == {"pass"} and set(live(tool.report(), "wine-bare").values()) == {
        "crash"
    }
    messages = [
        check["message"]
        for cell in tool.report()["cells"]
        if cell["target"] == "wine-bare"
        for check in cell["checks"]
        if check["status"] == "crash"
    ]
    assert any("bcryptprimitives.dll" in message for message in messages), messages


# ---- what a target is: libc=, kernel=, emulator= ------------------------------------------------------------------


def test_a_target_is_selected_by_what_it_is(tool, tmp_path):
    """libc= and kernel= ask what was found there; what is here and not known yet is checked first."""
    text = "[mine]\nkind = wrapper\ncommand = env FRESH=1 {argv}\n"
    file = described(tmp_path, text + "[gone]\nkind = wrapper\ncommand = no-such-command {argv}\n")
    libc = "-".join(platform.libc_ver())
    for asked, selected in (
        (f"libc={libc}", {"mine"}),
        ("kernel=Linux-*", {"mine"}),
        (f"!libc={libc}", {"gone"}),
        ("libc=*", {"mine"}),
    ):
        done = tool("list", f"target=mine,gone & {ONE} & {asked}", "--targets", file)
        assert {line.split("@")[1].split(":")[0] for line in done.stdout.split() if "@" in line} == selected, done
    done = tool("list", f"target=mine & {ONE} & libc=musl-*", "--targets", file)
    assert done.status == CODES["nothing"] and "those that are here" in done.stderr, done


@pytest.mark.skipif(platform.machine() != "x86_64", reason="tlsmatrix knows musl packages of amd64")
def test_a_musl_by_any_name(tool, tmp_path):
    """A user's own loader that is a musl gets musl's expectations, not glibc's: rules ask what it is, not its name."""
    for name in "musl-1.2.2", "musl-1.2.3":
        assert tool("target", "get", name).status == CODES["ok"]
    file = described(
        tmp_path,
        "[my-ld]\nkind = loader\ncells = !load=dlmopen\n"
        "interpreter = {musl-1.2.3}/lib/ld-musl-x86_64.so.1\n"
        "library-path = {musl-1.2.3}/usr/lib/x86_64-linux-musl\n"
        "cc = gcc -specs={root}/runner/target/musl-gcc.specs --sysroot={musl-1.2.2}\n",
    )
    done = tool("run", "target=my-ld & mode=c-shared & link=external & load=dlopen", "--targets", file)
    assert done.status == CODES["ok"] and "musl refuses initial-exec TLS" in done.stdout, done
    verdicts = {check["verdict"] for cell in tool.report()["cells"] for check in cell["checks"]}
    assert verdicts == {"ok", "known"}
    # A run that is cut off has what its rules ask for: the target is told before the first of its cells.
    events = re.findall(r'"event": ?"(\w+)"', (tool.out / "journal").read_text())
    assert events.index("target") < events.index("cell")


NEEDS = [
    # what the case's programs find there, what is skipped and with which class, and that it is nothing else
    (
        "fork",
        "no-fork",
        {"thread.fork-exec", "thread.fork-signals", "thread.pidfd-probe"},
        "mode=exe & cgo=0 & link=internal",
    ),
    ("dlmopen", "no-dlmopen", None, "mode=c-shared & load=dlmopen & link=external"),
]


@pytest.mark.parametrize("fact, skip_class, checks, cells", NEEDS)
def test_what_a_target_lacks_is_skipped(tool, tmp_path, fact, skip_class, checks, cells):
    """A call that is not there skips what takes it, with a class; one that is there and fails skips nothing."""
    lacks = f"{sys.executable} {ROOT}/tests/fixtures/lacks.py"
    file = described(
        tmp_path,
        f"[lacks]\nkind = wrapper\ncommand = {lacks} {fact} no {{argv}}\n"
        f"[fails]\nkind = wrapper\ncommand = {lacks} {fact} fails {{argv}}\n",
    )
    done = tool("run", f"target=lacks,fails & {cells}", "--targets", file)
    assert done.status == CODES["ok"], done
    skipped = {"lacks": set(), "fails": set()}
    for cell in tool.report()["cells"]:
        for check in cell["checks"]:
            if (check["reason"] or "").startswith(f"{skip_class}: "):
                skipped[cell["target"]].add(check["id"])
    assert not skipped["fails"] and (skipped["lacks"] == checks if checks else len(skipped["lacks"]) > 20), skipped
    assert (
        tool("run", f"target=lacks & {cells}", "--targets", file, "--forbid-skip", skip_class).status
        == (CODES["unexpected"])
    )


# ---- who is not believed -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    ["canned", "status", "refuses", "good", "garbles", "half", "noend", "quiet", "echo", "gone", "dies", "megabyte"],
)
def test_who_lies_is_not_believed(tool, tmp_path, kind):
    """target check says why; exit 3."""
    file = described(tmp_path, f"[liar]\nkind = wrapper\ncommand = {LIAR} {kind} {{argv}}\n")
    done = tool("target", "check", "liar", "--targets", file)
    assert done.status == CODES["infra"] and "liar is not believed: " in done.stdout + done.stderr, done


def test_who_is_honest_is_believed(tool, tmp_path):
    """The same fixture, with nothing wrong in it."""
    file = described(tmp_path, f"[liar]\nkind = wrapper\ncommand = {LIAR} honest {{argv}}\n")
    done = tool("target", "check", "liar", "--targets", file)
    assert done.status == CODES["ok"] and "page-size" in done.stdout, done


@pytest.mark.parametrize("kind", ["canned", "gone", "floods", "hangs", "leaves"])
def test_the_others_go_on(tool, tmp_path, kind):
    """A liar's cells are infra, and one line says why; the other target of the run is judged."""
    file = described(
        tmp_path,
        f"[liar]\nkind = wrapper\ncommand = {LIAR} {kind} {{argv}}\n"
        f"[honest]\nkind = wrapper\ncommand = {LIAR} honest {{argv}}\n",
    )
    scale = ["--timeout-scale", "0.1"] if kind == "hangs" else []
    done = tool("run", f"target=liar,honest & {ONE}", "--targets", file, *scale)
    assert done.status == CODES["infra"], done
    said = [line for line in done.stderr.splitlines() if line.startswith("tlsmatrix: ")]
    assert len(said) == 1 and said[0].startswith(f"tlsmatrix: {file}:1: target liar is not believed: "), done
    assert set(live(tool.report(), "liar").values()) == {"infra"}
    assert "pass" in live(tool.report(), "honest").values() and "infra" not in live(tool.report(), "honest").values()


def test_what_could_not_be_judged_is_tried_again(tool, tmp_path):
    """The same command, when what was wrong is no longer: infrastructure is no result to be told a second time."""
    wrapper, up = tmp_path / "board.sh", tmp_path / "up"
    down = f"[ -e {up} ] || {{ echo the board is down; exit 7; }}"
    wrapper.write_text(f'#!/bin/sh\n# {NEVER_BEFORE}\n{down}\nexec "$@"\n')
    wrapper.chmod(0o755)
    command = ["run", f"target=board & {ONE}", "--targets"]
    command.append(described(tmp_path, f"[board]\nkind = wrapper\ncommand = {wrapper} {{argv}}\n"))
    done = tool(*command)
    assert done.status == CODES["infra"] and "the board is down" in done.stderr, done
    assert tool(*command).status == CODES["infra"]
    up.touch()
    assert tool(*command).status == CODES["ok"] and "pass" in live(tool.report(), "board").values()


# ---- what is wrong in the file ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, line",
    [
        ("[a]\nkind = loader\n", 1),
        ("[a]\nkind = nothing\n", 2),
        ("[a]\nkind = wrapper\ncommand = env {argv}\ncolour = red\n", 4),
        ("[a]\nkind = wrapper\ncommand = env {argv}\nscale = many\n", 4),
        ("[a]\nkind = wrapper\ncommand = env {argv}\ncells = mode=\n", 4),
        ("[a]\nkind = wrapper\ncommand = " + "x" * 300 + " {argv}\n", 3),
        ("kind = wrapper\n", 1),
        ("[a]\nkind = wrapper\ncommand = env {argv}\nwithout = host\n", 1),
        ("[a]\nkind = wrapper\ncommand = env {argv}\nseen-by = tls.g.main\n", 1),
        ("[a]\nkind = wrapper\ncommand = env {argv}\nwithout = host\nseen-by = tls.no-such\n", 5),
        ("[a]\nkind = wrapper\ncommand = env {argv}\nwithout = nobody\nseen-by = tls.g.main\n", 1),
        ("[a]\nkind = wrapper\ncommand = env {argv}\nwithout = a\nseen-by = tls.g.main\n", 1),
    ],
)
def test_bad_files(tool, tmp_path, text, line):
    """FILE:LINE: what is wrong; exit 2."""
    file = described(tmp_path, text)
    done = tool("list", "target=a", "--targets", file)
    assert done.status == CODES["usage"] and f"{file}:{line}: " in done.stderr, done


def test_a_file_that_is_not_there(tool, tmp_path):
    """It is named."""
    done = tool("list", "target=a", "--targets", tmp_path / "none.ini")
    assert done.status == CODES["usage"] and "none.ini" in done.line()


# ---- target list, get ---------------------------------------------------------------------------------------------


def test_list(tool):
    """Every target of the file, with its state."""
    done = tool("target", "list")
    assert done.status == CODES["ok"] and {"host", "glibc-2.31", "musl-1.2.6", "osv"} <= {
        line.split()[0] for line in done.stdout.splitlines() if line[:1].strip()
    }


def entry(tool, name, *args):
    """What target list says of a target."""
    done = tool("target", "list", "--json", *args)
    return next(entry for entry in json.loads(done.stdout) if entry["name"] == name)


def test_list_tells_what_was_found(tool, tmp_path):
    """Not checked yet, then believed with its libc, or not believed and why; and what it lacks."""
    text = "[mine]\nkind = wrapper\ntrace = no\ncommand = env LISTED=%d {argv}\n" % os.getpid()
    file = described(tmp_path, text + f"[liar]\nkind = wrapper\ncommand = {LIAR} canned {os.getpid()} {{argv}}\n")
    assert entry(tool, "mine", "--targets", file)["state"] == "ready" and "believed" not in entry(
        tool, "mine", "--targets", file
    )
    tool("target", "check", "mine", "--targets", file)
    tool("target", "check", "liar", "--targets", file)
    mine, liar = entry(tool, "mine", "--targets", file), entry(tool, "liar", "--targets", file)
    assert mine["believed"] and mine["facts"]["libc"] == " ".join(platform.libc_ver())
    assert not liar["believed"] and "known-good" in liar["message"]
    rows = {line.split()[0]: line for line in tool("target", "list", "--targets", file).stdout.splitlines()}
    assert " believed " in rows["mine"] and rows["mine"].endswith(f"{' '.join(platform.libc_ver())}; lacks trace"), rows
    assert " not believed " in rows["liar"], rows


def test_what_the_command_needs(tool, tmp_path):
    """A script that is there starts nothing without what it runs: all that is missing is named, with its packages."""
    text = f"[mine]\nkind = wrapper\ncommand = {LIAR} honest {{argv}}\nneeds = env /no/such no-such-tool\n"
    file = described(tmp_path, text + "debian = a-package b-package\n")
    mine, told = entry(tool, "mine", "--targets", file), "/no/such, no-such-tool: apt-get install a-package b-package"
    assert (mine["state"], mine["thing"]) == ("not-installed", told)
    done = tool("doctor", "--targets", file)
    assert re.search(rf"^  MISSING  target   mine, \d+ cells: {told}$", done.stdout, re.M), done
    done = tool("run", f"target=mine & {ONE}", "--targets", file, "--forbid-skip", "not-installed")
    assert done.status == CODES["unexpected"] and "no-such-tool" in done.stdout, done


@pytest.mark.parametrize("name", ["wine", "wine-bare"])
def test_wine_is_here_only_with_all_that_starts_it(tool, name):
    """runner/target/wine.sh always is; Debian's packages are named where they are not."""
    mine = entry(tool, name)
    starts = shutil.which("bwrap") and os.path.exists("/usr/lib/wine/wine64")
    if starts and (name == "wine-bare" or WINE):
        assert mine["state"] == "ready" and mine["version"].startswith("wine-"), mine
    else:
        assert mine["state"] == "not-installed" and "apt-get install wine64 bubblewrap" in mine["thing"], mine


def test_get_of_what_is_unknown(tool):
    """A name that nobody described."""
    done = tool("target", "get", "no-such-target")
    assert done.status == CODES["usage"] and "no-such-target" in done.stderr, done


def test_what_a_target_says_moves_no_cursor(tool, tmp_path):
    """Its facts are text of one line each, in target check, target list and in show."""
    lacks = f"{sys.executable} {ROOT}/tests/fixtures/lacks.py libc \\e[31mred"
    file = described(tmp_path, f"[odd]\nkind = wrapper\ncommand = {lacks} {{argv}}\n")
    assert tool("run", f"target=odd & {ONE}", "--targets", file).status == CODES["ok"]
    cell = tool.report()["cells"][0]["id"]
    for command in (
        ["target", "check", "odd", "--targets", file],
        ["target", "list", "--targets", file],
        ["show", cell],
    ):
        done = tool(*command)
        assert r"\x1b[31mred" in done.stdout and "\x1b" not in done.stdout, done


@pytest.mark.parametrize(
    "text, thing",
    [
        ("kind = loader\ninterpreter = ./no-such-ld.so\n", "no-such-ld.so is not there"),
        ("kind = wrapper\ncommand = no-such-command {argv}\n", "no-such-command: not in PATH"),
        ("kind = wrapper\ncommand = ./no-such.sh {argv}\n", "no-such.sh: not in PATH, or not there"),
    ],
)
def test_what_leads_nowhere(tool, tmp_path, text, thing):
    """A section of the user's whose loader or command is not there: its place and the thing; the others go on."""
    file = described(tmp_path, f"# mine\n[gone]\n{text}[honest]\nkind = wrapper\ncommand = env {{argv}}\n")
    done = tool("run", f"target=gone,honest & {ONE}", "--targets", file)
    said = [line for line in done.stderr.splitlines() if line.startswith("tlsmatrix: ")]
    assert done.status == CODES["infra"] and len(said) == 1, done
    assert said[0].startswith(f"tlsmatrix: {file}:2: target gone: ") and thing in said[0]
    assert set(live(tool.report(), "gone").values()) == {"infra"}
    assert "pass" in live(tool.report(), "honest").values() and "infra" not in live(tool.report(), "honest").values()
    done = tool("target", "check", "gone", "--targets", file)
    assert done.status == CODES["infra"] and done.stderr.startswith(f"tlsmatrix: {file}:2: target gone: "), done


# ---- another machine --------------------------------------------------------------------------------------------

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="an sshd of one's own lets root alone in")

# What the server runs in place of each command it is given; $SSH_ORIGINAL_COMMAND is that one.
NOISY = """echo 'Welcome to the board!'; echo 'battery low' >&2
exec sh -c "$SSH_ORIGINAL_COMMAND"
"""
# The first commands go through; from the 12th on the connection breaks while the program runs.
BREAKS = """echo >> $0.count
[ $(wc -l < $0.count) -lt 12 ] || { sleep 0.1; kill -9 $PPID; }
exec sh -c "$SSH_ORIGINAL_COMMAND"
"""


@pytest.fixture
def serve(tmp_path):
    """Starts a server on the loopback address with keys of its own; the lines of a target that is it."""
    if not SSHD or not shutil.which("ssh"):
        pytest.skip("openssh is not installed")
    servers = []

    def start(command=None, key="user"):
        for name in ("host", "user", "stranger"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / name], check=True)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        force = ""
        if command:
            (tmp_path / "force.sh").write_text(command)
            force = f"ForceCommand sh {tmp_path}/force.sh\n"
        (tmp_path / "sshd_config").write_text(
            f"Port {port}\nListenAddress 127.0.0.1\nHostKey {tmp_path}/host\nAuthorizedKeysFile {tmp_path}/user.pub\n"
            f"StrictModes no\nUsePAM no\nPidFile none\nPermitRootLogin yes\n{force}"
        )
        os.makedirs("/run/sshd", exist_ok=True)
        servers.append(
            subprocess.Popen(
                [SSHD, "-D", "-e", "-f", tmp_path / "sshd_config"], stderr=subprocess.DEVNULL, start_new_session=True
            )
        )
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        (tmp_path / "ssh_config").write_text(
            f"Host board\n  HostName 127.0.0.1\n  Port {port}\n  IdentityFile {tmp_path}/{key}\n  IdentitiesOnly yes\n"
            f"  UserKnownHostsFile /dev/null\n  StrictHostKeyChecking no\n  LogLevel ERROR\n"
        )
        ssh = f"ssh -F {tmp_path}/ssh_config"
        return f"[board]\nkind = ssh\nhost = root@board\nssh = {ssh}\ndirectory = {tmp_path}/there\n"

    yield start
    for server in servers:
        server.kill()
        server.wait()


@AS_ROOT
def test_ssh(serve, tool, tmp_path):
    """A program and a library run on another machine; what was sent stays for the next run, and nothing of a start."""
    there = tmp_path / "there"
    file = described(tmp_path, serve())
    done = tool("run", f"target=board & ({ONE} | mode=c-shared & load=dlopen)", "--targets", file)
    assert done.status == CODES["ok"], done
    statuses = live(tool.report(), "board")
    assert (
        len({cell for cell, _ in statuses}) == 2
        and set(statuses.values()) <= {"pass", "skip"}
        and "pass" in statuses.values()
    )
    sets = [name for name in os.listdir(there) if name not in ("files", "run")]
    assert sets and all((there / name / ".complete").exists() for name in sets) and os.listdir(there / "files")
    assert not (there / "run").exists() or not os.listdir(there / "run")


@AS_ROOT
def test_ssh_with_noise(serve, tool, tmp_path):
    """What a login prints, before the program and beside it, does no harm."""
    done = tool("run", f"target=board & {ONE}", "--targets", described(tmp_path, serve(NOISY)))
    assert done.status == CODES["ok"] and "pass" in live(tool.report(), "board").values(), done


@AS_ROOT
def test_ssh_that_breaks(serve, tool, tmp_path):
    """A connection that is lost in the middle is infrastructure; the other target is judged."""
    file = described(tmp_path, serve(BREAKS) + "[mine]\nkind = wrapper\ncommand = env {argv}\n")
    done = tool("run", f"target=board,mine & {ONE}", "--targets", file)
    assert done.status == CODES["infra"], done
    assert "infra" in live(tool.report(), "board").values() and "infra" not in live(tool.report(), "mine").values()


@AS_ROOT
def test_ssh_with_the_wrong_key(serve, tool, tmp_path):
    """ssh's own words say why nothing was judged."""
    done = tool("target", "check", "board", "--targets", described(tmp_path, serve(key="stranger")))
    assert done.status == CODES["infra"] and "ermission denied" in done.stdout + done.stderr, done


def test_a_machine_that_does_not_answer(tool, tmp_path):
    """Infrastructure, with ssh's words; the other target is judged."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    file = described(
        tmp_path,
        f"[board]\nkind = ssh\nhost = nobody@127.0.0.1\nssh = ssh -F none -p {port}\n"
        f"[mine]\nkind = wrapper\ncommand = env {{argv}}\n",
    )
    if not shutil.which("ssh"):
        pytest.skip("ssh is not installed")
    done = tool("run", f"target=board,mine & {ONE}", "--targets", file)
    assert done.status == CODES["infra"] and "onnection refused" in done.stdout + done.stderr, done
    assert set(live(tool.report(), "board").values()) == {"infra"} and "pass" in live(tool.report(), "mine").values()


def test_a_library_without_its_compiler_is_skipped(tool, tmp_path):
    """What would be put into the Go package is made by the same compiler: it is not missed as a file."""
    ini = f"[mine]\nkind = wrapper\ncommand = env {{argv}}\ncc = no-such-gcc -D{NEVER_BEFORE}\n"
    cell = "target=mine & mode=c-shared & load=dlopen & link=external"
    done = tool("run", "--targets", described(tmp_path, ini), cell)
    assert done.status == CODES["ok"], done
    (cell,) = tool.report()["cells"]
    assert {check["reason"] for check in cell["checks"]} == {f"not-installed: no-such-gcc -D{NEVER_BEFORE}"}


def test_a_compiler_may_be_named_by_its_place(tool, tmp_path):
    """As execvp(3) has it: a name with a slash is looked for in no list of folders."""
    ini = f"[mine]\nkind = wrapper\ncommand = env {{argv}}\ncc = {shutil.which('gcc')}\n"
    cell = "target=mine & mode=c-shared & load=dlopen & link=external"
    done = tool("run", "--targets", described(tmp_path, ini), cell)
    assert done.status == CODES["ok"], done
    assert "skip" not in {check["status"] for check in tool.report()["cells"][0]["checks"]}


# ---- several processes of one cell at once ------------------------------------------------------------------


@pytest.mark.parametrize("jobs, most", [((), 8), (("-j", "1"), 1)])
def test_checks_that_are_alone_run_beside_each_other(tool, tmp_path, jobs, most):
    """Eight processes of a cell at a time, one where one at a time was asked for; the log has one after the other."""
    start, told = tmp_path / "start", tmp_path / "told"
    start.write_text(f'#!/bin/sh\necho begin >>{told}\nsleep 0.5\n"$@"\nstatus=$?\necho end >>{told}\nexit $status\n')
    start.chmod(0o755)
    file = described(tmp_path, f"[mine]\nkind = wrapper\ntrace = no\ncommand = {start} {{argv}}\n")
    checks = (
        "signal.default,signal.reset,signal.ignored,signal.profile,signal.go-fault,signal.c-fault,signal.ctor,"
        "init.load-thread,init.load-busy,init.load-concurrent"
    )
    one = f"target=mine & mode=c-shared & link=external & load=dlopen & check={checks}"
    done = tool("run", one, "--force", "--targets", file, *jobs)
    assert done.status == CODES["ok"], done
    here, top = 0, 0
    for line in told.read_text().split()[-20:]:
        here += 1 if line == "begin" else -1
        top = max(top, here)
    assert (here, top) == (0, most)
    log = next(path for path in (tool.out / "logs").iterdir() if "run" in path.name).read_text(errors="replace")
    kinds = [line[0] for line in log.split("\n") if line.startswith(("$ ", "# exit"))]
    assert kinds == ["$", "#"] * 10
