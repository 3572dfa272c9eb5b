"""Writes docs/why-1.6-failed.md: what separates Go 1.6 from 1.7 for a loader, asked of the tool.

`make answer-163-170` calls it.  Every figure, name and value in the page comes from `toolchain`, `run`, `contract`,
`bisect` and `blame`, or from comparing the trees of the releases; the sentences around them are ours.
"""

import filecmp
import json
import pathlib
import re
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOOL = ROOT / "build/tlsmatrix"
OUT = ROOT / "build/answer"
PAGE = ROOT / "docs/why-1.6-failed.md"
# 1.6.3 and 1.7.0 were never put where toolchains are fetched from: what brackets them stands for them.
BEFORE, LAST, AFTER = "1.6.2", "1.6.4", "1.7.1"
RELEASES = [BEFORE, LAST, AFTER]
CELL = "linux/amd64/c-shared/cgo1/external@host:dlopen"
FILTER = "os=linux & arch=amd64 & !arch=*.* & mode=c-shared & cgo=1 & link=external & target=host & load=dlopen"
CLAUSE = "contract.init-stack-align"
# What of a Go tree decides what a loader sees of a program.
SOURCES = ["runtime", "syscall", "cmd/link", "cmd/internal", "cmd/compile", "cmd/asm", "cmd/cgo"]
# Facts of the library (inspect) that a loader sees, as a path into the facts, and what they are called.
FACTS = [
    ("tls.model", "how Go's slot is reached"),
    ("tls.reloc", "relocation that fills in its offset"),
    ("tls.relocs.slot_tpoff", "how many of them"),
    ("tls.size", "static TLS, bytes"),
    ("tls.align", "its alignment"),
    ("tls.insn.go_le", "Go's accesses with a fixed offset"),
    ("tls.insn.go_ie", "Go's accesses through the loader's word"),
    ("dynamic.flags", "DT_FLAGS"),
    ("dynamic.flags_1", "DT_FLAGS_1"),
    ("needed", "DT_NEEDED"),
    ("init.go_entries", "Go's initializers"),
    ("init.init_array", "entries of DT_INIT_ARRAY"),
    ("imports.symbols", "symbols asked for"),
    ("imports.versions", "their versions"),
    ("relocs.types.R_X86_64_RELATIVE", "R_X86_64_RELATIVE"),
    ("stack.exec", "executable stack"),
]


def said(text):
    """A paragraph, laid out."""
    return [textwrap.fill(" ".join(text.split()), 118, break_long_words=False, break_on_hyphens=False), ""]


def ask(*args, codes=(0,)):
    """Standard output of a command of the tool; ends with its line when it fails."""
    done = subprocess.run([TOOL, *args, "--out", OUT], capture_output=True, text=True, check=False)
    if done.returncode not in codes:
        sys.exit(f"tlsmatrix {' '.join(args)}: exit status {done.returncode}: {done.stderr.strip().splitlines()[-1]}")
    return done.stdout


def goroots():
    """Where the releases lie, by name without "go"."""
    rows = json.loads(ask("toolchain", "list", "--json"))
    found = {row["version"][2:]: pathlib.Path(row["goroot"]) for row in rows if row["state"] in ("kept", "tested")}
    return {release: found[release] for release in RELEASES}


def different(one, other):
    """Files below SOURCES that differ between two trees or are in one alone; tests and their data are left out."""
    names = set()
    for root in (one, other):
        for folder in SOURCES:
            files = (path for path in (root / "src" / folder).rglob("*") if path.is_file())
            names |= {str(path.relative_to(root / "src")) for path in files}
    return sorted(
        name
        for name in names
        if not name.endswith("_test.go")
        and "/testdata/" not in name
        and not (
            all((root / "src" / name).exists() for root in (one, other))
            and filecmp.cmp(one / "src" / name, other / "src" / name, shallow=False)
        )
    )


def fact(facts, path):
    """One fact as a text; a list is a sorted one, since its order is the linker's."""
    for key in path.split("."):
        facts = facts[key] if facts is not None else None
    if isinstance(facts, dict):
        return " ".join(f"{key}:{value}" for key, value in sorted(facts.items()))
    if isinstance(facts, list):
        return " ".join(sorted(str(one["symbol"] if isinstance(one, dict) else one) for one in facts)) or "none"
    return str(facts)


