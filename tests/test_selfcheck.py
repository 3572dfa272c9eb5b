"""Every check is made to fail by its control."""

import fcntl
import json
import re
import subprocess

import pytest

from conftest import CODES, Tool, cache_folder

# A line of --verbose: what the control did, what was seen with it, and the line that shows it.
ATTEMPT = re.compile(r"^ok +(\S+) +(\w+) .*\n.*\n +with: +observed (.*?)  .*\n +repro +(.*)$", re.M)


@pytest.fixture(scope="module")
def tried(tmp_path_factory):
    """One control of each way to do something wrong, by check: its kind, what was observed and its line."""
    tool = Tool(tmp_path_factory.mktemp("tried") / "out")
    checks = "check=tls.static-flag,thread.no-settls,tls.g.main,build.c-tls-internal"
    done = tool("selfcheck", checks, "--verbose")
    assert done.status == CODES["ok"], done
    found = {check: (kind, observed, repro) for check, kind, observed, repro in ATTEMPT.findall(done.stdout)}
    assert sorted(kind for kind, _, _ in found.values()) == ["bend", "build", "mutate", "sabotage"], done.stdout
    return found


def by_hand(line):
    """What a line prints that is pasted into a shell.

    The cache is in use meanwhile (runner/cache/use.h): a tlsmatrix that begins beside it would sweep CACHE/tmp, where
    the line has its scratch.
    """
    with open(cache_folder() / "in-use", "ab") as shared:
        fcntl.flock(shared, fcntl.LOCK_SH)
        done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=300, check=False)
    return done, done.stdout + done.stderr


def test_selfcheck(tool, record_property):
    """All controls of all checks; the failing ones are the message."""
    done = tool("selfcheck")
    match = re.search(
        r"^(\d+) of (\d+) controls make their check fail, 0 of (\d+) checks have no control$", done.stdout, re.M
    )
    last = done.stdout.splitlines()[-1] if done.stdout else done.stderr
    record_property("said", f"selfcheck: {last}; {done.seconds:.0f} s")
    assert done.status == CODES["ok"] and match, done.stdout + done.stderr
    assert match[1] == match[2] and int(match[1]) >= int(match[3])


def test_as_json(tool):
    """Counts of families are those of their faults and sum to all; each fault says what it is and what came of it."""
    asked = {"tls.g.main": "tls", "tls.static-flag": "tls", "init.auxv": "init"}
    done = tool("selfcheck", f"check={','.join(asked)}", "--json")
    said = json.loads(done.stdout)
    assert done.status == CODES["ok"] and said["schema"] == 1 and said["bare"] == [], done
    assert {fault["check"]: fault["family"] for fault in said["faults"]} == asked
    for family in said["families"]:
        mine = [fault for fault in said["faults"] if fault["family"] == family["family"]]
        seen = [fault for fault in mine if fault["end"] == "seen"]
        assert (family["planted"], family["seen"]) == (len(mine), len(seen)), family
        assert family["checks"] == len({fault["check"] for fault in mine}) and family["bare"] == []
    for key in "planted", "seen", "checks":
        assert said[key] == sum(family[key] for family in said["families"]) > 0
    for fault in said["faults"]:
        assert (fault["became"], fault["without"], fault["end"]) == (fault["must"], "pass", "seen"), fault
        assert fault["cell"].startswith("go") and fault["observed"] and fault["repro"], fault


def test_selfcheck_of_one_check(tool):
    """A filter takes one check; one that selects none, or names one that is not there, is an error."""
    done = tool("selfcheck", "check=tls.g.main", "--verbose")
    assert done.status == CODES["ok"] and re.search(r"^ok +tls\.g\.main ", done.stdout, re.M), done
    none = tool("selfcheck", "check=tls.g.main & target=nowhere")
    assert none.status == CODES["nothing"] and "'check=tls.g.main & target=nowhere'" in none.line()
    unknown = tool("selfcheck", "check=tls.nothing")
    assert unknown.status == CODES["usage"] and "'tls.nothing' at column 7" in unknown.line()


@pytest.mark.parametrize("check", ["thread.no-settls", "tls.g.main"])
def test_the_line_does_what_the_control_does(tried, check):
    """Pasted into a shell it observes what selfcheck saw with the control, not what is there without."""
    _, observed, repro = tried[check]
    assert f"obs\t{check}\t{observed}\t" in by_hand(repro)[1], repro


def test_the_line_shows_the_file_that_was_changed(tried):
    """The copy without the flag, which stays beside its result."""
    repro = tried["tls.static-flag"][2]
    done, text = by_hand(repro)
    assert done.returncode == 0 and "TPOFF64" in text and "STATIC_TLS" not in text, repro


def test_the_line_is_the_build_that_the_check_is_about(tried, tmp_path):
    """The C TLS build, linked as the control has it: it succeeds where it must be refused."""
    _, observed, repro = tried["build.c-tls-internal"]
    assert observed.startswith("built=yes") and "-linkmode=external" in repro
    done, _ = by_hand(re.sub(r" -o \S+/ctls ", f" -o {tmp_path}/ctls ", repro))
    assert done.returncode == 0 and (tmp_path / "ctls").exists(), repro


def test_a_filter_without_the_cell_of_a_control(tool):
    """A check whose control is tried elsewhere is not one that has none."""
    done = tool("selfcheck", "mode=plugin & check=tls.static-flag")
    assert done.status == CODES["nothing"] and "no cell in which a control is tried" in done.line(), done
    assert "BARE" not in done.stdout


@pytest.mark.parametrize("go", ["1.6.4", "1.7.1"])
def test_controls_of_an_older_release(tool, go):
    """What is needed since some release only has controls for both sides; those of the other are not asked for."""
    assert tool("toolchain", "get", go).status == CODES["ok"]
    done = tool("selfcheck", f"check=contract.start-page-size-*,contract.start-random-* & go={go}")
    assert done.status == CODES["ok"] and "7 of 7 controls make their check fail, 0 of" in done.stdout, done


def test_the_line_of_a_preloaded_library(tool):
    """The tracer hands the library to the program alone, by hand too."""
    done = tool("run", "mode=c-shared & cgo=1 & link=external & load=preload & target=host & check=init.entry-once")
    assert done.status == CODES["ok"], done
    check = tool.report()["cells"][0]["checks"][0]
    assert f"obs\t{check['id']}\t{check['observed']}\t" in by_hand(check["repro"])[1], check
    assert f"obs\t{check['id']}\t{check['observed']}\t" not in by_hand(re.sub(r"--preload \S+ ", "", check["repro"]))[1]
