#!/bin/sh
# Install what is missing on Debian 12; says what. Word: build, test or full.
set -eu
packages="gcc meson ninja-build pkg-config gettext libmicrohttpd-dev libsqlite3-dev libjansson-dev libssl-dev libsodium-dev libicu-dev
libxlsxwriter-dev libminizip-dev libexpat1-dev libcurl4-openssl-dev libseccomp-dev liblapacke-dev libopenblas-serial-dev libstemmer-dev libcmocka-dev zlib1g-dev coinor-libcbc-dev
libcairo2-dev libpango1.0-dev fonts-noto-cjk"
case "${1:-build}" in
test|full)
	packages="$packages chromium curl unzip sqlite3"
	command -v node >/dev/null && command -v npm >/dev/null || packages="$packages nodejs npm"
	;;
esac
[ "${1:-build}" = full ] && packages="$packages clang clang-tidy cppcheck wrk"
exec "$(dirname "$0")/need.sh" $packages
