#!/bin/bash
# Coverage-guided fuzzing of every target, SECONDS each (default 60), starting from the corpora. Needs clang.
set -u
cd "$(dirname "$0")/.." || exit 2
tools/setup.sh full || exit 2
[ -f build-fuzz/build.ninja ] || CC=clang meson setup build-fuzz -Db_sanitize=address,undefined -Dc_args=-fsanitize=fuzzer-no-link -Db_lundef=false -Dwerror=false >/dev/null || exit 2
ninja -C build-fuzz src/base/libbase.a lianchuang 2>/dev/null | tail -1
libs="build-fuzz/libapp.a build-fuzz/libfeature.a build-fuzz/src/rec/librec.a build-fuzz/src/engine/libengine.a build-fuzz/src/engine/libtext.a build-fuzz/src/web/libweb.a build-fuzz/src/def/libdef.a build-fuzz/src/db/libdb.a build-fuzz/libbase.a"
for f in tests/fuzz/fuzz_*.c; do
	name=$(basename "$f" .c); name=${name#fuzz_}
	clang -std=gnu17 -D_GNU_SOURCE -g -O1 -fsanitize=fuzzer,address,undefined -Isrc "$f" $libs \
		$(pkg-config --libs sqlite3 cbc clp lapacke jansson openssl libsodium icu-i18n icu-uc libseccomp libmicrohttpd zlib minizip expat libcurl) -lxlsxwriter -lstemmer -lm \
		-o "build-fuzz/fuzz_$name" || exit 1
	mkdir -p "build-fuzz/corpus-$name"
	"build-fuzz/fuzz_$name" -max_total_time="${SECONDS_EACH:-60}" -timeout=10 -rss_limit_mb=2048 "build-fuzz/corpus-$name" "tests/fuzz/corpus/$name" 2>&1 | tail -2
done
