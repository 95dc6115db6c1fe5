#!/bin/bash
# Run the tests under the sanitizers and count. quick: a few minutes; full: everything, with fault injection at length and axe on every page.
set -u
cd "$(dirname "$0")/.." || exit 2
level=${1:-quick}
tools/setup.sh test || exit 2
build=build-test
[ -f $build/build.ninja ] || meson setup $build -Db_sanitize=address,undefined -Db_lundef=false -Doptimization=1 >/dev/null || { cat $build/meson-logs/meson-log.txt; exit 2; }
ninja -C $build tests >/tmp/lc-build.$$ 2>&1 || { tail -40 /tmp/lc-build.$$; echo "0 passed, 1 failed"; exit 1; }
rm -f /tmp/lc-build.$$
export LEVEL="$level" ASAN_OPTIONS=abort_on_error=0:detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 SOURCE_ROOT=$PWD
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Count cmocka's lines, or a last line "N passed, N failed"; a program that says neither counts as one by its exit code.
count() {
	name=$1; shift
	start=$(date +%s%N)
	out=$(timeout 1500 "$@" 2>&1); code=$?
	ms=$(( ($(date +%s%N) - start) / 1000000 ))
	ok=$(grep -c '^\[       OK \]' <<<"$out"); bad=$(grep -c '^\[  FAILED  \] [a-z]' <<<"$out")
	bad=$((bad / 2))
	last=$(grep -Eo '^[0-9]+ passed, [0-9]+ failed$' <<<"$out" | tail -1)
	if [ -n "$last" ]; then
		ok=${last%% *}; bad=$(cut -d' ' -f3 <<<"$last")
	elif [ $((ok + bad)) = 0 ]; then
		[ $code = 0 ] && ok=1 || bad=1
	fi
	[ $code != 0 ] && [ "$bad" = 0 ] && bad=1
	echo "$ok $bad" >>"$work/$lane.sum"
	printf '%-34s %4d passed %3d failed %7d ms\n' "$name" "$ok" "$bad" "$ms"
	[ "$bad" = 0 ] || tail -60 <<<"$out"
}
script() { count "$(basename "$(dirname "$1")") $(basename "$1" .mjs)${2:+: $2}" env LIANCHUANG="$PWD/$build/lianchuang" ONLY="${2:-}" node "$1"; }

# The record type of docs/add-a-type.md, typed in as a reader would: it must be free of mistakes.
worked_example() {
	local dir code=0
	dir=$(mktemp -d) && cp -r region "$dir/mine"
	for doc in docs/add-a-type.md docs/add-a-type.zh-CN.md; do
		awk '/^```$/ { if (++n % 2) text = ""; else if (text ~ /^# 企业走访/) { printf "%s", text; exit } next } n % 2 { text = text $0 "\n" }' "$doc" >"$dir/mine/yunnan/firm_visit.lc"
		grep -o '^menu .*type firm_visit.*' "$doc" >"$dir/mine/yunnan/firm_visit_menu.lc"
		$build/lianchuang region check "$dir/mine/yunnan" || code=1
	done
	rm -rf "$dir"
	return $code
}

programs() {
	for t in $build/tests/unit_test_*; do
		[ -d "$t" ] || count "unit ${t##*test_}" "$t"
	done
	count "golden declarations" $build/tests/golden_test_def tests/golden/def
	for t in $build/tests/prop_test_*; do
		[ -d "$t" ] || count "property ${t##*test_}" "$t"
	done
	count "fault: text index" $build/tests/fault_test_text
	count "fault: power and kill" $build/tests/fault_test_power --points $([ "$level" = full ] && echo 4000 || echo 100)
	count "fault: deadline" $build/tests/fault_test_deadline --points $([ "$level" = full ] && echo 100000 || echo 600)
	count "fault: failing calls" $build/tests/fault_test_io $([ "$level" = full ] && echo --all)
	count "hostile clients" $build/tests/http_hostile $build/tests/http_tiny_server $([ "$level" = full ] && echo 200000 || echo 2000)
	for f in tests/fuzz/fuzz_*.c; do
		f=$(basename "$f" .c); f=${f#fuzz_}
		[ -x $build/tests/replay_$f ] && [ -d tests/fuzz/corpus/$f ] && count "fuzz corpus $f" $build/tests/replay_$f tests/fuzz/corpus/$f/*
	done
	export -f worked_example
	count "worked example of the docs" env build=$build bash -c worked_example
	for r in yunnan saxony; do
		count "declarations of $r" $build/lianchuang region check region/$r
		count "scenes of $r" $build/lianchuang region test region/$r
	done
}
scenarios() {
	for t in tests/http/*.mjs; do [ "$(basename "$t")" = kit.mjs ] || script "$t"; done
	script tests/browser/pages.mjs
	script tests/browser/rows.mjs
	script tests/browser/draft.mjs
	# Some minutes: the case above walks the same kinds of steps in a quick run.
	[ "$level" = quick ] || script tests/browser/round.mjs
}
# The case is run whole in each language and width, and with scripts off; each run has a server of its own.
whole_case() { for run in Chinese English scripts; do script tests/browser/case.mjs $run; done; }

command -v node >/dev/null && command -v npm >/dev/null || { echo "browser and HTTP scenarios need node and npm"; echo "0 passed, 1 failed"; exit 1; }
[ -d tests/browser/node_modules ] || (cd tests/browser && npm ci --ignore-scripts --no-audit --no-fund >/dev/null) || exit 2
lane=programs; programs &
# One folder of demonstration data for all; every server gets a copy of its own.
export DEMO_DATA="$work/demo"
$build/lianchuang init --demo --data "$DEMO_DATA" --region region/yunnan >"$work/demo.out" || { cat "$work/demo.out"; unset DEMO_DATA; }
lane=case; whole_case >"$work/case.out" 2>&1 &
lane=scenarios; scenarios >"$work/scenarios.out" 2>&1 &
wait
cat "$work/scenarios.out" "$work/case.out"
read -r passed failed < <(cat "$work"/*.sum | awk '{ok += $1; bad += $2} END {print ok, bad}')
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
