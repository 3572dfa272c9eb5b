"""lint.py - what `make lint` checks, and why.

A file longer than 600 lines or a function longer than 60 has more than one subject; a line of code has at most 120
columns, a tab being eight. C looks as clang-format makes it, Python as ruff, Go as gofmt: `make format`. An include
against the arrows between the folders couples what must stay apart. Every finding is one line,
FILE:LINE: what; exit 1 when there is one.
"""

import ast
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILE_LINES, FUNCTION_LINES, COLUMNS = 600, 60, 120
# A command or a paragraph is one line elsewhere.
BOUND = (".c", ".h", ".def", ".go", ".s", ".S", ".py")

# A folder may include from itself and from these; a name stands for the folder alone, one with /* for all below it too.
# Target code (cases, harness/probe) runs in the process under test and must build without the host side. What stands in
# runner/ may be found here from the ground up.
ARROWS = {
    "matrix/base": set(),
    "matrix": {"matrix/base", "matrix/known", "matrix/oracle"},
    "harness/probe": set(),
    "harness/elf": {"matrix/base"},
    "harness/code": {"harness/elf", "matrix/base"},
    "harness/format": {"harness/code", "harness/elf", "matrix/base"},
    "harness/trace": {"harness/elf", "matrix/base"},
    "harness/loader": {"matrix/base"},
    "harness/pack": {"harness/format", "matrix/base"},
    "harness": {"harness/code", "harness/elf", "harness/format", "harness/loader", "harness/trace", "matrix/*"},
    "reports": {"matrix/*"},
    "reports/html": {"reports", "matrix/*"},
    "reports/markdown": {"reports", "matrix/*"},
    "reports/terminal": {"reports", "matrix/*"},
    "cases": {"matrix/*", "harness/probe"},
    "cases/hosts": {"harness/probe", "cases"},
    "runner/process": {"matrix/base"},
    "runner/setup": {"runner/process", "matrix/*"},
    "runner/cache": {"runner/setup", "matrix/*"},
    "runner/debian": {"runner/setup", "runner/process", "matrix/*"},
    "runner/target": {"runner/debian", "runner/setup", "runner/process", "harness", "harness/elf", "matrix/*"},
    "runner/toolchain": {"runner/target", "runner/debian", "runner/setup", "runner/process", "matrix/*"},
    "runner/build": {
        "runner/toolchain",
        "runner/target",
        "runner/setup",
        "runner/process",
        "cases",
        "harness",
        "matrix/*",
    },
    "runner/trial": {
        "runner/build",
        "runner/toolchain",
        "runner/target",
        "runner/debian",
        "runner/setup",
        "runner/process",
    }
    | {"cases/*", "harness", "matrix/*"},
    "runner/schedule": {
        "runner/process",
        "runner/trial",
        "runner/build",
        "runner/toolchain",
        "runner/target",
        "runner/setup",
        "matrix/*",
    },
    "runner/store": {"runner/trial", "runner/schedule", "runner/setup", "reports", "matrix/*"},
    "runner/history": {"runner/store", "runner/setup", "reports", "matrix/*"},
    "runner/search": {
        "runner/schedule",
        "runner/build",
        "runner/toolchain",
        "runner/target",
        "runner/setup",
        "matrix/*",
    },
    "runner/cmd": {
        "harness/loader",
        "harness/pack",
        "runner/cache",
        "runner/history",
        "runner/search",
        "runner/store",
        "runner/schedule",
        "runner/trial",
        "runner/build",
        "runner/toolchain",
        "runner/target",
    }
    | {"runner/debian", "runner/setup", "runner/process", "reports", "harness", "matrix/*"},
    "runner": {
        "runner/cache",
        "runner/cmd",
        "runner/schedule",
        "runner/target",
        "runner/toolchain",
        "runner/setup",
        "matrix/*",
    },
    "tests": {"runner/*", "reports/*", "harness/*", "matrix/*", "cases/*"},
}
# The writer of records is target code that tlstrace, a writer of records too, links as it is; its
# format's constants have one home.
ALLOWED = {("harness/tlstrace.c", "harness/probe/probe.h"), ("harness/trace/observe.c", "harness/probe/probe.h")}

