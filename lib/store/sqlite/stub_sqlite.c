typedef int es_stub_sqlite;
