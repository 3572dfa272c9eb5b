"""A loader with one fault of ours is red in the check that is about it: all of them in `make selfcheck`, here a few."""

import json
import re
import shutil

import pytest
from conftest import CODES, HOST, described
from loader_faults import CELLS, LINK, Musl, NoSource, table

pytestmark = pytest.mark.skipif("amd64" not in HOST, reason="musl is built for amd64, where its targets are")
# One of each family, for `make test`.
FEW = ("image-not-copied", "tpoff-one-word", "init-twice", "init-dependencies-last", "no-key-destructors")


@pytest.fixture(name="musl")
def fixture_musl(tool):
    """musl from Debian's source package."""
    try:
        made = Musl(tool)
    except NoSource as why:
        pytest.skip(f"no source package of musl: {why}")
    with made:
        yield made


def found(report):
    """Status and what was observed, by target, cell without it, and check."""
    return {
        (cell["target"], cell["id"].replace(f"@{cell['target']}:", "@"), check["id"]): (
            check["status"],
            check["observed"],
        )
        for cell in report["cells"]
        for check in cell["checks"]
    }


def test_the_source_makes_what_debian_has(tool, musl, tmp_path):
    """Unpatched it says what Debian's binary says, known deviations and all, and nothing is unexpected."""
    file = described(tmp_path, musl.section("plain", "!load=dlmopen"))
    cells = f"target=musl-plain,musl-1.2.3 & {LINK} & (mode=exe | mode=c-shared & load=dlopen,needed)"
    # Whether its initializer is over before the fault comes is chance (known/libc.def has both statuses).
    checks = "check=tls.*,init.entry-*,thread.g* & !check=init.entry-callee-saved"
    done = tool("run", f"{cells} & {checks}", "--targets", file)
    assert done.status == CODES["ok"], done
    said = found(tool.report())
    plain = {key[1:]: value[0] for key, value in said.items() if key[0] == "musl-plain"}
    assert "musl-source" in tool("cache", "list").stdout  # which gc would refuse to touch if it were nobody's
    assert len(plain) > 50 and plain == {key[1:]: value[0] for key, value in said.items() if key[0] == "musl-1.2.3"}


def test_each_fault_is_seen(tool, musl, tmp_path, record_property):
    """Every check of a fault's row passes on the musl without it, and is red in the one with it."""
    faults = [fault for fault in table() if fault.name in FEW]
    musl.plant(faults, tmp_path)
    done = tool("selfcheck", "target=musl-*", "--json", "--targets", described(tmp_path, musl.targets(faults)))
    said = json.loads(done.stdout)
    unseen = [fault for fault in said["faults"] if fault["end"] != "seen"]
    record_property("said", f"faults planted in musl: {said['seen']} of {said['planted']} seen; {done.seconds:.0f} s")
    assert done.status == CODES["ok"] and not unseen, done
    assert {(fault["argument"], fault["check"]) for fault in said["faults"]} == {
        (f"musl-{fault.name}", check) for fault in faults for check in fault.check.split()
    }


def test_a_fault_that_proves_nothing(tool, musl, tmp_path):
    """Each way in which it can: none was planted, its check is red without it too, no cell plans the check."""
    fault = next(fault for fault in table() if fault.name == FEW[0])
    musl.plant([fault], tmp_path)
    text = musl.targets([fault])
    for name, like, cells, without in (
        ("right", "mended", CELLS, "mended"),
        ("wrong", fault.name, CELLS, fault.name),
        ("apart", "mended", "mode=exe & cgo=0", "mended"),
    ):
        shutil.copy2(musl.loader(like), musl.loader(name))
        text += musl.section(name, cells, f"without = musl-{without}", f"seen-by = {fault.seen_by()}")
    file = described(tmp_path, text)
    done = tool("selfcheck", "target=musl-*", "--json", "--targets", file)
    assert done.status == CODES["unexpected"], done
    assert {row["argument"]: row["end"] for row in json.loads(done.stdout)["faults"]} == {
        f"musl-{fault.name}": "seen",
        "musl-right": "green",
        "musl-wrong": "not-base",
        "musl-apart": "no-cell",
    }
    words = tool("selfcheck", "target=musl-*", "--targets", file).stdout
    assert re.findall(r"^([A-Z]+(?: [A-Z]+)?) +tls", words, re.M) == ["GREEN", "NOT BASE", "NO CELL"], words
    assert words.endswith("\n1 of 4 faults planted in targets are seen\n"), words
