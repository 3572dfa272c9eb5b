"""What GNU readelf says of an ELF file, as the facts of inspect (harness/inspect.h), by their paths."""

import re
import subprocess

HEADER = re.compile(r"^  (\w+) +(0x\w+) (0x\w+) 0x\w+ (0x\w+) (0x\w+) ([RWE ]{3}) (0x\w+|0)$", re.M)
SYMBOL = re.compile(r"^ +\d+: \w+ +\w+ (\w+) +(\w+) +\w+ +(?:\[.*?\] +)?(\w+) ?(\S*)", re.M)
RELOC = re.compile(r"^(\w{8,16} +\w{8,16} (R_\w+).*)$", re.M)
# What a relocation asks of TLS, by the names of the processors' supplements.
KINDS = {
    "tpoff": r"(?<!D)TPOFF|(?<!D)TPREL|TLS_TPO",
    "dtpmod": r"DTPMOD",
    "dtpoff": r"DTPOFF|DTPREL",
    "tlsdesc": r"TLSDESC|TLS_DESC",
}
# Binutils' names (include/elf/aarch64.h) for what the supplement (aaelf64, Dynamic relocations) names so.
SPELLED = {f"R_AARCH64_TLS_{name}64": f"R_AARCH64_TLS_{name}" for name in ("TPREL", "DTPMOD", "DTPREL")}


def ask(*argv):
    """What a tool prints; its warnings are not ours."""
    return subprocess.run(argv, capture_output=True, text=True, errors="replace", check=False).stdout


def segments(text):
    """Program headers: (type, offset, address, bytes in the file, bytes in memory, flags, alignment)."""
    return [
        (kind, *(int(n, 16) for n in at), flags, int(align, 16)) for kind, *at, flags, align in HEADER.findall(text)
    ]


def dynamic(text):
    """The entries of the dynamic section: (tag, what it prints)."""
    return re.findall(r"^ 0x\w+ \((\w+)\) +(.*)$", text, re.M)


def head(text, entries):
    """Of the ELF header, the interpreter, and what kind of file it is."""
    tags = dict(entries)
    kind = re.search(r"Type: +(\w+)", text).group(1)
    interp = re.search(r"\[Requesting program interpreter: (.*)\]", text)
    # A PIE says so (DF_1_PIE, binutils 2.26), or has an interpreter and no name as a library.
    pie = kind == "DYN" and ("PIE" in tags.get("FLAGS_1", "") or bool(interp) and "SONAME" not in tags)
    return {
        "class": int(re.search(r"Class: +ELF(\d+)", text).group(1)),
        "type": kind,
        "entry": int(re.search(r"Entry point address: +(\w+)", text).group(1), 16),
        "interp": interp.group(1) if interp else None,
        "pie": pie,
        "static": (kind == "EXEC" or pie) and not interp,
    }


def image(headers):
    """What is mapped, and how."""
    loads = [at for at in headers if at[0] == "LOAD"]
    stack = [at[5] for at in headers if at[0] == "GNU_STACK"]
    facts = {
        "load.segments": len(loads),
        "load.lowest": min(at[2] for at in loads) if loads else None,
        "load.align": max((at[6] for at in loads), default=0),
        "load.congruent": all((at[2] - at[1]) % at[6] == 0 for at in loads),
        "load.ascending": all(a[2] + a[4] <= b[2] for a, b in zip(loads, loads[1:])),
        "load.fits": all(at[3] <= at[4] for at in loads),
        "wx_segments": sum("W" in at[5] and "E" in at[5] for at in loads),
        "stack.present": bool(stack),
        "relro": any(at[0] == "GNU_RELRO" for at in headers),
    }
    return facts | ({"stack.exec": "E" in stack[0]} if stack else {})


def tls(headers, sections):
    """PT_TLS, and what its sections ask for."""
    found = [at for at in headers if at[0] == "TLS"]
    _, offset, address, filesz, memsz, _, align = found[0] if found else ("", 0, 0, 0, 0, "", 0)
    return {
        "tls.segments": len(found),
        "tls.size": memsz,
        "tls.filesz": filesz,
        "tls.align": align,
        "tls.vaddr": address,
        "tls.file_offset": offset,
        "tls.section_align": max((int(at[4]) for at in sections if "T" in at[3]), default=0),
    }


