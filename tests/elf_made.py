"""ELF files that no linker would make: x86-64 libraries of any tables, for what inspect must bear."""

import struct

PT_LOAD, PT_DYNAMIC = 1, 2
SHT_PROGBITS, SHT_SYMTAB, SHT_STRTAB, SHT_DYNSYM = 1, 2, 3, 11
STT_TLS, STT_FUNC = 6, 2
DT_NEEDED, DT_STRTAB, DT_SYMTAB, DT_RELA, DT_RELASZ, DT_STRSZ, DT_JMPREL, DT_PLTRELSZ, DT_PLTREL = (
    1, 5, 6, 7, 8, 10, 23, 2, 20,
)  # fmt: skip


def symbol(name, kind, section=1, value=0, size=8):
    """One global symbol."""
    return struct.pack("<IBBHQQ", name, 1 << 4 | kind, 0, section, value, size)


def rela(offset, kind, number, addend=0):
    """One relocation."""
    return struct.pack("<QQq", offset, number << 32 | kind, addend)


def elf(sections, dynamic=()):
    """A library of sections: (name, type, flags, link, bytes, or the number of a section to lie over); a section's
    address is its offset.  dynamic: pairs of tag and value, a text as value being the address of that section."""
    names = b"\0" + b"".join(name.encode() + b"\0" for name in dict.fromkeys(row[0] for row in sections))
    names += b".shstrtab\0"
    at, places, body = 64 + 2 * 56, [(0, 0)], []
    rows = [*sections, (".shstrtab", SHT_STRTAB, 0, 0, names)]
    for row in rows:
        content = row[4]
        if isinstance(content, int):
            places.append(places[content])
            continue
        content += bytes(-len(content) % 8)
        places.append((at, len(row[4])))
        body.append(content)
        at += len(content)
    address = {row[0]: place[0] for row, place in zip(rows, places[1:])}
    words = b"".join(struct.pack("<qQ", tag, address.get(value, value)) for tag, value in [*dynamic, (0, 0)])
    headers = bytes(64) + b"".join(
        struct.pack("<IIQQQQIIQQ", names.index(row[0].encode() + b"\0"), row[1], row[2], *2 * place[:1], place[1],
                    row[3], 0, 8, 24 if row[1] in (SHT_SYMTAB, SHT_DYNSYM) else 0)
        for row, place in zip(rows, places[1:])
    )  # fmt: skip
    end = at + len(words)
    start = struct.pack("<4sBBBB8xHHIQQQIHHHHHH", b"\x7fELF", 2, 1, 1, 0, 3, 62, 1, 0, 64, end, 0, 64, 56, 2, 64,
                        len(rows) + 1, len(rows))  # fmt: skip
    load = struct.pack("<IIQQQQQQ", PT_LOAD, 7, 0, 0, 0, end, end, 4096)
    array = struct.pack("<IIQQQQQQ", PT_DYNAMIC, 6, at, at, at, len(words), len(words), 8)
    return b"".join([start, load, array, *body, words, headers])
