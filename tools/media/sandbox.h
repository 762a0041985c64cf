/* What a process gives up before it looks at bytes of strangers. */
#ifndef MEMORA_MEDIA_SANDBOX_H
#define MEMORA_MEDIA_SANDBOX_H

#include <stdbool.h>

/* Closes everything but the standard descriptors and bounds memory, processor time, files and core dumps. */
bool sandbox_limit(void);

/* From now on only what decoding needs: memory, threads of this process, reading and writing of what is open. Other
 * system calls fail with EPERM. Where the kernel has no seccomp, nothing changes. */
bool sandbox_close(void);

/* Tries what must no longer be possible. */
bool sandbox_holds(void);

#endif
