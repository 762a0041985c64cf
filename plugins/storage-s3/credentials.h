#ifndef MEMORA_STORAGE_S3_CREDENTIALS_H
#define MEMORA_STORAGE_S3_CREDENTIALS_H

#include "s3.h"

/* Fills the region and the first key pair that is found: keys of the configuration, credentials_file (in the form of
 * ~/.aws/credentials, for its owner only), environment. MEMORA_E_CONFIG, MEMORA_E_NOMEM; free it in any case. */
int s3_credentials_find(const struct memora_config *config, struct s3_credentials *credentials,
                        struct memora_error *error);
void s3_credentials_free(struct s3_credentials *credentials);

#endif
