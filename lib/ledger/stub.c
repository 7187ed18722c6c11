typedef int es_ledger_stub;
