typedef int es_stub_core;
