#!/bin/bash
# House rules that a compiler does not check. Prints each breach as file:line; exit 1 when there is any.
set -u
cd "$(dirname "$0")/.." || exit 2
bad=0
say() { echo "$1"; bad=1; }

# Who may include whom.
declare -A may=( [base]="base" [db]="base db" [def]="base def" [engine]="base engine" [rec]="base db def rec" [web]="base db def web"
	[feature]="base db def rec engine web feature" [app]="base db def rec engine web feature app" )
for room in "${!may[@]}"; do
	while IFS=: read -r file line text; do
		to=$(sed -E 's/.*"([a-z]+)\/.*/\1/' <<<"$text")
		grep -qw "$to" <<<"${may[$room]}" || say "$file:$line: $room may not include $to"
	done < <(grep -nE '^#include "[a-z]+/' src/$room/*.[ch])
done

# Words that have no place here.
while read -r hit; do say "$hit: not in this house"; done < <(grep -nE '\b(sprintf|strcpy|strcat|atof|gets) *\(|\bgoto [a-z_]+;' src/*/*.[ch])
while read -r hit; do say "$hit: unfinished"; done < <(grep -nE '\b(TODO|FIXME|XXX)\b' src/*/*.[ch] region/*/*.lc templates/*.html templates/*/*.html static/*)
# Floating point only where a library hands it over, and for ratios in the engines (never for money).
while read -r hit; do say "$hit: floating point"; done < <(grep -nE '\b(double|float) [a-z*]' src/{app,base,db,def,feature,rec,web}/*.[ch] | grep -vE 'json\.c|sheet_write\.c|xlsx|sqlite\.c|web\/pdf\.c|_cmd\.c|/\*|"')
# Nothing of one region in C.
while read -r hit; do say "$hit: a region's name in C"; done < <(grep -nE '云南|昆明|yunnan|Yunnan|中国|China|530[0-9]{3}|萨克森|Saxony|saxony' src/*/*.[ch])

# Length: files of about 800 lines, functions of about 70.
for f in src/*/*.[ch]; do
	n=$(wc -l <"$f")
	[ "$n" -le 800 ] || say "$f: $n lines"
	awk -v f="$f" '/^[a-z].*\)$/ { start = NR } /^{$/ { open = NR } /^}/ { if (open && NR - open > 85) printf "%s:%d: a function of %d lines\n", f, start, NR - open; open = 0 }' "$f"
done | while read -r hit; do echo "$hit"; done >/tmp/lc-long.$$
[ -s /tmp/lc-long.$$ ] && { cat /tmp/lc-long.$$; bad=1; }
rm -f /tmp/lc-long.$$

if command -v cppcheck >/dev/null; then
	# Two kinds are left out: they follow values across calls and come to what the callers rule out.
	cppcheck --quiet --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 -Isrc --suppress=missingIncludeSystem \
		--suppress=unknownMacro --suppress=ctunullpointer --suppress=identicalInnerCondition --suppress=preprocessorErrorDirective src/*/*.c || bad=1
else
	echo "cppcheck is not installed: skipped" >&2
fi

# .clang-tidy says which checks and why. The compiler's own flags that clang does not know are passed over.
if command -v clang-tidy >/dev/null && [ -f build/compile_commands.json ]; then
	ninja -C build src/web/i18n_table.c src/web/assets_table.c >/dev/null
	tidy=$(printf '%s\n' src/*/*.c | xargs -P2 -n8 clang-tidy -p build --quiet --extra-arg=-Qunused-arguments --extra-arg=-Wno-unknown-warning-option \
		--extra-arg=-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang 2>/dev/null | grep -E ' error: .*warnings-as-errors' | sort -u)
	[ -z "$tidy" ] || say "$tidy"
else
	echo "clang-tidy or build/ is missing: skipped" >&2
fi
[ $bad = 0 ] && echo "lint: clean"
exit $bad
