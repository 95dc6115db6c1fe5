/* A declared assignment over the database: the items and persons of a round, what stands between them and what speaks for them.

   Read set by set: a handful of statements for all items and all persons, their keys sorted and joined in memory; no statement and no test
   for a pair. Whoever asks has been found to hold the declared right: what is read here is not narrowed to what the viewer may see,
   because a conflict counts whoever may know of it. */
#ifndef REC_ASSIGNMENT_H
#define REC_ASSIGNMENT_H

#include "def/assignment.h"
#include "rec/store.h"

/* The keys of one match. Item i has key[first[i]] …, increasing; key k is held by holder[held[k]] …, persons increasing. */
struct assignment_keys { const int32_t *first, *key, *held, *holder; };

/* Of a rule: numbers of values; equal numbers are equal values; negative: none. Persons of a class are 1, others 0. NULL where unused. */
struct assignment_values { const int32_t *item, *person; };

struct assignment_made { int64_t id; int32_t item, person; bool vacant; struct str state; };   /* item, person -1: not of the round any more */
struct assignment_wish { int64_t item, person; };         /* records; one that is not of the round is passed over */

struct assignment_case {
	const struct assignment_def *def;
	int64_t round;
	int n_item, n_person;
	const int64_t *item, *person;           /* record ids, increasing: an item is meant by its place here */
	const int32_t *need, *least, *most;
	const struct assignment_keys *keys;     /* by match */
	const struct assignment_values *values; /* by rule */
	const struct str *item_code, *person_code;      /* the first code of the first affinity by codes; NULL: none */
	/* Candidates of an item: row[i] … row[i + 1], persons increasing; points of affinity k at part[pair * n_affinity + k]. */
	const uint32_t *row;
	const int32_t *candidate, *affinity, *part;
	int64_t excluded[ASSIGNMENT_MATCHES];   /* by match: pairs of an item and a person in this conflict */
	int64_t excluded_pairs;                 /* in any */
	const struct assignment_made *made;     /* what was made for the round already */
	int n_made;
	const bool *rests;                      /* by person: served in each of the last rounds, takes nothing new in this one; NULL: nobody */
	int n_rests;
};

/* Everything of a round. `wish` names pairs that must be among the candidates (they still carry their conflicts). Owned by cx->arena.
   RC_LIMIT when the round is larger than ASSIGNMENT_SIDE_MAX on a side. */
enum { ASSIGNMENT_SIDE_MAX = 100000, ASSIGNMENT_NO_CANDIDATES = -1 };  /* as n_wish: conflicts are all that is asked */
enum rc assignment_read(struct rx *rx, const struct assignment_def *d, int64_t round, const struct assignment_wish *wish, int n_wish, struct assignment_case *out) MUST_USE;
/* How many there are of each, without reading them. */
enum rc assignment_size(struct rx *rx, const struct assignment_def *d, int64_t round, int64_t *items, int64_t *persons) MUST_USE;
/* The conflicts between an item and a person, one bit for each match. */
uint32_t assignment_conflicts(const struct assignment_case *c, int item, int person);
/* Does what was made fill its place: not vacant, and not in a conflict that came up since? */
bool assignment_stands(const struct assignment_case *c, const struct assignment_made *m);
/* The place of a record among them; -1. */
int assignment_item_at(const struct assignment_case *c, int64_t id);
int assignment_person_at(const struct assignment_case *c, int64_t id);

/* May the viewer propose (publish) it for this round? The round must be visible and in one of the declared states. */
struct assignment_right { bool see, propose, publish, open; };
enum rc assignment_right(struct rx *rx, const struct assignment_def *d, int64_t round, struct assignment_right *out) MUST_USE;

/* The proposal kept for a round. Files are what the draw was made from: `lianchuang assign replay` gives `answer` again. */
struct assignment_proposal {
	int64_t id, seed, account, at_ms, published_ms, publisher;
	int tries;                              /* proposals of the round so far, this one included */
	struct str items, persons, pairs, rules, answer;        /* files; ids in them are places in the lists below, from 1 */
	struct str item_ids, person_ids;        /* comma-separated record ids */
	struct str changes;                     /* JSON: what the officer changed by hand */
	struct str commitment, figures;         /* figures: JSON for the page */
};
/* item_ids, person_ids as numbers; and the place that "A12" or "e7" means among n, from 0; -1. */
int64_t *assignment_ids(struct arena *a, struct str list, int *n);
int assignment_place(struct str s, char letter, int n);
enum rc assignment_proposal_read(struct rx *rx, const struct assignment_def *d, int64_t round, struct assignment_proposal *out, bool *found) MUST_USE;

/* Rounds of this assignment with a proposal that waits for the viewer to publish it: made by somebody else, with an answer. */
struct assignment_wait { int64_t round, at_ms; };
struct assignment_waits { VEC(struct assignment_wait); };
enum rc assignment_waiting(struct rx *rx, const struct assignment_def *d, struct assignment_waits *out) MUST_USE;

/* The commands (of the writer). Propose keeps a proposal {assignment, round, seed, items, persons, pairs, rules, answer, item_ids, person_ids,
   changes, commitment, figures}; the seed of a round comes with its first proposal and stays, so that nobody can try seeds. */
enum rc assignment_do_propose(struct rx *rx, struct val args, struct str remote, struct val *reply) MUST_USE;
/* Publish, in the caller's transaction: the proposal as it was seen (`commitment`), by another person than who proposed it; every pair is
   looked at for conflicts again, records are made for those that have none yet, the round moves, notices go out, the seed is told. */
enum rc assignment_do_publish(struct rx *rx, struct val args, struct str remote, struct val *reply) MUST_USE;

#endif