def short(text, most=60):
    """A long list in a table is a count."""
    return text if len(text) <= most else f"{len(text.split())} of them"


def same_section(roots):
    """1.6.2 and 1.6.4, which bracket the release that failed."""
    files = different(roots[BEFORE], roots[LAST])
    ours = [name for name in files if not re.search(r"_(darwin|windows|plan9|freebsd|openbsd|netbsd|solaris)", name)]
    lines = [
        "## 1.6.3 itself",
        "",
        *said(f"""It cannot be had as a toolchain any more; {BEFORE} and {LAST} can. Of the sources that decide what
            a loader sees ({", ".join(SOURCES)}) {len(files)} differ between them:"""),
        *(f"* `{name}`" for name in files),
        "",
    ]
    lines += [f"{len(ours)} of them can be of linux, with these lines:", "", "```diff"]
    for name in ours:
        paths = [str(roots[release] / "src" / name) for release in (BEFORE, LAST)]
        labels = [f"--label=go{release}/src/{name}" for release in (BEFORE, LAST)]
        lines += subprocess.run(
            ["diff", "-U0", *labels, *paths], capture_output=True, text=True, check=False
        ).stdout.splitlines()
    return [*lines, "```", ""]


def facts_section():
    """What a loader sees of the library, 1.6 beside 1.7."""
    cells = json.loads((OUT / "report.json").read_text())["cells"]
    facts = {cell["go"][2:]: cell["facts"] for cell in cells if cell["load"] == "dlopen"}
    lines = ["## What the library asks of a loader", "", f"| fact | {LAST} | {AFTER} | |", "|---|---|---|---|"]
    for path, name in FACTS:
        before, after = (fact(facts[release], path) for release in (LAST, AFTER))
        verdict = "same" if before == after else "differs"
        if verdict == "differs" and len(before) > 60:
            one, other = set(before.split()), set(after.split())
            verdict = f"gone: {' '.join(sorted(one - other)) or 'none'}; new: {' '.join(sorted(other - one)) or 'none'}"
        lines.append(f"| {name} | {short(before)} | {short(after)} | {verdict} |")
    return [*lines, ""]


def contract_section(clauses):
    """Every clause of the contract, broken one at a time: which ones flip, and which way."""
    flips = []
    for clause in clauses:
        seen = {one["go"][2:]: one["observed"] for one in clause["releases"]}
        if seen.get(BEFORE) != seen.get(LAST):
            sys.exit(f"{clause['check']}: {BEFORE} and {LAST} are not alike: they do not bracket 1.6.3")
        if seen.get(LAST) != seen.get(AFTER):
            flips.append((clause, seen))
    mended = [clause["check"] for clause, seen in flips if seen[AFTER] == "tolerated"]
    lines = [
        "## What happens when a loader breaks a rule",
        "",
        *said(f"""{len(clauses)} rules, each broken by itself on {", ".join(RELEASES)} (`tlsmatrix contract`): {BEFORE}
            and {LAST} are alike in all of them, and {len(flips)} come out otherwise with {AFTER}."""),
        f"| broken | {LAST} | {AFTER} | as Go's source says |",
        "|---|---|---|---|",
    ]
    for clause, seen in flips:
        source = next(one["source"] for one in clause["releases"] if one["go"] == f"go{AFTER}")
        lines.append(f"| `{clause['check']}`: {clause['broken']} | {seen[LAST]} | {seen[AFTER]} | {source} |")
    lines += [
        "",
        f"In the direction that was reported, 1.6 fails and 1.7 works: {', '.join(f'`{name}`' for name in mended)}.",
        "",
    ]
    if mended != [CLAUSE]:
        sys.exit(f"the clauses that 1.7 mended are {mended}, not {CLAUSE} alone: this page's sentences do not fit them")
    return lines, len(flips)


