#!/bin/bash
# Portfolio and scores: proven gaps under about 55 side rules beside CBC alone (the same rows, given to the library whole), prices of overrides
# beside the first solution, OR-Library and Pabulib beside what is known, and review sheets held out. One table a part, on standard output.
#   BENCH_DIR    where programs and made files are kept        BENCH_DATA   folder with portfolio/ and review/ (parts without data are left out)
#   EQUAL        random programmes compared to CBC value for value first (10000), for so long at most: EQUAL_SECONDS (1200)
#   BENCH_SIZES  how many applications ("300 3000 30000")      BENCH_SEEDS  how many instances of each ("3")     BENCH_TIME   seconds a solution ("60")
# CPU seconds of the process count: they depend less than clocks on how busy the machine is. Both prove a gap of 0.1 %.
set -eu
cd "$(dirname "$0")/.."
dir=${BENCH_DIR:-/tmp/lianchuang-bench} data=${BENCH_DATA:-../shared/data} sizes=${BENCH_SIZES:-300 3000 30000} seeds=${BENCH_SEEDS:-3} limit=${BENCH_TIME:-60}
mkdir -p "$dir/bin" "$dir/portfolio"
ninja -C build lianchuang >/dev/null
flags="-std=gnu17 -D_GNU_SOURCE -O2 -Wall -Wextra -Wno-unused-parameter -Isrc"
libs="-Wl,--start-group build/libfeature.a build/src/engine/libengine.a build/libbase.a -Wl,--end-group"
system="$(pkg-config --cflags --libs cbc clp jansson openssl libsodium icu-i18n icu-uc libseccomp) -lm"
gcc $flags tests/bench/portfolio/peer.c -o "$dir/bin/portfolio-peer" $libs $system
gcc $flags tests/bench/portfolio/make.c -o "$dir/bin/portfolio-make" $libs $system
gcc $flags tests/bench/portfolio/equal.c -o "$dir/bin/portfolio-equal" $libs $system
"$dir/bin/portfolio-equal" "${EQUAL:-10000}" 1 "${EQUAL_SECONDS:-1200}"
figure() { grep -Eo "\"$1\":\"?[^,\"}]*" | head -1 | sed -E 's/^"[^"]*":"?//'; }
w=$dir/portfolio

echo "applications  seed |   ours s       gap |    CBC s       gap | CBC ÷ ours | a price s   ÷ first"
for n in $sizes; do
	for seed in $(seq "$seeds"); do
		"$dir/bin/portfolio-make" "$n" "$seed" "$w/m"
		build/lianchuang portfolio solve "$w/m.csv" --rules "$w/m.lc" --gap 0.001 --time "$limit" --out "$w/o.csv" >"$w/ours.json" 2>/dev/null || true
		build/lianchuang portfolio check "$w/m.csv" --rules "$w/m.lc" --chosen "$w/o.csv" >/dev/null
		build/lianchuang portfolio price "$w/m.csv" --rules "$w/m.lc" --gap 0.001 --time "$limit" --out "$w/p.csv" >"$w/price.json" 2>/dev/null || true
		timeout 600 "$dir/bin/portfolio-peer" "$w/m.csv" "$w/m.lc" 0.001 "$limit" >"$w/peer.json" || echo '{}' >"$w/peer.json"
		awk -v n="$n" -v seed="$seed" -v a="$(figure solve_cpu_seconds <"$w/price.json")" -v g="$(figure gap <"$w/ours.json")" -v b="$(figure cpu_seconds <"$w/peer.json")" \
			-v total="$(figure total <"$w/peer.json")" -v bound="$(figure bound <"$w/peer.json")" -v p="$(figure prices_cpu_seconds <"$w/price.json")" \
			-v prices="$(($(wc -l <"$w/p.csv") - 1))" 'BEGIN {
				peer_gap = total > 0 ? (bound - total) / total * 100 : 100; one = prices > 0 ? p / prices : 0
				printf "%12d %5d | %8.2f %8.4f%% | %8.2f %8.4f%% | %10.1f | %9.3f %9.3f\n", n, seed, a, g * 100, b, peer_gap, b / (a + 1e-9), one, one / (a + 1e-9) }'
	done
done

if [ -d "$data/portfolio/orlib" ]; then
	echo; echo "OR-Library: best known values"
	for f in "$data"/portfolio/orlib/sac94/*/*.dat; do echo "$f $(build/lianchuang portfolio solve "$f" --format orlib --time "$limit" | tee "$w/o.json" | figure total) $(figure known <"$w/o.json") $(figure seconds <"$w/o.json")"; done |
		awk '{ n++; reached += $2 >= $3 && $3 > 0; t += $4; if ($4 > most) most = $4 } END { printf "sac94: %d problems, %d at the best known value, %.2f s in all, %.2f s the longest\n", n, reached, t, most }'
	known=$data/portfolio/orlib/mkcbres.txt
	for set in "5x100 5.100" "10x250 10.250"; do
		read -r name key <<<"$set"
		awk -v key="$key" -v first="$([ "$key" = 5.100 ] && echo 1)" '/Value/ { table++ } table == 1 && first && NF == 1 && $1 + 0 > 0 { print $1 } table == 1 && !first && index($1, key "-") == 1 { print $2 }' "$known" >"$w/known.txt"
		i=0
		for tight in 0.25 0.50 0.75; do
			for k in 1 2 3 4 5 6 7 8 9 10; do
				i=$((i + 1))
				[ "$name" = 10x250 ] && [ $k -gt "${BENCH_HARD:-1}" ] && continue
				f=$data/portfolio/orlib/OR$name/OR$name-${tight}_$k.dat
				echo "$f $(build/lianchuang portfolio solve "$f" --format orlib --time "$limit" | tee "$w/o.json" | figure total) $(sed -n ${i}p "$w/known.txt") $(figure seconds <"$w/o.json")"
			done
		done | awk -v name="$name" '{ n++; reached += $2 >= $3; d = ($3 - $2) / $3 * 100; if (d > worst) worst = d; if ($4 > most) most = $4 }
			END { printf "OR%s: %d problems, %d at the best known value or above, the worst %.4f %% below, %.1f s the longest\n", name, n, reached, worst, most }'
	done
fi

if [ -d "$data/portfolio/pabulib" ]; then
	echo; echo "Pabulib: official outcomes by the rule the file names"
	for f in "$data"/portfolio/pabulib/*.pb; do
		rule=$(sed -n 's/^rule;//p' "$f" | tr -d '\r' | sed 's/^greedy-threshold$/threshold/; s/^equalshares$/equal-shares/')
		case $rule in greedy|greedy-no-skip|threshold|equal-shares) ;; *) echo "$(basename "$f"): rule $rule: not ours"; continue ;; esac
		echo "$(basename "$f"): $rule: $(build/lianchuang portfolio solve "$f" --format pabulib --rule "$rule" 2>/dev/null | figure official)"
	done
fi

if [ -f "$data/review/AIBS.csv" ]; then
	echo; echo "Scores: each sheet of AIBS held out once, root mean square error of its prediction"
	awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; print "application,reviewer,score"; next } $at["Score"] != "" { print $at["ID"] "," $at["RevID"] "," $at["Score"] }' \
		"$data/review/AIBS.csv" >"$w/sheets.csv"
	build/lianchuang scores calibrate "$w/sheets.csv" --hold-out 1000 --out "$w/s.csv" | grep -Eo '"(error":\{[^}]*|alpha":[^,]*|cpu_seconds":[^,]*)'
fi
