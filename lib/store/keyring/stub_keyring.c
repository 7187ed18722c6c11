typedef int es_stub_keyring;