C_FLAGS = [
    "-std=gnu11",
    "-I.",
    "-O1",
    "-fsyntax-only",
    "-Wall",
    "-Wextra",
    "-Wshadow",
    "-Wstrict-prototypes",
    "-Wmissing-prototypes",
    "-Wpointer-arith",
    "-Wvla",
    "-Werror",
]

# Not ours to say in this tree: work left for later, and where this machine keeps its things.
# In TAP, "# TODO" is the directive for an expected failure.
SPEAKS_TAP = ("reports/tap.c", "tests/test_reports.py", "tests/golden/reports/report.tap", "ci/lint.py")
FORBIDDEN = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|(?<![A-Za-z0-9_.])/(work|farm)/")


PYTHON = ("ci", "tests", "cases")


def tracked():
    """Files of the tree, tracked or about to be, as paths relative to the root."""
    out = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [path for path in out.stdout.splitlines() if (ROOT / path).is_file()]


def folder_of(path):
    """The folder of ARROWS that a file belongs to: the longest that holds it."""
    holders = [folder for folder in ARROWS if path.startswith(folder + "/")]
    return max(holders, key=len, default=None)


def parents(folder):
    """A folder and those that hold it: what FOLDER/* of ARROWS can mean."""
    return [folder, *map(str, pathlib.PurePath(folder).parents)]


def block_functions(lines, opens):
    """(name, first line, length) of functions whose body ends with a brace in the first column."""
    start = name = None
    for number, line in enumerate(lines, 1):
        if start is None and (match := opens(lines, number - 1)):
            start, name = number, match
        elif start is not None and line.startswith("}"):
            yield name, start, number - start + 1
            start = None


def c_opens(lines, i):
    """In C a function's body opens with a brace alone in the first column, after a line with ')'."""
    return lines[i] == "{" and i and ")" in lines[i - 1] and lines[i - 1].split("(")[0].split()[-1].lstrip("*")


def go_opens(lines, i):
    """In Go it opens at the end of a line that begins with func."""
    return lines[i].startswith("func ") and lines[i].endswith("{") and lines[i][5:].split("(")[0]


def python_functions(text):
    """(name, first line, length) of the functions of a Python file."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.name, node.lineno, node.end_lineno - node.lineno + 1


def check_sizes(path, text):
    """Files and functions that are too long."""
    lines = text.splitlines()
    if len(lines) > FILE_LINES:
        yield f"{path}:{FILE_LINES + 1}: {len(lines)} lines; a file has at most {FILE_LINES}"
    if path.endswith(BOUND):
        for number, line in enumerate(lines, 1):
            if len(line.expandtabs(8)) > COLUMNS:
                yield f"{path}:{number}: {len(line.expandtabs(8))} columns; a line of code has at most {COLUMNS}"
    if path.endswith((".c", ".h")):
        functions = block_functions(lines, c_opens)
    elif path.endswith(".go"):
        functions = block_functions(lines, go_opens)
    elif path.endswith(".py"):
        functions = python_functions(text)
    else:
        functions = ()
    for name, line, length in functions:
        if length > FUNCTION_LINES:
            yield f"{path}:{line}: {name} has {length} lines; a function has at most {FUNCTION_LINES}"


def check_includes(path, text):
    """Includes that are not root-relative or point against the arrows."""
    folder = folder_of(path)
    if folder is None or (folder == "cases" and path.count("/") > 1) or path.startswith("cases/hosts/gohost/"):
        return  # Go packages: their C files lie flat beside each other when they are built
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if not match or (path, match[1]) in ALLOWED:
            continue
        target = folder_of(match[1])
        if target is None:
            if not (ROOT / path).parent.joinpath(match[1]).exists() or folder != "tests" and folder != "harness/probe":
                yield f'{path}:{number}: include "{match[1]}" by its path from the root'
        elif target != folder and not ({target, *(f"{parent}/*" for parent in parents(target))} & ARROWS[folder]):
            yield f"{path}:{number}: {folder}/ must not include from {target}/ ({match[1]})"


def check_text(path, text):
    """Trailing blanks, and words that do not belong here."""
    for number, line in enumerate(text.splitlines(), 1):
        if line != line.rstrip() and not path.startswith("tests/golden/"):
            yield f"{path}:{number}: blanks at the end of the line"
        if path not in SPEAKS_TAP and (match := FORBIDDEN.search(line)):
            yield f"{path}:{number}: '{match[0]}' does not belong in the tree"


def run(command, what):
    """Findings of another tool: its lines when it fails, or when it prints with exit 0 (gofmt)."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    output = (done.stdout + done.stderr).strip()
    if done.returncode or (output and what == "gofmt"):
        yield from (f"{what}: {line}" for line in (output or f"exit {done.returncode}").splitlines())


