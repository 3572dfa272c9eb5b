"""Every check is made to fail by its control."""

import re

from conftest import CODES


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


def test_selfcheck_of_one_check(tool):
    """A filter takes one check; one that selects none, or names one that is not there, is an error."""
    done = tool("selfcheck", "check=tls.g.main", "--verbose")
    assert done.status == CODES["ok"] and re.search(r"^ok +tls\.g\.main ", done.stdout, re.M), done
    none = tool("selfcheck", "check=tls.g.main & target=nowhere")
    assert none.status == CODES["nothing"] and "'check=tls.g.main & target=nowhere'" in none.line()
    unknown = tool("selfcheck", "check=tls.nothing")
    assert unknown.status == CODES["usage"] and "'tls.nothing' at column 7" in unknown.line()
