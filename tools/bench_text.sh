#!/bin/bash
# The text engine beside SQLite FTS5, Xapian and Groonga over the same documents and queries in the same run: how good the first ten
# are (cran, cmrc), whether every document that holds a short query is found, and CPU a query on made Chinese documents.
# Needs TEXT_DATA, a folder with cran and cmrc. BENCH_TEXT_DOCS documents (default 100000) of BENCH_TEXT_CHARS characters (300).
set -eu
cd "$(dirname "$0")/.."
data=${TEXT_DATA:-../shared/data/text} dir=${BENCH_DIR:-/tmp/lianchuang-bench}/text docs=${BENCH_TEXT_DOCS:-100000} chars=${BENCH_TEXT_CHARS:-300}
[ -d "$data/cran" ] || { echo "text: skipped, no collections in $data (TEXT_DATA)"; exit 0; }
tools/need.sh libxapian-dev libgroonga-dev g++
command -v node >/dev/null || tools/need.sh nodejs
ninja -C build lianchuang >/dev/null
mkdir -p "$dir"
gcc -std=gnu17 -D_GNU_SOURCE -O2 -Isrc $(pkg-config --cflags groonga) tests/bench/text/peers.c build/src/engine/libtext.a build/libbase.a \
	$(pkg-config --libs groonga sqlite3 jansson openssl libsodium icu-i18n icu-uc libseccomp) -lstemmer -lm -o "$dir/peers"
g++ -O2 tests/bench/text/xapian.cc $(pkg-config --cflags --libs xapian-core jansson) -o "$dir/xapian"
made="$docs $chars $(sha256sum <tests/bench/text/prepare.mjs)"
if [ "$(cat "$dir/made" 2>/dev/null)" != "$made" ]; then
	node tests/bench/text/prepare.mjs "$data" "$dir" "$docs" "$chars"
	echo "$made" >"$dir/made"
fi
lc=build/lianchuang
field() { grep -o "\"$1\":[0-9.]*" | tail -1 | cut -d: -f2; }
ndcg() { $lc text eval "$1" "$2" | field ndcg10; }

for c in cran cmrc; do
	printf '\n%s, nDCG@10\n' $c
	rm -rf "$dir/ix-$c"
	$lc text index "$dir/$c.jsonl" "$dir/ix-$c" --train >/dev/null
	for p in search match; do
		$lc text $p "$dir/ix-$c" "$dir/$c.tsv" -k 100 --out "$dir/run" >/dev/null
		printf '%-14s %s\n' $p "$(ndcg "$dir/run" "$dir/$c.qrels")"
	done
	for p in fts5-trigram fts5-porter groonga; do
		"$dir/peers" $p "$dir/$c.jsonl" "$dir/$c.tsv" "$dir/run" 100 >/dev/null
		printf '%-14s %s\n' $p "$(ndcg "$dir/run" "$dir/$c.qrels")"
	done
	"$dir/xapian" "$dir/$c.jsonl" "$dir/$c.tsv" "$dir/run" 100 >/dev/null
	printf '%-14s %s\n' xapian "$(ndcg "$dir/run" "$dir/$c.qrels")"
done

printf '\nqueries of 1, 2, 3 and 4 characters: documents that hold them, not found\n'
$lc text search "$dir/ix-cmrc" "$dir/short.tsv" --all -k 1000 --out "$dir/run" >/dev/null
awk 'NR == FNR { got[$1 " " $3] = 1; next } { split($1, q, "-"); all[q[1]]++; if (!($1 " " $3 in got)) miss[q[1]]++ } END { for (n = 1; n <= 4; n++) printf "%d: %d of %d\n", n, miss[n], all[n] }' \
	"$dir/run" "$dir/short.qrels"

printf '\n%s documents of about %s characters: CPU\n' "$docs" "$chars"
rm -rf "$dir/ix-made"
out=$($lc text index "$dir/made.jsonl" "$dir/ix-made")
awk -v b="$(field input_bytes <<<"$out")" -v s="$(field cpu_seconds <<<"$out")" 'BEGIN { printf "%-14s index %.2f s, %.1f MB/s\n", "here", s, b / s / 1e6 }'
for q in key title need; do
	for how in --words-only "" "--type t1 --year-from 2010"; do
		out=$($lc text search "$dir/ix-made" "$dir/$q.tsv" -k 10 $how --out "$dir/run-$q")
		printf '%-14s %-6s p50 %s us, p99 %s us %s\n' here $q "$(field cpu_us_p50 <<<"$out")" "$(field cpu_us_p99 <<<"$out")" "$how"
	done
done
head -100 "$dir/title.tsv" >"$dir/title100.tsv"
for p in fts5-same groonga; do "$dir/peers" $p "$dir/made.jsonl" "$dir/title100.tsv" "$dir/run" 10 | sed 's/query/title query/'; done
for d in copied clean; do
	out=$($lc text dup "$dir/ix-made" "$dir/$d.jsonl" --out "$dir/$d.out")
	printf '\n%s documents checked for copies: %s of %s flagged, %s us of CPU each' $d "$(field flagged <<<"$out")" "$(field checked <<<"$out")" "$(field cpu_us_mean <<<"$out")"
done
printf '\nright source first: %s of %s\n' "$(awk -F'"' '{ a = $4; b = $8; sub(/^c/, "", a); sub(/^m/, "", b); n += a == b } END { print n }' "$dir/copied.out")" "$(wc -l <"$dir/copied.out")"
