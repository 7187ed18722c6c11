typedef int es_stub_postgres;
