/* Any bytes as the four files of an assignment (lines of "====" between them: applications, experts, pairs, rules): reading ends with
   tables that hold together, or with a mistake told as file:line. What is read and small is solved, and every answer passes the check. */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "feature/assign_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PARTS = 4, SOLVED_MAX = 24 };

/* The next part as a file of its own: the reader maps files. */
static int next_part(struct str *rest)
{
	size_t end = str_find(*rest, STR("====\n"), 0);
	struct str part = end == SIZE_MAX ? *rest : str_sub(*rest, 0, end);
	*rest = end == SIZE_MAX ? STR("") : str_sub(*rest, end + 5, rest->n);
	int fd = memfd_create("part", MFD_CLOEXEC);
	assert(fd >= 0 && write(fd, part.n ? part.p : "", part.n) == (ssize_t)part.n);
	return fd;
}

static void assert_told(const struct cx *cx)
{
	assert(cx->fails.errors > 0);
	for (int i = 0; i < cx->fails.n; i++) {
		const struct failure *f = &cx->fails.v[i];
		assert(f->level != LEVEL_ERROR || (f->where.file.n && f->where.line > 0));
	}
}

static void assert_whole(const struct assign_input *in)
{
	for (int a = 0; a < in->n_application; a++)
		for (uint32_t i = in->row[a]; i < in->row[a + 1]; i++)
			assert(in->expert[i] >= 0 && in->expert[i] < in->n_expert && (i == in->row[a] || in->expert[i] > in->expert[i - 1]));
	for (int e = 0; e < in->n_expert; e++) assert(in->min[e] >= 0 && in->min[e] <= in->max[e]);
}

static void solve(struct cx *cx, const struct assign_files *f)
{
	struct assign_result r;
	struct assign_check check;
	struct assign_options o = { .draw = f->draw, .tolerance = f->tolerance, .seed = 1 };
	if (f->in.n_application > SOLVED_MAX || f->in.n_expert > SOLVED_MAX) return;
	for (int objective = 0; objective < 3; objective++) {
		o.objective = (enum assign_objective)objective;
		assert(assign_solve(cx, &f->in, &o, &r) == RC_OK);
		if (r.status == ASSIGN_INFEASIBLE) {
			assert(r.n_reason > 0);
			continue;
		}
		assert(assign_check(cx, &f->in, r.first, r.pair, &check) == RC_OK);
		assert(check.n_reason == 0 && check.total == r.total && r.bound >= r.total);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { INPUT_MAX = 1 << 14 };
	int fd[PARTS];
	char path[PARTS][40];
	if (size > INPUT_MAX) return 0;
	struct arena *a = arena_new((size_t)1 << 30);
	struct cx cx = { .arena = a };
	struct assign_files f = { 0 };
	struct str rest = { (const char *)data, size };
	for (int k = 0; k < PARTS; k++) {
		fd[k] = next_part(&rest);
		snprintf(path[k], sizeof path[k], "/proc/self/fd/%d", fd[k]);
	}
	enum rc rc = assign_files_read(&cx, path[0], path[1], path[2], path[3], &f);
	if (rc == RC_OK) {
		assert_whole(&f.in);
		solve(&cx, &f);
	} else {
		assert_told(&cx);
	}
	for (int k = 0; k < PARTS; k++) close(fd[k]);
	arena_free(a);
	return 0;
}
