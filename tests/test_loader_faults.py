"""A loader with one fault of ours is red in the check that is about it: all of them in `make selfcheck`, else a few."""

import os

import pytest
from conftest import CODES, HOST, described
from loader_faults import Musl, NoSource, chosen, table

pytestmark = pytest.mark.skipif("amd64" not in HOST, reason="musl is built for amd64, where its targets are")
# One of each family, for `make test`.
FEW = ("image-not-copied", "tpoff-one-word", "init-twice", "init-dependencies-last", "no-key-destructors")
# A check that was not made, since its target could not be believed, has seen nothing.
RED = ("fail", "crash", "timeout", "miss")
LINK = "link=external & cgo=1"


@pytest.fixture(name="musl")
def fixture_musl(tool):
    """musl from Debian's source package."""
    try:
        return Musl(tool)
    except NoSource as why:
        return pytest.skip(f"no source package of musl: {why}")


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
    file = described(tmp_path, musl.targets(["plain"]))
    cells = f"target=musl-plain,musl-1.2.3 & {LINK} & (mode=exe | mode=c-shared & load=dlopen,needed)"
    done = tool("run", f"{cells} & check=tls.*,init.entry-*,thread.g*", "--targets", file)
    assert done.status == CODES["ok"], done
    said = found(tool.report())
    plain = {key[1:]: value[0] for key, value in said.items() if key[0] == "musl-plain"}
    assert "musl-source" in tool("cache", "list").stdout  # which gc would refuse to touch if it were nobody's
    assert len(plain) > 50 and plain == {key[1:]: value[0] for key, value in said.items() if key[0] == "musl-1.2.3"}


def test_each_fault_is_seen(tool, musl, tmp_path, record_property):
    """Every check of a fault's row passes on the musl without it, and is red in the one with it."""
    faults = [fault for fault in table() if os.environ.get("TLSMATRIX_ALL_FAULTS") or fault.name in FEW]
    musl.plant(faults, tmp_path)
    file = described(tmp_path, musl.targets(["mended", *(fault.name for fault in faults)]))
    parts = {chosen(fault, target) for fault in faults for target in ("musl-mended", fault.target())}
    done = tool("run", f"{LINK} & ({' | '.join(f'({part})' for part in sorted(parts))})", "--targets", file)
    assert done.status == CODES["unexpected"], done
    said = found(tool.report())
    unseen, wrong = [], []
    for fault in faults:
        for check in fault.check.split():
            cells = [key for key in said if key[0] == fault.target() and key[2] == check]
            right = [said.get(("musl-mended", *key[1:])) for key in cells]
            if not cells or any(value is None or value[0] != "pass" for value in right):
                wrong.append(f"{fault.name}: {check} is {right} without it")
            elif any(said[key][0] not in RED for key in cells):
                unseen.append(f"{fault.name}: {check} {[said[key] for key in cells]}")
    promises = {promise for fault in faults for promise in fault.promise.split()}
    record_property(
        "said",
        f"planted faults: {len(faults) - len(unseen)} of {len(faults)} seen, "
        f"{len(promises)} promises; {done.seconds:.0f} s",
    )
    assert not wrong and not unseen, "\n".join(wrong + unseen)