def linked(entries):
    """The dynamic section."""
    tags = dict(entries)
    flags, flags_1 = (
        tags.get("FLAGS", "").split(),
        tags.get("FLAGS_1", "").removeprefix("Flags:").replace("None", "").split(),
    )

    def text(tag):
        return re.search(r"\[(.*)\]", tags[tag]).group(1) if tag in tags else None

    return {
        "needed": [re.search(r"\[(.*)\]", what).group(1) for tag, what in entries if tag == "NEEDED"],
        "soname": text("SONAME"),
        "dynamic.rpath": text("RPATH"),
        "dynamic.runpath": text("RUNPATH"),
        "dynamic.flags": flags,
        "dynamic.flags_1": flags_1,
        "dynamic.nodelete": "NODELETE" in flags_1,
        "dynamic.bind_now": "BIND_NOW" in flags or "NOW" in flags_1 or "BIND_NOW" in tags,
        "dynamic.symbolic": "SYMBOLIC" in flags or "SYMBOLIC" in tags,
        "dynamic.textrel": "TEXTREL" in flags or "TEXTREL" in tags,
        "dynamic.relr": "RELR" in tags,
        "tls.static_flag": "STATIC_TLS" in flags,
        "init.init": int(tags["INIT"], 16) if "INIT" in tags else None,
    }


def arrays(entries, sections, word):
    """How many initializers and finalizers: by the dynamic section, in a file without one by its sections."""
    tags, facts = dict(entries), {}
    for fact, name in (("count", "INIT"), ("fini_array", "FINI"), ("preinit_array", "PREINIT")):
        size = int(tags.get(f"{name}_ARRAYSZ", "0").split()[0])
        if not entries:
            size = next((int(at[5], 16) for at in sections if at[1] == f"{name}_ARRAY"), 0)
        facts[f"init.{fact}"] = size // word
    return facts


def symbols(text):
    """Dynamic symbols: what is exported, what imported, of which version."""
    facts = {"exports.count": 0, "exports.main": False, "imports.count": 0, "imports.versions": {}}
    for _, _, section, name in SYMBOL.findall(text)[1:]:
        if section != "UND":
            facts["exports.count"] += 1
            facts["exports.main"] |= name.split("@")[0] == "main"
        elif name:
            facts["imports.count"] += 1
            version = name.partition("@")[2].lstrip("@")
            if version:
                counts = facts["imports.versions"]
                counts[version] = counts.get(version, 0) + 1
    return facts


def needs(text):
    """Versions that the loader looks for, by library; not those flagged weak."""
    found, library = {}, None
    for line in re.sub(r"^Version definition section.*?(?=^\S|\Z)", "", text, flags=re.M | re.S).splitlines():
        if file := re.search(r"Version: \d+ +File: (\S+) +Cnt:", line):
            library = file.group(1)
        elif (name := re.search(r"Name: (\S+) +Flags: (.*?) +Version: \d+", line)) and "WEAK" not in name.group(2):
            found.setdefault(library, []).append(name.group(1))
    return {"imports.needs": found}


def relocations(path):
    """Those that a loader applies, by type; of MIPS64, which has three types in one, the first line alone.

    Where DT_RELASZ has DT_JMPREL's in it (lld on riscv64), readelf lists these twice; a loader applies them once."""
    counts = {}
    for _, name in sorted(set(RELOC.findall(ask("readelf", "-W", "-D", "-r", path)))):
        name = SPELLED.get(name, name)
        counts[name] = counts.get(name, 0) + 1
    facts = {"relocs.types": counts, "relocs.count": sum(counts.values())}
    for kind, names in KINDS.items():
        facts[f"tls.relocs.{kind}"] = sum(count for name, count in counts.items() if re.search(names, name))
    return facts


def notes(text):
    """Build ids."""
    return {
        "notes.go_build_ids": len(re.findall(r"^  Go +\w+\s+GO BUILDID", text, re.M)),
        "notes.gnu_build_ids": len(re.findall(r"^  GNU +\w+\s+NT_GNU_BUILD_ID", text, re.M)),
    }


def facts_of(path):
    """All of it."""
    text = ask("readelf", "-W", "-h", "-l", path)
    headers, entries = segments(text), dynamic(ask("readelf", "-W", "-d", path))
    sections = re.findall(
        r"^  \[ *\d+\] (\S*) +(\S+) +(\w{8,16}) (\w+) (\w+) \w+ +([A-Za-z]*) +\d+ +\d+ +(\d+)$",
        ask("readelf", "-W", "-S", path),
        re.M,
    )
    sections = [(name, kind, at, flags, align, size) for name, kind, at, _, size, flags, align in sections]
    facts = head(text, entries) | image(headers)
    facts |= tls(headers, sections) | linked(entries) | arrays(entries, sections, facts["class"] // 8)
    facts |= symbols(ask("readelf", "-W", "--dyn-syms", path)) | needs(ask("readelf", "-W", "-V", path))
    return facts | relocations(path) | notes(ask("readelf", "-W", "-n", path))
