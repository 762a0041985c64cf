/* The access table of the contract (platform.md 1.4) and of resources (memos.md appendix A): permission is data, in one
 * place. */
#ifndef MEMORA_AUTH_PERMISSION_H
#define MEMORA_AUTH_PERMISSION_H

struct rpc_method;

/* rpc_method_flags of a method by its procedure name. */
unsigned permission_method_flags(const char *procedure);

#endif
