#!/bin/bash
# The benchmark: what a list page costs beside its bare SQLite statements, at a hundred times the rows, and beside the same page in PHP;
# then durable POSTs over HTTP, and the writer's group commit against a commit for each. Databases are kept in $BENCH_DIR.
# CPU is the time on a processor of the processes that do the work, in nanoseconds, from /proc/PID/schedstat: it does not depend on how busy the
# machine is as much as clocks do, and counts short turns that user and system ticks miss.
set -eu
cd "$(dirname "$0")/.."
dir=${BENCH_DIR:-/tmp/lianchuang-bench} seconds=${BENCH_SECONDS:-5} many=${BENCH_ROWS:-1000000} few=10000 port=18471
mkdir -p "$dir/bin"
tools/need.sh wrk curl php8.2-fpm php8.2-sqlite3 nginx-light

# ---- building ----
ninja -C build lianchuang >/dev/null
libs="build/libapp.a build/libfeature.a build/src/rec/librec.a build/src/engine/libengine.a build/src/engine/libtext.a build/src/web/libweb.a build/src/def/libdef.a build/src/db/libdb.a build/libbase.a"
deps="$(pkg-config --libs jansson openssl libsodium icu-i18n icu-uc libseccomp sqlite3 minizip expat libmicrohttpd libcurl zlib pangocairo cairo-pdf cbc clp) -lxlsxwriter -lstemmer -lm"
flags="-std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -Wno-unused-parameter -Isrc"
gcc $flags tests/bench/fill.c -o "$dir/bin/fill" -Wl,--start-group $libs -Wl,--end-group \
	$deps
gcc $flags tests/bench/bare.c -o "$dir/bin/bare" -lsqlite3
gcc $flags -shared -fPIC tests/bench/trace.c -o "$dir/bin/trace.so"
gcc $flags -Itests/fault tests/bench/bench_commit.c tests/fault/rig.c tests/fault/disk.c -o "$dir/bin/commit" -Wl,--start-group $libs -Wl,--end-group \
	$deps

