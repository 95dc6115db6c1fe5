#!/bin/sh
# Install what is missing on Debian 12; says what. Word: build, test or full.
set -eu
packages="gcc meson ninja-build pkg-config gettext libmicrohttpd-dev libsqlite3-dev libjansson-dev libssl-dev libsodium-dev libicu-dev
libxlsxwriter-dev libminizip-dev libexpat1-dev libcurl4-openssl-dev libseccomp-dev liblapacke-dev libopenblas-serial-dev libstemmer-dev libcmocka-dev zlib1g-dev coinor-libcbc-dev
libcairo2-dev libpango1.0-dev fonts-noto-cjk"
case "${1:-build}" in
test|full)
	packages="$packages chromium curl unzip"
	command -v node >/dev/null && command -v npm >/dev/null || packages="$packages nodejs npm"
	;;
esac
[ "${1:-build}" = full ] && packages="$packages clang clang-tidy cppcheck wrk"
missing=
for p in $packages; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
[ -z "$missing" ] && exit 0
echo "installing:$missing" >&2
as=
[ "$(id -u)" = 0 ] || as=sudo
$as apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as apt-get install -y -qq --no-install-recommends $missing >/dev/null
