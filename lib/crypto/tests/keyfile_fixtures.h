/*
 * Key files by the openssl program (genpkey | pkcs8 -topk8 -v2 CIPHER -v2prf hmacWithSHA256), PIN
 * "correct horse 1". The keys were made for this and are used nowhere.
 */
#ifndef ES_KEYFILE_FIXTURES_H
#define ES_KEYFILE_FIXTURES_H

/* a P-256 key, sm4-cbc */
#define FX_KEYFILE_P256                                                                            \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                                                      \
    "MIHrMFYGCSqGSIb3DQEFDTBJMCkGCSqGSIb3DQEFDDAcBAjDDWysMV8dyQICA+gw\n"                           \
    "DAYIKoZIhvcNAgkFADAcBggqgRzPVQFoAgQQX61ZpBTwyEoKw/ZfvP8qqgSBkJZI\n"                           \
    "vSEfArvhyhrpIlgaVOpZ+MmO8Y7ljLPItiDOcXnkcty+4452hu+X7eYrRZfOplV/\n"                           \
    "8M6TP/InXlWB/KPKaDBYZ3lC47F/I1R8APhAjwAZ/sOwDkLHoTA4sCGdFJs3oH+M\n"                           \
    "y8eOG79yh4IB6LY7b5Vu/oK7oJM5FQxl9U2I8Fu1Kj1tkw+P5oMx3IKVBQVzWA==\n"                           \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

/* an SM2 key, aes-128-cbc */
#define FX_KEYFILE_AES                                                                             \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                                                      \
    "MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAh1kxtANk84GgICA+gw\n"                           \
    "DAYIKoZIhvcNAgkFADAdBglghkgBZQMEAQIEECHzy1sbYL/mhSjmrQtzXO4EgZCd\n"                           \
    "eVvIsNwbE25Wc2QgxLOiYG0nnIZqxbQy0AcpM7MPNzpaHJNeSN1l1P9q9mNOIdLF\n"                           \
    "EftiGapvmWDhPt9JSwhIoYUATf+oScdyHPjxqrFFpzmMdD+1fDMJxB4uRW+v1nTd\n"                           \
    "xBZXUTUREotsP0c+YEGuRe6icUpiIEA4TQAOz57vIP9Mq5oa89ar9AKengp8OHA=\n"                           \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

/* an SM2 key, not encrypted */
#define FX_KEYFILE_CLEAR                                                                           \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgoafcL9pcVJz0ro+h\n"                           \
    "oCb84bmIa/65OpVJKE0ODUpzV8WhRANCAAT5oooYC6T3BpRyvK1uX0qx5fadeS60\n"                           \
    "6PnBca/4dRdBtZu/wd3nMdyP7WZy2jopCGoIuzx0lIzjTBvcW0jIomL2\n"                                   \
    "-----END PRIVATE KEY-----\n"

/* an SM2 key, sm4-cbc, 5 000 001 rounds */
#define FX_KEYFILE_SLOW                                                                            \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                                                      \
    "MIHsMFcGCSqGSIb3DQEFDTBKMCoGCSqGSIb3DQEFDDAdBAghAzUsknAvwQIDTEtB\n"                           \
    "MAwGCCqGSIb3DQIJBQAwHAYIKoEcz1UBaAIEEL/bEAOBAIRqjEMOGHZ7rtYEgZB4\n"                           \
    "jDTV/Ju8f+rFhyki2Ag9dWZvZirpiArxWtRWF0VJzCbAbwYWhwqCcUJ8ZQNCyBo0\n"                           \
    "+WUFpjBFZIsdjYmREobnxGot+t2a4gKpt6odwhMyeqLt63J+fCVwWhFeI9UYlxFO\n"                           \
    "iginPjqoRjmVL1uMGgSfX0nG8Xa0k3avkfG2IhzBMu71tGW/uY/vVgv5A/uYPr8=\n"                           \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

/* an SM2 key, sm4-cbc, 2 rounds */
#define FX_KEYFILE_QUICK                                                                           \
    "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"                                                      \
    "MIHqMFUGCSqGSIb3DQEFDTBIMCgGCSqGSIb3DQEFDDAbBAj4M/UXGWQJvgIBAjAM\n"                           \
    "BggqhkiG9w0CCQUAMBwGCCqBHM9VAWgCBBCr0xnGFlL8lbQtsDkP6cRKBIGQA0id\n"                           \
    "i9W3jAq42wdkEshIXDA/rsHAU1LfNUNJk+djxp14jQiOeehhlUneUkeoFezWhj9Z\n"                           \
    "Jze9SMblWVbukL5AU+0AjVBa1ZsyWOKD8utb9qYJwxeBwDn+GtuuNbIoc0Ctku9H\n"                           \
    "j3TRRULrx2SyFh6kAmHiQskpfip9UIYKuAfYHhj7YUwDLC5hO7TKwA9QXXu0\n"                               \
    "-----END ENCRYPTED PRIVATE KEY-----\n"

#endif
