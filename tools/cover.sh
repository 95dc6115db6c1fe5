#!/bin/bash
# Line and branch coverage of the unit, golden and property tests, by gcovr.
set -eu
cd "$(dirname "$0")/.."
tools/setup.sh full
command -v gcovr >/dev/null || { echo "installing: gcovr" >&2; $([ "$(id -u)" = 0 ] || echo sudo) apt-get install -y -qq gcovr >/dev/null; }
[ -f build-cover/build.ninja ] || meson setup build-cover -Db_coverage=true >/dev/null
ninja -C build-cover tests | tail -1
for t in build-cover/tests/unit_test_* build-cover/tests/prop_test_expr_sql; do
	[ -x "$t" ] && [ -f "$t" ] && SOURCE_ROOT=$PWD "$t" >/dev/null 2>&1 || true
done
build-cover/tests/golden_test_def tests/golden/def >/dev/null 2>&1 || true
gcovr -r . --object-directory build-cover --filter 'src/' --print-summary | tail -40
