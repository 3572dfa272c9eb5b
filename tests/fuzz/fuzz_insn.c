/* Any bytes as the code of any processor, in the file that they make up: counted, never read beyond.
 * Byte 0 chooses the processor, byte 1 what the reader of the format sets. */
#include "harness/code/initializer.h"
#include "harness/code/insn.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BASE = 0x10000, GOT = 0x10040 };
enum { IS_GO = 1, OWN_SEGMENT = 2, HAS_FILE = 8, DYNAMIC = 16, IS_F = 32, ODD = 64 };

static const struct arch *const archs[] = {
	&arch_386,
	&arch_amd64,
	&arch_arm,
	&arch_arm64,
	&arch_loong64,
	&arch_mips,
	&arch_mips64,
	&arch_mips64le,
	&arch_mipsle,
	&arch_ppc64,
	&arch_ppc64le,
	&arch_riscv64,
	&arch_s390x,
};

static void check(const struct insn_scan *scan, size_t size)
{
	size_t found = scan->gd + scan->ld + scan->tlsdesc;
	for (size_t i = 0; i < ACCESS_COUNT; i++)
		found += scan->go[i] + scan->c[i];
	/* Two operands of an instruction of one byte, and a call, at the most, in each of two instruction sets. */
	if (found > 6 * size || !insn_form(scan) || (scan->go_one + scan->go_two && !scan->is_go))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint64_t words[] = { GOT, GOT + 8, GOT + 16, GOT + 24 };
	static const int fields[] = { 0x30 };
	if (size < 2)
		return 0;
	const struct arch *arch = archs[data[0] % ARCH_COUNT(archs)];
	unsigned flags = data[1], skip = flags & ODD && size > 2;
	GElf_Phdr load = { .p_type = PT_LOAD, .p_vaddr = BASE, .p_filesz = size - 2, .p_memsz = size - 2 };
	GElf_Dyn got = { .d_tag = DT_PLTGOT, .d_un.d_ptr = GOT };
	/* A block of its own size, so that ASan sees a read beyond. */
	unsigned char *code = malloc(size - 2 + !(size - 2));
	if (!code)
		abort();
	memcpy(code, data + 2, size - 2);
	const struct elf_file file = { .bytes = code,
		.size = size - 2,
		.class = arch->class,
		.big_endian = arch->big_endian,
		.arch = arch,
		.segment = &load,
		.segment_count = 1,
		.dynamic = &got,
		.dynamic_count = 1 };
	struct insn_scan scan;
	insn_scan_begin(&scan, arch);
	if (flags & (HAS_FILE | DYNAMIC)) {
		scan.file = &file;
		scan.tp_helper = GOT;
	}
	if (flags & DYNAMIC) {
		scan.dtpmod = scan.dtpoffs = scan.tlsdescs = scan.tpoffs = words;
		scan.dtpmod_count = scan.dtpoff_count = scan.tlsdesc_count = scan.tpoff_count = 4;
	}
	if (flags & OWN_SEGMENT)
		scan.segment = flags & IS_F ? 'f' : 'g';
	scan.fields = fields;
	scan.field_count = 1;
	insn_scan_function(&scan, "f", flags & IS_GO, BASE + skip, code + skip, size - 2 - skip);
	check(&scan, size);
	insn_scan_end(&scan);
	struct initializer initializer;
	initializer_read(arch, (struct bytes){ code, size - 2, 0 }, BASE, BASE + flags, &initializer);
	if (initializer.off > initializer.calls)
		abort();
	free(code);
	return 0;
}
