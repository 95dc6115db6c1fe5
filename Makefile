# Thin names over meson and ninja. The two that matter: `make run` and `make test`.
.PHONY: run test check build dev fuzz cover bench bench-engines lint docs clean

DATA ?= data
LISTEN ?= 127.0.0.1:8080

build: build/build.ninja
	@ninja -C build -t recompact >/dev/null 2>&1 || true
	@ninja -C build lianchuang

build/build.ninja:
	@tools/setup.sh build
	@meson setup build >/dev/null || (cat build/meson-logs/meson-log.txt; exit 1)

run: build
	@tools/run.sh "$(DATA)" "$(LISTEN)"

# Everything a newcomer's change must pass, under the sanitizers, in a few minutes.
test:
	@tools/test.sh quick

check: lint
	@tools/test.sh full

lint: build/build.ninja
	@tools/lint.sh

bench: build/build.ninja
	@tools/bench.sh

# The engines beside their peers: every tools/bench_*.sh there is.
bench-engines: build
	@for b in tools/bench_*.sh; do $$b || exit 1; done

fuzz:
	@tools/fuzz.sh

cover:
	@tools/cover.sh

# The tables of docs/language*.md, from the parser's own.
docs: build
	@tools/docs.sh

dev: build
	@build/lianchuang init --demo --data "$(DATA)" --region region/yunnan
	@build/lianchuang serve --data "$(DATA)" --listen "$(LISTEN)" --assets .

clean:
	@rm -rf build build-*
