#!/bin/bash
# Assigning experts, beside LEMON (Debian's liblemon-dev) on the same generated instances in the same run. CPU seconds of the solver alone.
# EQUAL=N: so many random instances compared value for value first. QUICK=1: ten thousand applications only. The peer is built here and linked nowhere else.
set -eu
cd "$(dirname "$0")/.."
dir=${BENCH_DIR:-/tmp/lianchuang-bench}/assign
mkdir -p "$dir"
tools/need.sh g++ liblemon-dev
ninja -C build libfeature.a src/engine/libengine.a libbase.a >/dev/null
gcc -std=gnu17 -D_GNU_SOURCE -O2 -Isrc tests/bench/assign/bench.c -o "$dir/bench" -Wl,--start-group build/src/engine/libengine.a build/libbase.a -Wl,--end-group \
	$(pkg-config --libs jansson openssl libsodium icu-i18n icu-uc libseccomp cbc clp) -lm
g++ -O2 -w tests/bench/assign/lemon.cc -o "$dir/lemon"

# Value for value first: EQUAL random instances with every kind of rule (10,000, some minutes).
g++ -O2 -w -c tests/bench/assign/lemon_total.cc -o "$dir/lemon_total.o"
gcc -std=gnu17 -D_GNU_SOURCE -O2 -Isrc tests/bench/assign/equal.c "$dir/lemon_total.o" -o "$dir/equal" -Wl,--start-group build/libfeature.a build/src/engine/libengine.a \
	build/libbase.a -Wl,--end-group $(pkg-config --cflags --libs cbc clp jansson openssl libsodium icu-i18n icu-uc libseccomp lemon) -lstdc++ -lm
"$dir/equal" "${EQUAL:-10000}"

field() { grep -o "\"$1\":[-0-9.]*" <<<"$2" | head -1 | cut -d: -f2; }
row() {         # APPLICATIONS EXPERTS RULES GOAL
	ours=$("$dir/bench" "$1" "$2" 130 1000 "$3")
	peer=$("$dir/lemon" "$1" "$2" 130 1000 "$3" scaling)
	[ "$(field total "$ours")" = "$(field total "$peer")" ] || { echo "totals differ: $ours $peer" >&2; exit 1; }
	printf '%-34s %9s s %6s MiB %9s s %6s MiB %8s ×  (goal %s)\n' "$1 × $2, $3" "$(field cpu_seconds "$ours")" "$(field peak_mib "$ours")" "$(field cpu_seconds "$peer")" \
		"$(field peak_mib "$peer")" "$(awk -v a="$(field cpu_seconds "$peer")" -v b="$(field cpu_seconds "$ours")" 'BEGIN {printf "%.1f", a / b}')" "$4"
}
printf '%-34s %22s %22s\n' 'assigning experts, exact' 'here' 'LEMON cost scaling'
row 10000 10000 all '20 ×'
row 10000 10000 one '20 ×'
[ -n "${QUICK:-}" ] || row 100000 80000 all '40 ×'
[ -n "${QUICK:-}" ] || row 100000 80000 one '2 s'
[ -z "${LARGE:-}" ] || row 400000 300000 all '2.2 s'
ours=$("$dir/bench" 10000 10000 130 1000 rules)
printf '%-34s %9s s, proven gap %s %% (goal 5 s, 0.1 %%)\n' 'organisation, seniority, local share' "$(field cpu_seconds "$ours")" \
	"$(awk -v b="$(field bound "$ours")" -v t="$(field total "$ours")" 'BEGIN {printf "%.3f", 100 * (b - t) / t}')"
size="10000 10000"; [ -n "${QUICK:-}" ] || size="400000 300000"
"$dir/bench" $size 130 1000 all repairs 1000 | sed "s/^/$size: /"
