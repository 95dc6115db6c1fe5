/* The one list of kinds of long work, and what they share. */
#include "base/json.h"
#include "feature/job.h"

static const struct job_kind *const kinds[] = { &dossier_job, &assign_job, &export_job };

const struct job_kind *job_kind_find(struct str name)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (str_is(name, kinds[i]->name)) return kinds[i];
	return NULL;
}

void job_keep(struct job_run *r, struct val v)
{
	json_write(&r->notes, v);
	buf_c(&r->notes, '\n');
}

enum rc job_kept(struct job_run *r, size_t *from, struct val *out, bool *more)
{
	struct str rest = str_sub(r->kept, *from, r->kept.n), line = STR("");
	*more = str_cut(&rest, '\n', &line) && line.n;
	*from += line.n + 1;
	return *more ? json_read(r->page->cx, line, "notes", out) : RC_OK;
}
