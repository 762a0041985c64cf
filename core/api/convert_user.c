#include "api/convert_user.h"

#include "api/convert.h"
#include "api/names.h"

static Memos__Api__V1__User__Role role_view(enum store_role role)
{
    switch (role) {
    case STORE_ROLE_ADMIN:
        return MEMOS__API__V1__USER__ROLE__ADMIN;
    case STORE_ROLE_USER:
        return MEMOS__API__V1__USER__ROLE__USER;
    case STORE_ROLE_UNKNOWN:
        break;
    }
    return MEMOS__API__V1__USER__ROLE__ROLE_UNSPECIFIED;
}

static Memos__Api__V1__User *view(struct arena *arena, const struct store_user *user, bool with_email)
{
    Memos__Api__V1__User *out = CODEC_NEW(arena, Memos__Api__V1__User, memos__api__v1__user__descriptor);
    out->name = api_user_name(arena, user->username);
    out->role = role_view(user->role);
    out->username = (char *)user->username;
    if (with_email)
        out->email = (char *)user->email;
    out->display_name = (char *)user->nickname;
    out->avatar_url = user->avatar_is_data_url ? arena_printf(arena, "/file/users/%s/avatar", user->username)
                                               : (char *)user->avatar_url;
    out->description = (char *)user->description;
    out->state = user->row_status == STORE_ARCHIVED ? MEMOS__API__V1__STATE__ARCHIVED : MEMOS__API__V1__STATE__NORMAL;
    out->create_time = api_timestamp(arena, user->created_ts);
    out->update_time = api_timestamp(arena, user->updated_ts);
    return out;
}

Memos__Api__V1__User *api_user_view(const struct api_call *call, const struct store_user *user)
{
    return view(call->arena, user, api_is_admin(call) || call->caller.user_id == user->id);
}

Memos__Api__V1__User *api_user_self_view(struct arena *arena, const struct store_user *user)
{
    return view(arena, user, true);
}
