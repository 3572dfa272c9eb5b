"""explain: what a check is; what it cites leads somewhere; bad input."""

import re

import pytest

from conftest import CODES, GO, ROOT


def test_explain(tool):
    """A check with what it cites: the bug's text, the line of Go's source where the release under test has it, what is
    expected, what makes it fail, and the code that makes it."""
    done = tool.plain("explain", "init.entry-args", "contract.init-stack-align", "#10", "--go", GO)
    assert (done.status, done.stderr) == (0, ""), done
    check, clause, bug = done.stdout.split("\n\n")
    assert check.startswith("init.entry-args\nstates ") and "#1 golang/go#13492" in check
    place = re.search(r"^ +(/.*/src/runtime/rt0_linux_amd64\.s):(\d+)$", check, re.M)
    assert "_rt0_amd64_lib" in open(place[1]).read().splitlines()[int(place[2]) - 1]
    assert "\nexpected    argc=ok argv=ok envp=ok" in check and "\ncontrol     bend init-args" in check
    code = re.search(r"^code +(\S+):(\d+)$", check, re.M)
    assert '"init.entry-args"' in (ROOT / code[1]).read_text().splitlines()[int(code[2]) - 1]
    assert "\nserves      gabi." in check and "\nbreaks      psabi." in clause
    assert "\nprovide     the stack at a multiple of 16" in clause and "dies, go<1.7" in clause
    assert bug.startswith("#10\ntold in     golang/go#16618")


def test_explain_of_a_promise(tool):
    """What it states, who owes it, who sees it kept and who breaks it."""
    done = tool.plain("explain", "psabi.call-align", "--go", GO)
    assert (done.status, done.stderr) == (0, ""), done
    assert done.stdout.startswith("psabi.call-align\nstates ") and "\nowed by     linker, loader\n" in done.stdout
    assert "\nseen by     init.entry-align: " in done.stdout
    assert "\nbroken by   contract.init-stack-align: " in done.stdout


def test_explain_of_a_bug(tool):
    """Who sees it, by id and statement; of one that nobody sees, what is missing."""
    done = tool.plain("explain", "#22", "#35", "--go", GO)
    assert (done.status, done.stderr) == (0, ""), done
    seen, unseen = done.stdout.split("\n\n")
    assert "\nseen        seen\nby          tls.model-reloc: " in seen and "\nwhere       on target=musl-*" in seen
    assert "\nseen        not\nmissing     nothing that a program does" in unseen and "\nby " not in unseen


@pytest.mark.parametrize("words", [[], ["init.entry-argz"], ["init.entry-args", "#99999"]])
def test_explain_of_nothing(tool, words):
    """One line, and nothing half explained."""
    done = tool.plain("explain", *words, "--go", GO)
    assert (done.status, done.stdout) == (CODES["usage"], "") and done.line().startswith("tlsmatrix: ")
