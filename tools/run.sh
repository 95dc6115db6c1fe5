#!/bin/sh
# Make the demonstration (once) and serve it.
set -eu
data=$1 listen=$2
build/lianchuang init --demo --data "$data" --region region/yunnan
cat <<END

  http://$listen

  演示账号 / demonstration accounts (密码 / password: demo-2026)
END
sed -n 's/^account \([a-z0-9_]*\) "\([^"]*\)".*role \([a-z_, ]*\);.*/    \1\t\2\t\3/p' region/yunnan/*.lc | expand -t 20,44
echo
echo "  数据 / data: $data      停止 / stop: Ctrl-C"
echo
exec build/lianchuang serve --data "$data" --listen "$listen"
