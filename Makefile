# Front door; the build itself is Meson's (meson.build). Everything is made under build*/.

.PHONY: all program setup run demo install check asan valgrind nomem fuzz bench cover \
        format format-check lint docs ci clean
MESON ?= meson
NINJA ?= ninja
FUZZ_SECONDS ?= 60
SOURCES = $(shell find apps lib fuzz bench tests -name '*.[ch]')

all: program
	$(NINJA) -C build

# The program alone, without the tests.
program: build/build.ninja
	$(NINJA) -C build apps/eseal/eseal
	@ln -sf apps/eseal/eseal build/eseal

# A folder of a build and the options it is configured with.
build/build.ninja:
	$(MESON) setup build
build-asan/build.ninja:
	$(MESON) setup build-asan -Db_sanitize=address,undefined -Db_lundef=false
build-cover/build.ninja:
	$(MESON) setup build-cover -Db_coverage=true -Doptimization=0
build-fuzz/build.ninja:
	CC=clang $(MESON) setup build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false
build-lint/build.ninja:
	CC=clang $(MESON) setup build-lint

setup:
	tools/setup.sh dev

run:
	./run

demo: program
	tools/demo.sh

install: all
	$(MESON) install -C build

check: program
	tools/run-tests build

asan: build-asan/build.ninja
	tools/run-tests build-asan

valgrind: build/build.ninja
	tools/run-tests build --suite unit --timeout-multiplier 30 \
	    --wrap 'valgrind -q --error-exitcode=9 --leak-check=full --show-leak-kinds=definite,indirect'

nomem: build/build.ninja
	ES_NOMEM_EVERY=1 tools/run-tests build --only nomem

fuzz: build-fuzz/build.ninja
	$(NINJA) -C build-fuzz fuzzers
	tools/make-corpus build-fuzz/corpus
	tools/run-fuzzers build-fuzz $(FUZZ_SECONDS)

bench: all
	$(NINJA) -C build meson-benchmark-prereq
	$(MESON) test -C build --no-rebuild --benchmark --verbose

cover: build-cover/build.ninja
	tools/run-tests build-cover
	gcovr --root . --object-directory build-cover --filter lib/ --filter apps/ \
	    --exclude '.*/tests/' --html-details build-cover/index.html --print-summary

format:
	clang-format -i $(SOURCES)

format-check:
	@clang-format --dry-run -Werror $(SOURCES)

lint: build-lint/build.ninja
	tools/check-layers
	tools/check-style
	tools/lint build-lint

docs: program
	tools/make-docs build/docs

ci: format-check lint check asan
	$(MAKE) fuzz FUZZ_SECONDS=10
	$(MAKE) bench

clean:
	rm -rf build build-asan build-cover build-fuzz build-lint
