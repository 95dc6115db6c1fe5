#!/bin/bash
# The chain engine beside igraph, in the same process: equal answers first, then CPU seconds. CHAIN_DATA: a folder in the layout of ChainKnowledgeGraph
# as tab-separated tables; without it the table of bottlenecks is left out. LARGE=1: a million nodes for the failure and the cone of every node too.
set -eu
cd "$(dirname "$0")/.."
dir=${BENCH_DIR:-/tmp/lianchuang-bench}/chain
mkdir -p "$dir"
tools/need.sh libigraph-dev
ninja -C build lianchuang >/dev/null
objects=$(ls build/libfeature.a.p/src_feature_chain_file.c.o build/libfeature.a.p/src_feature_engine_cmd.c.o build/src/engine/libengine.a.p/chain_*.o)
gcc -std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -Isrc tests/bench/chain/bench_chain.c -o "$dir/bench" $objects build/src/rec/librec.a build/src/def/libdef.a build/src/db/libdb.a build/libbase.a \
	$(pkg-config --cflags --libs igraph jansson openssl libsodium icu-i18n icu-uc libseccomp sqlite3 minizip expat lapacke) -lxlsxwriter -lm
"$dir/bench" check "${CHECKS:-10000}"
printf '\n| | here | igraph or plain | ratio |\n| --- | --- | --- | --- |\n'
if [ -n "${CHAIN_DATA:-}" ]; then
	build/lianchuang chain convert ckg "$CHAIN_DATA" "$dir/ckg" >/dev/null 2>&1
	"$dir/bench" ckg "$dir/ckg"
fi
"$dir/bench" or 1000000 10000000
"$dir/bench" all 50000 500000
"$dir/bench" all 50000 500000 cyclic
"$dir/bench" cones 50000 500000
if [ -n "${LARGE:-}" ]; then
	"$dir/bench" all 1000000 10000000
	"$dir/bench" cones 1000000 10000000
fi
