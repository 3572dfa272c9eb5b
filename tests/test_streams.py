"""Where a command's output goes: pipes that are closed, devices and disks that are full."""

import os
import subprocess

import pytest

from conftest import BUILD, CODES, SMALL, Tool

# ---- standard output --------------------------------------------------------------------------------------


@pytest.mark.parametrize("args", [["--format", "json"], []])
def test_report_to_a_full_stdout(small, args):
    """Status 6 also when it is stdout that takes nothing."""
    with open("/dev/full", "w") as full:
        done = subprocess.run(small.tool.argv("report", *args), stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == CODES["report"] and len(done.stderr.splitlines()) == 1


def test_report_to_a_closed_pipe(small):
    """The reader went away: no signal, and not silently good."""
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run(
        small.tool.argv("report", "--format", "html"), stdout=write, stderr=subprocess.PIPE, text=True
    )
    os.close(write)
    assert done.returncode == CODES["report"], done


def printing(small, what):
    """Words of a command that prints."""
    cell = next(cell["id"] for cell in small.tool.plan()["cells"] if cell["id"].endswith("@host:exec"))
    return {
        "list": ["list"],
        "json": ["list", "--json"],
        "show": ["show", cell, "--all"],
        "inspect": ["inspect", BUILD / "tlsmatrix"],
        "target": ["target", "list"],
        "doctor": ["doctor"],
        "report": ["report"],
        "help": ["list", "--help"],
    }[what]


PRINTING = ["list", "json", "show", "inspect", "target", "doctor", "report", "help"]


@pytest.mark.parametrize("what", PRINTING)
def test_a_closed_pipe_is_no_news(small, what):
    """Nobody reads on: status 6, and not a word, since whoever closed it knows."""
    read, write = os.pipe()
    os.close(read)
    argv = small.tool.argv(*printing(small, what))
    done = subprocess.run(argv, stdout=write, stderr=subprocess.PIPE, text=True)
    os.close(write)
    assert (done.returncode, done.stderr) == (CODES["report"], ""), done


def test_a_reader_who_has_enough(small):
    """The same in the middle: `list | head -1`."""
    with small.tool.start("list") as process:
        assert process.stdout.readline().startswith("go1.")
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == CODES["report"]


@pytest.mark.parametrize("what", [*PRINTING, "--help", "--version"])
def test_a_full_disk_is_told(small, what):
    """Status 6 and one line."""
    argv = [small.tool.program, what] if what.startswith("--") else small.tool.argv(*printing(small, what))
    with open("/dev/full", "w") as full:
        done = subprocess.run(argv, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == CODES["report"], done
    assert done.stderr == "tlsmatrix: standard output: cannot write all: No space left on device\n"


# ---- a full disk ------------------------------------------------------------------------------------------


@pytest.fixture
def tiny(tmp_path):
    """A file system of 64 KiB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("cannot mount a small file system here: not root, or in a container")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_out_on_a_full_disk(small, tiny):
    """A clear line and status 3; what was there before and what is in the cache are kept."""
    tool = Tool(tiny / "out")
    fill = tiny / "fill"
    tool.out.mkdir()
    with open(fill, "wb") as file, pytest.raises(OSError):
        while True:
            os.write(file.fileno(), bytes(4096))
    done = tool("run", SMALL)
    assert (
        done.status in (CODES["infra"], CODES["report"]) and str(tiny) in done.line() and "No space left" in done.line()
    ), done
    fill.unlink()
    subprocess.run(["mount", "-o", "remount,size=64m", tiny], check=True)
    again = tool("run", SMALL)
    assert again.status == small.done.status and "0 cells judged now" in again.stdout
    assert [cell["id"] for cell in tool.report()["cells"]] == [cell["id"] for cell in small.tool.report()["cells"]]
