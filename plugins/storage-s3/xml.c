#include "s3.h"

#include <libxml/parser.h>
#include <libxml/tree.h>
#include <limits.h>
#include <stdlib.h>

#include "xml.h"

/* No entity of the document is expanded and nothing is fetched: the text comes from the network. */
xmlDoc *s3_xml_parse(const char *xml, size_t length)
{
    enum { OPTIONS = XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING };
    return length > 0 && length < INT_MAX ? xmlReadMemory(xml, (int)length, "answer.xml", NULL, OPTIONS) : NULL;
}

xmlNode *s3_xml_child(xmlNode *parent, const char *name)
{
    for (xmlNode *node = parent ? parent->children : NULL; node; node = node->next)
        if (node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0)
            return node;
    return NULL;
}

void s3_xml_copy(xmlNode *parent, const char *name, char *out, size_t size)
{
    xmlNode *node = s3_xml_child(parent, name);
    xmlChar *text = node ? xmlNodeGetContent(node) : NULL;
    snprintf(out, size, "%s", text ? (const char *)text : "");
    xmlFree(text);
}

bool s3_error_parse(const char *xml, size_t length, char *code, size_t code_size, char *message, size_t message_size)
{
    xmlDoc *document = s3_xml_parse(xml, length);
    xmlNode *root = document ? xmlDocGetRootElement(document) : NULL;
    bool is_error = root && strcmp((const char *)root->name, "Error") == 0;
    if (is_error) {
        s3_xml_copy(root, "Code", code, code_size);
        s3_xml_copy(root, "Message", message, message_size);
    }
    xmlFreeDoc(document);
    return is_error;
}
