/* The version of Memos that the server answers like. */
#ifndef MEMORA_API_VERSION_H
#define MEMORA_API_VERSION_H

extern const char api_wire_version[];

#endif
