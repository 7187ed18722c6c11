/* Stands here until the part has a file. */
typedef int es_workflow_stub_profile;
