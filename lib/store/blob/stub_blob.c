typedef int es_stub_blob;
