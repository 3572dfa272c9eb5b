"""The timer that ticks while a check runs, and the cells without it: is what it hides seen there, and is it told?"""

from conftest import CODES, HOST, SMALL

CELL = f"{SMALL} & link=internal & check=tls.g.main"


def test_a_lost_wake_up_is_seen_without_the_pulse_alone(tool):
    """The control loses a wake-up until a timer is due: red without the pulse, green with it."""
    ask = "mode=exe & check=thread.thousand"
    done = tool("selfcheck", ask)
    assert done.status == CODES["ok"], done
    done = tool("selfcheck", ask, "--pulse", "all")
    assert done.status == CODES["unexpected"], done
    green = [line for line in done.stdout.splitlines() if line.startswith("GREEN")]
    assert len(green) == 1 and "thread.thousand:lost: became pass" in green[0], done


def test_a_share_of_the_cells_runs_without(tool):
    """About a quarter, of several buildmodes, and the same cells each time; refused cells have no pulse to lose."""
    done = tool("run", f"{HOST} & check=tls.canary,tls.g.main", "--quick", "--pulse", "share")
    assert done.status == CODES["ok"], done
    cells = [cell for cell in tool.report()["cells"] if cell["load"] != "none"]
    assert 0 < sum("pulse" in cell for cell in cells) < len(cells)


def test_it_is_told_and_decides_the_result(tool):
    """With and without are two results; report, show and the line that repeats a check say which it is."""
    for pulse, judged in (("all", None), ("none", None), ("all", "0"), ("none", "0")):
        done = tool("run", CELL, "--pulse", pulse)
        assert done.status == CODES["ok"] and (judged is None or f"\n{judged} cells judged now" in done.stdout), done
        cell = tool.report()["cells"][0]
        assert cell.get("pulse") == (None if pulse == "all" else "none")
        assert ("TLSMATRIX_PULSE=none" in cell["checks"][0]["repro"]) == (pulse == "none")
        assert ("pulse     none" in tool("show", cell["id"]).stdout) == (pulse == "none")


def test_a_word_that_it_does_not_know(tool):
    """A usage error, in one line."""
    for command in ("run", "selfcheck"):
        done = tool(command, CELL, "--pulse", "some")
        assert done.status == CODES["usage"] and "needs share, all or none" in done.line()
