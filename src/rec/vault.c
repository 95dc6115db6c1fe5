/* The vault's keys and folders. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/rng.h"
#include "rec/rx.h"

static enum rc load_key(struct cx *cx, struct str path, bool create, unsigned char key[KEY_BYTES])
{
	char *p = str_z(cx->arena, path);
	int fd = open(p, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && errno == ENOENT && create) {
		unsigned char fresh[KEY_BYTES];
		rng_secret(fresh, sizeof fresh);
		fd = open(p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		bool ok = fd >= 0 && write(fd, fresh, sizeof fresh) == (ssize_t)sizeof fresh && fsync(fd) == 0;
		if (fd >= 0) close(fd);
		if (!ok) return fail(cx, RC_IO, "vault.create", NOWHERE, "不能建立密钥文件 %s：%s", "cannot create the key file %s: %s", p, strerror(errno));
		memcpy(key, fresh, sizeof fresh);
		return RC_OK;
	}
	ssize_t n = fd >= 0 ? read(fd, key, KEY_BYTES) : -1;
	if (fd >= 0) close(fd);
	if (n != KEY_BYTES) {
		enum rc rc = fail(cx, RC_IO, "vault.key", NOWHERE, "读不到密钥文件 %s", "cannot read the key file %s", p);
		fail_hint(cx, "用 init 建立数据目录，或从备份恢复 keys/ 目录", "make the data folder with init, or restore keys/ from the backup");
		return rc;
	}
	return RC_OK;
}

enum rc vault_load(struct cx *cx, struct arena *a, struct str data_dir, bool create, struct vault *out)
{
	struct vault v;
	static const char *const folders[] = { "", "/keys", "/files", "/files/sealed", "/spool", "/jobs", "/backup" };
	for (size_t i = 0; create && i < sizeof folders / sizeof *folders; i++) {
		char *p = str_z(cx->arena, str_fmt(cx->arena, "%.*s%s", STRF(data_dir), folders[i]));
		if (mkdir(p, 0700) != 0 && errno != EEXIST)
			return fail(cx, RC_IO, "vault.folder", NOWHERE, "不能建立目录 %s：%s", "cannot create the folder %s: %s", p, strerror(errno));
	}
	TRY(load_key(cx, str_fmt(cx->arena, "%.*s/keys/seal.key", STRF(data_dir)), create, v.seal_key));
	TRY(load_key(cx, str_fmt(cx->arena, "%.*s/keys/chain.key", STRF(data_dir)), create, v.chain_key));
	/* Folders made before there were receipts get their key when they are opened next. */
	TRY(load_key(cx, str_fmt(cx->arena, "%.*s/keys/sign.key", STRF(data_dir)), true, v.sign_seed));
	v.files_dir = str_fmt(a, "%.*s/files", STRF(data_dir));
	v.anchor_path = str_fmt(a, "%.*s/keys/anchor.log", STRF(data_dir));
	*out = v;
	return RC_OK;
}
