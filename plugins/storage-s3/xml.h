/* Reading the XML that S3 answers with. */
#ifndef MEMORA_STORAGE_S3_XML_H
#define MEMORA_STORAGE_S3_XML_H

#include <libxml/tree.h>
#include <stddef.h>

/* NULL if it is none, or memory is short. Free with xmlFreeDoc(), which takes NULL. */
xmlDoc *s3_xml_parse(const char *xml, size_t length);
xmlNode *s3_xml_child(xmlNode *parent, const char *name);
/* The text of a child, cut at size; "" if there is none. */
void s3_xml_copy(xmlNode *parent, const char *name, char *out, size_t size);

#endif
