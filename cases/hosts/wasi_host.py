"""wasi_host.py - runs a module of wasip1 on wasmtime (PyPI's wheel, which brings no program).

    wasi_host.py MODULE ARGUMENT...     a command (_start): as `wasmtime run --dir=/` would, which is how the
                                        release runs its own (lib/wasm/go_wasip1_wasm_exec)
    wasi_host.py MODULE ID...           a reactor (_initialize): observes each check and prints the records
    wasi_host.py --version              wasmtime's version

The module gets this process's arguments from MODULE on, its environment, its standard files and the root
folder.  Ends as the module did; 134 after a trap, with wasmtime's words on stderr.

As the host of a reactor it observes by itself the checks in HOST_CHECKS, which are about what an embedder
sees; the library observes the rest (cases/core/main_reactor.go).
"""

import importlib.metadata
import os
import sys
import tempfile
import zlib
from pathlib import Path

import wasmtime

TRAPPED = 134


def environment():
    """The environment that this process was given: Python adds LC_CTYPE to its own (PEP 538)."""
    entries = Path("/proc/self/environ").read_bytes().decode(errors="surrogateescape").split("\0")
    return [tuple(entry.split("=", 1)) for entry in entries if "=" in entry]


class Instance:
    """One instance of a module with its own store; stderr goes to a file where one is named."""

    def __init__(self, engine, module, argv, stderr=None):
        """Instantiates; nothing of the module runs yet."""
        wasi = wasmtime.WasiConfig()
        wasi.argv = argv
        wasi.env = environment()
        wasi.inherit_stdin()
        wasi.inherit_stdout()
        if stderr:
            wasi.stderr_file = stderr
        else:
            wasi.inherit_stderr()
        wasi.preopen_dir("/", "/")
        self.store = wasmtime.Store(engine)
        self.store.set_wasi(wasi)
        linker = wasmtime.Linker(engine)
        linker.define_wasi()
        linker.define_func("tlsmatrix", "call", wasmtime.FuncType([], []), self.call_back)
        self.exports = linker.instantiate(self.store, module).exports(self.store)

    def call(self, name, *arguments):
        """Calls an exported function."""
        return self.exports[name](self.store, *arguments)

    def call_back(self):
        """What the module imports as tlsmatrix.call: Go asked to be called (cases/thread/thread_reactor.go)."""
        self.call("tlsm_called")

    def texts(self, at, count):
        """Reads texts that stand behind one another, each behind its length of 4 bytes."""
        memory, texts = self.exports["memory"], []
        for _ in range(count):
            size = int.from_bytes(memory.read(self.store, at, at + 4), "little")
            texts.append(bytes(memory.read(self.store, at + 4, at + 4 + size)).decode(errors="replace"))
            at += 4 + size
        return texts


# ---- records (harness/record.h) ----


class Records:
    """Writes records to standard output."""

    sequence = 0

    def write(self, *fields):
        """Writes one record; the first field is its kind."""
        escapes = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": " ", "\0": " "})
        payload = "\t".join(field.translate(escapes) for field in fields).encode()[:4096]
        self.sequence += 1
        head = b"%d %d " % (self.sequence, len(payload))
        line = b"\n#tlsm:%s%08x %s\n" % (head, zlib.crc32(head + payload), payload)
        while line:
            line = line[os.write(1, line) :]


# ---- the reactor ----

EARLY_MESSAGE = "runtime: wasmexport function called before runtime initialization"


def call_early(engine, module, argv):
    """Calls an exported function of an instance that nobody has initialized."""
    with tempfile.TemporaryDirectory() as folder:
        stderr = os.path.join(folder, "stderr")
        instance = Instance(engine, module, argv, stderr)
        if os.environ.get("TLSMATRIX_CONTROL") == "init.call-early:initialize":
            instance.call("_initialize")
        ended = "returned"
        try:
            instance.call("tlsm_first_call")
        except wasmtime.ExitTrap as end:
            ended = f"exit-{end.code}"
        except wasmtime.Trap:
            ended = "trap"
        said = Path(stderr).read_text(errors="replace")
    message = "named" if EARLY_MESSAGE in said else "other"
    return f"ended={ended} message={message}", said


HOST_CHECKS = {"init.call-early": call_early}


def run_reactor(engine, module, argv):
    """Observes each check that argv names."""
    records = Records()
    instance = Instance(engine, module, argv)
    instance.call("_initialize")
    instance.call("tlsm_first_call")
    for i, check in enumerate(argv[1:], 1):
        records.write("begin", check)
        if check in HOST_CHECKS:
            records.write("obs", check, *HOST_CHECKS[check](engine, module, argv))
            continue
        report = instance.call("tlsm_check", i)
        if not report:
            print(f"wasi_host.py: the library does not carry the check {check}", file=sys.stderr)
            return 64
        skip, observed, note = instance.texts(report, 3)
        records.write(*(("skip", check, skip, note) if skip else ("obs", check, observed, note)))
    records.write("end", str(records.sequence))
    return 0


def run(argv):
    """Runs the module that argv begins with, and returns the exit status."""
    engine = wasmtime.Engine()
    module = wasmtime.Module.from_file(engine, argv[0])
    if any(export.name == "_initialize" for export in module.exports):
        return run_reactor(engine, module, argv)
    Instance(engine, module, argv).call("_start")
    return 0


def main(argv):
    """The command."""
    if argv == ["--version"]:
        print("wasmtime", importlib.metadata.version("wasmtime"))
        return 0
    if not argv:
        print("usage: wasi_host.py MODULE ARGUMENT... | --version", file=sys.stderr)
        return 2
    try:
        return run(argv)
    except wasmtime.ExitTrap as end:
        return end.code
    except (OSError, wasmtime.WasmtimeError, wasmtime.Trap) as error:
        print(f"wasi_host.py: {argv[0]}: {error}", file=sys.stderr)
        return TRAPPED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
