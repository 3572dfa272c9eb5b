"""What LLVM's tools say of PE, Mach-O and wasm files, and of TLS accesses in code, as the facts of inspect."""

import re

from readelf import ask

# The instructions that reach a thread's area, and what inspect says of them: the sum of these facts.
LE = ["tls.insn.go_le", "tls.insn.c_le", "tls.insn.unknown_le"]


def block(text, name):
    """What stands in the braces or brackets after a name."""
    found = re.search(rf"^( *){name} [\[{{].*?\n(.*?)^\1[\]}}]", text, re.M | re.S)
    return found.group(2) if found else ""


def number(text, name):
    """NAME: 0x12 (or 18)."""
    return int(re.search(rf"^ *{name}: (\w+)", text, re.M).group(1), 0)


def pe(path):
    """llvm-readobj on a PE file."""
    text = ask("llvm-readobj", "--file-headers", "--coff-tls-directory", "--coff-basereloc", path)
    imports = re.findall(r"^Import \{\n(.*?)^\}", ask("llvm-readobj", "--coff-imports", path), re.M | re.S)
    flags, directory = block(block(text, "ImageOptionalHeader"), "Characteristics"), block(text, "TLSDirectory")
    base, is_dll = number(text, "ImageBase"), "IMAGE_FILE_DLL" in text
    entry = number(text, "AddressOfEntryPoint")
    subsystem = re.search(r"Subsystem: IMAGE_SUBSYSTEM_(\w+)", text).group(1)
    facts = {
        "class": 64 if "Magic: 0x20B" in text else 32,
        "entry": base + entry if entry else 0,
        "needed": sorted(re.search(r"Name: (.*)", one).group(1) for one in imports),
        "imports.count": sum(one.count("Symbol: ") for one in imports),
        "floor": [f"Windows {number(text, 'MajorSubsystemVersion')}.{number(text, 'MinorSubsystemVersion')}"],
        "pe.subsystem": {"WINDOWS_CUI": "console", "WINDOWS_GUI": "windows"}.get(subsystem, subsystem),
        "pe.image_base": base,
        "pe.dll": is_dll,
        "pe.dynamic_base": "DYNAMIC_BASE" in flags,
        "pe.nx": "NX_COMPAT" in flags,
        "pe.base_relocations": len(re.findall(r"^ *Type: (?!ABSOLUTE)\w+", block(text, "BaseReloc"), re.M)),
        "pe.tls_directory": None,
    }
    if directory:
        del facts["pe.tls_directory"]
        for ours, theirs in (
            ("start", "StartAddressOfRawData"),
            ("end", "EndAddressOfRawData"),
            ("index", "AddressOfIndex"),
            ("zero_fill", "SizeOfZeroFill"),
        ):
            facts[f"pe.tls_directory.{ours}"] = number(directory, theirs)
    return facts


def macho(path):
    """llvm-readobj and llvm-objdump on a Mach-O file of one processor."""
    text = ask("llvm-readobj", "--file-headers", "--macho-version-min", path)
    headers = ask("llvm-objdump", "--macho", "--private-headers", path)
    loads = re.findall(r"cmd LC_(?:LOAD_DYLIB|LOAD_WEAK_DYLIB|REEXPORT_DYLIB)\n.*\n +name (\S+)", headers)
    own = re.search(r"cmd LC_ID_DYLIB\n.*\n +name (\S+)", headers)
    section = r" sectname (\S*)\n +segname \S+\n +addr \w+\n +size (\w+)\n(?:.*\n){4} +type *(\S+)"
    sections = re.findall(section, headers)
    size = {kind: sum(int(at, 16) for _, at, one in sections if one == kind) for _, _, kind in sections}
    word = 8 if "Magic64" in text else 4
    offsets = size.get("S_INIT_FUNC_OFFSETS", size.get("0x00000016", 0))  # LLVM 14 has no name for it
    flags = re.findall(r"^ +MH_(\w+) ", block(block(text, "MachHeader"), "Flags"), re.M)
    version = re.search(
        r"Platform: macos\n +Version: ([\d.]+)|Cmd: LC_VERSION_MIN_MACOSX\n.*\n +Version: ([\d.]+)", text
    )
    facts = {
        "class": word * 8,
        "needed": loads,
        "soname": own.group(1) if own else None,
        "macho.filetype": re.search(r"^ *MH_MAGIC\S* +\S+ +\S+ +\S+ +(\S+)", headers, re.M).group(1),
        "macho.flags": sorted(flags),
        "floor": [f"macOS {version.group(1) or version.group(2)}"] if version else [],
        "macho.mod_init": size.get("S_MOD_INIT_FUNC_POINTERS", 0) // word + offsets // 4,
        "imports.count": len(ask("llvm-nm", "--undefined-only", "--format=just-symbols", path).split()),
        "macho.tlv.vars": size.get("S_THREAD_LOCAL_VARIABLES", 0) // (3 * word),
        "macho.tlv.data": size.get("S_THREAD_LOCAL_REGULAR", 0),
        "macho.tlv.bss": size.get("S_THREAD_LOCAL_ZEROFILL", 0),
        "macho.chained_fixups": "LC_DYLD_CHAINED_FIXUPS" in headers,
    }
    if not facts["macho.chained_fixups"]:  # llvm-objdump lists these since 16
        rows = {way: ask("llvm-objdump", "--macho", f"--{way}", path) for way in ("rebase", "bind", "lazy-bind")}
        count = {way: len(re.findall(r"^__\w+ +__\w+ +0x\w+ ", text, re.M)) for way, text in rows.items()}
        facts |= {"macho.rebases": count["rebase"], "macho.binds": count["bind"] + count["lazy-bind"]}
    return facts


def wasm(path):
    """llvm-readobj on a module."""
    text = ask("llvm-readobj", "--file-headers", "--sections", path)
    return {"wasm.version": number(text, "Version"), "class": int(re.search(r"AddressSize: (\d+)", text).group(1))}


def xcoff(path):
    """llvm-readobj on a program of AIX: 14 reads no more of it."""
    text = ask("llvm-readobj", "--file-headers", path)
    return {"class": int(re.search(r"AddressSize: (\d+)", text).group(1))}


def accesses(path, facts):
    """Instructions that reach a thread's area, as llvm-objdump reads them: for the processors and systems where
    one instruction is one of inspect's counts."""
    kind = (facts["format"], facts["arch"])
    words = {
        ("elf", "amd64"): r"%fs:(-\w+)",
        ("macho", "amd64"): r"%gs:(\w+)",
        ("macho", "arm64"): r"\bTPIDRRO_EL0\b",
    }
    if kind not in words:
        return {}
    found = re.findall(words[kind], ask("llvm-objdump", "-d", "--no-show-raw-insn", path))
    if kind[0] == "elf":
        return {" + ".join(LE): len(found)}
    if kind[1] == "arm64":
        return {"macho.tpidrro": len(found)}
    return {
        "macho.fixed_gs": {
            f"gs:{int(at, 0):#x}" if int(at, 0) else "gs:0": found.count(at) for at in sorted(set(found))
        }
    }
