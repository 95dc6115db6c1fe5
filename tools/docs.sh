#!/bin/sh
# Write the statement tables of docs/language*.md anew, from the table the parser itself works with.
# --check: change nothing, fail when they are out of date.
set -eu
cd "$(dirname "$0")/.."
binary=${LIANCHUANG:-build/lianchuang}
code=0
for lang in en zh; do
	file=docs/language.md
	[ $lang = zh ] && file=docs/language.zh-CN.md
	tables=$("$binary" region doc --lang $lang)     # a program that fails ends the script here
	new=$(mktemp)
	{
		sed '/^<!-- begin: generated/q' $file
		echo
		# Without its title and first paragraph, which the guide has in its own words.
		printf '%s\n' "$tables" | sed '1,/^## /{/^## /!d}'
		echo
		sed -n '/^<!-- end: generated/,$p' $file
	} >"$new"
	if cmp -s "$new" $file; then
		rm "$new"
	elif [ "${1:-}" = --check ]; then
		echo "$file is out of date: make docs" >&2
		rm "$new"
		code=1
	else
		cat "$new" >$file
		rm "$new"
		echo "$file"
	fi
done
exit $code
