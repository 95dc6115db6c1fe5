#include "feature/letter_dict.h"

#include <fcntl.h>
#include <unistd.h>

#include "rec/indicator.h"

static struct letter_indicator entry(struct cx *cx, const struct indicator_def *i)
{
	struct str *alias = ARENA_ARRAY(cx->arena, struct str, (size_t)i->n_alias + 1);
	for (int k = 0; k < i->n_alias; k++) alias[k] = i->alias[k].zh;
	return (struct letter_indicator){ .id = i->name, .zh = i->label.zh, .en = label_text(&i->label, LANG_EN), .alias = alias, .n_alias = i->n_alias,
		.subject = i->subject.zh, .unit = i->unit.zh, .period = i->period };
}

enum rc letter_dict_plain(struct cx *cx, const struct region *region, const struct letter_indicator **out, int *n)
{
	struct letter_indicator *dict = ARENA_ARRAY(cx->arena, struct letter_indicator, (size_t)region->n_indicator + 1);
	for (int i = 0; i < region->n_indicator; i++) dict[i] = entry(cx, region->indicator[i]);
	*out = dict;
	*n = region->n_indicator;
	return RC_OK;
}

enum rc letter_dict(struct rx *rx, const struct letter_indicator **out, int *n)
{
	struct letter_indicator *dict = ARENA_ARRAY(rx->cx->arena, struct letter_indicator, (size_t)rx->region->n_indicator + 1);
	for (int i = 0; i < rx->region->n_indicator; i++) {
		dict[i] = entry(rx->cx, rx->region->indicator[i]);
		TRY(indicator_figure(rx, rx->region->indicator[i], &dict[i].value, &dict[i].known));
	}
	*out = dict;
	*n = rx->region->n_indicator;
	return RC_OK;
}

enum rc read_upload(struct cx *cx, const struct http_upload *u, int64_t max, struct str *out)
{
	if (u->bytes > max)
		return fail(cx, RC_LIMIT, "file.size", IN_FIELD(u->field), "文件超过 %lld 字节", "the file is larger than %lld bytes", (long long)max);
	char *p = arena_alloc(cx->arena, (size_t)u->bytes + 1);
	int fd = open(str_z(cx->arena, u->path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n = fd >= 0 ? pread(fd, p, (size_t)u->bytes, 0) : -1;
	if (fd >= 0) close(fd);
	if (n != u->bytes) return fail(cx, RC_IO, "file.read", IN_FIELD(u->field), "读取文件失败", "cannot read the file");
	*out = (struct str){ p, (size_t)n };
	return RC_OK;
}
