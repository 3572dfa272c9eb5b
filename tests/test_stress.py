"""run --stress N: rounds are N times as many, and what came of fewer is not taken for it."""

import re

from conftest import CODES

CELLS = "mode=c-shared & link=external & load=dlopen & check=init.two-libs,thread.locked-exit"


def two_libs(tool):
    """How often each library was called on each thread, and the line that shows it."""
    checks = {check["id"]: check for check in tool.report()["cells"][0]["checks"]}
    return int(re.search(r"(\d+) calls of each", checks["init.two-libs"]["message"])[1]), checks["init.two-libs"]


def test_rounds(tool):
    """The number is in the line by which it is done by hand; without the option nothing is kept of that run."""
    done = tool("run", CELLS)
    assert done.status == CODES["ok"], done
    calls, check = two_libs(tool)
    assert "TLSMATRIX_STRESS" not in check["repro"]
    done = tool("run", CELLS, "--stress", "3")
    assert done.status == CODES["ok"] and "thread.locked-exit" in str(tool.report()), done
    more, check = two_libs(tool)
    assert more == 3 * calls and "TLSMATRIX_STRESS=3 " in check["repro"]
    assert tool("run", CELLS).status == CODES["ok"] and two_libs(tool)[0] == calls


def test_no_number(tool):
    """As for every number."""
    for wrong in "0", "-1", "many":
        done = tool("run", CELLS, "--stress", wrong)
        assert done.status == CODES["usage"] and "--stress" in done.line(), done
