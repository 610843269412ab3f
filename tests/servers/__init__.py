"""Real servers for the tests: started on free ports, ended with the test run even when that is killed."""