def bisect_section():
    """Since when, of all releases that are kept."""
    found = json.loads(ask("bisect", "--cell", f"go{AFTER}/{CELL}", "--check", CLAUSE, "--json"))
    lines = [
        "## Since when",
        "",
        *said(f"""`tlsmatrix bisect --cell go{AFTER}/{CELL} --check {CLAUSE}` over the kept releases asked
            {len(found["candidates"])} of them:"""),
        f"* {found['before']['name']}: {found['before']['value']}",
        f"* {found['after']['name']}: {found['after']['value']}",
        "",
    ]
    # Along the main line go the first patch of each minor, and of the last one all.
    ends = [found["before"]["name"], found["after"]["name"]]
    if ends != [f"go{BEFORE}", f"go{AFTER}"]:
        sys.exit(f"bisect ends with {ends}, not with {BEFORE} and {AFTER}")
    return lines


def blame_section():
    """By which file."""
    args = ("blame", "--good", AFTER, "--bad", LAST, "--cell", f"go{LAST}/{CELL}", "--check", CLAUSE)
    found = json.loads(ask(*args, "--json"))
    files = found["files"]
    lines = [
        "## By which file",
        "",
        *said(f"""`tlsmatrix {" ".join(args)}`: of {found["differ"]} files of runtime, syscall and internal that differ
            and that linux/amd64 has, {len(files)} put into {LAST} makes it what {AFTER} is, {found["same"]} of
            {found["times"]} times:"""),
    ]
    for file in files:
        lines += [f"* `{file['name']}`, {file['changes']} of its {file['of']} changes", ""]
    if found["all"] == "neither":
        lines += said(f"All {found['differ']} together do not build with {LAST}'s tools.")
    kept = found["reverse"].startswith("kept: ")
    lines += [
        f"The other way around, {AFTER} with that file of {LAST}: {found['reverse']}"
        + (", which is to say that it does so when the rule is not broken." if kept else "."),
        "",
        *(line for file in files for line in ["```diff", file["diff"].rstrip("\n"), "```", ""]),
    ]
    return lines, files


def answer_section(clauses, flips, names):
    """The page's first words."""
    return [
        "# Why Go 1.6.3 failed where 1.7.0 worked",
        "",
        *said("""Made by `make answer-163-170`. In 2016 a c-shared library built with Go 1.6.3 did not run on OSv,
            the same
            library built with 1.7.0 did, and nobody knew why. OSv of that day cannot be run here. What can be found out
            is what a loader could do that 1.6 does not survive and 1.7 does."""),
        "## The answer",
        "",
        *said(f"""Of {len(clauses)} rules that a loader can break, {flips} come out otherwise with {AFTER} than with
            {LAST}, and one of them in the direction that was reported: **the stack at the call of the library's
            initializer**. When it is 8 bytes off a multiple of 16, 1.6's initializer hands it on to C as it is, and
            pthread_create dies of a store that must be aligned. 1.7 aligns it. One file does that: {names}. Put into
            {LAST} alone it makes {LAST} run; taken from {LAST} it makes {AFTER} fail."""),
    ]


def unproven_section():
    """What the tool cannot know."""
    return [
        "## What remains unproven",
        "",
        *said("""* That OSv called initializers with such a stack. Its sources of that week align stacks in
            compiled code;
            issue 791 and commits 54d9165c and e33ac4eb (2016-08-29, 30) mended 16-byte alignment elsewhere, in its
            system call entry. The proof would be OSv of that day, with this one file exchanged."""),
        *said("* The message of the failure, which nobody wrote down."),
        *said("""* What a table of broken rules cannot show: rules that both releases break on by luck of layout
            (arguments that registers happened to hold, OSv issue 795; a vector on a stack frame that is gone) may have
            hit one and missed the other. They kill both releases here."""),
        *said("* That 1.7.0 is as 1.7.1: 1.7.0 cannot be had as a toolchain."),
    ]


def main():
    """Asks everything, then writes the page."""
    ask("toolchain", "get", *RELEASES)
    ask("run", f"go={','.join(RELEASES)} & {FILTER}", codes=(0, 1))
    roots = goroots()
    facts = facts_section()
    clauses = json.loads(ask("contract", *(f"--go={release}" for release in RELEASES), "--json"))
    contract, flips = contract_section(clauses)
    blamed, files = blame_section()
    names = ", ".join(f"`{file['name']}`" for file in files)
    page = answer_section(clauses, flips, names) + contract + bisect_section() + blamed + facts + same_section(roots)
    PAGE.write_text("\n".join(page + unproven_section()))
    print(f"{PAGE.relative_to(ROOT)}: {names} of {LAST} and {AFTER}")


if __name__ == "__main__":
    main()
