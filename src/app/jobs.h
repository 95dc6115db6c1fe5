/* The jobs process: what may take long, away from requests. It takes the jobs of src/rec/job.h one slice at a time, people in turn, so that
   one person's large job does not hold up the others; a slice is about a second, or one step that cannot be cut. It reads the database with
   the rights of who asked, writes only into the folder jobs/, and changes data by commands like everybody else. */
#ifndef APP_JOBS_H
#define APP_JOBS_H

#include "app/data.h"
#include "web/channel.h"

/* Until the writer is gone or SIGTERM. `assets_dir`: as for the web workers. */
enum rc jobs_serve(struct cx *cx, struct data *d, struct channel *writer, struct str assets_dir) MUST_USE;

#endif