make_data() {
	mark="$dir/d$1.made" now=$(cat tests/bench/fill.c tests/bench/region/*.lc src/rec/schema.c | sha256sum)
	[ -f "$mark" ] && [ "$(cat "$mark")" = "$now" ] && return
	rm -rf "$dir/d$1" "$mark"
	build/lianchuang init --demo --data "$dir/d$1" --region tests/bench/region >/dev/null
	from=$(date +%s)
	"$dir/bin/fill" "$dir/d$1" "$1"
	echo "$1 records made in $(($(date +%s) - from)) s"
	echo "$now" >"$mark"
}
make_data $few
make_data "$many"

# ---- servers ----
server= fpm= nginx=
stop() { for p in $server $fpm $nginx; do kill "$p" 2>/dev/null || true; wait "$p" 2>/dev/null || true; done; server= fpm= nginx=; }
trap stop EXIT
await() { for _ in $(seq 100); do curl -s -o /dev/null "$1" && return; sleep 0.1; done; echo "no answer from $1" >&2; exit 1; }
serve() {
	"${@:2}" build/lianchuang serve --data "$dir/d$1" --listen 127.0.0.1:$port --workers 1 2>"$dir/serve.log" &
	server=$!
	await http://127.0.0.1:$port/health
	web=$(pgrep -P $server | tail -1)
}
cpu_ns() { for p in "$@"; do awk '{print $1}' "/proc/$p/schedstat"; done | awk '{n+=$1} END {printf "%.0f\n", n}'; }
cookie() { echo "Cookie: lc_session=bench-$1; lc_lang=zh"; }
# load URL WHO PIDS…: requests, microseconds of CPU a request, requests a second
load() {
	url=$1 who=$2; shift 2
	wrk -t1 -c4 -d1 -H "$(cookie "$who")" "$url" >/dev/null
	c0=$(cpu_ns "$@")
	wrk -t1 -c4 -d"$seconds" -H "$(cookie "$who")" "$url" >"$dir/wrk.txt"
	c1=$(cpu_ns "$@")
	grep -q 'Non-2xx' "$dir/wrk.txt" && { echo "refused pages at $url" >&2; exit 1; }
	awk -v c=$((c1 - c0)) '/requests in/ {n=$1} /Requests\/sec/ {r=$2} END {printf "%d %.0f %.0f\n", n, c / 1e3 / n, r}' "$dir/wrk.txt"
}
ratio() { awk -v a="$1" -v b="$2" 'BEGIN {printf "%.2f", a / b}'; }

# ---- a list page ----
declare -A page bare rate
for n in $few "$many"; do
	serve "$n" env BENCH_TRACE="$dir/trace.sql" LD_PRELOAD="$dir/bin/trace.so"
	for who in officer firm; do
		curl -s -o /dev/null -H "$(cookie $who)" http://127.0.0.1:$port/r/item
		: >"$dir/trace.sql"
		curl -s -o "$dir/$who.html" -H "$(cookie $who)" http://127.0.0.1:$port/r/item
		cp "$dir/trace.sql" "$dir/$who-$n.sql"
		grep -q '</tbody>' "$dir/$who.html" || { echo "no rows for $who" >&2; exit 1; }
	done
	stop
	serve "$n"
	for who in officer firm; do
		read -r _ page[$who-$n] rate[$who-$n] < <(load http://127.0.0.1:$port/r/item $who "$web")
		bare[$who-$n]=$("$dir/bin/bare" "$dir/d$n/lianchuang.db" "$dir/$who-$n.sql" 3000)
	done
	stop
done
printf '\n%-34s %10s %10s %8s\n' 'list page of 50 rows, HTML' 'page µs' 'SQLite µs' 'ratio'
for n in $few "$many"; do for who in officer firm; do
	printf '%-34s %10s %10s %8s  (goal 1.5)\n' "$who, $n records" "${page[$who-$n]}" "${bare[$who-$n]}" "$(ratio "${page[$who-$n]}" "${bare[$who-$n]}")"
done; done
for who in officer firm; do
	printf '%-34s %30s  (goal 1.3)\n' "$who, $many against $few" "$(ratio "${page[$who-$many]}" "${page[$who-$few]}")"
done

# ---- the same page in PHP, one worker each ----
web_dir="$dir/php"
mkdir -p "$web_dir"
cp tests/bench/php/list.php "$web_dir/"
awk '{print} /<tbody>/ {exit}' "$dir/officer.html" >"$web_dir/head.html"
awk '/<\/tbody>/ {on = 1} on' "$dir/officer.html" >"$web_dir/tail.html"
cat >"$web_dir/fpm.conf" <<C
[global]
error_log = $web_dir/fpm.log
daemonize = no
[www]
listen = $web_dir/fpm.sock
listen.mode = 0666
user = $(id -un)
group = $(id -gn)
pm = static
pm.max_children = 1
C
cat >"$web_dir/nginx.conf" <<C
daemon off; pid $web_dir/nginx.pid; error_log $web_dir/nginx.log; worker_processes 1; user $(id -un) $(id -gn);
events { worker_connections 256; }
http {
	access_log off; keepalive_requests 10000000;
	upstream php { server unix:$web_dir/fpm.sock; keepalive 4; }
	server {
		listen 127.0.0.1:$((port + 1));
		location / { fastcgi_pass php; fastcgi_keep_conn on; include /etc/nginx/fastcgi_params;
			fastcgi_param SCRIPT_FILENAME $web_dir/list.php; fastcgi_param BENCH_DB $dir/d$many/lianchuang.db; fastcgi_buffers 16 16k; }
	}
}
C
root=; [ "$(id -u)" = 0 ] && root=-R
php-fpm8.2 $root -n -d zend_extension=opcache -d extension=pdo -d extension=pdo_sqlite -d opcache.enable=1 -d opcache.validate_timestamps=0 \
	-y "$web_dir/fpm.conf" 2>"$web_dir/start.log" &
fpm=$!
/usr/sbin/nginx -c "$web_dir/nginx.conf" 2>>"$web_dir/start.log" &
nginx=$!
sleep 1
curl -s -H "$(cookie officer)" http://127.0.0.1:$((port + 1))/ >"$dir/php.html"
rows() { sed -n '/<tbody>/,/<\/tbody>/p' "$1" | sed 's/^[ \t]*//'; }
if diff <(rows "$dir/php.html") <(rows "$dir/officer.html") >"$dir/php.diff"; then same='rows byte for byte the same'; else same="rows differ in $(grep -c '^<' "$dir/php.diff") lines"; fi
serve "$many"
printf '\n%-34s %10s %10s %10s\n' "PHP 8.2, nginx, opcache ($same)" 'CPU µs' 'pages/s' ''
for who in officer firm; do
	read -r _ php php_rate < <(load http://127.0.0.1:$((port + 1))/ $who "$(pgrep -P $fpm)" "$(pgrep -P $nginx)")
	read -r _ ours ours_rate < <(load http://127.0.0.1:$port/r/item $who "$web")
	printf '%-34s %10s %10s\n%-34s %10s %10s\n' "$who, PHP" "$php" "$php_rate" "$who, here" "$ours" "$ours_rate"
	printf '%-34s %10s %10s  (goal 4)\n' "ratio" "$(ratio "$php" "$ours")" "$(ratio "$ours_rate" "$php_rate")"
done
stop

# ---- durable POSTs ----
rm -rf "$dir/post"
cp -r "$dir/d$few" "$dir/post"
rm -rf "$dir/dpost"
mv "$dir/post" "$dir/dpost"
serve post
export BENCH_HOLDER
BENCH_HOLDER=$(curl -s -H "$(cookie officer)" -H 'Accept: application/json' "http://127.0.0.1:$port/r/holder?limit=1" | grep -o '"id":"[^"]*"' | head -1 | cut -d'"' -f4)
total() { "$dir/bin/bare" "$dir/dpost/lianchuang.db" <(echo 'SELECT COUNT(*) FROM r_item') 0; }
before=$(total)
wrk -t1 -c64 -d"$seconds" -s tests/bench/post.lua http://127.0.0.1:$port/ >"$dir/wrk.txt"
after=$(total)
printf '\nnew records over HTTP, 64 connections, each durable before its answer: %s a second (%s in the database)\n' \
	"$(awk '/Requests\/sec/ {print $2}' "$dir/wrk.txt")" "$before → $after"
grep -E 'Non-2xx|Socket errors' "$dir/wrk.txt" || true
stop
printf '\n'
"$dir/bin/commit" --seconds 2 --rounds 3 --dir "$dir"
