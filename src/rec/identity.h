/* Codes that carry their own proof. Form only: that such a body or person exists is for a registry to say. */
#ifndef REC_IDENTITY_H
#define REC_IDENTITY_H

#include "base/str.h"

/* Unified social credit code, GB 32100-2015: full-width and lower case are normalised into `out` (18 bytes). True when both the
   code's own check character and the embedded organisation code's (GB 11714) hold. */
bool uscc_check(struct str s, char out[18]);
/* ORCID (ISO 7064 mod 11-2), with or without dashes or https://orcid.org/; `out` gets 0000-0000-0000-0000. */
bool orcid_check(struct str s, char out[19]);
bool email_check(struct str s);         /* one address, a dot in the domain, no spaces or controls */
bool phone_check(struct str s);         /* digits, spaces, +, -, ( ), # for extensions; 5 to 20 digits */
bool url_check(struct str s);           /* http:// or https:// and a host */

#endif
