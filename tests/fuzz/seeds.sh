#!/bin/sh
# seeds.sh - small real artifacts for a fuzz target to start from: seeds.sh NAME FOLDER
#
# clang and lld (ci/setup.sh fuzz) make object files and libraries of every machine and format without
# anyone's headers; the source has the names that the readers look for.  What cannot be made here is left out.
set -eu
name=$1
folder=$2
mkdir -p "$folder"
cd "$folder"

cat > seed.c <<'C'
#ifndef SLOT
#define SLOT "runtime.tls_g"
#endif
__thread long slot __asm__(SLOT);
__thread int other = 3;
__attribute__((used)) long get(void) __asm__("runtime.text");
long get(void) { return slot; }
__attribute__((used)) void put(long g) __asm__("runtime.save_g.abi0");
void put(long g) { slot = g; other++; }
__attribute__((used)) void end(void) __asm__("runtime.etext");
void end(void) { }
__attribute__((used)) int _rt0_amd64_linux_lib(int argc) { return argc; }
C

object() { # TARGET FLAGS...
	target=$1
	shift
	clang -target "$target" -O1 -ffreestanding -c "$@" -o "$target.o" seed.c 2>/dev/null || rm -f "$target.o"
}

elf() {
	for target in x86_64-linux-gnu aarch64-linux-gnu i686-linux-gnu arm-linux-gnueabihf powerpc64le-linux-gnu powerpc64-linux-gnu s390x-linux-gnu riscv64-linux-gnu mips-linux-gnu mips64-linux-gnuabi64 mips64el-linux-gnuabi64; do
		object "$target" -fPIC -DSLOT='"runtime.tlsg"'
		ld.lld -shared -z nodelete -o "$target.so" "$target.o" 2>/dev/null || :
		object "$target" -fno-pic
		ld.lld --defsym=_start=0 -o "$target.exe" "$target.o" 2>/dev/null || :
	done
}

pe() {
	for target in x86_64-windows-gnu i686-windows-gnu aarch64-windows-gnu; do
		object "$target"
		printf 'int _tls_index; void *start(void); void *start(void) { return __builtin_frame_address(0); }\n' > image.c
		if clang -target "$target" -O1 -ffreestanding -c -o image.o image.c 2>/dev/null; then
			lld-link /dll /noentry "/out:$target.dll" /export:start image.o >/dev/null 2>&1 || :
		fi
	done
	rm -f image.c image.o ./*.lib
}

macho() {
	for target in x86_64-apple-macos12 arm64-apple-macos12 arm64-apple-ios15; do
		object "$target"
	done
}

# clang writes 64-bit XCOFF only since 17.
xcoff() {
	printf 'int f(void); int f(void) { return 1; }\n' > plain.c
	clang -target powerpc-ibm-aix -fintegrated-as -c -o powerpc-ibm-aix.o plain.c 2>/dev/null || :
	rm -f plain.c
}

wasm() {
	object wasm32
	printf 'int add(int a, int b) { return a + b; }\n' > module.c
	clang -target wasm32 -O1 -c -o module.o module.c
	wasm-ld --no-entry --export-all -o module.wasm module.o
	rm -f module.c
}

# 32 bytes of header, big-endian words: magic, text, data, bss, symbols, entry, two tables (a.out(6)).
plan9() {
	printf '\0\0\212\227\0\0\0\20\0\0\0\10\0\0\0\0\0\0\0\0\0\40\0\50\0\0\0\0\0\0\0\0\0\0\0\0\0\40\0\50\220\220\220\220\220\220\220\303\220\220\220\220\220\220\220\303datadata' > amd64.out
	printf '\0\0\1\353\0\0\0\10\0\0\0\4\0\0\0\0\0\0\0\0\0\0\20\40\0\0\0\0\0\0\0\0\220\220\220\220\220\220\220\303data' > 386.out
}

archive() {
	object x86_64-linux-gnu
	object x86_64-apple-macos12
	cp x86_64-linux-gnu.o a_name_that_is_long.o
	ar rcsD gnu.a x86_64-linux-gnu.o a_name_that_is_long.o
	ar rcSD plain.a a_name_that_is_long.o
	printf '<bigaf>\n%-20s%-20s%-20s%-20s%-20s%-20s%-20s%-20s%-20s%-12s%-12s%-12s%-12s%-4sa.o\0`\n12' 0 0 0 128 128 0 2 0 0 0 0 0 644 3 > big.a
	rm -f x86_64-linux-gnu.o x86_64-apple-macos12.o a_name_that_is_long.o
}

# A zip file of one member, stored: b.o, "\177ELF".
members() {
	printf 'PK\3\4\24\0\0\0\0\0\0\0\0\0\121\304\072\247\4\0\0\0\4\0\0\0\3\0\0\0b.o\177ELF' > one.zip
	printf 'PK\1\2\24\0\24\0\0\0\0\0\0\0\0\0\121\304\072\247\4\0\0\0\4\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0b.o' >> one.zip
	printf 'PK\5\6\0\0\0\0\1\0\1\0\61\0\0\0\45\0\0\0\0\0' >> one.zip
	archive
	ar rcsDT thin.a gnu.a plain.a
}

# Two bytes that fuzz_insn.c reads, and a sequence: 386 and amd64, Go's LE and IE; arm, A32 and T32.
insn() {
	printf '\0\1\145\213\15\0\0\0\0\213\211\374\377\377\377' > 386.le
	printf '\0\11\350\0\0\0\0\131\213\211\73\0\0\0\145\213\11' > 386.ie
	printf '\1\1\114\213\65\71\0\0\0\144\115\213\66' > amd64.ie
	printf '\2\1\160\17\35\356\3\0\300\343\4\260\237\345\13\0\200\340\0\240\220\345\10\0\0\0' > arm.le
	printf '\2\30\1\110\170\104\0\360\126\370\72\0\0\0' > arm.t32
}

text() {
	printf 'go1.27.4/linux/amd64/c-shared/cgo1/external@glibc-2.36:dlopen' > cell
	printf 'mode=c-shared & go>=1.21 & !arch=386 & target=glibc-* | (cgo=1)' > filter
	printf '00000000 {"event":"start"}\n' > journal
	printf '#tlsm:1 5 5c2f9794 end\t8\n' > record
	printf 'Cmdline: x\n#tlsm:2 9 10f1random: device\n4408 obs\ta\tb\tc\nprogram exited with status 3\nPowering off.\n' > console
	printf '[my-ld]\nkind = loader\ninterpreter = ld.so\n' > targets
	printf 'linux amd64 cgo=1 modes=exe,pie,c-archive race=1 msan=1 asan=1 external=0 external-cgo=0 internal-pie=1 default-pie=0\n' > ports
}

case $name in
inspect)
	archive
	elf
	pe
	macho
	xcoff
	wasm
	plan9
	;;
elf | pe | macho | xcoff | wasm | plan9 | archive | members | insn) $name ;;
*) text ;;
esac
rm -f seed.c
