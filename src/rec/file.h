/* Files of records: content-addressed below the vault's folder; those of sealed fields are encrypted. */
#ifndef REC_FILE_H
#define REC_FILE_H

#include "rec/access.h"

struct upload { struct str path, name, digest; int64_t bytes; };        /* a spooled upload; `path` is consumed */

/* Keep an upload as the value of a field: its ending must be allowed, its first bytes must fit the ending, its size the field's limit. */
enum rc file_keep(struct rx *rx, const struct field_def *f, int64_t record, const struct upload *u, int64_t *id) MUST_USE;
/* Bind a file that was kept before its record had an id. */
enum rc file_bind(struct rx *rx, int64_t id, int64_t record) MUST_USE;

struct file_info { int64_t id, bytes; struct str name, kind, digest; bool sealed; const struct type_def *type; int64_t record; struct str field; };
/* Open for a viewer who may see the field it belongs to: a descriptor, or (fd -1: sealed ones, stripped ones) the content, which
   may need STRIP_ARENA and the file's own bytes. A field declared `strip` gives readers outside the owner's organisation and the
   department a file without what tells of its author; RC_INVALID when that cannot be made. */
enum rc file_open(struct rx *rx, int64_t id, struct file_info *info, int *fd, struct str *content) MUST_USE;
/* The same, as it was uploaded, whoever asks: for digests, not for sending out. */
enum rc file_open_original(struct rx *rx, int64_t id, struct file_info *info, int *fd, struct str *content) MUST_USE;
/* May this viewer name the file as a value: uploaded by the same account, or to be seen where it is? */
enum rc file_known(struct rx *rx, int64_t id, bool *yes) MUST_USE;
/* Name (a plain one, where the file would be stripped) and size for showing; no right asked (the caller shows it only with its field). */
enum rc file_info(struct rx *rx, int64_t id, struct file_info *out) MUST_USE;
const char *file_media_type(struct str kind);

#endif
