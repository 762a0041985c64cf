#include "auth/permission.h"

#include <stddef.h>
#include <string.h>

#include "api/call.h"

#define SERVICE(name) "/memos.api.v1." name "/"

/* platform.md 1.4. What is not listed needs a credential and may take its time. RPC_QUICK marks methods that answer
 * from a cache or with a few indexed reads. */
static const struct {
    const char *procedure;
    unsigned flags;
} table[] = {
    {SERVICE("AIService") "Transcribe", RPC_CALLS_OUT},
    {SERVICE("AttachmentService") "CreateAttachment", RPC_FILES},
    {SERVICE("AuthService") "GetCurrentUser", RPC_QUICK},
    {SERVICE("AuthService") "RefreshToken", RPC_PUBLIC | RPC_BOOTSTRAP},
    {SERVICE("AuthService") "SignIn", RPC_PUBLIC | RPC_BOOTSTRAP | RPC_CALLS_OUT},
    {SERVICE("IdentityProviderService") "ListIdentityProviders", RPC_PUBLIC | RPC_BOOTSTRAP},
    {SERVICE("InstanceService") "BatchGetInstanceSettings", RPC_PUBLIC | RPC_BOOTSTRAP | RPC_QUICK},
    {SERVICE("InstanceService") "GetInstanceProfile", RPC_PUBLIC | RPC_BOOTSTRAP | RPC_QUICK},
    {SERVICE("InstanceService") "GetInstanceSetting", RPC_PUBLIC | RPC_BOOTSTRAP | RPC_QUICK},
    {SERVICE("InstanceService") "TestInstanceEmailSetting", RPC_CALLS_OUT},
    {SERVICE("MemoService") "BatchGetLinkMetadata", RPC_PUBLIC | RPC_CALLS_OUT | RPC_PREVIEWS},
    {SERVICE("MemoService") "GetLinkMetadata", RPC_PUBLIC | RPC_CALLS_OUT | RPC_PREVIEWS},
    {SERVICE("MemoService") "GetMemo", RPC_PUBLIC | RPC_QUICK},
    {SERVICE("MemoService") "GetSharedMemo", RPC_PUBLIC | RPC_BOOTSTRAP},
    {SERVICE("MemoService") "ListMemoComments", RPC_PUBLIC},
    {SERVICE("MemoService") "ListMemos", RPC_PUBLIC | RPC_QUICK},
    {SERVICE("UserService") "BatchGetUsers", RPC_PUBLIC},
    {SERVICE("UserService") "CreateLinkedIdentity", RPC_CALLS_OUT},
    {SERVICE("UserService") "CreateUser", RPC_PUBLIC | RPC_BOOTSTRAP},
    {SERVICE("UserService") "GetUser", RPC_PUBLIC | RPC_QUICK},
    {SERVICE("UserService") "GetUserSetting", RPC_QUICK},
    {SERVICE("UserService") "GetUserStats", RPC_PUBLIC},
    {SERVICE("UserService") "ListAllUserStats", RPC_PUBLIC},
    {SERVICE("UserService") "ListUserSettings", RPC_QUICK},
};

unsigned permission_method_flags(const char *procedure)
{
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (strcmp(table[i].procedure, procedure) == 0)
            return table[i].flags;
    return 0;
}