def go_root():
    """The Go that `make` uses."""
    own = ROOT / "build/toolchain/bin"
    return own if own.exists() else pathlib.Path(shutil.which("go")).resolve().parent


def formatted(files):
    """The C files that clang-format lays out: all but tables (.def) and what stands in for Apple's headers."""
    return [f for f in files if f.endswith((".c", ".h")) and not f.startswith("cases/port/darwin/")]


def check_tools(files):
    """Compilers and formatters over their files."""
    c_files = [
        f
        for f in files
        if f.endswith(".c")
        and (
            f.startswith(("matrix/", "harness/", "runner/", "reports/", "cases/hosts/"))
            or f == "cases/generate.c"
            or f.startswith("tests/unit/")
        )
    ]
    mingw = shutil.which("x86_64-w64-mingw32-gcc-posix")
    for f in c_files:
        # Windows' headers are those of its compiler, which `ci/setup.sh ports` brings.
        if windows := pathlib.Path(f).parts[0] in ("cases", "harness") and f.endswith("_windows.c"):
            if mingw is None:
                continue
        # Target code names the features it needs itself: cgo and the runner compile it as it is.
        features = [] if f.startswith(("cases/hosts/", "harness/probe/")) else ["-D_GNU_SOURCE"]
        yield from run([mingw if windows else "gcc", *C_FLAGS, *features, f], "gcc")
    yield from run([str(go_root() / "gofmt"), "-l", "cases"], "gofmt")
    tools = pathlib.Path(sys.executable).parent
    for command in (["check"], ["format", "--check"]):
        yield from run([tools / "ruff", *command, "-q", "--line-length", str(COLUMNS), *PYTHON], "ruff")
    yield from run([tools / "clang-format", "--dry-run", "-Werror", *formatted(files)], "clang-format")
    scripts = [f for f in files if f.endswith(".sh") or f == ".ci/run"]
    if shutil.which("shellcheck"):
        yield from run(["shellcheck", *scripts], "shellcheck")


def format_all(files):
    """Lays out all C, Python and Go."""
    tools = pathlib.Path(sys.executable).parent
    subprocess.run([tools / "clang-format", "-i", *formatted(files)], cwd=ROOT, check=True)
    subprocess.run([tools / "ruff", "format", "-q", "--line-length", str(COLUMNS), *PYTHON], cwd=ROOT, check=True)
    subprocess.run([go_root() / "gofmt", "-w", "cases", "tests"], cwd=ROOT, check=True)
    return 0


def main():
    """All checks over all files; prints the findings.  With the argument `format`, lays out the files instead."""
    files = tracked()
    if sys.argv[1:] == ["format"]:
        return format_all(files)
    findings = []
    for path in files:
        text = (ROOT / path).read_bytes().decode("utf-8", "replace")
        findings += check_text(path, text) if not path.endswith((".md", ".bin", ".png")) else ()
        if not path.startswith("tests/golden/"):
            findings += check_sizes(path, text)
        if path.endswith((".c", ".h")):
            findings += check_includes(path, text)
    findings += check_tools(files)
    for finding in findings:
        print(finding)
    print(f"lint: {len(files)} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
